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

#include "subject.h"

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
