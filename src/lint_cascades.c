/*-------------------------------------------------------------------------
 *
 * lint_cascades.c
 *		Cascades that cannot complete, and cascades that run in a circle.
 *
 * A rule that asks for CASCADE asks it of one key, but the DELETE goes on from
 * there.  Where it meets a key that refuses, all of it is undone: CASCADE was
 * promised and the DELETE fails.  So the keys are looked at together, as they
 * will be when the policy is followed.
 *
 * A key that is ON DELETE NO ACTION refuses at the end of the statement, and so
 * not at all if its own row was deleted by then on another way.  RESTRICT
 * refuses at once.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/hsearch.h"

#include "lint.h"

/* How many tables of a way or a circle are named. */
#define MAX_NAMED	8

/* How many rules are named with one problem. */
#define MAX_RULES	16

/* A table, the topmost one of a partition tree. */
typedef struct Place
{
	Oid			relid;			/* hash key */
	List	   *keys;			/* LintKeys that reference it */
	List	   *own;			/* LintKeys that it has */
	struct Way *way;			/* how a DELETE gets here; NULL: none found */
	int			index;			/* for cycles, as in order.c; 0: not visited */
	int			low;
	bool		on_stack;
	int			circle;			/* the same for all tables of a circle */
	const struct Way *passed_by;	/* the way looked at last that passes here */
} Place;

/* The last step by which a DELETE reaches a table, and those before. */
typedef struct Way
{
	const LintKey *key;
	struct Way *before;			/* NULL: it starts at the referenced table */
	int			length;
} Way;

/* One node on the path that the search for cycles is on. */
typedef struct Frame
{
	Place	   *node;
	int			next;			/* which of its keys comes next */
} Frame;

/* One call. */
typedef struct Graph
{
	Lint	   *lint;
	HTAB	   *nodes;
	List	   *order;			/* Places in the order of their first keys */
	List	   *stack;			/* Places, for cycles */
	int			visited;
} Graph;

static void add_key(Graph *graph, const LintKey *key);
static Place *node_of(Graph *graph, Oid relid);
static bool cascades(const LintKey *key);
static void find_ways(Graph *graph);
static void follow(Graph *graph, List *queue);
static List *reach(Graph *graph, List *queue, const LintKey *key, Way *before);
static void report_refusals(Graph *graph, const Place *node);
static bool refuses(Graph *graph, const LintKey *key, const Way *way);
static bool dies_anyway(Graph *graph, const LintKey *key, const Way *way);
static List *rules_of_way(const Way *way);
static List *add_rule(List *rules, const Rule *rule);
static char *describe_way(Graph *graph, const Way *way);
static void find_circles(Graph *graph, Place *start);
static void report_circle(Graph *graph, List *members);

/*
 * Reports cascades, asked for by a rule, that some key will refuse; keys that
 * a rule makes refuse a cascade; and circles.
 */
