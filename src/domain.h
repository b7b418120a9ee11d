/*-------------------------------------------------------------------------
 *
 * domain.h
 *		What a column has from its type: NOT NULL and a default.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FKFIX_DOMAIN_H
#define FKFIX_DOMAIN_H

#include "catalog.h"

extern bool fkfix_domain_rejects_null(Reader *reader, Oid relid,
									  AttrNumber attnum);
extern bool fkfix_domain_has_default(Reader *reader, Oid type);

#endif							/* FKFIX_DOMAIN_H */
