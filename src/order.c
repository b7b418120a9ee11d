/*-------------------------------------------------------------------------
 *
 * order.c
 *		In which order a rebuild locks tables.
 *
 * A DELETE that cascades locks the referenced table first and the referencing
 * ones after it, level by level.  So do we, along all foreign keys of the
 * database and not just those to be rebuilt.  Tables that reference each other
 * have no such order; lock.c knows what to do about that.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_constraint.h"
#include "miscadmin.h"
#include "utils/hsearch.h"
#include "utils/rel.h"

#include "key.h"
#include "order.h"

/* A table in the graph of foreign keys; see order_component. */
typedef struct GraphTable
{
	Oid			relid;			/* hash key */
	List	   *referenced;		/* OIDs of the tables it references */
	List	   *wanted;			/* OIDs of the tables to lock here */
	int			index;			/* order of discovery; 0: not yet visited */
	int			low;			/* lowest index reachable */
	bool		on_stack;
} GraphTable;

/* A walk over that graph. */
typedef struct GraphWalk
{
	Reader	   *reader;
	HTAB	   *tables;
	List	   *stack;			/* GraphTables, the latest last */
	List	   *order;			/* OIDs, finished ones */
	int			visited;
} GraphWalk;

static void read_graph(GraphWalk *walk);
static void want_table(GraphWalk *walk, Oid relid);
static void order_component(GraphWalk *walk, GraphTable *table);
static GraphTable *graph_table(GraphWalk *walk, Oid relid);

/*
 * Returns the OIDs of the tables of these root keys in locking order, without
 * partitions that come with their parents: referenced before referencing, those
 * that reference each other in a cycle by OID.  Unless others must be sure to
 * have the same order, a single key needs no graph.  Takes no locks on the tables;
 * the list is made in the current memory context.
 */
List *
fkfix_order_tables(List *keys, bool strict)
{
	GraphWalk	walk = {.reader = fkfix_catalog_reader(NULL)};
	List	   *order = NIL;
	ListCell   *lc;

	if (list_length(keys) == 1 && !strict)
	{
		ForeignKey *fk = linitial(keys);

		return list_append_unique_oid(list_make1_oid(fk->confrelid), fk->conrelid);
	}

	read_graph(&walk);
	foreach(lc, keys)
	{
		ForeignKey *fk = lfirst(lc);

		want_table(&walk, fk->conrelid);
		want_table(&walk, fk->confrelid);
	}
	foreach(lc, keys)
	{
		GraphTable *table = graph_table(&walk, ((ForeignKey *) lfirst(lc))->conrelid);

		if (table->index == 0)
			order_component(&walk, table);
	}
	foreach(lc, walk.order)
	{
		GraphTable *table = graph_table(&walk, lfirst_oid(lc));

		/* the table itself comes before its partitions, which no other has */
		list_sort(table->wanted, list_oid_cmp);
		if (list_member_oid(table->wanted, table->relid))
			order = lappend_oid(order, table->relid);
		order = list_concat(order, list_delete_oid(table->wanted, table->relid));
	}
	return order;
}

/* Reads which table references which, by all root keys. */
static void
read_graph(GraphWalk *walk)
{
	HASHCTL		ctl = {
		.keysize = sizeof(Oid),
		.entrysize = sizeof(GraphTable),
		.hcxt = CurrentMemoryContext
	};
	Relation	rel = table_open(ConstraintRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	HeapTuple	tuple;

	walk->tables = hash_create("fkfix key graph", 256, &ctl,
							   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_constraint con = (Form_pg_constraint) GETSTRUCT(tuple);

		CHECK_FOR_INTERRUPTS();
		if (con->contype == CONSTRAINT_FOREIGN && !OidIsValid(con->conparentid))
		{
			GraphTable *table = graph_table(walk, con->conrelid);
			GraphTable *referenced = graph_table(walk, con->confrelid);

			table->referenced = list_append_unique_oid(table->referenced, referenced->relid);
		}
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
}

static void
want_table(GraphWalk *walk, Oid relid)
{
	GraphTable *table = graph_table(walk, relid);

	table->wanted = list_append_unique_oid(table->wanted, relid);
}

/*
 * Tarjan's algorithm: visits what a table references before the table itself,
 * and puts the tables of a cycle side by side.
 */
static void
order_component(GraphWalk *walk, GraphTable *table)
{
	List	   *component = NIL;
	GraphTable *member;
	ListCell   *lc;

	/* since this function recurses, it could be driven to stack overflow */
	check_stack_depth();

	table->index = table->low = ++walk->visited;
	table->on_stack = true;
	walk->stack = lappend(walk->stack, table);
	foreach(lc, table->referenced)
	{
		GraphTable *next = graph_table(walk, lfirst_oid(lc));

		if (next->index == 0)
		{
			order_component(walk, next);
			table->low = Min(table->low, next->low);
		}
		else if (next->on_stack)
			table->low = Min(table->low, next->index);
	}
	if (table->low != table->index)
		return;

	do
	{
		member = llast(walk->stack);
		member->on_stack = false;
		walk->stack = list_delete_last(walk->stack);
		component = lappend_oid(component, member->relid);
	} while (member != table);
	list_sort(component, list_oid_cmp);
	walk->order = list_concat(walk->order, component);
}

/*
 * The node of a table.  A partition has that of its topmost parent, whose lock
 * comes with locks on all partitions.
 */
static GraphTable *
graph_table(GraphWalk *walk, Oid relid)
{
	bool		found;
	GraphTable *table;

	relid = fkfix_catalog_topmost(walk->reader, relid);
	table = hash_search(walk->tables, &relid, HASH_ENTER, &found);
	if (!found)
	{
		MemSet(table, 0, sizeof(GraphTable));
		table->relid = relid;
	}
	return table;
}
