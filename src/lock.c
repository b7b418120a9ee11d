/*-------------------------------------------------------------------------
 *
 * lock.c
 *		Which locks a rebuild takes, and how it gets them.
 *
 * A rebuild changes what DELETE and UPDATE do, so it must not run beside them;
 * it does not change what a SELECT sees or what a check of an inserted row
 * needs.  SHARE ROW EXCLUSIVE says that: it is what ADD FOREIGN KEY takes on
 * both tables.  Every partition is locked too, because DML that names a leaf
 * locks nothing but the leaf.
 *
 * Transactions that write to these tables lock them in an order of their own:
 * a DELETE that cascades level by level, others as they come.  Whoever waits for
 * one table and keeps another locked may wait for ever.  So we wait for one at a
 * time and keep none, or only for as long as nobody would yet look for a
 * deadlock.  So there is none, unless the transaction brought locks along, or the
 * tables were not to be had together however often we tried.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "commands/progress.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "storage/proc.h"
#include "utils/inval.h"
#include "utils/resowner.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "extension.h"
#include "lock.h"
#include "order.h"
#include "subtransaction.h"
#include "tables.h"

/*
 * After this many rounds of attempts we wait for the tables in their order,
 * however long it takes, as other DDL does.  All who wait so wait in the same
 * order, and those who attempt give up soon: so it needs no turn.
 */
#define MAX_ROUNDS		30

/*
 * How long to wait at most for tables while others are locked, in ms: in the
 * first round, and in any.  As long do we keep those waiting who write to these
 * others, so at first it is less than anyone would notice.
 */
#define MIN_PATIENCE	4
#define MAX_PATIENCE	500

/* Waits as long as it takes. */
#define ENDLESS_PATIENCE	(-1)

/* An attempt at all the locks that some keys need. */
typedef struct Attempt
{
	LOCKTAG		turn;			/* see take_locks */
	List	   *keys;
	Oid			first;			/* the table to wait for before anything else,
								 * if valid */
	int			patience;		/* how long to wait for others, in ms */
	TimestampTz deadline;		/* when that will be over */
	Oid			missing;		/* the table that was not to be had;
								 * InvalidOid: the turn */
	List	   *locked;			/* tables that were free */
	int			lock_timeout;	/* the session's own */
	bool		impatient;		/* lock_timeout is ours at the moment */
} Attempt;

static bool take_free_locks(Attempt *attempt);
static bool attempt_locks(Attempt *attempt);
static bool take_locks(void *state);
static bool lock_tables(Attempt *attempt);
static bool lock_tree(Attempt *attempt, Oid relid);
static bool lock_table(Attempt *attempt, Oid relid);
static void refuse_indexed(Oid relid);
static bool is_being_indexed(Oid relid);

/*
 * Locks all tables of all these root keys, to the end of the transaction.  Tables
 * that are gone by then are passed over: the caller looks at its keys again
 * anyway.  The caller has made sure that the current user may rebuild the keys.
 *
 * A lock_timeout of the session applies to each single wait.
 */
void
fkfix_lock_keys(List *keys)
{
	Attempt		attempt = {
		.keys = keys,
		.lock_timeout = LockTimeout
	};
	Oid			missed = InvalidOid;

	/* not 0, which is the extension for DEPENDS ON EXTENSION, anyone's DDL */
	SET_LOCKTAG_OBJECT(attempt.turn, MyDatabaseId, ExtensionRelationId,
					   fkfix_extension_oid(), 1);
	for (int round = 0; round < MAX_ROUNDS; round++)
	{
		/* all may be free at this moment */
		attempt.first = InvalidOid;
		attempt.patience = 0;
		if (take_free_locks(&attempt))
			return;

		/* or may soon be, once we have the one that was missed last */
		attempt.first = OidIsValid(missed) ? missed : attempt.missing;
		attempt.patience = Min(Min(MIN_PATIENCE << Min(round, 10), MAX_PATIENCE),
							   DeadlockTimeout / 2);
		if (attempt_locks(&attempt))
			return;

		/* let those go on whom we have kept waiting */
		missed = attempt.missing;
		pg_usleep(1000L);
	}
	attempt.first = InvalidOid;
	attempt.patience = ENDLESS_PATIENCE;
	(void) lock_tables(&attempt);
}

