/*-------------------------------------------------------------------------
 *
 * script.c
 *		fkfix_script(): migrations that cure the violations.
 *
 * For teams that deploy by migration, and for servers that have no fkfix.  This
 * room finds out what is to be done and says it in SQL, with every attribute of
 * the key; the rooms of the formats put that, or the same in the terms of a
 * tool where the tool has terms for it, into a file that the tool runs.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "commands/comment.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "args.h"
#include "audit.h"
#include "compat.h"
#include "ddl.h"
#include "extension.h"
#include "rulebook.h"
#include "script.h"
#include "shape.h"

/* The visit to all keys, and the script that they go to. */
typedef struct Collection
{
	Script	   *script;
	const Policy *policy;
	MemoryContext context;
} Collection;

static const struct
{
	const char *name;
	ScriptWriter write;
}			formats[] = {
	{"sql", fkfix_script_sql},
	{"fkfix", fkfix_script_fkfix},
	{"alembic", fkfix_script_alembic},
	{"django", fkfix_script_django},
	{"rails", fkfix_script_rails},
};

static ScriptWriter find_writer(const char *format);
static void collect(const ForeignKey *fk, void *state);
static Cure *make_cure(Collection *collection, const ForeignKey *fk,
					   const Finding *finding);
static char *leftover(Collection *collection, const ForeignKey *fk,
					  const Finding *finding);
static char *one_line(char *text);
static void append_change(StringInfo buf, const char *event,
						  const Action *from, const Action *to);
static bool is_plain(const char *name);

PG_FUNCTION_INFO_V1(fkfix_script);

/*
 * fkfix_script(format)
 *
 * Returns a script that gives every key that violates the policy the actions
 * that it must have.
 */
Datum
fkfix_script(PG_FUNCTION_ARGS)
{
	Script		script = {0};
	Collection	collection = {&script, NULL, CurrentMemoryContext};
	ScriptWriter write;

	fkfix_extension_check_version();
	FKFIX_REQUIRE_ARG(0, "format");
	write = find_writer(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	script.reader = fkfix_shape_reader(InvalidOid);
	collection.policy = fkfix_rulebook_as_of(GetActiveSnapshot());
	fkfix_audit_each_key(script.reader, InvalidOid, collect, &collection);

	initStringInfo(&script.text);
	write(&script);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(script.text.data, script.text.len));
}

/*
 * Writes the parts about each key; on the way down from the last to the first.
 * What "write" allocates is freed.
 */
void
fkfix_script_each_cure(Script *script, Direction direction, CureWriter write)
{
	int			count = list_length(script->cures);
	MemoryContext one_cure = AllocSetContextCreate(CurrentMemoryContext, "fkfix cure",
												   ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(one_cure);

	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		write(script, list_nth(script->cures, direction == SCRIPT_UP ? i : count - 1 - i),
			  direction);
		MemoryContextReset(one_cure);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(one_cure);
}

/*
 * Returns the statement, without semicolon, that drops a key and adds it again
 * with other actions, palloc'd.
 */
char *
fkfix_script_alter(Script *script, const Cure *cure, Direction direction)
{
	ForeignKey	fk = *cure->fk;
	char	   *statement;

	fk.validated = !cure->not_valid;
	statement = fkfix_ddl_recreate(script->reader, &fk, cure->on_delete[direction],
								   cure->on_update[direction]);
	statement[strlen(statement) - 1] = '\0';
	return statement;
}

/*
 * Returns the statement, without semicolon, that looks at the rows of a key
 * that was added without, palloc'd; NULL if there is no need.
 */
char *
fkfix_script_validate(Script *script, const Cure *cure)
{
	if (!cure->validate)
		return NULL;
	return psprintf("ALTER TABLE %s VALIDATE CONSTRAINT %s",
					fkfix_catalog_table_name(script->reader, cure->fk->conrelid),
					quote_identifier(NameStr(cure->fk->name)));
}

/*
 * Returns the statement, without semicolon, that gives a key its comment again,
 * palloc'd; NULL if it has none.
 */
char *
fkfix_script_comment(Script *script, const Cure *cure)
{
	if (cure->comment == NULL)
		return NULL;
	return psprintf("COMMENT ON CONSTRAINT %s ON %s IS %s",
					quote_identifier(NameStr(cure->fk->name)),
					fkfix_catalog_table_name(script->reader, cure->fk->conrelid),
					quote_literal_cstr(cure->comment));
}

/*
 * Returns what is done to a key as a line for a comment, palloc'd.
 */
char *
fkfix_script_title(Script *script, const Cure *cure, Direction direction)
{
	Direction	from = direction == SCRIPT_UP ? SCRIPT_DOWN : SCRIPT_UP;
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "%s of %s:", quote_identifier(NameStr(cure->fk->name)),
					 fkfix_catalog_table_name(script->reader, cure->fk->conrelid));
	append_change(&buf, "ON DELETE", cure->on_delete[from], cure->on_delete[direction]);
	append_change(&buf, "ON UPDATE", cure->on_update[from], cure->on_update[direction]);
	return one_line(buf.data);
}

/*
 * Writes what the script does not cure, as comments.
 */
void
fkfix_script_put_leftovers(Script *script, const char *indent, const char *mark)
{
	ListCell   *lc;

	if (script->leftovers == NIL)
		return;
	appendStringInfo(&script->text, "%s%s\n%s%s Not cured:\n", indent, mark, indent, mark);
	foreach(lc, script->leftovers)
		appendStringInfo(&script->text, "%s%s   %s\n", indent, mark, (char *) lfirst(lc));
}

