/*-------------------------------------------------------------------------
 *
 * index.h
 *		Can the rows that reference a deleted one be found by an index?
 *
 *-------------------------------------------------------------------------
 */
#ifndef FKFIX_INDEX_H
#define FKFIX_INDEX_H

#include "key.h"

extern char *fkfix_index_missing(Reader *reader, const ForeignKey *fk);

#endif							/* FKFIX_INDEX_H */
