/*-------------------------------------------------------------------------
 *
 * key.c
 *		A foreign key as pg_constraint has it.
 *
 * Every way to get at one is here: by OID, by table and name, from either of its
 * tables, up and down the tree that partitioning makes of it.  All go through a
 * Reader, so that a key can also be read as it was.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/tupmacs.h"
#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"

#include "compat.h"
#include "key.h"

static void read_columns(ForeignKey *fk, HeapTuple tuple, TupleDesc desc);
static int	read_attnums(const char **at, AttrNumber *attnums);
static void read_key(HeapTuple tuple, TupleDesc desc, void *state);
static void read_dependent_key(HeapTuple tuple, TupleDesc desc, void *state);
static AttrNumber *copy_attnums(const AttrNumber *attnums, int count);

/*
 * Returns a row of pg_constraint, which must be a foreign key's, in a form that
 * is easier to use, palloc'd.
 */
ForeignKey *
fkfix_key_form(HeapTuple tuple, TupleDesc desc)
{
	ForeignKey *fk = palloc(sizeof(ForeignKey));

	fkfix_key_fill(fk, tuple, desc);
	return fk;
}

/*
 * Fills in a key; its arrays are palloc'd, in one piece.
 */
void
fkfix_key_fill(ForeignKey *fk, HeapTuple tuple, TupleDesc desc)
{
	Form_pg_constraint con = (Form_pg_constraint) GETSTRUCT(tuple);

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
	fk->indexed = false;
	fk->divided = false;
	fk->served = false;
	fk->triggers = 0;

	read_columns(fk, tuple, desc);
}

/*
 * Has partitioning derived a key from another or others from it?  It is known
 * of a parent only if all keys have been read.
 */
bool
fkfix_key_has_relatives(const ForeignKey *fk)
{
	return fk->divided || OidIsValid(fk->conparentid);
}

/*
 * Returns a copy of a key, palloc'd.  What is only known where all keys have been
 * read, and may become known later, it does not take along.
 */
ForeignKey *
fkfix_key_copy(const ForeignKey *fk)
{
	ForeignKey *copy = palloc(sizeof(ForeignKey));

	*copy = *fk;
	copy->indexed = false;
	copy->divided = false;
	copy->conkey = copy_attnums(fk->conkey, 2 * fk->nkeys + fk->ndelset);
	copy->confkey = copy->conkey + fk->nkeys;
	copy->delset = copy->confkey + fk->nkeys;
	return copy;
}

/*
 * Returns the foreign key with this OID; palloc'd, or the index's own where all
 * have been read.  If there is none (any more), raises an error or, if
 * missing_ok, returns NULL.
 */
ForeignKey *
fkfix_key_get(Reader *reader, Oid constraint, bool missing_ok)
{
	List	   *keys = NIL;
	ForeignKey *fk;

	if (reader->keys != NULL)
		fk = fkfix_key_indexed(reader->keys, constraint);
	else
	{
		fkfix_catalog_scan_oid(reader, ConstraintRelationId, ConstraintOidIndexId,
							   Anum_pg_constraint_oid, constraint, read_key, &keys);
		fk = keys == NIL ? NULL : linitial(keys);
	}
	if (fk == NULL && !missing_ok)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("foreign key with OID %u does not exist", constraint)));
	return fk;
}

/*
 * Returns the foreign key of a table with this name, palloc'd, or NULL if there
 * is none.
 */
ForeignKey *
fkfix_key_find(Reader *reader, Oid relid, const char *name)
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
	fkfix_catalog_scan(reader, ConstraintRelationId, ConstraintRelidTypidNameIndexId, 3,
					   scankeys, read_key, &keys);
	/* There can be at most one matching row */
	return keys == NIL ? NULL : linitial(keys);
}

/*
 * Returns the foreign keys, roots and descendants, of a referencing table.
 */
