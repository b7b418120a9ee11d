/*-------------------------------------------------------------------------
 *
 * request.c
 *		The front desk: fkfix_rebuild().
 *
 * Whoever wants a key rebuilt comes here.  What is asked is settled (the action
 * named, or the one that the policy requires), whether it may be asked (as DROP
 * and ADD CONSTRAINT would), and the locks are taken; then everything is looked
 * up again, because waiting for a lock takes time, and the key goes on to the
 * operating theatre.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/catalog.h"
#include "catalog/namespace.h"
#include "miscadmin.h"
#include "storage/sinval.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "args.h"
#include "audit.h"
#include "check.h"
#include "compat.h"
#include "extension.h"
#include "lock.h"
#include "message.h"
#include "rebuild.h"
#include "request.h"
#include "rulebook.h"
#include "tables.h"

static ForeignKey *look_up(Request *request, bool waited);
static void check_schema_usage(const TableFacts *table, Oid roleid);
pg_noreturn static void refuse_stranger(const TableFacts *table,
										const ForeignKey *fk);
static bool rebuild_by_policy(const Request *request, const ForeignKey *fk);
static void refuse_without_demand(const ForeignKey *fk, Reader *reader,
								  const Finding *finding);
static void heed_policy(const Request *request, const ForeignKey *fk);
static void warn_of_obstacles(const Request *request, const ForeignKey *fk);

PG_FUNCTION_INFO_V1(fkfix_rebuild);

/*
 * fkfix_rebuild(relation, constraint_name, on_delete, on_update)
 *
 * Gives one foreign key the actions named, or those that the policy requires if
 * none is.  Returns whether anything changed.
 */
Datum
fkfix_rebuild(PG_FUNCTION_ARGS)
{
	Request		request = {.cause = "rebuild"};
	const ForeignKey *fk;

	fkfix_extension_check_version();
	FKFIX_REQUIRE_ARG(0, "relation");
	FKFIX_REQUIRE_ARG(1, "constraint_name");
	PreventCommandDuringRecovery("fkfix_rebuild()");
	PreventCommandIfReadOnly("fkfix_rebuild()");

	request.relid = PG_GETARG_OID(0);
	request.name = NameStr(*PG_GETARG_NAME(1));
	request.on_delete = fkfix_args_action(fcinfo, 2, true);
	request.on_update = fkfix_args_action(fcinfo, 3, false);

	fk = fkfix_request_lock_key(&request);
	if (request.on_delete == NULL && request.on_update == NULL)
		PG_RETURN_BOOL(rebuild_by_policy(&request, fk));
	PG_RETURN_BOOL(fkfix_request_set_actions(&request, fk));
}

/*
 * Returns a foreign key, given its table and name, in the current memory
 * context.  Raises an error if there is no such table or key, or if the
 * constraint is of another kind, in the words of ATExecAlterConstraint.
 */
ForeignKey *
fkfix_request_find_key(Reader *reader, Oid relid, const char *name)
{
	TableFacts *table = fkfix_catalog_table(reader, relid, false);
	ForeignKey *fk;

	if (IsCatalogRelationOid(relid))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied: \"%s\" is a system catalog",
						NameStr(table->name))));
	if (isOtherTempNamespace(table->schema_oid))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot alter temporary tables of other sessions")));
	fk = fkfix_key_find(reader, relid, name);
	if (fk != NULL)
		return fk;
	if (OidIsValid(get_relation_constraint_oid(relid, name, true)))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("constraint \"%s\" of relation \"%s\" is not a foreign key constraint",
						name, NameStr(table->name))));
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("constraint \"%s\" of relation \"%s\" does not exist",
					name, NameStr(table->name))));
}

/*
 * Raises an error unless the current user could drop the key and add it again:
 * may name both tables, owns the referencing one and has REFERENCES on the
 * referenced one, or on each referenced column.  See LookupExplicitNamespace,
 * ATSimplePermissions and checkFkeyPermissions.
 */
