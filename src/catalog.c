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
#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_opclass.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "catalog.h"

/*
 * A map by OID.  Half of what an audit does is to look for tables, and this is
 * the kind of hash table that finds them with the fewest looks into memory.
 */
typedef struct OidMapEntry
{
	Oid			oid;
	char		status;
	void	   *facts;
} OidMapEntry;

#define SH_PREFIX oidmap
#define SH_ELEMENT_TYPE OidMapEntry
#define SH_KEY_TYPE Oid
#define SH_KEY oid
#define SH_HASH_KEY(map, key) murmurhash32(key)
#define SH_EQUAL(map, a, b) ((a) == (b))
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

static void look_up(Reader *reader, int cache, Oid catalog, Oid index,
					AttrNumber column, Oid oid, RowVisitor visit, void *state);
static pg_noinline TableFacts *find_table(Reader *reader, Oid relid,
										  bool missing_ok);
static TableFacts *recent_table(Reader *reader, Oid relid);
static TableFacts *enter_table(Reader *reader, Oid relid, bool *found);
static TableFacts *new_table(Reader *reader);
static void read_noted_table(HeapTuple tuple, TupleDesc desc, void *state);
static void read_table(HeapTuple tuple, TupleDesc desc, void *state);
static const char *schema_name(Reader *reader, Oid oid);
static void read_schema(HeapTuple tuple, TupleDesc desc, void *state);
static void read_opclass(HeapTuple tuple, TupleDesc desc, void *state);

/*
 * Returns a reader that lives in the current memory context.  With a snapshot
 * (registered or active as long as the reader is used) it sees the catalogs
 * through that; with NULL, as they are at each look.
 */
Reader *
fkfix_catalog_reader(Snapshot snapshot)
{
	Reader	   *reader = palloc0(sizeof(Reader));

	reader->snapshot = snapshot;
	reader->context = CurrentMemoryContext;
	reader->tables = oidmap_create(CurrentMemoryContext, 16, NULL);
	reader->schemas = oidmap_create(CurrentMemoryContext, 4, NULL);
	return reader;
}

/*
 * Notes that a table is at one end of a foreign key, and which of its columns
 * that uses: what is noted can be read at once.  Returns the table's entry.
 */
TableFacts *
fkfix_catalog_note_table(Reader *reader, Oid relid, const AttrNumber *key_columns,
						 int count)
{
	bool		found = true;
	TableFacts *table = recent_table(reader, relid);
	MemoryContext caller = MemoryContextSwitchTo(reader->context);

	if (table == NULL)
		table = enter_table(reader, relid, &found);
	if (!found)
		reader->nnoted++;
	for (int i = 0; i < count; i++)
	{
		if (key_columns[i] > 0)
			table->key_columns = bms_add_member(table->key_columns, key_columns[i]);
	}
	MemoryContextSwitchTo(caller);
	return table;
}

/*
 * Reads all tables that have been noted, in one scan of pg_class instead of a
 * look at each.
 */
void
fkfix_catalog_read_noted(Reader *reader)
{
	fkfix_catalog_scan_all(reader, RelationRelationId, read_noted_table, reader);
}

/*
 * After so many tables have been looked up one by one, is it likely that most of
 * those noted will be?  Then a whole catalog is read sooner than that.
 */
bool
fkfix_catalog_many_looks(const Reader *reader, int looks)
{
	return reader->keys != NULL && looks > reader->nnoted / 64;
}

/*
 * Returns the entry of a table that has been noted or looked up, NULL if it has
 * not.  The table need not exist.
 */
TableFacts *
fkfix_catalog_noted(Reader *reader, Oid relid)
{
	OidMapEntry *entry = oidmap_lookup(reader->tables, relid);

	return entry == NULL ? NULL : entry->facts;
}

/*
 * Returns what there is to know about a table, owned by the reader.  If there is
 * none with that OID (any more), or none of its schema, raises an error or, if
 * missing_ok, returns NULL.
 */
