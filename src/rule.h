/*-------------------------------------------------------------------------
 *
 * rule.h
 *		A rule: a row of fkfix.policy, checked and understood.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FKFIX_RULE_H
#define FKFIX_RULE_H

#include "access/attnum.h"
#include "nodes/pg_list.h"
#include "utils/relcache.h"

#include "action.h"
#include "extension.h"
#include "pattern.h"

/* The columns of fkfix.policy. */
enum PolicyColumn
{
	POLICY_ID,
	POLICY_REFERENCING,
	POLICY_COLUMNS,
	POLICY_REFERENCED,
	POLICY_CONSTRAINT_NAME,
	POLICY_NULLABLE,
	POLICY_ON_DELETE,
	POLICY_ON_UPDATE,
	POLICY_ENFORCEMENT,
	POLICY_PRIORITY,
	POLICY_REASON,
	POLICY_NCOLUMNS
};

/* Whether the columns of a key may be NULL, as a rule's condition. */
typedef enum Nullability
{
	NULLABLE_EITHER,
	NULLABLE_ALL,				/* all columns accept NULL */
	NULLABLE_NOT_ALL			/* at least one does not */
} Nullability;

/*
 * What a rank counts, most important first: names given literally, names given
 * with a wildcard, schemas given literally, schemas given with a wildcard and
 * nullable.  A byte each.
 */
#define RANK_PARTS	4
#define RANK_PART(rank, i)	((int) (((rank) >> (8 * (RANK_PARTS - 1 - (i)))) & 0xFF))

/* A row of fkfix.policy. */
typedef struct Rule
{
	int64		id;
	TablePattern *referencing;	/* NULL: any, and so below */
	List	   *columns;		/* NamePattern, in key order */
	TablePattern *referenced;
	NamePattern *constraint_name;
	Nullability nullability;
	List	   *on_delete;		/* Actions that are accepted; NIL: anything */
	List	   *on_update;
	Enforcement enforcement;
	int			priority;
	char	   *reason;			/* or NULL */
	uint32		rank;			/* specificity; a higher one wins */
} Rule;

extern void fkfix_rule_find_columns(Relation rel, AttrNumber *attnums);
extern Rule *fkfix_rule_form(const Datum *values, const bool *nulls);
extern Enforcement fkfix_rule_parse_mode(const char *text);
extern bool fkfix_rule_same_demand(const Rule *a, const Rule *b,
								   List *key_columns);
extern bool fkfix_rule_is_exemption(const Rule *rule);
extern const char *fkfix_rule_mode_name(Enforcement mode);

#endif							/* FKFIX_RULE_H */
