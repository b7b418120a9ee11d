/*-------------------------------------------------------------------------
 *
 * sanction.h
 *		What is done about a key that DDL left in violation of the policy.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FKFIX_SANCTION_H
#define FKFIX_SANCTION_H

#include "audit.h"

/* The statement that is being looked at. */
typedef struct Statement
{
	Extension  *extension;
	const Policy *policy;
	const char *command_tag;
	bool		must_pass;		/* it cannot be refused: DETACH */
} Statement;

extern void fkfix_sanction(const Statement *statement, Reader *reader,
						   const ForeignKey *fk, Finding *finding,
						   Reader *before);

#endif							/* FKFIX_SANCTION_H */
