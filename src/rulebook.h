/*-------------------------------------------------------------------------
 *
 * rulebook.h
 *		The rules as they are now, remembered from statement to statement.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FKFIX_RULEBOOK_H
#define FKFIX_RULEBOOK_H

#include "policy.h"

extern const Policy *fkfix_rulebook_now(void);
extern const Policy *fkfix_rulebook_as_of(Snapshot snapshot);

#endif							/* FKFIX_RULEBOOK_H */
