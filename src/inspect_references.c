/*-------------------------------------------------------------------------
 *
 * inspect_references.c
 *		Does what a foreign key's row refers to exist, and does the server know
 *		that the key depends on it?
 *
 * A key whose triggers are right can still be damaged so that it fails, by a
 * column, an index or an operator that is not there, or so that it is left behind
 * when something is dropped, by a missing row of pg_depend.  It takes some scans
 * for each key to see that, so the audit does not look.  fkfix_verify() does, and a
 * rebuild: that needs no snapshot, as it has locked the tables, and asks the
 * syscaches.  What pg_depend lacks is nothing to it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_index.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/fmgroids.h"
#include "utils/syscache.h"

#include "inspect.h"

/* One row of pg_constraint, and what has been found of it in other catalogs. */
typedef struct References
{
	Reader	   *reader;
	const ForeignKey *fk;
	bool		locked;
	Oid			index;			/* conindid */
	List	   *operators;		/* OIDs */
	bool		operators_fit;	/* there is one for each column */
	bool		has_index;
	Bitmapset  *referencing;	/* columns on which it depends */
	Bitmapset  *referenced;
	List	   *triggers;		/* OIDs of triggers that depend on it */
	List	   *faults;
} References;

static void inspect_columns(References *refs);
static void inspect_column(References *refs, Oid relid, AttrNumber attnum);
static bool column_exists(References *refs, Oid relid, AttrNumber attnum);
static void inspect_index(References *refs);
static void inspect_operators(References *refs);
static void inspect_dependencies(References *refs);
static bool depends_on(const Bitmapset *columns, const AttrNumber *attnums,
					   int count);
static bool operator_exists(Reader *reader, Oid oid);
static void read_row(HeapTuple tuple, TupleDesc desc, void *state);
static void read_operators(References *refs, HeapTuple tuple, TupleDesc desc,
						   AttrNumber attnum);
static void read_index(HeapTuple tuple, TupleDesc desc, void *state);
static void read_dependency(HeapTuple tuple, TupleDesc desc, void *state);
static void read_dependent(HeapTuple tuple, TupleDesc desc, void *state);
static void note_operator(HeapTuple tuple, TupleDesc desc, void *state);
static void scan_depend(References *refs, Oid index, AttrNumber class_column,
						AttrNumber object_column, RowVisitor visit);
static Fault *add_fault(References *refs, FaultKind kind, const char *problem,
						char *detail);

/*
 * Returns what is wrong with what a key's row refers to, of that one row and not of
 * its descendants: a new list of Fault.  If the caller has locked the key's tables,
 * these are looked at as they are now, and missing dependencies are not told of.
 */
List *
fkfix_inspect_references(Reader *reader, const ForeignKey *fk, bool locked)
{
	References	refs = {.reader = reader,.fk = fk,.locked = locked,.operators_fit = true};

	/* of what is missing altogether fkfix_inspect_key tells */
	if (fk->malformed ||
		fkfix_catalog_table(reader, fk->conrelid, true) == NULL ||
		fkfix_catalog_table(reader, fk->confrelid, true) == NULL)
		return NIL;

	fkfix_catalog_scan_oid(reader, ConstraintRelationId, ConstraintOidIndexId,
						   Anum_pg_constraint_oid, fk->oid, read_row, &refs);
	inspect_columns(&refs);
	inspect_index(&refs);
	inspect_operators(&refs);
	if (!locked)
		inspect_dependencies(&refs);
	return refs.faults;
}

static void
inspect_columns(References *refs)
{
	const ForeignKey *fk = refs->fk;

	for (int i = 0; i < fk->nkeys; i++)
	{
		inspect_column(refs, fk->conrelid, fk->conkey[i]);
		inspect_column(refs, fk->confrelid, fk->confkey[i]);
	}
}

