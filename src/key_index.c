/*-------------------------------------------------------------------------
 *
 * key_index.c
 *		All foreign keys, read once.
 *
 * An audit of a database goes through all keys, table by table, and asks for the
 * neighbours and descendants of many.  One scan of pg_constraint and two sorted
 * lists are faster than its indexes, which lead to the rows one by one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_constraint.h"
#include "utils/memutils.h"

#include "key.h"

#define OID_FIELD(fk, field)	(*(const Oid *) ((const char *) (fk) + (field)))

static List *range_of(ForeignKey *const *keys, int64 count, Size field,
					  Oid value);
static void add_key(HeapTuple tuple, TupleDesc desc, void *state);
static void sort_keys(Reader *reader);
static int	compare_by_name(const void *a, const void *b);
static int	compare_by_parent(const void *a, const void *b);

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
	keys->items = MemoryContextAlloc(reader->context, keys->size * sizeof(ForeignKey));
	reader->keys = keys;
	fkfix_catalog_scan(reader, ConstraintRelationId, InvalidOid, 0, NULL, add_key, reader);
	sort_keys(reader);
	fkfix_catalog_read_noted(reader);
}

/*
 * Returns the foreign keys of a referencing table, in the order of their names:
 * a new list.
 */
List *
fkfix_key_indexed_of(const KeyIndex *keys, Oid relid)
{
	return range_of(keys->by_name, keys->count, offsetof(ForeignKey, conrelid), relid);
}

/*
 * Returns the keys that partitioning derived directly from a key: a new list.
 */
List *
fkfix_key_indexed_children(const KeyIndex *keys, Oid parent)
{
	return range_of(keys->by_parent, keys->nchildren,
					offsetof(ForeignKey, conparentid), parent);
}

/* Those of some keys, sorted by a field that holds an OID, where it holds this. */
static List *
range_of(ForeignKey *const *keys, int64 count, Size field, Oid value)
{
	List	   *found = NIL;
	int64		low = 0;
	int64		high = count;

	while (low < high)
	{
		int64		middle = low + (high - low) / 2;

		if (OID_FIELD(keys[middle], field) < value)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < count && OID_FIELD(keys[low], field) == value; low++)
		found = lappend(found, keys[low]);
	return found;
}

static void
add_key(HeapTuple tuple, TupleDesc desc, void *state)
{
	Reader	   *reader = state;
	KeyIndex   *keys = reader->keys;
	ForeignKey *fk;
	MemoryContext caller;

	if (((Form_pg_constraint) GETSTRUCT(tuple))->contype != CONSTRAINT_FOREIGN)
		return;
	if (keys->count == keys->size)
	{
		keys->size *= 2;
		keys->items = repalloc_huge(keys->items, keys->size * sizeof(ForeignKey));
	}
	fk = &keys->items[keys->count++];
	caller = MemoryContextSwitchTo(reader->context);
	fkfix_key_fill(fk, tuple, desc);
	MemoryContextSwitchTo(caller);
	keys->nchildren += OidIsValid(fk->conparentid);
	fkfix_catalog_note_table(reader, fk->confrelid, NULL, 0);
	fkfix_catalog_note_table(reader, fk->conrelid, fk->conkey, fk->nkeys);
}

static void
sort_keys(Reader *reader)
{
	KeyIndex   *keys = reader->keys;
	int64		child = 0;

	keys->size = Max(keys->count, 1);
	keys->items = repalloc_huge(keys->items, keys->size * sizeof(ForeignKey));
	keys->by_name = MemoryContextAllocHuge(reader->context,
										   keys->size * sizeof(ForeignKey *));
	keys->by_parent = MemoryContextAllocHuge(reader->context,
											 Max(keys->nchildren, 1) * sizeof(ForeignKey *));
	for (int64 i = 0; i < keys->count; i++)
	{
		keys->by_name[i] = &keys->items[i];
		if (OidIsValid(keys->items[i].conparentid))
			keys->by_parent[child++] = &keys->items[i];
	}
	qsort(keys->by_name, keys->count, sizeof(ForeignKey *), compare_by_name);
	qsort(keys->by_parent, keys->nchildren, sizeof(ForeignKey *), compare_by_parent);
}

/* As the index of pg_constraint by table and name. */
static int
compare_by_name(const void *a, const void *b)
{
	const ForeignKey *x = *(ForeignKey *const *) a;
	const ForeignKey *y = *(ForeignKey *const *) b;

	if (x->conrelid != y->conrelid)
		return x->conrelid < y->conrelid ? -1 : 1;
	return strncmp(NameStr(x->name), NameStr(y->name), NAMEDATALEN);
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
