/*-------------------------------------------------------------------------
 *
 * lock.c
 *		Which locks a rebuild takes, and when.
 *
 * A rebuild changes what DELETE and UPDATE do, so it must not run beside them;
 * it does not change what a SELECT sees or what a check of an inserted row
 * needs.  SHARE ROW EXCLUSIVE says that: it is what ADD FOREIGN KEY takes on
 * both tables.  Every partition is locked too, because DML that names a leaf
 * locks nothing but the leaf.
 *
 * They are taken in the order that order.c says, in which cascades take them,
 * or the two could wait for each other.  And rebuilds of one database take turns, because tables that
 * reference each other have no such order.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_class.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_inherits.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "compat.h"
#include "lock.h"
#include "order.h"

static bool is_open(Oid relid);
static bool is_locked(Oid relid);
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

	foreach(lc, fkfix_order_tables(keys))
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
