/*-------------------------------------------------------------------------
 *
 * lint_pairs.c
 *		Which rules stand in each other's way?
 *
 * Two rules of equal precedence that ask for different things of a key decide
 * nothing.  And of two that match, the one that wins decides both actions: what
 * the other asks about the action that it leaves open is not asked.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/hsearch.h"

#include "lint.h"

typedef enum PairKind
{
	PAIR_CONFLICT,
	PAIR_HIDES_DELETE,			/* the first says nothing of what the second
								 * asks */
	PAIR_HIDES_UPDATE
} PairKind;

#define PAIR_KINDS	(PAIR_HIDES_UPDATE + 1)

/* What the keys have told of two rules. */
typedef struct PairNote
{
	const Rule *first;			/* hash key, with the next two */
	const Rule *second;
	int64		kind;
	int64		keys;
	const LintKey *at;
} PairNote;

struct LintPairs
{
	HTAB	   *notes;			/* PairNote by its first three fields */
	List	   *order;			/* PairNotes in the order of discovery */
	int			counts[PAIR_KINDS]; /* of them, by kind */
};

/* So many pairs of a kind are told apart: more than will be reported. */
#define MAX_PAIRS	1000

static void note_hidden(Lint *lint, const LintKey *key, List *matches,
						const Rule *winner);
static void note_pair(Lint *lint, const Rule *first, const Rule *second,
					  PairKind kind, const LintKey *key);

/*
 * Returns what there is to know of pairs before any key was looked at: nothing.
 */
LintPairs *
fkfix_lint_make_pairs(void)
{
	LintPairs  *pairs = palloc0(sizeof(LintPairs));
	HASHCTL		ctl = {
		.keysize = offsetof(PairNote, keys),
		.entrysize = sizeof(PairNote),
		.hcxt = CurrentMemoryContext
	};

	pairs->notes = hash_create("fkfix pair notes", 64, &ctl,
							   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	return pairs;
}

/*
 * Notes what a key tells of pairs among the rules that match it.
 */
void
fkfix_lint_note_pairs(Lint *lint, const LintKey *key, List *matches,
					  const Finding *finding)
{
	ListCell   *lc;

	if (finding->status != STATUS_CONFLICT)
	{
		note_hidden(lint, key, matches, finding->rule);
		return;
	}

	/*
	 * There may be thousands, and pairs of thousands too many to tell.
	 * Whoever settles which of them stands against the first settles the
	 * conflict.
	 */
	for_each_from(lc, finding->rules, 1)
	{
		CHECK_FOR_INTERRUPTS();
		/* column lists count as written: the pair is to be found anyway */
		if (!fkfix_rule_same_demand(linitial(finding->rules), lfirst(lc), NIL))
			note_pair(lint, linitial(finding->rules), lfirst(lc), PAIR_CONFLICT, key);
	}
}

/*
 * Reports the pairs in the order in which they were found.
 */
void
fkfix_lint_report_pairs(Lint *lint)
{
	ListCell   *lc;

	foreach(lc, lint->pairs->order)
	{
		const PairNote *note = lfirst(lc);
		List	   *rules;

		if (!fkfix_lint_wants(lint, note->kind == PAIR_CONFLICT ? LINT_ERROR : LINT_NOTICE,
							  note->kind == PAIR_CONFLICT ? "conflict" : "hidden demand"))
			continue;
		rules = list_make2((void *) note->first, (void *) note->second);
		if (note->kind == PAIR_CONFLICT)
			fkfix_lint_report(lint, LINT_ERROR, "conflict", rules, note->at,
							  psprintf("Two rules of equal precedence ask for different things of this foreign key%s.",
									   fkfix_lint_and_more(note->keys)),
							  "Give one of them a higher priority, or more names.");
		else
			fkfix_lint_report(lint, LINT_NOTICE, "hidden demand", rules, note->at,
							  psprintf("Rule " INT64_FORMAT " decides this foreign key%s and accepts any %s action; what rule " INT64_FORMAT " asks there, %s, is not asked.",
									   note->first->id, fkfix_lint_and_more(note->keys),
									   note->kind == PAIR_HIDES_DELETE ? "ON DELETE" : "ON UPDATE",
									   note->second->id,
									   fkfix_action_list_text(note->kind == PAIR_HIDES_DELETE ?
															  note->second->on_delete : note->second->on_update)),
							  psprintf("Put it into rule " INT64_FORMAT " too: one rule decides both actions.",
									   note->first->id));
	}
}

/* One rule decides both actions: does it leave one open that another asks for? */
static void
note_hidden(Lint *lint, const LintKey *key, List *matches, const Rule *winner)
{
	bool		delete_open = winner->on_delete == NIL;
	bool		update_open = winner->on_update == NIL;
	ListCell   *lc;

	if (fkfix_rule_is_exemption(winner))
		return;
	foreach(lc, matches)
	{
		const Rule *rule = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		if (!delete_open && !update_open)
			return;
		if (fkfix_policy_same_precedence(rule, winner))
			continue;
		if (fkfix_rule_is_exemption(rule))
			return;				/* it would have been exempt */
		if (delete_open && rule->on_delete != NIL)
			note_pair(lint, winner, rule, PAIR_HIDES_DELETE, key);
		if (update_open && rule->on_update != NIL)
			note_pair(lint, winner, rule, PAIR_HIDES_UPDATE, key);
		delete_open &= rule->on_delete == NIL;
		update_open &= rule->on_update == NIL;
	}
}

static void
note_pair(Lint *lint, const Rule *first, const Rule *second, PairKind kind,
		  const LintKey *key)
{
	PairNote	search = {first, second, kind, 0, NULL};
	bool		found;
	bool		full = lint->pairs->counts[kind] == MAX_PAIRS;
	PairNote   *note = hash_search(lint->pairs->notes, &search,
								   full ? HASH_FIND : HASH_ENTER, &found);

	if (!found && full)
		return;
	if (!found)
	{
		MemoryContext visit_context = MemoryContextSwitchTo(lint->context);

		lint->pairs->counts[kind]++;
		note->keys = 0;
		note->at = key;
		lint->pairs->order = lappend(lint->pairs->order, note);
		MemoryContextSwitchTo(visit_context);
	}
	note->keys++;
}
