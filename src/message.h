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

extern char *fkfix_message_detail(const Finding *finding);
extern char *fkfix_message_hint(const Finding *finding);
extern int	fkfix_message_errkey(Reader *reader, const ForeignKey *fk);
extern void fkfix_message_warn_conflict(Reader *reader, const ForeignKey *fk,
										const Finding *finding);

#endif							/* FKFIX_MESSAGE_H */