/* A number that a table cannot have is told of by fkfix_inspect_key. */
static void
inspect_column(References *refs, Oid relid, AttrNumber attnum)
{
	const TableFacts *table = fkfix_catalog_table(refs->reader, relid, false);

	if (attnum >= 1 && attnum <= table->ncolumns && !column_exists(refs, relid, attnum))
		add_fault(refs, FAULT_DAMAGE, "missing column",
				  psprintf("Column %d of table %s, which is part of the key, has been dropped.",
						   attnum, fkfix_catalog_table_name(refs->reader, relid)));
}

static bool
column_exists(References *refs, Oid relid, AttrNumber attnum)
{
	HeapTuple	tuple;

	if (!refs->locked)
		return fkfix_catalog_column(refs->reader, relid, attnum, true) != NULL;
	tuple = SearchSysCacheAttNum(relid, attnum);
	if (!HeapTupleIsValid(tuple))
		return false;
	ReleaseSysCache(tuple);
	return true;
}

static void
inspect_index(References *refs)
{
	HeapTuple	tuple = !refs->locked ? NULL :
		SearchSysCache1(INDEXRELID, ObjectIdGetDatum(refs->index));

	if (!refs->locked)
		fkfix_catalog_scan_oid(refs->reader, IndexRelationId, IndexRelidIndexId,
							   Anum_pg_index_indexrelid, refs->index, read_index, refs);
	else if (HeapTupleIsValid(tuple))
	{
		read_index(tuple, NULL, refs);
		ReleaseSysCache(tuple);
	}
	if (!refs->has_index)
		add_fault(refs, FAULT_DAMAGE, "missing index",
				  psprintf("The key relies on the index with OID %u, which is no index of table %s.",
						   refs->index,
						   fkfix_catalog_table_name(refs->reader, refs->fk->confrelid)));
}

static void
inspect_operators(References *refs)
{
	ListCell   *lc;

	if (!refs->operators_fit)
		add_fault(refs, FAULT_DAMAGE, "missing operator",
				  pstrdup("The key's row does not have one operator for each of its columns."));
	foreach(lc, refs->operators)
	{
		if (!operator_exists(refs->reader, lfirst_oid(lc)))
			add_fault(refs, FAULT_DAMAGE, "missing operator",
					  psprintf("The key compares by the operator with OID %u, which does not exist.",
							   lfirst_oid(lc)));
	}
}

/* See CreateConstraintEntry and CreateTriggerFiringOn. */
static void
inspect_dependencies(References *refs)
{
	const ForeignKey *fk = refs->fk;
	ListCell   *lc;

	scan_depend(refs, DependDependerIndexId, Anum_pg_depend_classid, Anum_pg_depend_objid,
				read_dependency);
	if (!depends_on(refs->referencing, fk->conkey, fk->nkeys))
		add_fault(refs, FAULT_DEPENDENCY, "missing dependency",
				  psprintf("pg_depend does not say that the key depends on its columns of table %s.",
						   fkfix_catalog_table_name(refs->reader, fk->conrelid)));
	if (!depends_on(refs->referenced, fk->confkey, fk->nkeys))
		add_fault(refs, FAULT_DEPENDENCY, "missing dependency",
				  psprintf("pg_depend does not say that the key depends on the columns of table %s that it references.",
						   fkfix_catalog_table_name(refs->reader, fk->confrelid)));

	scan_depend(refs, DependReferenceIndexId, Anum_pg_depend_refclassid,
				Anum_pg_depend_refobjid, read_dependent);
	foreach(lc, fkfix_trigger_list(refs->reader, fk))
	{
		const KeyTrigger *trigger = lfirst(lc);

		if (!list_member_oid(refs->triggers, trigger->oid))
			add_fault(refs, FAULT_DEPENDENCY, "missing dependency",
					  psprintf("pg_depend does not say that the trigger with OID %u depends on the key.",
							   trigger->oid))->trigger = trigger->oid;
	}
}

static bool
depends_on(const Bitmapset *columns, const AttrNumber *attnums, int count)
{
	for (int i = 0; i < count; i++)
	{
		if (attnums[i] > 0 && !bms_is_member(attnums[i], columns))
			return false;
	}
	return true;
}

