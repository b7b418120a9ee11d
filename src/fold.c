/*-------------------------------------------------------------------------
 *
 * fold.c
 *		Few rules that say what many foreign keys do.
 *
 * The fewest rules that describe a set of keys are hard to find; few are found
 * by being greedy.  From the broadest kind of rule to the narrowest, every group
 * of keys that a rule of that kind could match is looked at once, the most
 * promising ones first.  A rule is taken if it sets right at least two keys more
 * than it sets wrong, since each wrong key costs at most one rule later: one
 * that names its table and columns, or in the end all there is to name.  So
 * the rules become fewer with each one taken, and describe every key exactly
 * when the last kind has been through.  No rule is left that decides no key.
 *
 * Nothing here reads more than the names of a key, so that whoever reads the
 * rules can tell why they apply.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"

#include "args.h"
#include "fold.h"

/* What a kind of rule asks for; the first three are about the referencing table. */
#define BY_SCHEMA		0x01
#define BY_PREFIX		0x02
#define BY_REFERENCING	0x04
#define BY_REFERENCED	0x08
#define BY_COLUMNS		0x10
#define BY_NAME			0x20

/* A kind of rule. */
typedef struct Kind
{
	int			conditions;
	int			least;			/* so much better it must make things */
	bool		minimal_only;	/* may it match more than a key or two? */
} Kind;

static const Kind kinds[] = {
	{0, 2, true},
	{BY_SCHEMA, 2, true},
	{BY_PREFIX, 2, true},
	{BY_COLUMNS, 2, true},
	{BY_REFERENCED, 2, true},
	{BY_REFERENCING, 2, true},
	{BY_REFERENCED | BY_COLUMNS, 2, true},
	{BY_REFERENCING | BY_REFERENCED, 2, true},
	{BY_REFERENCING | BY_COLUMNS, 1, false},
	{BY_REFERENCING | BY_REFERENCED | BY_COLUMNS, 1, false},
	{BY_REFERENCING | BY_REFERENCED | BY_COLUMNS | BY_NAME, 1, false},
};

/* What all keys of a group have in common. */
typedef struct GroupId
{
	int			conditions;
	int			referencing;	/* an OID, or the number of a text */
	int			referenced;
	int			columns;
	int			name;
} GroupId;

/* Keys that one rule could match. */
typedef struct Group
{
	GroupId		id;				/* hash key */
	const Kind *kind;
	uint32		rank;			/* of the rule */
	List	   *members;		/* numbers of Subjects */
	int			demand;
	int			gain;
	int			decides;		/* keys that it decides in the end */
} Group;

/* One call. */
typedef struct Fold
{
	Subjects   *subjects;
	const char *scope;			/* pattern of all rules; NULL: any table */
	TablePattern *pattern;
	int		   *votes;			/* by demand; all 0 between uses */
} Fold;

static List *choose(Fold *fold, List *groups);
static List *make_groups(Fold *fold, const Kind *kind);
static bool kind_applies(Fold *fold, const Kind *kind, bool minimal);
static bool identify(Fold *fold, const Kind *kind, const Subject *subject,
					 GroupId *id);
static int	compare_kinds(const ListCell *a, const ListCell *b);
static uint32 rank_of_groups(List *groups);
static int	compare_groups(const ListCell *a, const ListCell *b);
static void weigh(Fold *fold, Group *group);
static bool disturbs(const Group *group, const Rule *rule);
static void take(Fold *fold, Group *group);
static FoldedRule *make_rule(Fold *fold, const Group *group);
static char *referencing_pattern(Fold *fold, const Group *group,
								 const Subject *subject);
static uint32 rank_of(const FoldedRule *rule);

/*
 * Returns rules (FoldedRule) that say of each key what it does, and nothing of
 * those that are decided already, in the current memory context.  All of them
 * carry the pattern "scope", or one that is narrower, for the referencing table;
 * the keys given must be all that match it.  If "minimal" is not set, each
 * rule names a table and columns.
 */
List *
fkfix_fold(Reader *reader, List *keys, const char *scope, bool minimal)
{
	Fold		fold = {.subjects = fkfix_subject_read(reader, keys)};
	List	   *by_rank = NIL;	/* lists of Group, all of a kind */
	List	   *taken = NIL;
	List	   *rules = NIL;
	ListCell   *lc;

	fold.pattern = fkfix_pattern_parse_table("referencing", scope);
	if (fold.pattern->name.specificity != SPECIFIC_NOT ||
		fold.pattern->schema.specificity != SPECIFIC_NOT)
		fold.scope = scope;
	fold.votes = palloc0(Max(list_length(fold.subjects->demands), 1) * sizeof(int));

	for (int i = 0; i < lengthof(kinds); i++)
	{
		List	   *groups;

		if (!kind_applies(&fold, &kinds[i], minimal))
			continue;
		groups = make_groups(&fold, &kinds[i]);
		if (groups != NIL)
			by_rank = lappend(by_rank, groups);
	}
	list_sort(by_rank, compare_kinds);
	while (by_rank != NIL)
	{
		List	   *groups = linitial(by_rank);

		by_rank = list_delete_first(by_rank);
		/* kinds of equal rank compete */
		while (by_rank != NIL && rank_of_groups(linitial(by_rank)) == rank_of_groups(groups))
		{
			groups = list_concat(groups, linitial(by_rank));
			by_rank = list_delete_first(by_rank);
		}
		taken = list_concat(taken, choose(&fold, groups));
	}

	for (int i = 0; i < fold.subjects->count; i++)
	{
		if (fold.subjects->items[i].by != NULL)
			fold.subjects->items[i].by->decides++;
	}
	foreach(lc, taken)
	{
		if (((Group *) lfirst(lc))->decides > 0)
			rules = lappend(rules, make_rule(&fold, lfirst(lc)));
	}
	return rules;
}

