/*-------------------------------------------------------------------------
 *
 * lint_unmatched.c
 *		Rules that match no key: mistakes, or for keys to come?
 *
 * A name in a rule that nothing has is more likely a mistake than a plan: one
 * that something has in other letters, and a schema that does not exist, most
 * of all.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"

#include "lint.h"

/* What a name can be the name of. */
typedef enum NameKind
{
	NAME_REFERENCING,
	NAME_REFERENCED,
	NAME_COLUMN,
	NAME_CONSTRAINT
} NameKind;

static const char *const kind_nouns[] = {
	"referencing table", "referenced table", "referencing column", "foreign key"
};

/* A name that some key has. */
typedef struct NameEntry
{
	struct
	{
		NameKind	kind;
		bool		folded;		/* is the name in lower case here? */
		NameData	name;
	}			key;
	NameData	actual;
} NameEntry;

static HTAB *read_names(Lint *lint);
static void add_name(HTAB *names, NameKind kind, const char *name);
static NameEntry *find_name(HTAB *names, NameKind kind, bool folded,
							const char *name, HASHACTION action);
static void examine(Lint *lint, HTAB *names, const Rule *rule);
static void examine_table(Lint *lint, StringInfo faults, StringInfo cures,
						  HTAB *names, NameKind kind, const TablePattern *pattern);
static void examine_name(StringInfo faults, StringInfo cures, HTAB *names,
						 NameKind kind, const NamePattern *pattern);

/*
 * Reports rules that match no key, and which of their names nothing has.
 */
void
fkfix_lint_unmatched(Lint *lint, List *rules)
{
	HTAB	   *names;
	ListCell   *lc;

	if (rules == NIL)
		return;
	names = read_names(lint);
	foreach(lc, rules)
	{
		CHECK_FOR_INTERRUPTS();
		examine(lint, names, lfirst(lc));
	}
}

/* The names of all keys, as they are and in lower case. */
static HTAB *
read_names(Lint *lint)
{
	HASHCTL		ctl = {
		.keysize = sizeof(((NameEntry *) NULL)->key),
		.entrysize = sizeof(NameEntry),
		.hcxt = CurrentMemoryContext
	};
	HTAB	   *names = hash_create("fkfix names", 256, &ctl,
									HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	ListCell   *lc;

	foreach(lc, lint->keys)
	{
		const LintKey *key = lfirst(lc);
		TableFacts *referencing = fkfix_catalog_table(lint->reader, key->conrelid, true);
		TableFacts *referenced = fkfix_catalog_table(lint->reader, key->confrelid, true);

		CHECK_FOR_INTERRUPTS();
		if (referencing == NULL || referenced == NULL)
			continue;
		add_name(names, NAME_REFERENCING, NameStr(referencing->name));
		add_name(names, NAME_REFERENCED, NameStr(referenced->name));
		add_name(names, NAME_CONSTRAINT, NameStr(key->name));
		for (int attnum = 1; attnum <= referencing->ncolumns; attnum++)
		{
			const ColumnFacts *column = fkfix_catalog_column(lint->reader, key->conrelid, attnum, true);

			if (column != NULL)
				add_name(names, NAME_COLUMN, column->name);
		}
	}
	return names;
}

static void
add_name(HTAB *names, NameKind kind, const char *name)
{
	for (int folded = 0; folded <= 1; folded++)
		namestrcpy(&find_name(names, kind, folded, name, HASH_ENTER)->actual, name);
}

static NameEntry *
find_name(HTAB *names, NameKind kind, bool folded, const char *name, HASHACTION action)
{
	NameEntry	search;

	MemSet(&search, 0, sizeof(search));
	search.key.kind = kind;
	search.key.folded = folded;
	namestrcpy(&search.key.name, name);
	for (char *c = NameStr(search.key.name); folded && *c != '\0'; c++)
		*c = pg_ascii_tolower((unsigned char) *c);
	return hash_search(names, &search.key, action, NULL);
}

static void
examine(Lint *lint, HTAB *names, const Rule *rule)
{
	StringInfoData faults;
	StringInfoData cures;
	ListCell   *lc;

	initStringInfo(&faults);
	initStringInfo(&cures);
	examine_table(lint, &faults, &cures, names, NAME_REFERENCING, rule->referencing);
	examine_table(lint, &faults, &cures, names, NAME_REFERENCED, rule->referenced);
	foreach(lc, rule->columns)
		examine_name(&faults, &cures, names, NAME_COLUMN, lfirst(lc));
	if (rule->constraint_name != NULL)
		examine_name(&faults, &cures, names, NAME_CONSTRAINT, rule->constraint_name);

	if (!fkfix_lint_wants(lint, cures.len > 0 ? LINT_WARNING : LINT_NOTICE,
						  cures.len > 0 ? "misspelt" : "no match"))
		return;
	fkfix_lint_report(lint, cures.len > 0 ? LINT_WARNING : LINT_NOTICE,
					  cures.len > 0 ? "misspelt" : "no match",
					  list_make1(unconstify(Rule *, rule)), NULL,
					  psprintf("No foreign key matches rule " INT64_FORMAT "%s%s.", rule->id,
							   faults.len > 0 ? ": " : "", faults.data),
					  cures.len > 0 ? cures.data :
					  "Delete it, unless it is for keys to come.");
}

static void
examine_table(Lint *lint, StringInfo faults, StringInfo cures, HTAB *names,
			  NameKind kind, const TablePattern *pattern)
{
	if (pattern == NULL)
		return;
	examine_name(faults, cures, names, kind, &pattern->name);
	if (pattern->schema.specificity != SPECIFIC_LITERAL ||
		fkfix_catalog_has_schema(lint->reader, pattern->schema.text))
		return;
	appendStringInfo(faults, "%sthere is no schema %s", faults->len > 0 ? ", " : "",
					 quote_identifier(pattern->schema.text));
	appendStringInfo(cures, "%sName a schema that exists, or none.", cures->len > 0 ? " " : "");
}

/* Only a literal name can be said to be missing. */
static void
examine_name(StringInfo faults, StringInfo cures, HTAB *names, NameKind kind,
			 const NamePattern *pattern)
{
	NameEntry  *other;

	if (pattern->specificity != SPECIFIC_LITERAL ||
		find_name(names, kind, false, pattern->text, HASH_FIND) != NULL)
		return;
	appendStringInfo(faults, "%sno %s is called %s", faults->len > 0 ? ", " : "",
					 kind_nouns[kind], quote_identifier(pattern->text));
	other = find_name(names, kind, true, pattern->text, HASH_FIND);
	if (other == NULL)
		return;
	appendStringInfo(faults, ", but one is called %s", quote_identifier(NameStr(other->actual)));
	appendStringInfo(cures, "%sWrite %s.", cures->len > 0 ? " " : "",
					 quote_identifier(NameStr(other->actual)));
}
