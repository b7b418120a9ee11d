/*-------------------------------------------------------------------------
 *
 * audit.h
 *		The judge: a foreign key, the rules, and what comes of it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FKFIX_AUDIT_H
#define FKFIX_AUDIT_H

#include "nodes/pg_list.h"

#include "key.h"
#include "policy.h"

typedef enum Status
{
	STATUS_VIOLATION,
	STATUS_INFEASIBLE,
	STATUS_CONFLICT,
	STATUS_DAMAGED,
	STATUS_COMPLIANT,
	STATUS_EXEMPT,
	STATUS_UNMANAGED
} Status;

#define STATUS_COUNT	(STATUS_UNMANAGED + 1)

/* What the policy says of one key. */
typedef struct Finding
{
	Status		status;
	const Rule *rule;			/* the winner; NULL if none, or in conflict */
	List	   *rules;			/* all rules of the winner's precedence */
	const Action *set_on_delete;	/* what a rebuild must set; NULL: nothing */
	const Action *set_on_update;
	const char *reason;			/* of the rule, if the current user may know
								 * it; or NULL */
	const char *obstacle;		/* what stands in the way, if it is infeasible */
	char	   *detail;			/* or NULL */
} Finding;

extern Finding *fkfix_audit_judge(const Policy *policy, Reader *reader,
								  const ForeignKey *fk);
extern void fkfix_audit_inspect(Reader *reader, const ForeignKey *fk,
								Finding *finding);
extern Finding *fkfix_audit_examine(const Policy *policy, Reader *reader,
									const ForeignKey *fk);
extern bool fkfix_audit_in_scope(Reader *reader, const ForeignKey *fk);
extern void fkfix_audit_each_key(Reader *reader, Oid relid, KeyVisitor visit,
								 void *state);
extern bool fkfix_audit_accepts(Reader *reader, const ForeignKey *fk,
								List *accepted, const Action *action);
extern bool fkfix_audit_rules_conflict(List *rules, List *key_columns);
extern const char *fkfix_audit_status_name(Status status);
extern bool fkfix_audit_in_order(Status status);
extern char *fkfix_audit_demand(const Rule *rule, bool with_on_delete,
								bool with_on_update);
extern char *fkfix_audit_remedy(Reader *reader, const ForeignKey *fk,
								const Finding *finding);

#endif							/* FKFIX_AUDIT_H */
