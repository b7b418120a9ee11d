/*-------------------------------------------------------------------------
 *
 * message.c
 *		What users are told about a key and the rule that decides it.
 *
 * DDL that is refused, a fix, and a rebuild that the policy forbids all speak
 * of the same thing, and say it in the same words.  All but the last
 * function are used inside ereport.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "audit.h"
#include "message.h"

static void append_keyword(StringInfo buf, const char *keyword, List *accepted);

/*
 * The detail of a message: which rule it was, and its reason.
 */
int
fkfix_message_errdetail(const Rule *rule)
{
	if (rule->reason == NULL)
		return errdetail("Rule " INT64_FORMAT " of the foreign key policy asks for it.",
						 rule->id);
	return errdetail("Rule " INT64_FORMAT " of the foreign key policy asks for it: %s",
					 rule->id, rule->reason);
}

/*
 * The hint of a message to whoever writes the key: the clause, and how the
 * migration tools spell it.
 */
int
fkfix_message_errhint_declare(const Rule *rule, bool with_on_delete,
							  bool with_on_update)
{
	StringInfoData keywords;

	initStringInfo(&keywords);
	if (with_on_delete)
		append_keyword(&keywords, "ondelete", rule->on_delete);
	if (with_on_update)
		append_keyword(&keywords, "onupdate", rule->on_update);
	return errhint("Declare the key with %s; in SQLAlchemy and Alembic that is %s.",
				   fkfix_audit_demand(rule, with_on_delete, with_on_update),
				   keywords.data);
}

/*
 * Puts the schema, table and constraint into the fields that clients read, as
 * errtableconstraint does.
 */
int
fkfix_message_errkey(Reader *reader, const ForeignKey *fk)
{
	TableFacts *table = fkfix_catalog_table(reader, fk->conrelid);

	err_generic_string(PG_DIAG_SCHEMA_NAME, table->schema);
	err_generic_string(PG_DIAG_TABLE_NAME, NameStr(table->name));
	err_generic_string(PG_DIAG_CONSTRAINT_NAME, NameStr(fk->name));
	return 0;					/* return value does not matter */
}

/*
 * SQLAlchemy takes an action as DDL does, its column list included; names in
 * that may be in double quotes.
 */
static void
append_keyword(StringInfo buf, const char *keyword, List *accepted)
{
	char	   *action = fkfix_action_text(linitial(accepted));
	char		quote = strchr(action, '"') ? '\'' : '"';

	appendStringInfo(buf, "%s%s=%c%s%c", buf->len > 0 ? ", " : "", keyword, quote,
					 action, quote);
}

/*
 * Warns that rules conflict over a key.
 */
void
fkfix_message_warn_conflict(Reader *reader, const ForeignKey *fk,
							const Finding *finding)
{
	ereport(WARNING,
			(errcode(ERRCODE_INVALID_FOREIGN_KEY),
			 errmsg("rules conflict over foreign key \"%s\" of table \"%s\"",
					NameStr(fk->name),
					NameStr(fkfix_catalog_table(reader, fk->conrelid)->name)),
			 errdetail("%s", finding->detail),
			 errhint("Give one of them a higher priority."),
			 fkfix_message_errkey(reader, fk)));
}
