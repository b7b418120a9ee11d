/*-------------------------------------------------------------------------
 *
 * policy.h
 *		The rule book: fkfix_policy, and which of its rules wins.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FKFIX_POLICY_H
#define FKFIX_POLICY_H

#include "access/htup.h"
#include "nodes/pg_list.h"

#include "action.h"
#include "catalog.h"
#include "extension.h"
#include "pattern.h"

/* Whether the columns of a key may be NULL, as a rule's condition. */
typedef enum Nullability
{
	NULLABLE_EITHER,
	NULLABLE_ALL,				/* all columns accept NULL */
	NULLABLE_NOT_ALL			/* at least one does not */
} Nullability;

/* A row of fkfix_policy. */
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

/* All rules, best first. */
typedef struct Policy
{
	List	   *rules;
} Policy;

extern Policy *fkfix_policy_load(Extension *extension, Snapshot snapshot);
extern List *fkfix_policy_winners(const Policy *policy, Reader *reader,
								  const ForeignKey *fk);
extern bool fkfix_policy_matches(const Rule *rule, Reader *reader,
								 const ForeignKey *fk);
extern bool fkfix_policy_same_precedence(const Rule *a, const Rule *b);
extern bool fkfix_policy_same_demand(const Rule *a, const Rule *b,
									 List *key_columns);
extern bool fkfix_policy_is_exemption(const Rule *rule);
extern const char *fkfix_policy_mode_name(Enforcement mode);

#endif							/* FKFIX_POLICY_H */
