/*-------------------------------------------------------------------------
 *
 * concern.h
 *		Which DDL may concern a foreign key, by what was written.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FKFIX_CONCERN_H
#define FKFIX_CONCERN_H

#include "nodes/parsenodes.h"

extern bool fkfix_concern_statement(Node *parsetree);
extern bool fkfix_concern_subcommand(const AlterTableCmd *cmd);

#endif							/* FKFIX_CONCERN_H */
