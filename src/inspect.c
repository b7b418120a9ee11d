/*-------------------------------------------------------------------------
 *
 * inspect.c
 *		Is a foreign key whole?
 *
 * Several releases of PostgreSQL have left keys behind that lack descendants or
 * triggers, and nothing in psql shows it.  So what a key has is compared here
 * with what ADD CONSTRAINT would have made, and a rebuild begins only with a key
 * that is whole.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "commands/trigger.h"
#include "lib/stringinfo.h"
#include "nodes/parsenodes.h"

#include "inspect.h"

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

static List *inspect_rootless(Reader *reader, const ForeignKey *fk);
static bool is_surely_whole(Reader *reader, const ForeignKey *fk);
static bool is_plain_table(Reader *reader, Oid relid, bool with_triggers);
static bool has_columns(Reader *reader, Oid relid, const AttrNumber *attnums,
						int count);
static bool row_is_legal(const ForeignKey *fk);
static bool actions_are_known(const ForeignKey *fk);
static void inspect_row(Inspection *inspection, const ShapeNode *node);
static void inspect_table(Inspection *inspection, const ShapeNode *node,
						  Oid relid, TriggerSlot slot);
static void inspect_column_list(Inspection *inspection, const ShapeNode *node);
static void inspect_slot(Inspection *inspection, const ShapeNode *node,
						 TriggerSlot slot);
static void inspect_trigger(Inspection *inspection, const ShapeNode *node,
							TriggerSlot slot, const KeyTrigger *trigger);
static void inspect_partitions(Inspection *inspection, const ShapeNode *node,
							   ShapeSide side);
static List *missing_from(List *all, List *some);
static Oid	partition_of(const ShapeNode *node);
static char *name_of(const Inspection *inspection, Oid relid);
static Fault *add_fault(Inspection *inspection, FaultKind kind, Oid relid,
						const char *problem, const char *format,...)
			pg_attribute_printf(5, 6);

/*
 * Returns everything that is wrong with a key: a new list of Fault, NIL if it is
 * what a fresh ADD CONSTRAINT would have made.  It is a root, or one that
 * partitioning seems to have derived from a key that is not there; of such a one
 * that is the only fault named, as there is nothing to compare it with.
 */
List *
fkfix_inspect_key(Reader *reader, const ForeignKey *fk)
{
	if (OidIsValid(fk->conparentid))
		return inspect_rootless(reader, fk);
	if (is_surely_whole(reader, fk))
		return NIL;
	return fkfix_inspect_shape(reader, fkfix_shape_read(reader, fk));
}

/*
 * The same of a key whose shape has been read.
 */
List *
fkfix_inspect_shape(Reader *reader, const Shape *shape)
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
					  name_of(&inspection, trigger->relid), trigger->oid);
		}
		if (node->side != SIDE_REFERENCING)
			inspect_partitions(&inspection, node, SIDE_REFERENCED);
		if (node->side != SIDE_REFERENCED)
			inspect_partitions(&inspection, node, SIDE_REFERENCING);
	}
	return inspection.faults;
}

/*
 * Returns the first of a key's faults that keeps it from doing what it says, NULL
 * if there is none.  Disabled triggers are somebody's decision, a column list that
 * is not mapped is what a rebuild cures, and what the row refers to does not
 * matter to what the triggers do.
 */
Fault *
fkfix_inspect_damage(List *faults)
{
	ListCell   *lc;

	foreach(lc, faults)
	{
		Fault	   *fault = lfirst(lc);

		if (fault->kind == FAULT_DAMAGE || fault->kind == FAULT_DEFERRABILITY)
			return fault;
	}
	return NULL;
}

static List *
inspect_rootless(Reader *reader, const ForeignKey *fk)
{
	Inspection	inspection = {reader, NULL, NIL};

	add_fault(&inspection, FAULT_DAMAGE, fk->conrelid, "missing root",
			  fkfix_key_get(reader, fk->conparentid, true) == NULL ?
			  "The key derives from one with OID %u, which does not exist." :
			  "The key derives from one with OID %u, and that in the end from no key of its own.",
			  fk->conparentid);
	return inspection.faults;
}

