/*-------------------------------------------------------------------------
 *
 * ddl.h
 *		Foreign keys written as DDL.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FKFIX_DDL_H
#define FKFIX_DDL_H

#include "key.h"

extern char *fkfix_ddl_definition(Reader *reader, const ForeignKey *fk,
								  const Action *on_delete,
								  const Action *on_update);
extern char *fkfix_ddl_recreate(Reader *reader, const ForeignKey *fk,
								const Action *on_delete,
								const Action *on_update);
extern char *fkfix_ddl_rebuild(Reader *reader, const ForeignKey *fk,
							   const Action *on_delete, const Action *on_update);

#endif							/* FKFIX_DDL_H */
