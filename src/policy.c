/*-------------------------------------------------------------------------
 *
 * policy.c
 *		The policy: the rules of fkfix.policy, and which of them wins.
 *
 * A rule means the same to every role in every session.  So the table is read
 * here with a plain scan: no privilege on it is needed, no row-level security
 * applies, and no search_path is looked at.  A policy that its subjects could
 * hide from the reader would be no policy.  No code of anybody else's runs: what is
 * not a table of plain columns, by name and type, is refused.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include "domain.h"
#include "extension.h"
#include "policy.h"

static int	compare_precedence(const Rule *x, const Rule *y);
static int	compare_rules(const ListCell *a, const ListCell *b);
static List *candidates(const Policy *policy, int drawer,
						const KeyNames *names);
static List *add_winners(List *winners, List *rules, const KeyNames *names);
static void refuse_guess(List *winners);
static bool name_key(Reader *reader, const ForeignKey *fk, bool columns,
					 bool nullability, KeyNames *names);
static bool names_match(const Rule *rule, const KeyNames *names);
static bool names_meet(const Rule *rule, Condition condition,
					   const KeyNames *names);
static bool table_matches(const TablePattern *pattern, const char *schema,
						  const char *name);
static bool columns_match(const Rule *rule, List *columns);
static bool nullability_matches(const Rule *rule, Nullability known);

/*
 * Reads the rules that the snapshot sees.  Returns them, best first, in the
 * current memory context.  Takes ACCESS SHARE on the table for as long as it
 * reads.  Raises an error if the table is missing or has been altered, or holds
 * something that is no rule.
 */
Policy *
fkfix_policy_load(Snapshot snapshot)
{
	Policy	   *policy = palloc0(sizeof(Policy));
	Relation	rel = fkfix_extension_open(POLICY_TABLE, AccessShareLock);
	TupleTableSlot *slot = table_slot_create(rel, NULL);
	TableScanDesc scan;
	AttrNumber	attnums[POLICY_NCOLUMNS];
	ListCell   *lc;

	fkfix_rule_find_columns(rel, attnums);
	snapshot = RegisterSnapshot(snapshot);
	scan = fkfix_compat_beginscan(rel, snapshot);
	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		Datum		values[POLICY_NCOLUMNS];
		bool		nulls[POLICY_NCOLUMNS];

		CHECK_FOR_INTERRUPTS();
		for (int i = 0; i < POLICY_NCOLUMNS; i++)
			values[i] = slot_getattr(slot, attnums[i], &nulls[i]);
		policy->rules = lappend(policy->rules, fkfix_rule_form(values, nulls));
	}
	table_endscan(scan);
	UnregisterSnapshot(snapshot);
	ExecDropSingleTupleTableSlot(slot);

	list_sort(policy->rules, compare_rules);
	policy->table = RelationGetRelid(rel);
	policy->files = fkfix_filing_make(policy->rules);
	foreach(lc, policy->rules)
	{
		const Rule *rule = lfirst(lc);

		policy->needs_columns |= rule->columns != NIL;
		policy->needs_nullability |= rule->nullability != NULLABLE_EITHER;
	}
	table_close(rel, AccessShareLock);
	return policy;
}

/*
 * Does a key, whose tables are there, meet one of the conditions of a rule?
 */
bool
fkfix_policy_meets(const Rule *rule, Condition condition, Reader *reader,
				   const ForeignKey *fk)
{
	KeyNames	names;

	return name_key(reader, fk, true, true, &names) &&
		names_meet(rule, condition, &names);
}

/*
 * Returns the rules of the highest precedence among those that match a key,
 * lowest id first: a new list, NIL if none matches.  They decide the key
 * together, or conflict.
 */
List *
fkfix_policy_winners(const Policy *policy, Reader *reader, const ForeignKey *fk)
{
	KeyNames	names;

	if (!name_key(reader, fk, policy->needs_columns, policy->needs_nullability, &names))
		return NIL;
	return fkfix_policy_winners_by_name(policy, &names);
}

