/*-------------------------------------------------------------------------
 *
 * explain.c
 *		fkfix_explain(): why the policy says of a key what it says.
 *
 * The judge names the rule that wins.  Here the others are named as well, in
 * the order in which they are asked, with the one difference that decided
 * between them; and where no rule matches, those that nearly do.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"
#include "utils/tuplestore.h"

#include "args.h"
#include "audit.h"
#include "extension.h"
#include "request.h"
#include "rulebook.h"

#define EXPLAIN_COLUMNS	10

/* So many rules that do not match are shown, and of those that do. */
#define MAX_NEAREST		5
#define MAX_MATCHES		100

/* So many of the other rules of a precedence are named. */
#define MAX_IDS			10

/* One call. */
typedef struct Explanation
{
	Reader	   *reader;
	const ForeignKey *fk;
	List	   *key_columns;
	const Policy *policy;
	ReturnSetInfo *rsinfo;
	int			position;
} Explanation;

/* A rule that does not match, and how many of its conditions do not. */
typedef struct Miss
{
	const Rule *rule;
	int			count;
	int			place;			/* among all rules, by precedence */
} Miss;

static const ForeignKey *find_root(Reader *reader, Oid relid, const char *name);
static void explain_matches(Explanation *e, List *winners);
static void explain_winner(Explanation *e, const Rule *rule, List *winners,
						   const Rule *second);
static char *other_ids(List *rules, const Rule *but);
static char *difference(const Rule *better, const Rule *worse);
static void explain_misses(Explanation *e);
static int	compare_misses(const ListCell *a, const ListCell *b);
static char *missed_conditions(Explanation *e, const Rule *rule);
static char *missed_condition(Explanation *e, const Rule *rule,
							  Condition condition);
static char *pattern_list(List *patterns);
static char *name_list(List *names);
static char *specificity(const Rule *rule);
static char *action_text(List *actions);
static void put_rule(Explanation *e, const Rule *rule, const char *verdict,
					 const char *explanation);

PG_FUNCTION_INFO_V1(fkfix_explain);

/*
 * fkfix_explain(relation, constraint_name)
 *
 * Returns the rules that match a key, best first, or else the nearest ones.
 */
Datum
fkfix_explain(PG_FUNCTION_ARGS)
{
	Explanation e = {0};
	List	   *winners;

	fkfix_extension_check_version();
	FKFIX_REQUIRE_ARG(0, "relation");
	FKFIX_REQUIRE_ARG(1, "constraint_name");
	InitMaterializedSRF(fcinfo, 0);
	e.rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	e.reader = fkfix_catalog_reader(GetActiveSnapshot());
	e.fk = find_root(e.reader, PG_GETARG_OID(0), NameStr(*PG_GETARG_NAME(1)));
	e.key_columns = fkfix_catalog_column_names(e.reader, e.fk->conrelid, e.fk->conkey,
											   e.fk->nkeys);
	e.policy = fkfix_rulebook_as_of(GetActiveSnapshot());

	if (!fkfix_audit_in_scope(e.reader, e.fk))
	{
		put_rule(&e, NULL, "out of scope",
				 fkfix_catalog_table(e.reader, e.fk->conrelid, false)->temporary ?
				 "The policy is not about temporary tables." :
				 "The policy is not about tables that belong to an extension.");
		return (Datum) 0;
	}
	if (OidIsValid(e.fk->conparentid) ||
		fkfix_catalog_table(e.reader, e.fk->conrelid, true) == NULL ||
		fkfix_catalog_table(e.reader, e.fk->confrelid, true) == NULL)
	{
		put_rule(&e, NULL, "damaged",
				 OidIsValid(e.fk->conparentid) ? "The key that it derives from does not exist." :
				 "A table of the key does not exist.");
		return (Datum) 0;
	}
	winners = fkfix_policy_winners(e.policy, e.reader, e.fk);
	if (winners != NIL)
		explain_matches(&e, winners);
	else
		explain_misses(&e);
	return (Datum) 0;
}

/* A key that partitioning derived is decided with its root. */
static const ForeignKey *
find_root(Reader *reader, Oid relid, const char *name)
{
	const ForeignKey *fk = fkfix_request_find_key(reader, relid, name);
	const ForeignKey *root = fkfix_key_root(reader, fk);

	return root == NULL ? fk : root;
}

