/*-------------------------------------------------------------------------
 *
 * action.c
 *		What a referential action is: its character in the catalogs, its
 *		spelling, the functions that carry it out.
 *
 * PostgreSQL's own code says what an action is in several places: a switch
 * per trigger that is created, a switch in the parser, a switch in
 * pg_get_constraintdef.  Here it is said once, in a table of five lines, and
 * everything else in the extension looks there.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "lib/stringinfo.h"
#include "nodes/parsenodes.h"
#include "parser/scansup.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"

#include "action.h"
#include "compat.h"

/*
 * As createForeignKeyActionTriggers: each action has a function per event,
 * and only the triggers of NO ACTION follow the constraint's deferrability;
 * the others are never deferrable.
 */
static const ActionKind action_kinds[] = {
	{FKCONSTR_ACTION_NOACTION, "NO ACTION",
	F_RI_FKEY_NOACTION_DEL, F_RI_FKEY_NOACTION_UPD, true, false},
	{FKCONSTR_ACTION_RESTRICT, "RESTRICT",
	F_RI_FKEY_RESTRICT_DEL, F_RI_FKEY_RESTRICT_UPD, false, false},
	{FKCONSTR_ACTION_CASCADE, "CASCADE",
	F_RI_FKEY_CASCADE_DEL, F_RI_FKEY_CASCADE_UPD, false, false},
	{FKCONSTR_ACTION_SETNULL, "SET NULL",
	F_RI_FKEY_SETNULL_DEL, F_RI_FKEY_SETNULL_UPD, false, true},
	{FKCONSTR_ACTION_SETDEFAULT, "SET DEFAULT",
	F_RI_FKEY_SETDEFAULT_DEL, F_RI_FKEY_SETDEFAULT_UPD, false, true},
};

/* Where parsing stands. */
typedef struct Cursor
{
	const char *text;			/* the whole, for messages */
	const char *at;				/* the next character */
	bool		on_delete;		/* are column lists allowed? */
} Cursor;

static Action *parse_action(Cursor *cursor);
static const ActionKind *parse_kind(Cursor *cursor);
static List *parse_columns(Cursor *cursor);
static char *parse_identifier(Cursor *cursor);
static bool accept_word(Cursor *cursor, const char *word);
static bool accept_character(Cursor *cursor, char c);
static void skip_space(Cursor *cursor);
pg_noreturn static void refuse_text(Cursor *cursor);
static List *append_new_name(List *names, char *name);
static void refuse_too_many(List *items);
static bool contains_name(List *names, const char *name);
static bool same_names(List *a, List *b);

/* For what only a hand-edited catalog can hold. */
static const ActionKind unknown_action = {
	'\0', "UNKNOWN ACTION", InvalidOid, InvalidOid, false, false
};

/*
 * Returns the entry of the action with this character in the catalogs; where
 * PostgreSQL knows no such action, one that equals no other.
 */
const ActionKind *
fkfix_action_kind(char code)
{
	for (int i = 0; i < lengthof(action_kinds); i++)
	{
		if (action_kinds[i].code == code)
			return &action_kinds[i];
	}
	return &unknown_action;
}

/*
 * Parses a list of acceptable actions, "RESTRICT | NO ACTION", as it stands in
 * a rule.  Returns a list of Action, in order and without repetitions, in the
 * current memory context; raises an error for anything else.
 */
List *
fkfix_action_parse_list(const char *text, bool on_delete)
{
	Cursor		cursor = {text, text, on_delete};
	List	   *actions = NIL;

	do
	{
		Action	   *action = parse_action(&cursor);
		ListCell   *lc;

		foreach(lc, actions)
		{
			if (fkfix_action_equal(lfirst(lc), action, NIL))
				break;
		}
		if (lc == NULL)
		{
			refuse_too_many(actions);
			actions = lappend(actions, action);
		}
	} while (accept_character(&cursor, '|'));

	if (*cursor.at != '\0')
		refuse_text(&cursor);
	return actions;
}

/*
 * Parses a single action, as an argument of a function.  Returns it in the
 * current memory context; raises an error for anything else.
 */
Action *
fkfix_action_parse(const char *text, bool on_delete)
{
	Cursor		cursor = {text, text, on_delete};
	Action	   *action = parse_action(&cursor);

	if (*cursor.at != '\0')
		refuse_text(&cursor);
	return action;
}

/*
 * Returns an action as DDL writes it, palloc'd.
 */
char *
fkfix_action_text(const Action *action)
{
	StringInfoData buf;
	const char *separator = " (";
	ListCell   *lc;

	initStringInfo(&buf);
	appendStringInfoString(&buf, action->kind->name);
	foreach(lc, action->columns)
	{
		appendStringInfo(&buf, "%s%s", separator,
						 quote_identifier((char *) lfirst(lc)));
		separator = ", ";
	}
	if (action->columns != NIL)
		appendStringInfoChar(&buf, ')');
	return buf.data;
}

/*
 * Returns a list of acceptable actions in its canonical spelling, palloc'd.
 */
char *
fkfix_action_list_text(List *actions)
{
	StringInfoData buf;
	ListCell   *lc;

	initStringInfo(&buf);
	foreach(lc, actions)
	{
		if (buf.len > 0)
			appendStringInfoString(&buf, " | ");
		appendStringInfoString(&buf, fkfix_action_text(lfirst(lc)));
	}
	return buf.data;
}

/*
 * Do two actions have the same effect on a key with these columns?  SET NULL
 * alone does what SET NULL with all the key's columns does; without a key to
 * look at (NIL), the two are different.  The order of a list means nothing.
 */
