/*-------------------------------------------------------------------------
 *
 * shape.c
 *		A foreign key with everything that hangs on it: descendants, triggers.
 *
 * Partitioning derives further rows of pg_constraint from a foreign key: one
 * for each partition of the referenced table and one for each partition of the
 * referencing table, at every level, never one for a pair of them.  A row
 * carries two action triggers if it is the root or stands for a referenced
 * partition, and two check triggers if it is the root or stands for a
 * referencing one; none at all if the key is NOT ENFORCED.  See
 * addFkRecurseReferenced and addFkRecurseReferencing.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "utils/fmgroids.h"
#include "utils/snapmgr.h"

#include "shape.h"

/* How many triggers away the next one that is looked for is expected. */
#define NEAR	32

/* The triggers of all keys, sorted by constraint and OID. */
struct ShapeIndex
{
	KeyTrigger *triggers;
	int64		count;
	int64		size;
	int64		at;				/* where the last look ended */
};

static void read_all(Reader *reader);
static ShapeNode *read_node(Reader *reader, Shape *shape, const ForeignKey *fk,
							ShapeNode *parent);
static void read_triggers(Reader *reader, ShapeNode *node);
static void read_trigger(HeapTuple tuple, TupleDesc desc, void *state);
static void place_trigger(ShapeNode *node, KeyTrigger *trigger);
static void index_trigger(HeapTuple tuple, TupleDesc desc, void *state);
static int	compare_triggers(const void *a, const void *b);
static int64 find_triggers(ShapeIndex *shapes, Oid constraint);
static void form_trigger(HeapTuple tuple, KeyTrigger *trigger);
static TriggerSlot slot_of(Form_pg_trigger form);

/*
 * Returns a reader for a query about the shapes of the keys of one referencing
 * table, or with InvalidOid of all; then whole catalogs are read at once.  It
 * sees what the query sees, all catalogs at the same moment: a rebuild that
 * commits between two looks must not make a key seem damaged.
 */
Reader *
fkfix_shape_reader(Oid relid)
{
	Reader	   *reader = fkfix_catalog_reader(GetActiveSnapshot());

	if (!OidIsValid(relid))
	{
		fkfix_key_read_all(reader);
		read_all(reader);
	}
	return reader;
}

/*
 * Reads what hangs on a root key: descendants and triggers.  Returns the shape
 * in the current memory context; it refers to the key itself.  What keeps it
 * from changing meanwhile is the reader's snapshot or the caller's locks.
 */
Shape *
fkfix_shape_read(Reader *reader, const ForeignKey *root)
{
	Shape	   *shape = palloc0(sizeof(Shape));

	shape->root = read_node(reader, shape, root, NULL);
	return shape;
}

/*
 * Must a row of this kind have a trigger in this slot?
 */
bool
fkfix_shape_has_triggers(const ShapeNode *node, TriggerSlot slot)
{
	if (!node->fk->enforced)
		return false;
	if (slot == TRIGGER_ON_DELETE || slot == TRIGGER_ON_UPDATE)
		return node->side != SIDE_REFERENCING;
	return node->side != SIDE_REFERENCED;
}

/*
 * Maps columns of a key's referencing table, by name, to another table of its
 * partition tree.  Fills "mapped" and returns their number; columns that the
 * other table lacks are left out.
 */
int
fkfix_shape_map_columns(Reader *reader, const ForeignKey *from,
						const AttrNumber *columns, int count, Oid to_relid,
						AttrNumber *mapped)
{
	TableFacts *to = count == 0 ? NULL : fkfix_catalog_table(reader, to_relid);
	int			found = 0;

	for (int i = 0; i < count && to != NULL; i++)
	{
		ColumnFacts *column = fkfix_catalog_column(reader, from->conrelid, columns[i]);

		if (column == NULL)
			continue;
		if (to_relid == from->conrelid)
		{
			mapped[found++] = columns[i];
			continue;
		}
		for (int attnum = 1; attnum <= to->ncolumns; attnum++)
		{
			ColumnFacts *candidate = fkfix_catalog_column(reader, to_relid, attnum);

			if (candidate != NULL &&
				strcmp(NameStr(candidate->name), NameStr(column->name)) == 0)
				mapped[found++] = attnum;
		}
	}
	return found;
}

/* Reads every key's triggers. */
static void
read_all(Reader *reader)
{
	ShapeIndex *shapes = MemoryContextAllocZero(reader->context, sizeof(ShapeIndex));

	shapes->size = 1024;
	shapes->triggers = MemoryContextAlloc(reader->context, shapes->size * sizeof(KeyTrigger));
	fkfix_catalog_scan(reader, TriggerRelationId, InvalidOid, 0, NULL, index_trigger, shapes);
	shapes->size = Max(shapes->count, 1);
	shapes->triggers = repalloc_huge(shapes->triggers, shapes->size * sizeof(KeyTrigger));
	qsort(shapes->triggers, shapes->count, sizeof(KeyTrigger), compare_triggers);
	reader->shapes = shapes;
}

