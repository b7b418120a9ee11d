/*-------------------------------------------------------------------------
 *
 * rulebook.c
 *		The rules as they are now, remembered from statement to statement.
 *
 * To read a thousand rules takes as long as a small DDL statement, so
 * enforcement reads them once per session and again when they have changed.
 * Word of a change comes the way in which sessions hear of DDL: triggers on
 * fkfix_policy send a relcache invalidation of the table, which reaches every
 * session no later than the change itself is committed and acknowledged.  ALTER
 * TABLE, and whatever moves or drops the table, sends the same message by
 * itself.
 *
 * What is read is read with a fresh snapshot, so that a rule that another
 * session has committed binds the next statement, whatever the isolation level.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "rulebook.h"

/* What this session remembers. */
static Policy *remembered = NULL;
static MemoryContext remembered_context = NULL;
static Oid	remembered_table = InvalidOid;
static bool up_to_date = false; /* nothing has changed since it was read */
static bool undisturbed = false;	/* nothing has since reading began */

static void read_rules(Extension *extension, Oid table);
static bool announces(Oid table);
static void forget_rules(Datum arg, Oid relid);

PG_FUNCTION_INFO_V1(fkfix_announce_rules);

/*
 * Returns the rules as they are now.  They stay valid to the end of the
 * transaction, even if they are read again before that.
 */
const Policy *
fkfix_rulebook_now(Extension *extension)
{
	Oid			table = fkfix_extension_table(extension, "fkfix_policy");

	AcceptInvalidationMessages();
	if (!up_to_date || remembered_table != table)
		read_rules(extension, table);
	return remembered;
}

/*
 * fkfix_announce_rules()
 *
 * AFTER trigger of fkfix_policy: tells all sessions, when this transaction
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
						"fkfix_announce_rules")));
	CacheInvalidateRelcache(((TriggerData *) fcinfo->context)->tg_relation);
	return PointerGetDatum(NULL);
}

/* Reads the rules, and lets go of the old ones when the transaction ends. */
static void
read_rules(Extension *extension, Oid table)
{
	static bool listening = false;
	MemoryContext context;
	MemoryContext caller;
	Policy	   *policy;

	if (!listening)
		CacheRegisterRelcacheCallback(forget_rules, (Datum) 0);
	listening = true;

	context = AllocSetContextCreate(CurTransactionContext, "fkfix rules",
									ALLOCSET_DEFAULT_SIZES);
	caller = MemoryContextSwitchTo(context);
	remembered_table = table;
	up_to_date = false;
	undisturbed = announces(table);
	policy = fkfix_policy_load(extension, GetLatestSnapshot());
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
	Relation	rel = table_open(table, AccessShareLock);
	int			count = 0;

	for (int i = 0; rel->trigdesc != NULL && i < rel->trigdesc->numtriggers; i++)
	{
		const Trigger *trigger = &rel->trigdesc->triggers[i];

		if (trigger->tgenabled == TRIGGER_FIRES_ALWAYS &&
			(strcmp(trigger->tgname, "fkfix_announce_rules") == 0 ||
			 strcmp(trigger->tgname, "fkfix_announce_truncate") == 0))
			count++;
	}
	table_close(rel, AccessShareLock);
	return count == 2;
}

/* The relcache was told that a table, or every table, has changed. */
static void
forget_rules(Datum arg, Oid relid)
{
	if (!OidIsValid(relid) || relid == remembered_table)
		up_to_date = undisturbed = false;
}
