/*-------------------------------------------------------------------------
 *
 * policy.h
 *		The policy: the rules of fkfix.policy, and which of them wins.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FKFIX_POLICY_H
#define FKFIX_POLICY_H

#include "nodes/pg_list.h"
#include "utils/snapshot.h"

#include "filing.h"
#include "key.h"
#include "rule.h"

/* What rules look at: a key by its names, whether it exists or not. */
typedef struct KeyNames
{
	const char *referencing_schema;
	const char *referencing;
	const char *referenced_schema;
	const char *referenced;
	List	   *columns;		/* char *, in key order */
	const char *constraint_name;
	Nullability nullability;	/* NULLABLE_EITHER: not known */
} KeyNames;

/* All rules, best first. */
typedef struct Policy
{
	Oid			table;			/* fkfix.policy */
	List	   *rules;
	RuleFiles  *files;
	bool		needs_columns;	/* some rule looks at columns */
	bool		needs_nullability;	/* some rule looks at nullability */
} Policy;

/* The conditions of a rule. */
typedef enum Condition
{
	CONDITION_REFERENCING,
	CONDITION_REFERENCED,
	CONDITION_CONSTRAINT_NAME,
	CONDITION_COLUMNS,
	CONDITION_NULLABLE
} Condition;

#define CONDITION_COUNT		(CONDITION_NULLABLE + 1)

extern Policy *fkfix_policy_load(Snapshot snapshot);
extern List *fkfix_policy_winners(const Policy *policy, Reader *reader,
								  const ForeignKey *fk);
extern List *fkfix_policy_winners_by_name(const Policy *policy,
										  const KeyNames *names);
extern List *fkfix_policy_all_matches(const Policy *policy, Reader *reader,
									  const ForeignKey *fk);
extern bool fkfix_policy_meets(const Rule *rule, Condition condition,
							   Reader *reader, const ForeignKey *fk);
extern const char *fkfix_policy_reason(const Policy *policy, const Rule *rule);
extern bool fkfix_policy_same_precedence(const Rule *a, const Rule *b);

#endif							/* FKFIX_POLICY_H */