void
fkfix_lint_cascades(Lint *lint)
{
	Graph		graph = {.lint = lint};
	HASHCTL		ctl = {
		.keysize = sizeof(Oid),
		.entrysize = sizeof(Place),
		.hcxt = CurrentMemoryContext
	};
	ListCell   *lc;

	graph.nodes = hash_create("fkfix cascades", 256, &ctl,
							  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	foreach(lc, lint->keys)
	{
		CHECK_FOR_INTERRUPTS();
		add_key(&graph, lfirst(lc));
	}

	find_ways(&graph);
	foreach(lc, graph.order)
	{
		CHECK_FOR_INTERRUPTS();
		report_refusals(&graph, lfirst(lc));
	}
	foreach(lc, graph.order)
	{
		if (((Place *) lfirst(lc))->index == 0)
			find_circles(&graph, lfirst(lc));
	}
}

static void
add_key(Graph *graph, const LintKey *key)
{
	Place	   *referenced = node_of(graph, key->confrelid);
	Place	   *referencing = node_of(graph, key->conrelid);

	referenced->keys = lappend(referenced->keys, unconstify(LintKey *, key));
	referencing->own = lappend(referencing->own, unconstify(LintKey *, key));
}

static Place *
node_of(Graph *graph, Oid relid)
{
	bool		found;
	Place	   *node;

	relid = fkfix_catalog_topmost(graph->lint->reader, relid);
	node = hash_search(graph->nodes, &relid, HASH_ENTER, &found);
	if (!found)
	{
		MemSet(node, 0, sizeof(Place));
		node->relid = relid;
		graph->order = lappend(graph->order, node);
	}
	return node;
}

static bool
cascades(const LintKey *key)
{
	return key->on_delete->code == FKCONSTR_ACTION_CASCADE;
}

/*
 * Finds for each table a way on which a DELETE gets there: if possible one that
 * a rule asks for.
 */
static void
find_ways(Graph *graph)
{
	List	   *asked = NIL;
	List	   *others = NIL;
	ListCell   *lc;

	foreach(lc, graph->lint->keys)
	{
		const LintKey *key = lfirst(lc);

		if (cascades(key) && key->rule != NULL)
			asked = reach(graph, asked, key, NULL);
	}
	follow(graph, asked);
	foreach(lc, graph->lint->keys)
	{
		if (cascades(lfirst(lc)))
			others = reach(graph, others, lfirst(lc), NULL);
	}
	follow(graph, others);
}

/* From the tables in the queue on, breadth first. */
static void
follow(Graph *graph, List *queue)
{
	for (int i = 0; i < list_length(queue); i++)
	{
		Place	   *node = list_nth(queue, i);
		ListCell   *lc;

		CHECK_FOR_INTERRUPTS();
		foreach(lc, node->keys)
		{
			if (cascades(lfirst(lc)))
				queue = reach(graph, queue, lfirst(lc), node->way);
		}
	}
}

/* Adds the referencing table of a cascade to the queue, if it is new. */
static List *
reach(Graph *graph, List *queue, const LintKey *key, Way *before)
{
	Place	   *node = node_of(graph, key->conrelid);

	if (node->way != NULL)
		return queue;
	node->way = palloc(sizeof(Way));
	node->way->key = key;
	node->way->before = before;
	node->way->length = before == NULL ? 1 : before->length + 1;
	return lappend(queue, node);
}

/* One problem for each table from which cascades cannot go on. */
static void
report_refusals(Graph *graph, const Place *node)
{
	const LintKey *first = NULL;
	List	   *rules = NIL;
	int			count = 0;
	ListCell   *lc;

	if (node->way == NULL)
		return;
	for (const Way *step = node->way; step != NULL; step = step->before)
		node_of(graph, step->key->confrelid)->passed_by = node->way;
	foreach(lc, node->keys)
	{
		const LintKey *key = lfirst(lc);

		if (!refuses(graph, key, node->way))
			continue;
		if (first == NULL || (first->rule == NULL && key->rule != NULL))
			first = key;
		count++;
	}
	if (first == NULL)
		return;
	rules = rules_of_way(node->way);
	if (first->rule != NULL)
		rules = add_rule(rules, first->rule);
	if (rules == NIL)
		return;					/* nobody asked for any of it */
	if (!fkfix_lint_wants(graph->lint, LINT_WARNING, "refused cascade"))
		return;
	fkfix_lint_report(graph->lint, LINT_WARNING, "refused cascade", rules, first,
					  psprintf("A DELETE on %s, but this foreign key%s is ON DELETE %s and refuses it while rows reference those.",
							   describe_way(graph, node->way),
							   count == 1 ? "" : psprintf(", one of %d,", count),
							   first->on_delete->name),
					  "Let it cascade or set null as well, or let the cascade end before it.");
}

/* Can a key refuse a DELETE that comes this way? */
static bool
refuses(Graph *graph, const LintKey *key, const Way *way)
{
	if (key->on_delete->code == FKCONSTR_ACTION_RESTRICT)
		return true;
	return key->on_delete->code == FKCONSTR_ACTION_NOACTION &&
		!dies_anyway(graph, key, way);
}

/* Are the rows of a key deleted too, by another key, along this way? */
static bool
dies_anyway(Graph *graph, const LintKey *key, const Way *way)
{
	ListCell   *lc;

	foreach(lc, node_of(graph, key->conrelid)->own)
	{
		const LintKey *other = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		if (cascades(other) && (other->confrelid == key->confrelid ||
								node_of(graph, other->confrelid)->passed_by == way))
			return true;
	}
	return false;
}

static List *
rules_of_way(const Way *way)
{
	List	   *rules = NIL;

	for (; way != NULL; way = way->before)
	{
		if (way->key->rule != NULL)
			rules = add_rule(rules, way->key->rule);
	}
	return rules;
}

static List *
add_rule(List *rules, const Rule *rule)
{
	if (list_length(rules) == MAX_RULES)
		return rules;
	return list_append_unique_ptr(rules, unconstify(Rule *, rule));
}

/*
 * "public.a cascades to public.b, and on to public.c".  Of a long way the beginning
 * and the end are told.
 */
static char *
describe_way(Graph *graph, const Way *way)
{
	Reader	   *reader = graph->lint->reader;
	int			length = way->length;
	Oid			named[MAX_NAMED];
	Oid			start = InvalidOid;
	int			at = length;
	StringInfoData buf;

	for (const Way *step = way; step != NULL; step = step->before)
	{
		start = step->key->confrelid;
		if (--at < MAX_NAMED)
			named[at] = step->key->conrelid;
	}
	if (length > MAX_NAMED)
		named[MAX_NAMED - 1] = way->key->conrelid;

	initStringInfo(&buf);
	appendStringInfo(&buf, "%s cascades to ", fkfix_catalog_table_name(reader, start));
	for (int i = 0; i < Min(length, MAX_NAMED); i++)
	{
		if (length > MAX_NAMED && i == MAX_NAMED - 1)
			appendStringInfoString(&buf, ", ...");
		appendStringInfo(&buf, "%s%s", i == 0 ? "" : ", and on to ",
						 fkfix_catalog_table_name(reader, named[i]));
	}
	return buf.data;
}

/*
 * Tarjan's algorithm for the tables that can be reached from one; not
 * recursive, for chains of tables can be long.
 */
static void
find_circles(Graph *graph, Place *start)
{
	List	   *frames = NIL;
	Frame	   *frame = palloc0(sizeof(Frame));

	frame->node = start;
	frames = lappend(frames, frame);
	while (frames != NIL)
	{
		Place	   *node;
		Place	   *next = NULL;

		CHECK_FOR_INTERRUPTS();
		frame = llast(frames);
		node = frame->node;
		if (node->index == 0)
		{
			node->index = node->low = ++graph->visited;
			node->on_stack = true;
			graph->stack = lappend(graph->stack, node);
		}
		while (next == NULL && frame->next < list_length(node->keys))
		{
			const LintKey *key = list_nth(node->keys, frame->next++);
			Place	   *other = cascades(key) ? node_of(graph, key->conrelid) : NULL;

			if (other != NULL && other->index == 0)
				next = other;
			else if (other != NULL && other->on_stack)
				node->low = Min(node->low, other->index);
		}
		if (next != NULL)
		{
			frame = palloc0(sizeof(Frame));
			frame->node = next;
			frames = lappend(frames, frame);
			continue;
		}
		if (node->low == node->index)
		{
			List	   *members = NIL;
			Place	   *member;

			do
			{
				member = llast(graph->stack);
				member->on_stack = false;
				member->circle = node->index;
				graph->stack = list_delete_last(graph->stack);
				members = lcons(member, members);
			} while (member != node);
			if (list_length(members) > 1)
				report_circle(graph, members);
		}
		frames = list_delete_last(frames);
		if (frames != NIL)
			((Frame *) llast(frames))->node->low = Min(((Frame *) llast(frames))->node->low,
													   node->low);
	}
}

/* Tables that a DELETE on one of them goes round through. */
static void
report_circle(Graph *graph, List *members)
{
	const LintKey *first = NULL;
	List	   *rules = NIL;
	StringInfoData names;
	ListCell   *lc;
	ListCell   *lc2;

	initStringInfo(&names);
	foreach(lc, members)
	{
		const Place *node = lfirst(lc);

		if (foreach_current_index(lc) < MAX_NAMED)
			appendStringInfo(&names, "%s%s", names.len > 0 ? ", " : "",
							 fkfix_catalog_table_name(graph->lint->reader, node->relid));
		foreach(lc2, node->keys)
		{
			const LintKey *key = lfirst(lc2);

			if (!cascades(key) || key->rule == NULL ||
				node_of(graph, key->conrelid)->circle != node->circle)
				continue;
			if (first == NULL)
				first = key;
			rules = add_rule(rules, key->rule);
		}
	}
	if (rules == NIL || !fkfix_lint_wants(graph->lint, LINT_WARNING, "circle"))
		return;
	if (list_length(members) > MAX_NAMED)
		appendStringInfo(&names, " and %d more", list_length(members) - MAX_NAMED);
	fkfix_lint_report(graph->lint, LINT_WARNING, "circle", rules, first,
					  psprintf("Cascades run in a circle: a DELETE on one of %s goes on through all of them.",
							   names.data),
					  "Let one of these keys set null or restrict instead, unless that is meant.");
}
