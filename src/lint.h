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

#include "audit.h"
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

/* What the keys have told of pairs of rules; see lint_pairs.c. */
typedef struct LintPairs LintPairs;

/* One call. */
typedef struct Lint
{
	Policy	   *policy;
	Reader	   *reader;
	MemoryContext context;
	List	   *keys;			/* LintKeys */
	LintPairs  *pairs;
	List	   *problems;
	List	   *kinds;			/* of problems, with their number */
} Lint;

extern bool fkfix_lint_wants(Lint *lint, Severity severity,
							 const char *problem);
extern void fkfix_lint_report(Lint *lint, Severity severity,
							  const char *problem, List *rules,
							  const LintKey *key, char *message,
							  const char *cure);
extern const char *fkfix_lint_and_more(int64 keys);
extern LintPairs *fkfix_lint_make_pairs(void);
extern void fkfix_lint_note_pairs(Lint *lint, const LintKey *key,
								  List *matches, const Finding *finding);
extern void fkfix_lint_report_pairs(Lint *lint);
extern void fkfix_lint_cascades(Lint *lint);
extern void fkfix_lint_unmatched(Lint *lint, List *rules);

#endif							/* FKFIX_LINT_H */
