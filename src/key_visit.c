/*-------------------------------------------------------------------------
 *
 * key_visit.c
 *		All foreign keys of a table or of the database, one after the other.
 *
 * Those that users know are the roots.  What partitioning derived from them is
 * visited only where its root is not there, which no DDL brings about.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/indexing.h"
#include "catalog/pg_constraint.h"
#include "miscadmin.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"

#include "key.h"

/* Whom to pass root keys on to. */
typedef struct RootVisit
{
	Reader	   *reader;
	Oid			relid;			/* the referencing table of the last one */
	KeyVisitor	visit;
	void	   *state;
	MemoryContext context;
} RootVisit;

static void read_root(HeapTuple tuple, TupleDesc desc, void *state);
static void visit_root(RootVisit *roots, const ForeignKey *fk);
static void visit_rootless(RootVisit *roots, const ForeignKey *fk);
static void visit_key(RootVisit *roots, const ForeignKey *fk);

/*
 * Visits the root keys of one referencing table, or with InvalidOid of all: table
 * by table, each table's in the order of their names.  The visitor runs in a
 * memory context that lives for one visit, and may read catalogs.
 */
void
fkfix_key_each_root(Reader *reader, Oid relid, KeyVisitor visit, void *state)
{
	RootVisit	roots = {reader, InvalidOid, visit, state, NULL};
	const KeyIndex *all = OidIsValid(relid) ? NULL : reader->keys;
	ScanKeyData key;

	roots.context = AllocSetContextCreate(CurrentMemoryContext, "fkfix key",
										  ALLOCSET_DEFAULT_SIZES);
	for (int64 i = 0; all != NULL && i < all->count; i++)
		visit_root(&roots, all->by_table[i]);
	if (all == NULL)
	{
		ScanKeyInit(&key, Anum_pg_constraint_conrelid, BTEqualStrategyNumber, F_OIDEQ,
					ObjectIdGetDatum(relid));
		fkfix_catalog_scan(reader, ConstraintRelationId, ConstraintRelidTypidNameIndexId,
						   OidIsValid(relid) ? 1 : 0, &key, read_root, &roots);
	}
	MemoryContextDelete(roots.context);
}

/*
 * Visits the keys, of one referencing table or with InvalidOid of all, that
 * partitioning seems to have derived from a key that is not there.  The reader
 * must have read all keys if it is asked about all.
 */
void
fkfix_key_each_rootless(Reader *reader, Oid relid, KeyVisitor visit, void *state)
{
	RootVisit	roots = {reader, InvalidOid, visit, state, NULL};
	List	   *keys = OidIsValid(relid) ? fkfix_key_list_of(reader, relid) : NIL;
	ListCell   *lc;

	roots.context = AllocSetContextCreate(CurrentMemoryContext, "fkfix key",
										  ALLOCSET_DEFAULT_SIZES);
	foreach(lc, keys)
		visit_rootless(&roots, lfirst(lc));
	for (int64 i = 0; !OidIsValid(relid) && i < reader->keys->nchildren; i++)
		visit_rootless(&roots, reader->keys->by_parent[i]);
	MemoryContextDelete(roots.context);
}

static void
read_root(HeapTuple tuple, TupleDesc desc, void *state)
{
	Form_pg_constraint con = (Form_pg_constraint) GETSTRUCT(tuple);
	RootVisit  *roots = state;
	MemoryContext caller;

	if (con->contype != CONSTRAINT_FOREIGN || OidIsValid(con->conparentid))
		return;
	caller = MemoryContextSwitchTo(roots->context);
	visit_root(roots, fkfix_key_form(tuple, desc));
	MemoryContextSwitchTo(caller);
}

static void
visit_root(RootVisit *roots, const ForeignKey *fk)
{
	if (!OidIsValid(fk->conparentid))
		visit_key(roots, fk);
}

static void
visit_rootless(RootVisit *roots, const ForeignKey *fk)
{
	if (OidIsValid(fk->conparentid) && fkfix_key_root(roots->reader, fk) == NULL)
		visit_key(roots, fk);
}

static void
visit_key(RootVisit *roots, const ForeignKey *fk)
{
	MemoryContext caller;

	CHECK_FOR_INTERRUPTS();
	if (roots->reader->passing && roots->relid != fk->conrelid)
		fkfix_catalog_forget_columns(roots->reader);
	roots->relid = fk->conrelid;
	caller = MemoryContextSwitchTo(roots->context);
	roots->visit(fk, roots->state);
	MemoryContextSwitchTo(caller);
	MemoryContextReset(roots->context);
}