/* Takes the groups that are worth a rule, the most promising first. */
static List *
choose(Fold *fold, List *groups)
{
	List	   *taken = NIL;
	ListCell   *lc;

	foreach(lc, groups)
	{
		CHECK_FOR_INTERRUPTS();
		weigh(fold, lfirst(lc));
	}
	list_sort(groups, compare_groups);
	foreach(lc, groups)
	{
		Group	   *group = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		weigh(fold, group);		/* others have been taken since */
		if (group->gain < group->kind->least)
			continue;
		take(fold, group);
		taken = lappend(taken, group);
	}
	return taken;
}

/*
 * May rules of this kind be made?  One that has a pattern of its own for the
 * referencing table must not match more than the scope does.
 */
static bool
kind_applies(Fold *fold, const Kind *kind, bool minimal)
{
	if (kind->minimal_only && !minimal)
		return false;
	if (kind->conditions & BY_SCHEMA)
		return fold->scope == NULL;
	if (kind->conditions & BY_PREFIX)
		return fold->pattern->name.specificity == SPECIFIC_NOT;
	return true;
}

/* The groups of a kind, in the order of their first members. */
static List *
make_groups(Fold *fold, const Kind *kind)
{
	HASHCTL		ctl = {
		.keysize = sizeof(GroupId),
		.entrysize = sizeof(Group),
		.hcxt = CurrentMemoryContext
	};
	HTAB	   *table = hash_create("fkfix groups", 256, &ctl,
									HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	List	   *groups = NIL;
	uint32		rank = 0;
	ListCell   *lc;

	for (int i = 0; i < fold->subjects->count; i++)
	{
		GroupId		id;
		Group	   *group;
		bool		found;

		CHECK_FOR_INTERRUPTS();
		if (!identify(fold, kind, &fold->subjects->items[i], &id))
			continue;
		group = hash_search(table, &id, HASH_ENTER, &found);
		if (!found)
		{
			MemSet(group, 0, sizeof(Group));
			group->id = id;
			group->kind = kind;
			groups = lappend(groups, group);
		}
		group->members = lappend_int(group->members, i);
	}
	if (groups != NIL)
		rank = rank_of(make_rule(fold, linitial(groups)));
	foreach(lc, groups)
		((Group *) lfirst(lc))->rank = rank;
	return groups;
}

/* The group of a kind that a key belongs to; false if there is none. */
static bool
identify(Fold *fold, const Kind *kind, const Subject *subject, GroupId *id)
{
	MemSet(id, 0, sizeof(GroupId));
	id->conditions = kind->conditions;
	if (kind->conditions & BY_SCHEMA)
		id->referencing = subject->referencing->schema_oid;
	if (kind->conditions & BY_PREFIX)
	{
		if (subject->prefix == NULL)
			return false;
		id->referencing = fkfix_subject_number(fold->subjects, subject->prefix);
		id->referenced = subject->referencing->schema_oid;
	}
	if (kind->conditions & BY_REFERENCING)
		id->referencing = subject->referencing->relid;
	if (kind->conditions & BY_REFERENCED)
		id->referenced = subject->referenced->relid;
	if (kind->conditions & BY_COLUMNS)
		id->columns = subject->columns_id;
	if (kind->conditions & BY_NAME)
		id->name = fkfix_subject_number(fold->subjects, NameStr(subject->key->fk->name));
	return true;
}

/* Orders lists of groups by rank. */
static int
compare_kinds(const ListCell *a, const ListCell *b)
{
	uint32		x = rank_of_groups(lfirst(a));
	uint32		y = rank_of_groups(lfirst(b));

	return x < y ? -1 : x > y;
}

/* The rank of all groups of a kind; there is at least one. */
static uint32
rank_of_groups(List *groups)
{
	return ((const Group *) linitial(groups))->rank;
}

/* Orders groups by what they promise, then by kind and by their first keys. */
static int
compare_groups(const ListCell *a, const ListCell *b)
{
	const Group *x = lfirst(a);
	const Group *y = lfirst(b);

	if (x->gain != y->gain)
		return x->gain > y->gain ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return linitial_int(x->members) - linitial_int(y->members);
}

/*
 * Finds what most keys of a group do, and how many more of them would be right
 * if a rule said so.  A rule of equal rank that says otherwise makes a conflict.
 */
static void
weigh(Fold *fold, Group *group)
{
	int			most = 0;
	ListCell   *lc;

	group->gain = 0;
	group->demand = UNDECIDED;
	foreach(lc, group->members)
	{
		const Subject *subject = &fold->subjects->items[lfirst_int(lc)];

		if (subject->key->decided_by != NULL)
		{
			if (disturbs(group, subject->key->decided_by))
				break;
		}
		else if (++fold->votes[subject->demand] > most)
		{
			most = fold->votes[subject->demand];
			group->demand = subject->demand;
		}
	}
	if (lc != NULL)
		group->demand = UNDECIDED;
	foreach(lc, group->members)
	{
		const Subject *subject = &fold->subjects->items[lfirst_int(lc)];
		bool		disputed = subject->rank == group->rank && subject->decided != UNDECIDED;

		fold->votes[subject->demand] = 0;
		if (subject->key->decided_by != NULL || group->demand == UNDECIDED)
			continue;
		group->gain += subject->demand == group->demand &&
			(!disputed || subject->decided == group->demand);
		group->gain -= subject->decided == subject->demand;
	}
}

/* Would a rule for this group win over, or tie with, one that is there? */
static bool
disturbs(const Group *group, const Rule *rule)
{
	return rule->priority < 0 || (rule->priority == 0 && rule->rank <= group->rank);
}

static void
take(Fold *fold, Group *group)
{
	ListCell   *lc;

	foreach(lc, group->members)
	{
		Subject    *subject = &fold->subjects->items[lfirst_int(lc)];

		if (subject->key->decided_by != NULL)
			continue;
		if (subject->rank != group->rank || subject->decided == UNDECIDED)
		{
			subject->decided = group->demand;
			subject->rank = group->rank;
			subject->by = group;
		}
		else if (subject->decided != group->demand)
		{
			subject->decided = CONFLICT;
			subject->by = NULL;
		}
	}
}

/* The rule of a group, by any of its keys. */
static FoldedRule *
make_rule(Fold *fold, const Group *group)
{
	const Subject *subject = &fold->subjects->items[linitial_int(group->members)];
	const Demand *demand = list_nth(fold->subjects->demands, Max(group->demand, 0));
	FoldedRule *rule = palloc0(sizeof(FoldedRule));

	rule->referencing = referencing_pattern(fold, group, subject);
	if (group->kind->conditions & BY_COLUMNS)
		rule->columns = subject->columns;
	if (group->kind->conditions & BY_REFERENCED)
		rule->referenced = quote_qualified_identifier(subject->referenced->schema,
													  NameStr(subject->referenced->name));
	if (group->kind->conditions & BY_NAME)
		rule->constraint_name = pstrdup(quote_identifier(NameStr(subject->key->fk->name)));
	rule->on_delete = demand->on_delete;
	rule->on_update = demand->on_update;
	return rule;
}

/* Quoted as identifiers are, nothing in a name is a wildcard. */
static char *
referencing_pattern(Fold *fold, const Group *group, const Subject *subject)
{
	const char *schema = quote_identifier(subject->referencing->schema);

	if (group->kind->conditions & BY_REFERENCING)
		return quote_qualified_identifier(subject->referencing->schema,
										  NameStr(subject->referencing->name));
	if (group->kind->conditions & BY_PREFIX)
		return psprintf("%s.%s*", schema, quote_identifier(subject->prefix));
	if (group->kind->conditions & BY_SCHEMA)
		return psprintf("%s.*", schema);
	return fold->scope == NULL ? NULL : pstrdup(fold->scope);
}

/* The rank that a rule will have: of a kind, all have the same. */
static uint32
rank_of(const FoldedRule *rule)
{
	Datum		values[POLICY_NCOLUMNS] = {0};
	bool		nulls[POLICY_NCOLUMNS];

	memset(nulls, true, sizeof(nulls));
	values[POLICY_REFERENCING] = fkfix_args_text(rule->referencing, &nulls[POLICY_REFERENCING]);
	values[POLICY_REFERENCED] = fkfix_args_text(rule->referenced, &nulls[POLICY_REFERENCED]);
	values[POLICY_CONSTRAINT_NAME] = fkfix_args_text(rule->constraint_name,
													 &nulls[POLICY_CONSTRAINT_NAME]);
	if (rule->columns != NIL)
	{
		values[POLICY_COLUMNS] = fkfix_args_text_array(rule->columns);
		nulls[POLICY_COLUMNS] = false;
	}
	values[POLICY_ENFORCEMENT] = fkfix_args_text("off", &nulls[POLICY_ENFORCEMENT]);
	return fkfix_rule_form(values, nulls)->rank;
}