void
fkfix_request_check_privileges(Reader *reader, const ForeignKey *fk)
{
	Oid			roleid = GetUserId();
	const TableFacts *referencing = fkfix_catalog_table(reader, fk->conrelid, false);
	TableFacts *referenced = fkfix_catalog_table(reader, fk->confrelid, false);

	check_schema_usage(referencing, roleid);
	check_schema_usage(referenced, roleid);
	if (!fkfix_compat_owns_table(fk->conrelid, roleid))
		refuse_stranger(referencing, fk);
	if (pg_class_aclcheck(fk->confrelid, roleid, ACL_REFERENCES) == ACLCHECK_OK)
		return;
	for (int i = 0; i < fk->nkeys; i++)
	{
		AclResult	result = pg_attribute_aclcheck(fk->confrelid, fk->confkey[i],
												   roleid, ACL_REFERENCES);

		if (result != ACLCHECK_OK)
			aclcheck_error(result, OBJECT_TABLE, NameStr(referenced->name));
	}
}

/*
 * Looks up the key that is meant, locks its tables to the end of the
 * transaction and makes sure that it is still the one: another may have taken
 * its name while we waited.  Returns it, and sets the request's reader, both in
 * the current memory context.  Raises an error if there is none, if the current
 * user may not change it, or if this session is using its tables.
 *
 * As RangeVarGetRelidExtended, looks again only if an invalidation message came
 * in: without one nothing has changed since the first look.
 */
ForeignKey *
fkfix_request_lock_key(Request *request)
{
	Oid			locked = InvalidOid;

	for (;;)
	{
		uint64		messages = SharedInvalidMessageCounter;
		ForeignKey *fk = look_up(request, OidIsValid(locked));

		if (fk->oid == locked)
			return fk;
		fkfix_tables_check_idle(fk);
		fkfix_lock_keys(list_make1(fk));
		if (messages == SharedInvalidMessageCounter)
			return fk;
		locked = fk->oid;
	}
}

/*
 * Gives a key, which fkfix_request_lock_key has locked, the actions that the
 * request names, if enforcement does not stand against it.  Returns whether
 * anything changed.
 */
bool
fkfix_request_set_actions(const Request *request, const ForeignKey *fk)
{
	Occasion	occasion = {request->cause, 0, NULL};
	Change		change;

	heed_policy(request, fk);
	warn_of_obstacles(request, fk);
	return fkfix_rebuild_key(request->reader, fk,
							 request->on_delete, request->on_update, &occasion, &change);
}

/*
 * Returns what is to be done about a violation of a rule in this session: the
 * rule's own mode, unless fkfix.enforcement overrides it.
 */
Enforcement
fkfix_request_mode(const Rule *rule)
{
	return fkfix_enforcement == ENFORCE_BY_POLICY ?
		rule->enforcement : (Enforcement) fkfix_enforcement;
}

/*
 * Returns what is to be done about a finding in this session: off if it is in
 * order, a warning for a conflict, otherwise what the rule says.
 */
Enforcement
fkfix_request_finding_mode(const Finding *finding)
{
	ListCell   *lc;

	if (fkfix_audit_in_order(finding->status))
		return ENFORCE_OFF;
	if (finding->status != STATUS_CONFLICT)
		return fkfix_request_mode(finding->rule);
	foreach(lc, finding->rules)
	{
		if (fkfix_request_mode(lfirst(lc)) != ENFORCE_OFF)
			return ENFORCE_WARN;
	}
	return ENFORCE_OFF;
}

/* The key that is meant, as it is now, if the current user may change it. */
static ForeignKey *
look_up(Request *request, bool waited)
{
	Reader	   *former = request->reader;
	ForeignKey *fk;

	request->reader = fkfix_catalog_reader(NULL);
	if (waited && fkfix_catalog_table(request->reader, request->relid, true) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation \"%s\" does not exist",
						NameStr(fkfix_catalog_table(former, request->relid, false)->name)),
				 errdetail("It was dropped while this session waited for it.")));
	fk = fkfix_request_find_key(request->reader, request->relid, request->name);
	fkfix_request_check_privileges(request->reader, fk);
	fkfix_rebuild_refuse_descendant(request->reader, fk);
	return fk;
}

static void
check_schema_usage(const TableFacts *table, Oid roleid)
{
	AclResult	result = fkfix_compat_schema_usage(table->schema_oid, roleid);

	if (result != ACLCHECK_OK)
		aclcheck_error(result, OBJECT_SCHEMA, table->schema);
}

/* As aclcheck_error, but names the key: there may be many of them to rebuild. */
static void
refuse_stranger(const TableFacts *table, const ForeignKey *fk)
{
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("must be owner of table %s", NameStr(table->name)),
			 errdetail("Foreign key \"%s\" belongs to table %s.", NameStr(fk->name),
					   quote_qualified_identifier(table->schema, NameStr(table->name)))));
}

