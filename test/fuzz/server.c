/*-------------------------------------------------------------------------
 *
 * server.c
 *		As much of the server as the parsers of src/ call.
 *
 * Errors, memory, lists and the spelling of identifiers do here what they do in
 * the server; everything else comes from its own libraries.  Each allocation is
 * one of malloc's, so that the sanitizers see its bounds, and all of them end
 * with the input.  The encoding is UTF-8: the parsers look at characters through
 * pg_mblen() alone.
 *
 * An error must look as users are promised: an SQLSTATE of the kind that says
 * whose fault it is, a message, and details and hints that are sentences.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <setjmp.h>

#include "common/keywords.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "nodes/pg_list.h"
#include "parser/scansup.h"
#include "utils/builtins.h"

#include "harness.h"

/* In front of each allocation. */
typedef struct Chunk
{
	struct Chunk *next;
	Size		size;
} Chunk;

static Chunk *chunks = NULL;
static sigjmp_buf *on_error = NULL;
static bool complained = false; /* does the error have a message? */
static int	sqlstate;

/*
 * Calls a function.  Returns whether it came back; if not it has raised an
 * error, one that is in order.
 */
bool
harness_try(HarnessCall call, void *arg)
{
	sigjmp_buf	here;
	sigjmp_buf *outer = on_error;

	if (sigsetjmp(here, 0) != 0)
	{
		on_error = outer;
		return false;
	}
	on_error = &here;
	call(arg);
	on_error = outer;
	return true;
}

/*
 * Cuts the next text off the input, which separates them by NUL.
 */
char *
harness_field(const uint8_t **data, size_t *size)
{
	const uint8_t *end = memchr(*data, '\0', *size);
	size_t		length = end ? end - *data : *size;
	char	   *field = palloc(length + 1);

	memcpy(field, *data, length);
	field[length] = '\0';
	*data += length + (end ? 1 : 0);
	*size -= length + (end ? 1 : 0);
	return field;
}

/*
 * Would the server let a text in?
 */
bool
harness_is_valid(const char *text)
{
	int			length = strlen(text);

	return pg_encoding_verifymbstr(PG_UTF8, text, length) == length;
}

/*
 * Can something be called so?
 */
bool
harness_is_name(const char *text)
{
	return *text != '\0' && strlen(text) < NAMEDATALEN && harness_is_valid(text);
}

/*
 * A name in double quotes, needed or not.
 */
char *
harness_quoted(const char *name)
{
	char	   *quoted = palloc(2 * strlen(name) + 3);
	char	   *to = quoted;

	*to++ = '"';
	for (; *name != '\0'; name++)
	{
		if (*name == '"')
			*to++ = '"';
		*to++ = *name;
	}
	*to++ = '"';
	*to = '\0';
	return quoted;
}

/*
 * Ends an input.
 */
void
harness_free(void)
{
	while (chunks != NULL)
	{
		Chunk	   *next = chunks->next;

		free(chunks);
		chunks = next;
	}
}

/*
 * Says what does not hold, and has libFuzzer keep the input.
 */
void
harness_broken(const char *file, int line, const char *condition)
{
	fprintf(stderr, "%s:%d: broken promise: %s\n", file, line, condition);
	abort();
}

/* Memory */

void *
palloc(Size size)
{
	Chunk	   *chunk = malloc(sizeof(Chunk) + size);

	chunk->next = chunks;
	chunk->size = size;
	chunks = chunk;
	return chunk + 1;
}

void *
palloc0(Size size)
{
	return memset(palloc(size), 0, size);
}

/* The old chunk stays until the input ends; what it holds must not be used. */
void *
repalloc(void *pointer, Size size)
{
	Size		old_size = ((Chunk *) pointer - 1)->size;

	return memcpy(palloc(size), pointer, Min(size, old_size));
}

void
pfree(void *pointer)
{
}

char *
pstrdup(const char *text)
{
	return strcpy(palloc(strlen(text) + 1), text);
}

/* Errors */

bool
errstart(int elevel, const char *domain)
{
	PROMISE(elevel == ERROR);
	complained = false;
	sqlstate = 0;
	return true;
}