/*
 * Returns a string literal of Python or Ruby, palloc'd.  Besides quotes,
 * backslashes and control characters, which both escape alike, a backslash goes
 * before what "also_escaped" names.
 */
char *
fkfix_script_string(const char *text, const char *also_escaped)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfoChar(&buf, '"');
	for (; *text != '\0'; text++)
	{
		if ((unsigned char) *text < ' ' || *text == 0x7F)
			appendStringInfo(&buf, "\\x%02x", (unsigned char) *text);
		else
		{
			if (*text == '"' || *text == '\\' || strchr(also_escaped, *text) != NULL)
				appendStringInfoChar(&buf, '\\');
			appendStringInfoChar(&buf, *text);
		}
	}
	appendStringInfoChar(&buf, '"');
	return buf.data;
}

/*
 * Are all names of a key ones that every tool takes as they are?  Some split
 * names at dots, or look for placeholders in them.
 */
bool
fkfix_script_plain_names(Script *script, const Cure *cure)
{
	const ForeignKey *fk = cure->fk;
	Oid			tables[2] = {fk->conrelid, fk->confrelid};
	ListCell   *lc;

	if (!is_plain(NameStr(fk->name)))
		return false;
	for (int i = 0; i < 2; i++)
	{
		TableFacts *table = fkfix_catalog_table(script->reader, tables[i], false);

		if (!is_plain(table->schema) || !is_plain(NameStr(table->name)))
			return false;
		foreach(lc, fkfix_catalog_column_names(script->reader, tables[i],
											   i == 0 ? fk->conkey : fk->confkey, fk->nkeys))
		{
			if (!is_plain(lfirst(lc)))
				return false;
		}
	}
	return true;
}

static ScriptWriter
find_writer(const char *format)
{
	for (int i = 0; i < lengthof(formats); i++)
	{
		if (strcmp(formats[i].name, format) == 0)
			return formats[i].write;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid script format: \"%s\"", format),
			 errhint("Allowed are sql, fkfix, alembic, django and rails.")));
}

static void
collect(const ForeignKey *fk, void *state)
{
	Collection *collection = state;
	Script	   *script = collection->script;
	const Finding *finding = fkfix_audit_examine(collection->policy, script->reader, fk);
	MemoryContext visit;

	if (finding == NULL || fkfix_audit_in_order(finding->status))
		return;
	visit = MemoryContextSwitchTo(collection->context);
	if (finding->status == STATUS_VIOLATION &&
		fkfix_ddl_recreate(script->reader, fk, NULL, NULL) != NULL)
		script->cures = lappend(script->cures, make_cure(collection, fk, finding));
	else
		script->leftovers = lappend(script->leftovers, leftover(collection, fk, finding));
	MemoryContextSwitchTo(visit);
}

static Cure *
make_cure(Collection *collection, const ForeignKey *fk, const Finding *finding)
{
	Reader	   *reader = collection->script->reader;
	const TableFacts *table = fkfix_catalog_table(reader, fk->conrelid, false);
	Cure	   *cure = palloc0(sizeof(Cure));
	bool		can_wait = table->kind != RELKIND_PARTITIONED_TABLE ||
		fkfix_compat_partitioned_not_valid();

	cure->fk = fkfix_key_copy(fk);
	cure->on_delete[SCRIPT_DOWN] = fkfix_key_delete_action(reader, cure->fk);
	cure->on_update[SCRIPT_DOWN] = fkfix_key_update_action(cure->fk);
	cure->on_delete[SCRIPT_UP] = finding->set_on_delete ?
		finding->set_on_delete : cure->on_delete[SCRIPT_DOWN];
	cure->on_update[SCRIPT_UP] = finding->set_on_update ?
		finding->set_on_update : cure->on_update[SCRIPT_DOWN];
	cure->comment = GetComment(fk->oid, ConstraintRelationId, 0);
	cure->not_valid = !fk->validated || can_wait;
	cure->validate = fk->validated && can_wait;
	return cure;
}

static char *
leftover(Collection *collection, const ForeignKey *fk, const Finding *finding)
{
	return one_line(psprintf("%s of %s: %s: %s", quote_identifier(NameStr(fk->name)),
							 fkfix_catalog_table_name(collection->script->reader, fk->conrelid),
							 fkfix_audit_status_name(finding->status),
							 finding->status == STATUS_VIOLATION ?
							 "A column of the key is gone." : finding->detail));
}

/* A name with a line break must not end a comment. */
static char *
one_line(char *text)
{
	for (char *c = text; *c != '\0'; c++)
	{
		if ((unsigned char) *c < ' ')
			*c = ' ';
	}
	return text;
}

static void
append_change(StringInfo buf, const char *event, const Action *from, const Action *to)
{
	if (from != to)
		appendStringInfo(buf, "%s %s %s instead of %s",
						 buf->data[buf->len - 1] == ':' ? "" : ",", event,
						 fkfix_action_text(to), fkfix_action_text(from));
}

static bool
is_plain(const char *name)
{
	for (; *name != '\0'; name++)
	{
		if (!isalnum((unsigned char) *name) && *name != '_' && !IS_HIGHBIT_SET(*name))
			return false;
	}
	return true;
}
