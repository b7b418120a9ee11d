/*-------------------------------------------------------------------------
 *
 * script.h
 *		Migrations that cure the violations, in the languages of the tools.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FKFIX_SCRIPT_H
#define FKFIX_SCRIPT_H

#include "lib/stringinfo.h"
#include "nodes/pg_list.h"

#include "key.h"

/* How long a script waits for a lock. */
#define SCRIPT_LOCK_TIMEOUT "2s"

/* A key, and what it does and shall do. */
typedef struct Cure
{
	ForeignKey *fk;
	const Action *on_delete[2]; /* by Direction */
	const Action *on_update[2];
	char	   *comment;		/* of the constraint; NULL: none */
	bool		not_valid;		/* is it added without looking at the rows? */
	bool		validate;		/* and are they looked at afterwards? */
} Cure;

typedef enum Direction
{
	SCRIPT_UP,					/* what the policy asks */
	SCRIPT_DOWN					/* what is now */
} Direction;

/* A script in the making. */
typedef struct Script
{
	Reader	   *reader;
	List	   *cures;
	List	   *leftovers;		/* what it does not cure, as lines of text */
	StringInfoData text;
} Script;

/* Writes a whole script, or the part of it that is about one key. */
typedef void (*ScriptWriter) (Script *script);
typedef void (*CureWriter) (Script *script, const Cure *cure,
							Direction direction);

extern void fkfix_script_each_cure(Script *script, Direction direction,
								   CureWriter write);

extern char *fkfix_script_alter(Script *script, const Cure *cure,
								Direction direction);
extern char *fkfix_script_validate(Script *script, const Cure *cure);
extern char *fkfix_script_comment(Script *script, const Cure *cure);
extern char *fkfix_script_title(Script *script, const Cure *cure,
								Direction direction);
extern void fkfix_script_put_leftovers(Script *script, const char *indent,
									   const char *mark);
extern char *fkfix_script_string(const char *text, const char *also_escaped);
extern bool fkfix_script_plain_names(Script *script, const Cure *cure);

extern void fkfix_script_sql(Script *script);
extern void fkfix_script_fkfix(Script *script);
extern void fkfix_script_alembic(Script *script);
extern void fkfix_script_django(Script *script);
extern void fkfix_script_rails(Script *script);

#endif							/* FKFIX_SCRIPT_H */
