/*-------------------------------------------------------------------------
 *
 * hazard.c
 *		Facts about a foreign key that make its action hurt.
 *
 * A key can do what the policy asks and still ruin an afternoon: by scanning
 * the referencing table for every deleted row, by failing at the first DELETE,
 * by losing to a second key on the same columns.  None of this is a violation,
 * and none of it keeps a key from being rebuilt.  It is said beside the finding,
 * of the action that the key has or, where the policy asks for another one, of
 * that.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/relation.h"
#include "catalog/pg_class.h"
#include "catalog/pg_publication.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/relcache.h"

#include "check.h"
#include "hazard.h"
#include "index.h"
#include "inspect.h"

/* A key, what it does or shall do, and what was found so far. */
typedef struct Survey
{
	Reader	   *reader;
	const ForeignKey *fk;
	const Action *on_delete;
	const Action *on_update;
	List	   *hazards;
} Survey;

static void survey_nulls(Survey *survey, const Action *action, const char *event);
static void survey_overlaps(Survey *survey);
static bool does_the_same(Survey *survey, const ForeignKey *other);
static bool same_column_set(const ForeignKey *a, const ForeignKey *b);
static bool fires_first(Reader *reader, const ForeignKey *a, const ForeignKey *b);
static Oid	delete_trigger(Reader *reader, const ForeignKey *fk);
static void survey_triggers(Survey *survey);
static void survey_publications(Survey *survey);
static bool any_publication(Reader *reader);
static void find_publication(HeapTuple tuple, TupleDesc desc, void *state);
static bool lacks_replica_identity(Oid relid, bool deletes, bool updates);
static bool updates_rows(const Action *action);
static void add_hazard(Survey *survey, char *hazard);

/*
 * Returns the hazards of a key: a new list of sentences (char *).  If there are
 * publications, takes ACCESS SHARE on the referencing tables for a moment, and
 * never waits for it.
 */
List *
fkfix_hazard_list(Reader *reader, const ForeignKey *fk, const Finding *finding)
{
	Survey		survey = {reader, fk, finding->set_on_delete, finding->set_on_update, NIL};

	if (survey.on_delete == NULL)
		survey.on_delete = fkfix_key_delete_action(reader, fk);
	if (survey.on_update == NULL)
		survey.on_update = fkfix_key_update_action(fk);

	add_hazard(&survey, fkfix_index_missing(reader, fk));
	survey_nulls(&survey, survey.on_delete, "ON DELETE");
	survey_nulls(&survey, survey.on_update, "ON UPDATE");
	survey_overlaps(&survey);
	if (!fk->enforced)
		add_hazard(&survey, "NOT ENFORCED: nothing happens on DELETE or UPDATE");
	else if (!fk->validated)
		add_hazard(&survey, "NOT VALID: existing rows may reference nothing");
	survey_triggers(&survey);
	survey_publications(&survey);
	return survey.hazards;
}

/* SET NULL and SET DEFAULT where the column has no such value to offer. */
static void
survey_nulls(Survey *survey, const Action *action, const char *event)
{
	bool		on_delete = action == survey->on_delete;
	AttrNumber	columns[INDEX_MAX_KEYS];
	int			count = fkfix_check_affected_columns(survey->reader, survey->fk,
													 action, columns);
	ListCell   *lc;

	foreach(lc, fkfix_check_actions(survey->reader, survey->fk,
									on_delete ? action : NULL, on_delete ? NULL : action))
	{
		Obstacle   *obstacle = lfirst(lc);

		if (!obstacle->illegal)
			add_hazard(survey, psprintf("%s %s fails: %s", event,
										action->kind->name, obstacle->detail));
	}
	for (int i = 0; i < count && action->kind->code == FKCONSTR_ACTION_SETDEFAULT; i++)
	{
		if (fkfix_check_default_is_null(survey->reader, survey->fk->conrelid, columns[i]))
			add_hazard(survey, psprintf("%s SET DEFAULT sets column \"%s\" to null: it has no default",
										event,
										fkfix_catalog_column(survey->reader, survey->fk->conrelid, columns[i], false)->name));
	}
}

/*
 * Other keys that do something else to the same rows.  However many there are, one
 * is named.
 */
static void
survey_overlaps(Survey *survey)
{
	const ForeignKey *first = NULL;
	int			count = 0;
	ListCell   *lc;

	foreach(lc, fkfix_key_list_of(survey->reader, survey->fk->conrelid))
	{
		const ForeignKey *other = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		if (other->oid == survey->fk->oid || OidIsValid(other->conparentid) ||
			other->confrelid != survey->fk->confrelid ||
			!other->enforced || !survey->fk->enforced ||
			!same_column_set(other, survey->fk) || does_the_same(survey, other))
			continue;
		if (count++ == 0)
			first = other;
	}
	if (count == 0)
		return;
	add_hazard(survey, psprintf("key %s on the same columns is ON DELETE %s ON UPDATE %s and fires %s this one%s",
								quote_identifier(NameStr(first->name)),
								fkfix_action_text(fkfix_key_delete_action(survey->reader, first)),
								fkfix_action_text(fkfix_key_update_action(first)),
								fires_first(survey->reader, first, survey->fk) ?
								"before" : "after",
								count == 1 ? "" :
								psprintf("; %d more keys on them differ from it, too", count - 1)));
}

