/*-------------------------------------------------------------------------
 *
 * lint.c
 *		fkfix_check_policy(): what is wrong with the rules themselves.
 *
 * The audit judges keys; this judges rules, by the keys that there are.  Each
 * problem is reported once, however many keys have it: with the rules that make
 * it, the first key, and what to do.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/snapmgr.h"
#include "utils/tuplestore.h"

#include "args.h"
#include "audit.h"
#include "check.h"
#include "extension.h"
#include "lint.h"

#define LINT_COLUMNS	7

/* So many problems of a kind are reported. */
#define MAX_PROBLEMS	100

static const char *const severity_names[] = {"error", "warning", "notice"};

/* A row of the result. */
typedef struct Problem
{
	Severity	severity;
	int			number;			/* in the order of discovery */
	const char *problem;
	List	   *rules;
	const LintKey *key;			/* or NULL */
	char	   *message;
	const char *cure;
} Problem;

/* Problems of a kind. */
typedef struct ProblemKind
{
	Severity	severity;
	const char *problem;
	int64		count;
} ProblemKind;

/* What the keys have told of a rule. */
typedef struct RuleNote
{
	const Rule *rule;			/* hash key */
	int64		matched;		/* keys that match */
	int64		decided;		/* keys that it decides, or that are in
								 * conflict over it */
	const Rule *beaten_by;		/* a rule that decides one instead */
	const LintKey *beaten_at;
	int64		infeasible;		/* keys that cannot do what it asks */
	const LintKey *infeasible_at;
	char	   *infeasible_why;
	int64		failing;		/* keys that do, and will fail */
	const LintKey *failing_at;
	char	   *failing_why;
} RuleNote;

/* The notes of one call. */
typedef struct Notes
{
	Lint		lint;
	HTAB	   *rules;			/* RuleNote by address */
} Notes;

static void visit(const ForeignKey *fk, void *state);
static LintKey *note_key(Notes *notes, const ForeignKey *fk,
						 const Finding *finding);
static void note_matches(Notes *notes, const LintKey *key, List *matches,
						 const Finding *finding);
static void note_feasibility(Notes *notes, const ForeignKey *fk,
							 const LintKey *key, const Finding *finding);
static RuleNote *rule_note(Notes *notes, const Rule *rule);
static void report_rules(Notes *notes);
static void report_unwritten(Lint *lint);
static int	compare_problems(const ListCell *a, const ListCell *b);
static void put_problem(ReturnSetInfo *rsinfo, const Problem *problem);

PG_FUNCTION_INFO_V1(fkfix_check_policy);

/*
 * fkfix_check_policy()
 *
 * Returns what is wrong with the rules, the worst first.
 */
Datum
fkfix_check_policy(PG_FUNCTION_ARGS)
{
	Notes		notes;
	Lint	   *lint = &notes.lint;
	HASHCTL		ctl = {
		.keysize = sizeof(Rule *),
		.entrysize = sizeof(RuleNote),
		.hcxt = CurrentMemoryContext
	};
	ListCell   *lc;

	fkfix_extension_check_version();
	InitMaterializedSRF(fcinfo, 0);
	MemSet(&notes, 0, sizeof(notes));
	lint->context = CurrentMemoryContext;
	lint->reader = fkfix_catalog_reader(GetActiveSnapshot());
	fkfix_key_read_all(lint->reader);
	lint->policy = fkfix_policy_load(GetActiveSnapshot());
	lint->pairs = fkfix_lint_make_pairs();
	notes.rules = hash_create("fkfix rule notes", 64, &ctl,
							  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);

	fkfix_key_each_root(lint->reader, InvalidOid, visit, &notes);
	fkfix_lint_report_pairs(lint);
	report_rules(&notes);
	fkfix_lint_cascades(lint);
	report_unwritten(lint);

	list_sort(lint->problems, compare_problems);
	foreach(lc, lint->problems)
		put_problem((ReturnSetInfo *) fcinfo->resultinfo, lfirst(lc));
	return (Datum) 0;
}

/*
 * Counts a problem of some kind.  Returns whether it is to be reported: of each
 * kind so many are, and of the others how many there are, as nobody reads thousands
 * of rows that say the same.
 */
bool
fkfix_lint_wants(Lint *lint, Severity severity, const char *problem)
{
	ProblemKind *kind = NULL;
	ListCell   *lc;

	CHECK_FOR_INTERRUPTS();
	foreach(lc, lint->kinds)
	{
		kind = lfirst(lc);
		if (strcmp(kind->problem, problem) == 0 && kind->severity == severity)
			break;
	}
	if (lc == NULL)
	{
		kind = palloc0(sizeof(ProblemKind));
		kind->severity = severity;
		kind->problem = problem;
		lint->kinds = lappend(lint->kinds, kind);
	}
	return ++kind->count <= MAX_PROBLEMS;
}

