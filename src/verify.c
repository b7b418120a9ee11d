/*-------------------------------------------------------------------------
 *
 * verify.c
 *		fkfix_verify(): keys whose catalog rows and triggers do not agree.
 *
 * A foreign key is only as good as the rows that carry it out, and psql shows
 * none of them.  Releases of PostgreSQL have left keys behind without their
 * triggers; somebody forgets an ENABLE TRIGGER; somebody edits a catalog.
 * inspect.c knows what must be there.  Here its faults become rows, each with the
 * statement that cures it, if there is one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "args.h"
#include "audit.h"
#include "ddl.h"
#include "extension.h"
#include "inspect.h"
#include "shape.h"

#define VERIFY_COLUMNS 6

/* What one call is about. */
typedef struct Verification
{
	Reader	   *reader;
	ReturnSetInfo *rsinfo;
} Verification;

static void verify_key(const ForeignKey *fk, void *state);
static void verify_references(Verification *verification, const ForeignKey *root,
							  const ForeignKey *fk);
static void put_fault(Verification *verification, const ForeignKey *fk,
					  const Fault *fault);
static void put_stray(Verification *verification, const KeyTrigger *trigger);
static void put_row(Verification *verification, Oid referencing,
					const NameData *name, Oid at_table, const char *problem,
					const char *detail, const char *cure);
static char *cure(Verification *verification, const ForeignKey *fk,
				  const Fault *fault);
static char *cure_deferrability(Reader *reader, const ForeignKey *fk);
static char *cure_disabled(Reader *reader, const Fault *fault);

PG_FUNCTION_INFO_V1(fkfix_verify);

/*
 * fkfix_verify(relation)
 *
 * Returns a row for each fault of the keys of one referencing table, or of all
 * of them.
 */
Datum
fkfix_verify(PG_FUNCTION_ARGS)
{
	Verification verification;
	Oid			relid;
	ListCell   *lc;

	fkfix_extension_check_version();
	InitMaterializedSRF(fcinfo, 0);
	relid = fkfix_args_table(fcinfo, 0);
	verification.reader = fkfix_shape_reader(relid);
	verification.reader->passing = true;
	verification.rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	fkfix_key_each_root(verification.reader, relid, verify_key, &verification);
	fkfix_key_each_rootless(verification.reader, relid, verify_key, &verification);
	foreach(lc, fkfix_trigger_list_strays(verification.reader, relid))
		put_stray(&verification, lfirst(lc));
	return (Datum) 0;
}

static void
verify_key(const ForeignKey *fk, void *state)
{
	Verification *verification = state;
	ListCell   *lc;

	foreach(lc, fkfix_inspect_key(verification->reader, fk))
		put_fault(verification, fk, lfirst(lc));
	if (!OidIsValid(fk->conparentid))
		verify_references(verification, fk, fk);
}

/* Of a key and its descendants; the faults count as the root's. */
static void
verify_references(Verification *verification, const ForeignKey *root,
				  const ForeignKey *fk)
{
	ListCell   *lc;

	/* since this function recurses, it could be driven to stack overflow */
	check_stack_depth();
	CHECK_FOR_INTERRUPTS();

	foreach(lc, fkfix_inspect_references(verification->reader, fk, false))
		put_fault(verification, root, lfirst(lc));
	foreach(lc, fkfix_key_children(verification->reader, fk->oid))
		verify_references(verification, root, lfirst(lc));
}

static void
put_fault(Verification *verification, const ForeignKey *fk, const Fault *fault)
{
	put_row(verification, fk->conrelid, &fk->name, fault->relid, fault->problem,
			fault->detail, cure(verification, fk, fault));
}

/* A trigger that was made for a key, and whose key is not there to be named. */
static void
put_stray(Verification *verification, const KeyTrigger *trigger)
{
	put_row(verification, InvalidOid, NULL, trigger->relid, "stray trigger",
			psprintf("Table %s has a trigger of a foreign key, with OID %u, but pg_constraint has no key with OID %u.",
					 fkfix_catalog_table_name(verification->reader, trigger->relid),
					 trigger->oid, trigger->constraint),
			NULL);
}

static void
put_row(Verification *verification, Oid referencing, const NameData *name, Oid at_table,
		const char *problem, const char *detail, const char *cure)
{
	Datum		values[VERIFY_COLUMNS];
	bool		nulls[VERIFY_COLUMNS] = {0};
	int			i = 0;

	nulls[i] = !OidIsValid(referencing);
	values[i++] = ObjectIdGetDatum(referencing);
	nulls[i] = name == NULL;
	values[i++] = name == NULL ? (Datum) 0 : NameGetDatum(name);
	values[i++] = ObjectIdGetDatum(at_table);
	values[i++] = CStringGetTextDatum(problem);
	values[i++] = CStringGetTextDatum(detail);
	values[i] = fkfix_args_text(cure, &nulls[i]);
	tuplestore_putvalues(verification->rsinfo->setResult, verification->rsinfo->setDesc,
						 values, nulls);
}

static char *
cure(Verification *verification, const ForeignKey *fk, const Fault *fault)
{
	switch (fault->kind)
	{
		case FAULT_DAMAGE:
			return fkfix_ddl_recreate(verification->reader, fk, NULL, NULL);
		case FAULT_DEFERRABILITY:
			return cure_deferrability(verification->reader, fk);
		case FAULT_COLUMN_LIST:
			return fkfix_ddl_rebuild(verification->reader, fk,
									 fkfix_key_delete_action(verification->reader, fk), NULL);
		case FAULT_DEPENDENCY:
			/* DROP CONSTRAINT would leave such a trigger behind */
			return OidIsValid(fault->trigger) ? NULL :
				fkfix_ddl_recreate(verification->reader, fk, NULL, NULL);
		case FAULT_DISABLED:
			return cure_disabled(verification->reader, fault);
	}
	return NULL;
}

/* ALTER CONSTRAINT only touches triggers if the key itself changes. */
static char *
cure_deferrability(Reader *reader, const ForeignKey *fk)
{
	const char *clause = fk->deferred ? "DEFERRABLE INITIALLY DEFERRED" :
		fk->deferrable ? "DEFERRABLE" : "NOT DEFERRABLE";
	const char *other = fk->deferrable ? "NOT DEFERRABLE" : "DEFERRABLE";
	char	   *table = fkfix_catalog_table_name(reader, fk->conrelid);
	const char *name = quote_identifier(NameStr(fk->name));

	return psprintf("ALTER TABLE %s ALTER CONSTRAINT %s %s; ALTER TABLE %s ALTER CONSTRAINT %s %s;",
					table, name, other, table, name, clause);
}

/*
 * That trigger and no other: one may have been switched off on purpose.  From a
 * partitioned table the statement would go on to the partitions.
 */
static char *
cure_disabled(Reader *reader, const Fault *fault)
{
	const TableFacts *table = fkfix_catalog_table(reader, fault->relid, true);
	char	   *name = fkfix_trigger_name(reader, fault->trigger);

	if (table == NULL || name == NULL)
		return NULL;
	return psprintf("ALTER TABLE %s%s ENABLE TRIGGER %s;",
					table->kind == RELKIND_PARTITIONED_TABLE ? "ONLY " : "",
					fkfix_catalog_table_name(reader, fault->relid), quote_identifier(name));
}
