/*-------------------------------------------------------------------------
 *
 * lock.h
 *		Which locks a rebuild takes, and how it gets them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FKFIX_LOCK_H
#define FKFIX_LOCK_H

#include "nodes/pg_list.h"

#include "key.h"

extern void fkfix_lock_keys(List *keys);
extern bool fkfix_lock_key_conditionally(const ForeignKey *fk);
extern void fkfix_lock_surroundings(Reader *reader, const ForeignKey *fk);

#endif							/* FKFIX_LOCK_H */