/*
 * Locks the tables of a root key if that needs no waiting.  Returns false if
 * some lock is not to be had; those taken until then stay.
 */
bool
fkfix_lock_key_conditionally(const ForeignKey *fk)
{
	List	   *tables = fkfix_tables_of(fk);
	ListCell   *lc;

	foreach(lc, tables)
	{
		if (!ConditionalLockRelationOid(lfirst_oid(lc), ShareRowExclusiveLock))
			return false;
	}
	/* a partition may have come before its parent was locked */
	return list_difference_oid(fkfix_tables_of(fk), tables) == NIL;
}

/*
 * Of two sessions, one may rename a schema, or make a domain NOT NULL, while the
 * other makes a key that this brings into a rule's range; neither sees what the
 * other has not committed.  Tables they have locked, but not these: so each is
 * locked here to the end of the transaction, exclusively by who alters it, and
 * whoever comes second sees the other's work.
 */
void
fkfix_lock_surroundings(Reader *reader, const ForeignKey *fk)
{
	TableFacts *referencing = fkfix_catalog_table(reader, fk->conrelid, true);
	TableFacts *referenced = fkfix_catalog_table(reader, fk->confrelid, true);

	if (referencing == NULL || referenced == NULL)
		return;
	LockDatabaseObject(NamespaceRelationId, referencing->schema_oid, 0, AccessShareLock);
	if (referenced->schema_oid != referencing->schema_oid)
		LockDatabaseObject(NamespaceRelationId, referenced->schema_oid, 0, AccessShareLock);
	for (int i = 0; i < fk->nkeys; i++)
	{
		ColumnFacts *column = fkfix_catalog_column(reader, fk->conrelid, fk->conkey[i], true);

		if (column != NULL && column->type >= FirstNormalObjectId)
			LockDatabaseObject(TypeRelationId, column->type, 0, AccessShareLock);
	}
}

/*
 * Takes all locks, or releases what it took and returns false if some table is
 * not free.  Waits for nothing but the turn.  What we run in may be a cursor,
 * whose failure does not undo what it did before: the locks belong to the
 * transaction.
 */
static bool
take_free_locks(Attempt *attempt)
{
	ResourceOwner owner = CurrentResourceOwner;
	bool		taken;

	CurrentResourceOwner = CurTransactionResourceOwner;
	taken = take_locks(attempt);
	if (!taken)
	{
		ListCell   *lc;

		foreach(lc, attempt->locked)
			UnlockRelationOid(lfirst_oid(lc), ShareRowExclusiveLock);
	}
	CurrentResourceOwner = owner;
	return taken;
}

/*
 * Takes all locks, and waits for them if need be, or releases what it took and
 * returns false.  A lock that one waits for cannot be had for a limited time,
 * except by raising an error; so this is a subtransaction.
 */
static bool
attempt_locks(Attempt *attempt)
{
	bool		statement_timeout = get_timeout_active(STATEMENT_TIMEOUT);
	ErrorData  *error;
	bool		taken;

	attempt->impatient = false;
	taken = fkfix_subtransaction_run(take_locks, attempt, &error);
	if (error == NULL)
		return taken;

	/* of two timeouts at the same moment the server reports one only */
	if (!attempt->impatient || error->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE ||
		statement_timeout != get_timeout_active(STATEMENT_TIMEOUT))
		ReThrowError(error);
	FreeErrorData(error);
	return false;
}

/*
 * Waits for the first table, if there is one, then takes the other locks.
 * Returns false, and leaves it to the caller to release what was taken, if one
 * of them is not to be had in time.
 *
 * The turn is a lock named after the extension that keeps two rebuilds from
 * spoiling each other's attempts.  It is held for no longer than one attempt: what
 * an ordinary role could hold to the end of its transaction would stop everybody
 * else's rebuilds.  Nobody waits for it who has locked a table in this attempt.
 */
static bool
take_locks(void *state)
{
	Attempt    *attempt = state;
	bool		taken;

	attempt->locked = NIL;
	if (OidIsValid(attempt->first))
	{
		refuse_indexed(attempt->first);
		LockRelationOid(attempt->first, ShareRowExclusiveLock);
	}
	if (LockAcquire(&attempt->turn, ExclusiveLock, false,
					OidIsValid(attempt->first)) == LOCKACQUIRE_NOT_AVAIL)
	{
		attempt->missing = InvalidOid;
		return false;
	}
	taken = lock_tables(attempt);
	LockRelease(&attempt->turn, ExclusiveLock, false);
	return taken;
}