/* Says of each kind of problem how many were not reported. */
static void
report_unwritten(Lint *lint)
{
	ListCell   *lc;

	foreach(lc, lint->kinds)
	{
		const ProblemKind *kind = lfirst(lc);

		if (kind->count > MAX_PROBLEMS)
			fkfix_lint_report(lint, kind->severity, kind->problem, NIL, NULL,
							  psprintf("There are at least " INT64_FORMAT " more problems of this kind.",
									   kind->count - MAX_PROBLEMS),
							  "Solve those that are named, and check again.");
	}
}

/*
 * Adds a problem, which fkfix_lint_wants.  The rules and the key must live as long
 * as the lint.
 */
void
fkfix_lint_report(Lint *lint, Severity severity, const char *problem, List *rules,
				  const LintKey *key, char *message, const char *cure)
{
	Problem    *row = palloc(sizeof(Problem));

	row->severity = severity;
	row->number = list_length(lint->problems);
	row->problem = problem;
	row->rules = rules;
	row->key = key;
	row->message = message;
	row->cure = cure;
	lint->problems = lappend(lint->problems, row);
}

static void
visit(const ForeignKey *fk, void *state)
{
	Notes	   *notes = state;
	Lint	   *lint = &notes->lint;
	const Finding *finding;
	const LintKey *key;

	/* a key that has been left behind is no matter of the rules */
	if (!fkfix_audit_in_scope(lint->reader, fk) ||
		fkfix_catalog_table(lint->reader, fk->conrelid, true) == NULL ||
		fkfix_catalog_table(lint->reader, fk->confrelid, true) == NULL)
		return;
	finding = fkfix_audit_judge(lint->policy, lint->reader, fk);
	key = note_key(notes, fk, finding);
	if (finding->rules == NIL)
		return;
	note_matches(notes, key, fkfix_policy_all_matches(lint->policy, lint->reader, fk), finding);
	if (finding->rule != NULL)
		note_feasibility(notes, fk, key, finding);
}

/* Remembers a key beyond the visit. */
static LintKey *
note_key(Notes *notes, const ForeignKey *fk, const Finding *finding)
{
	Lint	   *lint = &notes->lint;
	MemoryContext visit_context = MemoryContextSwitchTo(lint->context);
	LintKey    *key = palloc0(sizeof(LintKey));
	bool		follows = finding->status == STATUS_VIOLATION || finding->status == STATUS_COMPLIANT;

	key->oid = fk->oid;
	key->name = fk->name;
	key->conrelid = fk->conrelid;
	key->confrelid = fk->confrelid;
	key->on_delete = fkfix_action_kind(fk->on_delete);
	if (follows && finding->set_on_delete != NULL)
		key->on_delete = finding->set_on_delete->kind;
	if (follows && finding->rule->on_delete != NIL)
		key->rule = finding->rule;
	if (!fk->enforced)
		key->on_delete = fkfix_action_kind('\0');	/* does nothing at all */
	lint->keys = lappend(lint->keys, key);
	MemoryContextSwitchTo(visit_context);
	return key;
}

static void
note_matches(Notes *notes, const LintKey *key, List *matches, const Finding *finding)
{
	ListCell   *lc;

	foreach(lc, matches)
	{
		RuleNote   *note = rule_note(notes, lfirst(lc));

		CHECK_FOR_INTERRUPTS();
		note->matched++;
		if (fkfix_policy_same_precedence(note->rule, linitial(finding->rules)))
			note->decided++;
		else if (note->beaten_by == NULL)
		{
			note->beaten_by = linitial(finding->rules);
			note->beaten_at = key;
		}
	}
	fkfix_lint_note_pairs(&notes->lint, key, matches, finding);
}

/* Can the key do what its rule asks, and will that work? */
static void
note_feasibility(Notes *notes, const ForeignKey *fk, const LintKey *key,
				 const Finding *finding)
{
	Lint	   *lint = &notes->lint;
	const Rule *rule = finding->rule;
	RuleNote   *note = rule_note(notes, rule);
	List	   *obstacles;

	if (finding->status == STATUS_INFEASIBLE)
	{
		if (note->infeasible++ == 0)
		{
			note->infeasible_at = key;
			note->infeasible_why = MemoryContextStrdup(lint->context, finding->obstacle);
		}
		return;
	}
	if (finding->status != STATUS_COMPLIANT)
		return;
	obstacles = fkfix_check_actions(lint->reader, fk,
									rule->on_delete ? fkfix_key_delete_action(lint->reader, fk) : NULL,
									rule->on_update ? fkfix_key_update_action(fk) : NULL);
	if (obstacles != NIL && note->failing++ == 0)
	{
		note->failing_at = key;
		note->failing_why = MemoryContextStrdup(lint->context,
												((Obstacle *) linitial(obstacles))->detail);
	}
}

