/*-------------------------------------------------------------------------
 *
 * rebuild.c
 *		The operating theatre: the only code that writes a system catalog.
 *
 * What a foreign key does is said in three fields of its row in pg_constraint,
 * and done by the functions that its action triggers call.  To change it, both
 * are changed here for the key and for everything partitioning derived from it,
 * in one go; what the key guarantees about existing rows does not depend on
 * the action, so no table is read.
 *
 * This room promises that the catalogs it leaves behind are those that ADD
 * CONSTRAINT with the new actions would have made, and that it leaves them
 * alone altogether unless they were whole to begin with.  Who may ask for a
 * change, and which locks it needs, is settled before anyone enters.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/rel.h"

#include "check.h"
#include "compat.h"
#include "ddl.h"
#include "rebuild.h"
#include "inspect.h"
#include "shape.h"

/* The catalogs, open from the first key on, and what was done to them. */
struct Theatre
{
	Relation	pg_constraint;	/* NULL before that */
	Relation	pg_trigger;
	CatalogIndexState constraint_indexes;
	CatalogIndexState trigger_indexes;
	List	   *entries;		/* for the history */
	MemoryContext context;		/* where all of this lives */
};

/* A key that is being rebuilt. */
typedef struct Operation
{
	Theatre    *theatre;
	Reader	   *reader;
	Shape	   *shape;
	const Action *on_delete;	/* what it shall do; never NULL */
	const Action *on_update;
	AttrNumber	delset[INDEX_MAX_KEYS]; /* the root's new column list */
	int			ndelset;
	bool		changed;
} Operation;

static void refuse_illegal(Reader *reader, const ForeignKey *fk,
						   const Action *on_delete, const Action *on_update);
static void refuse_damaged(Operation *operation);
static void open_catalogs(Theatre *theatre);
static void change_catalogs(Operation *operation);
static void change_constraint(Operation *operation, const ShapeNode *node);
static void change_trigger(Operation *operation, const ShapeNode *node,
						   TriggerSlot slot);
static HeapTuple fetch_row(Relation catalog, Oid index, AttrNumber column,
						   Oid oid);
static ArrayType *make_column_list(const AttrNumber *columns, int count);
static void invalidate_tables(const Shape *shape);
static void describe_change(Operation *operation, Change *change);
static void note_change(Theatre *theatre, const Change *change,
						const Occasion *occasion);
static void log_change(const Change *change);

/*
 * Gives a root key new actions; NULL leaves one as it is.  Returns false, and
 * does nothing, if the key and all that descends from it have them already.
 * Fills "change" with what was done, or would have been, in words.
 *
 * The caller holds SHARE ROW EXCLUSIVE on every table of both partition trees,
 * or is inside the statement that made the key; and has read the key since
 * then, with this reader.  Raises an error, before anything is changed, for
 * what ADD CONSTRAINT would refuse, for a descendant, and for a key whose
 * catalog rows are damaged.
 *
 * Invalidates the relcache entries of all these tables, increments the command
 * counter, writes history and the server's log.
 */
bool
fkfix_rebuild_key(Reader *reader, const ForeignKey *fk,
				  const Action *on_delete, const Action *on_update,
				  const Occasion *occasion, Change *change)
{
	Theatre    *theatre = fkfix_rebuild_begin();
	bool		changed = fkfix_rebuild_next(theatre, reader, fk, on_delete, on_update,
											 occasion, change);

	fkfix_rebuild_end(theatre);
	return changed;
}

/*
 * Returns a theatre, in the current memory context, where any number of keys can
 * be rebuilt; what the history will tell of them is kept there, too.
 */
Theatre *
fkfix_rebuild_begin(void)
{
	Theatre    *theatre = palloc0(sizeof(Theatre));

	theatre->context = CurrentMemoryContext;
	return theatre;
}

/*
 * As fkfix_rebuild_key, but leaves history and the server's log to
 * fkfix_rebuild_end, until when the words of the occasion must last; those of the
 * change live as long as the theatre.  Takes ROW EXCLUSIVE on pg_constraint and
 * pg_trigger before it reads what it is about to change, and leaves both locked to
 * the end of the transaction: VACUUM FULL must move no row in between, nor before
 * it is known whether the change stays.
 */
