/*-------------------------------------------------------------------------
 *
 * insert.h
 *		Rows of the extension's own tables, written so that nobody's trigger
 *		runs.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FKFIX_INSERT_H
#define FKFIX_INSERT_H

#include "utils/relcache.h"

/* A column that is given in each row. */
typedef struct InsertColumn
{
	const char *name;
	Oid			type;
} InsertColumn;

/* Rows being inserted into one table. */
typedef struct Insertion Insertion;

extern Insertion *fkfix_insert_begin(Relation rel, const InsertColumn *columns,
									 int ncolumns);
extern void fkfix_insert_row(Insertion *insertion, const Datum *values,
							 const bool *nulls);
extern void fkfix_insert_end(Insertion *insertion);

#endif							/* FKFIX_INSERT_H */
