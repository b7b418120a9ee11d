/*-------------------------------------------------------------------------
 *
 * request.h
 *		The front desk: what is asked of a key, and whether it may be asked.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FKFIX_REQUEST_H
#define FKFIX_REQUEST_H

#include "audit.h"
#include "key.h"
#include "policy.h"

/* What is asked of which key. */
typedef struct Request
{
	const char *cause;			/* as in the history */
	Oid			relid;
	const char *name;
	const Action *on_delete;	/* NULL: not named */
	const Action *on_update;
	Reader	   *reader;			/* of what is under the locks; see
								 * fkfix_request_lock_key */
} Request;

extern ForeignKey *fkfix_request_find_key(Reader *reader, Oid relid,
										  const char *name);
extern void fkfix_request_check_privileges(Reader *reader,
										   const ForeignKey *fk);
extern ForeignKey *fkfix_request_lock_key(Request *request);
extern bool fkfix_request_set_actions(const Request *request,
									  const ForeignKey *fk);
extern Enforcement fkfix_request_mode(const Rule *rule);
extern Enforcement fkfix_request_finding_mode(const Finding *finding);

#endif							/* FKFIX_REQUEST_H */
