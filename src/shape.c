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
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "utils/fmgroids.h"

#include "shape.h"

static void read_node(Reader *reader, Shape *shape, ForeignKey *fk,
					  ShapeNode *parent);
static void read_triggers(ShapeNode *node);
static KeyTrigger *form_trigger(Form_pg_trigger form);
static TriggerSlot slot_of(Form_pg_trigger form);

/*
 * Reads a root key with its descendants and triggers.  Returns it in the
 * current memory context, or NULL if there is no such foreign key.  The reader
 * must see the present; what keeps it from changing is the caller's locks.
 */
Shape *
fkfix_shape_read(Reader *reader, Oid root)
{
	Shape	   *shape = palloc0(sizeof(Shape));
	ForeignKey *fk = fkfix_key_get(reader, root);

	if (fk == NULL)
		return NULL;
	read_node(reader, shape, fk, NULL);
	shape->root = linitial(shape->nodes);
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
	TableFacts *to = fkfix_catalog_table(reader, to_relid);
	int			found = 0;

	for (int i = 0; i < count; i++)
	{
		ColumnFacts *column = fkfix_catalog_column(reader, from->conrelid, columns[i]);

		for (AttrNumber attnum = 1; to != NULL && column != NULL && attnum <= to->ncolumns; attnum++)
		{
			ColumnFacts *candidate = fkfix_catalog_column(reader, to_relid, attnum);

			if (candidate != NULL &&
				strcmp(NameStr(candidate->name), NameStr(column->name)) == 0)
				mapped[found++] = attnum;
		}
	}
	return found;
}

/* Reads a key and, through conparentid, what descends from it. */
static void
read_node(Reader *reader, Shape *shape, ForeignKey *fk, ShapeNode *parent)
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
	read_triggers(node);
	shape->nodes = lappend(shape->nodes, node);

	foreach(lc, fkfix_key_children(reader, fk->oid))
	{
		ForeignKey *child = fkfix_key_get(reader, lfirst_oid(lc));

		if (child != NULL)
			read_node(reader, shape, child, node);
	}
}

/* Reads the triggers of one row of pg_constraint, each into its slot. */
static void
read_triggers(ShapeNode *node)
{
	Relation	rel = table_open(TriggerRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&key, Anum_pg_trigger_tgconstraint, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(node->fk->oid));
	scan = systable_beginscan(rel, TriggerConstraintIndexId, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_trigger form = (Form_pg_trigger) GETSTRUCT(tuple);
		TriggerSlot slot = slot_of(form);

		if (slot < TRIGGER_NSLOTS && node->triggers[slot] == NULL &&
			fkfix_shape_has_triggers(node, slot))
			node->triggers[slot] = form_trigger(form);
		else
			node->surplus = lappend(node->surplus, form_trigger(form));
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
}

static KeyTrigger *
form_trigger(Form_pg_trigger form)
{
	KeyTrigger *trigger = palloc(sizeof(KeyTrigger));

	trigger->oid = form->oid;
	trigger->relid = form->tgrelid;
	trigger->constrrelid = form->tgconstrrelid;
	trigger->parentid = form->tgparentid;
	trigger->func = form->tgfoid;
	trigger->enabled = form->tgenabled;
	trigger->deferrable = form->tgdeferrable;
	trigger->deferred = form->tginitdeferred;
	return trigger;
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
