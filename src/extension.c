/*-------------------------------------------------------------------------
 *
 * extension.c
 *		Where the extension's own objects are, and whether it is on duty.
 *
 * A table is the extension's if it stands in the schema fkfix *and* is a member
 * of the extension.  Nothing that another role creates can take its place.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/relation.h"
#include "access/table.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_event_trigger.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_proc.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/syscache.h"

#include "compat.h"
#include "extension.h"

/* The extension in this database. */
typedef struct Extension
{
	Oid			oid;			/* InvalidOid if it does not exist */
	Oid			tables[EXTENSION_NTABLES];	/* InvalidOid if missing */
	bool		version_fits;	/* its install script was that of this library */
} Extension;

static const char *const table_names[EXTENSION_NTABLES] = {"policy", "history"};

/*
 * What this session remembers, because finding it takes five catalog scans and
 * every DDL statement asks.  Without one of its tables the extension is not
 * remembered; and neither can be dropped, moved or replaced without the relcache
 * being told.  An update of the extension tells the cache of functions, unless it
 * leaves all of them as they are; a new name of the schema, that of schemas.  ALTER
 * EXTENSION ... DROP TABLE tells nobody: who has found the table goes on with it.
 */
static Extension remembered;
static bool up_to_date = false; /* nothing has changed since it was found */
static bool undisturbed = false;	/* nothing has since the search began */

pg_noreturn static void refuse_missing(ExtensionTable table);
static const Extension *current(void);
static void find_extension(void);
static char *read_extension(Oid *oid);
static bool is_our_version(const char *version);
static Oid	find_table(ExtensionTable table);
static void forget_tables(Datum arg, Oid relid);
static void forget_objects(Datum arg, int cacheid, uint32 hashvalue);
static bool is_enforce_function(Oid function);

int			fkfix_enforcement = ENFORCE_BY_POLICY;

/*
 * For functions that people call, and before they look at an argument: raises an
 * error if the install script that declared them was that of another version,
 * whose arguments and results may differ.
 *
 * What the server calls does not ask.  That goes by the columns of our tables,
 * whatever the version; and an update of the files must not stop all DDL until
 * every database has had its ALTER EXTENSION.
 */
void
fkfix_extension_check_version(void)
{
	const char *version;
	Oid			oid;

	if (current()->version_fits)
		return;
	version = read_extension(&oid);
	if (!is_our_version(version))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("extension \"%s\" is of version %s, but this session has loaded the library of version %s",
						"fkfix", version, FKFIX_VERSION),
				 errhint("Run ALTER EXTENSION fkfix UPDATE; if that has been done, start a new session.")));
}

/*
 * Returns the OID of the extension; raises an error if it does not exist.
 */
Oid
fkfix_extension_oid(void)
{
	return current()->oid;
}

/*
 * Returns the OID of one of the extension's tables; raises an error if it is
 * missing.
 */
Oid
fkfix_extension_table(ExtensionTable table)
{
	Oid			relid = current()->tables[table];

	if (!OidIsValid(relid))
		refuse_missing(table);
	return relid;
}

/*
 * Opens one of the extension's tables, with a lock.  Raises an error if it is
 * missing, or no table any more: what its owner has made of it is not trusted.
 */
Relation
fkfix_extension_open(ExtensionTable table, LOCKMODE lockmode)
{
	Relation	rel = try_relation_open(fkfix_extension_table(table), lockmode);

	if (rel == NULL)
		refuse_missing(table);
	if (rel->rd_rel->relkind != RELKIND_RELATION)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"fkfix.%s\" is not a table", table_names[table]),
				 errhint("Drop and create the extension.")));
	return rel;
}

/*
 * Returns the number of a column of one of the extension's tables.  Finds it by
 * name, so that ALTER TABLE ... ADD COLUMN does no harm; raises an error if it is
 * missing or of another type.
 */
AttrNumber
fkfix_extension_column(Relation rel, const char *name, Oid type)
{
	TupleDesc	desc = RelationGetDescr(rel);

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(desc, i);

		if (!column->attisdropped && column->atttypid == type &&
			namestrcmp(&column->attname, name) == 0)
			return column->attnum;
	}
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 fkfix_extension_errmsg_altered(rel),
			 errdetail("It has no column \"%s\" of type %s.", name, format_type_be(type)),
			 errhint("Undo the change, or save its rows and create the extension anew.")));
}

/*
 * The message about a table that is not as the install script made it.
 */
int
fkfix_extension_errmsg_altered(Relation rel)
{
	return errmsg("table \"%s.%s\" has been altered",
				  get_namespace_name(RelationGetNamespace(rel)), RelationGetRelationName(rel));
}

/*
 * Raises an error unless the current user has this privilege on one of the
 * extension's tables, and no row security stands between him and its rows: that
 * would be to run its conditions.
 */
void
fkfix_extension_check_access(Relation rel, AclMode mode)
{
	AclResult	result = pg_class_aclcheck(RelationGetRelid(rel), GetUserId(), mode);

	if (result != ACLCHECK_OK)
		aclcheck_error(result, OBJECT_TABLE, RelationGetRelationName(rel));
	if (check_enable_rls(RelationGetRelid(rel), InvalidOid, true) == RLS_ENABLED)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("row security of table \"fkfix.%s\" applies to this role",
						RelationGetRelationName(rel)),
				 errdetail("Its conditions would have to be run.")));
}

