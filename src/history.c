/*-------------------------------------------------------------------------
 *
 * history.c
 *		The ledger: fkfix_history.
 *
 * A change and its row are written in one transaction, whoever makes the
 * change; the role that may rebuild a key need not be able to write, or to
 * invent, history.  So the row is inserted as the table's owner, in a
 * security-restricted context, by a statement in which every name is qualified.
 * It is an ordinary INSERT, so that whatever the owner does with his table
 * (indexes, triggers, publications) applies to it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
#include "utils/xid8.h"

#include "compat.h"
#include "history.h"

#define HISTORY_NPARAMS 14

/* The INSERT, kept from call to call, and the table it was prepared for. */
static SPIPlanPtr saved_insert = NULL;
static char *saved_insert_table = NULL;

static SPIPlanPtr prepare_insert(const char *table);
static void insert_row(const char *table, const Change *change,
					   const Occasion *occasion, const char *session_user,
					   const char *current_user);
static char *copy_field(MemoryContext context, const char *column);
static Oid	owner_of(Oid relid);

/*
 * Writes what was done to a key.  Takes ROW EXCLUSIVE on fkfix_history.
 */
void
fkfix_history_record(Extension *extension, const Change *change,
					 const Occasion *occasion)
{
	Oid			relid = fkfix_extension_table(extension, "fkfix_history");
	char	   *table = quote_qualified_identifier(extension->schema_name, "fkfix_history");
	char	   *session_user = GetUserNameFromId(GetSessionUserId(), false);
	char	   *current_user = GetUserNameFromId(GetUserId(), false);
	int			nestlevel = NewGUCNestLevel();
	Oid			save_userid;
	int			save_sec_context;

	GetUserIdAndSecContext(&save_userid, &save_sec_context);
	SetUserIdAndSecContext(owner_of(relid),
						   save_sec_context | SECURITY_LOCAL_USERID_CHANGE |
						   SECURITY_RESTRICTED_OPERATION | SECURITY_NOFORCE_RLS);
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);

	insert_row(table, change, occasion, session_user, current_user);

	AtEOXact_GUC(false, nestlevel);
	SetUserIdAndSecContext(save_userid, save_sec_context);
}

/*
 * Returns what a row of the history says was done, in the current memory
 * context, or NULL if there is no such row.  Reads as the current user, who
 * needs SELECT on fkfix_history, and as it is now.
 */
Change *
fkfix_history_read(Extension *extension, int64 id)
{
	MemoryContext context = CurrentMemoryContext;
	char	   *table = quote_qualified_identifier(extension->schema_name, "fkfix_history");
	Oid			type = INT8OID;
	Datum		value = Int64GetDatum(id);
	Change	   *change = NULL;

	(void) fkfix_extension_table(extension, "fkfix_history");
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute_with_args(psprintf("SELECT * FROM %s WHERE id OPERATOR(pg_catalog.=) $1", table),
							  1, &type, &value, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read %s", table);
	if (SPI_processed > 0)
	{
		change = MemoryContextAlloc(context, sizeof(Change));
		change->referencing = copy_field(context, "referencing");
		change->constraint_name = copy_field(context, "constraint_name");
		change->referenced = copy_field(context, "referenced");
		change->old_on_delete = copy_field(context, "old_on_delete");
		change->new_on_delete = copy_field(context, "new_on_delete");
		change->old_on_update = copy_field(context, "old_on_update");
		change->new_on_update = copy_field(context, "new_on_update");
	}
	SPI_finish();
	return change;
}

/*
 * The text in a column of the row that was read.  The table declares it NOT
 * NULL, but its owner may have thought otherwise.
 */
static char *
copy_field(MemoryContext context, const char *column)
{
	TupleDesc	desc = SPI_tuptable->tupdesc;
	int			number = SPI_fnumber(desc, column);
	char	   *value = number == SPI_ERROR_NOATTRIBUTE ? NULL :
	SPI_getvalue(SPI_tuptable->vals[0], desc, number);

	if (value == NULL)
		ereport(ERROR,
				(errcode(number == SPI_ERROR_NOATTRIBUTE ?
						 ERRCODE_UNDEFINED_COLUMN : ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("table \"%s\" has been altered", "fkfix_history"),
				 number == SPI_ERROR_NOATTRIBUTE ?
				 errdetail("It has no column \"%s\".", column) :
				 errdetail("Its column \"%s\" holds a null.", column),
				 errhint("Undo the change, or drop and create the extension.")));
	return MemoryContextStrdup(context, value);
}

static void
insert_row(const char *table, const Change *change, const Occasion *occasion,
		   const char *session_user, const char *current_user)
{
	Datum		values[HISTORY_NPARAMS];
	char		nulls[HISTORY_NPARAMS];
	const char *texts[HISTORY_NPARAMS] = {
		session_user, current_user, NULL, occasion->cause,
		change->referencing, change->constraint_name, change->referenced,
		change->old_on_delete, change->new_on_delete,
		change->old_on_update, change->new_on_update,
		NULL, occasion->command_tag, NULL
	};

	for (int i = 0; i < HISTORY_NPARAMS; i++)
	{
		values[i] = texts[i] == NULL ? (Datum) 0 : CStringGetTextDatum(texts[i]);
		nulls[i] = texts[i] == NULL ? 'n' : ' ';
	}
	values[2] = FullTransactionIdGetDatum(GetTopFullTransactionId());
	nulls[2] = ' ';
	values[11] = Int64GetDatum(occasion->rule_id);
	nulls[11] = occasion->rule_id == 0 ? 'n' : ' ';
	values[13] = TimestampTzGetDatum(GetCurrentStatementStartTimestamp());
	nulls[13] = ' ';

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute_plan(prepare_insert(table), values, nulls, false, 0) != SPI_OK_INSERT)
		elog(ERROR, "could not write to %s", table);
	SPI_finish();
}

/*
 * Returns the plan of the INSERT.  The table's name is what it depends on: ALTER
 * EXTENSION ... SET SCHEMA changes that, and all else the plan cache notices.
 */
static SPIPlanPtr
prepare_insert(const char *table)
{
	Oid			types[HISTORY_NPARAMS];
	char	   *insert;
	SPIPlanPtr	plan;

	if (saved_insert != NULL && strcmp(saved_insert_table, table) == 0)
		return saved_insert;

	for (int i = 0; i < HISTORY_NPARAMS; i++)
		types[i] = TEXTOID;
	types[2] = XID8OID;
	types[11] = INT8OID;
	types[13] = TIMESTAMPTZOID;
	insert = psprintf("INSERT INTO %s (session_user_name, current_user_name,"
					  " transaction_id, cause, referencing, constraint_name, referenced,"
					  " old_on_delete, new_on_delete, old_on_update, new_on_update,"
					  " rule_id, command_tag, changed_at)"
					  " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
					  table);

	if (saved_insert != NULL)
		SPI_freeplan(saved_insert);
	saved_insert = NULL;
	if (saved_insert_table != NULL)
		pfree(saved_insert_table);
	saved_insert_table = NULL;
	saved_insert_table = MemoryContextStrdup(TopMemoryContext, table);
	plan = SPI_prepare(insert, HISTORY_NPARAMS, types);
	if (plan == NULL || SPI_keepplan(plan) != 0)
		elog(ERROR, "could not prepare to write to %s", table);
	saved_insert = plan;
	return plan;
}

static Oid
owner_of(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", relid);
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}