/*
 * Can it be told without the key's shape that it is whole?  It can of most keys
 * where all have been read: partitioning has no part in them, they have no column
 * list, and their triggers have been seen.  Whatever fkfix_inspect_shape can find
 * wrong with a root must be ruled out here.
 */
static bool
is_surely_whole(Reader *reader, const ForeignKey *fk)
{
	return fkfix_trigger_all_plain(reader, fk) && row_is_legal(fk) && fk->ndelset == 0 &&
		is_plain_table(reader, fk->conrelid, fk->enforced) &&
		is_plain_table(reader, fk->confrelid, fk->enforced) &&
		has_columns(reader, fk->conrelid, fk->conkey, fk->nkeys) &&
		has_columns(reader, fk->confrelid, fk->confkey, fk->nkeys);
}

/* Is it a table without partitions, with triggers if there must be some? */
static bool
is_plain_table(Reader *reader, Oid relid, bool with_triggers)
{
	const TableFacts *table = fkfix_catalog_table(reader, relid, true);

	return table != NULL && table->kind == RELKIND_RELATION &&
		(table->has_triggers || !with_triggers);
}

/*
 * Can a table have columns of these numbers?  Whether one was dropped is not asked
 * here: that would be to read the columns of every key.
 */
static bool
has_columns(Reader *reader, Oid relid, const AttrNumber *attnums, int count)
{
	const TableFacts *table = fkfix_catalog_table(reader, relid, true);

	for (int i = 0; i < count; i++)
	{
		if (table != NULL && (attnums[i] < 1 || attnums[i] > table->ncolumns))
			return false;
	}
	return true;
}

/* Has the row columns, and actions and a MATCH type that PostgreSQL knows? */
static bool
row_is_legal(const ForeignKey *fk)
{
	return !fk->malformed && actions_are_known(fk) &&
		(fk->match == FKCONSTR_MATCH_SIMPLE || fk->match == FKCONSTR_MATCH_FULL);
}

static bool
actions_are_known(const ForeignKey *fk)
{
	return fkfix_action_kind(fk->on_delete)->code == fk->on_delete &&
		fkfix_action_kind(fk->on_update)->code == fk->on_update;
}

/* Does a row say the same as the root's? */
static void
inspect_row(Inspection *inspection, const ShapeNode *node)
{
	const ForeignKey *root = inspection->shape->root->fk;
	const ForeignKey *fk = node->fk;

	if (fk->on_delete != root->on_delete || fk->on_update != root->on_update ||
		fk->match != root->match || fk->enforced != root->enforced)
		add_fault(inspection, FAULT_DAMAGE, partition_of(node), "partition differs",
				  "The key's row for partition %s has other actions, MATCH type or enforcement than the key.",
				  name_of(inspection, partition_of(node)));
	if (fk->deferrable != root->deferrable || fk->deferred != root->deferred)
		add_fault(inspection, FAULT_DEFERRABILITY, partition_of(node), "partition differs",
				  "The key's row for partition %s has another deferrability than the key.",
				  name_of(inspection, partition_of(node)));
	if (!actions_are_known(fk))
		add_fault(inspection, FAULT_DAMAGE, partition_of(node), "unknown action",
				  "The key's row has an action that PostgreSQL does not know.");
	else if (!row_is_legal(fk))
		add_fault(inspection, FAULT_DAMAGE, partition_of(node), "malformed row",
				  "The key's row has no columns, as many on one side as on the other, or no MATCH type that PostgreSQL knows.");
	inspect_table(inspection, node, fk->conrelid, TRIGGER_CHECK_INSERT);
	inspect_table(inspection, node, fk->confrelid, TRIGGER_ON_DELETE);
	if (!has_columns(inspection->reader, fk->conrelid, fk->conkey, fk->nkeys) ||
		!has_columns(inspection->reader, fk->confrelid, fk->confkey, fk->nkeys))
		add_fault(inspection, FAULT_DAMAGE, partition_of(node), "missing column",
				  "The key's row names a column that its table does not have.");
	inspect_column_list(inspection, node);
}

