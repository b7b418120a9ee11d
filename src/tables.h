/*-------------------------------------------------------------------------
 *
 * tables.h
 *		The tables that a key stands on: which they are, and whether this
 *		session is using them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FKFIX_TABLES_H
#define FKFIX_TABLES_H

#include "nodes/pg_list.h"

#include "key.h"

extern List *fkfix_tables_of(const ForeignKey *fk);
extern void fkfix_tables_check_idle(const ForeignKey *fk);
extern bool fkfix_tables_are_idle(const ForeignKey *fk);

#endif							/* FKFIX_TABLES_H */
