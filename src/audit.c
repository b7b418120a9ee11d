/*-------------------------------------------------------------------------
 *
 * audit.c
 *		The judge: a foreign key, the rules, and what comes of it.
 *
 * Audit, rebuild and enforcement all ask this room what to think of a key, so
 * that what one reports another does.  The judge reads and says; it raises
 * nothing over a violation and changes nothing.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "audit.h"
#include "check.h"
#include "ddl.h"
#include "inspect.h"
#include "shape.h"

/* So many of the rules that conflict are named. */
#define MAX_RULES	10

static const char *const status_names[STATUS_COUNT] = {
	"violation", "infeasible", "conflict", "damaged", "compliant", "exempt",
	"unmanaged"
};

static char *describe_conflict(List *rules);
static const Action *required_change(Reader *reader, const ForeignKey *fk,
									 List *accepted, const Action *current);
static char *describe_infeasible(const Finding *finding);
static void append_demand(StringInfo buf, const char *event, List *accepted);

/*
 * Judges a root key by the rules.  Returns the finding in the current memory
 * context; rules in it belong to the policy.  The key's triggers are not looked
 * at: fkfix_audit_inspect does that.  Temporary tables are out of scope.
 */
Finding *
fkfix_audit_judge(const Policy *policy, Reader *reader, const ForeignKey *fk)
{
	Finding    *finding = palloc0(sizeof(Finding));
	TableFacts *table = fkfix_catalog_table(reader, fk->conrelid, true);
	List	   *obstacles;

	finding->status = STATUS_UNMANAGED;
	if (table == NULL || table->temporary || OidIsValid(fk->conparentid))
		return finding;
	finding->rules = fkfix_policy_winners(policy, reader, fk);
	if (finding->rules == NIL)
		return finding;

	if (fkfix_audit_rules_conflict(finding->rules,
								   list_length(finding->rules) == 1 ? NIL :
								   fkfix_catalog_column_names(reader, fk->conrelid,
															  fk->conkey, fk->nkeys)))
	{
		finding->status = STATUS_CONFLICT;
		finding->detail = describe_conflict(finding->rules);
		return finding;
	}

	finding->rule = linitial(finding->rules);
	finding->reason = fkfix_policy_reason(policy, finding->rule);
	finding->detail = unconstify(char *, finding->reason);
	if (fkfix_rule_is_exemption(finding->rule))
	{
		finding->status = STATUS_EXEMPT;
		return finding;
	}

	finding->set_on_delete = required_change(reader, fk, finding->rule->on_delete,
											 fkfix_key_delete_action(reader, fk));
	finding->set_on_update = required_change(reader, fk, finding->rule->on_update,
											 fkfix_key_update_action(fk));
	if (finding->set_on_delete == NULL && finding->set_on_update == NULL)
	{
		finding->status = STATUS_COMPLIANT;
		return finding;
	}

	finding->status = STATUS_VIOLATION;
	obstacles = fkfix_check_actions(reader, fk, finding->set_on_delete,
									finding->set_on_update);
	if (obstacles != NIL)
	{
		finding->status = STATUS_INFEASIBLE;
		finding->obstacle = ((const Obstacle *) linitial(obstacles))->detail;
		finding->detail = describe_infeasible(finding);
	}
	return finding;
}

/*
 * Looks at the key's descendants and triggers, and changes the finding to
 * "damaged" if they are.
 */
void
fkfix_audit_inspect(Reader *reader, const ForeignKey *fk, Finding *finding)
{
	Fault	   *fault = fkfix_inspect_damage(fkfix_inspect_key(reader, fk));

	if (fault != NULL)
	{
		finding->status = STATUS_DAMAGED;
		finding->detail = fault->detail;
	}
}

/*
 * Judges a root key, triggers included, as the audit lists it.  Returns the
 * finding in the current memory context, or NULL if the key is out of the
 * audit's scope: of a temporary table, or of one that belongs to an extension.
 */
Finding *
fkfix_audit_examine(const Policy *policy, Reader *reader, const ForeignKey *fk)
{
	Finding    *finding;

	if (!fkfix_audit_in_scope(reader, fk))
		return NULL;
	finding = fkfix_audit_judge(policy, reader, fk);
	fkfix_audit_inspect(reader, fk, finding);
	return finding;
}

/*
 * Is a root key one of those that the audit lists?  One whose table is gone is:
 * it has been left behind.
 */
bool
fkfix_audit_in_scope(Reader *reader, const ForeignKey *fk)
{
	const TableFacts *table = fkfix_catalog_table(reader, fk->conrelid, true);

	return table == NULL ||
		(!table->temporary && !fkfix_catalog_in_extension(reader, fk->conrelid));
}

/*
 * Visits the keys that the audit of one referencing table, or with InvalidOid of
 * all, is about: root keys, and those that derive from a key that is not there.
 */
