/*-------------------------------------------------------------------------
 *
 * key_index.c
 *		All foreign keys, read once.
 *
 * An audit of a database goes through all keys, table by table, and asks for the
 * neighbours and descendants of many.  One scan of pg_constraint and a few sorted
 * lists are faster than its indexes, which lead to the rows one by one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_constraint.h"
#include "utils/memutils.h"

#include "key.h"

/* How many keys are allocated at a time: as many as go into one chunk. */
#define SPARE	((int) (FKFIX_CHUNK / sizeof(ForeignKey)))

/* How many keys away the next one that is looked for is expected. */
#define NEAR	2

static int64 search(ForeignKey *const *keys, int64 count, Size field,
					Oid value);
static ForeignKey *new_key(Reader *reader);
static void add_key(HeapTuple tuple, TupleDesc desc, void *state);
static void sort_by_table(Reader *reader);
static void sort_by_parent(Reader *reader);
static int	compare_by_oid(const void *a, const void *b);
static int	compare_by_name(const void *a, const void *b);
static int	compare_by_parent(const void *a, const void *b);
static int	compare_tables(const ListCell *a, const ListCell *b);

/*
 * Prepares a reader to be asked about every foreign key there is: reads
 * pg_constraint and pg_class as a whole, and keeps the keys and the tables at
 * their ends.
 */
void
fkfix_key_read_all(Reader *reader)
{
	KeyIndex   *keys = MemoryContextAllocZero(reader->context, sizeof(KeyIndex));

	keys->size = 256;
	keys->by_oid = MemoryContextAlloc(reader->context, keys->size * sizeof(ForeignKey *));
	reader->keys = keys;
	fkfix_catalog_scan_all(reader, ConstraintRelationId, add_key, reader);
	qsort(keys->by_oid, keys->count, sizeof(ForeignKey *), compare_by_oid);
	sort_by_table(reader);
	sort_by_parent(reader);
	fkfix_catalog_read_noted(reader);
}

/*
 * Returns the foreign key with this OID, the index's own, or NULL if there is
 * none.  Keys are mostly asked for in the order in which they were made: look
 * near the last one first.
 */
ForeignKey *
fkfix_key_indexed(KeyIndex *keys, Oid constraint)
{
	int64		near = Min(keys->at + NEAR, keys->count);

	for (; keys->at < near; keys->at++)
	{
		if (keys->by_oid[keys->at]->oid == constraint)
			return keys->by_oid[keys->at];
	}
	keys->at = search(keys->by_oid, keys->count, offsetof(ForeignKey, oid), constraint);
	return keys->at < keys->count && keys->by_oid[keys->at]->oid == constraint ?
		keys->by_oid[keys->at] : NULL;
}

/*
 * Returns the foreign keys of a referencing table, in the order of their names:
 * a new list.
 */
List *
fkfix_key_indexed_of(Reader *reader, Oid relid)
{
	const TableFacts *table = fkfix_catalog_noted(reader, relid);
	List	   *found = NIL;

	for (int i = 0; table != NULL && i < table->nkeys; i++)
		found = lappend(found, reader->keys->by_table[table->first_key + i]);
	return found;
}

/*
 * Returns the keys that partitioning derived directly from a key: a new list.
 */
List *
fkfix_key_indexed_children(const KeyIndex *keys, Oid parent)
{
	List	   *found = NIL;
	int64		at = search(keys->by_parent, keys->nchildren,
							offsetof(ForeignKey, conparentid), parent);

	for (; at < keys->nchildren && keys->by_parent[at]->conparentid == parent; at++)
		found = lappend(found, keys->by_parent[at]);
	return found;
}

