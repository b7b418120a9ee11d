/*-------------------------------------------------------------------------
 *
 * enforce.c
 *		The doorman: the event trigger function fkfix_enforce().
 *
 * At the end of each DDL statement the server tells an event trigger what was
 * done.  Two kinds of foreign keys are of interest.  Keys that the statement
 * made are known by the addresses of its ADD CONSTRAINT subcommands; a key that
 * core takes down and puts up again (ALTER COLUMN TYPE) arrives as another
 * subcommand and is not new.  And older keys that the statement may have brought
 * into or out of a rule's range: review.c looks at those.
 *
 * The test is never xmin: VALIDATE and ALTER CONSTRAINT change it as well.  Nor
 * is the event trigger limited to certain tags: keys come with CREATE SCHEMA
 * too, and ALTER INDEX can rename a table.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "commands/event_trigger.h"
#include "commands/extension.h"
#include "executor/executor.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "storage/lmgr.h"
#include "tcop/deparse_utility.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/tuplestore.h"

#include "compat.h"
#include "concern.h"
#include "extension.h"
#include "lock.h"
#include "review.h"
#include "rulebook.h"
#include "sanction.h"
#include "subtransaction.h"

/* Column of pg_event_trigger_ddl_commands() that holds the command itself. */
#define DDL_COMMANDS_NCOLUMNS	9

static List *collected_commands(void);
static bool has_written(void);
static void note_uncollected(Node *parsetree, Deeds *deeds);
static void note_command(CollectedCommand *command, Deeds *deeds);
static void note_alter_table(CollectedCommand *command, Deeds *deeds);
static Oid	detached_table(const CollectedATSubcmd *sub);
static void note_simple(CollectedCommand *command, Deeds *deeds);
static void note_table(Oid relid, Deeds *deeds);
static void enforce(const Deeds *deeds);
static void enforce_guarded(Deeds *deeds);
static bool enforce_or_fail(void *state);
static void judge_new_keys(Statement *statement, const Deeds *deeds);

PG_FUNCTION_INFO_V1(fkfix_enforce);

/*
 * fkfix_enforce()
 *
 * Event trigger function for ddl_command_end.
 */
Datum
fkfix_enforce(PG_FUNCTION_ARGS)
{
	EventTriggerData *trigdata;
	Deeds		deeds = {0};
	bool		snapshot_set = ActiveSnapshotSet();
	List	   *commands;
	ListCell   *lc;

	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("%s can only be called in an event trigger function",
						"fkfix_enforce()")));
	trigdata = (EventTriggerData *) fcinfo->context;
	/* other events have collected nothing, and a login has no statement */
	if (strcmp(trigdata->event, "ddl_command_end") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("%s can only be called in an event trigger function for %s",
						"fkfix_enforce()", "ddl_command_end")));
	if (fkfix_enforcement == ENFORCE_OFF || creating_extension || IsBinaryUpgrade ||
		!fkfix_concern_statement(trigdata->parsetree))
		return (Datum) 0;

	commands = collected_commands();
	foreach(lc, commands)
		note_command(lfirst(lc), &deeds);
	if (commands == NIL && snapshot_set && has_written())
		note_uncollected(trigdata->parsetree, &deeds);
	if (deeds.new_keys == NIL && deeds.touched_keys == NIL &&
		deeds.touched_tables == NIL && !deeds.everything)
		return (Datum) 0;

	/* DETACH CONCURRENTLY ends in a second transaction that has no snapshot */
	deeds.began = snapshot_set ? GetActiveSnapshot()->curcid : FirstCommandId;
	if (!snapshot_set)
		PushActiveSnapshot(GetTransactionSnapshot());
	deeds.command_tag = GetCommandTagName(trigdata->tag);
	if (deeds.detaches)
		enforce_guarded(&deeds);
	else
		enforce(&deeds);
	if (!snapshot_set)
		PopActiveSnapshot();
	return (Datum) 0;
}

/*
 * Returns the commands that the server has collected: a list of CollectedCommand
 * that belong to the server.  It hands them out through a set-returning function
 * only; that is called here without going through SQL.
 */
