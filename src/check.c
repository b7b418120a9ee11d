/*-------------------------------------------------------------------------
 *
 * check.c
 *		What stands in the way of an action on a foreign key.
 *
 * Some actions PostgreSQL refuses when a key is made, and a change in the
 * catalogs must refuse them as well, or it makes a database whose dump cannot
 * be restored.  Others it accepts although the first DELETE is bound to fail.
 * Both are said here, once, for the rebuild, which refuses the former, and for
 * the judge, to whom a policy that asks for either is infeasible.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/parsenodes.h"
#include "utils/builtins.h"

#include "check.h"
#include "domain.h"

static List *check_event(List *obstacles, Reader *reader, const ForeignKey *fk,
						 const Action *action, const char *event);
static List *check_generated(List *obstacles, Reader *reader,
							 const ForeignKey *fk, const Action *action,
							 const char *event);
static List *check_column_list(List *obstacles, Reader *reader,
							   const ForeignKey *fk, const Action *action);
static List *check_nulls(List *obstacles, Reader *reader, const ForeignKey *fk,
						 const Action *action, const char *event);
static Oid	find_null_rejecter(Reader *reader, const ForeignKey *fk,
							   AttrNumber attnum);
static List *add_obstacle(List *obstacles, int sqlstate, char *message,
						  char *detail);

/*
 * Returns what stands in the way of giving a key these actions (NULL: that one
 * stays as it is): a new list of Obstacle, the illegal ones first.
 */
List *
fkfix_check_actions(Reader *reader, const ForeignKey *fk,
					const Action *on_delete, const Action *on_update)
{
	List	   *obstacles = NIL;

	/* in the order in which ATAddForeignKeyConstraint looks */
	if (on_delete != NULL)
		obstacles = check_column_list(obstacles, reader, fk, on_delete);
	if (on_update != NULL)
		obstacles = check_event(obstacles, reader, fk, on_update, "ON UPDATE");
	if (on_delete != NULL)
	{
		obstacles = check_event(obstacles, reader, fk, on_delete, "ON DELETE");
		obstacles = check_nulls(obstacles, reader, fk, on_delete, "ON DELETE");
	}
	if (on_update != NULL)
		obstacles = check_nulls(obstacles, reader, fk, on_update, "ON UPDATE");
	return obstacles;
}

/*
 * Does SET DEFAULT set this column to null?
 */
bool
fkfix_check_default_is_null(Reader *reader, Oid relid, AttrNumber attnum)
{
	ColumnFacts *column = fkfix_catalog_column(reader, relid, attnum, true);

	return column != NULL && !column->has_default &&
		!fkfix_domain_has_default(reader, column->type);
}

/*
 * Returns the number of a referencing column of a key, given its name;
 * InvalidAttrNumber if the key has no such column.
 */
AttrNumber
fkfix_check_key_column(Reader *reader, const ForeignKey *fk, const char *name)
{
	for (int i = 0; i < fk->nkeys; i++)
	{
		const ColumnFacts *column = fkfix_catalog_column(reader, fk->conrelid, fk->conkey[i], true);

		if (column != NULL && strcmp(column->name, name) == 0)
			return fk->conkey[i];
	}
	return InvalidAttrNumber;
}

/*
 * Fills "columns" (of INDEX_MAX_KEYS) with the referencing columns that an
 * action sets, and returns their number; 0 for an action that sets none.
 */
int
fkfix_check_affected_columns(Reader *reader, const ForeignKey *fk,
							 const Action *action, AttrNumber *columns)
{
	int			count = 0;
	ListCell   *lc;

	if (!action->kind->takes_columns)
		return 0;
	if (action->columns == NIL)
	{
		memcpy(columns, fk->conkey, fk->nkeys * sizeof(AttrNumber));
		return fk->nkeys;
	}
	foreach(lc, action->columns)
	{
		AttrNumber	attnum = fkfix_check_key_column(reader, fk, lfirst(lc));

		if (attnum != InvalidAttrNumber)
			columns[count++] = attnum;
	}
	return count;
}

/* What ADD CONSTRAINT would refuse; see ATAddForeignKeyConstraint. */
static List *
check_event(List *obstacles, Reader *reader, const ForeignKey *fk,
			const Action *action, const char *event)
{
	obstacles = check_generated(obstacles, reader, fk, action, event);
	if (fk->period && action->kind->code != FKCONSTR_ACTION_NOACTION)
		obstacles = add_obstacle(obstacles, ERRCODE_FEATURE_NOT_SUPPORTED,
								 psprintf("unsupported %s action for foreign key constraint using PERIOD", event),
								 psprintf("A key with PERIOD cannot be %s %s.", event, action->kind->name));
	return obstacles;
}

