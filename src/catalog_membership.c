/*-------------------------------------------------------------------------
 *
 * catalog_membership.c
 *		What tables belong to: partitioned tables, and extensions.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_inherits.h"
#include "miscadmin.h"
#include "utils/fmgroids.h"
#include "utils/hsearch.h"

#include "catalog.h"

/* The partitions found, and whether those that are being detached are wanted. */
typedef struct PartitionVisit
{
	List	   *partitions;
	bool		detaching;
} PartitionVisit;

/* The tables one level below another; see fkfix_catalog_partitions. */
typedef List *(*NextLevel) (Reader *reader, Oid relid, bool detaching);

static List *descendants_of(Reader *reader, Oid relid, bool detaching,
							NextLevel next_level);
static List *children_of(Reader *reader, Oid relid, bool detaching);
static HTAB *make_oid_set(Oid first);
static bool is_known_member(Reader *reader, Oid relid);
static void read_partition(HeapTuple tuple, TupleDesc desc, void *state);
static void read_parent(HeapTuple tuple, TupleDesc desc, void *state);
static void read_membership(HeapTuple tuple, TupleDesc desc, void *state);
static void read_member(HeapTuple tuple, TupleDesc desc, void *state);

/*
 * Returns the OIDs of the direct partitions of a table, sorted, a new list; NIL if
 * it is not partitioned.  Those that are being detached concurrently still have their
 * rows of older keys, but get none of newer ones: they count if "detaching".
 */
List *
fkfix_catalog_partitions(Reader *reader, Oid relid, bool detaching)
{
	const TableFacts *table = fkfix_catalog_table(reader, relid, true);

	if (table == NULL || table->kind != RELKIND_PARTITIONED_TABLE)
		return NIL;
	return children_of(reader, relid, detaching);
}

/*
 * Returns the OIDs of a table and of its partitions at all levels, parents first,
 * a new list.  Each is there once, even if pg_inherits has been edited to lead in
 * a circle.
 */
List *
fkfix_catalog_tree(Reader *reader, Oid relid, bool detaching)
{
	return descendants_of(reader, relid, detaching, fkfix_catalog_partitions);
}

/*
 * The same of all tables that inherit from it, partitions or not.
 */
List *
fkfix_catalog_inheritors(Reader *reader, Oid relid)
{
	return descendants_of(reader, relid, true, children_of);
}

/*
 * Returns the OID of the table at the top of a partition tree, the table's own if
 * it is no partition.  One that is being detached has no parent any more, as in
 * get_partition_ancestors.
 */
Oid
fkfix_catalog_topmost(Reader *reader, Oid relid)
{
	TableFacts *table = fkfix_catalog_table(reader, relid, true);
	List	   *below = NIL;
	Oid			at = relid;

	if (table == NULL || !table->partition)
		return relid;
	if (OidIsValid(table->topmost))
		return table->topmost;
	for (;;)
	{
		Oid			parent = InvalidOid;

		CHECK_FOR_INTERRUPTS();
		below = lappend_oid(below, at);
		fkfix_catalog_scan_oid(reader, InheritsRelationId, InheritsRelidSeqnoIndexId,
							   Anum_pg_inherits_inhrelid, at, read_parent, &parent);
		/* pg_inherits may have been edited to lead in a circle */
		if (!OidIsValid(parent) || list_member_oid(below, parent))
			break;
		at = parent;
	}
	list_free(below);
	table->topmost = at;
	return at;
}

/*
 * Does this table belong to an extension?  A reader of all keys must only be
 * asked about their tables.
 */
bool
fkfix_catalog_in_extension(Reader *reader, Oid relid)
{
	ScanKeyData keys[2];
	bool		member = false;

	if (reader->keys != NULL)
		return is_known_member(reader, relid);
	ScanKeyInit(&keys[0], Anum_pg_depend_classid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(RelationRelationId));
	ScanKeyInit(&keys[1], Anum_pg_depend_objid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(relid));
	fkfix_catalog_scan(reader, DependRelationId, DependDependerIndexId, 2, keys,
					   read_membership, &member);
	return member;
}

/* As find_all_inheritors, with what is on the next level. */
static List *
descendants_of(Reader *reader, Oid relid, bool detaching, NextLevel next_level)
{
	List	   *tree = list_make1_oid(relid);
	HTAB	   *seen = NULL;
	ListCell   *lc;

	foreach(lc, tree)
	{
		List	   *children = next_level(reader, lfirst_oid(lc), detaching);
		ListCell   *lc2;

		CHECK_FOR_INTERRUPTS();
		if (children != NIL && seen == NULL)
			seen = make_oid_set(relid);
		foreach(lc2, children)
		{
			bool		found;

			(void) hash_search(seen, &lfirst_oid(lc2), HASH_ENTER, &found);
			if (!found)
				tree = lappend_oid(tree, lfirst_oid(lc2));
		}
		list_free(children);
	}
	if (seen != NULL)
		hash_destroy(seen);
	return tree;
}

static List *
children_of(Reader *reader, Oid relid, bool detaching)
{
	PartitionVisit visit = {NIL, detaching};

	fkfix_catalog_scan_oid(reader, InheritsRelationId, InheritsParentIndexId,
						   Anum_pg_inherits_inhparent, relid, read_partition, &visit);
	list_sort(visit.partitions, list_oid_cmp);
	return visit.partitions;
}

static HTAB *
make_oid_set(Oid first)
{
	HASHCTL		ctl = {
		.keysize = sizeof(Oid),
		.entrysize = sizeof(Oid),
		.hcxt = CurrentMemoryContext
	};
	HTAB	   *set = hash_create("fkfix tables", 32, &ctl,
								  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);

	(void) hash_search(set, &first, HASH_ENTER, NULL);
	return set;
}

/* The members of extensions are fewer than the tables that will be asked about. */
static bool
is_known_member(Reader *reader, Oid relid)
{
	const TableFacts *table = fkfix_catalog_table(reader, relid, true);

	Assert(table == NULL || fkfix_catalog_noted(reader, relid) == table);
	if (!reader->read_members)
	{
		reader->read_members = true;
		fkfix_catalog_scan_oid(reader, DependRelationId, DependReferenceIndexId,
							   Anum_pg_depend_refclassid, ExtensionRelationId, read_member, reader);
	}
	return table != NULL && table->in_extension;
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
read_parent(HeapTuple tuple, TupleDesc desc, void *state)
{
	Form_pg_inherits form = (Form_pg_inherits) GETSTRUCT(tuple);

	if (!form->inhdetachpending)
		*(Oid *) state = form->inhparent;
}

static void
read_membership(HeapTuple tuple, TupleDesc desc, void *state)
{
	Form_pg_depend depend = (Form_pg_depend) GETSTRUCT(tuple);

	if (depend->objsubid == 0 && depend->refclassid == ExtensionRelationId &&
		depend->deptype == DEPENDENCY_EXTENSION)
		*(bool *) state = true;
}

static void
read_member(HeapTuple tuple, TupleDesc desc, void *state)
{
	Form_pg_depend depend = (Form_pg_depend) GETSTRUCT(tuple);
	TableFacts *table = depend->classid != RelationRelationId ? NULL :
		fkfix_catalog_noted(state, depend->objid);

	if (table != NULL && depend->deptype == DEPENDENCY_EXTENSION)
		table->in_extension = true;
}
