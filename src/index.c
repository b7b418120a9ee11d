/*-------------------------------------------------------------------------
 *
 * index.c
 *		Can the rows that reference a deleted one be found by an index?
 *
 * PostgreSQL makes an index for the referenced columns and none for the
 * referencing ones.  Without it every action, NO ACTION included, reads the
 * whole referencing table for every row deleted.  "Usable" means here what it
 * means to the planner for the query that ri_triggers.c runs: all key columns
 * compared for equality (the last one of a PERIOD key for overlap), none of them
 * null.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "catalog/indexing.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "lib/stringinfo.h"
#include "nodes/makefuncs.h"
#include "nodes/primnodes.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"

#include "index.h"
#include "shape.h"

/* A table and the columns, without repetitions, that an index must serve. */
typedef struct Wanted
{
	Oid			relid;
	AttrNumber	columns[INDEX_MAX_KEYS];
	Oid			collations[INDEX_MAX_KEYS];
	int			ncolumns;
	bool		period;			/* the last column is compared as a range */
} Wanted;

/* A search for an index that serves them. */
typedef struct Search
{
	Reader	   *reader;
	Wanted		wanted;
	bool		found;
} Search;

static List *storage_tables(Reader *reader, Oid relid);
static bool has_usable_index(Reader *reader, const ForeignKey *fk, Oid relid);
static bool all_are_known(Reader *reader);
static void serve_keys(HeapTuple tuple, TupleDesc desc, void *state);
static void try_index(HeapTuple tuple, TupleDesc desc, void *state);
static void want_columns(Reader *reader, const ForeignKey *fk, Oid relid,
						 Wanted *wanted);
static bool is_usable(Reader *reader, HeapTuple tuple, TupleDesc desc,
					  const Wanted *wanted);
static bool serves_column(HeapTuple tuple, TupleDesc desc,
						  const Wanted *wanted, int i);
static bool predicate_is_harmless(HeapTuple tuple, TupleDesc desc,
								  const Wanted *wanted);
static Oid	access_method(Reader *reader, HeapTuple index, TupleDesc desc);
static oidvector *vector_of(HeapTuple index, TupleDesc desc, AttrNumber column);
static bool contains(const AttrNumber *columns, int count, AttrNumber attnum);

/*
 * Returns a sentence, palloc'd, that says where an index is missing and how to
 * make it; NULL if none is.  Of a partitioned table every leaf needs one.
 */
char *
fkfix_index_missing(Reader *reader, const ForeignKey *fk)
{
	List	   *tables = storage_tables(reader, fk->conrelid);
	List	   *lacking = NIL;
	List	   *names = fkfix_catalog_column_names(reader, fk->conrelid, fk->conkey, fk->nkeys);
	const char *method = fk->period ? "USING gist " : "";
	StringInfoData columns;
	ListCell   *lc;

	foreach(lc, tables)
	{
		if (!has_usable_index(reader, fk, lfirst_oid(lc)))
			lacking = lappend_oid(lacking, lfirst_oid(lc));
	}
	if (lacking == NIL)
		return NULL;

	initStringInfo(&columns);
	foreach(lc, names)
		appendStringInfo(&columns, "%s%s", foreach_current_index(lc) == 0 ? "" : ", ",
						 quote_identifier(lfirst(lc)));
	if (linitial_oid(tables) == fk->conrelid)
		return psprintf("no usable index: CREATE INDEX CONCURRENTLY ON %s %s(%s);",
						fkfix_catalog_table_name(reader, fk->conrelid), method, columns.data);
	return psprintf("no usable index in %d of %d partitions; for the first: CREATE INDEX CONCURRENTLY ON %s %s(%s);",
					list_length(lacking), list_length(tables),
					fkfix_catalog_table_name(reader, linitial_oid(lacking)), method,
					columns.data);
}

/* The tables that hold the rows: the table itself or its leaf partitions. */
static List *
storage_tables(Reader *reader, Oid relid)
{
	List	   *tables = NIL;
	ListCell   *lc;

	foreach(lc, fkfix_catalog_tree(reader, relid, false))
	{
		TableFacts *table = fkfix_catalog_table(reader, lfirst_oid(lc), true);

		if (table != NULL && table->kind == RELKIND_RELATION)
			tables = lappend_oid(tables, table->relid);
	}
	return tables;
}

static bool
has_usable_index(Reader *reader, const ForeignKey *fk, Oid relid)
{
	Search		search = {.reader = reader};

	if (fk->indexed && relid == fk->conrelid && all_are_known(reader))
		return fk->served;
	reader->nindex_looks++;
	want_columns(reader, fk, relid, &search.wanted);
	fkfix_catalog_scan_oid(reader, IndexRelationId, IndexIndrelidIndexId,
						   Anum_pg_index_indrelid, relid, try_index, &search);
	return search.found;
}

static void
try_index(HeapTuple tuple, TupleDesc desc, void *state)
{
	Search	   *search = state;

	search->found = search->found || is_usable(search->reader, tuple, desc, &search->wanted);
}

/*
 * Is it known of all keys whether an index serves them?  All indexes are read when
 * it is likely that many keys will be asked about.
 */
static bool
all_are_known(Reader *reader)
{
	if (!reader->read_indexes && fkfix_catalog_many_looks(reader, reader->nindex_looks))
	{
		reader->read_indexes = true;
		fkfix_catalog_scan_all(reader, IndexRelationId, serve_keys, reader);
	}
	return reader->read_indexes;
}

