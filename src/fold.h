/*-------------------------------------------------------------------------
 *
 * fold.h
 *		Few rules that say what many foreign keys do.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FKFIX_FOLD_H
#define FKFIX_FOLD_H

#include "nodes/pg_list.h"

#include "key.h"
#include "policy.h"

/* A key to be described. */
typedef struct FoldKey
{
	ForeignKey *fk;
	const Rule *decided_by;		/* a rule that decides it already, and must go
								 * on doing so; NULL: none */
} FoldKey;

/* A rule that is to be written, as texts. */
typedef struct FoldedRule
{
	char	   *referencing;	/* NULL: any, and so below */
	List	   *columns;		/* char * */
	char	   *referenced;
	char	   *constraint_name;
	const char *on_delete;
	const char *on_update;
} FoldedRule;

extern List *fkfix_fold(Reader *reader, List *keys, const char *scope,
						bool minimal);

#endif							/* FKFIX_FOLD_H */