TableFacts *
fkfix_catalog_table(Reader *reader, Oid relid, bool missing_ok)
{
	TableFacts *table = recent_table(reader, relid);

	/* nearly always it is one of the two tables of the key at hand */
	if (table != NULL && table->schema != NULL)
		return table;
	return find_table(reader, relid, missing_ok);
}

/*
 * Returns a table's name, qualified and quoted, palloc'd; its OID where the
 * table is gone.
 */
char *
fkfix_catalog_table_name(Reader *reader, Oid relid)
{
	TableFacts *table = fkfix_catalog_table(reader, relid, true);

	if (table == NULL)
		return psprintf("%u", relid);
	return quote_qualified_identifier(table->schema, NameStr(table->name));
}

/*
 * Is there a schema of this name?
 */
bool
fkfix_catalog_has_schema(Reader *reader, const char *name)
{
	NameData	found = {""};
	NameData	nspname;
	ScanKeyData key;

	namestrcpy(&nspname, name);
	ScanKeyInit(&key, Anum_pg_namespace_nspname, BTEqualStrategyNumber, F_NAMEEQ,
				NameGetDatum(&nspname));
	fkfix_catalog_scan(reader, NamespaceRelationId, NamespaceNameIndexId, 1, &key,
					   read_schema, &found);
	return NameStr(found)[0] != '\0';
}

/*
 * Returns the access method of an operator class, InvalidOid if that is gone.
 * There are few, and many indexes of each.
 */
Oid
fkfix_catalog_access_method(Reader *reader, Oid opclass)
{
	bool		found;
	OidMapEntry *entry;
	Oid			method = InvalidOid;

	if (reader->opclasses == NULL)
		reader->opclasses = oidmap_create(reader->context, 4, NULL);
	entry = oidmap_insert(reader->opclasses, opclass, &found);
	if (!found)
	{
		look_up(reader, CLAOID, OperatorClassRelationId, OpclassOidIndexId,
				Anum_pg_opclass_oid, opclass, read_opclass, &method);
		entry->facts = DatumGetPointer(ObjectIdGetDatum(method));
	}
	return DatumGetObjectId(PointerGetDatum(entry->facts));
}

/*
 * Reads the rows of a catalog that match, by an index.  The visitor runs in the
 * caller's memory context, and has each row while it looks at it.
 */
void
fkfix_catalog_scan(Reader *reader, Oid catalog, Oid index, int nkeys,
				   ScanKey keys, RowVisitor visit, void *state)
{
	Relation	rel = table_open(catalog, AccessShareLock);
	SysScanDesc scan = systable_beginscan(rel, index, true, reader->snapshot, nkeys, keys);
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		CHECK_FOR_INTERRUPTS();
		visit(tuple, RelationGetDescr(rel), state);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
}

/*
 * The same of those that have an OID in a column, the first one of the index.
 */
void
fkfix_catalog_scan_oid(Reader *reader, Oid catalog, Oid index, AttrNumber column,
					   Oid oid, RowVisitor visit, void *state)
{
	ScanKeyData key;

	ScanKeyInit(&key, column, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(oid));
	fkfix_catalog_scan(reader, catalog, index, 1, &key, visit, state);
}

/*
 * The same for all rows.  There may be a million, so they are had from the heap
 * without a slot between.
 */
void
fkfix_catalog_scan_all(Reader *reader, Oid catalog, RowVisitor visit, void *state)
{
	Relation	rel = table_open(catalog, AccessShareLock);
	Snapshot	snapshot = RegisterSnapshot(reader->snapshot ? reader->snapshot :
											GetCatalogSnapshot(catalog));
	TableScanDesc scan = table_beginscan_strat(rel, snapshot, 0, NULL, true, false);
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = heap_getnext(scan, ForwardScanDirection)))
		visit(tuple, RelationGetDescr(rel), state);
	table_endscan(scan);
	UnregisterSnapshot(snapshot);
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

		fkfix_catalog_scan_oid(reader, catalog, index, column,
							   oid, visit, state);
	}
}