bool
fkfix_rebuild_next(Theatre *theatre, Reader *reader, const ForeignKey *fk,
				   const Action *on_delete, const Action *on_update,
				   const Occasion *occasion, Change *change)
{
	Operation	operation = {.theatre = theatre,.reader = reader};
	MemoryContext visit;
	ListCell   *lc;

	fkfix_rebuild_refuse_descendant(reader, fk);
	visit = MemoryContextSwitchTo(theatre->context);
	open_catalogs(theatre);
	MemoryContextSwitchTo(visit);
	operation.shape = fkfix_shape_read(reader, fk);
	refuse_illegal(reader, fk, on_delete, on_update);

	operation.on_delete = on_delete ? on_delete : fkfix_key_delete_action(reader, fk);
	operation.on_update = on_update ? on_update : fkfix_key_update_action(fk);
	refuse_damaged(&operation);
	foreach(lc, operation.on_delete->columns)
		operation.delset[operation.ndelset++] =
		fkfix_check_key_column(reader, fk, lfirst(lc));

	visit = MemoryContextSwitchTo(theatre->context);
	describe_change(&operation, change);
	MemoryContextSwitchTo(visit);
	change_catalogs(&operation);
	if (!operation.changed)
		return false;

	invalidate_tables(operation.shape);
	CommandCounterIncrement();
	note_change(theatre, change, occasion);
	return true;
}

/*
 * Closes the catalogs, and writes history and the server's log of what was done.
 * Takes ROW EXCLUSIVE on fkfix.history.
 */
void
fkfix_rebuild_end(Theatre *theatre)
{
	ListCell   *lc;

	if (theatre->pg_constraint == NULL)
		return;
	CatalogCloseIndexes(theatre->trigger_indexes);
	CatalogCloseIndexes(theatre->constraint_indexes);
	table_close(theatre->pg_trigger, NoLock);
	table_close(theatre->pg_constraint, NoLock);
	if (theatre->entries == NIL)
		return;
	fkfix_history_record(theatre->entries);
	foreach(lc, theatre->entries)
		log_change(&((const Entry *) lfirst(lc))->change);
}

/*
 * Raises an error, which names the root, if a key was derived by partitioning.
 * As ATExecAlterConstraint: it changes with its root or not at all.
 */
void
fkfix_rebuild_refuse_descendant(Reader *reader, const ForeignKey *fk)
{
	const ForeignKey *root;
	const char *table;

	if (!OidIsValid(fk->conparentid))
		return;
	root = fkfix_key_root(reader, fk);
	table = NameStr(fkfix_catalog_table(reader, fk->conrelid, false)->name);
	if (root == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("foreign key \"%s\" of table \"%s\" is damaged", NameStr(fk->name), table),
				 errdetail("It derives from a key with OID %u that is not there.",
						   fk->conparentid)));
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("cannot rebuild constraint \"%s\" on relation \"%s\"",
					NameStr(fk->name), table),
			 errdetail("Constraint \"%s\" is derived from constraint \"%s\" of relation \"%s\".",
					   NameStr(fk->name), NameStr(root->name),
					   NameStr(fkfix_catalog_table(reader, root->conrelid, false)->name)),
			 errhint("You may rebuild the constraint it derives from instead.")));
}

static void
refuse_illegal(Reader *reader, const ForeignKey *fk, const Action *on_delete,
			   const Action *on_update)
{
	List	   *obstacles = fkfix_check_actions(reader, fk, on_delete, on_update);
	Obstacle   *obstacle = obstacles == NIL ? NULL : linitial(obstacles);

	if (obstacle == NULL || !obstacle->illegal)
		return;
	ereport(ERROR,
			(errcode(obstacle->sqlstate),
			 errmsg("%s", obstacle->message),
			 errdetail("%s", obstacle->detail)));
}

