/*-------------------------------------------------------------------------
 *
 * script_rails.c
 *		Scripts in Ruby: for Rails.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/parsenodes.h"

#include "script.h"

/* The oldest Rails that the script is written for. */
#define RAILS_VERSION "6.1"

/* How Rails calls the actions it knows. */
static const struct
{
	char		code;
	const char *symbol;			/* NULL: it says nothing */
}			rails_actions[] = {
	{FKCONSTR_ACTION_NOACTION, NULL},
	{FKCONSTR_ACTION_RESTRICT, ":restrict"},
	{FKCONSTR_ACTION_CASCADE, ":cascade"},
	{FKCONSTR_ACTION_SETNULL, ":nullify"},
};

static void put_direction(Script *script, const char *method,
						  Direction direction);
static void put_cure(Script *script, const Cure *cure, Direction direction);
static bool rails_can(Script *script, const Cure *cure, Direction direction);
static bool knows_action(const Action *action);
static void put_operations(Script *script, const Cure *cure,
						   Direction direction);
static void put_action(StringInfo text, const char *option,
					   const Action *action);
static char *table_string(Reader *reader, Oid relid);
static char *column_string(Reader *reader, Oid relid, AttrNumber attnum);
static char *ruby_string(const char *text);

/*
 * Writes a complete ActiveRecord migration.
 */
void
fkfix_script_rails(Script *script)
{
	StringInfo	text = &script->text;

	appendStringInfoString(text,
						   "# Gives foreign keys the actions that the policy asks for.\n"
						   "#\n"
						   "# Each key is removed and added again in a transaction of its own, which takes\n"
						   "# ACCESS EXCLUSIVE on both tables but reads no row; then its rows are read while\n"
						   "# others read and write.  If a lock is not to be had in time the migration fails,\n"
						   "# and can be run again.\n");
	fkfix_script_put_leftovers(script, "", "#");
	appendStringInfoString(text,
						   "class FkfixForeignKeyActions < ActiveRecord::Migration[" RAILS_VERSION "]\n"
						   "  disable_ddl_transaction!\n");
	put_direction(script, "up", SCRIPT_UP);
	put_direction(script, "down", SCRIPT_DOWN);
	appendStringInfoString(text, "end\n");
}

/* up or down */
static void
put_direction(Script *script, const char *method, Direction direction)
{
	appendStringInfo(&script->text, "\n  def %s\n", method);
	fkfix_script_each_cure(script, direction, put_cure);
	appendStringInfoString(&script->text, "  end\n");
}

static void
put_cure(Script *script, const Cure *cure, Direction direction)
{
	StringInfo	text = &script->text;
	bool		in_rails = rails_can(script, cure, direction);
	const char *comment = fkfix_script_comment(script, cure);
	const char *validate = fkfix_script_validate(script, cure);

	appendStringInfo(text, "    # %s\n    transaction do\n",
					 fkfix_script_title(script, cure, direction));
	appendStringInfoString(text, "      execute \"SET LOCAL lock_timeout = '" SCRIPT_LOCK_TIMEOUT "'\"\n");
	if (in_rails)
		put_operations(script, cure, direction);
	else
		appendStringInfo(text, "      execute %s\n",
						 ruby_string(fkfix_script_alter(script, cure, direction)));
	if (comment != NULL)
		appendStringInfo(text, "      execute %s\n", ruby_string(comment));
	appendStringInfoString(text, "    end\n");
	if (validate == NULL)
		return;
	if (in_rails)
		appendStringInfo(text, "    validate_foreign_key %s, name: %s\n",
						 table_string(script->reader, cure->fk->conrelid),
						 ruby_string(NameStr(cure->fk->name)));
	else
		appendStringInfo(text, "    execute %s\n", ruby_string(validate));
}

/* Has every Rails since that version words for this key? */
static bool
rails_can(Script *script, const Cure *cure, Direction direction)
{
	const ForeignKey *fk = cure->fk;

	return fkfix_script_plain_names(script, cure) && fk->nkeys == 1 &&
		!fk->deferrable && fk->enforced && !fk->period &&
		fk->match == FKCONSTR_MATCH_SIMPLE &&
		knows_action(cure->on_delete[direction]) &&
		knows_action(cure->on_update[direction]);
}

static bool
knows_action(const Action *action)
{
	for (int i = 0; i < lengthof(rails_actions); i++)
	{
		if (rails_actions[i].code == action->kind->code)
			return action->columns == NIL;
	}
	return false;
}

static void
put_operations(Script *script, const Cure *cure, Direction direction)
{
	StringInfo	text = &script->text;
	Reader	   *reader = script->reader;
	const ForeignKey *fk = cure->fk;
	char	   *table = table_string(reader, fk->conrelid);
	char	   *name = ruby_string(NameStr(fk->name));

	appendStringInfo(text, "      remove_foreign_key %s, name: %s\n", table, name);
	appendStringInfo(text, "      add_foreign_key %s, %s, column: %s, primary_key: %s, name: %s",
					 table, table_string(reader, fk->confrelid),
					 column_string(reader, fk->conrelid, fk->conkey[0]),
					 column_string(reader, fk->confrelid, fk->confkey[0]), name);
	put_action(text, "on_delete", cure->on_delete[direction]);
	put_action(text, "on_update", cure->on_update[direction]);
	appendStringInfoString(text, cure->not_valid ? ", validate: false\n" : "\n");
}

static void
put_action(StringInfo text, const char *option, const Action *action)
{
	for (int i = 0; i < lengthof(rails_actions); i++)
	{
		if (rails_actions[i].code == action->kind->code && rails_actions[i].symbol != NULL)
			appendStringInfo(text, ", %s: %s", option, rails_actions[i].symbol);
	}
}

/* Rails quotes the parts of a name itself. */
static char *
table_string(Reader *reader, Oid relid)
{
	TableFacts *table = fkfix_catalog_table(reader, relid, false);

	return ruby_string(psprintf("%s.%s", table->schema, NameStr(table->name)));
}

static char *
column_string(Reader *reader, Oid relid, AttrNumber attnum)
{
	return ruby_string(fkfix_catalog_column(reader, relid, attnum, false)->name);
}

/* In Ruby # may start an expression within a string. */
static char *
ruby_string(const char *text)
{
	return fkfix_script_string(text, "#");
}
