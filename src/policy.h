/*-------------------------------------------------------------------------
 *
 * policy.h
 *		The rule book: fkfix_policy, and which of its rules wins.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FKFIX_POLICY_H
#define FKFIX_POLICY_H

#include "nodes/pg_list.h"
#include "utils/snapshot.h"

#include "extension.h"
#include "key.h"
#include "rule.h"

/* All rules, best first. */
typedef struct Policy
{
	List	   *rules;
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

extern Policy *fkfix_policy_load(Extension *extension, Snapshot snapshot);
extern List *fkfix_policy_winners(const Policy *policy, Reader *reader,
								  const ForeignKey *fk);
extern bool fkfix_policy_matches(const Rule *rule, Reader *reader,
								 const ForeignKey *fk);
extern bool fkfix_policy_meets(const Rule *rule, Condition condition,
							   Reader *reader, const ForeignKey *fk);
extern bool fkfix_policy_same_precedence(const Rule *a, const Rule *b);
extern bool fkfix_policy_same_demand(const Rule *a, const Rule *b,
									 List *key_columns);
extern bool fkfix_policy_is_exemption(const Rule *rule);

#endif							/* FKFIX_POLICY_H */