/* Reads a key and, through conparentid, what descends from it. */
static ShapeNode *
read_node(Reader *reader, Shape *shape, const ForeignKey *fk,
		  ShapeNode *parent)
{
	ShapeNode  *node = palloc0(sizeof(ShapeNode));
	ListCell   *lc;

	/* since this function recurses, it could be driven to stack overflow */
	check_stack_depth();

	node->fk = fk;
	node->parent = parent;
	if (parent != NULL)
		node->side = fk->conrelid == parent->fk->conrelid ?
			SIDE_REFERENCED : SIDE_REFERENCING;
	read_triggers(reader, node);
	shape->nodes = lappend(shape->nodes, node);

	foreach(lc, fkfix_key_children(reader, fk->oid))
		node->children = lappend(node->children,
								 read_node(reader, shape, lfirst(lc), node));
	return node;
}

/* Reads the triggers of one row of pg_constraint, each into its slot. */
static void
read_triggers(Reader *reader, ShapeNode *node)
{
	ScanKeyData key;

	if (reader->shapes != NULL)
	{
		ShapeIndex *shapes = reader->shapes;

		for (int64 i = find_triggers(shapes, node->fk->oid);
			 i < shapes->count && shapes->triggers[i].constraint == node->fk->oid; i++)
			place_trigger(node, &shapes->triggers[i]);
		return;
	}
	ScanKeyInit(&key, Anum_pg_trigger_tgconstraint, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(node->fk->oid));
	fkfix_catalog_scan(reader, TriggerRelationId, TriggerConstraintIndexId, 1, &key,
					   read_trigger, node);
}

static void
read_trigger(HeapTuple tuple, TupleDesc desc, void *state)
{
	KeyTrigger *trigger = palloc(sizeof(KeyTrigger));

	form_trigger(tuple, trigger);
	place_trigger(state, trigger);
}

/*
 * Puts a trigger into its slot.  Of two for the same slot the older one has it,
 * whichever the scan finds first: where rows lie in a catalog means nothing.
 */
static void
place_trigger(ShapeNode *node, KeyTrigger *trigger)
{
	TriggerSlot slot = trigger->slot;

	if (slot < TRIGGER_NSLOTS && fkfix_shape_has_triggers(node, slot))
	{
		KeyTrigger *other = node->triggers[slot];

		if (other == NULL || trigger->oid < other->oid)
		{
			node->triggers[slot] = trigger;
			trigger = other;
		}
	}
	if (trigger != NULL)
		node->surplus = lappend(node->surplus, trigger);
}

/* Notes a trigger of a constraint. */
static void
index_trigger(HeapTuple tuple, TupleDesc desc, void *state)
{
	ShapeIndex *shapes = state;
	Form_pg_trigger form = (Form_pg_trigger) GETSTRUCT(tuple);

	if (!OidIsValid(form->tgconstraint))
		return;
	if (shapes->count == shapes->size)
	{
		shapes->size *= 2;
		shapes->triggers = repalloc_huge(shapes->triggers, shapes->size * sizeof(KeyTrigger));
	}
	form_trigger(tuple, &shapes->triggers[shapes->count++]);
}

static int
compare_triggers(const void *a, const void *b)
{
	const KeyTrigger *x = a;
	const KeyTrigger *y = b;

	if (x->constraint != y->constraint)
		return x->constraint < y->constraint ? -1 : 1;
	return x->oid < y->oid ? -1 : x->oid > y->oid;
}

/*
 * Returns where the triggers of a constraint begin, or would.  Keys are mostly
 * asked for in the order in which they were made: look near the last one first.
 */
static int64
find_triggers(ShapeIndex *shapes, Oid constraint)
{
	int64		low = Max(shapes->at - NEAR, 0);
	int64		high = Min(shapes->at + NEAR, shapes->count);

	if (low > 0 && shapes->triggers[low - 1].constraint >= constraint)
		low = 0;
	if (high < shapes->count && shapes->triggers[high].constraint < constraint)
		high = shapes->count;
	while (low < high)
	{
		int64		middle = low + (high - low) / 2;

		if (shapes->triggers[middle].constraint < constraint)
			low = middle + 1;
		else
			high = middle;
	}
	shapes->at = low;
	return low;
}

static void
form_trigger(HeapTuple tuple, KeyTrigger *trigger)
{
	Form_pg_trigger form = (Form_pg_trigger) GETSTRUCT(tuple);

	trigger->constraint = form->tgconstraint;
	trigger->oid = form->oid;
	trigger->tid = tuple->t_self;
	trigger->relid = form->tgrelid;
	trigger->constrrelid = form->tgconstrrelid;
	trigger->parentid = form->tgparentid;
	trigger->func = form->tgfoid;
	trigger->slot = slot_of(form);
	trigger->enabled = form->tgenabled;
	trigger->deferrable = form->tgdeferrable;
	trigger->deferred = form->tginitdeferred;
}

/* The slot that a trigger belongs in, TRIGGER_NSLOTS if in none. */
static TriggerSlot
slot_of(Form_pg_trigger form)
{
	switch (RI_FKey_trigger_type(form->tgfoid))
	{
		case RI_TRIGGER_PK:
			if (TRIGGER_FOR_DELETE(form->tgtype))
				return TRIGGER_ON_DELETE;
			if (TRIGGER_FOR_UPDATE(form->tgtype))
				return TRIGGER_ON_UPDATE;
			break;
		case RI_TRIGGER_FK:
			if (TRIGGER_FOR_INSERT(form->tgtype))
				return TRIGGER_CHECK_INSERT;
			if (TRIGGER_FOR_UPDATE(form->tgtype))
				return TRIGGER_CHECK_UPDATE;
			break;
		default:
			break;
	}
	return TRIGGER_NSLOTS;
}
