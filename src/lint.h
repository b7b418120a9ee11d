/*-------------------------------------------------------------------------
 *
 * lint.h
 *		What is wrong with the rules themselves.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FKFIX_LINT_H
#define FKFIX_LINT_H

#include "nodes/pg_list.h"

#include "key.h"
#include "policy.h"

typedef enum Severity
{
	LINT_ERROR,					/* some key cannot be as the rules say */
	LINT_WARNING,				/* some DELETE or UPDATE will fail or surprise */
	LINT_NOTICE					/* some rule does not do what it seems to */
} Severity;

/* A key, what it will do on DELETE when the policy is followed, and by whom. */
typedef struct LintKey
{
	Oid			oid;
	NameData	name;
	Oid			conrelid;
	Oid			confrelid;
	const ActionKind *on_delete;
	const Rule *rule;			/* NULL: nobody asks for it */
} LintKey;

/* One call. */
typedef struct Lint
{
	Policy	   *policy;
	Reader	   *reader;
	MemoryContext context;
	List	   *keys;			/* LintKeys */
	List	   *problems;
} Lint;

extern void fkfix_lint_report(Lint *lint, Severity severity,
							  const char *problem, List *rules,
							  const LintKey *key, char *message,
							  const char *cure);
extern void fkfix_lint_cascades(Lint *lint);
extern void fkfix_lint_unmatched(Lint *lint, List *rules);

#endif							/* FKFIX_LINT_H */
