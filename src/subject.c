/*-------------------------------------------------------------------------
 *
 * subject.c
 *		Foreign keys as rules could describe them.
 *
 * Many keys have few names and do few things.  Each name that a rule could give
 * and each thing that a key does is numbered here, so that keys can be grouped
 * by comparing numbers.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "subject.h"

/* A text and its number. */
typedef struct Text
{
	char	   *text;			/* hash key */
	int			number;
} Text;

static void add_subject(Subjects *subjects, const FoldKey *key);
static int	compare_subjects(const void *a, const void *b);
static char *prefix_of(const char *name);
static HTAB *make_text_table(void);
static uint32 hash_text(const void *key, Size keysize);
static int	match_text(const void *a, const void *b, Size keysize);
static int	find_demand(Subjects *subjects, const ForeignKey *fk);
static List *quoted_names(List *names);

/*
 * Returns what there is to say of some keys (FoldKey), none of them decided
 * yet, in the current memory context.
 */
Subjects *
fkfix_subject_read(Reader *reader, List *keys)
{
	Subjects   *subjects = palloc0(sizeof(Subjects));
	ListCell   *lc;

	subjects->reader = reader;
	subjects->items = palloc_extended(Max(list_length(keys), 1) * sizeof(Subject),
									  MCXT_ALLOC_HUGE);
	subjects->texts = make_text_table();
	foreach(lc, keys)
		add_subject(subjects, lfirst(lc));
	qsort(subjects->items, subjects->count, sizeof(Subject), compare_subjects);
	return subjects;
}

/*
 * Returns a number that stands for a text: the same for the same text.
 */
int
fkfix_subject_number(Subjects *subjects, const char *text)
{
	bool		found;
	Text	   *entry = hash_search(subjects->texts, &text, HASH_ENTER, &found);

	if (!found)
	{
		entry->text = pstrdup(text);
		entry->number = hash_get_num_entries(subjects->texts);
	}
	return entry->number;
}

static void
add_subject(Subjects *subjects, const FoldKey *key)
{
	Subject    *subject = &subjects->items[subjects->count++];
	const ForeignKey *fk = key->fk;
	StringInfoData columns;
	ListCell   *lc;

	MemSet(subject, 0, sizeof(Subject));
	subject->key = key;
	subject->referencing = fkfix_catalog_table(subjects->reader, fk->conrelid, false);
	subject->referenced = fkfix_catalog_table(subjects->reader, fk->confrelid, false);
	subject->columns = quoted_names(fkfix_catalog_column_names(subjects->reader, fk->conrelid,
															   fk->conkey, fk->nkeys));
	initStringInfo(&columns);
	foreach(lc, subject->columns)
		appendStringInfo(&columns, "%s,", (char *) lfirst(lc));
	subject->columns_id = fkfix_subject_number(subjects, columns.data);
	subject->prefix = prefix_of(NameStr(subject->referencing->name));
	subject->demand = find_demand(subjects, fk);
	subject->decided = UNDECIDED;
}

/* Orders keys by name, so that the rules do not depend on the catalog's order. */
static int
compare_subjects(const void *a, const void *b)
{
	const Subject *x = a;
	const Subject *y = b;
	int			order = strcmp(x->referencing->schema, y->referencing->schema);

	if (order == 0)
		order = namestrcmp(&x->referencing->name, NameStr(y->referencing->name));
	if (order == 0)
		order = namestrcmp(&x->key->fk->name, NameStr(y->key->fk->name));
	return order;
}

/* What stands before the first underscore, and that; NULL if there is none. */
static char *
prefix_of(const char *name)
{
	const char *end = strchr(name, '_');

	return end == NULL || end == name || end[1] == '\0' ? NULL :
		pnstrdup(name, end + 1 - name);
}

static HTAB *
make_text_table(void)
{
	HASHCTL		ctl = {
		.keysize = sizeof(char *),
		.entrysize = sizeof(Text),
		.hash = hash_text,
		.match = match_text,
		.hcxt = CurrentMemoryContext
	};

	return hash_create("fkfix texts", 256, &ctl,
					   HASH_ELEM | HASH_FUNCTION | HASH_COMPARE | HASH_CONTEXT);
}

static uint32
hash_text(const void *key, Size keysize)
{
	const char *text = *(char *const *) key;

	return hash_bytes((const unsigned char *) text, strlen(text));
}

static int
match_text(const void *a, const void *b, Size keysize)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

/*
 * The number of what a key does.  A list of all its columns is the same as
 * none.
 */
static int
find_demand(Subjects *subjects, const ForeignKey *fk)
{
	const Action *action = fkfix_key_delete_action(subjects->reader, fk);
	Action		plain = {action->kind, NIL};
	Demand	   *demand = palloc(sizeof(Demand));
	ListCell   *lc;

	if (fkfix_action_equal(action, &plain,
						   fkfix_catalog_column_names(subjects->reader, fk->conrelid,
													  fk->conkey, fk->nkeys)))
		action = &plain;
	demand->on_delete = fkfix_action_text(action);
	demand->on_update = fkfix_action_text(fkfix_key_update_action(fk));
	foreach(lc, subjects->demands)
	{
		const Demand *known = lfirst(lc);

		if (strcmp(known->on_delete, demand->on_delete) == 0 &&
			strcmp(known->on_update, demand->on_update) == 0)
			return foreach_current_index(lc);
	}
	subjects->demands = lappend(subjects->demands, demand);
	return list_length(subjects->demands) - 1;
}

static List *
quoted_names(List *names)
{
	List	   *quoted = NIL;
	ListCell   *lc;

	foreach(lc, names)
		quoted = lappend(quoted, pstrdup(quote_identifier(lfirst(lc))));
	return quoted;
}
