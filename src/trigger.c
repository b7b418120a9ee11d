/*-------------------------------------------------------------------------
 *
 * trigger.c
 *		The triggers of foreign keys, from pg_trigger.
 *
 * A foreign key is carried out by four triggers: two on the referenced table,
 * which act on DELETE and on UPDATE, and two on the referencing one, which check
 * new rows.  Here they are read, and here is what each must be for the key to do
 * what its row of pg_constraint says.
 *
 * pg_trigger is the largest of the catalogs that an audit needs.  Nearly always a
 * key has the triggers that ADD CONSTRAINT made, and when those of all keys are
 * read, nothing is remembered of them but that they were seen.  Only those of
 * partitioned keys are kept, because each is to be compared with its parent.  If
 * the triggers of another key are asked for, because it is not whole or is to be
 * rebuilt, they are read again by the index; those of many keys all at once.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "catalog/indexing.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"

#include "trigger.h"

/* In ForeignKey.triggers: the slots, and anything that is not as it must be. */
#define SEEN(slot)	(1 << (slot))
#define ALL_SEEN	(SEEN(TRIGGER_NSLOTS) - 1)
#define SEEN_OTHER	SEEN(TRIGGER_NSLOTS)

/* The triggers of partitioned keys, or of all, by constraint. */
struct TriggerIndex
{
	bool		complete;		/* of all */
	int64		nlooks;			/* how often those of others were read */
	KeyTrigger *items;
	int64		count;
	int64		size;
};

/* The triggers found that belong to no key. */
typedef struct StraySearch
{
	Reader	   *reader;
	List	   *strays;
} StraySearch;

static void read_stray(HeapTuple tuple, TupleDesc desc, void *state);
static void read_name(HeapTuple tuple, TupleDesc desc, void *state);
static void read_all(Reader *reader, bool complete);
static bool all_are_kept(Reader *reader);
static void see_trigger(HeapTuple tuple, TupleDesc desc, void *state);
static bool is_as_made(const ForeignKey *fk, TriggerSlot slot,
					   Form_pg_trigger form);
static void keep_trigger(TriggerIndex *triggers, HeapTuple tuple,
						 TupleDesc desc);
static List *kept_triggers(const TriggerIndex *triggers, Oid constraint);
static int	compare_triggers(const void *a, const void *b);
static void read_trigger(HeapTuple tuple, TupleDesc desc, void *state);
static void form_trigger(HeapTuple tuple, TupleDesc desc,
						 KeyTrigger *trigger);
static inline TriggerSlot slot_of(HeapTuple tuple, TupleDesc desc);

/*
 * Returns the triggers of one row of pg_constraint: a new list of KeyTrigger, in
 * no particular order.
 */
List *
fkfix_trigger_list(Reader *reader, const ForeignKey *fk)
{
	List	   *triggers = NIL;

	if (reader->triggers != NULL &&
		(fkfix_key_has_relatives(fk) || all_are_kept(reader)))
		return kept_triggers(reader->triggers, fk->oid);
	fkfix_catalog_scan_oid(reader, TriggerRelationId, TriggerConstraintIndexId,
						   Anum_pg_trigger_tgconstraint, fk->oid, read_trigger, &triggers);
	return triggers;
}

/*
 * Returns the triggers on a table, or with InvalidOid on all, that were made for a
 * foreign key that is not there: a new list of KeyTrigger.
 */
List *
fkfix_trigger_list_strays(Reader *reader, Oid relid)
{
	StraySearch search = {reader, NIL};

	if (!OidIsValid(relid))
		fkfix_catalog_scan_all(reader, TriggerRelationId, read_stray, &search);
	else
	{
		fkfix_catalog_scan_oid(reader, TriggerRelationId, TriggerRelidNameIndexId,
							   Anum_pg_trigger_tgrelid, relid, read_stray, &search);
	}
	return search.strays;
}

/*
 * Returns the name of a trigger, palloc'd, or NULL if there is none with that OID.
 */
char *
fkfix_trigger_name(Reader *reader, Oid trigger)
{
	char	   *name = NULL;

	fkfix_catalog_scan_oid(reader, TriggerRelationId, TriggerOidIndexId,
						   Anum_pg_trigger_oid, trigger, read_name, &name);
	return name;
}

/*
 * Prepares a reader that has read all keys to be asked about the triggers of
 * every one: reads pg_trigger as a whole.
 */
