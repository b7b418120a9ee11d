/*-------------------------------------------------------------------------
 *
 * script_sql.c
 *		Scripts in SQL: for psql, for servers without and with fkfix.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "ddl.h"
#include "script.h"

static void put_header(Script *script, const char *how);
static void put_cure(Script *script, const Cure *cure, Direction direction);
static void put_rebuild(Script *script, const Cure *cure, Direction direction);

/*
 * Writes the script for any server: drop, add, validate.
 */
void
fkfix_script_sql(Script *script)
{
	put_header(script,
			   "-- One ALTER TABLE drops a key and adds it again.  It takes ACCESS EXCLUSIVE on\n"
			   "-- both tables, and no longer than it takes to write the catalogs: NOT VALID\n"
			   "-- means that it reads no row.  VALIDATE CONSTRAINT reads the rows afterwards,\n"
			   "-- in a transaction of its own, while others read and write.\n");
	fkfix_script_each_cure(script, SCRIPT_UP, put_cure);
}

/*
 * Writes the script for a server that has fkfix: rebuilds.
 */
void
fkfix_script_fkfix(Script *script)
{
	put_header(script,
			   "-- A rebuild changes a key in place and reads no row.  It takes SHARE ROW\n"
			   "-- EXCLUSIVE on both tables: others can read meanwhile.\n");
	if (script->cures == NIL)
		return;
	appendStringInfo(&script->text, "\nSET lock_timeout = '%s';\n", SCRIPT_LOCK_TIMEOUT);
	fkfix_script_each_cure(script, SCRIPT_UP, put_rebuild);
	appendStringInfoString(&script->text, "RESET lock_timeout;\n");
}

static void
put_header(Script *script, const char *how)
{
	int			count = list_length(script->cures);

	if (count == 0)
		appendStringInfoString(&script->text, "-- No foreign key has to be changed.\n");
	else
		appendStringInfo(&script->text,
						 "-- Gives %d foreign key%s the actions that the policy asks for.\n"
						 "--\n"
						 "%s"
						 "--\n"
						 "-- If a lock is not to be had within %s the statement fails.  Then run the\n"
						 "-- script again: a key that has been changed already takes no harm.\n"
						 "--\n"
						 "-- psql -v ON_ERROR_STOP=1 -f FILE\n",
						 count, count == 1 ? "" : "s", how, SCRIPT_LOCK_TIMEOUT);
	fkfix_script_put_leftovers(script, "", "--");
}

static void
put_cure(Script *script, const Cure *cure, Direction direction)
{
	StringInfo	text = &script->text;
	char	   *comment = fkfix_script_comment(script, cure);
	char	   *validate = fkfix_script_validate(script, cure);

	appendStringInfo(text, "\n-- %s\n", fkfix_script_title(script, cure, direction));
	if (!cure->not_valid)
		appendStringInfoString(text, "-- The table is partitioned, and its rows are read under the lock: only\n"
							   "-- PostgreSQL 18 and later can add such a key NOT VALID.\n");
	appendStringInfo(text, "BEGIN;\nSET LOCAL lock_timeout = '%s';\n", SCRIPT_LOCK_TIMEOUT);
	appendStringInfo(text, "%s;\n", fkfix_script_alter(script, cure, direction));
	if (comment != NULL)
		appendStringInfo(text, "%s;\n", comment);
	appendStringInfoString(text, "COMMIT;\n");
	if (validate != NULL)
		appendStringInfo(text, "%s;\n", validate);
}

/* The actions are named, so that the other server needs no rules. */
static void
put_rebuild(Script *script, const Cure *cure, Direction direction)
{
	bool		deletes = cure->on_delete[SCRIPT_UP] != cure->on_delete[SCRIPT_DOWN];
	bool		updates = cure->on_update[SCRIPT_UP] != cure->on_update[SCRIPT_DOWN];

	appendStringInfo(&script->text, "-- %s\n%s\n", fkfix_script_title(script, cure, direction),
					 fkfix_ddl_rebuild(script->reader, cure->fk,
									   deletes ? cure->on_delete[SCRIPT_UP] : NULL,
									   updates ? cure->on_update[SCRIPT_UP] : NULL));
}
