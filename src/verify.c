/*-------------------------------------------------------------------------
 *
 * verify.c
 *		fkfix_verify(): keys whose catalog rows and triggers do not agree.
 *
 * A foreign key is only as good as the rows that carry it out, and psql shows
 * none of them.  Releases of PostgreSQL have left keys behind without their
 * triggers; somebody forgets an ENABLE TRIGGER ALL; somebody edits a catalog.
 * shape.c knows what must be there.  Here its faults become rows, each with the
 * statement that cures it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "args.h"
#include "audit.h"
#include "ddl.h"
#include "inspect.h"
#include "shape.h"

#define VERIFY_COLUMNS 6

/* What one call is about. */
typedef struct Verification
{
	Extension  *extension;
	Reader	   *reader;
	ReturnSetInfo *rsinfo;
} Verification;

static void verify_key(const ForeignKey *fk, void *state);
static void put_fault(Verification *verification, const ForeignKey *fk,
					  const Fault *fault);
static char *cure(Verification *verification, const ForeignKey *fk,
				  const Fault *fault);
static char *cure_deferrability(Reader *reader, const ForeignKey *fk);
static char *cure_column_list(Verification *verification,
							  const ForeignKey *fk);

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

	verification.extension = fkfix_extension_get();
	InitMaterializedSRF(fcinfo, 0);
	verification.reader = fkfix_shape_reader(fkfix_args_table(fcinfo, 0));
	verification.reader->passing = true;
	verification.rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	fkfix_key_each_root(verification.reader, fkfix_args_table(fcinfo, 0), verify_key,
						&verification);
	return (Datum) 0;
}

static void
verify_key(const ForeignKey *fk, void *state)
{
	Verification *verification = state;
	ListCell   *lc;

	foreach(lc, fkfix_inspect_key(verification->reader, fk))
		put_fault(verification, fk, lfirst(lc));
}

static void
put_fault(Verification *verification, const ForeignKey *fk, const Fault *fault)
{
	Datum		values[VERIFY_COLUMNS];
	bool		nulls[VERIFY_COLUMNS] = {0};
	int			i = 0;

	values[i++] = ObjectIdGetDatum(fk->conrelid);
	values[i++] = NameGetDatum(&fk->name);
	values[i++] = ObjectIdGetDatum(fault->relid);
	values[i++] = CStringGetTextDatum(fault->problem);
	values[i++] = CStringGetTextDatum(fault->detail);
	values[i] = fkfix_args_text(cure(verification, fk, fault), &nulls[i]);
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
			return cure_column_list(verification, fk);
		case FAULT_DISABLED:
			return psprintf("ALTER TABLE %s ENABLE TRIGGER ALL;",
							fkfix_catalog_table_name(verification->reader, fault->relid));
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

static char *
cure_column_list(Verification *verification, const ForeignKey *fk)
{
	Reader	   *reader = verification->reader;

	return psprintf("SELECT %s(%s, %s, on_delete => %s);",
					fkfix_extension_function_name(verification->extension, "fkfix_rebuild"),
					quote_literal_cstr(fkfix_catalog_table_name(reader, fk->conrelid)),
					quote_literal_cstr(NameStr(fk->name)),
					quote_literal_cstr(fkfix_action_text(fkfix_key_delete_action(reader, fk))));
}
