/*-------------------------------------------------------------------------
 *
 * action.c
 *		Fuzz target: actions and lists of actions.
 *
 * An input is a list of actions as a rule may hold it.  What is not refused has
 * a canonical spelling that means the same and is its own, whatever the letter
 * case and the white space it was written with.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "src/action.h"

#include "harness.h"

typedef struct Parse
{
	const char *text;
	bool		on_delete;
	List	   *actions;		/* NIL: refused */
	Action	   *action;			/* NULL: refused, or more than one */
} Parse;

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
parse_list(void *arg)
{
	Parse	   *parse = arg;

	parse->actions = fkfix_action_parse_list(parse->text, parse->on_delete);
}

static void
parse_one(void *arg)
{
	Parse	   *parse = arg;

	parse->action = fkfix_action_parse(parse->text, parse->on_delete);
}

static void
check_action(Action *action, bool on_delete)
{
	Parse		again = {fkfix_action_text(action), on_delete, NIL, NULL};
	ListCell   *lc;

	PROMISE(fkfix_action_kind(action->kind->code) == action->kind);
	PROMISE(action->columns == NIL || (on_delete && action->kind->takes_columns));
	foreach(lc, action->columns)
		PROMISE(harness_is_name(lfirst(lc)));

	PROMISE(fkfix_action_equal(action, action, NIL));
	if (action->columns != NIL)
	{
		Action		plain = {action->kind, NIL};

		PROMISE(fkfix_action_equal(action, &plain, action->columns));
		PROMISE(!fkfix_action_equal(action, &plain, NIL));
	}
	PROMISE(harness_try(parse_one, &again));
	PROMISE(fkfix_action_equal(action, again.action, NIL));
	PROMISE(fkfix_action_equal(again.action, action, NIL));
	PROMISE(strcmp(fkfix_action_text(again.action), again.text) == 0);
}

/* The same text in capitals and with white space, other than in quotes */
static char *
spelt_otherwise(const char *text)
{
	char	   *result = palloc(3 * strlen(text) + 1);
	char	   *to = result;
	bool		in_quotes = false;

	for (; *text != '\0'; text++)
	{
		bool		loose = !in_quotes && strchr(" \t\n\r\f(),|", *text);

		in_quotes ^= *text == '"';
		if (loose)
			*to++ = '\n';
		*to++ = in_quotes ? *text : pg_ascii_toupper((unsigned char) *text);
		if (loose)
			*to++ = '\t';
	}
	*to = '\0';
	return result;
}

/* How many actions more than one a list holds, if it is one */
static int
count_bars(const char *text)
{
	int			bars = 0;
	bool		in_quotes = false;

	for (; *text != '\0'; text++)
	{
		in_quotes ^= *text == '"';
		bars += *text == '|' && !in_quotes;
	}
	return bars;
}

static void
check_list(const char *text, bool on_delete)
{
	Parse		parse = {text, on_delete, NIL, NULL};
	Parse		again = {NULL, on_delete, NIL, NULL};
	Parse		otherwise = {spelt_otherwise(text), on_delete, NIL, NULL};
	ListCell   *a;
	ListCell   *b;
	bool		accepted = harness_try(parse_list, &parse);

	PROMISE(harness_try(parse_list, &otherwise) == accepted);
	PROMISE(harness_try(parse_one, &parse) == (accepted && count_bars(text) == 0));
	if (!accepted)
		return;

	again.text = fkfix_action_list_text(parse.actions);
	PROMISE(harness_try(parse_list, &again));
	PROMISE(strcmp(fkfix_action_list_text(again.actions), again.text) == 0);
	PROMISE(strcmp(fkfix_action_list_text(otherwise.actions), again.text) == 0);
	PROMISE(list_length(parse.actions) > 0);
	PROMISE(list_length(parse.actions) == list_length(again.actions));
	forboth(a, parse.actions, b, again.actions)
	{
		PROMISE(fkfix_action_equal(lfirst(a), lfirst(b), NIL));
		check_action(lfirst(a), on_delete);
		for (ListCell *c = list_head(parse.actions); c != a; c = lnext(parse.actions, c))
			PROMISE(!fkfix_action_equal(lfirst(a), lfirst(c), NIL));
	}
}

/* What may stand ON UPDATE may stand ON DELETE, and means the same there. */
static void
check_events(const char *text)
{
	Parse		on_update = {text, false, NIL, NULL};
	Parse		on_delete = {text, true, NIL, NULL};

	if (!harness_try(parse_list, &on_update))
		return;
	PROMISE(harness_try(parse_list, &on_delete));
	PROMISE(strcmp(fkfix_action_list_text(on_update.actions),
				   fkfix_action_list_text(on_delete.actions)) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	   *text = harness_field(&data, &size);

	if (harness_is_valid(text))
	{
		check_list(text, true);
		check_list(text, false);
		check_events(text);
	}
	harness_free();
	return 0;
}