bool
fkfix_action_equal(const Action *a, const Action *b, List *key_columns)
{
	List	   *a_columns = a->columns;
	List	   *b_columns = b->columns;

	if (a->kind != b->kind)
		return false;
	if (!a->kind->takes_columns)
		return true;
	if (a_columns == NIL)
		a_columns = key_columns;
	if (b_columns == NIL)
		b_columns = key_columns;
	return same_names(a_columns, b_columns);
}

/* One action with its column list, if any. */
static Action *
parse_action(Cursor *cursor)
{
	Action	   *action = palloc0(sizeof(Action));

	action->kind = parse_kind(cursor);
	if (action->kind == NULL)
		refuse_text(cursor);
	if (!accept_character(cursor, '('))
		return action;

	if (!cursor->on_delete)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a column list with %s is only supported for ON DELETE actions",
						action->kind->name),
				 errdetail("The ON UPDATE action is \"%s\".", cursor->text)));
	if (!action->kind->takes_columns)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a column list is not allowed with %s",
						action->kind->name),
				 errhint("Only SET NULL and SET DEFAULT take a column list.")));
	action->columns = parse_columns(cursor);
	return action;
}

/* The words of an action, or NULL if they are none. */
static const ActionKind *
parse_kind(Cursor *cursor)
{
	for (int i = 0; i < lengthof(action_kinds); i++)
	{
		if (accept_word(cursor, action_kinds[i].name))
			return &action_kinds[i];
	}
	return NULL;
}

/* What follows the opening parenthesis of a column list. */
static List *
parse_columns(Cursor *cursor)
{
	List	   *columns = NIL;

	do
		columns = append_new_name(columns, parse_identifier(cursor));
	while (accept_character(cursor, ','));

	if (!accept_character(cursor, ')'))
		refuse_text(cursor);
	return columns;
}

/*
 * An identifier as in DDL: a quoted one is taken as it is, any other is folded
 * to lower case.  Either is cut to the length of a name, as the server does.
 */
static char *
parse_identifier(Cursor *cursor)
{
	StringInfoData buf;

	initStringInfo(&buf);
	if (accept_character(cursor, '"'))
	{
		while (*cursor->at != '\0')
		{
			if (*cursor->at == '"' && *++cursor->at != '"')
			{
				if (buf.len == 0)
					refuse_text(cursor);
				truncate_identifier(buf.data, buf.len, false);
				return buf.data;
			}
			appendStringInfoChar(&buf, *cursor->at++);
		}
		refuse_text(cursor);	/* no closing quote */
	}

	while (isalpha((unsigned char) *cursor->at) || *cursor->at == '_' ||
		   IS_HIGHBIT_SET(*cursor->at) ||
		   (buf.len > 0 && (isdigit((unsigned char) *cursor->at) || *cursor->at == '$')))
		appendStringInfoChar(&buf, *cursor->at++);
	if (buf.len == 0)
		refuse_text(cursor);
	return downcase_truncate_identifier(buf.data, buf.len, false);
}

/*
 * Moves past the given words if they come next, in any letter case and with any
 * white space between them.
 */
static bool
accept_word(Cursor *cursor, const char *word)
{
	const char *at;

	skip_space(cursor);
	at = cursor->at;
	for (; *word != '\0'; word++)
	{
		if (*word == ' ')
		{
			if (!scanner_isspace(*at))
				return false;
			while (scanner_isspace(*at))
				at++;
		}
		else if (pg_ascii_toupper((unsigned char) *at++) != *word)
			return false;
	}
	if (isalnum((unsigned char) *at) || *at == '_' || IS_HIGHBIT_SET(*at))
		return false;
	cursor->at = at;
	skip_space(cursor);
	return true;
}

/* Moves past one character and the white space around it, if it comes next. */
static bool
accept_character(Cursor *cursor, char c)
{
	skip_space(cursor);
	if (*cursor->at != c)
		return false;
	cursor->at++;
	if (c != '"')
		skip_space(cursor);
	return true;
}

static void
skip_space(Cursor *cursor)
{
	while (scanner_isspace(*cursor->at))
		cursor->at++;
}

static void
refuse_text(Cursor *cursor)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid %s action: \"%s\"",
					cursor->on_delete ? "ON DELETE" : "ON UPDATE", cursor->text),
			 cursor->on_delete ?
			 errhint("Allowed are CASCADE, SET NULL, SET DEFAULT, RESTRICT and NO ACTION; SET NULL and SET DEFAULT may carry a column list, as in SET NULL (author_id).") :
			 errhint("Allowed are CASCADE, SET NULL, SET DEFAULT, RESTRICT and NO ACTION.")));
}

/* No key has more columns; and a text of any length may come from anybody. */
static List *
append_new_name(List *names, char *name)
{
	if (contains_name(names, name))
		return names;
	refuse_too_many(names);
	return lappend(names, name);
}

static void
refuse_too_many(List *items)
{
	if (list_length(items) == INDEX_MAX_KEYS)
		ereport(ERROR,
				(errcode(ERRCODE_TOO_MANY_COLUMNS),
				 errmsg("an action cannot have more than %d columns or alternatives",
						INDEX_MAX_KEYS)));
}

static bool
contains_name(List *names, const char *name)
{
	ListCell   *lc;

	foreach(lc, names)
	{
		if (strcmp(lfirst(lc), name) == 0)
			return true;
	}
	return false;
}

/* Do two lists name the same columns? */
static bool
same_names(List *a, List *b)
{
	ListCell   *lc;

	foreach(lc, a)
	{
		if (!contains_name(b, lfirst(lc)))
			return false;
	}
	foreach(lc, b)
	{
		if (!contains_name(a, lfirst(lc)))
			return false;
	}
	return true;
}
