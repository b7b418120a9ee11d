/*-------------------------------------------------------------------------
 *
 * catalog.c
 *		The reading room: tables and columns, from the catalogs.
 *
 * Everything that looks at a key looks through a Reader.  It exists for two
 * reasons.  It remembers what it has read, because an audit asks for the name
 * and columns of the same table once per key.  And it can read the catalogs
 * under a snapshot of the caller's, which is how enforcement compares a key
 * as it was before a statement with what it has become: syscaches only know
 * the present.
 *
 * Nothing here takes a lock on a user's table or writes anything.  What is
 * read without a lock may be gone a moment later; every function says what it
 * returns then.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_namespace.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "catalog.h"

/* A schema that has been read. */
typedef struct SchemaFacts
{
	Oid			oid;			/* hash key */
	NameData	name;
} SchemaFacts;

/* The partitions found, and whether those that are being detached are wanted. */
typedef struct PartitionVisit
{
	List	   *partitions;
	bool		detaching;
} PartitionVisit;

static void look_up(Reader *reader, int cache, Oid catalog, Oid index,
					AttrNumber column, Oid oid, RowVisitor visit, void *state);
static TableFacts *enter_table(Reader *reader, Oid relid, bool *found);
static void note_tables(HeapTuple tuple, TupleDesc desc, void *state);
static void read_noted_table(HeapTuple tuple, TupleDesc desc, void *state);
static void read_table(HeapTuple tuple, TupleDesc desc, void *state);
static NameData schema_name(Reader *reader, Oid oid);
static void make_columns(Reader *reader, TableFacts *table);
static void read_any_column(HeapTuple tuple, TupleDesc desc, void *state);
static void read_partition(HeapTuple tuple, TupleDesc desc, void *state);
static void read_schema(HeapTuple tuple, TupleDesc desc, void *state);
static void read_column(HeapTuple tuple, TupleDesc desc, void *state);
static void read_extension_table(HeapTuple tuple, TupleDesc desc, void *state);

/*
 * Returns a reader that lives in the current memory context.  With a snapshot
 * (registered or active as long as the reader is used) it sees the catalogs
 * through that; with NULL, as they are at each look.
 */
