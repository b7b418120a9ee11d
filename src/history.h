/*-------------------------------------------------------------------------
 *
 * history.h
 *		What was done to which key: fkfix.history.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FKFIX_HISTORY_H
#define FKFIX_HISTORY_H

#include "nodes/pg_list.h"

/* Why a key is changed. */
typedef struct Occasion
{
	const char *cause;			/* rebuild, enforcement or revert */
	int64		rule_id;		/* the rule that asked for it; 0: none */
	const char *command_tag;	/* the statement that set it off, or NULL */
} Occasion;

/* What a change did to a key, in words. */
typedef struct Change
{
	char	   *referencing;	/* qualified and quoted */
	char	   *constraint_name;
	char	   *referenced;
	char	   *old_on_delete;
	char	   *new_on_delete;
	char	   *old_on_update;
	char	   *new_on_update;
} Change;

/* A row of the history. */
typedef struct Entry
{
	Occasion	occasion;
	Change		change;
} Entry;

extern void fkfix_history_record(List *entries);
extern Change *fkfix_history_read(int64 id);

#endif							/* FKFIX_HISTORY_H */