/* Of keys sorted by a field, where the first is that is not below a value. */
static int64
search(ForeignKey *const *keys, int64 count, Size field, Oid value)
{
	int64		low = 0;
	int64		high = count;

	while (low < high)
	{
		int64		middle = low + (high - low) / 2;

		if (*(const Oid *) ((const char *) keys[middle] + field) < value)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* A key to be filled in. */
static ForeignKey *
new_key(Reader *reader)
{
	KeyIndex   *keys = reader->keys;

	if (keys->nspare == 0)
	{
		keys->nspare = SPARE;
		keys->spare = MemoryContextAlloc(reader->context, SPARE * sizeof(ForeignKey));
	}
	keys->nspare--;
	return keys->spare++;
}

static void
add_key(HeapTuple tuple, TupleDesc desc, void *state)
{
	Reader	   *reader = state;
	KeyIndex   *keys = reader->keys;
	ForeignKey *fk;
	TableFacts *table;
	MemoryContext caller;

	if (((Form_pg_constraint) GETSTRUCT(tuple))->contype != CONSTRAINT_FOREIGN)
		return;
	if (keys->count == keys->size)
	{
		keys->size *= 2;
		keys->by_oid = repalloc_huge(keys->by_oid, keys->size * sizeof(ForeignKey *));
	}
	fk = keys->by_oid[keys->count++] = new_key(reader);
	caller = MemoryContextSwitchTo(reader->context);
	fkfix_key_fill(fk, tuple, desc);
	fk->indexed = true;
	keys->nchildren += OidIsValid(fk->conparentid);
	(void) fkfix_catalog_note_table(reader, fk->confrelid, NULL, 0);
	table = fkfix_catalog_note_table(reader, fk->conrelid, fk->conkey, fk->nkeys);
	if (table->nkeys++ == 0)
		keys->tables = lappend(keys->tables, table);
	MemoryContextSwitchTo(caller);
}

/*
 * Puts each table's keys side by side, and sorts those: as the index of
 * pg_constraint by table and name.
 */
static void
sort_by_table(Reader *reader)
{
	KeyIndex   *keys = reader->keys;
	TableFacts *table = NULL;
	int64		first = 0;
	ListCell   *lc;

	list_sort(keys->tables, compare_tables);
	foreach(lc, keys->tables)
	{
		table = lfirst(lc);
		table->first_key = first;
		first += table->nkeys;
		table->nkeys = 0;
	}
	keys->by_table = MemoryContextAllocHuge(reader->context,
											Max(keys->count, 1) * sizeof(ForeignKey *));
	for (int64 i = 0; i < keys->count; i++)
	{
		if (table == NULL || table->relid != keys->by_oid[i]->conrelid)
			table = fkfix_catalog_noted(reader, keys->by_oid[i]->conrelid);
		keys->by_table[table->first_key + table->nkeys++] = keys->by_oid[i];
	}
	foreach(lc, keys->tables)
	{
		table = lfirst(lc);
		qsort(&keys->by_table[table->first_key], table->nkeys, sizeof(ForeignKey *),
			  compare_by_name);
	}
}

/* Collects the descendants, and tells their parents that they have some. */
static void
sort_by_parent(Reader *reader)
{
	KeyIndex   *keys = reader->keys;
	int64		child = 0;

	keys->by_parent = MemoryContextAllocHuge(reader->context,
											 Max(keys->nchildren, 1) * sizeof(ForeignKey *));
	for (int64 i = 0; child < keys->nchildren; i++)
	{
		ForeignKey *fk = keys->by_oid[i];
		ForeignKey *parent;

		if (!OidIsValid(fk->conparentid))
			continue;
		keys->by_parent[child++] = fk;
		parent = fkfix_key_indexed(keys, fk->conparentid);
		if (parent != NULL)
			parent->divided = true;
	}
	qsort(keys->by_parent, keys->nchildren, sizeof(ForeignKey *), compare_by_parent);
}

static int
compare_by_oid(const void *a, const void *b)
{
	const ForeignKey *x = *(ForeignKey *const *) a;
	const ForeignKey *y = *(ForeignKey *const *) b;

	return x->oid < y->oid ? -1 : x->oid > y->oid;
}

static int
compare_by_name(const void *a, const void *b)
{
	const ForeignKey *x = *(ForeignKey *const *) a;
	const ForeignKey *y = *(ForeignKey *const *) b;

	return strcmp(NameStr(x->name), NameStr(y->name));
}

static int
compare_by_parent(const void *a, const void *b)
{
	const ForeignKey *x = *(ForeignKey *const *) a;
	const ForeignKey *y = *(ForeignKey *const *) b;

	if (x->conparentid != y->conparentid)
		return x->conparentid < y->conparentid ? -1 : 1;
	return x->oid < y->oid ? -1 : x->oid > y->oid;
}

static int
compare_tables(const ListCell *a, const ListCell *b)
{
	Oid			x = ((const TableFacts *) lfirst(a))->relid;
	Oid			y = ((const TableFacts *) lfirst(b))->relid;

	return x < y ? -1 : x > y;
}
