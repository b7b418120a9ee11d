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
 * The rules are written as the caller, by an ordinary INSERT, so that this is
 * no way around the privileges on the policy.  Before it returns, the judge has
 * looked at every key again.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "args.h"
#include "audit.h"
#include "fold.h"

#define BASELINE_NPARAMS	8

/* One call. */
typedef struct Baseline
{
	Extension  *extension;
	Reader	   *reader;
	Policy	   *policy;
	TablePattern *scope;
	MemoryContext context;
	List	   *keys;			/* FoldKeys */
} Baseline;

static void lock_policy(const Baseline *baseline);
static void collect(const ForeignKey *fk, void *state);
static void write_rules(const Baseline *baseline, List *rules,
						const char *enforcement);
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
	char	   *scope;
	Enforcement enforcement;
	List	   *rules;

	baseline.extension = fkfix_extension_get();
	FKFIX_REQUIRE_ARG(0, "referencing");
	FKFIX_REQUIRE_ARG(1, "enforcement");
	FKFIX_REQUIRE_ARG(2, "minimal");
	PreventCommandIfReadOnly("fkfix_baseline()");
	PreventCommandDuringRecovery("fkfix_baseline()");

	scope = text_to_cstring(PG_GETARG_TEXT_PP(0));
	enforcement = fkfix_rule_parse_mode(text_to_cstring(PG_GETARG_TEXT_PP(1)));
	baseline.context = CurrentMemoryContext;
	baseline.scope = fkfix_pattern_parse_table("referencing", scope);
	lock_policy(&baseline);
	baseline.reader = fkfix_catalog_reader(NULL);
	fkfix_key_read_all(baseline.reader);
	baseline.policy = fkfix_policy_load(baseline.extension, GetLatestSnapshot());
	fkfix_key_each_root(baseline.reader, InvalidOid, collect, &baseline);

	rules = fkfix_fold(baseline.reader, baseline.keys, scope, PG_GETARG_BOOL(2));
	write_rules(&baseline, rules, fkfix_rule_mode_name(enforcement));
	check_result(&baseline);
	PG_RETURN_INT64(list_length(rules));
}

/*
 * Nobody else may write rules meanwhile: they could match what we describe.
 * Who may not write rules himself must not keep others from it.
 */
static void
lock_policy(const Baseline *baseline)
{
	Oid			relid = fkfix_extension_table(baseline->extension, "fkfix_policy");
	AclResult	result = pg_class_aclcheck(relid, GetUserId(), ACL_INSERT);

	if (result != ACLCHECK_OK)
		aclcheck_error(result, OBJECT_TABLE, "fkfix_policy");
	LockRelationOid(relid, ShareRowExclusiveLock);
}

static void
collect(const ForeignKey *fk, void *state)
{
	Baseline   *baseline = state;
	TableFacts *table = fkfix_catalog_table(baseline->reader, fk->conrelid);
	List	   *winners;
	FoldKey    *key;
	MemoryContext visit;

	if (!fkfix_audit_in_scope(baseline->reader, fk) ||
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
write_rules(const Baseline *baseline, List *rules, const char *enforcement)
{
	Oid			types[BASELINE_NPARAMS] = {
		TEXTOID, TEXTARRAYOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID
	};
	char	   *table = quote_qualified_identifier(baseline->extension->schema_name,
												   "fkfix_policy");
	SPIPlanPtr	plan;
	ListCell   *lc;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	plan = SPI_prepare(psprintf("INSERT INTO %s (referencing, columns, referenced,"
								" constraint_name, on_delete, on_update, enforcement, reason)"
								" VALUES ($1, $2, $3, $4, $5, $6, $7, $8)", table),
					   BASELINE_NPARAMS, types);
	if (plan == NULL)
		elog(ERROR, "could not prepare to write to %s", table);
	foreach(lc, rules)
	{
		const FoldedRule *rule = lfirst(lc);
		Datum		values[BASELINE_NPARAMS];
		bool		isnull[BASELINE_NPARAMS] = {0};
		char		nulls[BASELINE_NPARAMS];

		values[0] = fkfix_args_text(rule->referencing, &isnull[0]);
		isnull[1] = rule->columns == NIL;
		values[1] = isnull[1] ? (Datum) 0 : fkfix_args_text_array(rule->columns);
		values[2] = fkfix_args_text(rule->referenced, &isnull[2]);
		values[3] = fkfix_args_text(rule->constraint_name, &isnull[3]);
		values[4] = fkfix_args_text(rule->on_delete, &isnull[4]);
		values[5] = fkfix_args_text(rule->on_update, &isnull[5]);
		values[6] = fkfix_args_text(enforcement, &isnull[6]);
		values[7] = fkfix_args_text("as fkfix_baseline() found it", &isnull[7]);
		for (int i = 0; i < BASELINE_NPARAMS; i++)
			nulls[i] = isnull[i] ? 'n' : ' ';
		if (SPI_execute_plan(plan, values, nulls, false, 0) != SPI_OK_INSERT)
			elog(ERROR, "could not write to %s", table);
	}
	SPI_finish();
}

/*
 * Asks the judge, by the rules as they stand now.  What was decided before must
 * be decided by the same rule, and all else be as its rule says.
 */
static void
check_result(const Baseline *baseline)
{
	Policy	   *policy = fkfix_policy_load(baseline->extension, GetLatestSnapshot());
	MemoryContext one_key = AllocSetContextCreate(CurrentMemoryContext, "fkfix key",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(one_key);
	ListCell   *lc;

	foreach(lc, baseline->keys)
	{
		const FoldKey *key = lfirst(lc);
		const Rule *decided_by = key->decided_by;
		Finding    *finding = fkfix_audit_judge(policy, baseline->reader, key->fk);

		if (decided_by != NULL ?
			finding->rules == NIL || ((Rule *) linitial(finding->rules))->id != decided_by->id :
			finding->status != STATUS_COMPLIANT)
			elog(ERROR, "the rules do not describe foreign key \"%s\" of table %s",
				 NameStr(key->fk->name),
				 fkfix_catalog_table_name(baseline->reader, key->fk->conrelid));
		MemoryContextReset(one_key);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(one_key);
}