/*
 * The same for a key that need not exist.  Raises an error if that depends on
 * whether its columns accept nulls, and this is not known.
 */
List *
fkfix_policy_winners_by_name(const Policy *policy, const KeyNames *names)
{
	List	   *winners = NIL;

	for (int drawer = 0; drawer < DRAWER_COUNT; drawer++)
	{
		const Rule *best = fkfix_filing_best(policy->files, drawer);

		if (best != NULL && (winners == NIL || compare_precedence(best, linitial(winners)) <= 0))
			winners = add_winners(winners, candidates(policy, drawer, names), names);
	}
	list_sort(winners, compare_rules);
	if (names->nullability == NULLABLE_EITHER)
		refuse_guess(winners);
	return winners;
}

/*
 * Returns all the rules that match a key, best first: a new list.
 */
List *
fkfix_policy_all_matches(const Policy *policy, Reader *reader, const ForeignKey *fk)
{
	KeyNames	names;
	List	   *matches = NIL;
	ListCell   *lc;

	if (!name_key(reader, fk, policy->needs_columns, policy->needs_nullability, &names))
		return NIL;
	for (int drawer = 0; drawer < DRAWER_COUNT; drawer++)
	{
		foreach(lc, candidates(policy, drawer, &names))
		{
			CHECK_FOR_INTERRUPTS();
			if (names_match(lfirst(lc), &names))
				matches = lappend(matches, lfirst(lc));
		}
	}
	list_sort(matches, compare_rules);
	return matches;
}

/*
 * Returns the reason of a rule; NULL if it has none, or if the current user may
 * not read all of the policy: the owner has then taken the SELECT that all have at
 * first, or made row security.
 */
const char *
fkfix_policy_reason(const Policy *policy, const Rule *rule)
{
	if (rule->reason == NULL ||
		pg_class_aclcheck(policy->table, GetUserId(), ACL_SELECT) != ACLCHECK_OK ||
		check_enable_rls(policy->table, InvalidOid, true) == RLS_ENABLED)
		return NULL;
	return rule->reason;
}

/*
 * Are two rules of equal rank and priority, so that neither beats the other?
 */
bool
fkfix_policy_same_precedence(const Rule *a, const Rule *b)
{
	return compare_precedence(a, b) == 0;
}

/* Orders rules by precedence, best first. */
static int
compare_precedence(const Rule *x, const Rule *y)
{
	if (x->priority != y->priority)
		return x->priority > y->priority ? -1 : 1;
	if (x->rank != y->rank)
		return x->rank > y->rank ? -1 : 1;
	return 0;
}

/* Orders rules by precedence, best first, then by id. */
static int
compare_rules(const ListCell *a, const ListCell *b)
{
	const Rule *x = lfirst(a);
	const Rule *y = lfirst(b);
	int			order = compare_precedence(x, y);

	if (order != 0)
		return order;
	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return 0;
}

/* The rules in a drawer that may match a key. */
static List *
candidates(const Policy *policy, int drawer, const KeyNames *names)
{
	const char *schema = names->referencing_schema;
	const char *name = NULL;

	switch (DRAWER_KIND(drawer))
	{
		case FILE_REFERENCING:
			name = names->referencing;
			break;
		case FILE_CONSTRAINT:
			name = names->constraint_name;
			break;
		case FILE_REFERENCED:
			schema = names->referenced_schema;
			name = names->referenced;
			break;
		case FILE_COLUMN:
			name = names->columns == NIL ? NULL : linitial(names->columns);
			break;
		case FILE_NONE:
			break;
	}
	return fkfix_filing_find(policy->files, drawer, schema, name);
}