static List *
collected_commands(void)
{
	List	   *commands = NIL;
	EState	   *estate = CreateExecutorState();
	ReturnSetInfo rsinfo = {
		.type = T_ReturnSetInfo,
		.econtext = CreateExprContext(estate),
		.allowedModes = SFRM_Materialize,
		.returnMode = SFRM_Materialize
	};
	FmgrInfo	flinfo;
	TupleTableSlot *slot;

	LOCAL_FCINFO(call, 0);

	fmgr_info(F_PG_EVENT_TRIGGER_DDL_COMMANDS, &flinfo);
	InitFunctionCallInfoData(*call, &flinfo, 0, InvalidOid, NULL, (Node *) &rsinfo);
	(void) FunctionCallInvoke(call);

	slot = MakeSingleTupleTableSlot(rsinfo.setDesc, &TTSOpsMinimalTuple);
	while (tuplestore_gettupleslot(rsinfo.setResult, true, false, slot))
	{
		bool		isnull;
		Datum		command = slot_getattr(slot, DDL_COMMANDS_NCOLUMNS, &isnull);

		commands = lappend(commands, DatumGetPointer(command));
	}
	ExecDropSingleTupleTableSlot(slot);
	FreeExecutorState(estate);
	return commands;
}

/*
 * Has the transaction written anything since the statement began?  Where nothing
 * was collected, that tells whether it had nothing to do (IF NOT EXISTS).
 */
static bool
has_written(void)
{
	return GetCurrentCommandId(false) != GetActiveSnapshot()->curcid;
}

/*
 * Inside REFRESH MATERIALIZED VIEW the server collects nothing (see
 * EventTriggerInhibitCommandCollection), and a function of the view can do any
 * DDL.  Then all keys are looked at; what the statement was is known only by what
 * was written.
 */
static void
note_uncollected(Node *parsetree, Deeds *deeds)
{
	ListCell   *lc;

	deeds->everything = true;
	deeds->joined_scope = IsA(parsetree, AlterExtensionContentsStmt);
	if (!IsA(parsetree, AlterTableStmt))
		return;
	foreach(lc, castNode(AlterTableStmt, parsetree)->cmds)
		deeds->detaches |= fkfix_compat_subtype(lfirst_node(AlterTableCmd, lc)) == AT_DetachPartition;
}

static void
note_command(CollectedCommand *command, Deeds *deeds)
{
	if (command->in_extension)
		return;
	if (command->type == SCT_AlterTable)
		note_alter_table(command, deeds);
	else if (command->type == SCT_Simple)
		note_simple(command, deeds);
}

/*
 * Every form of ALTER TABLE.  Foreign keys that it adds are judged as new; older
 * ones need a look only if some other subcommand may have touched them.
 */
static void
note_alter_table(CollectedCommand *command, Deeds *deeds)
{
	Oid			relid = command->d.alterTable.objectId;
	bool		harmless = command->d.alterTable.subcmds != NIL;
	ListCell   *lc;

	foreach(lc, command->d.alterTable.subcmds)
	{
		CollectedATSubcmd *sub = lfirst(lc);
		AlterTableCmd *cmd = castNode(AlterTableCmd, sub->parsetree);
		AlterTableType subtype = fkfix_compat_subtype(cmd);

		if (subtype == AT_AddConstraint &&
			sub->address.classId == ConstraintRelationId &&
			castNode(Constraint, cmd->def)->contype == CONSTR_FOREIGN)
		{
			deeds->new_keys = lappend_oid(deeds->new_keys, sub->address.objectId);
			continue;
		}
		/* a column may be merged with one that a child has already */
		harmless &= subtype == AT_AddColumn ? !has_subclass(relid) :
			!fkfix_concern_subcommand(cmd);
		if (subtype == AT_DetachPartition || subtype == AT_DetachPartitionFinalize)
		{
			Oid			partition = detached_table(sub);

			deeds->detaches = true;
			if (OidIsValid(partition))
				note_table(partition, deeds);
		}
	}
	if (!harmless)
		note_table(relid, deeds);
}

/*
 * The partition that a DETACH let go, InvalidOid if it is gone.  Older servers
 * leave the address empty; then the name that was written finds it again, as
 * the statement did not change what the name means.
 */
static Oid
detached_table(const CollectedATSubcmd *sub)
{
	AlterTableCmd *cmd = castNode(AlterTableCmd, sub->parsetree);

	if (OidIsValid(sub->address.objectId))
		return sub->address.objectId;
	return RangeVarGetRelid(castNode(PartitionCmd, cmd->def)->name, NoLock, true);
}