static void
refuse_damaged(Operation *operation)
{
	const ForeignKey *fk = operation->shape->root->fk;
	Fault	   *fault = fkfix_inspect_damage(fkfix_inspect_shape(operation->reader, operation->shape));
	ListCell   *lc;
	char	   *cure;

	foreach(lc, operation->shape->nodes)
	{
		const ShapeNode *node = lfirst(lc);

		if (fault != NULL)
			break;
		fault = fkfix_inspect_damage(fkfix_inspect_references(operation->reader, node->fk, true));
	}
	if (fault == NULL)
		return;
	cure = fkfix_ddl_recreate(operation->reader, fk, operation->on_delete,
							  operation->on_update);
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("foreign key \"%s\" of table \"%s\" is damaged", NameStr(fk->name),
					NameStr(fkfix_catalog_table(operation->reader, fk->conrelid, false)->name)),
			 errdetail("%s", fault->detail),
			 cure == NULL ? 0 : errhint("Drop it and add it again: %s", cure)));
}

/* Opens them in the current memory context, unless they are open. */
static void
open_catalogs(Theatre *theatre)
{
	if (theatre->pg_constraint != NULL)
		return;
	theatre->pg_constraint = table_open(ConstraintRelationId, RowExclusiveLock);
	theatre->pg_trigger = table_open(TriggerRelationId, RowExclusiveLock);
	theatre->constraint_indexes = CatalogOpenIndexes(theatre->pg_constraint);
	theatre->trigger_indexes = CatalogOpenIndexes(theatre->pg_trigger);
}

/* Changes every row of the key's tree, and its action triggers. */
static void
change_catalogs(Operation *operation)
{
	ListCell   *lc;

	foreach(lc, operation->shape->nodes)
	{
		const ShapeNode *node = lfirst(lc);

		change_constraint(operation, node);
		if (fkfix_shape_has_triggers(node, TRIGGER_ON_DELETE))
		{
			change_trigger(operation, node, TRIGGER_ON_DELETE);
			change_trigger(operation, node, TRIGGER_ON_UPDATE);
		}
	}
}

/*
 * Changes one row of pg_constraint, unless it says the same already.  The
 * column list is variable in length, and NULL without one.
 */
static void
change_constraint(Operation *operation, const ShapeNode *node)
{
	Theatre    *theatre = operation->theatre;
	const ForeignKey *fk = node->fk;
	AttrNumber	delset[INDEX_MAX_KEYS];
	int			ndelset = fkfix_shape_map_columns(operation->reader, operation->shape->root->fk,
												  operation->delset, operation->ndelset,
												  fk->conrelid, delset);
	Datum		values[Natts_pg_constraint] = {0};
	bool		nulls[Natts_pg_constraint] = {0};
	bool		replaces[Natts_pg_constraint] = {0};
	HeapTuple	tuple;

	if (fk->on_delete == operation->on_delete->kind->code &&
		fk->on_update == operation->on_update->kind->code &&
		fkfix_key_same_columns(fk->delset, fk->ndelset, delset, ndelset))
		return;

	replaces[Anum_pg_constraint_confdeltype - 1] = true;
	values[Anum_pg_constraint_confdeltype - 1] = CharGetDatum(operation->on_delete->kind->code);
	replaces[Anum_pg_constraint_confupdtype - 1] = true;
	values[Anum_pg_constraint_confupdtype - 1] = CharGetDatum(operation->on_update->kind->code);
	replaces[Anum_pg_constraint_confdelsetcols - 1] = true;
	if (ndelset > 0)
		values[Anum_pg_constraint_confdelsetcols - 1] = PointerGetDatum(make_column_list(delset, ndelset));
	else
		nulls[Anum_pg_constraint_confdelsetcols - 1] = true;

	tuple = fetch_row(theatre->pg_constraint, ConstraintOidIndexId, Anum_pg_constraint_oid,
					  fk->oid);
	tuple = heap_modify_tuple(tuple, RelationGetDescr(theatre->pg_constraint),
							  values, nulls, replaces);
	CatalogTupleUpdateWithInfo(theatre->pg_constraint, &tuple->t_self, tuple,
							   theatre->constraint_indexes);
	InvokeObjectPostAlterHook(ConstraintRelationId, fk->oid, 0);
	operation->changed = true;
}

/*
 * Changes one action trigger, unless it does the same already.  As
 * createForeignKeyActionTriggers: only NO ACTION is deferrable.
 */