/* Notes which keys an index serves: it must begin with one of their columns. */
static void
serve_keys(HeapTuple tuple, TupleDesc desc, void *state)
{
	Reader	   *reader = state;
	Form_pg_index index = (Form_pg_index) GETSTRUCT(tuple);
	AttrNumber	first = index->indkey.values[0];
	TableFacts *table = fkfix_catalog_noted(reader, index->indrelid);
	List	   *keys;
	ListCell   *lc;

	if (table == NULL || first <= 0 || !bms_is_member(first, table->key_columns))
		return;
	keys = fkfix_key_indexed_of(reader, table->relid);
	foreach(lc, keys)
	{
		ForeignKey *fk = lfirst(lc);
		Wanted		wanted;

		if (fk->served || !contains(fk->conkey, fk->nkeys, first))
			continue;
		want_columns(reader, fk, fk->conrelid, &wanted);
		fk->served = is_usable(reader, tuple, desc, &wanted);
	}
	list_free(keys);
}

/* The same referencing column may stand in a key twice. */
static void
want_columns(Reader *reader, const ForeignKey *fk, Oid relid, Wanted *wanted)
{
	AttrNumber	columns[INDEX_MAX_KEYS];
	int			count = fkfix_shape_map_columns(reader, fk, fk->conkey, fk->nkeys,
												relid, columns);

	wanted->relid = relid;
	wanted->period = fk->period;
	wanted->ncolumns = 0;
	for (int i = 0; i < count; i++)
	{
		if (contains(wanted->columns, wanted->ncolumns, columns[i]))
			continue;
		wanted->collations[wanted->ncolumns] =
			fkfix_catalog_column(reader, relid, columns[i], false)->collation;
		wanted->columns[wanted->ncolumns++] = columns[i];
	}
}

/*
 * Is an index valid, of a kind that serves equality, and are the columns a
 * prefix of its own in any order?
 */
static bool
is_usable(Reader *reader, HeapTuple tuple, TupleDesc desc, const Wanted *wanted)
{
	Form_pg_index index = (Form_pg_index) GETSTRUCT(tuple);
	Oid			method;

	if (!index->indisvalid || !index->indisready ||
		wanted->ncolumns == 0 || index->indnkeyatts < wanted->ncolumns)
		return false;
	for (int i = 0; i < wanted->ncolumns; i++)
	{
		if (!serves_column(tuple, desc, wanted, i))
			return false;
	}
	method = access_method(reader, tuple, desc);
	if (wanted->period ? method != GIST_AM_OID :
		(method != BTREE_AM_OID && !(method == HASH_AM_OID && wanted->ncolumns == 1)))
		return false;
	return predicate_is_harmless(tuple, desc, wanted);
}

/* Is a column among the index's first ones, and compared by its own collation? */
static bool
serves_column(HeapTuple tuple, TupleDesc desc, const Wanted *wanted, int i)
{
	Form_pg_index index = (Form_pg_index) GETSTRUCT(tuple);

	for (int at = 0; at < wanted->ncolumns; at++)
	{
		if (index->indkey.values[at] == wanted->columns[i])
			return vector_of(tuple, desc, Anum_pg_index_indcollation)->values[at] ==
				wanted->collations[i];
	}
	return false;
}

/*
 * Does a partial index hold all rows that are looked for?  They have no nulls in
 * the key's columns.  The predicate is looked at and never simplified: that would
 * run functions of whoever made the index, as the caller.
 */
static bool
predicate_is_harmless(HeapTuple tuple, TupleDesc desc, const Wanted *wanted)
{
	MemoryContext parsed;
	MemoryContext caller;
	bool		harmless = true;
	bool		isnull;
	Datum		datum = heap_getattr(tuple, Anum_pg_index_indpred, desc, &isnull);
	ListCell   *lc;

	if (isnull)
		return true;
	parsed = AllocSetContextCreate(CurrentMemoryContext, "fkfix predicate",
								   ALLOCSET_SMALL_SIZES);
	caller = MemoryContextSwitchTo(parsed);
	foreach(lc, make_ands_implicit(stringToNode(TextDatumGetCString(datum))))
	{
		NullTest   *test = lfirst(lc);

		/* of a composite value the planner infers nothing about its fields */
		harmless = IsA(test, NullTest) && test->nulltesttype == IS_NOT_NULL &&
			!test->argisrow && IsA(test->arg, Var) &&
			contains(wanted->columns, wanted->ncolumns, ((Var *) test->arg)->varattno);
		if (!harmless)
			break;
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(parsed);
	return harmless;
}

/* The operator classes know it as well as the index's row of pg_class. */
static Oid
access_method(Reader *reader, HeapTuple index, TupleDesc desc)
{
	return fkfix_catalog_access_method(reader,
									   vector_of(index, desc, Anum_pg_index_indclass)->values[0]);
}

static oidvector *
vector_of(HeapTuple index, TupleDesc desc, AttrNumber column)
{
	bool		isnull;

	return (oidvector *) DatumGetPointer(heap_getattr(index, column, desc, &isnull));
}

static bool
contains(const AttrNumber *columns, int count, AttrNumber attnum)
{
	for (int i = 0; i < count; i++)
	{
		if (columns[i] == attnum)
			return true;
	}
	return false;
}
