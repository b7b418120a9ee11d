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

#include "miscadmin.h"
#include "utils/builtins.h"

#include "compat.h"
#include "ddl.h"
#include "extension.h"
#include "lock.h"
#include "message.h"
#include "rebuild.h"
#include "request.h"
#include "sanction.h"
#include "tables.h"

/* One key and everything that is needed to speak of it. */
typedef struct Case
{
	Statement  *statement;
	Reader	   *reader;
	const ForeignKey *fk;
	Finding    *finding;
	Reader	   *before;			/* NULL: the statement made the key */
	const char *table;
} Case;

/* What is said of a key that must not be as it is. */
typedef struct Complaint
{
	Reader	   *reader;
	const ForeignKey *fk;
	const char *table;
	char	   *demand;
	char	   *detail;
	char	   *hint;
} Complaint;

/* So many of the other keys that a statement is refused for are named. */
#define MAX_NAMED	10

static void warn(const Case *c);
static void refuse(const Case *c);
static Complaint *make_complaint(const Case *c, bool refused);
static char *hint_remedy(const Case *c);
static char *hint_beforehand(const Case *c);
static char *detail_why(const Case *c);
static void fix(const Case *c);
static bool may_touch(const Case *c);
static void announce(const Case *c, const Change *change);

/*
 * Does what the policy says about a key: warns, rebuilds it, or notes that the
 * statement is to be refused, which fkfix_sanction_refuse() does when all keys have
 * been looked at.  "before" reads the catalogs as they were before the statement
 * being executed; NULL says that this statement made the key, so that no further
 * locks are needed.  Otherwise they are taken if that needs no waiting.  A
 * statement that must pass gets warnings for errors.
 */
void
fkfix_sanction(Statement *statement, Reader *reader, const ForeignKey *fk,
			   Finding *finding, Reader *before)
{
	Case		c = {statement, reader, fk, finding, before, NULL};

	c.table = NameStr(fkfix_catalog_table(reader, fk->conrelid, false)->name);
	switch (fkfix_request_finding_mode(finding))
	{
		case ENFORCE_BY_POLICY:
		case ENFORCE_OFF:
			break;
		case ENFORCE_WARN:
			if (finding->status == STATUS_CONFLICT)
				fkfix_message_warn_conflict(reader, fk, finding);
			else
				warn(&c);
			break;
		case ENFORCE_ERROR:
			refuse(&c);
			break;
		case ENFORCE_FIX:
			if (finding->status == STATUS_INFEASIBLE)
				refuse(&c);
			else
				fix(&c);
			break;
	}
}

/*
 * Raises the error that is due for the keys that fkfix_sanction() has noted, if
 * any: it is about the first, and names the others.
 */
void
fkfix_sanction_refuse(const Statement *statement)
{
	const Complaint *first;
	StringInfoData detail;
	int			more = statement->nrefusals - 1;

	if (more < 0)
		return;
	first = linitial(statement->refusals);
	initStringInfo(&detail);
	appendStringInfoString(&detail, first->detail);
	if (more > 0)
		appendStringInfo(&detail, "\nThe same holds for %d more foreign key%s:", more,
						 more == 1 ? "" : "s");
	for (int i = 1; i <= Min(more, MAX_NAMED); i++)
	{
		const Complaint *other = list_nth(statement->refusals, i);

		appendStringInfo(&detail, "\n\"%s\" of table \"%s\" must be %s",
						 NameStr(other->fk->name), other->table, other->demand);
	}
	if (more > MAX_NAMED)
		appendStringInfo(&detail, "\nand %d more", more - MAX_NAMED);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_FOREIGN_KEY),
			 errmsg("foreign key \"%s\" of table \"%s\" must be %s",
					NameStr(first->fk->name), first->table, first->demand),
			 errdetail("%s", detail.data),
			 errhint("%s", first->hint),
			 fkfix_message_errkey(first->reader, first->fk)));
}

