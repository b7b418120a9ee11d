/*-------------------------------------------------------------------------
 *
 * order.h
 *		In which order a rebuild locks tables.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FKFIX_ORDER_H
#define FKFIX_ORDER_H

#include "nodes/pg_list.h"

extern List *fkfix_order_tables(List *keys, bool strict);

#endif							/* FKFIX_ORDER_H */