/* Locks the tables of all keys, for each of which we wait as long as allowed. */
static bool
lock_tables(Attempt *attempt)
{
	List	   *tables;
	ListCell   *lc;

	AcceptInvalidationMessages();
	tables = fkfix_order_tables(attempt->keys, attempt->patience == ENDLESS_PATIENCE);
	attempt->deadline = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
													attempt->patience);
	foreach(lc, tables)
	{
		CHECK_FOR_INTERRUPTS();
		if (!lock_tree(attempt, lfirst_oid(lc)))
			return false;
	}
	return true;
}

/*
 * A table and its partitions: these cannot change any more once their parent is
 * locked.
 */
static bool
lock_tree(Attempt *attempt, Oid relid)
{
	Reader	   *reader = fkfix_catalog_reader(NULL);
	List	   *tree = list_make1_oid(relid);
	ListCell   *lc;

	foreach(lc, tree)
	{
		if (!lock_table(attempt, lfirst_oid(lc)))
			return false;
		tree = list_concat_unique_oid(tree, fkfix_catalog_partitions(reader, lfirst_oid(lc), true));
	}
	return true;
}

/*
 * Others are locked already.  Somebody who waits for one of those looks for a
 * deadlock after deadlock_timeout; we must have released it before.
 */
static bool
lock_table(Attempt *attempt, Oid relid)
{
	long		patience;

	if (ConditionalLockRelationOid(relid, ShareRowExclusiveLock))
	{
		attempt->locked = lappend_oid(attempt->locked, relid);
		return true;
	}
	refuse_indexed(relid);
	if (attempt->patience == ENDLESS_PATIENCE)
	{
		LockRelationOid(relid, ShareRowExclusiveLock);
		return true;
	}

	attempt->missing = relid;
	if (attempt->patience == 0)
		return false;
	patience = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), attempt->deadline);
	if (patience == 0)
		return false;
	attempt->impatient = attempt->lock_timeout == 0 || attempt->lock_timeout > patience;
	PG_TRY();
	{
		if (attempt->impatient)
			LockTimeout = patience;
		LockRelationOid(relid, ShareRowExclusiveLock);
		/* the lock may have come at the very moment at which the time was up */
		CHECK_FOR_INTERRUPTS();
	}
	PG_FINALLY();
	{
		LockTimeout = attempt->lock_timeout;
	}
	PG_END_TRY();
	attempt->impatient = false;
	return true;
}

/*
 * CREATE INDEX CONCURRENTLY keeps its lock while it waits for all transactions
 * that began before; if one of those waits for that lock, the server ends either
 * of them, and hours of work may be lost.  So it is we who give way, at once.
 */
static void
refuse_indexed(Oid relid)
{
	if (is_being_indexed(relid))
		ereport(ERROR,
				(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
				 errmsg("cannot lock table \"%s\" while an index on it is being built concurrently",
						NameStr(fkfix_catalog_table(fkfix_catalog_reader(NULL), relid, false)->name)),
				 errdetail("CREATE INDEX CONCURRENTLY and REINDEX CONCURRENTLY wait for this transaction to end."),
				 errhint("Try again when the index is there.")));
}

/* Is somebody building an index on a table, concurrently? */
static bool
is_being_indexed(Oid relid)
{
	pgstat_clear_backend_activity_snapshot();
	for (int i = pgstat_fetch_stat_numbackends(); i > 0; i--)
	{
		const PgBackendStatus *backend = fkfix_compat_backend_status(i);
		int64		command;

		if (backend == NULL || backend->st_databaseid != MyDatabaseId ||
			backend->st_progress_command != PROGRESS_COMMAND_CREATE_INDEX ||
			backend->st_progress_command_target != relid)
			continue;
		command = backend->st_progress_param[PROGRESS_CREATEIDX_COMMAND];
		if (command == PROGRESS_CREATEIDX_COMMAND_CREATE_CONCURRENTLY ||
			command == PROGRESS_CREATEIDX_COMMAND_REINDEX_CONCURRENTLY)
			return true;
	}
	return false;
}
