/*-------------------------------------------------------------------------
 *
 * assert.c
 *		fkfix_assert(): the audit as one error, for CI.
 *
 * Whoever reads the log of a failed build sees one message and nothing else, so
 * that message says how many keys, which ones, and what to run.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

#include "args.h"
#include "audit.h"
#include "extension.h"
#include "rulebook.h"
#include "shape.h"

/* As many keys are named in full. */
#define MAX_NAMED	10

/* What one call is about. */
typedef struct Assertion
{
	const Policy *policy;
	Reader	   *reader;
	int			count;			/* keys that are not in order */
	int			violations;		/* those of them that a rebuild cures */
	StringInfoData keys;
	StringInfoData remedies;
} Assertion;

static void examine(const ForeignKey *fk, void *state);
static void name_key(Assertion *assertion, const ForeignKey *fk,
					 const Finding *finding);
static int	hint_remedy(Assertion *assertion);

PG_FUNCTION_INFO_V1(fkfix_assert);

/*
 * fkfix_assert(relation)
 *
 * Raises an error if the audit, of one referencing table or of all, would list
 * anything.
 */
Datum
fkfix_assert(PG_FUNCTION_ARGS)
{
	Assertion	assertion = {0};
	Oid			relid;

	fkfix_extension_check_version();
	relid = fkfix_args_table(fcinfo, 0);
	assertion.policy = fkfix_rulebook_as_of(GetActiveSnapshot());
	assertion.reader = fkfix_shape_reader(relid);
	assertion.reader->passing = true;
	initStringInfo(&assertion.keys);
	initStringInfo(&assertion.remedies);

	/* a table that is gone must not pass for one that is in order */
	if (OidIsValid(relid) && fkfix_catalog_table(assertion.reader, relid, true) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation with OID %u does not exist", relid)));

	fkfix_audit_each_key(assertion.reader, relid, examine, &assertion);
	if (assertion.count == 0)
		PG_RETURN_VOID();

	if (assertion.count > MAX_NAMED)
		appendStringInfo(&assertion.keys, "\nand %d more", assertion.count - MAX_NAMED);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_FOREIGN_KEY),
			 errmsg_plural("%d foreign key is not in order by the policy",
						   "%d foreign keys are not in order by the policy",
						   assertion.count, assertion.count),
			 errdetail("%s", assertion.keys.data),
			 hint_remedy(&assertion)));
}

static void
examine(const ForeignKey *fk, void *state)
{
	Assertion  *assertion = state;
	const Finding *finding = fkfix_audit_examine(assertion->policy, assertion->reader, fk);

	if (finding == NULL || fkfix_audit_in_order(finding->status))
		return;
	if (assertion->count < MAX_NAMED)
		name_key(assertion, fk, finding);
	assertion->count++;
	if (finding->status == STATUS_VIOLATION)
		assertion->violations++;
}

/* A line for the detail, and one for the hint. */
static void
name_key(Assertion *assertion, const ForeignKey *fk, const Finding *finding)
{
	char	   *remedy = fkfix_audit_remedy(assertion->reader, fk, finding);

	appendStringInfo(&assertion->keys, "%s%s of %s: ",
					 assertion->count > 0 ? "\n" : "",
					 quote_identifier(NameStr(fk->name)),
					 fkfix_catalog_table_name(assertion->reader, fk->conrelid));
	if (finding->status == STATUS_VIOLATION)
		appendStringInfo(&assertion->keys, "must be %s (rule " INT64_FORMAT ")",
						 fkfix_audit_demand(finding->rule, finding->set_on_delete != NULL,
											finding->set_on_update != NULL),
						 finding->rule->id);
	else
		appendStringInfo(&assertion->keys, "%s: %s",
						 fkfix_audit_status_name(finding->status), finding->detail);
	if (remedy != NULL)
		appendStringInfo(&assertion->remedies, "%s%s",
						 assertion->remedies.len > 0 ? "\n" : "", remedy);
}

/* The statements to run while they are few, then the one that runs them. */
static int
hint_remedy(Assertion *assertion)
{
	if (assertion->remedies.len > 0 && assertion->count <= 3)
		return errhint("%s", assertion->remedies.data);
	if (assertion->violations > 0)
		return errhint("SELECT * FROM pg_catalog.fkfix_rebuild_all();");
	return errhint("SELECT * FROM pg_catalog.fkfix_audit();");
}