static void
refuse_missing(ExtensionTable table)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_TABLE),
			 errmsg("table \"fkfix.%s\" is missing", table_names[table]),
			 errdetail("There is no table of this name that belongs to extension \"%s\".", "fkfix"),
			 errhint("Put the table back where it was, or drop and create the extension.")));
}

/*
 * Returns the name of the event trigger that enforces the policy, palloc'd, NULL
 * if enforcement was not enabled; and how it is enabled, as in evtenabled.  It
 * is known by what it runs and when: one may have been renamed, and another may
 * bear its name.
 */
char *
fkfix_extension_event_trigger(char *enabled)
{
	Relation	rel = table_open(EventTriggerRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	char	   *name = NULL;
	HeapTuple	tuple;

	while (name == NULL && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_event_trigger form = (Form_pg_event_trigger) GETSTRUCT(tuple);

		if (namestrcmp(&form->evtevent, "ddl_command_end") == 0 &&
			heap_attisnull(tuple, Anum_pg_event_trigger_evttags, NULL) &&
			is_enforce_function(form->evtfoid))
		{
			name = pstrdup(NameStr(form->evtname));
			*enabled = form->evtenabled;
		}
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return name;
}

/*
 * Returns NULL if the policy is enforced in this session, otherwise the reason
 * why not, for people.  The rules by which the server skips an event trigger
 * are those of filter_event_trigger and EventTriggerCommonSetup.
 */
const char *
fkfix_extension_off_duty(void)
{
	char		enabled;

	if (fkfix_extension_event_trigger(&enabled) == NULL)
		return "enforcement is not installed: SELECT pg_catalog.fkfix_enable_enforcement();";
	if (enabled == TRIGGER_DISABLED)
		return "the event trigger is disabled: SELECT pg_catalog.fkfix_enable_enforcement();";
	if (SessionReplicationRole == SESSION_REPLICATION_ROLE_REPLICA)
	{
		if (enabled == TRIGGER_FIRES_ON_ORIGIN)
			return "session_replication_role is replica";
	}
	else if (enabled == TRIGGER_FIRES_ON_REPLICA)
		return "the event trigger is enabled for session_replication_role = replica only";
	if (!fkfix_compat_event_triggers_on())
		return "event_triggers is off";
	if (fkfix_enforcement == ENFORCE_OFF)
		return "fkfix.enforcement is off";
	return NULL;
}

/* The extension's only event trigger function is fkfix_enforce(). */
static bool
is_enforce_function(Oid function)
{
	return getExtensionOfObject(ProcedureRelationId, function) == fkfix_extension_oid();
}

/* The extension as it is now; raises an error if it does not exist. */
static const Extension *
current(void)
{
	AcceptInvalidationMessages();
	if (!up_to_date)
		find_extension();
	if (!OidIsValid(remembered.oid))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("extension \"%s\" does not exist", "fkfix")));
	return &remembered;
}

/* Finds the extension and its tables. */
static void
find_extension(void)
{
	static bool listening = false;
	bool		all_there = true;

	if (!listening)
	{
		CacheRegisterRelcacheCallback(forget_tables, (Datum) 0);
		CacheRegisterSyscacheCallback(PROCOID, forget_objects, (Datum) 0);
		CacheRegisterSyscacheCallback(NAMESPACEOID, forget_objects, (Datum) 0);
	}
	listening = true;
	undisturbed = true;
	remembered.version_fits = is_our_version(read_extension(&remembered.oid));
	for (ExtensionTable table = 0; table < EXTENSION_NTABLES; table++)
	{
		remembered.tables[table] = find_table(table);
		all_there &= OidIsValid(remembered.tables[table]);
	}
	up_to_date = undisturbed && all_there;
}

/*
 * Returns the version of the extension, palloc'd, and sets its OID; NULL and
 * InvalidOid if there is no such extension.
 */
static char *
read_extension(Oid *oid)
{
	Relation	rel = table_open(ExtensionRelationId, AccessShareLock);
	char	   *version = NULL;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	*oid = InvalidOid;
	ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber, F_NAMEEQ,
				CStringGetDatum("fkfix"));
	scan = systable_beginscan(rel, ExtensionNameIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
	{
		bool		isnull;

		*oid = ((Form_pg_extension) GETSTRUCT(tuple))->oid;
		version = TextDatumGetCString(heap_getattr(tuple, Anum_pg_extension_extversion,
												   RelationGetDescr(rel), &isnull));
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return version;
}

/* Of no extension there is no version that could be wrong. */
static bool
is_our_version(const char *version)
{
	return version == NULL || strcmp(version, FKFIX_VERSION) == 0;
}

/* A table of the extension's, InvalidOid if there is none of that name. */
static Oid
find_table(ExtensionTable table)
{
	Oid			relid = get_relname_relid(table_names[table], get_namespace_oid("fkfix", true));

	if (OidIsValid(relid) &&
		getExtensionOfObject(RelationRelationId, relid) == remembered.oid)
		return relid;
	return InvalidOid;
}

/*
 * The relcache was told that a table, or every table, has changed.  During a
 * search it may be any: which ones matter is not known yet.
 */
static void
forget_tables(Datum arg, Oid relid)
{
	if (!OidIsValid(relid) || !up_to_date ||
		relid == remembered.tables[POLICY_TABLE] || relid == remembered.tables[HISTORY_TABLE])
		up_to_date = undisturbed = false;
}

/* The same of functions and schemas, which change so seldom that it does not matter which. */
static void
forget_objects(Datum arg, int cacheid, uint32 hashvalue)
{
	up_to_date = undisturbed = false;
}
