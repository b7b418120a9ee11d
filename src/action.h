/*-------------------------------------------------------------------------
 *
 * action.h
 *		What a referential action is: its character in the catalogs, its
 *		spelling, the functions that carry it out.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FKFIX_ACTION_H
#define FKFIX_ACTION_H

#include "nodes/pg_list.h"

/* All there is to know about one of the five actions. */
typedef struct ActionKind
{
	char		code;			/* FKCONSTR_ACTION_xxx, as in confdeltype */
	const char *name;			/* as in DDL */
	Oid			delete_func;	/* RI function of the ON DELETE trigger */
	Oid			update_func;	/* RI function of the ON UPDATE trigger */
	bool		deferrable;		/* do its triggers follow the constraint's
								 * deferrability? */
	bool		takes_columns;	/* may it carry a column list on DELETE? */
} ActionKind;

/* An action as somebody asks for it. */
typedef struct Action
{
	const ActionKind *kind;
	List	   *columns;		/* names (char *), in the order written; NIL
								 * means all columns of the key */
} Action;

extern const ActionKind *fkfix_action_kind(char code);
extern List *fkfix_action_parse_list(const char *text, bool on_delete);
extern Action *fkfix_action_parse(const char *text, bool on_delete);
extern char *fkfix_action_text(const Action *action);
extern char *fkfix_action_list_text(List *actions);
extern bool fkfix_action_equal(const Action *a, const Action *b,
							   List *key_columns);

#endif							/* FKFIX_ACTION_H */
