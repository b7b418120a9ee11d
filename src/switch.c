/*-------------------------------------------------------------------------
 *
 * switch.c
 *		fkfix_enable_enforcement() and fkfix_disable_enforcement().
 *
 * The event trigger is not made by CREATE EXTENSION.  One that belongs to an
 * extension exists from the first line of a restore, when the rules are not
 * there yet or, worse, are, and the keys are not; a stand-alone one is dumped
 * after everything else.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_event_trigger.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "extension.h"
#include "grants.h"

/* So many grants are named in a warning. */
#define MAX_NAMED	10

static void require_superuser(const char *what);
static void wait_for_others(void);
static void warn_of_grants(void);
static void refuse_foreign_trigger(void);
static void run_ddl(const char *statement);

PG_FUNCTION_INFO_V1(fkfix_enable_enforcement);
PG_FUNCTION_INFO_V1(fkfix_disable_enforcement);

/*
 * fkfix_enable_enforcement()
 *
 * Creates the event trigger, or enables it again; locks pg_event_trigger against
 * other writers to the end of the transaction.  A session in whose open
 * transaction EventTriggerBeginCompleteQuery comes before the news does one
 * statement more without it.
 */
Datum
fkfix_enable_enforcement(PG_FUNCTION_ARGS)
{
	char	   *trigger;
	char		enabled;

	require_superuser("enable");
	PreventCommandIfReadOnly("fkfix_enable_enforcement()");
	fkfix_extension_check_version();
	warn_of_grants();
	wait_for_others();
	trigger = fkfix_extension_event_trigger(&enabled);
	if (trigger == NULL)
	{
		refuse_foreign_trigger();
		run_ddl("CREATE EVENT TRIGGER " ENFORCEMENT_TRIGGER " ON ddl_command_end"
				" EXECUTE FUNCTION pg_catalog.fkfix_enforce()");
		/* \dy+ is where people look when all DDL fails */
		run_ddl("COMMENT ON EVENT TRIGGER " ENFORCEMENT_TRIGGER " IS"
				" 'if its library is missing: DROP EVENT TRIGGER " ENFORCEMENT_TRIGGER "'");
		PG_RETURN_VOID();
	}

	if (enabled == TRIGGER_FIRES_ON_ORIGIN || enabled == TRIGGER_FIRES_ALWAYS)
		ereport(NOTICE,
				(errmsg("enforcement of the foreign key policy is already enabled")));
	else
		run_ddl(psprintf("ALTER EVENT TRIGGER %s ENABLE", quote_identifier(trigger)));
	PG_RETURN_VOID();
}

/*
 * fkfix_disable_enforcement()
 *
 * Drops the event trigger; locks pg_event_trigger as above.
 */
Datum
fkfix_disable_enforcement(PG_FUNCTION_ARGS)
{
	char	   *trigger;
	char		enabled;

	require_superuser("disable");
	PreventCommandIfReadOnly("fkfix_disable_enforcement()");
	wait_for_others();
	trigger = fkfix_extension_event_trigger(&enabled);
	if (trigger == NULL)
	{
		refuse_foreign_trigger();
		ereport(NOTICE,
				(errmsg("enforcement of the foreign key policy is not enabled")));
		PG_RETURN_VOID();
	}
	run_ddl(psprintf("DROP EVENT TRIGGER %s", quote_identifier(trigger)));
	PG_RETURN_VOID();
}

/* Comes first: nobody else learns anything from calling these functions. */
static void
require_superuser(const char *what)
{
	if (!superuser())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to %s enforcement of the foreign key policy", what),
				 errhint("Must be superuser to %s enforcement.", what)));
}

/*
 * Two sessions that do the same at once: the second one finds what the first has
 * done.
 */
static void
wait_for_others(void)
{
	LockRelationOid(EventTriggerRelationId, ShareRowExclusiveLock);
}

/* An enforced policy is worth what it takes to change it. */
static void
warn_of_grants(void)
{
	List	   *grants = fkfix_grants_list();
	StringInfoData buf;
	ListCell   *lc;

	initStringInfo(&buf);
	foreach(lc, grants)
	{
		if (foreach_current_index(lc) == MAX_NAMED)
		{
			appendStringInfo(&buf, "\nand %d more", list_length(grants) - MAX_NAMED);
			break;
		}
		appendStringInfo(&buf, "%s%s", buf.len > 0 ? "\n" : "", (char *) lfirst(lc));
	}
	if (buf.len > 0)
		ereport(WARNING,
				(errmsg("ordinary roles may change what the foreign key policy says"),
				 errdetail("%s", buf.data),
				 errhint("Revoke that, unless it is meant.")));
}

/* Raises an error if an event trigger that is not ours has the name. */
static void
refuse_foreign_trigger(void)
{
	HeapTuple	tuple = SearchSysCache1(EVENTTRIGGERNAME,
										CStringGetDatum(ENFORCEMENT_TRIGGER));
	char	   *name;

	if (!HeapTupleIsValid(tuple))
		return;
	name = get_func_name(((Form_pg_event_trigger) GETSTRUCT(tuple))->evtfoid);
	ReleaseSysCache(tuple);
	ereport(ERROR,
			(errcode(ERRCODE_DUPLICATE_OBJECT),
			 errmsg("event trigger \"%s\" runs another function", ENFORCEMENT_TRIGGER),
			 errdetail("It runs %s().", name ? name : "an unknown function"),
			 errhint("Rename it with ALTER EVENT TRIGGER.")));
}

/* Runs a statement of ours, in which all names are qualified. */
static void
run_ddl(const char *statement)
{
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute(statement, false, 0) != SPI_OK_UTILITY)
		elog(ERROR, "could not execute \"%s\"", statement);
	SPI_finish();
}
