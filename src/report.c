/*-------------------------------------------------------------------------
 *
 * report.c
 *		fkfix_audit() and fkfix_status(): what the judge says, as rows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"
#include "utils/tuplestore.h"

#include "args.h"
#include "audit.h"
#include "extension.h"
#include "grants.h"
#include "hazard.h"
#include "rulebook.h"
#include "shape.h"

#define AUDIT_COLUMNS	13
#define STATUS_COLUMNS	(6 + STATUS_COUNT)

/* What one call is about. */
typedef struct Report
{
	const Policy *policy;
	Reader	   *reader;
	bool		all_keys;
	ReturnSetInfo *rsinfo;
	int64		counts[STATUS_COUNT];
} Report;

static void begin_report(Report *report, Oid relid);
static void report_key(const ForeignKey *fk, void *state);
static void count_key(const ForeignKey *fk, void *state);
static void put_key(Report *report, const ForeignKey *fk,
					const Finding *finding);
static Datum column_name_array(Report *report, const ForeignKey *fk);
static char *required_text(List *accepted);

PG_FUNCTION_INFO_V1(fkfix_audit);
PG_FUNCTION_INFO_V1(fkfix_status);

/*
 * fkfix_audit(relation, all_keys)
 *
 * Returns the root foreign keys that are not in order, or all.
 */
Datum
fkfix_audit(PG_FUNCTION_ARGS)
{
	Report		report = {0};

	fkfix_extension_check_version();
	FKFIX_REQUIRE_ARG(1, "all_keys");
	InitMaterializedSRF(fcinfo, 0);
	begin_report(&report, fkfix_args_table(fcinfo, 0));
	report.all_keys = PG_GETARG_BOOL(1);
	report.rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	fkfix_audit_each_key(report.reader, fkfix_args_table(fcinfo, 0), report_key, &report);
	return (Datum) 0;
}

/*
 * fkfix_status()
 *
 * Returns one row: is the policy enforced, here and in this session, and how
 * many keys have which status.
 */
Datum
fkfix_status(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Report		report = {0};
	const char *off_duty;
	char		enabled = TRIGGER_DISABLED;
	bool		installed = fkfix_extension_event_trigger(&enabled) != NULL;
	Datum		values[STATUS_COLUMNS];
	bool		nulls[STATUS_COLUMNS] = {0};
	int			i = 0;

	fkfix_extension_check_version();
	off_duty = fkfix_extension_off_duty();
	InitMaterializedSRF(fcinfo, 0);
	begin_report(&report, InvalidOid);
	fkfix_audit_each_key(report.reader, InvalidOid, count_key, &report);

	values[i++] = BoolGetDatum(installed);
	values[i++] = BoolGetDatum(installed && enabled != TRIGGER_DISABLED);
	values[i++] = BoolGetDatum(off_duty == NULL);
	values[i] = fkfix_args_text(off_duty, &nulls[i]);
	i++;
	values[i++] = Int64GetDatum(list_length(report.policy->rules));
	for (int status = 0; status < STATUS_COUNT; status++)
		values[i++] = Int64GetDatum(report.counts[status]);
	values[i] = fkfix_args_text_array(fkfix_grants_list());
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	return (Datum) 0;
}

/* Reads the policy as the calling query sees it. */
static void
begin_report(Report *report, Oid relid)
{
	report->policy = fkfix_rulebook_as_of(GetActiveSnapshot());
	report->reader = fkfix_shape_reader(relid);
	report->reader->passing = true;
}

static void
report_key(const ForeignKey *fk, void *state)
{
	Report	   *report = state;
	const Finding *finding = fkfix_audit_examine(report->policy, report->reader, fk);

	if (finding != NULL &&
		(report->all_keys || !fkfix_audit_in_order(finding->status)))
		put_key(report, fk, finding);
}

static void
count_key(const ForeignKey *fk, void *state)
{
	Report	   *report = state;
	const Finding *finding = fkfix_audit_examine(report->policy, report->reader, fk);

	if (finding != NULL)
		report->counts[finding->status]++;
}

static void
put_key(Report *report, const ForeignKey *fk, const Finding *finding)
{
	Reader	   *reader = report->reader;
	const Rule *rule = finding->rule;
	Datum		values[AUDIT_COLUMNS];
	bool		nulls[AUDIT_COLUMNS] = {0};
	int			i = 0;

	values[i++] = ObjectIdGetDatum(fk->conrelid);
	values[i++] = NameGetDatum(&fk->name);
	values[i++] = column_name_array(report, fk);
	values[i++] = ObjectIdGetDatum(fk->confrelid);
	values[i++] = CStringGetTextDatum(fkfix_action_text(fkfix_key_delete_action(reader, fk)));
	values[i] = fkfix_args_text(required_text(rule ? rule->on_delete : NIL), &nulls[i]);
	i++;
	values[i++] = CStringGetTextDatum(fkfix_action_text(fkfix_key_update_action(fk)));
	values[i] = fkfix_args_text(required_text(rule ? rule->on_update : NIL), &nulls[i]);
	i++;
	values[i++] = CStringGetTextDatum(fkfix_audit_status_name(finding->status));
	nulls[i] = rule == NULL;
	values[i++] = rule ? Int64GetDatum(rule->id) : (Datum) 0;
	values[i] = fkfix_args_text(finding->detail, &nulls[i]);
	i++;
	values[i++] = fkfix_args_text_array(fkfix_hazard_list(reader, fk, finding));
	values[i] = fkfix_args_text(fkfix_audit_remedy(reader, fk, finding), &nulls[i]);
	tuplestore_putvalues(report->rsinfo->setResult, report->rsinfo->setDesc, values, nulls);
}

static Datum
column_name_array(Report *report, const ForeignKey *fk)
{
	List	   *names = fkfix_catalog_column_names(report->reader, fk->conrelid,
												   fk->conkey, fk->nkeys);
	Datum	   *elements = palloc(list_length(names) * sizeof(Datum));
	ListCell   *lc;

	foreach(lc, names)
		elements[foreach_current_index(lc)] = DirectFunctionCall1(namein, CStringGetDatum(lfirst(lc)));
	return PointerGetDatum(construct_array(elements, list_length(names), NAMEOID,
										   NAMEDATALEN, false, TYPALIGN_CHAR));
}

/* What the winning rule accepts, as it is written; NULL for anything. */
static char *
required_text(List *accepted)
{
	return accepted == NIL ? NULL : fkfix_action_list_text(accepted);
}
