/*-------------------------------------------------------------------------
 *
 * batch.c
 *		fkfix_rebuild_all(): everything the policy asks, in one transaction.
 *
 * All locks are taken before the first key is touched.  The judge is asked
 * twice: first for the keys whose tables must be locked, then, when the locks
 * are there, for what is to be done, because both the keys and the rules may
 * have changed meanwhile.  Each time the catalogs are read as they are at one
 * moment.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/snapmgr.h"
#include "utils/tuplestore.h"

#include "args.h"
#include "audit.h"
#include "extension.h"
#include "lock.h"
#include "rebuild.h"
#include "request.h"
#include "rulebook.h"
#include "shape.h"
#include "tables.h"

#define RESULT_COLUMNS 8

/* A key that was not in order when the call began. */
typedef struct Patient
{
	Oid			oid;			/* hash key */
	bool		locked;			/* it was a violation, so its tables are
								 * locked */
} Patient;

/* What one call is about. */
typedef struct Batch
{
	Oid			relid;			/* InvalidOid: all tables */
	const Policy *policy;
	Reader	   *reader;
	MemoryContext context;
	HTAB	   *patients;		/* Patient by OID */
	List	   *violations;		/* ForeignKeys whose tables must be locked */
	Theatre    *theatre;
	ReturnSetInfo *rsinfo;
} Batch;

static void lock_violations(Batch *batch);
static void hint_at_portions(void *arg);
static void look(Batch *batch, KeyVisitor visit);
static void collect(const ForeignKey *fk, void *state);
static void treat(const ForeignKey *fk, void *state);
static void put_result(Batch *batch, Oid referencing, const Change *change,
					   bool rebuilt, const char *detail);
static void describe_unchanged(Batch *batch, const ForeignKey *fk,
							   Change *change);

PG_FUNCTION_INFO_V1(fkfix_rebuild_all);

/*
 * fkfix_rebuild_all(relation)
 *
 * Rebuilds every key that violates the policy, of one referencing table or of
 * all.  Returns a row for each key that was not in order.
 */
Datum
fkfix_rebuild_all(PG_FUNCTION_ARGS)
{
	Batch		batch = {0};
	HASHCTL		ctl = {
		.keysize = sizeof(Oid),
		.entrysize = sizeof(Patient),
		.hcxt = CurrentMemoryContext
	};

	fkfix_extension_check_version();
	PreventCommandDuringRecovery("fkfix_rebuild_all()");
	PreventCommandIfReadOnly("fkfix_rebuild_all()");
	InitMaterializedSRF(fcinfo, 0);
	batch.rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	batch.relid = fkfix_args_table(fcinfo, 0);
	batch.context = CurrentMemoryContext;
	batch.patients = hash_create("fkfix keys to rebuild", 256, &ctl,
								 HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);

	look(&batch, collect);
	lock_violations(&batch);
	batch.theatre = fkfix_rebuild_begin();
	look(&batch, treat);
	fkfix_rebuild_end(batch.theatre);
	return (Datum) 0;
}

/* Locks the tables of all violations, if they may be changed and are not in use. */
static void
lock_violations(Batch *batch)
{
	Reader	   *reader = fkfix_catalog_reader(NULL);
	ErrorContextCallback context = {error_context_stack, hint_at_portions, NULL};
	ListCell   *lc;

	if (batch->violations == NIL)
		return;
	error_context_stack = &context;
	foreach(lc, batch->violations)
	{
		const ForeignKey *fk = lfirst(lc);

		/* one that has gone meanwhile is nobody's */
		if (fkfix_catalog_table(reader, fk->conrelid, true) == NULL ||
			fkfix_catalog_table(reader, fk->confrelid, true) == NULL)
			continue;
		fkfix_request_check_privileges(reader, fk);
		fkfix_tables_check_idle(fk);
	}
	fkfix_lock_keys(batch->violations);
	error_context_stack = context.previous;
}

/*
 * Where the lock table is full, the server's own hint asks for a restart.  There
 * is another way; and it is one for a role that owns only some of the tables.
 */
