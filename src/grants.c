/*-------------------------------------------------------------------------
 *
 * grants.c
 *		Which ordinary roles may write the extension's tables.
 *
 * Whoever may write the policy decides what DDL everybody may run, and whoever
 * may hang a trigger on it runs code as those who do.  The install script grants
 * neither to anyone.  But an administrator can, and GRANT ... ON ALL TABLES IN
 * SCHEMA does it without naming our tables.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "catalog/indexing.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_auth_members.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_trigger.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "catalog.h"
#include "extension.h"
#include "grants.h"

/* The grants that have been found. */
typedef struct GrantSearch
{
	Reader	   *reader;
	const char *relation;		/* the table or sequence */
	Oid			owner;
	List	   *grants;			/* char * */
} GrantSearch;

static const struct
{
	AclMode		mode;
	const char *name;
}			writing[] = {
	{ACL_INSERT, "INSERT"},
	{ACL_UPDATE, "UPDATE"},
	{ACL_DELETE, "DELETE"},
	{ACL_TRUNCATE, "TRUNCATE"},
	{ACL_TRIGGER, "TRIGGER"}
};

static void read_member(HeapTuple tuple, TupleDesc desc, void *state);
static void read_relation(GrantSearch *search, Oid relid);
static void read_column(HeapTuple tuple, TupleDesc desc, void *state);
static void read_trigger(HeapTuple tuple, TupleDesc desc, void *state);
static void read_writer(HeapTuple tuple, TupleDesc desc, void *state);
static void note_acl(GrantSearch *search, Datum acl);
static void add_grant(GrantSearch *search, Oid role, const char *what);
static char *privileges_text(AclMode modes);

/*
 * Returns the privileges to write the extension's tables and sequences, or to hang
 * triggers on them, that roles have who are no superusers, and the triggers that
 * run their functions: a new list of text like "r1: INSERT, TRIGGER on
 * fkfix.policy".
 */
List *
fkfix_grants_list(void)
{
	GrantSearch search = {.reader = fkfix_catalog_reader(NULL)};
	ScanKeyData keys[2];

	ScanKeyInit(&keys[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(ExtensionRelationId));
	ScanKeyInit(&keys[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(fkfix_extension_oid()));
	fkfix_catalog_scan(search.reader, DependRelationId, DependReferenceIndexId, 2, keys,
					   read_member, &search);
	ScanKeyInit(&keys[0], Anum_pg_auth_members_roleid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(ROLE_PG_WRITE_ALL_DATA));
	fkfix_catalog_scan(search.reader, AuthMemRelationId, AuthMemRoleMemIndexId, 1, keys,
					   read_writer, &search);
	return search.grants;
}

static void
read_member(HeapTuple tuple, TupleDesc desc, void *state)
{
	Form_pg_depend depend = (Form_pg_depend) GETSTRUCT(tuple);

	if (depend->classid == RelationRelationId)
		read_relation(state, depend->objid);
}

/* The owner, the privileges on the whole, and those on single columns. */
static void
read_relation(GrantSearch *search, Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Form_pg_class form;
	bool		isnull;
	Datum		acl;

	if (!HeapTupleIsValid(tuple))
		return;
	form = (Form_pg_class) GETSTRUCT(tuple);
	search->relation = quote_qualified_identifier(get_namespace_name(form->relnamespace),
												  NameStr(form->relname));
	search->owner = form->relowner;
	acl = SysCacheGetAttr(RELOID, tuple, Anum_pg_class_relacl, &isnull);
	if (!superuser_arg(search->owner))
		add_grant(search, search->owner, psprintf("owner of %s", search->relation));
	if (!isnull)
		note_acl(search, acl);
	ReleaseSysCache(tuple);

	fkfix_catalog_scan_oid(search->reader, AttributeRelationId, AttributeRelidNumIndexId,
						   Anum_pg_attribute_attrelid, relid, read_column, search);
	fkfix_catalog_scan_oid(search->reader, TriggerRelationId, TriggerRelidNameIndexId,
						   Anum_pg_trigger_tgrelid, relid, read_trigger, search);
}

/* A trigger stays when the privilege to make it has been taken back. */
static void
read_trigger(HeapTuple tuple, TupleDesc desc, void *state)
{
	Form_pg_trigger form = (Form_pg_trigger) GETSTRUCT(tuple);
	HeapTuple	function;
	Oid			owner;

	if (form->tgisinternal)
		return;
	function = SearchSysCache1(PROCOID, ObjectIdGetDatum(form->tgfoid));
	if (!HeapTupleIsValid(function))
		return;
	owner = ((Form_pg_proc) GETSTRUCT(function))->proowner;
	if (!superuser_arg(owner))
	{
		GrantSearch *search = state;

		add_grant(search, owner, psprintf("owner of the function of trigger %s on %s",
										  NameStr(form->tgname), search->relation));
	}
	ReleaseSysCache(function);
}

static void
read_writer(HeapTuple tuple, TupleDesc desc, void *state)
{
	Oid			member = ((Form_pg_auth_members) GETSTRUCT(tuple))->member;

	if (!superuser_arg(member))
		add_grant(state, member, "member of pg_write_all_data");
}

static void
read_column(HeapTuple tuple, TupleDesc desc, void *state)
{
	bool		isnull;
	Datum		acl = heap_getattr(tuple, Anum_pg_attribute_attacl, desc, &isnull);

	if (!isnull)
		note_acl(state, acl);
}

static void
note_acl(GrantSearch *search, Datum acl)
{
	const Acl  *privileges = DatumGetAclP(acl);

	for (int i = 0; i < ACL_NUM(privileges); i++)
	{
		const AclItem *item = &ACL_DAT(privileges)[i];
		char	   *text = privileges_text(ACLITEM_GET_PRIVS(*item));

		if (text[0] == '\0' || item->ai_grantee == search->owner ||
			(item->ai_grantee != ACL_ID_PUBLIC && superuser_arg(item->ai_grantee)))
			continue;
		add_grant(search, item->ai_grantee, psprintf("%s on %s", text, search->relation));
	}
}

/* A role may be gone since, or have been edited away. */
static void
add_grant(GrantSearch *search, Oid role, const char *what)
{
	char	   *name = role == ACL_ID_PUBLIC ? "PUBLIC" : GetUserNameFromId(role, true);

	search->grants = lappend(search->grants,
							 psprintf("%s: %s", name != NULL ? name : psprintf("%u", role), what));
}

static char *
privileges_text(AclMode modes)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < lengthof(writing); i++)
	{
		if (modes & writing[i].mode)
			appendStringInfo(&buf, "%s%s", buf.len > 0 ? ", " : "", writing[i].name);
	}
	return buf.data;
}