static RuleNote *
rule_note(Notes *notes, const Rule *rule)
{
	bool		found;
	RuleNote   *note = hash_search(notes->rules, &rule, HASH_ENTER, &found);

	if (!found)
	{
		MemSet(note, 0, sizeof(RuleNote));
		note->rule = rule;
	}
	return note;
}

static void
report_rules(Notes *notes)
{
	Lint	   *lint = &notes->lint;
	List	   *unmatched = NIL;
	ListCell   *lc;

	foreach(lc, lint->policy->rules)
	{
		Rule	   *rule = lfirst(lc);
		const RuleNote *note = hash_search(notes->rules, &rule, HASH_FIND, NULL);

		if (note == NULL)
		{
			unmatched = lappend(unmatched, rule);
			continue;
		}
		if (note->decided == 0 && fkfix_lint_wants(lint, LINT_NOTICE, "never wins"))
			fkfix_lint_report(lint, LINT_NOTICE, "never wins",
							  list_make2(rule, (void *) note->beaten_by), note->beaten_at,
							  psprintf("Rule " INT64_FORMAT " matches " INT64_FORMAT " foreign key%s and decides none; here rule " INT64_FORMAT " does.",
									   rule->id, note->matched, note->matched == 1 ? "" : "s",
									   note->beaten_by->id),
							  "Delete it, or give it a higher priority or more names.");
		if (note->infeasible > 0 && fkfix_lint_wants(lint, LINT_ERROR, "infeasible"))
			fkfix_lint_report(lint, LINT_ERROR, "infeasible", list_make1(rule), note->infeasible_at,
							  psprintf("This foreign key%s cannot do what rule " INT64_FORMAT " asks: %s",
									   fkfix_lint_and_more(note->infeasible), rule->id, note->infeasible_why),
							  "Change the table, or make an exception by a rule that gives more names.");
		if (note->failing > 0 && fkfix_lint_wants(lint, LINT_WARNING, "fails"))
			fkfix_lint_report(lint, LINT_WARNING, "fails", list_make1(rule), note->failing_at,
							  psprintf("This foreign key%s does what rule " INT64_FORMAT " asks, and that will fail: %s",
									   fkfix_lint_and_more(note->failing), rule->id, note->failing_why),
							  "Change the table, or the rule.");
	}
	fkfix_lint_unmatched(lint, unmatched);
}

/*
 * Returns what to add where something is said of one key and true of others.
 */
const char *
fkfix_lint_and_more(int64 keys)
{
	return keys == 1 ? "" : psprintf(" (and " INT64_FORMAT " more)", keys - 1);
}

static int
compare_problems(const ListCell *a, const ListCell *b)
{
	const Problem *x = lfirst(a);
	const Problem *y = lfirst(b);

	return x->severity != y->severity ? (int) x->severity - (int) y->severity :
		x->number - y->number;
}

static void
put_problem(ReturnSetInfo *rsinfo, const Problem *problem)
{
	Datum		values[LINT_COLUMNS] = {0};
	bool		nulls[LINT_COLUMNS] = {0};
	Datum	   *ids = palloc(Max(list_length(problem->rules), 1) * sizeof(Datum));
	ListCell   *lc;
	int			i = 0;

	foreach(lc, problem->rules)
		ids[foreach_current_index(lc)] = Int64GetDatum(((const Rule *) lfirst(lc))->id);
	values[i++] = CStringGetTextDatum(severity_names[problem->severity]);
	values[i++] = CStringGetTextDatum(problem->problem);
	values[i++] = PointerGetDatum(construct_array(ids, list_length(problem->rules), INT8OID,
												  sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	nulls[i] = nulls[i + 1] = problem->key == NULL;
	if (problem->key != NULL)
	{
		values[i] = ObjectIdGetDatum(problem->key->conrelid);
		values[i + 1] = NameGetDatum(&problem->key->name);
	}
	i += 2;
	values[i++] = CStringGetTextDatum(problem->message);
	values[i] = CStringGetTextDatum(problem->cure);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}
