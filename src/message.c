/*-------------------------------------------------------------------------
 *
 * message.c
 *		What users are told about a key and the rule that decides it.
 *
 * DDL that is refused, a fix, and a rebuild that the policy forbids all speak
 * of the same thing, and say it in the same words.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "audit.h"
#include "message.h"

/*
 * Returns the detail of a message: which rule it was, and its reason, palloc'd.
 */
char *
fkfix_message_detail(const Finding *finding)
{
	if (finding->reason == NULL)
		return psprintf("Rule " INT64_FORMAT " of the foreign key policy asks for it.",
						finding->rule->id);
	return psprintf("Rule " INT64_FORMAT " of the foreign key policy asks for it: %s",
					finding->rule->id, finding->reason);
}

/*
 * Returns the hint of a message to whoever writes the key, palloc'd: the clause, in
 * SQL.  How a migration tool spells it depends on the tool.
 */
char *
fkfix_message_hint(const Finding *finding)
{
	return psprintf("Declare the key with %s; docs/tools.md tells how migration tools spell that. A rule without actions exempts a key.",
					fkfix_audit_demand(finding->rule, finding->set_on_delete != NULL,
									   finding->set_on_update != NULL));
}

/*
 * Inside ereport, puts the schema, table and constraint into the fields that clients read, as
 * errtableconstraint does.
 */
int
fkfix_message_errkey(Reader *reader, const ForeignKey *fk)
{
	TableFacts *table = fkfix_catalog_table(reader, fk->conrelid, false);

	err_generic_string(PG_DIAG_SCHEMA_NAME, table->schema);
	err_generic_string(PG_DIAG_TABLE_NAME, NameStr(table->name));
	err_generic_string(PG_DIAG_CONSTRAINT_NAME, NameStr(fk->name));
	return 0;					/* return value does not matter */
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
					NameStr(fkfix_catalog_table(reader, fk->conrelid, false)->name)),
			 errdetail("%s", finding->detail),
			 errhint("Give one of them a higher priority."),
			 fkfix_message_errkey(reader, fk)));
}