Reader *
fkfix_catalog_reader(Snapshot snapshot)
{
	Reader	   *reader = palloc0(sizeof(Reader));
	HASHCTL		ctl = {
		.keysize = sizeof(Oid),
		.entrysize = sizeof(TableFacts),
		.hcxt = CurrentMemoryContext
	};

	reader->snapshot = snapshot;
	reader->context = CurrentMemoryContext;
	reader->tables = hash_create("fkfix tables", 64, &ctl,
								 HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	ctl.entrysize = sizeof(SchemaFacts);
	reader->schemas = hash_create("fkfix schemas", 16, &ctl,
								  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	return reader;
}

/*
 * Prepares a reader to be asked about every foreign key there is: reads pg_class
 * and, when columns are first asked for, pg_attribute as a whole, instead of
 * looking up one table after the other.  Only tables at either end of a foreign
 * key are kept.
 */
void
fkfix_catalog_read_all(Reader *reader)
{
	fkfix_catalog_scan(reader, ConstraintRelationId, InvalidOid, 0, NULL,
					   note_tables, reader);
	fkfix_catalog_scan(reader, RelationRelationId, InvalidOid, 0, NULL,
					   read_noted_table, reader);
	reader->read_all = true;
}

/*
 * Returns what there is to know about a table, or NULL if there is none with
 * that OID (any more).  Owned by the reader.
 */
TableFacts *
fkfix_catalog_table(Reader *reader, Oid relid)
{
	bool		found;
	TableFacts *table = enter_table(reader, relid, &found);

	if (!found)
		look_up(reader, RELOID, RelationRelationId, ClassOidIndexId, Anum_pg_class_oid,
				relid, read_table, table);
	if (!table->exists)
		return NULL;
	if (NameStr(table->schema)[0] == '\0')
		table->schema = schema_name(reader, table->schema_oid);
	return table;
}

/*
 * Returns what there is to know about a column, or NULL if the table is gone
 * or has no such column.  Owned by the reader.
 */
ColumnFacts *
fkfix_catalog_column(Reader *reader, Oid relid, AttrNumber attnum)
{
	TableFacts *table = fkfix_catalog_table(reader, relid);

	if (table == NULL || attnum < 1 || attnum > table->ncolumns)
		return NULL;
	if (table->columns == NULL && reader->read_all && !reader->read_all_columns)
	{
		reader->read_all_columns = true;
		fkfix_catalog_scan(reader, AttributeRelationId, InvalidOid, 0, NULL,
						   read_any_column, reader);
	}
	if (table->columns == NULL)
	{
		ScanKeyData keys[2];

		make_columns(reader, table);
		ScanKeyInit(&keys[0], Anum_pg_attribute_attrelid, BTEqualStrategyNumber,
					F_OIDEQ, ObjectIdGetDatum(relid));
		ScanKeyInit(&keys[1], Anum_pg_attribute_attnum, BTGreaterStrategyNumber,
					F_INT2GT, Int16GetDatum(0));
		fkfix_catalog_scan(reader, AttributeRelationId, AttributeRelidNumIndexId, 2,
						   keys, read_column, table);
	}
	if (NameStr(table->columns[attnum - 1].name)[0] == '\0')
		return NULL;
	return &table->columns[attnum - 1];
}

/*
 * Returns the OIDs of the direct partitions of a table, a new list; NIL if it is
 * not partitioned.  Those that are being detached concurrently still have their
 * rows of older keys, but get none of newer ones: they count if "detaching".
 */
List *
fkfix_catalog_partitions(Reader *reader, Oid relid, bool detaching)
{
	TableFacts *table = fkfix_catalog_table(reader, relid);
	PartitionVisit visit = {NIL, detaching};
	ScanKeyData key;

	if (table == NULL || table->kind != RELKIND_PARTITIONED_TABLE)
		return NIL;
	ScanKeyInit(&key, Anum_pg_inherits_inhparent, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(relid));
	fkfix_catalog_scan(reader, InheritsRelationId, InheritsParentIndexId, 1, &key,
					   read_partition, &visit);
	return visit.partitions;
}

/*
 * Does this table belong to an extension?
 */
bool
fkfix_catalog_in_extension(Reader *reader, Oid relid)
{
	if (reader->extension_tables == NULL)
	{
		ScanKeyData key;
		HASHCTL		ctl = {
			.keysize = sizeof(Oid),
			.entrysize = sizeof(Oid),
			.hcxt = reader->context
		};

		reader->extension_tables = hash_create("fkfix extension tables", 64, &ctl,
											   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
		ScanKeyInit(&key, Anum_pg_depend_refclassid, BTEqualStrategyNumber, F_OIDEQ,
					ObjectIdGetDatum(ExtensionRelationId));
		fkfix_catalog_scan(reader, DependRelationId, DependReferenceIndexId, 1, &key,
						   read_extension_table, reader);
	}
	return hash_search(reader->extension_tables, &relid, HASH_FIND, NULL) != NULL;
}

/*
 * Returns a table's name, qualified and quoted, palloc'd; its OID where the
 * table is gone.
 */
char *
fkfix_catalog_table_name(Reader *reader, Oid relid)
{
	TableFacts *table = fkfix_catalog_table(reader, relid);

	if (table == NULL)
		return psprintf("%u", relid);
	return quote_qualified_identifier(NameStr(table->schema), NameStr(table->name));
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
		ColumnFacts *column = fkfix_catalog_column(reader, relid, attnums[i]);

		if (column != NULL)
			names = lappend(names, NameStr(column->name));
	}
	return names;
}

/*
 * Reads the rows of a catalog that match, by an index if one is given.  The
 * visitor runs in the caller's memory context, and has each row while it looks
 * at it.
 */
void
fkfix_catalog_scan(Reader *reader, Oid catalog, Oid index, int nkeys,
				   ScanKey keys, RowVisitor visit, void *state)
{
	Relation	rel = table_open(catalog, AccessShareLock);
	SysScanDesc scan = systable_beginscan(rel, index, OidIsValid(index), reader->snapshot,
										  nkeys, keys);
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		visit(tuple, RelationGetDescr(rel), state);
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
}

/*
 * Reads the row of a catalog that has this OID: the one that the syscache has
 * if it may be of the present, which saves opening a catalog and its index.
 */
static void
look_up(Reader *reader, int cache, Oid catalog, Oid index, AttrNumber column,
		Oid oid, RowVisitor visit, void *state)
{
	if (reader->snapshot == NULL)
	{
		HeapTuple	tuple = SearchSysCache1(cache, ObjectIdGetDatum(oid));

		if (HeapTupleIsValid(tuple))
		{
			visit(tuple, NULL, state);
			ReleaseSysCache(tuple);
		}
	}
	else
	{
		ScanKeyData key;

		ScanKeyInit(&key, column, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(oid));
		fkfix_catalog_scan(reader, catalog, index, 1, &key, visit, state);
	}
}

/* The entry of a table, a blank one if it was not known yet. */
static TableFacts *
enter_table(Reader *reader, Oid relid, bool *found)
{
	TableFacts *table = hash_search(reader->tables, &relid, HASH_ENTER, found);

	if (!*found)
	{
		MemSet(table, 0, sizeof(TableFacts));
		table->relid = relid;
	}
	return table;
}

static void
note_tables(HeapTuple tuple, TupleDesc desc, void *state)
{
	Form_pg_constraint form = (Form_pg_constraint) GETSTRUCT(tuple);
	bool		found;

	if (form->contype != CONSTRAINT_FOREIGN)
		return;
	(void) enter_table(state, form->confrelid, &found);
	enter_table(state, form->conrelid, &found)->referencing = true;
}

static void
read_noted_table(HeapTuple tuple, TupleDesc desc, void *state)
{
	Reader	   *reader = state;
	TableFacts *table = hash_search(reader->tables,
									&((Form_pg_class) GETSTRUCT(tuple))->oid,
									HASH_FIND, NULL);

	if (table != NULL)
		read_table(tuple, desc, table);
}

static void
read_table(HeapTuple tuple, TupleDesc desc, void *state)
{
	Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);
	TableFacts *table = state;

	table->exists = true;
	table->name = form->relname;
	table->schema_oid = form->relnamespace;
	table->kind = form->relkind;
	table->temporary = form->relpersistence == RELPERSISTENCE_TEMP;
	table->ncolumns = form->relnatts;
}

/* There are few schemas, and many tables in each. */
static NameData
schema_name(Reader *reader, Oid oid)
{
	bool		found;
	SchemaFacts *schema = hash_search(reader->schemas, &oid, HASH_ENTER, &found);

	if (!found)
	{
		MemSet(&schema->name, 0, sizeof(NameData));
		look_up(reader, NAMESPACEOID, NamespaceRelationId, NamespaceOidIndexId,
				Anum_pg_namespace_oid, oid, read_schema, schema);
	}
	return schema->name;
}

static void
read_schema(HeapTuple tuple, TupleDesc desc, void *state)
{
	((SchemaFacts *) state)->name = ((Form_pg_namespace) GETSTRUCT(tuple))->nspname;
}

static void
make_columns(Reader *reader, TableFacts *table)
{
	table->columns = MemoryContextAllocZero(reader->context,
											table->ncolumns * sizeof(ColumnFacts));
}

/* One of the columns of any table; those that only are referenced can wait. */
static void
read_any_column(HeapTuple tuple, TupleDesc desc, void *state)
{
	Reader	   *reader = state;
	Form_pg_attribute form = (Form_pg_attribute) GETSTRUCT(tuple);
	TableFacts *table;

	if (form->attnum < 1)
		return;
	table = hash_search(reader->tables, &form->attrelid, HASH_FIND, NULL);
	if (table == NULL || !table->exists || !table->referencing)
		return;
	if (table->columns == NULL)
		make_columns(reader, table);
	read_column(tuple, desc, table);
}

static void
read_column(HeapTuple tuple, TupleDesc desc, void *state)
{
	Form_pg_attribute form = (Form_pg_attribute) GETSTRUCT(tuple);
	TableFacts *table = state;
	ColumnFacts *column;

	if (form->attisdropped || form->attnum > table->ncolumns)
		return;
	column = &table->columns[form->attnum - 1];
	column->name = form->attname;
	column->type = form->atttypid;
	column->collation = form->attcollation;
	column->not_null = form->attnotnull;
	column->generated = form->attgenerated != '\0';
	column->has_default = form->atthasdef;
}

static void
read_partition(HeapTuple tuple, TupleDesc desc, void *state)
{
	Form_pg_inherits form = (Form_pg_inherits) GETSTRUCT(tuple);
	PartitionVisit *visit = state;

	if (visit->detaching || !form->inhdetachpending)
		visit->partitions = lappend_oid(visit->partitions, form->inhrelid);
}

static void
read_extension_table(HeapTuple tuple, TupleDesc desc, void *state)
{
	Reader	   *reader = state;
	Form_pg_depend depend = (Form_pg_depend) GETSTRUCT(tuple);

	if (depend->classid == RelationRelationId &&
		depend->deptype == DEPENDENCY_EXTENSION)
		(void) hash_search(reader->extension_tables, &depend->objid, HASH_ENTER, NULL);
}
