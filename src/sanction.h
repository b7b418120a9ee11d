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
	const Policy *policy;
	const char *command_tag;
	bool		must_pass;		/* it cannot be refused: DETACH */
	List	   *refusals;		/* what it will be refused for, the first ones */
	int			nrefusals;		/* and how many there are */
} Statement;

extern void fkfix_sanction(Statement *statement, Reader *reader,
						   const ForeignKey *fk, Finding *finding,
						   Reader *before);
extern void fkfix_sanction_refuse(const Statement *statement);

#endif							/* FKFIX_SANCTION_H */
