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
#include "utils/array.h"
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

/*
 * The parameters of the INSERT: first what all rows share, then what each has of
 * its own, a rule and texts; for several rows an array of it.
 */
#define NSHARED		4
#define NOWN		(1 + lengthof(own_texts))
#define NPARAMS		(NSHARED + NOWN)
#define OWN_RULE	0			/* of NOWN; the texts come after it */

static const Size own_texts[] = {
	offsetof(Entry, occasion.cause),
	offsetof(Entry, occasion.command_tag),
	offsetof(Entry, change.referencing),
	offsetof(Entry, change.constraint_name),
	offsetof(Entry, change.referenced),
	offsetof(Entry, change.old_on_delete),
	offsetof(Entry, change.new_on_delete),
	offsetof(Entry, change.old_on_update),
	offsetof(Entry, change.new_on_update)
};

/* An INSERT, kept from call to call, and the table it was prepared for. */
typedef struct SavedInsert
{
	SPIPlanPtr	plan;
	char	   *table;
} SavedInsert;

static SavedInsert insert_one;
static SavedInsert insert_many;

static void insert_rows(const char *table, List *entries,
						const char *session_user, const char *current_user);
static Datum own_parameter(List *entries, int number, bool *isnull);
static Datum own_value(const Entry *entry, int number, bool *isnull);
static SPIPlanPtr prepare_insert(SavedInsert *saved, const char *table);
static char *copy_field(MemoryContext context, const char *column);
static Oid	owner_of(Oid relid);

/*
 * Writes what was done to some keys, in this order.  Takes ROW EXCLUSIVE on
 * fkfix_history.
 */
void
fkfix_history_record(Extension *extension, List *entries)
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

	insert_rows(table, entries, session_user, current_user);

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

/* One row is so much cheaper to insert by itself that it has a plan of its own. */
static void
insert_rows(const char *table, List *entries, const char *session_user,
			const char *current_user)
{
	bool		one = list_length(entries) == 1;
	Datum		values[NPARAMS] = {
		CStringGetTextDatum(session_user),
		CStringGetTextDatum(current_user),
		FullTransactionIdGetDatum(GetTopFullTransactionId()),
		TimestampTzGetDatum(GetCurrentStatementStartTimestamp())
	};
	char		nulls[NPARAMS];

	memset(nulls, ' ', NPARAMS);
	for (int i = 0; i < NOWN; i++)
	{
		bool		isnull;

		values[NSHARED + i] = own_parameter(entries, i, &isnull);
		if (isnull)
			nulls[NSHARED + i] = 'n';
	}

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute_plan(prepare_insert(one ? &insert_one : &insert_many, table),
						 values, nulls, false, 0) != SPI_OK_INSERT)
		elog(ERROR, "could not write to %s", table);
	SPI_finish();
}

/* What the rows have of their own: of one its value, of several an array. */
static Datum
own_parameter(List *entries, int number, bool *isnull)
{
	int			count = list_length(entries);
	int			lower_bound = 1;
	Datum	   *values = palloc(count * sizeof(Datum));
	bool	   *nulls = palloc(count * sizeof(bool));
	ListCell   *lc;

	foreach(lc, entries)
	{
		int			i = foreach_current_index(lc);

		values[i] = own_value(lfirst(lc), number, &nulls[i]);
	}
	*isnull = count == 1 && nulls[0];
	if (count == 1)
		return values[0];
	if (number == OWN_RULE)
		return PointerGetDatum(construct_md_array(values, nulls, 1, &count, &lower_bound, INT8OID,
												  sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	return PointerGetDatum(construct_md_array(values, nulls, 1, &count, &lower_bound, TEXTOID,
											  -1, false, TYPALIGN_INT));
}

static Datum
own_value(const Entry *entry, int number, bool *isnull)
{
	const char *text;

	if (number == OWN_RULE)
	{
		*isnull = entry->occasion.rule_id == 0;
		return Int64GetDatum(entry->occasion.rule_id);
	}
	text = *(char *const *) ((const char *) entry + own_texts[number - OWN_RULE - 1]);
	*isnull = text == NULL;
	return text == NULL ? (Datum) 0 : CStringGetTextDatum(text);
}

/*
 * Returns the plan of an INSERT.  The table's name is what it depends on: ALTER
 * EXTENSION ... SET SCHEMA changes that, and all else the plan cache notices.
 */
static SPIPlanPtr
prepare_insert(SavedInsert *saved, const char *table)
{
	bool		one = saved == &insert_one;
	Oid			types[NPARAMS] = {TEXTOID, TEXTOID, XID8OID, TIMESTAMPTZOID};
	StringInfoData insert;
	SPIPlanPtr	plan;

	if (saved->plan != NULL && strcmp(saved->table, table) == 0)
		return saved->plan;

	initStringInfo(&insert);
	appendStringInfo(&insert, "INSERT INTO %s (session_user_name, current_user_name,"
					 " transaction_id, changed_at, rule_id, cause, command_tag,"
					 " referencing, constraint_name, referenced,"
					 " old_on_delete, new_on_delete, old_on_update, new_on_update)"
					 " SELECT $1, $2, $3, $4", table);
	for (int i = 0; i < NOWN; i++)
	{
		if (i == OWN_RULE)
			types[NSHARED + i] = one ? INT8OID : INT8ARRAYOID;
		else
			types[NSHARED + i] = one ? TEXTOID : TEXTARRAYOID;
		if (one)
			appendStringInfo(&insert, ", $%d", NSHARED + i + 1);
		else
			appendStringInfo(&insert, "%spg_catalog.unnest($%d)",
							 i == 0 ? ", own.* FROM ROWS FROM (" : ", ", NSHARED + i + 1);
	}
	if (!one)
		appendStringInfoString(&insert, ") AS own");

	if (saved->plan != NULL)
		SPI_freeplan(saved->plan);
	saved->plan = NULL;
	if (saved->table != NULL)
		pfree(saved->table);
	saved->table = NULL;
	saved->table = MemoryContextStrdup(TopMemoryContext, table);
	plan = SPI_prepare(insert.data, NPARAMS, types);
	if (plan == NULL || SPI_keepplan(plan) != 0)
		elog(ERROR, "could not prepare to write to %s", table);
	saved->plan = plan;
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
