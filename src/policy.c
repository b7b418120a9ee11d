/*-------------------------------------------------------------------------
 *
 * policy.c
 *		The rule book: fkfix_policy, and which of its rules wins.
 *
 * A rule means the same to every role in every session.  So the table is read
 * here with a plain scan: no privilege on it is needed, no row-level security
 * applies, and no search_path is looked at.  A policy that its subjects could
 * hide from the reader would be no policy.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "executor/tuptable.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include "policy.h"

static int	compare_rules(const ListCell *a, const ListCell *b);
static bool table_matches(const TablePattern *pattern, Reader *reader,
						  Oid relid);
static bool columns_match(const Rule *rule, Reader *reader,
						  const ForeignKey *fk);
static bool nullability_matches(const Rule *rule, Reader *reader,
								const ForeignKey *fk);
static bool same_actions(List *a, List *b, List *key_columns);

/*
 * Reads the rules that the snapshot sees.  Returns them, best first, in the
 * current memory context.  Takes ACCESS SHARE on the table for as long as it
 * reads.  Raises an error if the table is missing or has been altered, or holds
 * something that is no rule.
 */
Policy *
fkfix_policy_load(Extension *extension, Snapshot snapshot)
{
	Policy	   *policy = palloc0(sizeof(Policy));
	Relation	rel = table_open(fkfix_extension_table(extension, "fkfix_policy"),
								 AccessShareLock);
	TupleTableSlot *slot = table_slot_create(rel, NULL);
	TableScanDesc scan;
	AttrNumber	attnums[POLICY_NCOLUMNS];

	fkfix_rule_find_columns(rel, attnums);
	snapshot = RegisterSnapshot(snapshot);
	scan = fkfix_compat_beginscan(rel, snapshot);
	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		Datum		values[POLICY_NCOLUMNS];
		bool		nulls[POLICY_NCOLUMNS];

		for (int i = 0; i < POLICY_NCOLUMNS; i++)
			values[i] = slot_getattr(slot, attnums[i], &nulls[i]);
		policy->rules = lappend(policy->rules, fkfix_rule_form(values, nulls));
	}
	table_endscan(scan);
	UnregisterSnapshot(snapshot);
	ExecDropSingleTupleTableSlot(slot);
	table_close(rel, AccessShareLock);

	list_sort(policy->rules, compare_rules);
	return policy;
}

/*
 * Does a rule match a key?
 */
bool
fkfix_policy_matches(const Rule *rule, Reader *reader, const ForeignKey *fk)
{
	for (int i = 0; i < CONDITION_COUNT; i++)
	{
		if (!fkfix_policy_meets(rule, i, reader, fk))
			return false;
	}
	return true;
}

/*
 * Does a key meet one of the conditions of a rule?
 */
bool
fkfix_policy_meets(const Rule *rule, Condition condition, Reader *reader,
				   const ForeignKey *fk)
{
	switch (condition)
	{
		case CONDITION_REFERENCING:
			return table_matches(rule->referencing, reader, fk->conrelid);
		case CONDITION_REFERENCED:
			return table_matches(rule->referenced, reader, fk->confrelid);
		case CONDITION_CONSTRAINT_NAME:
			return rule->constraint_name == NULL ||
				fkfix_pattern_matches(rule->constraint_name, NameStr(fk->name));
		case CONDITION_COLUMNS:
			return columns_match(rule, reader, fk);
		case CONDITION_NULLABLE:
			return nullability_matches(rule, reader, fk);
	}
	return false;				/* keep compiler quiet */
}

/*
 * Returns the rules of the highest precedence among those that match a key,
 * lowest id first: a new list, NIL if none matches.  They decide the key
 * together, or conflict.
 */
List *
fkfix_policy_winners(const Policy *policy, Reader *reader, const ForeignKey *fk)
{
	List	   *winners = NIL;
	ListCell   *lc;

	foreach(lc, policy->rules)
	{
		Rule	   *rule = lfirst(lc);

		if (winners != NIL &&
			!fkfix_policy_same_precedence(rule, linitial(winners)))
			break;
		if (fkfix_policy_matches(rule, reader, fk))
			winners = lappend(winners, rule);
	}
	return winners;
}

/*
 * Are two rules of equal rank and priority, so that neither beats the other?
 */
bool
fkfix_policy_same_precedence(const Rule *a, const Rule *b)
{
	return a->priority == b->priority && a->rank == b->rank;
}

/*
 * Do two rules ask the same of a key with these columns?
 */
bool
fkfix_policy_same_demand(const Rule *a, const Rule *b, List *key_columns)
{
	return same_actions(a->on_delete, b->on_delete, key_columns) &&
		same_actions(a->on_update, b->on_update, key_columns);
}

/*
 * Does a rule exempt what it matches?
 */
bool
fkfix_policy_is_exemption(const Rule *rule)
{
	return rule->on_delete == NIL && rule->on_update == NIL;
}

/* Orders rules by precedence, best first, then by id. */
static int
compare_rules(const ListCell *a, const ListCell *b)
{
	const Rule *x = lfirst(a);
	const Rule *y = lfirst(b);

	if (x->priority != y->priority)
		return x->priority > y->priority ? -1 : 1;
	if (x->rank != y->rank)
		return x->rank > y->rank ? -1 : 1;
	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return 0;
}
static bool
table_matches(const TablePattern *pattern, Reader *reader, Oid relid)
{
	TableFacts *table = fkfix_catalog_table(reader, relid);

	return table != NULL &&
		(pattern == NULL || fkfix_pattern_matches_table(pattern, NameStr(table->schema),
														NameStr(table->name)));
}

static bool
columns_match(const Rule *rule, Reader *reader, const ForeignKey *fk)
{
	ListCell   *lc;

	if (rule->columns == NIL)
		return true;
	if (list_length(rule->columns) != fk->nkeys)
		return false;
	foreach(lc, rule->columns)
	{
		ColumnFacts *column = fkfix_catalog_column(reader, fk->conrelid,
												   fk->conkey[foreach_current_index(lc)]);

		if (column == NULL ||
			!fkfix_pattern_matches(lfirst(lc), NameStr(column->name)))
			return false;
	}
	return true;
}
static bool
nullability_matches(const Rule *rule, Reader *reader, const ForeignKey *fk)
{
	if (rule->nullability == NULLABLE_EITHER)
		return true;
	for (int i = 0; i < fk->nkeys; i++)
	{
		if (fkfix_catalog_rejects_null(reader, fk->conrelid, fk->conkey[i]))
			return rule->nullability == NULLABLE_NOT_ALL;
	}
	return rule->nullability == NULLABLE_ALL;
}

/* Do two lists accept the same actions, and prefer the same one? */
static bool
same_actions(List *a, List *b, List *key_columns)
{
	ListCell   *la;
	ListCell   *lb;

	if (list_length(a) != list_length(b))
		return false;
	forboth(la, a, lb, b)
	{
		if (!fkfix_action_equal(lfirst(la), lfirst(lb), key_columns))
			return false;
	}
	return true;
}
