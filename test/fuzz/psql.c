/*-------------------------------------------------------------------------
 *
 * psql.c
 *		What psql's own code makes of a pattern.
 *
 * psql and pg_dump turn a pattern into regular expressions; the C library
 * matches those here.  With force_escape, as pg_dump has it, they give no other
 * character a meaning, which is what src/pattern.c promises.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <regex.h>

#include "fe_utils/string_utils.h"
#include "mb/pg_wchar.h"
#include "pqexpbuffer.h"

#include "harness.h"

static bool
matches(const char *expression, const char *name)
{
	regex_t		regex;
	int			result;

	PROMISE(regcomp(&regex, expression, REG_EXTENDED | REG_NOSUB) == 0);
	result = regexec(&regex, name, 0, NULL, 0);
	regfree(&regex);
	return result == 0;
}

/*
 * Does a pattern match a table or, without a schema, a name?  Returns -1 if it
 * has too many parts for that.
 */
int
psql_matches(const char *pattern, const char *schema, const char *name)
{
	PQExpBufferData schema_buf;
	PQExpBufferData name_buf;
	int			dots;
	int			result;

	initPQExpBuffer(&schema_buf);
	initPQExpBuffer(&name_buf);
	patternToSQLRegex(PG_UTF8, NULL, schema ? &schema_buf : NULL, &name_buf,
					  pattern, true, false, &dots);
	if (dots > (schema ? 1 : 0))
		result = -1;
	else
		result = matches(name_buf.data, name) &&
			(schema_buf.len == 0 || matches(schema_buf.data, schema));
	termPQExpBuffer(&schema_buf);
	termPQExpBuffer(&name_buf);
	return result;
}
