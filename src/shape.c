/*-------------------------------------------------------------------------
 *
 * shape.c
 *		A foreign key with everything that hangs on it: descendants, triggers,
 *		and whether they are what they must be.
 *
 * Partitioning derives further rows of pg_constraint from a foreign key: one
 * for each partition of the referenced table and one for each partition of the
 * referencing table, at every level, never one for a pair of them.  A row
 * carries two action triggers if it is the root or stands for a referenced
 * partition, and two check triggers if it is the root or stands for a
 * referencing one; none at all if the key is NOT ENFORCED.  See
 * addFkRecurseReferenced and addFkRecurseReferencing.
 *
 * Several releases of PostgreSQL have left keys behind that lack some of this,
 * and nothing in psql shows it.  So what is read here is also compared with
 * what must be there, and a rebuild begins only with a key that is whole.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "storage/lockdefs.h"
#include "utils/fmgroids.h"

#include "compat.h"
#include "shape.h"

/* What is being compared, and what was found. */
typedef struct Inspection
{
	Reader	   *reader;
	const Shape *shape;
	List	   *faults;
} Inspection;

static const char *const slot_names[TRIGGER_NSLOTS] = {
	"ON DELETE action", "ON UPDATE action", "INSERT check", "UPDATE check"
};

static void read_node(Reader *reader, Shape *shape, ForeignKey *fk,
					  ShapeNode *parent);
static void read_triggers(ShapeNode *node);
static KeyTrigger *form_trigger(Form_pg_trigger form);
static TriggerSlot slot_of(Form_pg_trigger form);
static void inspect_row(Inspection *inspection, const ShapeNode *node);
static void inspect_column_list(Inspection *inspection, const ShapeNode *node);
static void inspect_slot(Inspection *inspection, const ShapeNode *node,
						 TriggerSlot slot);
static void inspect_trigger(Inspection *inspection, const ShapeNode *node,
							TriggerSlot slot, const KeyTrigger *trigger);
static void inspect_partitions(Inspection *inspection, const ShapeNode *node,
							   ShapeSide side);
static const ShapeNode *find_child(const Shape *shape, const ShapeNode *parent,
								   ShapeSide side, Oid partition);
static Oid	partition_of(const ShapeNode *node);
static const ActionKind *action_of_slot(const ForeignKey *fk, TriggerSlot slot);
static void add_fault(Inspection *inspection, FaultKind kind, Oid relid,
					  const char *problem, const char *format,...) pg_attribute_printf(5, 6);

/*
 * Reads a root key with its descendants and triggers.  Returns it in the
 * current memory context, or NULL if there is no such foreign key.  The reader
 * must see the present; what keeps it from changing is the caller's locks.
 */
Shape *
fkfix_shape_read(Reader *reader, Oid root)
{
	Shape	   *shape = palloc0(sizeof(Shape));
	ForeignKey *fk = fkfix_catalog_get(reader, root);

	if (fk == NULL)
		return NULL;
	read_node(reader, shape, fk, NULL);
	shape->root = linitial(shape->nodes);
	return shape;
}

/*
 * Returns everything that is wrong with a shape: a new list of Fault, NIL if
 * it is what a fresh ADD CONSTRAINT would have made.
 */
List *
fkfix_shape_faults(Reader *reader, const Shape *shape)
{
	Inspection	inspection = {reader, shape, NIL};
	ListCell   *lc;

	foreach(lc, shape->nodes)
	{
		ShapeNode  *node = lfirst(lc);
		ListCell   *surplus;

		inspect_row(&inspection, node);
		for (int slot = 0; slot < TRIGGER_NSLOTS; slot++)
			inspect_slot(&inspection, node, slot);
		foreach(surplus, node->surplus)
		{
			KeyTrigger *trigger = lfirst(surplus);

			add_fault(&inspection, FAULT_DAMAGE, trigger->relid, "surplus trigger",
					  "Table %s has a trigger of the key, with OID %u, that it must not have.",
					  fkfix_catalog_table_name(reader, trigger->relid), trigger->oid);
		}
		if (node->side != SIDE_REFERENCING)
			inspect_partitions(&inspection, node, SIDE_REFERENCED);
		if (node->side != SIDE_REFERENCED)
			inspect_partitions(&inspection, node, SIDE_REFERENCING);
	}
	return inspection.faults;
}

/*
 * Returns the first fault that keeps the key from doing what it says, NULL if
 * there is none.  Disabled triggers are somebody's decision, and a column list
 * that is not mapped is what a rebuild cures.
 */