/* Nearly all do; only of one that does not is the snapshot asked. */
static bool
operator_exists(Reader *reader, Oid oid)
{
	bool		exists = SearchSysCacheExists1(OPEROID, ObjectIdGetDatum(oid));

	if (!exists)
	{
		fkfix_catalog_scan_oid(reader, OperatorRelationId, OperatorOidIndexId,
							   Anum_pg_operator_oid, oid, note_operator, &exists);
	}
	return exists;
}

static void
read_row(HeapTuple tuple, TupleDesc desc, void *state)
{
	References *refs = state;

	refs->index = ((Form_pg_constraint) GETSTRUCT(tuple))->conindid;
	read_operators(refs, tuple, desc, Anum_pg_constraint_conpfeqop);
	read_operators(refs, tuple, desc, Anum_pg_constraint_conppeqop);
	read_operators(refs, tuple, desc, Anum_pg_constraint_conffeqop);
}

/* As DeconstructFkConstraintRow, but raises no error. */
static void
read_operators(References *refs, HeapTuple tuple, TupleDesc desc, AttrNumber attnum)
{
	bool		isnull;
	Datum		datum = heap_getattr(tuple, attnum, desc, &isnull);
	ArrayType  *array = isnull ? NULL : DatumGetArrayTypeP(datum);

	if (array == NULL || ARR_NDIM(array) != 1 || ARR_HASNULL(array) ||
		ARR_ELEMTYPE(array) != OIDOID || ARR_DIMS(array)[0] != refs->fk->nkeys)
	{
		refs->operators_fit = false;
		return;
	}
	for (int i = 0; i < refs->fk->nkeys; i++)
		refs->operators = list_append_unique_oid(refs->operators, ((Oid *) ARR_DATA_PTR(array))[i]);
}

static void
read_index(HeapTuple tuple, TupleDesc desc, void *state)
{
	References *refs = state;

	refs->has_index = ((Form_pg_index) GETSTRUCT(tuple))->indrelid == refs->fk->confrelid;
}

static void
read_dependency(HeapTuple tuple, TupleDesc desc, void *state)
{
	References *refs = state;
	Form_pg_depend depend = (Form_pg_depend) GETSTRUCT(tuple);

	if (depend->refclassid != RelationRelationId || depend->refobjsubid <= 0)
		return;
	if (depend->deptype == DEPENDENCY_AUTO && depend->refobjid == refs->fk->conrelid)
		refs->referencing = bms_add_member(refs->referencing, depend->refobjsubid);
	if (depend->deptype == DEPENDENCY_NORMAL && depend->refobjid == refs->fk->confrelid)
		refs->referenced = bms_add_member(refs->referenced, depend->refobjsubid);
}

static void
read_dependent(HeapTuple tuple, TupleDesc desc, void *state)
{
	Form_pg_depend depend = (Form_pg_depend) GETSTRUCT(tuple);

	if (depend->classid == TriggerRelationId && depend->deptype == DEPENDENCY_INTERNAL)
	{
		References *refs = state;

		refs->triggers = lappend_oid(refs->triggers, depend->objid);
	}
}

static void
note_operator(HeapTuple tuple, TupleDesc desc, void *state)
{
	*(bool *) state = true;
}

/* Rows of pg_depend that have the key at one end. */
static void
scan_depend(References *refs, Oid index, AttrNumber class_column,
			AttrNumber object_column, RowVisitor visit)
{
	ScanKeyData keys[2];

	ScanKeyInit(&keys[0], class_column, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(ConstraintRelationId));
	ScanKeyInit(&keys[1], object_column, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(refs->fk->oid));
	fkfix_catalog_scan(refs->reader, DependRelationId, index, 2, keys, visit, refs);
}

static Fault *
add_fault(References *refs, FaultKind kind, const char *problem, char *detail)
{
	Fault	   *fault = palloc0(sizeof(Fault));

	fault->kind = kind;
	fault->relid = refs->fk->conrelid;
	fault->problem = pstrdup(problem);
	fault->detail = detail;
	refs->faults = lappend(refs->faults, fault);
	return fault;
}
