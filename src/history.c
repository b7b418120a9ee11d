/*-------------------------------------------------------------------------
 *
 * history.c
 *		What was done to which key: fkfix.history.
 *
 * A change and its row are written in one transaction, whoever makes the
 * change; the role that may rebuild a key need not be able to write, or to
 * invent, history.  insert.c tells whose code runs then.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_index.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/xid8.h"

#include "extension.h"
#include "history.h"
#include "insert.h"

/* The columns that are written; the identity and the owner's own have defaults. */
enum HistoryColumn
{
	HISTORY_CHANGED_AT,
	HISTORY_SESSION_USER,
	HISTORY_CURRENT_USER,
	HISTORY_TRANSACTION,
	HISTORY_CAUSE,
	HISTORY_REFERENCING,
	HISTORY_CONSTRAINT,
	HISTORY_REFERENCED,
	HISTORY_OLD_ON_DELETE,
	HISTORY_NEW_ON_DELETE,
	HISTORY_OLD_ON_UPDATE,
	HISTORY_NEW_ON_UPDATE,
	HISTORY_RULE,
	HISTORY_COMMAND_TAG,
	HISTORY_NCOLUMNS
};

static const InsertColumn history_columns[HISTORY_NCOLUMNS] = {
	{"changed_at", TIMESTAMPTZOID},
	{"session_user_name", TEXTOID},
	{"current_user_name", TEXTOID},
	{"transaction_id", XID8OID},
	{"cause", TEXTOID},
	{"referencing", TEXTOID},
	{"constraint_name", TEXTOID},
	{"referenced", TEXTOID},
	{"old_on_delete", TEXTOID},
	{"new_on_delete", TEXTOID},
	{"old_on_update", TEXTOID},
	{"new_on_update", TEXTOID},
	{"rule_id", INT8OID},
	{"command_tag", TEXTOID}
};

static void set_text(Datum *values, bool *nulls, enum HistoryColumn column,
					 const char *text);
static Oid	index_by_id(Relation rel, AttrNumber id);
static char *read_text(Relation rel, HeapTuple tuple, enum HistoryColumn column);

/*
 * Writes what was done to some keys, in this order.  Takes ROW EXCLUSIVE on
 * fkfix.history.
 */
void
fkfix_history_record(List *entries)
{
	Relation	rel = fkfix_extension_open(HISTORY_TABLE, RowExclusiveLock);
	Datum		values[HISTORY_NCOLUMNS] = {0};
	bool		nulls[HISTORY_NCOLUMNS] = {0};
	Insertion  *insertion;
	ListCell   *lc;

	values[HISTORY_CHANGED_AT] = TimestampTzGetDatum(GetCurrentStatementStartTimestamp());
	values[HISTORY_TRANSACTION] = FullTransactionIdGetDatum(GetTopFullTransactionId());
	set_text(values, nulls, HISTORY_SESSION_USER, GetUserNameFromId(GetSessionUserId(), false));
	set_text(values, nulls, HISTORY_CURRENT_USER, GetUserNameFromId(GetUserId(), false));

	insertion = fkfix_insert_begin(rel, history_columns, HISTORY_NCOLUMNS);
	foreach(lc, entries)
	{
		const Entry *entry = lfirst(lc);
		const Change *change = &entry->change;

		set_text(values, nulls, HISTORY_CAUSE, entry->occasion.cause);
		set_text(values, nulls, HISTORY_REFERENCING, change->referencing);
		set_text(values, nulls, HISTORY_CONSTRAINT, change->constraint_name);
		set_text(values, nulls, HISTORY_REFERENCED, change->referenced);
		set_text(values, nulls, HISTORY_OLD_ON_DELETE, change->old_on_delete);
		set_text(values, nulls, HISTORY_NEW_ON_DELETE, change->new_on_delete);
		set_text(values, nulls, HISTORY_OLD_ON_UPDATE, change->old_on_update);
		set_text(values, nulls, HISTORY_NEW_ON_UPDATE, change->new_on_update);
		set_text(values, nulls, HISTORY_COMMAND_TAG, entry->occasion.command_tag);
		values[HISTORY_RULE] = Int64GetDatum(entry->occasion.rule_id);
		nulls[HISTORY_RULE] = entry->occasion.rule_id == 0;
		fkfix_insert_row(insertion, values, nulls);
	}
	fkfix_insert_end(insertion);
	table_close(rel, NoLock);
}

/*
 * Returns what a row of the history says was done, in the current memory
 * context, or NULL if there is no such row.  The current user needs SELECT on
 * fkfix.history.  The row is read as it is now, by a plain scan: row security,
 * whose conditions are somebody's code, is not looked at, so who is subject to it
 * is refused.
 */
Change *
fkfix_history_read(int64 id)
{
	Relation	rel = fkfix_extension_open(HISTORY_TABLE, AccessShareLock);
	AttrNumber	column = fkfix_extension_column(rel, "id", INT8OID);
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	Change	   *change = NULL;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	fkfix_extension_check_access(rel, ACL_SELECT);
	ScanKeyInit(&key, column, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(id));
	scan = systable_beginscan(rel, index_by_id(rel, column), true, snapshot, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
	{
		change = palloc(sizeof(Change));
		change->referencing = read_text(rel, tuple, HISTORY_REFERENCING);
		change->constraint_name = read_text(rel, tuple, HISTORY_CONSTRAINT);
		change->referenced = read_text(rel, tuple, HISTORY_REFERENCED);
		change->old_on_delete = read_text(rel, tuple, HISTORY_OLD_ON_DELETE);
		change->new_on_delete = read_text(rel, tuple, HISTORY_NEW_ON_DELETE);
		change->old_on_update = read_text(rel, tuple, HISTORY_OLD_ON_UPDATE);
		change->new_on_update = read_text(rel, tuple, HISTORY_NEW_ON_UPDATE);
	}
	systable_endscan(scan);
	UnregisterSnapshot(snapshot);
	table_close(rel, AccessShareLock);
	return change;
}

static void
set_text(Datum *values, bool *nulls, enum HistoryColumn column, const char *text)
{
	nulls[column] = text == NULL;
	values[column] = text == NULL ? (Datum) 0 : CStringGetTextDatum(text);
}

/* The primary key, if it is still the one that the install script made. */
static Oid
index_by_id(Relation rel, AttrNumber id)
{
	Oid			primary = InvalidOid;
	Relation	index;

	list_free(RelationGetIndexList(rel));
	if (!OidIsValid(rel->rd_pkindex))
		return InvalidOid;
	index = index_open(rel->rd_pkindex, AccessShareLock);
	if (index->rd_index->indnatts == 1 && index->rd_index->indkey.values[0] == id &&
		index->rd_index->indisvalid)
		primary = RelationGetRelid(index);
	index_close(index, AccessShareLock);
	return primary;
}

/*
 * The text in a column of the row that was read.  The table declares it NOT
 * NULL, but its owner may have thought otherwise.
 */
static char *
read_text(Relation rel, HeapTuple tuple, enum HistoryColumn column)
{
	const char *name = history_columns[column].name;
	bool		isnull;
	Datum		value = heap_getattr(tuple, fkfix_extension_column(rel, name, TEXTOID),
									 RelationGetDescr(rel), &isnull);

	if (isnull)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 fkfix_extension_errmsg_altered(rel),
				 errdetail("Its column \"%s\" holds a null.", name),
				 errhint("Undo the change, or drop and create the extension.")));
	return TextDatumGetCString(value);
}