void
fkfix_audit_each_key(Reader *reader, Oid relid, KeyVisitor visit, void *state)
{
	fkfix_key_each_root(reader, relid, visit, state);
	fkfix_key_each_rootless(reader, relid, visit, state);
}

/*
 * Does one of the accepted actions have the effect of this one on this key?
 * An empty list accepts anything.
 */
bool
fkfix_audit_accepts(Reader *reader, const ForeignKey *fk, List *accepted,
					const Action *action)
{
	List	   *key_columns = NIL;
	ListCell   *lc;

	if (accepted == NIL)
		return true;
	if (action->kind->takes_columns)
		key_columns = fkfix_catalog_column_names(reader, fk->conrelid, fk->conkey,
												 fk->nkeys);
	foreach(lc, accepted)
	{
		if (fkfix_action_equal(lfirst(lc), action, key_columns))
			return true;
	}
	return false;
}

/*
 * Do rules of equal precedence ask for different things of a key with these
 * columns?
 */
bool
fkfix_audit_rules_conflict(List *rules, List *key_columns)
{
	ListCell   *lc;

	for_each_from(lc, rules, 1)
	{
		CHECK_FOR_INTERRUPTS();
		if (!fkfix_rule_same_demand(linitial(rules), lfirst(lc), key_columns))
			return true;
	}
	return false;
}

/*
 * Returns the name of a status, as in the audit.
 */
const char *
fkfix_audit_status_name(Status status)
{
	return status_names[status];
}

/*
 * Is a key with this status none of the audit's concern?
 */
bool
fkfix_audit_in_order(Status status)
{
	return status == STATUS_COMPLIANT || status == STATUS_EXEMPT ||
		status == STATUS_UNMANAGED;
}

/*
 * Returns what a rule asks for as a clause, palloc'd: ON DELETE CASCADE, or ON
 * DELETE RESTRICT or NO ACTION; of both events or one.
 */
char *
fkfix_audit_demand(const Rule *rule, bool with_on_delete, bool with_on_update)
{
	StringInfoData buf;

	initStringInfo(&buf);
	if (with_on_delete)
		append_demand(&buf, "ON DELETE", rule->on_delete);
	if (with_on_update)
		append_demand(&buf, "ON UPDATE", rule->on_update);
	return buf.data;
}

/*
 * Returns the statement that cures a finding, palloc'd, or NULL if there is
 * none.  It can be run as it is, whatever the search_path.
 */
char *
fkfix_audit_remedy(Reader *reader, const ForeignKey *fk, const Finding *finding)
{
	if (finding->status == STATUS_VIOLATION)
		return fkfix_ddl_rebuild(reader, fk, NULL, NULL);
	if (finding->status == STATUS_DAMAGED)
		return fkfix_ddl_recreate(reader, fk, finding->set_on_delete,
								  finding->set_on_update);
	return NULL;
}

static char *
describe_conflict(List *rules)
{
	StringInfoData buf;
	ListCell   *lc;

	initStringInfo(&buf);
	appendStringInfoString(&buf, "Rules of equal precedence ask for different things:");
	foreach(lc, rules)
	{
		Rule	   *rule = lfirst(lc);

		if (foreach_current_index(lc) == MAX_RULES)
		{
			appendStringInfo(&buf, " and %d more", list_length(rules) - MAX_RULES);
			break;
		}
		appendStringInfo(&buf, "%s rule " INT64_FORMAT " for %s",
						 foreach_current_index(lc) == 0 ? "" : ",", rule->id,
						 fkfix_rule_is_exemption(rule) ? "nothing" :
						 fkfix_audit_demand(rule, rule->on_delete != NIL,
											rule->on_update != NIL));
	}
	appendStringInfoChar(&buf, '.');
	return buf.data;
}

/* The action that a rebuild must set, NULL if the current one is accepted. */
static const Action *
required_change(Reader *reader, const ForeignKey *fk, List *accepted,
				const Action *current)
{
	if (fkfix_audit_accepts(reader, fk, accepted, current))
		return NULL;
	return linitial(accepted);
}

static char *
describe_infeasible(const Finding *finding)
{
	if (finding->reason == NULL)
		return pstrdup(finding->obstacle);
	return psprintf("%s The rule's reason: %s", finding->obstacle, finding->reason);
}

static void
append_demand(StringInfo buf, const char *event, List *accepted)
{
	ListCell   *lc;

	if (buf->len > 0)
		appendStringInfoChar(buf, ' ');
	appendStringInfoString(buf, event);
	foreach(lc, accepted)
		appendStringInfo(buf, "%s %s", foreach_current_index(lc) == 0 ? "" : " or",
						 fkfix_action_text(lfirst(lc)));
}
