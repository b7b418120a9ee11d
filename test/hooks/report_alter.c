/*-------------------------------------------------------------------------
 *
 * report_alter.c
 *		Says with a NOTICE of which catalog rows it is told that they have been
 *		altered.
 *
 * What security modules rely on: see InvokeObjectPostAlterHook.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/objectaccess.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_trigger.h"
#include "fmgr.h"

PG_MODULE_MAGIC;

static object_access_hook_type next_hook = NULL;

void		_PG_init(void);

static void
report(ObjectAccessType access, Oid classId, Oid objectId, int subId, void *arg)
{
	if (next_hook)
		next_hook(access, classId, objectId, subId, arg);
	if (access == OAT_POST_ALTER && (classId == ConstraintRelationId || classId == TriggerRelationId))
		ereport(NOTICE,
				(errmsg("altered %s %u", classId == TriggerRelationId ? "trigger" : "constraint",
						objectId)));
}

void
_PG_init(void)
{
	next_hook = object_access_hook;
	object_access_hook = report;
}
