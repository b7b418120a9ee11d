/*-------------------------------------------------------------------------
 *
 * sanction.c
 *		What is done about a key that DDL left in violation of the policy.
 *
 * The rule says: nothing, a warning, an error, or a fix on the spot.  A key
 * that the statement itself made can always be fixed if its definition allows
 * it: the statement holds the locks, and no trigger event can refer to triggers
 * that did not exist before.  A key that was there already, and that a RENAME
 * brought into a rule's range, is different: its tables may be in use, and a
 * statement that never meant to lock them must not wait.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "lock.h"
#include "message.h"
#include "rebuild.h"
#include "request.h"
#include "sanction.h"
#include "tables.h"

/* One key and everything that is needed to speak of it. */
typedef struct Case
{
	const Statement *statement;
	Reader	   *reader;
	const ForeignKey *fk;
	Finding    *finding;
	Reader	   *before;			/* NULL: the statement made the key */
	const char *table;
} Case;

static void complain(const Case *c, int elevel);
static int	hint_remedy(const Case *c);
static int	hint_beforehand(const Case *c);
static int	detail_why(const Case *c);
static void fix(const Case *c);
static bool may_touch(const Case *c);
static void announce(const Case *c, const Change *change);

/*
 * Does what the policy says about a key: warns, raises an error, or rebuilds
 * it.  "before" reads the catalogs as they were before the statement being
 * executed; NULL says that this statement made the key, so that no further locks
 * are needed.  Otherwise they are taken if that needs no waiting.  A statement
 * that must pass gets warnings for errors.
 */
void
fkfix_sanction(const Statement *statement, Reader *reader, const ForeignKey *fk,
			   Finding *finding, Reader *before)
{
	Case		c = {statement, reader, fk, finding, before, NULL};
	int			error = statement->must_pass ? WARNING : ERROR;

	c.table = NameStr(fkfix_catalog_table(reader, fk->conrelid)->name);
	switch (fkfix_request_finding_mode(finding))
	{
		case ENFORCE_BY_POLICY:
		case ENFORCE_OFF:
			break;
		case ENFORCE_WARN:
			if (finding->status == STATUS_CONFLICT)
				fkfix_message_warn_conflict(reader, fk, finding);
			else
				complain(&c, WARNING);
			break;
		case ENFORCE_ERROR:
			complain(&c, error);
			break;
		case ENFORCE_FIX:
			if (finding->status == STATUS_INFEASIBLE)
				complain(&c, error);
			else
				fix(&c);
			break;
	}
}

/*
 * The one complaint of warn and error.  Many a command line prints only the
 * primary message, so what to write stands in it.
 */
static void
complain(const Case *c, int elevel)
{
	const Finding *finding = c->finding;

	ereport(elevel,
			(errcode(ERRCODE_INVALID_FOREIGN_KEY),
			 errmsg("foreign key \"%s\" of table \"%s\" must be %s",
					NameStr(c->fk->name), c->table,
					fkfix_audit_demand(finding->rule, finding->set_on_delete != NULL,
									   finding->set_on_update != NULL)),
			 detail_why(c),
			 elevel != ERROR || finding->status != STATUS_VIOLATION ? hint_remedy(c) :
			 c->before != NULL ? hint_beforehand(c) :
			 fkfix_message_errhint_declare(finding->rule, finding->set_on_delete != NULL,
										   finding->set_on_update != NULL),
			 fkfix_message_errkey(c->reader, c->fk)));
}

static int
hint_remedy(const Case *c)
{
	char	   *remedy = fkfix_audit_remedy(c->statement->extension, c->reader, c->fk,
											c->finding);
	bool		refused = fkfix_request_finding_mode(c->finding) == ENFORCE_ERROR &&
	!c->statement->must_pass;

	if (remedy == NULL)
		return errhint("The key cannot do that as it is: change the table, or the rule.");
	if (refused)
		return errhint("Give the key that action first, then repeat the statement.");
	return errhint("%s", remedy);
}

/*
 * What to run so that the refused statement passes: by the names that the key
 * and its table have without it, and naming the actions, since the rule does not
 * yet ask for them.
 */