/* What fkfix_catalog_table returns, of any table: apart, so that that stays short. */
static pg_noinline TableFacts *
find_table(Reader *reader, Oid relid, bool missing_ok)
{
	bool		found;
	TableFacts *table = enter_table(reader, relid, &found);

	if (!found)
		look_up(reader, RELOID, RelationRelationId, ClassOidIndexId, Anum_pg_class_oid,
				relid, read_table, table);
	if (table->exists && table->schema == NULL)
	{
		table->schema = schema_name(reader, table->schema_oid);
		table->exists = table->schema != NULL;
	}
	if (table->exists)
		return table;
	if (!missing_ok)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation with OID %u does not exist", relid)));
	return NULL;
}

/* The entry of a table if it is one of the two asked for last, as of a key. */
static TableFacts *
recent_table(Reader *reader, Oid relid)
{
	for (int i = 0; i < lengthof(reader->recent); i++)
	{
		if (reader->recent[i] != NULL && reader->recent[i]->relid == relid)
		{
			reader->oldest = 1 - i;
			return reader->recent[i];
		}
	}
	return NULL;
}

/* The entry of a table, a blank one if it was not known yet. */
static TableFacts *
enter_table(Reader *reader, Oid relid, bool *found)
{
	OidMapEntry *entry = oidmap_insert(reader->tables, relid, found);
	TableFacts *table = entry->facts;

	if (!*found)
	{
		table = new_table(reader);
		table->relid = relid;
		entry->facts = table;
	}
	reader->recent[reader->oldest] = table;
	reader->oldest = 1 - reader->oldest;
	return table;
}

/* A blank entry.  A key has two tables; all keys may have very many. */
static TableFacts *
new_table(Reader *reader)
{
	if (reader->nspare == 0)
	{
		reader->nspare = reader->keys == NULL ? 2 : FKFIX_CHUNK / sizeof(TableFacts);
		reader->spare = MemoryContextAllocZero(reader->context,
											   reader->nspare * sizeof(TableFacts));
	}
	reader->nspare--;
	return reader->spare++;
}

/* Most of pg_class are indexes, which no key refers to. */
static void
read_noted_table(HeapTuple tuple, TupleDesc desc, void *state)
{
	Reader	   *reader = state;
	Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);
	TableFacts *table;

	if (form->relkind == RELKIND_INDEX || form->relkind == RELKIND_TOASTVALUE)
		return;
	table = fkfix_catalog_noted(reader, form->oid);
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
	table->partition = form->relispartition;
	table->has_triggers = form->relhastriggers;
	table->ncolumns = form->relnatts;
}

/*
 * The name of a schema, NULL if there is none with that OID.  There are few
 * schemas, and many tables in each.
 */
static const char *
schema_name(Reader *reader, Oid oid)
{
	bool		found;
	OidMapEntry *entry = oidmap_insert(reader->schemas, oid, &found);
	NameData	name = {""};

	if (!found)
	{
		entry->facts = NULL;
		look_up(reader, NAMESPACEOID, NamespaceRelationId, NamespaceOidIndexId,
				Anum_pg_namespace_oid, oid, read_schema, &name);
		if (NameStr(name)[0] != '\0')
			entry->facts = MemoryContextStrdup(reader->context, NameStr(name));
	}
	return entry->facts;
}

static void
read_schema(HeapTuple tuple, TupleDesc desc, void *state)
{
	*(Name) state = ((Form_pg_namespace) GETSTRUCT(tuple))->nspname;
}

static void
read_opclass(HeapTuple tuple, TupleDesc desc, void *state)
{
	*(Oid *) state = ((Form_pg_opclass) GETSTRUCT(tuple))->opcmethod;
}