/* RENAME, SET SCHEMA, ALTER EXTENSION ... DROP, ALTER DOMAIN. */
static void
note_simple(CollectedCommand *command, Deeds *deeds)
{
	ObjectAddress address = command->d.simple.address;

	switch (nodeTag(command->parsetree))
	{
		case T_AlterExtensionContentsStmt:
			address = command->d.simple.secondaryObject;
			deeds->joined_scope = true;
			break;
		case T_RenameStmt:
		case T_AlterObjectSchemaStmt:
		case T_AlterDomainStmt:
			break;
		default:
			return;
	}

	switch (address.classId)
	{
		case RelationRelationId:
			note_table(address.objectId, deeds);
			break;
		case ConstraintRelationId:
			deeds->touched_keys = lappend_oid(deeds->touched_keys, address.objectId);
			break;
		case NamespaceRelationId:
		case TypeRelationId:
			deeds->everything = true;
			deeds->altered = address;
			break;
		case ExtensionRelationId:
			deeds->everything = true;
			break;
		default:
			break;
	}
}

/*
 * A change to a table reaches the tables that inherit from it.  One to a
 * composite type reaches the tables of that type, whichever they are.
 */
static void
note_table(Oid relid, Deeds *deeds)
{
	if (get_rel_relkind(relid) == RELKIND_COMPOSITE_TYPE)
		deeds->everything = true;
	else
	{
		List	   *tables = fkfix_catalog_inheritors(fkfix_catalog_reader(NULL), relid);

		deeds->touched_tables = deeds->touched_tables == NIL ? tables :
			list_concat_unique_oid(deeds->touched_tables, tables);
	}
}

/* Reads the rules and judges what the statement did. */
static void
enforce(const Deeds *deeds)
{
	Statement	statement = {
		.command_tag = deeds->command_tag,
		.must_pass = deeds->detaches
	};

	statement.policy = fkfix_rulebook_now();
	if (statement.policy->rules == NIL)
		return;
	if (OidIsValid(deeds->altered.objectId))
		LockDatabaseObject(deeds->altered.classId, deeds->altered.objectId, 0, AccessExclusiveLock);
	judge_new_keys(&statement, deeds);
	fkfix_review_older_keys(&statement, deeds);
	fkfix_sanction_refuse(&statement);
}

/*
 * DETACH CONCURRENTLY has committed its first half by now, so an error would
 * leave the partition neither attached nor detached.  Nothing that goes wrong
 * in here is worth that.
 */
static void
enforce_guarded(Deeds *deeds)
{
	ErrorData  *error;

	if (fkfix_subtransaction_run(enforce_or_fail, deeds, &error))
		return;
	if (error->sqlerrcode == ERRCODE_QUERY_CANCELED ||
		error->sqlerrcode == ERRCODE_ADMIN_SHUTDOWN)
		ReThrowError(error);
	ereport(WARNING,
			(errcode(error->sqlerrcode),
			 errmsg("foreign keys of the detached partition were not made to obey the policy: %s",
					error->message),
			 error->detail ? errdetail_internal("%s", error->detail) : 0,
			 errhint("See what pg_catalog.fkfix_audit() says of the partition.")));
}

static bool
enforce_or_fail(void *state)
{
	enforce(state);
	return true;
}

static void
judge_new_keys(Statement *statement, const Deeds *deeds)
{
	Reader	   *reader;
	ListCell   *lc;

	reader = fkfix_catalog_reader(NULL);
	foreach(lc, deeds->new_keys)
	{
		const ForeignKey *fk = fkfix_key_get(reader, lfirst_oid(lc), true);

		if (fk != NULL)
			fkfix_lock_surroundings(reader, fk);
	}

	/* what was waited for may have changed names */
	reader = fkfix_catalog_reader(NULL);
	foreach(lc, deeds->new_keys)
	{
		ForeignKey *fk = fkfix_key_get(reader, lfirst_oid(lc), true);

		/* a later subcommand may have dropped it, an ATTACH have absorbed it */
		if (fk == NULL || OidIsValid(fk->conparentid))
			continue;
		fkfix_sanction(statement, reader, fk,
					   fkfix_audit_judge(statement->policy, reader, fk), NULL);
	}
}