/* Adds rules that match to the winners, or puts better ones in their place. */
static List *
add_winners(List *winners, List *rules, const KeyNames *names)
{
	ListCell   *lc;

	foreach(lc, rules)
	{
		Rule	   *rule = lfirst(lc);
		int			order = winners == NIL ? -1 : compare_precedence(rule, linitial(winners));

		CHECK_FOR_INTERRUPTS();
		if (order > 0)
			break;
		if (!names_match(rule, names))
			continue;
		winners = order < 0 ? list_make1(rule) : lappend(winners, rule);
	}
	return winners;
}

/* A guess could send a tool to the wrong rule. */
static void
refuse_guess(List *winners)
{
	ListCell   *lc;

	foreach(lc, winners)
	{
		Rule	   *rule = lfirst(lc);

		if (rule->nullability != NULLABLE_EITHER)
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("it must be known whether the columns of the foreign key accept nulls"),
					 errdetail("Rule " INT64_FORMAT " depends on it, and not all the columns exist.", rule->id),
					 errhint("Give the argument \"%s\".", "nullable")));
	}
}

/*
 * Reads what rules look at; false if a table of the key is gone.  Columns and
 * their nullability take longest, and are left out if no rule asks for them.
 */
static bool
name_key(Reader *reader, const ForeignKey *fk, bool columns, bool nullability,
		 KeyNames *names)
{
	TableFacts *referencing = fkfix_catalog_table(reader, fk->conrelid, true);
	TableFacts *referenced = fkfix_catalog_table(reader, fk->confrelid, true);

	if (referencing == NULL || referenced == NULL)
		return false;
	names->referencing_schema = referencing->schema;
	names->referencing = NameStr(referencing->name);
	names->referenced_schema = referenced->schema;
	names->referenced = NameStr(referenced->name);
	names->columns = !columns ? NIL :
		fkfix_catalog_column_names(reader, fk->conrelid, fk->conkey, fk->nkeys);
	names->constraint_name = NameStr(fk->name);
	names->nullability = NULLABLE_ALL;
	for (int i = 0; nullability && i < fk->nkeys; i++)
	{
		if (fkfix_domain_rejects_null(reader, fk->conrelid, fk->conkey[i]))
			names->nullability = NULLABLE_NOT_ALL;
	}
	return true;
}

static bool
names_match(const Rule *rule, const KeyNames *names)
{
	for (int i = 0; i < CONDITION_COUNT; i++)
	{
		if (!names_meet(rule, i, names))
			return false;
	}
	return true;
}

static bool
names_meet(const Rule *rule, Condition condition, const KeyNames *names)
{
	switch (condition)
	{
		case CONDITION_REFERENCING:
			return table_matches(rule->referencing, names->referencing_schema,
								 names->referencing);
		case CONDITION_REFERENCED:
			return table_matches(rule->referenced, names->referenced_schema,
								 names->referenced);
		case CONDITION_CONSTRAINT_NAME:
			return rule->constraint_name == NULL ||
				fkfix_pattern_matches(rule->constraint_name, names->constraint_name);
		case CONDITION_COLUMNS:
			return columns_match(rule, names->columns);
		case CONDITION_NULLABLE:
			return nullability_matches(rule, names->nullability);
	}
	return false;				/* keep compiler quiet */
}

static bool
table_matches(const TablePattern *pattern, const char *schema, const char *name)
{
	return pattern == NULL || fkfix_pattern_matches_table(pattern, schema, name);
}

static bool
columns_match(const Rule *rule, List *columns)
{
	ListCell   *pattern;
	ListCell   *column;

	if (rule->columns == NIL)
		return true;
	if (list_length(rule->columns) != list_length(columns))
		return false;
	forboth(pattern, rule->columns, column, columns)
	{
		if (!fkfix_pattern_matches(lfirst(pattern), lfirst(column)))
			return false;
	}
	return true;
}

/* What is not known may match. */
static bool
nullability_matches(const Rule *rule, Nullability known)
{
	return rule->nullability == NULLABLE_EITHER || known == NULLABLE_EITHER ||
		rule->nullability == known;
}
