/*-------------------------------------------------------------------------
 *
 * tables.c
 *		The tables that a key stands on: which they are, and whether this
 *		session is using them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/relation.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "utils/rel.h"

#include "compat.h"
#include "tables.h"

static bool is_open(Oid relid);
static bool is_locked(Oid relid);

/*
 * Returns the OIDs of all tables of a root key, partitions included, in the
 * current memory context.  Takes no locks.
 */
List *
fkfix_tables_of(const ForeignKey *fk)
{
	Reader	   *reader = fkfix_catalog_reader(NULL);

	/* a partition that is being detached is still part of the key */
	return list_concat_unique_oid(fkfix_catalog_tree(reader, fk->confrelid, true),
								  fkfix_catalog_tree(reader, fk->conrelid, true));
}

/*
 * Raises an error if this session itself is using a table of a root key: has an
 * open cursor on it, or trigger events still to fire.  Other sessions' uses are
 * what the locks are for, which the caller is about to take.  As
 * CheckTableNotInUse, but names the key, and says what to do.
 */
void
fkfix_tables_check_idle(const ForeignKey *fk)
{
	Reader	   *reader = fkfix_catalog_reader(NULL);
	ListCell   *lc;

	foreach(lc, fkfix_tables_of(fk))
	{
		Oid			relid = lfirst_oid(lc);

		if (is_open(relid))
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_IN_USE),
					 errmsg("cannot rebuild foreign key \"%s\" because table \"%s\" is being used by active queries in this session",
							NameStr(fk->name),
							NameStr(fkfix_catalog_table(reader, relid, false)->name)),
					 errhint("Close the cursors that are open on the table, and do not rebuild from a query or trigger that uses it.")));
		if (AfterTriggerPendingOnRel(relid))
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_IN_USE),
					 errmsg("cannot rebuild foreign key \"%s\" because table \"%s\" has pending trigger events",
							NameStr(fk->name),
							NameStr(fkfix_catalog_table(reader, relid, false)->name)),
					 errhint("Run SET CONSTRAINTS ALL IMMEDIATE first, or rebuild in a transaction of its own.")));
	}
}

/*
 * As fkfix_tables_check_idle, but returns false instead of raising an error.
 */
bool
fkfix_tables_are_idle(const ForeignKey *fk)
{
	ListCell   *lc;

	foreach(lc, fkfix_tables_of(fk))
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
	rel = try_relation_open(relid, NoLock);
	if (rel == NULL)
		return false;
	open = rel->rd_refcnt != 1;
	relation_close(rel, NoLock);
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
