/*-------------------------------------------------------------------------
 *
 * request.h
 *		The front desk: what is asked of a key, and whether it may be asked.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FKFIX_REQUEST_H
#define FKFIX_REQUEST_H

#include "key.h"
#include "policy.h"

extern ForeignKey *fkfix_request_find_key(Reader *reader, Oid relid,
										  const char *name);
extern void fkfix_request_check_privileges(Reader *reader,
										   const ForeignKey *fk);
extern Enforcement fkfix_request_mode(const Rule *rule);

#endif							/* FKFIX_REQUEST_H */
