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
#include "utils/fmgroids.h"

#include "catalog.h"

/* The partitions found, and whether those that are being detached are wanted. */
typedef struct PartitionVisit
{
	List	   *partitions;
	bool		detaching;
} PartitionVisit;

static bool is_known_member(Reader *reader, Oid relid);
static void read_partition(HeapTuple tuple, TupleDesc desc, void *state);
static void read_membership(HeapTuple tuple, TupleDesc desc, void *state);
static void read_member(HeapTuple tuple, TupleDesc desc, void *state);

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

/* The members of extensions are fewer than the tables that will be asked about. */
static bool
is_known_member(Reader *reader, Oid relid)
{
	TableFacts *table = fkfix_catalog_table(reader, relid);
	ScanKeyData key;

	Assert(table == NULL || fkfix_catalog_noted(reader, relid) == table);
	if (!reader->read_members)
	{
		reader->read_members = true;
		ScanKeyInit(&key, Anum_pg_depend_refclassid, BTEqualStrategyNumber, F_OIDEQ,
					ObjectIdGetDatum(ExtensionRelationId));
		fkfix_catalog_scan(reader, DependRelationId, DependReferenceIndexId, 1, &key,
						   read_member, reader);
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
