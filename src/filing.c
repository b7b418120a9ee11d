/*-------------------------------------------------------------------------
 *
 * filing.c
 *		Rules, filed under a name that what they match must have.
 *
 * There may be thousands of rules, and most of those will be about one table
 * each, or the same for each of many schemas.  So a rule is filed under the first
 * of its conditions that is a name without wildcards, and under the schema that
 * it gives; and a key has to be compared only with the rules in the files of its
 * own names and with those that are in none.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"

#include "filing.h"
#include "rule.h"

/* Both are empty where a rule does not give them. */
typedef struct FileKey
{
	const char *schema;
	const char *name;
} FileKey;

/* The rules that are filed under one name. */
typedef struct RuleFile
{
	FileKey		key;
	List	   *rules;			/* in the order in which they came */
	char		status;
} RuleFile;

#define HASH_STRING(s)	hash_bytes((const unsigned char *) (s), strlen(s))

#define SH_PREFIX rulefile
#define SH_ELEMENT_TYPE RuleFile
#define SH_KEY_TYPE FileKey
#define SH_KEY key
#define SH_HASH_KEY(files, k) hash_combine(HASH_STRING((k).name), HASH_STRING((k).schema))
#define SH_EQUAL(files, a, b) (strcmp((a).name, (b).name) == 0 && strcmp((a).schema, (b).schema) == 0)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/* All the rules that are filed in the same way. */
typedef struct Drawer
{
	rulefile_hash *files;
	const Rule *best;			/* NULL if there is none */
} Drawer;

struct RuleFiles
{
	Drawer		drawers[DRAWER_COUNT];
};

static int	drawer_of(const Rule *rule, FileKey *key);
static const char *literal(const NamePattern *pattern);

/*
 * Files some rules, best first, and keeps their order.  Returns the files in the
 * current memory context.
 */
RuleFiles *
fkfix_filing_make(List *rules)
{
	RuleFiles  *files = palloc0(sizeof(RuleFiles));
	ListCell   *lc;

	foreach(lc, rules)
	{
		FileKey		key;
		Drawer	   *drawer = &files->drawers[drawer_of(lfirst(lc), &key)];
		RuleFile   *file;
		bool		found;

		if (drawer->best == NULL)
		{
			drawer->best = lfirst(lc);
			drawer->files = rulefile_create(CurrentMemoryContext, 16, NULL);
		}
		file = rulefile_insert(drawer->files, key, &found);
		file->rules = lappend(found ? file->rules : NIL, lfirst(lc));
	}
	return files;
}

/*
 * Returns the best of the rules in a drawer, NULL if it is empty.
 */
const Rule *
fkfix_filing_best(const RuleFiles *files, int drawer)
{
	return files->drawers[drawer].best;
}

/*
 * Returns the rules in a drawer that are filed under a name and, if it is one for
 * that, a schema: the files' own list, best first.  A name may be NULL.
 */
List *
fkfix_filing_find(const RuleFiles *files, int drawer, const char *schema,
				  const char *name)
{
	FileKey		key = {DRAWER_HAS_SCHEMA(drawer) ? schema : "", name == NULL ? "" : name};
	RuleFile   *file;

	if (files->drawers[drawer].best == NULL)
		return NIL;
	file = rulefile_lookup(files->drawers[drawer].files, key);
	return file == NULL ? NIL : file->rules;
}

/* Where to file a rule: under names that all keys have that it matches. */
static int
drawer_of(const Rule *rule, FileKey *key)
{
	const TablePattern *table = rule->referencing;
	FileName	what = FILE_NONE;

	key->schema = key->name = "";
	if (rule->referencing != NULL && literal(&rule->referencing->name) != NULL)
	{
		what = FILE_REFERENCING;
		key->name = literal(&rule->referencing->name);
	}
	else if (rule->constraint_name != NULL && literal(rule->constraint_name) != NULL)
	{
		what = FILE_CONSTRAINT;
		key->name = literal(rule->constraint_name);
	}
	else if (rule->referenced != NULL && literal(&rule->referenced->name) != NULL)
	{
		what = FILE_REFERENCED;
		key->name = literal(&rule->referenced->name);
		table = rule->referenced;
	}
	else if (rule->columns != NIL && literal(linitial(rule->columns)) != NULL)
	{
		what = FILE_COLUMN;
		key->name = literal(linitial(rule->columns));
	}
	if (table == NULL || literal(&table->schema) == NULL)
		return DRAWER_OF(what, false);
	key->schema = literal(&table->schema);
	return DRAWER_OF(what, true);
}

/* The name that a pattern is, NULL if it has wildcards or is not given. */
static const char *
literal(const NamePattern *pattern)
{
	return pattern->specificity == SPECIFIC_LITERAL ? pattern->text : NULL;
}