/* The winners are the first of the rules that match. */
static void
explain_matches(Explanation *e, List *winners)
{
	List	   *matches = fkfix_policy_all_matches(e->policy, e->reader, e->fk);
	int			count = list_length(winners);
	bool		conflict = fkfix_audit_rules_conflict(winners, e->key_columns);
	const Rule *second = list_length(matches) > count ? list_nth(matches, count) : NULL;
	ListCell   *lc;

	foreach(lc, matches)
	{
		const Rule *rule = lfirst(lc);
		int			at = foreach_current_index(lc);

		CHECK_FOR_INTERRUPTS();
		if (at == MAX_MATCHES)
		{
			put_rule(e, NULL, "more",
					 psprintf("%d more rules match and decide nothing here.",
							  list_length(matches) - at));
			break;
		}
		if (at >= count)
		{
			const Rule *before = list_nth(matches, at - 1);

			put_rule(e, rule, "loses",
					 psprintf("Comes after rule " INT64_FORMAT ", which %s.", before->id,
							  difference(before, rule)));
		}
		else if (conflict)
			put_rule(e, rule, "conflicts",
					 psprintf("No rule beats it, but others of its precedence do not ask for the same: %s.",
							  other_ids(winners, rule)));
		else
			explain_winner(e, rule, winners, second);
	}
}

/* One of the rules of the highest precedence, which agree; "second" comes after. */
static void
explain_winner(Explanation *e, const Rule *rule, List *winners, const Rule *second)
{
	if (rule != linitial(winners))
		put_rule(e, rule, "ties",
				 psprintf("Asks for the same as rule " INT64_FORMAT " of the same precedence, which has the lower id.",
						  ((const Rule *) linitial(winners))->id));
	else if (second != NULL)
		put_rule(e, rule, "wins",
				 psprintf("Wins over rule " INT64_FORMAT ": it %s.", second->id,
						  difference(rule, second)));
	else if (list_length(winners) > 1)
		put_rule(e, rule, "wins",
				 psprintf("Has the lowest id; others of its precedence ask for the same: %s.",
						  other_ids(winners, rule)));
	else
		put_rule(e, rule, "wins", "No other rule matches.");
}

/* The ids of the rules but one; if there are many, of the first. */
static char *
other_ids(List *rules, const Rule *but)
{
	StringInfoData buf;
	int			named = 0;
	ListCell   *lc;

	initStringInfo(&buf);
	foreach(lc, rules)
	{
		const Rule *other = lfirst(lc);

		if (other == but)
			continue;
		if (named == MAX_IDS)
		{
			appendStringInfo(&buf, " and %d more", list_length(rules) - 1 - named);
			break;
		}
		appendStringInfo(&buf, "%s" INT64_FORMAT, named++ == 0 ? "" : ", ", other->id);
	}
	return buf.data;
}

/* Why one rule comes before another. */
static char *
difference(const Rule *better, const Rule *worse)
{
	static const char *const more[RANK_PARTS] = {
		"gives more names literally",
		"gives more names with a wildcard",
		"gives more schemas literally",
		"gives more schemas with a wildcard, or nullable"
	};

	if (better->priority != worse->priority)
		return psprintf("has a higher priority (%d over %d)", better->priority, worse->priority);
	for (int i = 0; i < RANK_PARTS; i++)
	{
		int			a = RANK_PART(better->rank, i);
		int			b = RANK_PART(worse->rank, i);

		if (a != b)
			return psprintf("%s (%d over %d)", more[i], a, b);
	}
	return "is of the same precedence";
}

/* No rule matches: the ones that miss by least. */
static void
explain_misses(Explanation *e)
{
	List	   *misses = NIL;
	ListCell   *lc;

	foreach(lc, e->policy->rules)
	{
		Miss	   *miss = palloc0(sizeof(Miss));

		CHECK_FOR_INTERRUPTS();
		miss->rule = lfirst(lc);
		for (int i = 0; i < CONDITION_COUNT; i++)
			miss->count += !fkfix_policy_meets(miss->rule, i, e->reader, e->fk);
		miss->place = foreach_current_index(lc);
		misses = lappend(misses, miss);
	}
	if (misses == NIL)
		put_rule(e, NULL, "unmanaged", "There are no rules.");
	list_sort(misses, compare_misses);
	foreach(lc, misses)
	{
		const Miss *miss = lfirst(lc);

		if (foreach_current_index(lc) == MAX_NEAREST)
			break;
		put_rule(e, miss->rule, "misses", missed_conditions(e, miss->rule));
	}
}

