/*-------------------------------------------------------------------------
 *
 * extension.c
 *		Where the extension's own objects are, and whether it is on duty.
 *
 * The extension is relocatable, and its functions run for callers who choose
 * their own search_path.  So its objects are never looked up by name alone: a
 * table is the extension's if it stands in the extension's schema *and* is a
 * member of the extension.  Nothing that another role creates can take its
 * place.
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
#include "commands/extension.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/syscache.h"

#include "compat.h"
#include "extension.h"

/*
 * What this session remembers, because finding it takes four catalog scans and
 * every DDL statement asks.  Without one of its tables the extension is not
 * remembered; and neither can be dropped, moved or replaced without the relcache
 * being told.  An update of the extension tells the cache of functions, unless it
 * leaves all of them as they are.
 */
static Extension remembered;
static bool version_fits;		/* the install script was that of this library */
static bool up_to_date = false; /* nothing has changed since it was found */
static bool undisturbed = false;	/* nothing has since the search began */

pg_noreturn static void refuse_missing(const Extension *extension,
									   const char *name);
static void find_extension(void);
static char *read_extension(Extension *extension);
static bool is_our_version(const char *version);
static Oid	find_table(const char *name);
static void forget_tables(Datum arg, Oid relid);
static void forget_functions(Datum arg, int cacheid, uint32 hashvalue);
static bool is_enforce_function(Oid function);

int			fkfix_enforcement = ENFORCE_BY_POLICY;

/*
 * Returns the extension as it is installed in this database, palloc'd.  For
 * functions that people call, and before they look at an argument: raises an
 * error if the install script that declared them was that of another version,
 * whose arguments and results may differ.
 */
Extension *
fkfix_extension_get(void)
{
	Extension  *extension = fkfix_extension_get_any();
	Extension	now;
	const char *version;

	if (version_fits)
		return extension;
	version = read_extension(&now);
	if (!is_our_version(version))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("extension \"%s\" is of version %s, but this session has loaded the library of version %s",
						"fkfix", version, FKFIX_VERSION),
				 errhint("Run ALTER EXTENSION fkfix UPDATE; if that has been done, start a new session.")));
	return extension;
}

/*
 * The same for what the server calls.  That goes by the columns of our tables,
 * whatever the version; and an update of the files must not stop all DDL until
 * every database has had its ALTER EXTENSION.
 */
Extension *
fkfix_extension_get_any(void)
{
	Extension  *extension = palloc(sizeof(Extension));

	AcceptInvalidationMessages();
	if (!up_to_date)
		find_extension();
	*extension = remembered;
	extension->schema_name = get_namespace_name(extension->schema);
	if (extension->schema_name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("extension \"%s\" does not exist", "fkfix")));
	return extension;
}

/*
 * Returns the OID of one of the extension's tables; raises an error if it is
 * missing.
 */
Oid
fkfix_extension_table(const Extension *extension, const char *name)
{
	Oid			relid = strcmp(name, "fkfix_policy") == 0 ?
		extension->policy : extension->history;

	if (!OidIsValid(relid))
		refuse_missing(extension, name);
	return relid;
}

/*
 * Opens one of the extension's tables, with a lock.  Raises an error if it is
 * missing, or no table any more: what its owner has made of it is not trusted.
 */
Relation
fkfix_extension_open(const Extension *extension, const char *name, LOCKMODE lockmode)
{
	Relation	rel = try_relation_open(fkfix_extension_table(extension, name), lockmode);

	if (rel == NULL)
		refuse_missing(extension, name);
	if (rel->rd_rel->relkind != RELKIND_RELATION)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" of extension \"%s\" is not a table", name, "fkfix"),
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
			 errmsg("table \"%s\" has been altered", RelationGetRelationName(rel)),
			 errdetail("It has no column \"%s\" of type %s.", name, format_type_be(type)),
			 errhint("Undo the change, or save its rows and create the extension anew.")));
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
				 errmsg("row security of table \"%s\" applies to this role",
						RelationGetRelationName(rel)),
				 errdetail("Its conditions would have to be run.")));
}

static void
refuse_missing(const Extension *extension, const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_TABLE),
			 errmsg("table \"%s\" of extension \"%s\" is missing", name, "fkfix"),
			 errdetail("There is no table of this name in schema \"%s\" that belongs to the extension.",
					   extension->schema_name),
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
fkfix_extension_off_duty(Extension *extension)
{
	char		enabled;

	if (fkfix_extension_event_trigger(&enabled) == NULL)
		return psprintf("enforcement is not installed: SELECT %s();",
						fkfix_extension_function_name(extension, "fkfix_enable_enforcement"));
	if (enabled == TRIGGER_DISABLED)
		return psprintf("the event trigger is disabled: SELECT %s();",
						fkfix_extension_function_name(extension, "fkfix_enable_enforcement"));
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

/*
 * Returns the name by which a function of the extension can be called from this
 * session, palloc'd: qualified if it is not visible, or if somebody has made a
 * function of the same name, which other argument types could select.
 */
char *
fkfix_extension_function_name(Extension *extension, const char *name)
{
	CatCList   *list = SearchSysCacheList1(PROCNAMEARGSNSP, CStringGetDatum(name));
	bool		visible = false;
	bool		alone = true;

	for (int i = 0; i < list->n_members; i++)
	{
		Form_pg_proc form = (Form_pg_proc) GETSTRUCT(&list->members[i]->tuple);

		if (form->pronamespace != extension->schema)
			alone = false;
		else if (FunctionIsVisible(form->oid))
			visible = true;
	}
	ReleaseSysCacheList(list);
	return quote_qualified_identifier(visible && alone ? NULL : extension->schema_name, name);
}

/* The extension's only event trigger function is fkfix_enforce(). */
static bool
is_enforce_function(Oid function)
{
	Oid			extension = getExtensionOfObject(ProcedureRelationId, function);

	return OidIsValid(extension) && extension == get_extension_oid("fkfix", true);
}

/* Finds the extension and its tables. */
static void
find_extension(void)
{
	static bool listening = false;

	if (!listening)
	{
		CacheRegisterRelcacheCallback(forget_tables, (Datum) 0);
		CacheRegisterSyscacheCallback(PROCOID, forget_functions, (Datum) 0);
	}
	listening = true;
	undisturbed = true;
	version_fits = is_our_version(read_extension(&remembered));
	remembered.policy = find_table("fkfix_policy");
	remembered.history = find_table("fkfix_history");
	up_to_date = undisturbed && OidIsValid(remembered.policy) &&
		OidIsValid(remembered.history);
}

/*
 * Fills in the extension's OID and schema, and clears the rest.  Returns its
 * version, palloc'd, or NULL if there is no such extension.
 */
static char *
read_extension(Extension *extension)
{
	Relation	rel = table_open(ExtensionRelationId, AccessShareLock);
	char	   *version = NULL;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	memset(extension, 0, sizeof(Extension));
	ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber, F_NAMEEQ,
				CStringGetDatum("fkfix"));
	scan = systable_beginscan(rel, ExtensionNameIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
	{
		Form_pg_extension form = (Form_pg_extension) GETSTRUCT(tuple);
		bool		isnull;

		extension->oid = form->oid;
		extension->schema = form->extnamespace;
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
find_table(const char *name)
{
	Oid			relid = get_relname_relid(name, remembered.schema);

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
		relid == remembered.policy || relid == remembered.history)
		up_to_date = undisturbed = false;
}

/* The same of functions, which change so seldom that it does not matter which. */
static void
forget_functions(Datum arg, int cacheid, uint32 hashvalue)
{
	up_to_date = undisturbed = false;
}
