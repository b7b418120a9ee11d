/*-------------------------------------------------------------------------
 *
 * lock.c
 *		Which locks a rebuild takes, and in which order.
 *
 * A rebuild changes what DELETE and UPDATE do, so it must not run beside them;
 * it does not change what a SELECT sees or what a check of an inserted row
 * needs.  SHARE ROW EXCLUSIVE says that: it is what ADD FOREIGN KEY takes on
 * both tables.  Every partition is locked too, because DML that names a leaf
 * locks nothing but the leaf.
 *
 * A DELETE that cascades locks the referenced table first and the referencing
 * ones after it, level by level.  So do we, along all foreign keys of the
 * database and not just those to be rebuilt, or the two could wait for each
 * other.  And rebuilds of one database take turns, because tables that
 * reference each other have no such order.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_inherits.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "compat.h"
#include "lock.h"

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
	HTAB	   *tables;
	List	   *stack;			/* GraphTables, the latest last */
	List	   *order;			/* OIDs, finished ones */
	int			visited;
} GraphWalk;

static bool is_open(Oid relid);
static bool is_locked(Oid relid);
static List *lock_order(List *keys);
static void read_graph(GraphWalk *walk);
static void want_table(GraphWalk *walk, Oid relid);
static void order_component(GraphWalk *walk, GraphTable *table);
static GraphTable *graph_table(GraphWalk *walk, Oid relid);
static List *trees_of(const ForeignKey *fk);
static List *tree_of(Oid relid, LOCKMODE lockmode);

/*
 * Waits until no other rebuild runs in this database, and keeps others away to
 * the end of the transaction.  Must come before any lock on a table.
 */
void
fkfix_lock_turn(const Extension *extension)
{
	LockDatabaseObject(ExtensionRelationId, extension->oid, 0, ExclusiveLock);
}

/*
 * Locks all tables of all these root keys, to the end of the transaction.
 * Tables that are gone by then are passed over: the caller looks at its keys
 * again anyway.
 */
void
fkfix_lock_keys(List *keys)
{
	ListCell   *lc;

	foreach(lc, lock_order(keys))
	{
		LockRelationOid(lfirst_oid(lc), ShareRowExclusiveLock);
		(void) tree_of(lfirst_oid(lc), ShareRowExclusiveLock);
	}
}

/*
 * Locks the tables of a root key if that needs no waiting.  Returns false if
 * some lock is not to be had; those taken until then stay.
 */
bool
fkfix_lock_key_conditionally(const ForeignKey *fk)
{
	List	   *tables = trees_of(fk);
	ListCell   *lc;

	foreach(lc, tables)
	{
		if (!ConditionalLockRelationOid(lfirst_oid(lc), ShareRowExclusiveLock))
			return false;
	}
	/* a partition may have come before its parent was locked */
	return list_difference_oid(trees_of(fk), tables) == NIL;
}

/*
 * Raises an error if this session itself is using a table of a root key: has an
 * open cursor on it, or trigger events still to fire.  Other sessions' uses are
 * what the locks are for, which the caller is about to take.  As
 * CheckTableNotInUse, but names the key, and says what to do.
 */
void
fkfix_lock_check_idle(const ForeignKey *fk)
{
	ListCell   *lc;

	foreach(lc, trees_of(fk))
	{
		Oid			relid = lfirst_oid(lc);

		if (is_open(relid))
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_IN_USE),
					 errmsg("cannot rebuild foreign key \"%s\" because table \"%s\" is being used by active queries in this session",
							NameStr(fk->name), get_rel_name(relid)),
					 errhint("Close the cursors that are open on the table, and do not rebuild from a query or trigger that uses it.")));
		if (AfterTriggerPendingOnRel(relid))
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_IN_USE),
					 errmsg("cannot rebuild foreign key \"%s\" because table \"%s\" has pending trigger events",
							NameStr(fk->name), get_rel_name(relid)),
					 errhint("Run SET CONSTRAINTS ALL IMMEDIATE first, or rebuild in a transaction of its own.")));
	}
}

/*
 * As fkfix_lock_check_idle, but returns false instead of raising an error.
 */
bool
fkfix_lock_is_idle(const ForeignKey *fk)
{
	ListCell   *lc;

	foreach(lc, trees_of(fk))
	{
		if (is_open(lfirst_oid(lc)) || AfterTriggerPendingOnRel(lfirst_oid(lc)))
			return false;
	}
	return true;
}

/*
 * Is a table open in this session, for anything but this question?  Whoever has
 * it open has a lock on it, which is asked for first: it is not usual, and
 * opening a table whose key has just been changed takes long.
 */
static bool
is_open(Oid relid)
{
	Relation	rel;
	bool		open;

	if (!is_locked(relid))
		return false;
	rel = table_open(relid, NoLock);
	open = rel->rd_refcnt != 1;
	table_close(rel, NoLock);
	return open;
}

/* Does this transaction hold any lock on a table? */
static bool
is_locked(Oid relid)
{
	LOCKTAG		tag;

	SET_LOCKTAG_RELATION(tag, MyDatabaseId, relid);
	for (LOCKMODE mode = AccessShareLock; mode <= AccessExclusiveLock; mode++)
	{
		if (fkfix_compat_lock_held(&tag, mode))
			return true;
	}
	return false;
}

/*
 * The tables of all keys in locking order: referenced before referencing, those
 * that reference each other in a cycle by OID.  A single key needs no graph.
 */
static List *
lock_order(List *keys)
{
	GraphWalk	walk = {NULL, NIL, NIL, 0};
	List	   *order = NIL;
	ListCell   *lc;

	if (list_length(keys) == 1)
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

		/* the table itself comes before its partitions */
		list_sort(table->wanted, list_oid_cmp);
		if (list_member_oid(table->wanted, table->relid))
			order = lappend_oid(order, table->relid);
		order = list_concat_unique_oid(order, table->wanted);
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
	List	   *ancestors = get_rel_relispartition(relid) ? get_partition_ancestors(relid) : NIL;

	/* one that is being detached has no ancestors any more */
	if (ancestors != NIL)
		relid = llast_oid(ancestors);
	table = hash_search(walk->tables, &relid, HASH_ENTER, &found);
	if (!found)
	{
		MemSet(table, 0, sizeof(GraphTable));
		table->relid = relid;
	}
	return table;
}

/* All tables of a root key, partitions included, without locking any. */
static List *
trees_of(const ForeignKey *fk)
{
	return list_concat_unique_oid(tree_of(fk->confrelid, NoLock),
								  tree_of(fk->conrelid, NoLock));
}

/*
 * A table and its partitions, if any; the partitions locked on the way.  As
 * find_all_inheritors, but one that is being detached is still part of the key.
 * The children of legacy inheritance never are.
 */
static List *
tree_of(Oid relid, LOCKMODE lockmode)
{
	List	   *tree = list_make1_oid(relid);
	ListCell   *lc;

	foreach(lc, tree)
	{
		if (get_rel_relkind(lfirst_oid(lc)) == RELKIND_PARTITIONED_TABLE)
			tree = list_concat(tree,
							   find_inheritance_children_extended(lfirst_oid(lc), false,
																  lockmode, NULL, NULL));
	}
	return tree;
}