static void
warn(const Case *c)
{
	const Complaint *complaint = make_complaint(c, false);

	ereport(WARNING,
			(errcode(ERRCODE_INVALID_FOREIGN_KEY),
			 errmsg("foreign key \"%s\" of table \"%s\" must be %s",
					NameStr(complaint->fk->name), complaint->table, complaint->demand),
			 errdetail("%s", complaint->detail),
			 errhint("%s", complaint->hint),
			 fkfix_message_errkey(complaint->reader, complaint->fk)));
}

static void
refuse(const Case *c)
{
	if (c->statement->must_pass)
		warn(c);
	else
	{
		if (c->statement->nrefusals++ <= MAX_NAMED)
			c->statement->refusals = lappend(c->statement->refusals, make_complaint(c, true));
	}
}

/*
 * The one complaint of warn and error.  Many a command line prints only the
 * primary message, so what to write stands in it.
 */
static Complaint *
make_complaint(const Case *c, bool refused)
{
	Complaint  *complaint = palloc(sizeof(Complaint));

	complaint->reader = c->reader;
	complaint->fk = c->fk;
	complaint->table = c->table;
	complaint->demand = fkfix_audit_demand(c->finding->rule, c->finding->set_on_delete != NULL,
										   c->finding->set_on_update != NULL);
	complaint->detail = detail_why(c);
	complaint->hint = !refused || c->finding->status != STATUS_VIOLATION ? hint_remedy(c) :
		c->before != NULL ? hint_beforehand(c) : fkfix_message_hint(c->finding);
	return complaint;
}

static char *
hint_remedy(const Case *c)
{
	char	   *remedy = fkfix_audit_remedy(c->reader, c->fk, c->finding);

	if (remedy == NULL)
		return "The key cannot do that as it is: change the table, or the rule.";
	if (!fkfix_compat_owns_table(c->fk->conrelid, GetUserId()))
		return psprintf("The owner of the table can run: %s", remedy);
	return remedy;
}

/*
 * What to run so that the refused statement passes: by the names that the key
 * and its table have without it, and naming the actions, since the rule does not
 * yet ask for them.
 */
static char *
hint_beforehand(const Case *c)
{
	const Finding *finding = c->finding;
	const ForeignKey *old = fkfix_key_get(c->before, c->fk->oid, true);
	Reader	   *reader = old == NULL ? c->reader : c->before;
	const ForeignKey *fk = old == NULL ? c->fk : old;

	return psprintf("Run this first: %s",
					fkfix_ddl_rebuild(reader, fk, finding->set_on_delete, finding->set_on_update));
}

/* The rule and its reason; what stands in the way, if something does. */
static char *
detail_why(const Case *c)
{
	if (c->finding->status == STATUS_INFEASIBLE || c->finding->status == STATUS_DAMAGED)
		return psprintf("Rule " INT64_FORMAT " of the foreign key policy asks for it, but: %s",
						c->finding->rule->id, c->finding->detail);
	return fkfix_message_detail(c->finding);
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
	const ForeignKey *fk;
	Change		change;

	if (c->before != NULL && !may_touch(c))
	{
		warn(c);
		return;
	}
	fk = fkfix_key_get(reader, c->fk->oid, true);
	if (fk == NULL)
		return;
	if (c->before != NULL)
		fkfix_audit_inspect(reader, fk, c->finding);
	if (c->finding->status == STATUS_DAMAGED)
	{
		refuse(c);
		return;
	}
	if (fkfix_rebuild_key(reader, fk, c->finding->set_on_delete,
						  c->finding->set_on_update, &occasion, &change))
		announce(c, &change);
}

/*
 * May an older key be changed on behalf of this statement?  Whoever runs it must
 * own the key's table: a name given to one table must not change what happens to
 * another's rows.  And the tables must be idle, and to be had without waiting.
 */
static bool
may_touch(const Case *c)
{
	return fkfix_compat_owns_table(c->fk->conrelid, GetUserId()) &&
		fkfix_tables_are_idle(c->fk) && fkfix_lock_key_conditionally(c->fk);
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
			 errdetail("%s", fkfix_message_detail(finding)),
			 fkfix_message_errkey(c->reader, c->fk)));
}