void
fkfix_trigger_read_all(Reader *reader)
{
	read_all(reader, false);
}

/* An index that is there may be in use, so another one takes its place beside it. */
static void
read_all(Reader *reader, bool complete)
{
	TriggerIndex *triggers = MemoryContextAllocZero(reader->context, sizeof(TriggerIndex));

	triggers->complete = complete;
	triggers->size = 64;
	triggers->items = MemoryContextAlloc(reader->context, triggers->size * sizeof(KeyTrigger));
	reader->triggers = triggers;
	fkfix_catalog_scan_all(reader, TriggerRelationId, see_trigger, reader);
	qsort(triggers->items, triggers->count, sizeof(KeyTrigger), compare_triggers);
}

/* They are when it is likely that those of many keys will be asked for. */
static bool
all_are_kept(Reader *reader)
{
	if (!reader->triggers->complete &&
		++reader->triggers->nlooks > reader->keys->count / 64)
		read_all(reader, true);
	return reader->triggers->complete;
}

/*
 * Is a key known to have the triggers that it must have, all as ADD CONSTRAINT
 * makes them, and no others?  That can only be of one without relatives, where
 * all triggers have been read.
 */
bool
fkfix_trigger_all_plain(const Reader *reader, const ForeignKey *fk)
{
	return reader->triggers != NULL && fk->indexed && !fkfix_key_has_relatives(fk) &&
		fk->triggers == (fk->enforced ? ALL_SEEN : 0);
}

/*
 * Is it a trigger that acts, on the referenced table?  The others check.
 */
bool
fkfix_trigger_is_action(TriggerSlot slot)
{
	return slot == TRIGGER_ON_DELETE || slot == TRIGGER_ON_UPDATE;
}

/*
 * Returns what a key's trigger in a slot does, NULL if it checks.
 */
const ActionKind *
fkfix_trigger_action(const ForeignKey *fk, TriggerSlot slot)
{
	if (slot == TRIGGER_ON_DELETE)
		return fkfix_action_kind(fk->on_delete);
	if (slot == TRIGGER_ON_UPDATE)
		return fkfix_action_kind(fk->on_update);
	return NULL;
}

/*
 * Fills in what ADD CONSTRAINT makes of a key's trigger in a slot, but for the
 * identity of the row and its parent.  See createForeignKeyActionTriggers and
 * CreateFKCheckTrigger.
 */
void
fkfix_trigger_expect(const ForeignKey *fk, TriggerSlot slot, KeyTrigger *expected)
{
	const ActionKind *kind = fkfix_trigger_action(fk, slot);
	bool		follows = kind == NULL || kind->deferrable;

	expected->relid = kind == NULL ? fk->conrelid : fk->confrelid;
	expected->constrrelid = kind == NULL ? fk->confrelid : fk->conrelid;
	expected->func = kind == NULL ?
		(slot == TRIGGER_CHECK_INSERT ? F_RI_FKEY_CHECK_INS : F_RI_FKEY_CHECK_UPD) :
		slot == TRIGGER_ON_DELETE ? kind->delete_func : kind->update_func;
	expected->deferrable = follows && fk->deferrable;
	expected->deferred = follows && fk->deferred;
}

/* Notes a trigger of a key.  Of two for the same slot, one is too many. */
static void
see_trigger(HeapTuple tuple, TupleDesc desc, void *state)
{
	Reader	   *reader = state;
	Form_pg_trigger form = (Form_pg_trigger) GETSTRUCT(tuple);
	ForeignKey *fk = !OidIsValid(form->tgconstraint) ? NULL :
		fkfix_key_indexed(reader->keys, form->tgconstraint);

	if (fk == NULL)
		return;
	if (reader->triggers->complete || fkfix_key_has_relatives(fk))
		keep_trigger(reader->triggers, tuple, desc);
	else
	{
		TriggerSlot slot = slot_of(tuple, desc);

		fk->triggers |= is_as_made(fk, slot, form) && !(fk->triggers & SEEN(slot)) ?
			SEEN(slot) : SEEN_OTHER;
	}
}

/*
 * Is a trigger of a key without relatives what ADD CONSTRAINT makes?  It is if
 * inspect_trigger has nothing to say of it.
 */
