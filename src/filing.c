/*-------------------------------------------------------------------------
 *
 * filing.c
 *		Rules, filed under a name that what they match must have.
 *
 * There may be thousands of rules, and most of those will be about one table
 * each.  So a rule is filed under the first of its conditions that is a name
 * without wildcards, and a key has to be compared only with the rules in the
 * files of its own names and with those that are in none.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"

#include "filing.h"
#include "rule.h"

/* The rules that are filed under one name. */
typedef struct RuleFile
{
	const char *name;
	List	   *rules;			/* in the order in which they came */
	char		status;
} RuleFile;

#define SH_PREFIX rulefile
#define SH_ELEMENT_TYPE RuleFile
#define SH_KEY_TYPE const char *
#define SH_KEY name
#define SH_HASH_KEY(files, key) hash_bytes((const unsigned char *) (key), strlen(key))
#define SH_EQUAL(files, a, b) (strcmp(a, b) == 0)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

struct RuleFiles
{
	rulefile_hash *by_name[FILE_NONE];	/* NULL where no rule is filed so */
	List	   *others;
};

static const char *literal_of(const Rule *rule, FileName *what);

/*
 * Files some rules, and keeps their order.  Returns the files in the current
 * memory context.
 */
RuleFiles *
fkfix_filing_make(List *rules)
{
	RuleFiles  *files = palloc0(sizeof(RuleFiles));
	ListCell   *lc;

	foreach(lc, rules)
	{
		FileName	what;
		const char *name = literal_of(lfirst(lc), &what);
		RuleFile   *file;
		bool		found;

		if (name == NULL)
		{
			files->others = lappend(files->others, lfirst(lc));
			continue;
		}
		if (files->by_name[what] == NULL)
			files->by_name[what] = rulefile_create(CurrentMemoryContext, 16, NULL);
		file = rulefile_insert(files->by_name[what], name, &found);
		file->rules = lappend(found ? file->rules : NIL, lfirst(lc));
	}
	return files;
}

/*
 * Returns the rules that are filed under a name, or of those that are under
 * none: the files' own list.
 */
List *
fkfix_filing_find(const RuleFiles *files, FileName what, const char *name)
{
	RuleFile   *file;

	if (what == FILE_NONE)
		return files->others;
	if (name == NULL || files->by_name[what] == NULL)
		return NIL;
	file = rulefile_lookup(files->by_name[what], name);
	return file == NULL ? NIL : file->rules;
}

/* A name that all keys have that match a rule; NULL if there is none. */
static const char *
literal_of(const Rule *rule, FileName *what)
{
	if (rule->referencing != NULL &&
		rule->referencing->name.specificity == SPECIFIC_LITERAL)
	{
		*what = FILE_REFERENCING;
		return rule->referencing->name.text;
	}
	if (rule->constraint_name != NULL &&
		rule->constraint_name->specificity == SPECIFIC_LITERAL)
	{
		*what = FILE_CONSTRAINT;
		return rule->constraint_name->text;
	}
	if (rule->referenced != NULL &&
		rule->referenced->name.specificity == SPECIFIC_LITERAL)
	{
		*what = FILE_REFERENCED;
		return rule->referenced->name.text;
	}
	if (rule->columns != NIL &&
		((NamePattern *) linitial(rule->columns))->specificity == SPECIFIC_LITERAL)
	{
		*what = FILE_COLUMN;
		return ((NamePattern *) linitial(rule->columns))->text;
	}
	return NULL;
}
