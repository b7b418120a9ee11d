/*-------------------------------------------------------------------------
 *
 * pattern.c
 *		Name patterns, as psql's \d takes them.
 *
 * psql turns its patterns into regular expressions, and the server matches
 * those.  A rule is matched against every foreign key of a database and within
 * DDL, so it is parsed once and matched by hand; there are no regular
 * expressions to escape into, and matching takes at most the product of the two
 * lengths.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "compat.h"
#include "pattern.h"

static const char *parse_part(const char *what, const char *pattern,
							  const char *at, bool dot_separates,
							  NamePattern *part);
pg_noreturn static void refuse_pattern(const char *what, const char *pattern,
									   const char *detail);

/*
 * Parses the pattern of a table, [schema.]name.  Returns it in the current
 * memory context; raises an error that names "what" if it is not one.
 */
TablePattern *
fkfix_pattern_parse_table(const char *what, const char *pattern)
{
	TablePattern *table = palloc0(sizeof(TablePattern));
	const char *at = parse_part(what, pattern, pattern, true, &table->name);

	table->source = pstrdup(pattern);
	if (*at == '.')
	{
		table->schema = table->name;
		at = parse_part(what, pattern, at + 1, true, &table->name);
	}
	if (*at == '.')
		refuse_pattern(what, pattern, "A table pattern has at most two parts, schema.table.");
	return table;
}

/*
 * Parses the pattern of a name in which a dot is an ordinary character, of a
 * column or a constraint.  Returns it in the current memory context; raises an
 * error that names "what" if it is not one.
 */
NamePattern *
fkfix_pattern_parse_name(const char *what, const char *pattern)
{
	NamePattern *part = palloc0(sizeof(NamePattern));

	(void) parse_part(what, pattern, pattern, false, part);
	part->source = pstrdup(pattern);
	return part;
}

/*
 * Does a name match?  A part that is not given matches everything.
 */
bool
fkfix_pattern_matches(const NamePattern *pattern, const char *name)
{
	const char *text = pattern->text;
	const char *p;
	const char *star = NULL;	/* behind the last * that was passed */
	const char *retry = NULL;	/* where that * stopped eating */

	if (pattern->specificity == SPECIFIC_NOT)
		return true;
	if (pattern->specificity == SPECIFIC_LITERAL)
		return strcmp(text, name) == 0;

	/*
	 * Each * first matches nothing; when what follows fails, the last one
	 * eats a character more.  An earlier one never needs to be reconsidered.
	 */
	p = text;
	while (*name != '\0')
	{
		bool		wildcard = pattern->wildcard[p - text];

		if (wildcard && *p == '*')
		{
			star = ++p;
			retry = name;
		}
		else if (wildcard && *p == '?')
		{
			p++;
			name += pg_mblen(name);
		}
		else if (*p == *name)
		{
			p++;
			name++;
		}
		else if (star != NULL)
		{
			p = star;
			retry += pg_mblen(retry);
			name = retry;
		}
		else
			return false;
	}
	while (pattern->wildcard[p - text] && *p == '*')
		p++;
	return *p == '\0';
}

/*
 * Does a table match?
 */
bool
fkfix_pattern_matches_table(const TablePattern *pattern, const char *schema,
							const char *name)
{
	return fkfix_pattern_matches(&pattern->name, name) &&
		fkfix_pattern_matches(&pattern->schema, schema);
}

/*
 * Parses one part, to the end or to a dot outside quotes if that separates
 * parts, and returns where it ends.
 */
static const char *
parse_part(const char *what, const char *pattern, const char *at,
		   bool dot_separates, NamePattern *part)
{
	Size		size = strlen(at) + 1;
	bool		in_quotes = false;
	int			length = 0;
	int			wildcards = 0;
	int			stars = 0;

	part->text = palloc(size);
	part->wildcard = palloc0(size * sizeof(bool));
	for (; *at != '\0'; at++)
	{
		char		c = *at;

		if (c == '"')
		{
			if (!in_quotes || at[1] != '"')
			{
				in_quotes = !in_quotes;
				continue;
			}
			at++;				/* a doubled quote stands for one */
		}
		else if (!in_quotes)
		{
			if (c == '.' && dot_separates)
				break;
			c = pg_ascii_tolower((unsigned char) c);
			part->wildcard[length] = (c == '*' || c == '?');
			wildcards += part->wildcard[length];
			stars += (c == '*');
		}
		part->text[length++] = c;
	}
	part->text[length] = '\0';

	if (in_quotes)
		refuse_pattern(what, pattern, "A quoted name is not closed.");
	if (length == 0)
		refuse_pattern(what, pattern, "A name is empty.");
	if (length - stars >= NAMEDATALEN)
		refuse_pattern(what, pattern, psprintf("A name has at most %d bytes.", NAMEDATALEN - 1));
	if (stars == length)
		part->specificity = SPECIFIC_NOT;
	else if (wildcards > 0)
		part->specificity = SPECIFIC_WILDCARD;
	else
		part->specificity = SPECIFIC_LITERAL;
	return at;
}

static void
refuse_pattern(const char *what, const char *pattern, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid name pattern for %s: \"%s\"", what, pattern),
			 errdetail("%s", detail),
			 errhint("Patterns are written as for psql's \\d: * stands for any characters, ? for one, and a name that is not in double quotes is folded to lower case.")));
}