static List *
check_generated(List *obstacles, Reader *reader, const ForeignKey *fk,
				const Action *action, const char *event)
{
	bool		on_update = strcmp(event, "ON UPDATE") == 0;

	if (!action->kind->takes_columns &&
		!(on_update && action->kind->code == FKCONSTR_ACTION_CASCADE))
		return obstacles;
	for (int i = 0; i < fk->nkeys; i++)
	{
		ColumnFacts *column = fkfix_catalog_column(reader, fk->conrelid, fk->conkey[i], true);

		if (column != NULL && column->generated)
			return add_obstacle(obstacles, ERRCODE_SYNTAX_ERROR,
								psprintf("invalid %s action for foreign key constraint containing generated column", event),
								psprintf("Column \"%s\" of table %s is generated, so %s cannot set it.",
										 column->name,
										 fkfix_catalog_table_name(reader, fk->conrelid),
										 action->kind->name));
	}
	return obstacles;
}

static List *
check_column_list(List *obstacles, Reader *reader, const ForeignKey *fk,
				  const Action *action)
{
	ListCell   *lc;

	foreach(lc, action->columns)
	{
		char	   *name = lfirst(lc);

		if (fkfix_check_key_column(reader, fk, name) == InvalidAttrNumber)
			return add_obstacle(obstacles, ERRCODE_INVALID_COLUMN_REFERENCE,
								psprintf("column \"%s\" referenced in ON DELETE SET action must be part of foreign key", name),
								psprintf("Column \"%s\" is not part of the key, so %s cannot set it.",
										 name, fkfix_action_text(action)));
	}
	return obstacles;
}

/* What PostgreSQL accepts and then fails to do. */
static List *
check_nulls(List *obstacles, Reader *reader, const ForeignKey *fk,
			const Action *action, const char *event)
{
	AttrNumber	columns[INDEX_MAX_KEYS];
	int			count = fkfix_check_affected_columns(reader, fk, action, columns);
	bool		to_default = action->kind->code == FKCONSTR_ACTION_SETDEFAULT;
	int			nulls = 0;

	for (int i = 0; i < count; i++)
	{
		Oid			rejecter;

		if (to_default && !fkfix_check_default_is_null(reader, fk->conrelid, columns[i]))
			continue;
		nulls++;
		rejecter = find_null_rejecter(reader, fk, columns[i]);
		if (OidIsValid(rejecter))
			return add_obstacle(obstacles, 0,
								psprintf("%s %s cannot work on this foreign key", event, action->kind->name),
								psprintf(to_default ?
										 "The default of column \"%s\" is null, which table %s does not accept." :
										 "Column \"%s\" of table %s does not accept nulls.",
										 fkfix_catalog_column(reader, fk->conrelid, columns[i], false)->name,
										 fkfix_catalog_table_name(reader, rejecter)));
	}
	if (fk->match == FKCONSTR_MATCH_FULL && nulls > 0 && nulls < fk->nkeys)
		return add_obstacle(obstacles, 0,
							psprintf("%s %s cannot work on this foreign key", event, fkfix_action_text(action)),
							pstrdup("The key is MATCH FULL, which does not accept that only some of its columns become null."));
	return obstacles;
}

/*
 * The referencing table, or the first of its partitions, that does not accept
 * nulls in this column; InvalidOid if all do.
 */
static Oid
find_null_rejecter(Reader *reader, const ForeignKey *fk, AttrNumber attnum)
{
	const ColumnFacts *column = fkfix_catalog_column(reader, fk->conrelid, attnum, true);
	ListCell   *lc;

	if (column == NULL)
		return InvalidOid;
	foreach(lc, fkfix_catalog_tree(reader, fk->conrelid, false))
	{
		Oid			relid = lfirst_oid(lc);
		AttrNumber	there = relid == fk->conrelid ? attnum :
			fkfix_catalog_column_number(reader, relid, column->name);

		if (fkfix_domain_rejects_null(reader, relid, there))
			return relid;
	}
	return InvalidOid;
}

static List *
add_obstacle(List *obstacles, int sqlstate, char *message, char *detail)
{
	Obstacle   *obstacle = palloc(sizeof(Obstacle));

	obstacle->illegal = sqlstate != 0;
	obstacle->sqlstate = sqlstate;
	obstacle->message = message;
	obstacle->detail = detail;
	return lappend(obstacles, obstacle);
}