static bool
does_the_same(Survey *survey, const ForeignKey *other)
{
	List	   *columns;

	/* there may be many, and few take columns */
	if (other->on_delete != survey->on_delete->kind->code ||
		other->on_update != survey->on_update->kind->code)
		return false;
	if (!survey->on_delete->kind->takes_columns && !survey->on_update->kind->takes_columns)
		return true;
	columns = fkfix_catalog_column_names(survey->reader, other->conrelid,
										 other->conkey, other->nkeys);
	return fkfix_action_equal(fkfix_key_delete_action(survey->reader, other),
							  survey->on_delete, columns) &&
		fkfix_action_equal(fkfix_key_update_action(other), survey->on_update, columns);
}

static bool
same_column_set(const ForeignKey *a, const ForeignKey *b)
{
	if (a->nkeys != b->nkeys)
		return false;
	for (int i = 0; i < a->nkeys; i++)
	{
		bool		in_b = false;
		bool		in_a = false;

		for (int j = 0; j < a->nkeys; j++)
		{
			in_b |= a->conkey[i] == b->conkey[j];
			in_a |= b->conkey[i] == a->conkey[j];
		}
		if (!in_b || !in_a)
			return false;
	}
	return true;
}

/*
 * Triggers fire in the order of their names, and the name of an action trigger
 * ends in its OID: compared as text, 99999 comes after 100000.  See
 * CreateTriggerFiringOn and RelationBuildTriggers.
 */
static bool
fires_first(Reader *reader, const ForeignKey *a, const ForeignKey *b)
{
	Oid			trigger_a = delete_trigger(reader, a);
	Oid			trigger_b = delete_trigger(reader, b);

	if (!OidIsValid(trigger_a) || !OidIsValid(trigger_b))
		return OidIsValid(trigger_a);
	return strcmp(psprintf("%u", trigger_a), psprintf("%u", trigger_b)) < 0;
}

static Oid
delete_trigger(Reader *reader, const ForeignKey *fk)
{
	ListCell   *lc;

	foreach(lc, fkfix_trigger_list(reader, fk))
	{
		const KeyTrigger *trigger = lfirst(lc);

		if (trigger->slot == TRIGGER_ON_DELETE)
			return trigger->oid;
	}
	return InvalidOid;
}

/* Triggers that somebody switched off, or to fire at other times. */
static void
survey_triggers(Survey *survey)
{
	ListCell   *lc;

	foreach(lc, fkfix_inspect_key(survey->reader, survey->fk))
	{
		Fault	   *fault = lfirst(lc);

		if (fault->kind == FAULT_DISABLED)
			add_hazard(survey, psprintf("%s: %s", fault->problem, fault->detail));
	}
}

/*
 * A table that is published for the events that the action causes, and has no
 * replica identity, makes the action fail.  See CheckCmdReplicaIdentity.
 */
static void
survey_publications(Survey *survey)
{
	bool		deletes = survey->on_delete->kind->code == FKCONSTR_ACTION_CASCADE;
	bool		updates = updates_rows(survey->on_delete) || updates_rows(survey->on_update) ||
		survey->on_update->kind->code == FKCONSTR_ACTION_CASCADE;
	TableFacts *table = fkfix_catalog_table(survey->reader, survey->fk->conrelid, true);
	ListCell   *lc;

	if (!(deletes || updates) || table == NULL || !any_publication(survey->reader))
		return;
	foreach(lc, fkfix_catalog_tree(survey->reader, table->relid, false))
	{
		if (!ConditionalLockRelationOid(lfirst_oid(lc), AccessShareLock))
		{
			add_hazard(survey, psprintf("table %s is locked, so its replica identity was not looked at",
										fkfix_catalog_table_name(survey->reader, lfirst_oid(lc))));
			return;
		}
		if (!lacks_replica_identity(lfirst_oid(lc), deletes, updates))
			continue;
		add_hazard(survey, psprintf("published without replica identity: the action fails on table %s",
									fkfix_catalog_table_name(survey->reader, lfirst_oid(lc))));
		return;
	}
}

/* Mostly there is none, and nothing more to ask; that is found out once. */
static bool
any_publication(Reader *reader)
{
	if (!reader->knows_publications)
		fkfix_catalog_scan(reader, PublicationRelationId, PublicationObjectIndexId, 0, NULL,
						   find_publication, reader);
	reader->knows_publications = true;
	return reader->any_publication;
}

static void
find_publication(HeapTuple tuple, TupleDesc desc, void *state)
{
	((Reader *) state)->any_publication = true;
}

/* The caller has locked the table, if it is still there; it is unlocked here. */
static bool
lacks_replica_identity(Oid relid, bool deletes, bool updates)
{
	Relation	rel;
	PublicationDesc published;
	bool		lacks;

	rel = try_relation_open(relid, NoLock);
	if (rel == NULL)
	{
		UnlockRelationOid(relid, AccessShareLock);
		return false;
	}
	RelationBuildPublicationDesc(rel, &published);
	lacks = rel->rd_rel->relkind == RELKIND_RELATION &&
		((deletes && published.pubactions.pubdelete) ||
		 (updates && published.pubactions.pubupdate)) &&
		rel->rd_rel->relreplident != REPLICA_IDENTITY_FULL &&
		!OidIsValid(RelationGetReplicaIndex(rel));
	relation_close(rel, AccessShareLock);
	return lacks;
}

static bool
updates_rows(const Action *action)
{
	return action->kind->takes_columns;
}

static void
add_hazard(Survey *survey, char *hazard)
{
	if (hazard != NULL)
		survey->hazards = lappend(survey->hazards, hazard);
}