/* Nothing was named: do what the policy asks. */
static bool
rebuild_by_policy(const Request *request, const ForeignKey *fk)
{
	Reader	   *reader = request->reader;
	const Policy *policy = fkfix_rulebook_now();
	Finding    *finding = fkfix_audit_judge(policy, reader, fk);
	Occasion	occasion = {request->cause, 0, NULL};
	Change		change;

	refuse_without_demand(fk, reader, finding);
	occasion.rule_id = finding->rule->id;
	return fkfix_rebuild_key(reader, fk, finding->set_on_delete,
							 finding->set_on_update, &occasion, &change);
}

static void
refuse_without_demand(const ForeignKey *fk, Reader *reader, const Finding *finding)
{
	const char *table = NameStr(fkfix_catalog_table(reader, fk->conrelid, false)->name);

	switch (finding->status)
	{
		case STATUS_VIOLATION:
		case STATUS_COMPLIANT:
			return;
		case STATUS_CONFLICT:
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("rules conflict over foreign key \"%s\" of table \"%s\"",
							NameStr(fk->name), table),
					 errdetail("%s", finding->detail),
					 errhint("Give one of them a higher priority, or name the action in the call.")));
			break;
		case STATUS_INFEASIBLE:
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("foreign key \"%s\" of table \"%s\" cannot be %s",
							NameStr(fk->name), table,
							fkfix_audit_demand(finding->rule, finding->set_on_delete != NULL,
											   finding->set_on_update != NULL)),
					 errdetail("%s", finding->detail),
					 errhint("Change the table, or rule " INT64_FORMAT ".", finding->rule->id)));
			break;
		default:
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("no rule asks anything of foreign key \"%s\" of table \"%s\"",
							NameStr(fk->name), table),
					 finding->rule == NULL ? 0 :
					 errdetail("Rule " INT64_FORMAT " exempts it.", finding->rule->id),
					 errhint("Name the action in the call, as in on_delete => 'CASCADE', or add a rule to fkfix.policy.")));
	}
}

/*
 * A SELECT fires no event trigger.  So where the policy is enforced, it binds
 * the actions named here as it binds those written in DDL.
 */
static void
heed_policy(const Request *request, const ForeignKey *fk)
{
	Reader	   *reader = request->reader;
	Finding    *finding;
	Enforcement mode;
	bool		bad_delete;
	bool		bad_update;

	if (fkfix_extension_off_duty() != NULL)
		return;
	finding = fkfix_audit_judge(fkfix_rulebook_now(), reader, fk);
	if (finding->status == STATUS_CONFLICT &&
		fkfix_request_finding_mode(finding) != ENFORCE_OFF)
		fkfix_message_warn_conflict(reader, fk, finding);
	if (finding->rule == NULL)
		return;
	bad_delete = request->on_delete != NULL &&
		!fkfix_audit_accepts(reader, fk, finding->rule->on_delete, request->on_delete);
	bad_update = request->on_update != NULL &&
		!fkfix_audit_accepts(reader, fk, finding->rule->on_update, request->on_update);
	mode = fkfix_request_mode(finding->rule);
	if (!(bad_delete || bad_update) || mode == ENFORCE_OFF)
		return;
	ereport(mode == ENFORCE_WARN ? WARNING : ERROR,
			(errcode(ERRCODE_INVALID_FOREIGN_KEY),
			 errmsg("foreign key \"%s\" of table \"%s\" must be %s", NameStr(fk->name),
					NameStr(fkfix_catalog_table(reader, fk->conrelid, false)->name),
					fkfix_audit_demand(finding->rule, bad_delete, bad_update)),
			 errdetail("%s", fkfix_message_detail(finding)),
			 errhint("A role that may set \"fkfix.enforcement\" can set it to off for this session."),
			 fkfix_message_errkey(reader, fk)));
}

/* What PostgreSQL accepts and cannot do is done, with a warning. */
static void
warn_of_obstacles(const Request *request, const ForeignKey *fk)
{
	ListCell   *lc;

	foreach(lc, fkfix_check_actions(request->reader, fk, request->on_delete, request->on_update))
	{
		Obstacle   *obstacle = lfirst(lc);

		if (!obstacle->illegal)
			ereport(WARNING,
					(errmsg("%s", obstacle->message),
					 errdetail("%s", obstacle->detail)));
	}
}