/* Is one of the row's tables there, and does the server look for its triggers? */
static void
inspect_table(Inspection *inspection, const ShapeNode *node, Oid relid,
			  TriggerSlot slot)
{
	const TableFacts *table = fkfix_catalog_table(inspection->reader, relid, true);

	if (table == NULL)
		add_fault(inspection, FAULT_DAMAGE, relid, "missing table",
				  "The %s table, with OID %u, does not exist.",
				  fkfix_trigger_is_action(slot) ? "referenced" : "referencing", relid);
	else if (table->kind != RELKIND_RELATION && table->kind != RELKIND_PARTITIONED_TABLE)
		add_fault(inspection, FAULT_DAMAGE, relid, "no table",
				  "%s is no table that can have foreign keys.",
				  name_of(inspection, relid));
	else if (!table->has_triggers && fkfix_shape_has_triggers(node, slot))
		add_fault(inspection, FAULT_DAMAGE, relid, "triggers ignored",
				  "The row of table %s in pg_class says that it has no triggers, so the key is not enforced there.",
				  name_of(inspection, relid));
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

	if (fkfix_key_same_columns(fk->delset, fk->ndelset, mapped, count))
		return;
	add_fault(inspection, FAULT_COLUMN_LIST, partition_of(node), "unmapped column list",
			  "The column list of the ON DELETE action names other columns in table %s than in the key; once the partition is detached, a DELETE sets the wrong columns.",
			  name_of(inspection, fk->conrelid));
}

/* Is there a trigger where one must be, and is it right? */
static void
inspect_slot(Inspection *inspection, const ShapeNode *node, TriggerSlot slot)
{
	bool		action = fkfix_trigger_is_action(slot);
	Oid			relid = action ? node->fk->confrelid : node->fk->conrelid;

	if (node->triggers[slot] != NULL)
		inspect_trigger(inspection, node, slot, node->triggers[slot]);
	else if (fkfix_shape_has_triggers(node, slot))
		add_fault(inspection, FAULT_DAMAGE, relid, "missing trigger",
				  "The %s trigger on table %s is missing, so the key %s there.",
				  slot_names[slot], name_of(inspection, relid),
				  action ? "does nothing" : "checks nothing");
}

/*
 * Does a trigger do what pg_constraint says, where and when it says?  The same is
 * asked in trigger.c, when all triggers are read.
 */
static void
inspect_trigger(Inspection *inspection, const ShapeNode *node, TriggerSlot slot,
				const KeyTrigger *trigger)
{
	KeyTrigger	expected;
	Oid			parent = node->parent == NULL || node->parent->triggers[slot] == NULL ?
		InvalidOid : node->parent->triggers[slot]->oid;

	fkfix_trigger_expect(node->fk, slot, &expected);
	if (trigger->relid != expected.relid)
		add_fault(inspection, FAULT_DAMAGE, trigger->relid, "misplaced trigger",
				  "The %s trigger of the key is on table %s instead of %s.",
				  slot_names[slot], name_of(inspection, trigger->relid),
				  name_of(inspection, expected.relid));
	if (trigger->constrrelid != expected.constrrelid)
		add_fault(inspection, FAULT_DAMAGE, trigger->relid, "misplaced trigger",
				  "The %s trigger on table %s has table %s for the other one of the key, instead of %s.",
				  slot_names[slot], name_of(inspection, trigger->relid),
				  name_of(inspection, trigger->constrrelid),
				  name_of(inspection, expected.constrrelid));
	if (trigger->func != expected.func && !fkfix_trigger_is_action(slot))
		add_fault(inspection, FAULT_DAMAGE, trigger->relid, "wrong trigger function",
				  "The %s trigger on table %s calls the function of another event.",
				  slot_names[slot], name_of(inspection, trigger->relid));
	else if (trigger->func != expected.func)
		add_fault(inspection, FAULT_DAMAGE, trigger->relid, "wrong trigger function",
				  "The %s trigger on table %s calls another function than %s does, which is what the key says.",
				  slot_names[slot], name_of(inspection, trigger->relid),
				  fkfix_trigger_action(node->fk, slot)->name);
	if (trigger->deferrable != expected.deferrable || trigger->deferred != expected.deferred)
		add_fault(inspection, FAULT_DEFERRABILITY, trigger->relid, "wrong deferrability",
				  "The %s trigger on table %s is %s, unlike what the key says.",
				  slot_names[slot], name_of(inspection, trigger->relid),
				  trigger->deferred ? "INITIALLY DEFERRED" :
				  trigger->deferrable ? "DEFERRABLE" : "NOT DEFERRABLE");
	if (trigger->parentid != parent)
		add_fault(inspection, FAULT_DAMAGE, trigger->relid, "wrong parent trigger",
				  "The %s trigger on table %s does not descend from that of the table one level up.",
				  slot_names[slot], name_of(inspection, trigger->relid));
	if (trigger->enabled == TRIGGER_DISABLED)
	{
		Fault	   *fault = add_fault(inspection, FAULT_DISABLED, trigger->relid, "disabled trigger",
									  "The %s trigger on table %s is disabled, so the key is not enforced there.",
									  slot_names[slot], name_of(inspection, trigger->relid));

		fault->trigger = trigger->oid;
	}
}

