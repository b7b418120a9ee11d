/*-------------------------------------------------------------------------
 *
 * script_python.c
 *		Scripts in Python: for Alembic and for Django.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "nodes/parsenodes.h"

#include "script.h"

static void put_alembic_direction(Script *script, const char *function,
								  Direction direction);
static void put_alembic_cure(Script *script, const Cure *cure,
							 Direction direction);
static bool alembic_can(Script *script, const Cure *cure, Direction direction);
static void put_alembic_operations(Script *script, const Cure *cure,
								   Direction direction);
static void put_keyword(StringInfo text, const char *keyword,
						const char *value);
static void put_alembic_execute(StringInfo text, const char *indent,
								const char *statement);
static char *escape_placeholders(const char *statement);
static void put_django_cure(Script *script, const Cure *cure,
							Direction direction);
static void put_django_statements(Script *script, const char *argument,
								  const Cure *cure, Direction direction);
static char *python_string(const char *text);
static char *python_list(List *names);

/*
 * Writes a complete Alembic revision.
 */
void
fkfix_script_alembic(Script *script)
{
	StringInfo	text = &script->text;
	char	   *body;

	put_alembic_direction(script, "upgrade", SCRIPT_UP);
	put_alembic_direction(script, "downgrade", SCRIPT_DOWN);
	body = pstrdup(text->data);
	resetStringInfo(text);

	appendStringInfoString(text,
						   "\"\"\"Give foreign keys the actions that the policy asks for\n"
						   "\n"
						   "Each key is dropped and added again in a transaction of its own, which takes\n"
						   "ACCESS EXCLUSIVE on both tables but reads no row; then its rows are read while\n"
						   "others read and write.  Before that, Alembic commits what came before: set\n"
						   "transaction_per_migration in env.py if other revisions run in the same go.\n"
						   "If a lock is not to be had in time the revision fails, and can be run again.\n"
						   "\"\"\"\n"
						   "from alembic import op\n"
						   "\n");
	appendStringInfo(text, "revision = \"fkfix%07x\"\n",
					 hash_bytes((const unsigned char *) body, strlen(body)) & 0x0FFFFFFF);
	appendStringInfoString(text,
						   "down_revision = None  # what \"alembic heads\" says\n"
						   "branch_labels = None\n"
						   "depends_on = None\n");
	fkfix_script_put_leftovers(script, "", "#");
	appendStringInfoString(text, body);
}

/*
 * Writes a complete Django migration.  Django has no operation for the actions
 * of a key: on_delete is its own affair, and not the database's.
 */
void
fkfix_script_django(Script *script)
{
	StringInfo	text = &script->text;

	appendStringInfoString(text,
						   "# Gives foreign keys the actions that the policy asks for.\n"
						   "#\n"
						   "# One ALTER TABLE drops a key and adds it again.  It takes ACCESS EXCLUSIVE on\n"
						   "# both tables but reads no row; VALIDATE CONSTRAINT reads the rows afterwards,\n"
						   "# while others read and write.  Hence atomic = False.  If a lock is not to be had\n"
						   "# in time the migration fails, and can be run again.\n");
	fkfix_script_put_leftovers(script, "", "#");
	appendStringInfoString(text,
						   "\n"
						   "from django.db import migrations\n"
						   "\n"
						   "\n"
						   "class Migration(migrations.Migration):\n"
						   "    atomic = False\n"
						   "\n"
						   "    dependencies = [\n"
						   "        # the app's latest migration\n"
						   "    ]\n"
						   "\n"
						   "    operations = [\n");
	fkfix_script_each_cure(script, SCRIPT_UP, put_django_cure);
	appendStringInfoString(text, "    ]\n");
}

/* upgrade() or downgrade() */
static void
put_alembic_direction(Script *script, const char *function, Direction direction)
{
	appendStringInfo(&script->text, "\n\ndef %s():\n", function);
	if (script->cures == NIL)
		appendStringInfoString(&script->text, "    pass\n");
	fkfix_script_each_cure(script, direction, put_alembic_cure);
}

static void
put_alembic_cure(Script *script, const Cure *cure, Direction direction)
{
	StringInfo	text = &script->text;
	const char *comment = fkfix_script_comment(script, cure);
	const char *validate = fkfix_script_validate(script, cure);

	appendStringInfo(text, "    # %s\n", fkfix_script_title(script, cure, direction));
	put_alembic_execute(text, "    ", "SET LOCAL lock_timeout = '" SCRIPT_LOCK_TIMEOUT "'");
	if (alembic_can(script, cure, direction))
		put_alembic_operations(script, cure, direction);
	else
		put_alembic_execute(text, "    ", fkfix_script_alter(script, cure, direction));
	if (comment != NULL)
		put_alembic_execute(text, "    ", comment);
	appendStringInfoString(text, "    with op.get_context().autocommit_block():\n");
	if (validate != NULL)
		put_alembic_execute(text, "        ", validate);
	else
		appendStringInfoString(text, "        pass  # commits\n");
}

