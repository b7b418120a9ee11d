/*-------------------------------------------------------------------------
 *
 * pattern.c
 *		Fuzz target: name patterns.
 *
 * An input is a pattern, a schema and a name, separated by NUL.  What is not
 * refused matches what psql would match, a name in quotes is itself and nothing
 * else, and a pattern that has no wildcard matches one name.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <locale.h>

#include "mb/pg_wchar.h"
#include "src/pattern.h"

#include "harness.h"

/* Longer patterns take the C library too long. */
#define PSQL_LIMIT	100

typedef struct Parse
{
	const char *pattern;
	TablePattern *table;		/* NULL: refused */
	NamePattern *name;
} Parse;

extern int	LLVMFuzzerInitialize(int *argc, char ***argv);
extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
parse_table(void *arg)
{
	Parse	   *parse = arg;

	parse->table = fkfix_pattern_parse_table("referencing", parse->pattern);
}

static void
parse_name(void *arg)
{
	Parse	   *parse = arg;

	parse->name = fkfix_pattern_parse_name("constraint_name", parse->pattern);
}

/* What a part says of itself is so. */
static void
check_part(const NamePattern *part)
{
	int			wildcards = 0;
	int			stars = 0;
	int			length = strlen(part->text);

	for (int i = 0; i < length; i++)
	{
		PROMISE(!part->wildcard[i] || part->text[i] == '*' || part->text[i] == '?');
		wildcards += part->wildcard[i];
		stars += part->wildcard[i] && part->text[i] == '*';
	}
	PROMISE(!part->wildcard[length]);
	PROMISE(length > 0 && length - stars < NAMEDATALEN);
	PROMISE((part->specificity == SPECIFIC_LITERAL) == (wildcards == 0));
	PROMISE((part->specificity == SPECIFIC_NOT) == (stars == length));
	if (part->specificity == SPECIFIC_LITERAL)
		PROMISE(fkfix_pattern_matches(part, part->text));
}

static void
check_table(Parse *parse, const char *schema, const char *name)
{
	bool		short_enough = strlen(parse->pattern) <= PSQL_LIMIT;

	if (!harness_try(parse_table, parse))
		return;
	PROMISE(strcmp(parse->table->source, parse->pattern) == 0);
	check_part(&parse->table->name);
	if (parse->table->schema.text != NULL)
		check_part(&parse->table->schema);
	if (short_enough)
		PROMISE(psql_matches(parse->pattern, schema, name) ==
				fkfix_pattern_matches_table(parse->table, schema, name));
}

/* A name that must match: something for each wildcard */
static char *
example_of(const NamePattern *part, const char *something)
{
	char	   *example = palloc(strlen(part->text) * strlen(something) + 1);
	char	   *to = example;

	for (int i = 0; part->text[i] != '\0'; i++)
	{
		int			length = strlen(something);

		if (!part->wildcard[i])
			*to++ = part->text[i];
		else
		{
			if (part->text[i] == '?')
				length = pg_mblen(something);
			memcpy(to, something, length);
			to += length;
		}
	}
	*to = '\0';
	return example;
}

/* To psql a dot is no ordinary character. */
static void
compare_with_psql(const Parse *parse, const char *name)
{
	int			as_psql = -1;

	if (strlen(parse->pattern) <= PSQL_LIMIT && strlen(name) <= PSQL_LIMIT)
		as_psql = psql_matches(parse->pattern, NULL, name);
	if (as_psql >= 0)
		PROMISE(as_psql == fkfix_pattern_matches(parse->name, name));
}

static void
check_name(Parse *parse, const char *name, const char *something)
{
	char	   *example;

	if (!harness_try(parse_name, parse))
		return;
	PROMISE(strcmp(parse->name->source, parse->pattern) == 0);
	check_part(parse->name);
	compare_with_psql(parse, name);

	example = example_of(parse->name, something);
	PROMISE(fkfix_pattern_matches(parse->name, example));
	compare_with_psql(parse, example + pg_mblen(example));
}

/* A name in quotes, and a table's two, mean just that. */
static void
check_quoted(const char *schema, const char *name)
{
	char	   *pattern = palloc(2 * (strlen(schema) + strlen(name)) + 6);
	Parse		quoted = {pattern, NULL, NULL};

	strcpy(pattern, harness_quoted(name));
	PROMISE(harness_try(parse_name, &quoted));
	PROMISE(quoted.name->specificity == SPECIFIC_LITERAL);
	PROMISE(strcmp(quoted.name->text, name) == 0);

	strcpy(pattern, harness_quoted(schema));
	strcat(pattern, ".");
	strcat(pattern, harness_quoted(name));
	PROMISE(harness_try(parse_table, &quoted));
	PROMISE(fkfix_pattern_matches_table(quoted.table, schema, name));
	PROMISE(fkfix_pattern_matches_table(quoted.table, name, schema) ==
			(strcmp(name, schema) == 0));
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	PROMISE(setlocale(LC_ALL, "C.UTF-8") != NULL);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Parse		parse = {0};
	char	   *schema;
	char	   *name;

	parse.pattern = harness_field(&data, &size);
	schema = harness_field(&data, &size);
	name = harness_field(&data, &size);
	if (harness_is_valid(parse.pattern) && harness_is_name(schema) && harness_is_name(name))
	{
		check_table(&parse, schema, name);
		check_name(&parse, name, schema);
		check_quoted(schema, name);
	}
	harness_free();
	return 0;
}