Fault *
fkfix_shape_damage(Reader *reader, const Shape *shape)
{
	ListCell   *lc;

	foreach(lc, fkfix_shape_faults(reader, shape))
	{
		Fault	   *fault = lfirst(lc);

		if (fault->kind == FAULT_DAMAGE || fault->kind == FAULT_DEFERRABILITY)
			return fault;
	}
	return NULL;
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

	foreach(lc, fkfix_catalog_children(reader, fk->oid))
	{
		ForeignKey *child = fkfix_catalog_get(reader, lfirst_oid(lc));

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

/* Does a row say the same as the root's? */
static void
inspect_row(Inspection *inspection, const ShapeNode *node)
{
	const ForeignKey *root = inspection->shape->root->fk;
	const ForeignKey *fk = node->fk;
	char	   *table = fkfix_catalog_table_name(inspection->reader, partition_of(node));

	if (fk->on_delete != root->on_delete || fk->on_update != root->on_update ||
		fk->match != root->match || fk->enforced != root->enforced)
		add_fault(inspection, FAULT_DAMAGE, partition_of(node), "partition differs",
				  "The key's row for partition %s has other actions, MATCH type or enforcement than the key.",
				  table);
	if (fk->deferrable != root->deferrable || fk->deferred != root->deferred)
		add_fault(inspection, FAULT_DEFERRABILITY, partition_of(node), "partition differs",
				  "The key's row for partition %s has another deferrability than the key.",
				  table);
	if (fkfix_action_kind(fk->on_delete)->code != fk->on_delete ||
		fkfix_action_kind(fk->on_update)->code != fk->on_update)
		add_fault(inspection, FAULT_DAMAGE, partition_of(node), "unknown action",
				  "The key's row has an action that PostgreSQL does not know.");
	inspect_column_list(inspection, node);
}

/* Does the column list name the columns that the root's names? */
static void
inspect_column_list(Inspection *inspection, const ShapeNode *node)
{
	const ForeignKey *root = inspection->shape->root->fk;
	const ForeignKey *fk = node->fk;
	AttrNumber	mapped[INDEX_MAX_KEYS];
	int			count = fkfix_shape_map_columns(inspection->reader, root, root->delset,
												root->ndelset, fk->conrelid, mapped);

	if (fkfix_catalog_same_columns(fk->delset, fk->ndelset, mapped, count))
		return;
	add_fault(inspection, FAULT_COLUMN_LIST, partition_of(node), "unmapped column list",
			  "The column list of the ON DELETE action names other columns in table %s than in the key; once the partition is detached, a DELETE sets the wrong columns.",
			  fkfix_catalog_table_name(inspection->reader, fk->conrelid));
}

/* Is there a trigger where one must be, and is it right? */
static void
inspect_slot(Inspection *inspection, const ShapeNode *node, TriggerSlot slot)
{
	bool		action = slot == TRIGGER_ON_DELETE || slot == TRIGGER_ON_UPDATE;
	Oid			relid = action ? node->fk->confrelid : node->fk->conrelid;

	if (node->triggers[slot] != NULL)
		inspect_trigger(inspection, node, slot, node->triggers[slot]);
	else if (fkfix_shape_has_triggers(node, slot))
		add_fault(inspection, FAULT_DAMAGE, relid, "missing trigger",
				  "The %s trigger on table %s is missing, so the key %s there.",
				  slot_names[slot], fkfix_catalog_table_name(inspection->reader, relid),
				  action ? "does nothing" : "checks nothing");
}

/* Does a trigger do what pg_constraint says, where and when it says? */
static void
inspect_trigger(Inspection *inspection, const ShapeNode *node, TriggerSlot slot,
				const KeyTrigger *trigger)
{
	const ForeignKey *fk = node->fk;
	const ActionKind *kind = action_of_slot(fk, slot);
	bool		action = slot == TRIGGER_ON_DELETE || slot == TRIGGER_ON_UPDATE;
	bool		follows = !action || (kind != NULL && kind->deferrable);
	Oid			relid = action ? fk->confrelid : fk->conrelid;
	Oid			parent = node->parent == NULL || node->parent->triggers[slot] == NULL ?
	InvalidOid : node->parent->triggers[slot]->oid;
	char	   *table = fkfix_catalog_table_name(inspection->reader, trigger->relid);

	if (trigger->relid != relid ||
		trigger->constrrelid != (action ? fk->conrelid : fk->confrelid))
		add_fault(inspection, FAULT_DAMAGE, trigger->relid, "misplaced trigger",
				  "The %s trigger of the key is on table %s instead of %s, or leads to the wrong table.",
				  slot_names[slot], table,
				  fkfix_catalog_table_name(inspection->reader, relid));
	if (kind != NULL && trigger->func !=
		(slot == TRIGGER_ON_DELETE ? kind->delete_func : kind->update_func))
		add_fault(inspection, FAULT_DAMAGE, trigger->relid, "wrong trigger function",
				  "The %s trigger on table %s calls another function than %s does, which is what the key says.",
				  slot_names[slot], table, kind->name);
	if (trigger->deferrable != (follows && fk->deferrable) ||
		trigger->deferred != (follows && fk->deferred))
		add_fault(inspection, FAULT_DEFERRABILITY, trigger->relid, "wrong deferrability",
				  "The %s trigger on table %s is %s, unlike what the key says.",
				  slot_names[slot], table,
				  trigger->deferred ? "INITIALLY DEFERRED" :
				  trigger->deferrable ? "DEFERRABLE" : "NOT DEFERRABLE");
	if (trigger->parentid != parent)
		add_fault(inspection, FAULT_DAMAGE, trigger->relid, "wrong parent trigger",
				  "The %s trigger on table %s does not descend from that of the table one level up.",
				  slot_names[slot], table);
	if (trigger->enabled != TRIGGER_FIRES_ON_ORIGIN)
		add_fault(inspection, FAULT_DISABLED, trigger->relid,
				  trigger->enabled == TRIGGER_DISABLED ? "disabled trigger" : "trigger enabled otherwise",
				  "The %s trigger on table %s %s.", slot_names[slot], table,
				  trigger->enabled == TRIGGER_DISABLED ? "is disabled, so the key is not enforced there" :
				  trigger->enabled == TRIGGER_FIRES_ALWAYS ? "fires in replication too (ENABLE ALWAYS)" :
				  "fires in replication only (ENABLE REPLICA)");
}

/* Does each partition of one of a row's tables have its own row? */
static void
inspect_partitions(Inspection *inspection, const ShapeNode *node, ShapeSide side)
{
	Oid			relid = side == SIDE_REFERENCED ? node->fk->confrelid : node->fk->conrelid;
	TableFacts *table = fkfix_catalog_table(inspection->reader, relid);
	List	   *partitions = NIL;
	ListCell   *lc;

	if (table != NULL && table->kind == RELKIND_PARTITIONED_TABLE)
		partitions = find_inheritance_children(relid, NoLock);
	foreach(lc, partitions)
	{
		if (find_child(inspection->shape, node, side, lfirst_oid(lc)) == NULL)
			add_fault(inspection, FAULT_DAMAGE, lfirst_oid(lc), "missing partition",
					  "Partition %s was left out of the key.",
					  fkfix_catalog_table_name(inspection->reader, lfirst_oid(lc)));
	}
	foreach(lc, inspection->shape->nodes)
	{
		ShapeNode  *child = lfirst(lc);

		if (child->parent == node && child->side == side &&
			!list_member_oid(partitions, partition_of(child)))
			add_fault(inspection, FAULT_DAMAGE, partition_of(child), "surplus partition",
					  "The key has a row for table %s, which is not a partition of %s.",
					  fkfix_catalog_table_name(inspection->reader, partition_of(child)),
					  fkfix_catalog_table_name(inspection->reader, relid));
	}
}

static const ShapeNode *
find_child(const Shape *shape, const ShapeNode *parent, ShapeSide side,
		   Oid partition)
{
	ListCell   *lc;

	foreach(lc, shape->nodes)
	{
		ShapeNode  *node = lfirst(lc);

		if (node->parent == parent && node->side == side &&
			partition_of(node) == partition)
			return node;
	}
	return NULL;
}

/* The partition that a row stands for; the referencing table for the root. */
static Oid
partition_of(const ShapeNode *node)
{
	return node->side == SIDE_REFERENCED ? node->fk->confrelid : node->fk->conrelid;
}

static const ActionKind *
action_of_slot(const ForeignKey *fk, TriggerSlot slot)
{
	if (slot == TRIGGER_ON_DELETE)
		return fkfix_action_kind(fk->on_delete);
	if (slot == TRIGGER_ON_UPDATE)
		return fkfix_action_kind(fk->on_update);
	return NULL;
}

static void
add_fault(Inspection *inspection, FaultKind kind, Oid relid, const char *problem,
		  const char *format,...)
{
	Fault	   *fault = palloc(sizeof(Fault));
	StringInfoData buf;

	initStringInfo(&buf);
	for (;;)
	{
		va_list		args;
		int			needed;

		va_start(args, format);
		needed = appendStringInfoVA(&buf, format, args);
		va_end(args);
		if (needed == 0)
			break;
		enlargeStringInfo(&buf, needed);
	}
	fault->kind = kind;
	fault->relid = relid;
	fault->problem = pstrdup(problem);
	fault->detail = buf.data;
	inspection->faults = lappend(inspection->faults, fault);
}