/*
 * Does each partition of one of a row's tables have its own row?  There may be
 * thousands, so the lists are compared in order.
 */
static void
inspect_partitions(Inspection *inspection, const ShapeNode *node, ShapeSide side)
{
	Oid			relid = side == SIDE_REFERENCED ? node->fk->confrelid : node->fk->conrelid;
	const TableFacts *table = fkfix_catalog_table(inspection->reader, relid, true);
	List	   *covered = NIL;
	ListCell   *lc;

	foreach(lc, node->children)
	{
		const ShapeNode *child = lfirst(lc);

		if (child->side == side)
			covered = lappend_oid(covered, partition_of(child));
	}
	if (covered == NIL &&
		(table == NULL || table->kind != RELKIND_PARTITIONED_TABLE))
		return;

	foreach(lc, missing_from(covered, fkfix_catalog_partitions(inspection->reader, relid, false)))
		add_fault(inspection, FAULT_DAMAGE, lfirst_oid(lc), "missing partition",
				  "Partition %s was left out of the key.",
				  name_of(inspection, lfirst_oid(lc)));
	foreach(lc, missing_from(fkfix_catalog_partitions(inspection->reader, relid, true), covered))
		add_fault(inspection, FAULT_DAMAGE, lfirst_oid(lc), "surplus partition",
				  "The key has a row for table %s, which is not a partition of %s.",
				  name_of(inspection, lfirst_oid(lc)), name_of(inspection, relid));
}

/* Returns the OIDs that "all" lacks and "some" has, sorted; sorts both lists. */
static List *
missing_from(List *all, List *some)
{
	List	   *missing = NIL;
	int			at = 0;
	ListCell   *lc;

	list_sort(all, list_oid_cmp);
	list_sort(some, list_oid_cmp);
	foreach(lc, some)
	{
		while (at < list_length(all) && list_nth_oid(all, at) < lfirst_oid(lc))
			at++;
		if (at == list_length(all) || list_nth_oid(all, at) != lfirst_oid(lc))
			missing = lappend_oid(missing, lfirst_oid(lc));
	}
	return missing;
}

/* The partition that a row stands for; the referencing table for the root. */
static Oid
partition_of(const ShapeNode *node)
{
	return node->side == SIDE_REFERENCED ? node->fk->confrelid : node->fk->conrelid;
}

static char *
name_of(const Inspection *inspection, Oid relid)
{
	return fkfix_catalog_table_name(inspection->reader, relid);
}

static Fault *
add_fault(Inspection *inspection, FaultKind kind, Oid relid, const char *problem,
		  const char *format,...)
{
	Fault	   *fault = palloc0(sizeof(Fault));
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
	return fault;
}
