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

#include "miscadmin.h"
#include "utils/snapmgr.h"

#include "shape.h"

static ShapeNode *read_node(Reader *reader, Shape *shape, const ForeignKey *fk,
							ShapeNode *parent);
static void read_triggers(Reader *reader, ShapeNode *node);
static void place_trigger(ShapeNode *node, KeyTrigger *trigger);

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
		fkfix_trigger_read_all(reader);
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
	if (fkfix_trigger_is_action(slot))
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
	int			found = 0;

	for (int i = 0; i < count; i++)
	{
		const ColumnFacts *column = fkfix_catalog_column(reader, from->conrelid, columns[i], true);
		AttrNumber	attnum = column == NULL ? InvalidAttrNumber :
			to_relid == from->conrelid ? columns[i] :
			fkfix_catalog_column_number(reader, to_relid, column->name);

		if (attnum != InvalidAttrNumber)
			mapped[found++] = attnum;
	}
	return found;
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
	ListCell   *lc;

	foreach(lc, fkfix_trigger_list(reader, node->fk))
		place_trigger(node, lfirst(lc));
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
