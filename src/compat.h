/*-------------------------------------------------------------------------
 *
 * compat.h
 *		One face for the supported server versions.
 *
 * This is the only file that knows about PG_VERSION_NUM.  Everything else
 * is written against the newest server, and what an older one spells or does
 * differently is translated here.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FKFIX_COMPAT_H
#define FKFIX_COMPAT_H

#include "access/htup_details.h"
#include "access/tableam.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_namespace.h"
#include "commands/event_trigger.h"
#include "nodes/parsenodes.h"
#include "storage/lock.h"
#include "utils/acl.h"
#include "utils/backend_status.h"

#if PG_VERSION_NUM < 150000
#error "fkfix needs PostgreSQL 15 or later"
#endif

/* Before 16 the varlena accessors came with postgres.h itself. */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* 18 gave modules a name and version that pg_get_loaded_modules() shows. */
#if PG_VERSION_NUM >= 180000
#define FKFIX_MODULE_MAGIC \
	PG_MODULE_MAGIC_EXT(.name = "fkfix", .version = FKFIX_VERSION)
#else
#define FKFIX_MODULE_MAGIC	PG_MODULE_MAGIC
#endif

/* 18 marks functions that do not return in front, as C11 does. */
#if PG_VERSION_NUM < 180000
#define pg_noreturn _Noreturn
#endif

/* 16 replaced the ownership test of each object kind with a common one. */
static inline bool
fkfix_compat_owns_table(Oid relid, Oid roleid)
{
#if PG_VERSION_NUM >= 160000
	return object_ownercheck(RelationRelationId, relid, roleid);
#else
	return pg_class_ownercheck(relid, roleid);
#endif
}

/* 17 can ask for any stronger mode in one go; we ask for each. */
static inline bool
fkfix_compat_lock_held(const LOCKTAG *tag, LOCKMODE mode)
{
#if PG_VERSION_NUM >= 170000
	return LockHeldByMe(tag, mode, false);
#else
	return LockHeldByMe(tag, mode);
#endif
}

/* So did the test of privileges on a schema. */
static inline AclResult
fkfix_compat_schema_usage(Oid schema, Oid roleid)
{
#if PG_VERSION_NUM >= 160000
	return object_aclcheck(NamespaceRelationId, schema, roleid, ACL_USAGE);
#else
	return pg_namespace_aclcheck(schema, roleid, ACL_USAGE);
#endif
}

/* Foreign keys can be NOT ENFORCED since 18. */
static inline bool
fkfix_compat_is_enforced(Form_pg_constraint con)
{
#if PG_VERSION_NUM >= 180000
	return con->conenforced;
#else
	return true;
#endif
}

/* Foreign keys can have a PERIOD since 18. */
static inline bool
fkfix_compat_has_period(Form_pg_constraint con)
{
#if PG_VERSION_NUM >= 180000
	return con->conperiod;
#else
	return false;
#endif
}

/* Since 18 a key on a partitioned table can be NOT VALID. */
static inline bool
fkfix_compat_partitioned_not_valid(void)
{
#if PG_VERSION_NUM >= 180000
	return true;
#else
	return false;
#endif
}

/*
 * What kind of subcommand of ALTER TABLE this is.  In 15 the preparation phase
 * turns those that recurse into types of their own.
 */
static inline AlterTableType
fkfix_compat_subtype(const AlterTableCmd *cmd)
{
#if PG_VERSION_NUM < 160000
	switch (cmd->subtype)
	{
		case AT_AddColumnRecurse:
			return AT_AddColumn;
		case AT_DropColumnRecurse:
			return AT_DropColumn;
		case AT_AddConstraintRecurse:
			return AT_AddConstraint;
		case AT_ValidateConstraintRecurse:
			return AT_ValidateConstraint;
		default:
			break;
	}
#endif
	return cmd->subtype;
}

/* 17 lets a superuser switch all event triggers off for a session. */
static inline bool
fkfix_compat_event_triggers_on(void)
{
#if PG_VERSION_NUM >= 170000
	return event_triggers;
#else
	return true;
#endif
}

/*
 * How much of a row of pg_constraint the struct describes; conkey and confkey
 * come next.  18 added a column at its end.
 */
#if PG_VERSION_NUM >= 180000
#define FKFIX_COMPAT_CONSTRAINT_FIXED \
	(offsetof(FormData_pg_constraint, conperiod) + sizeof(bool))
#define FKFIX_COMPAT_CONSTRAINT_NFIXED	Anum_pg_constraint_conperiod
#else
#define FKFIX_COMPAT_CONSTRAINT_FIXED \
	(offsetof(FormData_pg_constraint, connoinherit) + sizeof(bool))
#define FKFIX_COMPAT_CONSTRAINT_NFIXED	Anum_pg_constraint_connoinherit
#endif

/* 19 has a further argument for flags. */
static inline TableScanDesc
fkfix_compat_beginscan(Relation rel, Snapshot snapshot)
{
#if PG_VERSION_NUM >= 190000
	return table_beginscan(rel, snapshot, 0, NULL, SO_NONE);
#else
	return table_beginscan(rel, snapshot, 0, NULL);
#endif
}

/* 16 renamed the one that takes a position, which is counted from 1. */
static inline PgBackendStatus *
fkfix_compat_backend_status(int position)
{
#if PG_VERSION_NUM >= 160000
	LocalPgBackendStatus *local = pgstat_get_local_beentry_by_index(position);
#else
	LocalPgBackendStatus *local = pgstat_fetch_stat_local_beentry(position);
#endif

	return local == NULL ? NULL : &local->backendStatus;
}

#endif							/* FKFIX_COMPAT_H */
