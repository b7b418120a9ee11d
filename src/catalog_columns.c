/*-------------------------------------------------------------------------
 *
 * catalog_columns.c
 *		The columns of tables, from the catalogs.
 *
 * pg_attribute is the largest of the catalogs that an audit needs.  A few tables
 * are looked up one by one, all columns of each.  When there turn out to be many,
 * the columns that stand in a foreign key are read all at once, and no others:
 * what is remembered grows with the keys, not with the width of the tables.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/indexing.h"
#include "catalog/pg_attribute.h"
#include "common/hashfn.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"

#include "catalog.h"

/* A scan of columns, and the table that the last one belonged to. */
typedef struct ColumnScan
{
	Reader	   *reader;
	Oid			relid;
	TableFacts *table;			/* NULL if it is not of interest */
} ColumnScan;

/* A name.  The same few are those of columns of many tables. */
typedef struct ColumnName
{
	const char *name;
	char		status;
} ColumnName;

#define SH_PREFIX columnnames
#define SH_ELEMENT_TYPE ColumnName
#define SH_KEY_TYPE const char *
#define SH_KEY name
#define SH_HASH_KEY(names, key) hash_bytes((const unsigned char *) (key), strlen(key))
#define SH_EQUAL(names, a, b) (strcmp(a, b) == 0)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

static void read_columns(Reader *reader, TableFacts *table);
static void read_key_columns(Reader *reader);
static void read_key_column(HeapTuple tuple, TupleDesc desc, void *state);
static void read_column(HeapTuple tuple, TupleDesc desc, void *state);
static const char *column_name(Reader *reader, const char *name);
static ColumnFacts *column_of(TableFacts *table, AttrNumber attnum);

/*
 * Returns what there is to know about a column, owned by the reader.  If the
 * table is gone or has no such column (any more), raises an error or, if
 * missing_ok, returns NULL.
 */
ColumnFacts *
fkfix_catalog_column(Reader *reader, Oid relid, AttrNumber attnum, bool missing_ok)
{
	TableFacts *table = fkfix_catalog_table(reader, relid, missing_ok);
	ColumnFacts *column = NULL;

	if (table != NULL && attnum >= 1 && attnum <= table->ncolumns)
	{
		if (!table->all_columns && !bms_is_member(attnum, table->key_columns))
			read_columns(reader, table);
		else if (table->columns == NULL)
		{
			if (!reader->read_key_columns && fkfix_catalog_many_looks(reader, reader->nlooks))
				read_key_columns(reader);
			if (table->columns == NULL)
				read_columns(reader, table);
		}
		column = column_of(table, attnum);
		if (column->name != NULL)
			return column;
	}
	if (!missing_ok)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column %d of relation with OID %u does not exist", attnum, relid)));
	return NULL;
}

/*
 * Returns the number of a column, given its name; InvalidAttrNumber if the table
 * is gone or has no such column.
 */
AttrNumber
fkfix_catalog_column_number(Reader *reader, Oid relid, const char *name)
{
	const TableFacts *table = fkfix_catalog_table(reader, relid, true);

	for (int attnum = 1; table != NULL && attnum <= table->ncolumns; attnum++)
	{
		const ColumnFacts *column = fkfix_catalog_column(reader, relid, attnum, true);

		if (column != NULL && strcmp(column->name, name) == 0)
			return attnum;
	}
	return InvalidAttrNumber;
}

/*
 * Returns the names of some columns of a table, in the order given: a new list
 * of names that the reader owns.  Columns that are gone are left out.
 */
List *
fkfix_catalog_column_names(Reader *reader, Oid relid, const AttrNumber *attnums,
						   int count)
{
	List	   *names = NIL;

	for (int i = 0; i < count; i++)
	{
		ColumnFacts *column = fkfix_catalog_column(reader, relid, attnums[i], true);

		if (column != NULL)
			names = lappend(names, unconstify(char *, column->name));
	}
	return names;
}

