/*-------------------------------------------------------------------------
 *
 * grants.h
 *		Which ordinary roles may write the extension's tables.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FKFIX_GRANTS_H
#define FKFIX_GRANTS_H

#include "nodes/pg_list.h"

extern List *fkfix_grants_list(void);

#endif							/* FKFIX_GRANTS_H */
