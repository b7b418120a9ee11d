/*-------------------------------------------------------------------------
 *
 * check.h
 *		What stands in the way of an action on a foreign key.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FKFIX_CHECK_H
#define FKFIX_CHECK_H

#include "nodes/pg_list.h"

#include "key.h"

/* A reason not to give a key an action. */
typedef struct Obstacle
{
	bool		illegal;		/* ADD CONSTRAINT would refuse it too; if not,
								 * the first DELETE or UPDATE would fail */
	int			sqlstate;		/* as ADD CONSTRAINT raises it, if illegal */
	char	   *message;		/* as in a primary error message */
	char	   *detail;			/* a sentence that names tables and columns */
} Obstacle;

extern List *fkfix_check_actions(Reader *reader, const ForeignKey *fk,
								 const Action *on_delete,
								 const Action *on_update);
extern bool fkfix_check_default_is_null(Reader *reader, Oid relid,
										AttrNumber attnum);
extern AttrNumber fkfix_check_key_column(Reader *reader, const ForeignKey *fk,
										 const char *name);
extern int	fkfix_check_affected_columns(Reader *reader, const ForeignKey *fk,
										 const Action *action,
										 AttrNumber *columns);

#endif							/* FKFIX_CHECK_H */