/* Has Alembic words for this key?  SQLAlchemy has had none for column lists. */
static bool
alembic_can(Script *script, const Cure *cure, Direction direction)
{
	return fkfix_script_plain_names(script, cure) && cure->fk->enforced &&
		!cure->fk->period && cure->on_delete[direction]->columns == NIL;
}

static void
put_alembic_operations(Script *script, const Cure *cure, Direction direction)
{
	StringInfo	text = &script->text;
	Reader	   *reader = script->reader;
	const ForeignKey *fk = cure->fk;
	TableFacts *referencing = fkfix_catalog_table(reader, fk->conrelid, false);
	TableFacts *referenced = fkfix_catalog_table(reader, fk->confrelid, false);
	char	   *name = python_string(NameStr(fk->name));

	appendStringInfo(text, "    op.drop_constraint(op.f(%s), %s, schema=%s, type_=\"foreignkey\")\n",
					 name, python_string(NameStr(referencing->name)),
					 python_string(referencing->schema));
	appendStringInfo(text, "    op.create_foreign_key(\n        op.f(%s),\n        %s,\n        %s,\n",
					 name, python_string(NameStr(referencing->name)),
					 python_string(NameStr(referenced->name)));
	appendStringInfo(text, "        %s,\n",
					 python_list(fkfix_catalog_column_names(reader, fk->conrelid, fk->conkey, fk->nkeys)));
	appendStringInfo(text, "        %s,\n",
					 python_list(fkfix_catalog_column_names(reader, fk->confrelid, fk->confkey, fk->nkeys)));
	put_keyword(text, "source_schema", python_string(referencing->schema));
	put_keyword(text, "referent_schema", python_string(referenced->schema));
	if (cure->on_delete[direction]->kind->code != FKCONSTR_ACTION_NOACTION)
		put_keyword(text, "ondelete", python_string(cure->on_delete[direction]->kind->name));
	if (cure->on_update[direction]->kind->code != FKCONSTR_ACTION_NOACTION)
		put_keyword(text, "onupdate", python_string(cure->on_update[direction]->kind->name));
	if (fk->deferrable)
		put_keyword(text, "deferrable", "True");
	if (fk->deferred)
		put_keyword(text, "initially", "\"DEFERRED\"");
	if (fk->match == FKCONSTR_MATCH_FULL)
		put_keyword(text, "match", "\"FULL\"");
	if (cure->not_valid)
		put_keyword(text, "postgresql_not_valid", "True");
	appendStringInfoString(text, "    )\n");
}

static void
put_keyword(StringInfo text, const char *keyword, const char *value)
{
	appendStringInfo(text, "        %s=%s,\n", keyword, value);
}

static void
put_alembic_execute(StringInfo text, const char *indent, const char *statement)
{
	appendStringInfo(text, "%sop.execute(%s)\n", indent,
					 python_string(escape_placeholders(statement)));
}

/* SQLAlchemy takes a colon for the start of a parameter. */
static char *
escape_placeholders(const char *statement)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (; *statement != '\0'; statement++)
	{
		if (*statement == ':')
			appendStringInfoChar(&buf, '\\');
		appendStringInfoChar(&buf, *statement);
	}
	return buf.data;
}

/* One operation for both directions: Django runs them backwards by itself. */
static void
put_django_cure(Script *script, const Cure *cure, Direction direction)
{
	appendStringInfo(&script->text, "        # %s\n        migrations.RunSQL(\n",
					 fkfix_script_title(script, cure, direction));
	put_django_statements(script, "sql", cure, SCRIPT_UP);
	put_django_statements(script, "reverse_sql", cure, SCRIPT_DOWN);
	appendStringInfoString(&script->text, "        ),\n");
}

/*
 * The statements of one direction.  As a list Django runs them one by one,
 * without looking for parameters in them.
 */
static void
put_django_statements(Script *script, const char *argument, const Cure *cure,
					  Direction direction)
{
	List	   *statements = list_make2(pstrdup("SET lock_timeout = '" SCRIPT_LOCK_TIMEOUT "'"),
										fkfix_script_alter(script, cure, direction));
	char	   *comment = fkfix_script_comment(script, cure);
	char	   *validate = fkfix_script_validate(script, cure);
	ListCell   *lc;

	if (comment != NULL)
		statements = lappend(statements, comment);
	statements = lappend(statements, pstrdup("RESET lock_timeout"));
	if (validate != NULL)
		statements = lappend(statements, validate);

	appendStringInfo(&script->text, "            %s=[\n", argument);
	foreach(lc, statements)
		appendStringInfo(&script->text, "                %s,\n", python_string(lfirst(lc)));
	appendStringInfoString(&script->text, "            ],\n");
}

static char *
python_string(const char *text)
{
	return fkfix_script_string(text, "");
}

static char *
python_list(List *names)
{
	StringInfoData buf;
	ListCell   *lc;

	initStringInfo(&buf);
	foreach(lc, names)
		appendStringInfo(&buf, "%s%s", buf.len == 0 ? "[" : ", ", python_string(lfirst(lc)));
	appendStringInfoChar(&buf, ']');
	return buf.data;
}
