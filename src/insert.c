/*-------------------------------------------------------------------------
 *
 * insert.c
 *		Rows of the extension's own tables, written so that nobody's trigger
 *		runs.
 *
 * History is written by whoever rebuilds a key, and it must not be possible to
 * rebuild without it, nor to write it otherwise.  So the row is inserted with the
 * rights of the table's owner.  Then nothing may run that the owner has not
 * chosen, and anyone who has been granted TRIGGER chooses triggers.  An INSERT
 * statement would fire them.
 *
 * Whose code runs here, and as whom:
 * - triggers, of whatever kind, and rules: none; so foreign keys and deferrable
 *   constraints that the owner may have added to the table are not checked;
 * - defaults, CHECK constraints, generated columns, and of indexes expressions,
 *   predicates and operator classes: those that the table's owner has made, since
 *   nobody else can, evaluated and simplified as the owner, in a security-restricted
 *   context with search_path pg_catalog, pg_temp; never as the caller.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/tableam.h"
#include "access/xact.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "rewrite/rewriteHandler.h"
#include "utils/guc.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "extension.h"
#include "insert.h"

struct Insertion
{
	Relation	rel;
	int			ncolumns;
	AttrNumber *attnums;		/* of the columns given */
	ExprState **defaults;		/* by attnum - 1; NULL: given, or null */
	EState	   *estate;
	ResultRelInfo *target;
	TupleTableSlot *slot;
	int			nestlevel;		/* of settings */
	Oid			caller;
	int			caller_context;
};

static void become_owner(Insertion *insertion);
static void find_columns(Insertion *insertion, const InsertColumn *columns);
static void prepare_defaults(Insertion *insertion);

/*
 * Prepares to insert rows into one of the extension's own tables, which the
 * caller has opened and locked ROW EXCLUSIVE.  Each row gives the columns named;
 * the others get their defaults.  Raises an error if the table lacks one of them
 * or has it with another type.
 *
 * From here to fkfix_insert_end() the current user is the table's owner; after an
 * error, the end of the (sub)transaction brings the caller back.
 */
Insertion *
fkfix_insert_begin(Relation rel, const InsertColumn *columns, int ncolumns)
{
	Insertion  *insertion = palloc0(sizeof(Insertion));

	insertion->rel = rel;
	insertion->ncolumns = ncolumns;
	insertion->attnums = palloc(ncolumns * sizeof(AttrNumber));
	insertion->defaults = palloc0(RelationGetNumberOfAttributes(rel) * sizeof(ExprState *));
	find_columns(insertion, columns);
	become_owner(insertion);

	insertion->estate = CreateExecutorState();
	insertion->target = makeNode(ResultRelInfo);
	InitResultRelInfo(insertion->target, rel, 0, NULL, 0);
	insertion->target->ri_TrigDesc = NULL;
	ExecOpenIndices(insertion->target, false);
	insertion->slot = ExecInitExtraTupleSlot(insertion->estate, RelationGetDescr(rel),
											 table_slot_callbacks(rel));
	prepare_defaults(insertion);
	PushActiveSnapshot(GetTransactionSnapshot());
	return insertion;
}

/*
 * Inserts a row.
 */
void
fkfix_insert_row(Insertion *insertion, const Datum *values, const bool *nulls)
{
	TupleTableSlot *slot = insertion->slot;
	ExprContext *econtext = GetPerTupleExprContext(insertion->estate);
	MemoryContext caller = MemoryContextSwitchTo(GetPerTupleMemoryContext(insertion->estate));

	ExecClearTuple(slot);
	memset(slot->tts_isnull, true, slot->tts_tupleDescriptor->natts);
	for (int i = 0; i < slot->tts_tupleDescriptor->natts; i++)
	{
		if (insertion->defaults[i] != NULL)
			slot->tts_values[i] = ExecEvalExpr(insertion->defaults[i], econtext,
											   &slot->tts_isnull[i]);
	}
	for (int i = 0; i < insertion->ncolumns; i++)
	{
		slot->tts_values[insertion->attnums[i] - 1] = values[i];
		slot->tts_isnull[insertion->attnums[i] - 1] = nulls[i];
	}
	ExecStoreVirtualTuple(slot);
	ExecSimpleRelationInsert(insertion->target, insertion->estate, slot);
	MemoryContextSwitchTo(caller);
	ResetPerTupleExprContext(insertion->estate);
}

/*
 * Makes the rows visible to the transaction, and the caller the current user
 * again.  The table stays open.
 */
void
fkfix_insert_end(Insertion *insertion)
{
	PopActiveSnapshot();
	ExecCloseIndices(insertion->target);
	ExecResetTupleTable(insertion->estate->es_tupleTable, false);
	FreeExecutorState(insertion->estate);
	AtEOXact_GUC(false, insertion->nestlevel);
	SetUserIdAndSecContext(insertion->caller, insertion->caller_context);
	CommandCounterIncrement();
}

/* See vacuum_rel: the same for the same reason. */
static void
become_owner(Insertion *insertion)
{
	GetUserIdAndSecContext(&insertion->caller, &insertion->caller_context);
	insertion->nestlevel = NewGUCNestLevel();
	SetUserIdAndSecContext(insertion->rel->rd_rel->relowner,
						   insertion->caller_context | SECURITY_RESTRICTED_OPERATION);
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

static void
find_columns(Insertion *insertion, const InsertColumn *columns)
{
	TupleDesc	desc = RelationGetDescr(insertion->rel);

	for (int i = 0; i < insertion->ncolumns; i++)
		insertion->attnums[i] = fkfix_extension_column(insertion->rel, columns[i].name,
													   columns[i].type);
	for (int i = 0; i < insertion->ncolumns; i++)
	{
		if (TupleDescAttr(desc, insertion->attnums[i] - 1)->attgenerated != '\0')
			ereport(ERROR,
					(errcode(ERRCODE_GENERATED_ALWAYS),
					 fkfix_extension_errmsg_altered(insertion->rel),
					 errdetail("Its column \"%s\" is generated.", columns[i].name)));
	}
}

/* As BeginCopyFrom. */
static void
prepare_defaults(Insertion *insertion)
{
	TupleDesc	desc = RelationGetDescr(insertion->rel);

	for (AttrNumber attnum = 1; attnum <= desc->natts; attnum++)
	{
		Form_pg_attribute column = TupleDescAttr(desc, attnum - 1);
		bool		given = false;
		Expr	   *expr;

		for (int i = 0; i < insertion->ncolumns; i++)
			given |= insertion->attnums[i] == attnum;
		if (given || column->attisdropped || column->attgenerated != '\0')
			continue;
		expr = (Expr *) build_column_default(insertion->rel, attnum);
		if (expr != NULL)
			insertion->defaults[attnum - 1] = ExecPrepareExpr(expr, insertion->estate);
	}
}
