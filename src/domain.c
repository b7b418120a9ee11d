/*-------------------------------------------------------------------------
 *
 * domain.c
 *		What a column has from its type: NOT NULL and a default.
 *
 * A domain can refuse nulls that its column would accept, and has a default for
 * columns without one.  Both decide whether SET NULL and SET DEFAULT can work.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/indexing.h"
#include "catalog/pg_type.h"
#include "utils/fmgroids.h"

#include "domain.h"

/* One step on the way from a domain to its base type. */
typedef struct DomainFacts
{
	Oid			base_type;
	bool		rejects_null;
} DomainFacts;

static void read_domain(HeapTuple tuple, TupleDesc desc, void *state);
static void read_type_default(HeapTuple tuple, TupleDesc desc, void *state);

/*
 * Does a column refuse NULLs, by its own NOT NULL or by that of its domain or of
 * a domain that this one is over?
 */
bool
fkfix_domain_rejects_null(Reader *reader, Oid relid, AttrNumber attnum)
{
	const ColumnFacts *column = fkfix_catalog_column(reader, relid, attnum, true);
	DomainFacts domain = {0};
	List	   *seen = NIL;

	if (column == NULL)
		return false;
	domain.base_type = column->type;
	domain.rejects_null = column->not_null;
	/* the server's own types are no domains that matter: spare the look-up */
	while (!domain.rejects_null && domain.base_type >= FirstNormalObjectId &&
		   !list_member_oid(seen, domain.base_type))
	{
		ScanKeyData key;

		/* pg_type may have been edited to lead in a circle */
		seen = lappend_oid(seen, domain.base_type);
		ScanKeyInit(&key, Anum_pg_type_oid, BTEqualStrategyNumber, F_OIDEQ,
					ObjectIdGetDatum(domain.base_type));
		domain.base_type = InvalidOid;
		fkfix_catalog_scan(reader, TypeRelationId, TypeOidIndexId, 1, &key,
						   read_domain, &domain);
	}
	return domain.rejects_null;
}

/*
 * Has a type a default of its own, which its columns have where they have none?
 * See get_typdefault.
 */
bool
fkfix_domain_has_default(Reader *reader, Oid type)
{
	bool		has_default = false;

	if (type < FirstUnpinnedObjectId)
		return false;			/* no base type of the server has one */
	fkfix_catalog_scan_oid(reader, TypeRelationId, TypeOidIndexId, Anum_pg_type_oid,
						   type, read_type_default, &has_default);
	return has_default;
}

static void
read_domain(HeapTuple tuple, TupleDesc desc, void *state)
{
	Form_pg_type form = (Form_pg_type) GETSTRUCT(tuple);
	DomainFacts *domain = state;

	if (form->typtype != TYPTYPE_DOMAIN)
		return;
	domain->rejects_null = form->typnotnull;
	domain->base_type = form->typbasetype;
}

static void
read_type_default(HeapTuple tuple, TupleDesc desc, void *state)
{
	*(bool *) state = !heap_attisnull(tuple, Anum_pg_type_typdefault, desc) ||
		!heap_attisnull(tuple, Anum_pg_type_typdefaultbin, desc);
}
