/*-------------------------------------------------------------------------
 *
 * ddl.c
 *		Foreign keys written as DDL.
 *
 * pg_get_constraintdef writes a table's name so that the caller's search_path
 * finds it, and the actions that the key has.  A statement that is to be run
 * somewhere else, later, needs every name qualified, and here mostly other
 * actions.  So it is built from the catalogs and never edited as text.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "nodes/parsenodes.h"
#include "utils/builtins.h"

#include "ddl.h"

static bool is_nameable(Reader *reader, const ForeignKey *fk);
static void append_columns(StringInfo buf, Reader *reader, Oid relid,
						   const AttrNumber *columns, const ForeignKey *fk);
static void append_action(StringInfo buf, const char *event,
						  const Action *action);

/*
 * Returns the definition of a key, from FOREIGN KEY on, as ADD CONSTRAINT takes
 * it, palloc'd.  An action given replaces the key's own.  The order of clauses
 * is that of pg_get_constraintdef.
 */
char *
fkfix_ddl_definition(Reader *reader, const ForeignKey *fk,
					 const Action *on_delete, const Action *on_update)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfoString(&buf, "FOREIGN KEY (");
	append_columns(&buf, reader, fk->conrelid, fk->conkey, fk);
	appendStringInfo(&buf, ") REFERENCES %s (",
					 fkfix_catalog_table_name(reader, fk->confrelid));
	append_columns(&buf, reader, fk->confrelid, fk->confkey, fk);
	appendStringInfoChar(&buf, ')');

	if (fk->match == FKCONSTR_MATCH_FULL)
		appendStringInfoString(&buf, " MATCH FULL");
	append_action(&buf, "ON UPDATE",
				  on_update ? on_update : fkfix_key_update_action(fk));
	append_action(&buf, "ON DELETE",
				  on_delete ? on_delete : fkfix_key_delete_action(reader, fk));
	if (fk->deferrable)
		appendStringInfoString(&buf, " DEFERRABLE");
	if (fk->deferred)
		appendStringInfoString(&buf, " INITIALLY DEFERRED");
	if (!fk->enforced)
		appendStringInfoString(&buf, " NOT ENFORCED");
	else if (!fk->validated)
		appendStringInfoString(&buf, " NOT VALID");
	return buf.data;
}

/*
 * Returns the statement that drops a key and makes it anew, palloc'd; NULL if
 * there can be none, because a table or a column of the key is gone or another
 * key stands above it.
 */
char *
fkfix_ddl_recreate(Reader *reader, const ForeignKey *fk,
				   const Action *on_delete, const Action *on_update)
{
	const char *name = quote_identifier(NameStr(fk->name));

	if (OidIsValid(fk->conparentid) || !is_nameable(reader, fk))
		return NULL;
	return psprintf("ALTER TABLE %s DROP CONSTRAINT %s, ADD CONSTRAINT %s %s;",
					fkfix_catalog_table_name(reader, fk->conrelid), name, name,
					fkfix_ddl_definition(reader, fk, on_delete, on_update));
}

/*
 * Returns the statement that rebuilds a key, palloc'd: with the actions named, or
 * with none (both NULL) as the policy requires.  It names the schema of the function
 * and the types of its arguments: no function of that name that somebody has made
 * elsewhere, or for other types, can be meant.
 */
char *
fkfix_ddl_rebuild(Reader *reader, const ForeignKey *fk,
				  const Action *on_delete, const Action *on_update)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "SELECT pg_catalog.fkfix_rebuild(%s::regclass, %s::name",
					 quote_literal_cstr(fkfix_catalog_table_name(reader, fk->conrelid)),
					 quote_literal_cstr(NameStr(fk->name)));
	if (on_delete != NULL)
		appendStringInfo(&buf, ", on_delete => %s::text",
						 quote_literal_cstr(fkfix_action_text(on_delete)));
	if (on_update != NULL)
		appendStringInfo(&buf, ", on_update => %s::text",
						 quote_literal_cstr(fkfix_action_text(on_update)));
	appendStringInfoString(&buf, ");");
	return buf.data;
}

/* Are both tables there, and all columns of the key? */
static bool
is_nameable(Reader *reader, const ForeignKey *fk)
{
	if (fkfix_catalog_table(reader, fk->conrelid, true) == NULL ||
		fkfix_catalog_table(reader, fk->confrelid, true) == NULL || fk->malformed)
		return false;
	for (int i = 0; i < fk->nkeys; i++)
	{
		if (fkfix_catalog_column(reader, fk->conrelid, fk->conkey[i], true) == NULL ||
			fkfix_catalog_column(reader, fk->confrelid, fk->confkey[i], true) == NULL)
			return false;
	}
	return true;
}

static void
append_columns(StringInfo buf, Reader *reader, Oid relid,
			   const AttrNumber *columns, const ForeignKey *fk)
{
	for (int i = 0; i < fk->nkeys; i++)
	{
		ColumnFacts *column = fkfix_catalog_column(reader, relid, columns[i], true);

		if (i > 0)
			appendStringInfoString(buf, ", ");
		if (fk->period && i == fk->nkeys - 1)
			appendStringInfoString(buf, "PERIOD ");
		if (column != NULL)
			appendStringInfoString(buf, quote_identifier(column->name));
	}
}

/*
 * NO ACTION is what a key does when nothing is said.  Nothing is said either of
 * an action that PostgreSQL does not know: no statement could.
 */
static void
append_action(StringInfo buf, const char *event, const Action *action)
{
	if (action->kind->code != FKCONSTR_ACTION_NOACTION && action->kind->code != '\0')
		appendStringInfo(buf, " %s %s", event, fkfix_action_text(action));
}
