/*-------------------------------------------------------------------------
 *
 * args.c
 *		What all SQL-callable functions do with arguments and results.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/syscache.h"

#include "args.h"

/*
 * Returns the table that an argument names, InvalidOid for NULL; raises an error
 * if there is no such table.
 */
Oid
fkfix_args_table(FunctionCallInfo fcinfo, int n)
{
	Oid			relid = PG_ARGISNULL(n) ? InvalidOid : PG_GETARG_OID(n);

	if (!PG_ARGISNULL(n) && !SearchSysCacheExists1(RELOID, ObjectIdGetDatum(relid)))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation with OID %u does not exist", relid)));
	return relid;
}

/*
 * Returns the action that an argument names, in the current memory context, or
 * NULL for NULL; raises an error if it names none.
 */
Action *
fkfix_args_action(FunctionCallInfo fcinfo, int n, bool on_delete)
{
	if (PG_ARGISNULL(n))
		return NULL;
	return fkfix_action_parse(text_to_cstring(PG_GETARG_TEXT_PP(n)), on_delete);
}

/*
 * Returns a text, and sets whether it is NULL.
 */
Datum
fkfix_args_text(const char *text, bool *isnull)
{
	*isnull = text == NULL;
	return text == NULL ? (Datum) 0 : CStringGetTextDatum(text);
}

/*
 * Returns a list of strings as text[].
 */
Datum
fkfix_args_text_array(List *texts)
{
	Datum	   *elements = palloc(list_length(texts) * sizeof(Datum));
	ListCell   *lc;

	foreach(lc, texts)
		elements[foreach_current_index(lc)] = CStringGetTextDatum(lfirst(lc));
	return PointerGetDatum(construct_array(elements, list_length(texts), TEXTOID,
										   -1, false, TYPALIGN_INT));
}
