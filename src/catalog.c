/*-------------------------------------------------------------------------
 *
 * catalog.c
 *		The reading room: foreign keys and their tables, from the catalogs.
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
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "catalog.h"
#include "compat.h"

/* What to do with each row that a scan finds. */
typedef void (*RowVisitor) (HeapTuple tuple, TupleDesc desc, void *state);

/* One step on the way from a domain to its base type. */
typedef struct DomainFacts
{
	Oid			base_type;
	bool		rejects_null;
} DomainFacts;

/* Whom to pass root keys on to. */
typedef struct RootVisit
{
	KeyVisitor	visit;
	void	   *state;
	MemoryContext context;
} RootVisit;

static void scan_catalog(Reader *reader, Oid catalog, Oid index, int nkeys,
						 ScanKey keys, RowVisitor visit, void *state);
static void read_table(HeapTuple tuple, TupleDesc desc, void *state);
static void read_schema(HeapTuple tuple, TupleDesc desc, void *state);
static void read_column(HeapTuple tuple, TupleDesc desc, void *state);
static void read_domain(HeapTuple tuple, TupleDesc desc, void *state);
static void read_key(HeapTuple tuple, TupleDesc desc, void *state);
static void visit_root(HeapTuple tuple, TupleDesc desc, void *state);
static void read_oid(HeapTuple tuple, TupleDesc desc, void *state);
static void read_dependent_key(HeapTuple tuple, TupleDesc desc, void *state);
static void read_extension_table(HeapTuple tuple, TupleDesc desc, void *state);
static int	attnums_from_array(HeapTuple tuple, TupleDesc desc,
							   AttrNumber column, AttrNumber **attnums);

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
		scan_catalog(reader, RelationRelationId, ClassOidIndexId, 1, &key,
					 read_table, table);
		if (table->exists)
		{
			ScanKeyInit(&key, Anum_pg_namespace_oid, BTEqualStrategyNumber, F_OIDEQ,
						ObjectIdGetDatum(table->schema_oid));
			scan_catalog(reader, NamespaceRelationId, NamespaceOidIndexId, 1, &key,
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
		scan_catalog(reader, AttributeRelationId, AttributeRelidNumIndexId, 2,
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
		scan_catalog(reader, TypeRelationId, TypeOidIndexId, 1, &key,
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
		scan_catalog(reader, DependRelationId, DependReferenceIndexId, 1, &key,
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
 * Are two column lists the same, order included?
 */
bool
fkfix_catalog_same_columns(const AttrNumber *a, int a_count,
						   const AttrNumber *b, int b_count)
{
	if (a_count != b_count)
		return false;
	return a_count == 0 || memcmp(a, b, a_count * sizeof(AttrNumber)) == 0;
}

/*
 * Returns what a key does on DELETE, palloc'd; the names in its column list are
 * the reader's.
 */
Action *
fkfix_catalog_delete_action(Reader *reader, const ForeignKey *fk)
{
	Action	   *action = palloc(sizeof(Action));

	action->kind = fkfix_action_kind(fk->on_delete);
	action->columns = fkfix_catalog_column_names(reader, fk->conrelid,
												 fk->delset, fk->ndelset);
	return action;
}

/*
 * Returns what a key does on UPDATE, palloc'd.
 */
Action *
fkfix_catalog_update_action(const ForeignKey *fk)
{
	Action	   *action = palloc(sizeof(Action));

	action->kind = fkfix_action_kind(fk->on_update);
	action->columns = NIL;
	return action;
}

/*
 * Returns a row of pg_constraint, which must be a foreign key's, in a form that
 * is easier to use, palloc'd.
 */
ForeignKey *
fkfix_catalog_form(HeapTuple tuple, TupleDesc desc)
{
	Form_pg_constraint con = (Form_pg_constraint) GETSTRUCT(tuple);
	ForeignKey *fk = palloc0(sizeof(ForeignKey));

	Assert(con->contype == CONSTRAINT_FOREIGN);
	fk->oid = con->oid;
	fk->name = con->conname;
	fk->conrelid = con->conrelid;
	fk->confrelid = con->confrelid;
	fk->conparentid = con->conparentid;
	fk->on_delete = con->confdeltype;
	fk->on_update = con->confupdtype;
	fk->match = con->confmatchtype;
	fk->deferrable = con->condeferrable;
	fk->deferred = con->condeferred;
	fk->validated = con->convalidated;
	fk->enforced = fkfix_compat_is_enforced(con);
	fk->period = fkfix_compat_has_period(con);
	fk->nkeys = attnums_from_array(tuple, desc, Anum_pg_constraint_conkey,
								   &fk->conkey);
	if (attnums_from_array(tuple, desc, Anum_pg_constraint_confkey,
						   &fk->confkey) != fk->nkeys)
		elog(ERROR, "conkey and confkey of constraint %u differ in length", fk->oid);
	fk->ndelset = attnums_from_array(tuple, desc, Anum_pg_constraint_confdelsetcols,
									 &fk->delset);
	return fk;
}

/*
 * Returns the foreign key with this OID, palloc'd, or NULL if there is none.
 */
ForeignKey *
fkfix_catalog_get(Reader *reader, Oid constraint)
{
	List	   *keys = NIL;
	ScanKeyData key;

	ScanKeyInit(&key, Anum_pg_constraint_oid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(constraint));
	scan_catalog(reader, ConstraintRelationId, ConstraintOidIndexId, 1, &key,
				 read_key, &keys);
	return keys == NIL ? NULL : linitial(keys);
}

/*
 * Returns the foreign key of a table with this name, palloc'd, or NULL if there
 * is none.
 */
ForeignKey *
fkfix_catalog_find(Reader *reader, Oid relid, const char *name)
{
	List	   *keys = NIL;
	NameData	conname;
	ScanKeyData scankeys[3];

	namestrcpy(&conname, name);
	ScanKeyInit(&scankeys[0], Anum_pg_constraint_conrelid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(relid));
	ScanKeyInit(&scankeys[1], Anum_pg_constraint_contypid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(InvalidOid));
	ScanKeyInit(&scankeys[2], Anum_pg_constraint_conname, BTEqualStrategyNumber,
				F_NAMEEQ, NameGetDatum(&conname));
	scan_catalog(reader, ConstraintRelationId, ConstraintRelidTypidNameIndexId, 3,
				 scankeys, read_key, &keys);
	/* There can be at most one matching row */
	return keys == NIL ? NULL : linitial(keys);
}

/*
 * Returns the foreign keys, roots and descendants, of a referencing table.
 */
List *
fkfix_catalog_keys_of(Reader *reader, Oid relid)
{
	List	   *keys = NIL;
	ScanKeyData scankeys[2];

	ScanKeyInit(&scankeys[0], Anum_pg_constraint_conrelid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(relid));
	ScanKeyInit(&scankeys[1], Anum_pg_constraint_contypid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(InvalidOid));
	scan_catalog(reader, ConstraintRelationId, ConstraintRelidTypidNameIndexId, 2,
				 scankeys, read_key, &keys);
	return keys;
}

/*
 * Visits the root keys of one referencing table, or with InvalidOid of all, in
 * a memory context that lives for one visit.  The visitor may read catalogs.
 */
void
fkfix_catalog_each_root(Reader *reader, Oid relid, KeyVisitor visit, void *state)
{
	RootVisit	roots = {visit, state, NULL};
	ScanKeyData key;

	roots.context = AllocSetContextCreate(CurrentMemoryContext, "fkfix key",
										  ALLOCSET_SMALL_SIZES);
	ScanKeyInit(&key, Anum_pg_constraint_conrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(relid));
	scan_catalog(reader, ConstraintRelationId,
				 OidIsValid(relid) ? ConstraintRelidTypidNameIndexId : InvalidOid,
				 OidIsValid(relid) ? 1 : 0, &key, visit_root, &roots);
	MemoryContextDelete(roots.context);
}

/*
 * Returns the foreign keys that reference a table.  pg_constraint has no index
 * on confrelid, but every key depends on the columns it references.
 */
List *
fkfix_catalog_keys_to(Reader *reader, Oid relid)
{
	List	   *oids = NIL;
	List	   *keys = NIL;
	ListCell   *lc;
	ScanKeyData scankeys[2];

	ScanKeyInit(&scankeys[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(RelationRelationId));
	ScanKeyInit(&scankeys[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(relid));
	scan_catalog(reader, DependRelationId, DependReferenceIndexId, 2, scankeys,
				 read_dependent_key, &oids);

	foreach(lc, oids)
	{
		ForeignKey *fk = fkfix_catalog_get(reader, lfirst_oid(lc));

		if (fk != NULL && fk->confrelid == relid)
			keys = lappend(keys, fk);
	}
	return keys;
}

/*
 * Returns the OIDs of the keys that partitioning derived directly from a key.
 */
List *
fkfix_catalog_children(Reader *reader, Oid constraint)
{
	List	   *children = NIL;
	ScanKeyData key;

	ScanKeyInit(&key, Anum_pg_constraint_conparentid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(constraint));
	scan_catalog(reader, ConstraintRelationId, ConstraintParentIndexId, 1, &key,
				 read_oid, &children);
	return children;
}

/*
 * Returns the OID of the root key that a key descends from, itself if it is a
 * root; InvalidOid if the chain leads nowhere.
 */
Oid
fkfix_catalog_root(Reader *reader, const ForeignKey *fk)
{
	while (fk != NULL && OidIsValid(fk->conparentid))
		fk = fkfix_catalog_get(reader, fk->conparentid);
	return fk == NULL ? InvalidOid : fk->oid;
}

/*
 * Reads the rows of a catalog that match, by an index if one is given.  The
 * visitor runs in the caller's memory context, and has each row while it looks
 * at it.
 */
static void
scan_catalog(Reader *reader, Oid catalog, Oid index, int nkeys, ScanKey keys,
			 RowVisitor visit, void *state)
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
read_key(HeapTuple tuple, TupleDesc desc, void *state)
{
	List	  **keys = state;

	if (((Form_pg_constraint) GETSTRUCT(tuple))->contype == CONSTRAINT_FOREIGN)
		*keys = lappend(*keys, fkfix_catalog_form(tuple, desc));
}

static void
visit_root(HeapTuple tuple, TupleDesc desc, void *state)
{
	Form_pg_constraint con = (Form_pg_constraint) GETSTRUCT(tuple);
	RootVisit  *roots = state;
	MemoryContext caller;

	if (con->contype != CONSTRAINT_FOREIGN || OidIsValid(con->conparentid))
		return;
	CHECK_FOR_INTERRUPTS();
	caller = MemoryContextSwitchTo(roots->context);
	roots->visit(fkfix_catalog_form(tuple, desc), roots->state);
	MemoryContextSwitchTo(caller);
	MemoryContextReset(roots->context);
}

static void
read_oid(HeapTuple tuple, TupleDesc desc, void *state)
{
	List	  **oids = state;
	Form_pg_constraint con = (Form_pg_constraint) GETSTRUCT(tuple);

	if (con->contype == CONSTRAINT_FOREIGN)
		*oids = lappend_oid(*oids, con->oid);
}

static void
read_dependent_key(HeapTuple tuple, TupleDesc desc, void *state)
{
	List	  **oids = state;
	Form_pg_depend depend = (Form_pg_depend) GETSTRUCT(tuple);

	if (depend->classid == ConstraintRelationId)
		*oids = list_append_unique_oid(*oids, depend->objid);
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

/*
 * Unpacks a column of type int2[] into a palloc'd array and returns its length;
 * 0 if it is NULL.  The checks are those of DeconstructFkConstraintRow.
 */
static int
attnums_from_array(HeapTuple tuple, TupleDesc desc, AttrNumber column,
				   AttrNumber **attnums)
{
	bool		isnull;
	Datum		datum = heap_getattr(tuple, column, desc, &isnull);
	ArrayType  *array;
	int			count;

	*attnums = NULL;
	if (isnull)
		return 0;
	array = DatumGetArrayTypeP(datum);
	if (ARR_NDIM(array) == 0)
		return 0;
	if (ARR_NDIM(array) != 1 || ARR_HASNULL(array) ||
		ARR_ELEMTYPE(array) != INT2OID)
		elog(ERROR, "column %d of a row of pg_constraint is not a 1-D smallint array",
			 column);
	count = ARR_DIMS(array)[0];
	*attnums = palloc(count * sizeof(AttrNumber));
	memcpy(*attnums, ARR_DATA_PTR(array), count * sizeof(AttrNumber));
	return count;
}
