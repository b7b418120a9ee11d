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
#include "access/transam.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "catalog.h"

/* One step on the way from a domain to its base type. */
typedef struct DomainFacts
{
	Oid			base_type;
	bool		rejects_null;
} DomainFacts;

static void read_table(HeapTuple tuple, TupleDesc desc, void *state);
static void read_schema(HeapTuple tuple, TupleDesc desc, void *state);
static void read_column(HeapTuple tuple, TupleDesc desc, void *state);
static void read_domain(HeapTuple tuple, TupleDesc desc, void *state);
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
	return reader;
}

/*
 * Returns what there is to know about a table, or NULL if there is none with
 * that OID (any more).  Owned by the reader.
 */
TableFacts *
fkfix_catalog_table(Reader *reader, Oid relid)
{
	bool		found;
	TableFacts *table = hash_search(reader->tables, &relid, HASH_ENTER, &found);

	if (!found)
	{
		ScanKeyData key;

		MemSet(table, 0, sizeof(TableFacts));
		table->relid = relid;
		ScanKeyInit(&key, Anum_pg_class_oid, BTEqualStrategyNumber, F_OIDEQ,
					ObjectIdGetDatum(relid));
		fkfix_catalog_scan(reader, RelationRelationId, ClassOidIndexId, 1, &key,
						   read_table, table);
		if (table->exists)
		{
			ScanKeyInit(&key, Anum_pg_namespace_oid, BTEqualStrategyNumber, F_OIDEQ,
						ObjectIdGetDatum(table->schema_oid));
			fkfix_catalog_scan(reader, NamespaceRelationId, NamespaceOidIndexId, 1, &key,
							   read_schema, table);
		}
	}
	return table->exists ? table : NULL;
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
	if (table->columns == NULL)
	{
		ScanKeyData keys[2];

		table->columns = MemoryContextAllocZero(reader->context,
												table->ncolumns * sizeof(ColumnFacts));
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
 * Does a column refuse NULLs, by its own NOT NULL or by that of its domain or of
 * a domain that this one is over?
 */
bool
fkfix_catalog_rejects_null(Reader *reader, Oid relid, AttrNumber attnum)
{
	ColumnFacts *column = fkfix_catalog_column(reader, relid, attnum);
	DomainFacts domain = {0};

	if (column == NULL)
		return false;
	domain.base_type = column->type;
	domain.rejects_null = column->not_null;
	/* the server's own types are no domains that matter: spare the look-up */
	while (!domain.rejects_null && domain.base_type >= FirstNormalObjectId)
	{
		ScanKeyData key;

		ScanKeyInit(&key, Anum_pg_type_oid, BTEqualStrategyNumber, F_OIDEQ,
					ObjectIdGetDatum(domain.base_type));
		domain.base_type = InvalidOid;
		fkfix_catalog_scan(reader, TypeRelationId, TypeOidIndexId, 1, &key,
						   read_domain, &domain);
	}
	return domain.rejects_null;
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

static void
read_schema(HeapTuple tuple, TupleDesc desc, void *state)
{
	((TableFacts *) state)->schema = ((Form_pg_namespace) GETSTRUCT(tuple))->nspname;
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
read_domain(HeapTuple tuple, TupleDesc desc, void *state)
{
	Form_pg_type form = (Form_pg_type) GETSTRUCT(tuple);
	DomainFacts *domain = state;

	if (form->typtype != TYPTYPE_DOMAIN)
		return;
	domain->rejects_null = form->typnotnull;
	domain->base_type = form->typbasetype;
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
