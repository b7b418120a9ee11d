/*-------------------------------------------------------------------------
 *
 * message.h
 *		What users are told about a key and the rule that decides it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FKFIX_MESSAGE_H
#define FKFIX_MESSAGE_H

#include "audit.h"
#include "key.h"
#include "policy.h"

extern int	fkfix_message_errdetail(const Rule *rule);
extern int	fkfix_message_errhint_declare(const Rule *rule,
										  bool with_on_delete,
										  bool with_on_update);
extern int	fkfix_message_errkey(Reader *reader, const ForeignKey *fk);
extern void fkfix_message_warn_conflict(Reader *reader, const ForeignKey *fk,
										const Finding *finding);

#endif							/* FKFIX_MESSAGE_H */