static int
hint_beforehand(const Case *c)
{
	const Finding *finding = c->finding;
	const ForeignKey *old = fkfix_key_get(c->before, c->fk->oid);
	Reader	   *reader = old == NULL ? c->reader : c->before;
	const ForeignKey *fk = old == NULL ? c->fk : old;
	StringInfoData actions;

	initStringInfo(&actions);
	if (finding->set_on_delete != NULL)
		appendStringInfo(&actions, ", on_delete => %s",
						 quote_literal_cstr(fkfix_action_text(finding->set_on_delete)));
	if (finding->set_on_update != NULL)
		appendStringInfo(&actions, ", on_update => %s",
						 quote_literal_cstr(fkfix_action_text(finding->set_on_update)));
	return errhint("Run this first: SELECT %s(%s, %s%s);",
				   fkfix_extension_function_name(c->statement->extension, "fkfix_rebuild"),
				   quote_literal_cstr(fkfix_catalog_table_name(reader, fk->conrelid)),
				   quote_literal_cstr(NameStr(fk->name)), actions.data);
}

/* The rule and its reason; what stands in the way, if something does. */
static int
detail_why(const Case *c)
{
	if (c->finding->status == STATUS_INFEASIBLE || c->finding->status == STATUS_DAMAGED)
		return errdetail("Rule " INT64_FORMAT " of the foreign key policy asks for it, but: %s",
						 c->finding->rule->id, c->finding->detail);
	return fkfix_message_errdetail(c->finding->rule);
}

/*
 * Rebuilds the key, now.  An older one is looked at again when it is locked: it
 * may be gone, or damaged, which the finding says from then on.
 */
static void
fix(const Case *c)
{
	const Statement *statement = c->statement;
	Occasion	occasion = {"enforcement", c->finding->rule->id, statement->command_tag};
	Reader	   *reader = fkfix_catalog_reader(NULL);
	ForeignKey *fk;
	Change		change;

	if (c->before != NULL && !may_touch(c))
	{
		complain(c, WARNING);
		return;
	}
	fk = fkfix_key_get(reader, c->fk->oid);
	if (fk == NULL)
		return;
	if (c->before != NULL)
		fkfix_audit_inspect(reader, fk, c->finding);
	if (c->finding->status == STATUS_DAMAGED)
	{
		complain(c, statement->must_pass ? WARNING : ERROR);
		return;
	}
	if (fkfix_rebuild_key(statement->extension, reader, fk, c->finding->set_on_delete,
						  c->finding->set_on_update, &occasion, &change))
		announce(c, &change);
}

/* Are the tables of an older key to be had without waiting, and idle? */
static bool
may_touch(const Case *c)
{
	return fkfix_tables_are_idle(c->fk) && fkfix_lock_key_conditionally(c->fk);
}

/*
 * A fix that fills in what was left out deserves a notice; one that overrules
 * what somebody wrote, a warning that says both.
 */
static void
announce(const Case *c, const Change *change)
{
	const Finding *finding = c->finding;
	bool		overrules = (finding->set_on_delete != NULL && strcmp(change->old_on_delete, "NO ACTION") != 0) ||
	(finding->set_on_update != NULL && strcmp(change->old_on_update, "NO ACTION") != 0);
	StringInfoData now;
	StringInfoData was;

	initStringInfo(&now);
	initStringInfo(&was);
	if (finding->set_on_delete != NULL)
	{
		appendStringInfo(&now, "ON DELETE %s", change->new_on_delete);
		appendStringInfo(&was, "ON DELETE %s", change->old_on_delete);
	}
	if (finding->set_on_update != NULL)
	{
		appendStringInfo(&now, "%sON UPDATE %s", now.len > 0 ? " " : "", change->new_on_update);
		appendStringInfo(&was, "%sON UPDATE %s", was.len > 0 ? " " : "", change->old_on_update);
	}
	ereport(overrules ? WARNING : NOTICE,
			(overrules ?
			 errmsg("foreign key \"%s\" of table \"%s\" is now %s instead of %s",
					NameStr(c->fk->name), c->table, now.data, was.data) :
			 errmsg("foreign key \"%s\" of table \"%s\" is now %s",
					NameStr(c->fk->name), c->table, now.data),
			 fkfix_message_errdetail(finding->rule),
			 fkfix_message_errkey(c->reader, c->fk)));
}
