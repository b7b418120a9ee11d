/*-------------------------------------------------------------------------
 *
 * subject.h
 *		Foreign keys as rules could describe them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FKFIX_SUBJECT_H
#define FKFIX_SUBJECT_H

#include "nodes/pg_list.h"
#include "utils/hsearch.h"

#include "key.h"
#include "policy.h"

/* A key to be described. */
typedef struct FoldKey
{
	ForeignKey *fk;
	const Rule *decided_by;		/* a rule that decides it already, and must go
								 * on doing so; NULL: none */
} FoldKey;

/* What a demand says. */
typedef struct Demand
{
	char	   *on_delete;
	char	   *on_update;
} Demand;

/* What a key does; no rule says UNDECIDED, and two disagree in CONFLICT. */
#define UNDECIDED	(-1)
#define CONFLICT	(-2)

/* A key, and what the rules taken so far say of it. */
typedef struct Subject
{
	const FoldKey *key;
	TableFacts *referencing;
	TableFacts *referenced;
	List	   *columns;		/* char *, quoted */
	int			columns_id;
	char	   *prefix;			/* of the referencing table's name; or NULL */
	int			demand;			/* what it does */
	int			decided;		/* what the rules say that it must do */
	uint32		rank;			/* of the rule that says so */
	struct Group *by;
} Subject;

/* All keys of one call, in the order of their names. */
typedef struct Subjects
{
	Reader	   *reader;
	Subject    *items;
	int			count;
	List	   *demands;		/* Demands, by number */
	HTAB	   *texts;
} Subjects;

extern Subjects *fkfix_subject_read(Reader *reader, List *keys);
extern int	fkfix_subject_number(Subjects *subjects, const char *text);

#endif							/* FKFIX_SUBJECT_H */