static void
hint_at_portions(void *arg)
{
	if (geterrcode() == ERRCODE_INSUFFICIENT_PRIVILEGE)
		errhint("Rebuild the keys of a table that is yours, as with pg_catalog.fkfix_rebuild_all(relation).");
	if (geterrcode() == ERRCODE_OUT_OF_MEMORY)
		errhint("You might need to increase max_locks_per_transaction, or to rebuild fewer keys in one transaction, as with pg_catalog.fkfix_rebuild_all(relation).");
}

/* Visits all keys as they are now, with the rules as they are now. */
static void
look(Batch *batch, KeyVisitor visit)
{
	PushActiveSnapshot(GetLatestSnapshot());
	batch->reader = fkfix_shape_reader(batch->relid);
	batch->policy = fkfix_rulebook_as_of(GetActiveSnapshot());
	fkfix_audit_each_key(batch->reader, batch->relid, visit, batch);
	PopActiveSnapshot();
}

/* Notes a key that is not in order. */
static void
collect(const ForeignKey *fk, void *state)
{
	Batch	   *batch = state;
	const Finding *finding = fkfix_audit_examine(batch->policy, batch->reader, fk);
	Patient    *patient;

	if (finding == NULL || fkfix_audit_in_order(finding->status))
		return;
	patient = hash_search(batch->patients, &fk->oid, HASH_ENTER, NULL);
	patient->locked = finding->status == STATUS_VIOLATION;
	if (patient->locked)
	{
		MemoryContext visit = MemoryContextSwitchTo(batch->context);

		batch->violations = lappend(batch->violations, fkfix_key_copy(fk));
		MemoryContextSwitchTo(visit);
	}
}

/*
 * Rebuilds a key that was noted, if that is still what it needs, and says so.
 * One that has come to violate the policy only while we waited is left to the
 * next call: its tables are not locked.
 */
static void
treat(const ForeignKey *fk, void *state)
{
	Batch	   *batch = state;
	Patient    *patient = hash_search(batch->patients, &fk->oid, HASH_FIND, NULL);
	Finding    *finding;
	Change		change;

	if (patient == NULL)
		return;
	finding = fkfix_audit_examine(batch->policy, batch->reader, fk);
	if (finding == NULL)
		return;
	if (finding->status == STATUS_VIOLATION && patient->locked)
	{
		Occasion	occasion = {"rebuild", finding->rule->id, NULL};
		bool		rebuilt;

		fkfix_request_check_privileges(batch->reader, fk);
		rebuilt = fkfix_rebuild_next(batch->theatre, batch->reader, fk,
									 finding->set_on_delete, finding->set_on_update,
									 &occasion, &change);
		put_result(batch, fk->conrelid, &change, rebuilt, finding->detail);
	}
	else if (!fkfix_audit_in_order(finding->status))
	{
		describe_unchanged(batch, fk, &change);
		put_result(batch, fk->conrelid, &change, false,
				   psprintf("%s: %s", fkfix_audit_status_name(finding->status),
							finding->detail ? finding->detail : "not locked"));
	}
}

static void
put_result(Batch *batch, Oid referencing, const Change *change, bool rebuilt,
		   const char *detail)
{
	Datum		values[RESULT_COLUMNS];
	bool		nulls[RESULT_COLUMNS] = {0};
	NameData	name;
	int			i = 0;

	namestrcpy(&name, change->constraint_name);
	values[i++] = ObjectIdGetDatum(referencing);
	values[i++] = NameGetDatum(&name);
	values[i++] = CStringGetTextDatum(change->old_on_delete);
	values[i++] = CStringGetTextDatum(change->new_on_delete);
	values[i++] = CStringGetTextDatum(change->old_on_update);
	values[i++] = CStringGetTextDatum(change->new_on_update);
	values[i++] = BoolGetDatum(rebuilt);
	values[i] = fkfix_args_text(detail, &nulls[i]);
	tuplestore_putvalues(batch->rsinfo->setResult, batch->rsinfo->setDesc, values, nulls);
}

static void
describe_unchanged(Batch *batch, const ForeignKey *fk, Change *change)
{
	change->constraint_name = pstrdup(NameStr(fk->name));
	change->old_on_delete = change->new_on_delete =
		fkfix_action_text(fkfix_key_delete_action(batch->reader, fk));
	change->old_on_update = change->new_on_update =
		fkfix_action_text(fkfix_key_update_action(fk));
}