/*
 * Lets go of the columns of tables that were looked up one by one, all columns
 * of each: they would become most of what a reader remembers.
 */
void
fkfix_catalog_forget_columns(Reader *reader)
{
	ListCell   *lc;

	foreach(lc, reader->with_columns)
	{
		TableFacts *table = lfirst(lc);

		pfree(table->columns);
		table->columns = NULL;
		table->all_columns = false;
	}
	list_free(reader->with_columns);
	reader->with_columns = NIL;
}

/* Reads all columns of one table, in place of what is known of them. */
static void
read_columns(Reader *reader, TableFacts *table)
{
	MemoryContext caller = MemoryContextSwitchTo(reader->context);
	ColumnScan	scan = {reader, table->relid, table};
	ScanKeyData keys[2];

	reader->nlooks++;
	reader->with_columns = lappend(reader->with_columns, table);
	table->columns = palloc0(table->ncolumns * sizeof(ColumnFacts));
	table->all_columns = true;
	MemoryContextSwitchTo(caller);

	ScanKeyInit(&keys[0], Anum_pg_attribute_attrelid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(table->relid));
	ScanKeyInit(&keys[1], Anum_pg_attribute_attnum, BTGreaterStrategyNumber,
				F_INT2GT, Int16GetDatum(0));
	fkfix_catalog_scan(reader, AttributeRelationId, AttributeRelidNumIndexId, 2,
					   keys, read_column, &scan);
}

/* Reads the columns in all foreign keys, in one scan of a large catalog. */
static void
read_key_columns(Reader *reader)
{
	ColumnScan	scan = {reader, InvalidOid, NULL};

	reader->read_key_columns = true;
	fkfix_catalog_scan_all(reader, AttributeRelationId, read_key_column, &scan);
}

/* The columns of a table mostly lie side by side: look for it once. */
static void
read_key_column(HeapTuple tuple, TupleDesc desc, void *state)
{
	ColumnScan *scan = state;
	Form_pg_attribute form = (Form_pg_attribute) GETSTRUCT(tuple);
	TableFacts *table;

	if (form->attnum < 1)
		return;
	if (form->attrelid != scan->relid)
	{
		scan->relid = form->attrelid;
		scan->table = fkfix_catalog_noted(scan->reader, form->attrelid);
	}
	table = scan->table;
	if (table == NULL || !table->exists || table->all_columns ||
		!bms_is_member(form->attnum, table->key_columns))
		return;
	if (table->columns == NULL)
		table->columns = MemoryContextAllocZero(scan->reader->context,
												bms_num_members(table->key_columns) * sizeof(ColumnFacts));
	read_column(tuple, desc, scan);
}

static void
read_column(HeapTuple tuple, TupleDesc desc, void *state)
{
	Form_pg_attribute form = (Form_pg_attribute) GETSTRUCT(tuple);
	ColumnScan *scan = state;
	ColumnFacts *column;

	if (form->attisdropped || form->attnum > scan->table->ncolumns)
		return;
	column = column_of(scan->table, form->attnum);
	column->name = column_name(scan->reader, NameStr(form->attname));
	column->type = form->atttypid;
	column->collation = form->attcollation;
	column->not_null = form->attnotnull;
	column->generated = form->attgenerated != '\0';
	column->has_default = form->atthasdef;
}

/* The reader's own copy of a name. */
static const char *
column_name(Reader *reader, const char *name)
{
	ColumnName *entry;
	bool		found;

	if (reader->column_names == NULL)
		reader->column_names = columnnames_create(reader->context, 64, NULL);
	entry = columnnames_insert(reader->column_names, name, &found);
	if (!found)
		entry->name = MemoryContextStrdup(reader->context, name);
	return entry->name;
}

/* Where a column has its place, among all or among those in keys. */
static ColumnFacts *
column_of(TableFacts *table, AttrNumber attnum)
{
	return &table->columns[table->all_columns ? attnum - 1 :
						   bms_member_index(table->key_columns, attnum)];
}
