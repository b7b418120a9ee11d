/*-------------------------------------------------------------------------
 *
 * rulebook.c
 *		The rules as they are now, remembered from statement to statement.
 *
 * To read a thousand rules takes as long as a small DDL statement, so
 * enforcement reads them once per session and again when they have changed.
 * Word of a change comes the way in which sessions hear of DDL: triggers on
 * fkfix.policy send a relcache invalidation of the table, which reaches every
 * session no later than the change itself is committed and acknowledged.  ALTER
 * TABLE, and whatever moves or drops the table, sends the same message by
 * itself.
 *
 * What is read is read with a fresh snapshot, so that a rule that another
 * session has committed binds the next statement, whatever the isolation level.
 * A query that reports on the rules sees those that its own snapshot sees; that
 * they mostly are the ones remembered spares it from reading a table that may
 * have grown.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/transam.h"
#include "access/xact.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "extension.h"
#include "rulebook.h"

/* What this session remembers. */
static Policy *remembered = NULL;
static MemoryContext remembered_context = NULL;
static Oid	remembered_table = InvalidOid;
static bool up_to_date = false; /* nothing has changed since it was read */
static bool undisturbed = false;	/* nothing has since reading began */

/* What it was read with, and in which transaction. */
static SnapshotData read_with;
static TransactionId read_xid = InvalidTransactionId;

static bool is_current(Oid table);
static bool sees_all(Snapshot snapshot);
static void note_snapshot(Snapshot snapshot);
static void read_rules(Oid table);
static bool announces(Oid table);
static void forget_rules(Datum arg, Oid relid);

PG_FUNCTION_INFO_V1(fkfix_announce_rules);

/*
 * Returns the rules as they are now.  They stay valid to the end of the
 * transaction, even if they are read again before that.
 */
const Policy *
fkfix_rulebook_now(void)
{
	Oid			table = fkfix_extension_table(POLICY_TABLE);

	if (!is_current(table))
		read_rules(table);
	return remembered;
}

/*
 * Returns the rules that a snapshot sees, for as long as fkfix_rulebook_now()
 * does: those remembered if it sees all of them, which it does unless it is
 * older than they are.
 */
const Policy *
fkfix_rulebook_as_of(Snapshot snapshot)
{
	Oid			table = fkfix_extension_table(POLICY_TABLE);

	/* the leader of a parallel query takes no further snapshot */
	if (!is_current(table) && !IsInParallelMode())
		read_rules(table);
	if (is_current(table) && sees_all(snapshot))
		return remembered;
	return fkfix_policy_load(snapshot);
}

/*
 * fkfix.announce_rules()
 *
 * AFTER trigger of fkfix.policy: tells all sessions, when this transaction
 * commits, that the rules have changed, and this one at once.  It is one for
 * rows, because an apply worker fires no other, and one for TRUNCATE.
 */
Datum
fkfix_announce_rules(PG_FUNCTION_ARGS)
{
	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" was not called by trigger manager",
						"announce_rules")));
	CacheInvalidateRelcache(((TriggerData *) fcinfo->context)->tg_relation);
	return PointerGetDatum(NULL);
}

/* Are the rules remembered, and has nothing changed since they were read? */
static bool
is_current(Oid table)
{
	AcceptInvalidationMessages();
	return up_to_date && remembered_table == table;
}

/*
 * Does a snapshot see all that was seen when the rules were read?  It does if
 * no transaction runs according to it that had ended by then, and no command of
 * its own transaction has been run since.
 */
static bool
sees_all(Snapshot snapshot)
{
	bool		recovery = snapshot->takenDuringRecovery;
	const TransactionId *running = recovery ? snapshot->subxip : snapshot->xip;
	uint32		count = recovery ? snapshot->subxcnt : snapshot->xcnt;

	if (TransactionIdPrecedes(snapshot->xmax, read_with.xmax))
		return false;
	for (uint32 i = 0; i < count; i++)
	{
		if (TransactionIdPrecedes(running[i], read_with.xmax) &&
			!XidInMVCCSnapshot(running[i], &read_with))
			return false;
	}
	return !TransactionIdIsValid(read_xid) || snapshot->curcid >= read_with.curcid ||
		read_xid != GetTopTransactionIdIfAny();
}

/* Copies what sees_all() looks at, into the current memory context. */
static void
note_snapshot(Snapshot snapshot)
{
	read_with = *snapshot;
	read_with.xip = palloc((snapshot->xcnt + 1) * sizeof(TransactionId));
	read_with.subxip = palloc((snapshot->subxcnt + 1) * sizeof(TransactionId));
	memcpy(read_with.xip, snapshot->xip, snapshot->xcnt * sizeof(TransactionId));
	memcpy(read_with.subxip, snapshot->subxip, snapshot->subxcnt * sizeof(TransactionId));
	read_xid = GetTopTransactionIdIfAny();
}

/* Reads the rules, and lets go of the old ones when the transaction ends. */
static void
read_rules(Oid table)
{
	static bool listening = false;
	MemoryContext context;
	MemoryContext caller;
	Policy	   *policy;
	Snapshot	snapshot;

	if (!listening)
		CacheRegisterRelcacheCallback(forget_rules, (Datum) 0);
	listening = true;

	context = AllocSetContextCreate(CurTransactionContext, "fkfix rules",
									ALLOCSET_DEFAULT_SIZES);
	caller = MemoryContextSwitchTo(context);
	remembered_table = table;
	up_to_date = false;
	undisturbed = announces(table);
	snapshot = GetLatestSnapshot();
	note_snapshot(snapshot);
	policy = fkfix_policy_load(snapshot);
	MemoryContextSwitchTo(caller);

	if (remembered_context != NULL)
		MemoryContextSetParent(remembered_context, TopTransactionContext);
	MemoryContextSetParent(context, TopMemoryContext);
	remembered = policy;
	remembered_context = context;
	up_to_date = undisturbed;
}

/*
 * Will we hear of changes?  An owner who drops or disables the triggers, which
 * we hear of, shall have slower DDL for it, not another policy.
 */
static bool
announces(Oid table)
{
	Relation	rel = try_relation_open(table, AccessShareLock);
	int			count = 0;

	if (rel == NULL)
		return false;			/* fkfix_policy_load says so */
	for (int i = 0; rel->trigdesc != NULL && i < rel->trigdesc->numtriggers; i++)
	{
		const Trigger *trigger = &rel->trigdesc->triggers[i];

		if (trigger->tgenabled == TRIGGER_FIRES_ALWAYS &&
			(strcmp(trigger->tgname, "announce_rules") == 0 ||
			 strcmp(trigger->tgname, "announce_truncate") == 0))
			count++;
	}
	relation_close(rel, AccessShareLock);
	return count == 2;
}

/* The relcache was told that a table, or every table, has changed. */
static void
forget_rules(Datum arg, Oid relid)
{
	if (!OidIsValid(relid) || relid == remembered_table)
		up_to_date = undisturbed = false;
}