static bool
is_as_made(const ForeignKey *fk, TriggerSlot slot, Form_pg_trigger form)
{
	KeyTrigger	expected;

	if (slot == TRIGGER_NSLOTS)
		return false;
	fkfix_trigger_expect(fk, slot, &expected);
	return form->tgrelid == expected.relid &&
		form->tgconstrrelid == expected.constrrelid &&
		form->tgfoid == expected.func &&
		form->tgenabled != TRIGGER_DISABLED &&
		form->tgdeferrable == expected.deferrable &&
		form->tginitdeferred == expected.deferred &&
		!OidIsValid(form->tgparentid);
}

static void
keep_trigger(TriggerIndex *triggers, HeapTuple tuple, TupleDesc desc)
{
	if (triggers->count == triggers->size)
	{
		triggers->size *= 2;
		triggers->items = repalloc_huge(triggers->items, triggers->size * sizeof(KeyTrigger));
	}
	form_trigger(tuple, desc, &triggers->items[triggers->count++]);
}

/* The triggers of one row of pg_constraint, of those that have been kept. */
static List *
kept_triggers(const TriggerIndex *triggers, Oid constraint)
{
	List	   *found = NIL;
	int64		low = 0;
	int64		high = triggers->count;

	while (low < high)
	{
		int64		middle = low + (high - low) / 2;

		if (triggers->items[middle].constraint < constraint)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < triggers->count && triggers->items[low].constraint == constraint; low++)
		found = lappend(found, &triggers->items[low]);
	return found;
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

static void
read_trigger(HeapTuple tuple, TupleDesc desc, void *state)
{
	KeyTrigger *trigger = palloc(sizeof(KeyTrigger));
	List	  **triggers = state;

	form_trigger(tuple, desc, trigger);
	*triggers = lappend(*triggers, trigger);
}

/* Users can make triggers of these functions, too; those are theirs. */
static void
read_stray(HeapTuple tuple, TupleDesc desc, void *state)
{
	StraySearch *search = state;
	Form_pg_trigger form = (Form_pg_trigger) GETSTRUCT(tuple);

	if (form->tgisinternal && RI_FKey_trigger_type(form->tgfoid) != RI_TRIGGER_NONE &&
		fkfix_key_get(search->reader, form->tgconstraint, true) == NULL)
		read_trigger(tuple, desc, &search->strays);
}

static void
read_name(HeapTuple tuple, TupleDesc desc, void *state)
{
	*(char **) state = pstrdup(NameStr(((Form_pg_trigger) GETSTRUCT(tuple))->tgname));
}

static void
form_trigger(HeapTuple tuple, TupleDesc desc, KeyTrigger *trigger)
{
	Form_pg_trigger form = (Form_pg_trigger) GETSTRUCT(tuple);

	trigger->constraint = form->tgconstraint;
	trigger->oid = form->oid;
	trigger->relid = form->tgrelid;
	trigger->constrrelid = form->tgconstrrelid;
	trigger->parentid = form->tgparentid;
	trigger->func = form->tgfoid;
	trigger->slot = slot_of(tuple, desc);
	trigger->enabled = form->tgenabled;
	trigger->deferrable = form->tgdeferrable;
	trigger->deferred = form->tginitdeferred;
}

/*
 * The slot that a trigger belongs in, TRIGGER_NSLOTS if in none.  Those of a key
 * fire after each row, whatever its columns and values.
 */
static inline TriggerSlot
slot_of(HeapTuple tuple, TupleDesc desc)
{
	Form_pg_trigger form = (Form_pg_trigger) GETSTRUCT(tuple);
	int			event = form->tgtype & ~TRIGGER_TYPE_ROW;

	if (!TRIGGER_FOR_ROW(form->tgtype) || form->tgattr.dim1 != 0 ||
		!heap_attisnull(tuple, Anum_pg_trigger_tgqual, desc))
		return TRIGGER_NSLOTS;
	switch (RI_FKey_trigger_type(form->tgfoid))
	{
		case RI_TRIGGER_PK:
			if (event == TRIGGER_TYPE_DELETE)
				return TRIGGER_ON_DELETE;
			if (event == TRIGGER_TYPE_UPDATE)
				return TRIGGER_ON_UPDATE;
			break;
		case RI_TRIGGER_FK:
			if (event == TRIGGER_TYPE_INSERT)
				return TRIGGER_CHECK_INSERT;
			if (event == TRIGGER_TYPE_UPDATE)
				return TRIGGER_CHECK_UPDATE;
			break;
		default:
			break;
	}
	return TRIGGER_NSLOTS;
}