static int
compare_misses(const ListCell *a, const ListCell *b)
{
	const Miss *x = lfirst(a);
	const Miss *y = lfirst(b);

	return x->count != y->count ? x->count - y->count : x->place - y->place;
}

static char *
missed_conditions(Explanation *e, const Rule *rule)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < CONDITION_COUNT; i++)
	{
		if (!fkfix_policy_meets(rule, i, e->reader, e->fk))
			appendStringInfo(&buf, "%s%s", buf.len > 0 ? "; " : "Does not match: ",
							 missed_condition(e, rule, i));
	}
	appendStringInfoChar(&buf, '.');
	return buf.data;
}

/* What a rule asks in one condition, and what the key is. */
static char *
missed_condition(Explanation *e, const Rule *rule, Condition condition)
{
	switch (condition)
	{
		case CONDITION_REFERENCING:
			return psprintf("referencing %s is not table %s", rule->referencing->source,
							fkfix_catalog_table_name(e->reader, e->fk->conrelid));
		case CONDITION_REFERENCED:
			return psprintf("referenced %s is not table %s", rule->referenced->source,
							fkfix_catalog_table_name(e->reader, e->fk->confrelid));
		case CONDITION_CONSTRAINT_NAME:
			return psprintf("constraint_name %s is not %s", rule->constraint_name->source,
							quote_identifier(NameStr(e->fk->name)));
		case CONDITION_COLUMNS:
			return psprintf("columns (%s) are not (%s)", pattern_list(rule->columns),
							name_list(e->key_columns));
		case CONDITION_NULLABLE:
			return rule->nullability == NULLABLE_ALL ?
				"nullable is true and a column does not accept nulls" :
				"nullable is false and all columns accept nulls";
	}
	return NULL;				/* keep compiler quiet */
}

static char *
pattern_list(List *patterns)
{
	StringInfoData buf;
	ListCell   *lc;

	initStringInfo(&buf);
	foreach(lc, patterns)
		appendStringInfo(&buf, "%s%s", buf.len > 0 ? ", " : "",
						 ((NamePattern *) lfirst(lc))->source);
	return buf.data;
}

static char *
name_list(List *names)
{
	StringInfoData buf;
	ListCell   *lc;

	initStringInfo(&buf);
	foreach(lc, names)
		appendStringInfo(&buf, "%s%s", buf.len > 0 ? ", " : "",
						 quote_identifier(lfirst(lc)));
	return buf.data;
}

/* A rule's rank, in words. */
static char *
specificity(const Rule *rule)
{
	static const char *const parts[RANK_PARTS] = {
		"literal", "wildcard", "literal schema", "wildcard schema or nullable"
	};
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < RANK_PARTS; i++)
	{
		if (RANK_PART(rule->rank, i) > 0)
			appendStringInfo(&buf, "%s%d %s", buf.len > 0 ? ", " : "",
							 RANK_PART(rule->rank, i), parts[i]);
	}
	return buf.len > 0 ? buf.data : "none";
}

static char *
action_text(List *actions)
{
	return actions == NIL ? NULL : fkfix_action_list_text(actions);
}

/* Puts a row about a rule; without one, about the key alone. */
static void
put_rule(Explanation *e, const Rule *rule, const char *verdict, const char *explanation)
{
	Datum		values[EXPLAIN_COLUMNS] = {0};
	bool		nulls[EXPLAIN_COLUMNS];
	int			i = 0;

	memset(nulls, rule == NULL, sizeof(nulls));
	nulls[i] = false;
	values[i++] = Int32GetDatum(++e->position);
	if (rule != NULL)
		values[i] = Int64GetDatum(rule->id);
	i++;
	nulls[i] = false;
	values[i++] = CStringGetTextDatum(verdict);
	if (rule != NULL)
	{
		values[i++] = Int32GetDatum(rule->priority);
		values[i++] = CStringGetTextDatum(specificity(rule));
		values[i] = fkfix_args_text(action_text(rule->on_delete), &nulls[i]);
		i++;
		values[i] = fkfix_args_text(action_text(rule->on_update), &nulls[i]);
		i++;
		values[i++] = CStringGetTextDatum(fkfix_rule_mode_name(rule->enforcement));
	}
	else
		i += 5;
	nulls[i] = false;
	values[i++] = CStringGetTextDatum(explanation);
	values[i] = fkfix_args_text(rule == NULL ? NULL :
								fkfix_policy_reason(e->policy, rule), &nulls[i]);
	tuplestore_putvalues(e->rsinfo->setResult, e->rsinfo->setDesc, values, nulls);
}