List *
fkfix_key_list_of(Reader *reader, Oid relid)
{
	List	   *keys = NIL;
	ScanKeyData scankeys[2];

	if (reader->keys != NULL)
		return fkfix_key_indexed_of(reader, relid);
	ScanKeyInit(&scankeys[0], Anum_pg_constraint_conrelid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(relid));
	ScanKeyInit(&scankeys[1], Anum_pg_constraint_contypid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(InvalidOid));
	fkfix_catalog_scan(reader, ConstraintRelationId, ConstraintRelidTypidNameIndexId, 2,
					   scankeys, read_key, &keys);
	return keys;
}

/*
 * Returns the foreign keys that reference a table.  pg_constraint has no index
 * on confrelid, but every key depends on the columns it references.
 */
List *
fkfix_key_list_to(Reader *reader, Oid relid)
{
	List	   *oids = NIL;
	List	   *keys = NIL;
	ListCell   *lc;
	ScanKeyData scankeys[2];

	ScanKeyInit(&scankeys[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(RelationRelationId));
	ScanKeyInit(&scankeys[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(relid));
	fkfix_catalog_scan(reader, DependRelationId, DependReferenceIndexId, 2, scankeys,
					   read_dependent_key, &oids);

	/* one for each column; and there may be very many keys */
	list_sort(oids, list_oid_cmp);
	list_deduplicate_oid(oids);
	foreach(lc, oids)
	{
		ForeignKey *fk = fkfix_key_get(reader, lfirst_oid(lc), true);

		if (fk != NULL && fk->confrelid == relid)
			keys = lappend(keys, fk);
	}
	return keys;
}

/*
 * Returns the keys that partitioning derived directly from a key: a new list.
 */
List *
fkfix_key_children(Reader *reader, Oid constraint)
{
	List	   *children = NIL;

	if (reader->keys != NULL)
		return fkfix_key_indexed_children(reader->keys, constraint);
	fkfix_catalog_scan_oid(reader, ConstraintRelationId, ConstraintParentIndexId,
						   Anum_pg_constraint_conparentid, constraint, read_key, &children);
	return children;
}

/*
 * Returns the root key that a key descends from, itself if it is a root; NULL if
 * the chain leads to no root, but to nothing or in a circle.
 */
const ForeignKey *
fkfix_key_root(Reader *reader, const ForeignKey *fk)
{
	List	   *below = NIL;

	while (OidIsValid(fk->conparentid))
	{
		CHECK_FOR_INTERRUPTS();
		if (list_member_oid(below, fk->oid))
			return NULL;
		below = lappend_oid(below, fk->oid);
		fk = fkfix_key_get(reader, fk->conparentid, true);
		if (fk == NULL)
			return NULL;
	}
	list_free(below);
	return fk;
}

/*
 * Returns what a key does on DELETE, palloc'd; the names in its column list are
 * the reader's.
 */
Action *
fkfix_key_delete_action(Reader *reader, const ForeignKey *fk)
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
fkfix_key_update_action(const ForeignKey *fk)
{
	Action	   *action = palloc(sizeof(Action));

	action->kind = fkfix_action_kind(fk->on_update);
	action->columns = NIL;
	return action;
}

/*
 * Are two column lists the same, order included?
 */
bool
fkfix_key_same_columns(const AttrNumber *a, int a_count,
					   const AttrNumber *b, int b_count)
{
	if (a_count != b_count)
		return false;
	return a_count == 0 || memcmp(a, b, a_count * sizeof(AttrNumber)) == 0;
}

/*
 * Reads the columns of a key.  conkey and confkey are the first two of the row
 * that vary in length, and are taken from there: heap_getattr would walk through
 * all that comes before, which for many keys is most of the work.
 */
static void
read_columns(ForeignKey *fk, HeapTuple tuple, TupleDesc desc)
{
	AttrNumber	attnums[3 * INDEX_MAX_KEYS];
	const char *at = (char *) GETSTRUCT(tuple) + FKFIX_COMPAT_CONSTRAINT_FIXED;
	int			nreferenced;
	bool		isnull;
	Datum		delset;

	StaticAssertStmt(Anum_pg_constraint_conkey == FKFIX_COMPAT_CONSTRAINT_NFIXED + 1 &&
					 Anum_pg_constraint_confkey == FKFIX_COMPAT_CONSTRAINT_NFIXED + 2,
					 "conkey and confkey are not where they are looked for");
	fk->nkeys = heap_attisnull(tuple, Anum_pg_constraint_conkey, desc) ? -1 :
		read_attnums(&at, attnums);
	nreferenced = fk->nkeys < 0 || heap_attisnull(tuple, Anum_pg_constraint_confkey, desc) ? -1 :
		read_attnums(&at, attnums + fk->nkeys);
	delset = heap_getattr(tuple, Anum_pg_constraint_confdelsetcols, desc, &isnull);
	at = DatumGetPointer(delset);
	fk->ndelset = isnull || fk->nkeys < 0 ? 0 : read_attnums(&at, attnums + 2 * fk->nkeys);
	fk->malformed = fk->nkeys <= 0 || fk->nkeys != nreferenced || fk->ndelset < 0;
	if (fk->malformed)
		fk->nkeys = fk->ndelset = 0;

	fk->conkey = copy_attnums(attnums, 2 * fk->nkeys + fk->ndelset);
	fk->confkey = fk->conkey + fk->nkeys;
	fk->delset = fk->confkey + fk->nkeys;
}

/*
 * Reads an int2[] that begins there or behind what aligns it, goes to its end, and
 * returns its length; -1 if it is not what a key's columns are.  A short value is
 * not aligned where it lies, which is why it is copied.  The checks are those of
 * DeconstructFkConstraintRow.
 */
static int
read_attnums(const char **at, AttrNumber *attnums)
{
	union
	{
		ArrayType	array;
		char		bytes[ARR_OVERHEAD_NONULLS(1) + INDEX_MAX_KEYS * sizeof(AttrNumber)];
	}			copy;
	struct varlena *value = (struct varlena *) att_align_pointer(*at, TYPALIGN_INT, -1, *at);
	Size		size = VARSIZE_ANY_EXHDR(value) + VARHDRSZ;
	int			count;

	/* neither so long that it was compressed or put elsewhere, nor too short */
	if ((VARATT_IS_EXTENDED(value) && !VARATT_IS_SHORT(value)) ||
		size > sizeof(copy) || size < sizeof(ArrayType))
		return -1;
	*at = (const char *) value + VARSIZE_ANY(value);
	SET_VARSIZE(&copy, size);
	memcpy(VARDATA(&copy), VARDATA_ANY(value), size - VARHDRSZ);
	if (ARR_NDIM(&copy.array) != 1)
		return ARR_NDIM(&copy.array) == 0 ? 0 : -1;
	count = ARR_DIMS(&copy.array)[0];
	if (count < 0 || count > INDEX_MAX_KEYS ||
		ARR_HASNULL(&copy.array) || ARR_ELEMTYPE(&copy.array) != INT2OID ||
		size < ARR_OVERHEAD_NONULLS(1) + count * sizeof(AttrNumber))
		return -1;
	memcpy(attnums, ARR_DATA_PTR(&copy.array), count * sizeof(AttrNumber));
	return count;
}

static void
read_key(HeapTuple tuple, TupleDesc desc, void *state)
{
	List	  **keys = state;

	if (((Form_pg_constraint) GETSTRUCT(tuple))->contype == CONSTRAINT_FOREIGN)
		*keys = lappend(*keys, fkfix_key_form(tuple, desc));
}

static void
read_dependent_key(HeapTuple tuple, TupleDesc desc, void *state)
{
	List	  **oids = state;
	Form_pg_depend depend = (Form_pg_depend) GETSTRUCT(tuple);

	if (depend->classid == ConstraintRelationId)
		*oids = lappend_oid(*oids, depend->objid);
}

static AttrNumber *
copy_attnums(const AttrNumber *attnums, int count)
{
	AttrNumber *copy = palloc(Max(count, 1) * sizeof(AttrNumber));

	if (count > 0)
		memcpy(copy, attnums, count * sizeof(AttrNumber));
	return copy;
}
