/*-------------------------------------------------------------------------
 *
 * hazard.h
 *		Facts about a foreign key that make its action hurt.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FKFIX_HAZARD_H
#define FKFIX_HAZARD_H

#include "nodes/pg_list.h"

#include "audit.h"

extern List *fkfix_hazard_list(Reader *reader, const ForeignKey *fk,
							   const Finding *finding);

#endif							/* FKFIX_HAZARD_H */
