/*-------------------------------------------------------------------------
 *
 * baseline.c
 *		fkfix_baseline(): rules that describe today's keys as they are.
 *
 * A database that has grown for years is in violation of any policy that is
 * written in an afternoon.  With a baseline it starts clean, and what changes
 * from then on is noticed.  Rules that are there already are respected: a key
 * that one of them matches gets no other.
 *
 * The caller needs INSERT on the policy, so that this is no way around the
 * privileges on it.  No trigger runs, for it may be anybody's (see insert.c); the
 * rules written are canonical already.  Before it returns, the judge has looked at
 * every key again.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "args.h"
#include "audit.h"
#include "extension.h"
#include "fold.h"
#include "insert.h"
#include "inspect.h"

/* What is given of a rule; the rest has its defaults. */
static const InsertColumn rule_columns[] = {
	{"referencing", TEXTOID},
	{"columns", TEXTARRAYOID},
	{"referenced", TEXTOID},
	{"constraint_name", TEXTOID},
	{"on_delete", TEXTOID},
	{"on_update", TEXTOID},
	{"enforcement", TEXTOID},
	{"reason", TEXTOID}
};

/* One call. */
typedef struct Baseline
{
	Reader	   *reader;
	Policy	   *policy;
	TablePattern *scope;
	MemoryContext context;
	List	   *keys;			/* FoldKeys */
} Baseline;

static Relation lock_policy(const Baseline *baseline);
static void collect(const ForeignKey *fk, void *state);
static void write_rules(Relation rel, List *rules, const char *enforcement);
static void check_result(const Baseline *baseline);

PG_FUNCTION_INFO_V1(fkfix_baseline);

/*
 * fkfix_baseline(referencing, enforcement, minimal)
 *
 * Writes rules that describe the keys that no rule matches yet.  Returns how
 * many it wrote.
 */
Datum
fkfix_baseline(PG_FUNCTION_ARGS)
{
	Baseline	baseline = {0};
	const char *scope;
	Enforcement enforcement;
	List	   *rules;
	Relation	rel;

	fkfix_extension_check_version();
	FKFIX_REQUIRE_ARG(0, "referencing");
	FKFIX_REQUIRE_ARG(1, "enforcement");
	FKFIX_REQUIRE_ARG(2, "minimal");
	PreventCommandIfReadOnly("fkfix_baseline()");
	PreventCommandDuringRecovery("fkfix_baseline()");

	scope = text_to_cstring(PG_GETARG_TEXT_PP(0));
	enforcement = fkfix_rule_parse_mode(text_to_cstring(PG_GETARG_TEXT_PP(1)));
	baseline.context = CurrentMemoryContext;
	baseline.scope = fkfix_pattern_parse_table("referencing", scope);
	rel = lock_policy(&baseline);
	PushActiveSnapshot(GetLatestSnapshot());
	baseline.reader = fkfix_shape_reader(InvalidOid);
	baseline.policy = fkfix_policy_load(GetActiveSnapshot());
	fkfix_key_each_root(baseline.reader, InvalidOid, collect, &baseline);

	rules = fkfix_fold(baseline.reader, baseline.keys, scope, PG_GETARG_BOOL(2));
	write_rules(rel, rules, fkfix_rule_mode_name(enforcement));
	check_result(&baseline);
	PopActiveSnapshot();
	table_close(rel, AccessShareLock);
	PG_RETURN_INT64(list_length(rules));
}

/*
 * Nobody else may write rules meanwhile: they could match what we describe.
 * Who may not write rules himself must not keep others from it.
 */
static Relation
lock_policy(const Baseline *baseline)
{
	Relation	rel = fkfix_extension_open(POLICY_TABLE, AccessShareLock);

	fkfix_extension_check_access(rel, ACL_INSERT);
	LockRelation(rel, ShareRowExclusiveLock);
	return rel;
}

static void
collect(const ForeignKey *fk, void *state)
{
	Baseline   *baseline = state;
	TableFacts *table = fkfix_catalog_table(baseline->reader, fk->conrelid, true);
	List	   *winners;
	FoldKey    *key;
	MemoryContext visit;

	/* no rule can describe what is damaged */
	if (!fkfix_audit_in_scope(baseline->reader, fk) ||
		fkfix_inspect_damage(fkfix_inspect_key(baseline->reader, fk)) != NULL ||
		!fkfix_pattern_matches_table(baseline->scope, table->schema,
									 NameStr(table->name)))
		return;
	winners = fkfix_policy_winners(baseline->policy, baseline->reader, fk);

	visit = MemoryContextSwitchTo(baseline->context);
	key = palloc(sizeof(FoldKey));
	key->fk = fkfix_key_copy(fk);
	key->decided_by = winners == NIL ? NULL : linitial(winners);
	baseline->keys = lappend(baseline->keys, key);
	MemoryContextSwitchTo(visit);
}

static void
write_rules(Relation rel, List *rules, const char *enforcement)
{
	Insertion  *insertion = fkfix_insert_begin(rel, rule_columns, lengthof(rule_columns));
	ListCell   *lc;

	foreach(lc, rules)
	{
		const FoldedRule *rule = lfirst(lc);
		Datum		values[lengthof(rule_columns)];
		bool		nulls[lengthof(rule_columns)];

		CHECK_FOR_INTERRUPTS();
		values[0] = fkfix_args_text(rule->referencing, &nulls[0]);
		nulls[1] = rule->columns == NIL;
		values[1] = nulls[1] ? (Datum) 0 : fkfix_args_text_array(rule->columns);
		values[2] = fkfix_args_text(rule->referenced, &nulls[2]);
		values[3] = fkfix_args_text(rule->constraint_name, &nulls[3]);
		values[4] = fkfix_args_text(rule->on_delete, &nulls[4]);
		values[5] = fkfix_args_text(rule->on_update, &nulls[5]);
		values[6] = fkfix_args_text(enforcement, &nulls[6]);
		values[7] = fkfix_args_text("as fkfix_baseline() found it", &nulls[7]);
		fkfix_insert_row(insertion, values, nulls);
	}
	fkfix_insert_end(insertion);
	/* what fkfix.announce_rules() does */
	CacheInvalidateRelcache(rel);
}

/*
 * Asks the judge, by the rules as they stand now.  What was decided before must
 * be decided by the same rule, and all else be as its rule says.
 */
static void
check_result(const Baseline *baseline)
{
	const Policy *policy = fkfix_policy_load(GetLatestSnapshot());
	MemoryContext one_key = AllocSetContextCreate(CurrentMemoryContext, "fkfix key",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(one_key);
	ListCell   *lc;

	foreach(lc, baseline->keys)
	{
		const FoldKey *key = lfirst(lc);
		const Rule *decided_by = key->decided_by;
		Finding    *finding = fkfix_audit_judge(policy, baseline->reader, key->fk);

		CHECK_FOR_INTERRUPTS();
		if (decided_by != NULL ?
			finding->rules == NIL || ((Rule *) linitial(finding->rules))->id != decided_by->id :
			finding->status != STATUS_COMPLIANT)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("the rules do not describe foreign key \"%s\" of table %s",
							NameStr(key->fk->name),
							fkfix_catalog_table_name(baseline->reader, key->fk->conrelid)),
					 errdetail("The table of rules gives some column another default than it had.")));
		MemoryContextReset(one_key);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(one_key);
}