bool
errstart_cold(int elevel, const char *domain)
{
	return errstart(elevel, domain);
}

void
errfinish(const char *filename, int lineno, const char *funcname)
{
	PROMISE(complained);
	PROMISE(sqlstate == ERRCODE_INVALID_PARAMETER_VALUE);
	PROMISE(on_error != NULL);
	siglongjmp(*on_error, 1);
}

int
errcode(int code)
{
	sqlstate = code;
	return 0;
}

/* Formats a part of an error as the server would. */
static char *
format(const char *fmt, va_list args)
{
	StringInfoData buf;
	int			needed;

	initStringInfo(&buf);
	for (;;)
	{
		va_list		again;

		va_copy(again, args);
		needed = appendStringInfoVA(&buf, fmt, again);
		va_end(again);
		if (needed == 0)
			return buf.data;
		enlargeStringInfo(&buf, needed);
	}
}

int
errmsg(const char *fmt,...)
{
	va_list		args;

	va_start(args, fmt);
	PROMISE(format(fmt, args)[0] != '\0');
	va_end(args);
	complained = true;
	return 0;
}

static void
check_sentence(const char *text)
{
	int			length = strlen(text);

	PROMISE(length > 0 && (text[length - 1] == '.' || text[length - 1] == '!'));
	PROMISE(text[0] >= 'A' && text[0] <= 'Z');
}

int
errdetail(const char *fmt,...)
{
	va_list		args;

	va_start(args, fmt);
	check_sentence(format(fmt, args));
	va_end(args);
	return 0;
}

int
errhint(const char *fmt,...)
{
	va_list		args;

	va_start(args, fmt);
	check_sentence(format(fmt, args));
	va_end(args);
	return 0;
}

#ifdef USE_ASSERT_CHECKING
void
#if PG_VERSION_NUM >= 160000
ExceptionalCondition(const char *condition, const char *file, int line)
#else
ExceptionalCondition(const char *condition, const char *type,
					 const char *file, int line)
#endif
{
	harness_broken(file, line, condition);
}
#endif

/* Lists: see list.c */

List *
lappend(List *list, void *datum)
{
	if (list == NIL)
	{
		list = palloc0(sizeof(List));
		list->type = T_List;
	}
	if (list->length == list->max_length)
	{
		ListCell   *elements = palloc(sizeof(ListCell) * (list->max_length + 1));

		if (list->length > 0)
			memcpy(elements, list->elements, sizeof(ListCell) * list->length);
		list->elements = elements;
		list->max_length++;
	}
	lfirst(&list->elements[list->length++]) = datum;
	return list;
}

/* Identifiers: see scansup.c, mbutils.c and ruleutils.c */

int
pg_mblen(const char *text)
{
	int			length = pg_encoding_mblen(PG_UTF8, text);

	PROMISE(strnlen(text, length) == (size_t) length);
	return length;
}

bool
scanner_isspace(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

void
truncate_identifier(char *identifier, int length, bool warn)
{
	int			kept = 0;

	PROMISE(!warn);
	if (length < NAMEDATALEN)
		return;
	while (kept + pg_mblen(identifier + kept) < NAMEDATALEN)
		kept += pg_mblen(identifier + kept);
	identifier[kept] = '\0';
}

char *
downcase_truncate_identifier(const char *identifier, int length, bool warn)
{
	char	   *result = palloc(length + 1);

	for (int i = 0; i < length; i++)
		result[i] = pg_ascii_tolower((unsigned char) identifier[i]);
	result[length] = '\0';
	truncate_identifier(result, length, warn);
	return result;
}

const char *
quote_identifier(const char *identifier)
{
	bool		safe = (identifier[0] >= 'a' && identifier[0] <= 'z') || identifier[0] == '_';
	int			keyword;

	for (const char *c = identifier; *c != '\0'; c++)
		safe &= (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') || *c == '_';
	if (safe)
	{
		keyword = ScanKeywordLookup(identifier, &ScanKeywords);
		safe = keyword < 0 || ScanKeywordCategories[keyword] == UNRESERVED_KEYWORD;
	}
	return safe ? identifier : harness_quoted(identifier);
}