static void
change_trigger(Operation *operation, const ShapeNode *node, TriggerSlot slot)
{
	Theatre    *theatre = operation->theatre;
	const KeyTrigger *trigger = node->triggers[slot];
	const ActionKind *kind = slot == TRIGGER_ON_DELETE ?
		operation->on_delete->kind : operation->on_update->kind;
	Oid			func = slot == TRIGGER_ON_DELETE ? kind->delete_func : kind->update_func;
	Form_pg_trigger form;
	HeapTuple	tuple;

	if (trigger->func == func)
		return;

	tuple = fetch_row(theatre->pg_trigger, TriggerOidIndexId, Anum_pg_trigger_oid, trigger->oid);
	form = (Form_pg_trigger) GETSTRUCT(tuple);
	form->tgfoid = func;
	form->tgdeferrable = kind->deferrable && node->fk->deferrable;
	form->tginitdeferred = kind->deferrable && node->fk->deferred;
	CatalogTupleUpdateWithInfo(theatre->pg_trigger, &tuple->t_self, tuple,
							   theatre->trigger_indexes);
	InvokeObjectPostAlterHook(TriggerRelationId, trigger->oid, 0);
	operation->changed = true;
}

/*
 * A copy of a row as it is now, in an open catalog.  By OID and never by where the
 * row was read before: only the lock that we hold now keeps it from moving.
 */
static HeapTuple
fetch_row(Relation catalog, Oid index, AttrNumber column, Oid oid)
{
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&key, column, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(oid));
	scan = systable_beginscan(catalog, index, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (!HeapTupleIsValid(tuple))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("row %u of \"%s\" has been deleted although its table is locked",
						oid, RelationGetRelationName(catalog))));
	tuple = heap_copytuple(tuple);
	systable_endscan(scan);
	return tuple;
}

static ArrayType *
make_column_list(const AttrNumber *columns, int count)
{
	Datum		elements[INDEX_MAX_KEYS];

	for (int i = 0; i < count; i++)
		elements[i] = Int16GetDatum(columns[i]);
	return construct_array(elements, count, INT2OID, sizeof(int16), true, TYPALIGN_SHORT);
}

/*
 * pg_trigger invalidates nothing by itself, and the plan of SET NULL depends on
 * the column list without saying so: its key in ri_triggers.c does not have it.
 */
static void
invalidate_tables(const Shape *shape)
{
	ListCell   *lc;

	foreach(lc, shape->nodes)
	{
		const ShapeNode *node = lfirst(lc);

		CacheInvalidateRelcacheByRelid(node->fk->conrelid);
		CacheInvalidateRelcacheByRelid(node->fk->confrelid);
	}
}

static void
describe_change(Operation *operation, Change *change)
{
	Reader	   *reader = operation->reader;
	const ForeignKey *fk = operation->shape->root->fk;

	change->referencing = fkfix_catalog_table_name(reader, fk->conrelid);
	change->constraint_name = pstrdup(NameStr(fk->name));
	change->referenced = fkfix_catalog_table_name(reader, fk->confrelid);
	change->old_on_delete = fkfix_action_text(fkfix_key_delete_action(reader, fk));
	change->new_on_delete = fkfix_action_text(operation->on_delete);
	change->old_on_update = fkfix_action_text(fkfix_key_update_action(fk));
	change->new_on_update = fkfix_action_text(operation->on_update);
}

/* Keeps what the history will tell. */
static void
note_change(Theatre *theatre, const Change *change, const Occasion *occasion)
{
	MemoryContext visit = MemoryContextSwitchTo(theatre->context);
	Entry	   *entry = palloc(sizeof(Entry));

	entry->occasion = *occasion;
	entry->change = *change;
	theatre->entries = lappend(theatre->entries, entry);
	MemoryContextSwitchTo(visit);
}

/*
 * One line for each key, with the transaction, as in the history: if that is rolled
 * back, so is the change.  The statement, which may be a script of any length sent
 * in one piece, is not repeated beside each.
 */
static void
log_change(const Change *change)
{
	ereport(LOG_SERVER_ONLY,
			(errhidestmt(true), errhidecontext(true),
			 errmsg("foreign key \"%s\" of table %s changed in transaction " UINT64_FORMAT " from ON DELETE %s ON UPDATE %s to ON DELETE %s ON UPDATE %s",
					change->constraint_name, change->referencing,
					U64FromFullTransactionId(GetTopFullTransactionId()),
					change->old_on_delete, change->old_on_update,
					change->new_on_delete, change->new_on_update)));
}
