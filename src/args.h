/*-------------------------------------------------------------------------
 *
 * args.h
 *		What all SQL-callable functions do with arguments and results.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FKFIX_ARGS_H
#define FKFIX_ARGS_H

#include "fmgr.h"

#include "action.h"

/* NULL where a value is needed is an error, not a NULL result. */
#define FKFIX_REQUIRE_ARG(n, name) \
	do { \
		if (PG_ARGISNULL(n)) \
			ereport(ERROR, \
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), \
					 errmsg("argument \"%s\" must not be null", name))); \
	} while (0)

extern Oid	fkfix_args_table(FunctionCallInfo fcinfo, int n);
extern Action *fkfix_args_action(FunctionCallInfo fcinfo, int n,
								 bool on_delete);
extern Datum fkfix_args_text(const char *text, bool *isnull);
extern Datum fkfix_args_text_array(List *texts);

#endif							/* FKFIX_ARGS_H */
