/*-------------------------------------------------------------------------
 *
 * concern.c
 *		Which DDL may concern a foreign key, by what was written.
 *
 * Every statement of DDL passes the event trigger, and nearly all have nothing to
 * do with keys.  Those are told by their parse trees, which costs less than to
 * ask the server what has been done.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_inherits.h"
#include "storage/lockdefs.h"

#include "compat.h"
#include "concern.h"

static bool alter_may_concern(const AlterTableStmt *stmt);
static bool column_may_concern(const RangeVar *table, const ColumnDef *column);
static bool may_be_serial(const TypeName *type);

/*
 * Can a statement make a foreign key, or change which rule one matches?
 */
bool
fkfix_concern_statement(Node *parsetree)
{
	switch (nodeTag(parsetree))
	{
		case T_AlterDomainStmt:
		case T_AlterExtensionContentsStmt:
		case T_AlterObjectSchemaStmt:
		case T_CreateSchemaStmt:
		case T_CreateStmt:
		case T_RenameStmt:
			return true;
		case T_AlterTableStmt:
			return alter_may_concern(castNode(AlterTableStmt, parsetree));
		default:
			return false;
	}
}

/*
 * Can a subcommand of ALTER TABLE, other than ADD COLUMN, make a key or change
 * which rule an older one matches?  What is not listed is looked at.
 */
bool
fkfix_concern_subcommand(const AlterTableCmd *cmd)
{
	switch (fkfix_compat_subtype(cmd))
	{
		case AT_AddConstraint:
			/* no rule asks about a CHECK constraint */
			return castNode(Constraint, cmd->def)->contype != CONSTR_CHECK;
		case AT_DropColumn:
		case AT_ColumnDefault:
		case AT_SetStatistics:
		case AT_SetStorage:
		case AT_SetRelOptions:
		case AT_ResetRelOptions:
		case AT_SetTableSpace:
		case AT_ChangeOwner:
		case AT_ValidateConstraint:
		case AT_ReplicaIdentity:
		case AT_SetCompression:
		case AT_SetLogged:
		case AT_SetUnLogged:
		case AT_ClusterOn:
		case AT_DropCluster:
		case AT_EnableTrig:
		case AT_EnableAlwaysTrig:
		case AT_EnableReplicaTrig:
		case AT_DisableTrig:
		case AT_EnableTrigAll:
		case AT_DisableTrigAll:
		case AT_EnableTrigUser:
		case AT_DisableTrigUser:
		case AT_EnableRowSecurity:
		case AT_DisableRowSecurity:
		case AT_ForceRowSecurity:
		case AT_NoForceRowSecurity:
			return false;
		default:
			return true;
	}
}

/*
 * Everyday ALTER TABLE is told by what was written, which costs less than to ask
 * what has been done.
 */
static bool
alter_may_concern(const AlterTableStmt *stmt)
{
	ListCell   *lc;

	foreach(lc, stmt->cmds)
	{
		const AlterTableCmd *cmd = lfirst_node(AlterTableCmd, lc);

		if (fkfix_compat_subtype(cmd) == AT_AddColumn)
		{
			if (column_may_concern(stmt->relation, castNode(ColumnDef, cmd->def)))
				return true;
		}
		else if (fkfix_concern_subcommand(cmd))
			return true;
	}
	return false;
}

/*
 * May a new column bring a key?  Or may it forbid nulls in a column of a child
 * with which it is merged?  A plain column does neither.  The table is looked up
 * only then: the statement has just made that expensive.
 */
static bool
column_may_concern(const RangeVar *table, const ColumnDef *column)
{
	ListCell   *lc;
	Oid			relid;

	foreach(lc, column->constraints)
	{
		if (lfirst_node(Constraint, lc)->contype == CONSTR_FOREIGN)
			return true;
	}
	if (column->constraints == NIL && !may_be_serial(column->typeName))
		return false;
	relid = RangeVarGetRelid(table, NoLock, true);
	/* IF EXISTS, perhaps; it will be seen */
	return !OidIsValid(relid) || has_subclass(relid);
}

/* Is it one of the types that transformColumnDefinition makes NOT NULL? */
static bool
may_be_serial(const TypeName *type)
{
	return list_length(type->names) == 1 &&
		strstr(strVal(linitial(type->names)), "serial") != NULL;
}
