/*-------------------------------------------------------------------------
 *
 * revert.c
 *		fkfix_revert(): puts a key back to what the history says it was.
 *
 * A row of the history names the key, the actions that it was given and those
 * that it had.  Reverting is a rebuild with the latter, and goes through the
 * front desk like one: same privileges, same locks, same refusals.  It only
 * undoes what that row did; if somebody has changed the key since, his change
 * is not lost by undoing an older one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "miscadmin.h"
#include "storage/lockdefs.h"
#include "utils/builtins.h"
#include "utils/varlena.h"

#include "args.h"
#include "audit.h"
#include "compat.h"
#include "extension.h"
#include "history.h"
#include "request.h"

static const Action *former_action(const char *old, const char *new,
								   bool on_delete);
static void refuse_if_changed(const Request *request, const ForeignKey *fk,
							  const Change *change);
static bool still_does(Reader *reader, const ForeignKey *fk,
					   const char *given, bool on_delete);
pg_noreturn static void refuse_changed(Reader *reader, const ForeignKey *fk,
									   char *detail);

PG_FUNCTION_INFO_V1(fkfix_revert);

/*
 * fkfix_revert(history_id)
 *
 * Gives the key that a row of the history is about the actions that it had
 * before.  Returns whether anything changed.
 */
Datum
fkfix_revert(PG_FUNCTION_ARGS)
{
	Request		request = {.cause = "revert"};
	Change	   *change;
	const ForeignKey *fk;

	fkfix_extension_check_version();
	FKFIX_REQUIRE_ARG(0, "history_id");
	PreventCommandDuringRecovery("fkfix_revert()");
	PreventCommandIfReadOnly("fkfix_revert()");

	change = fkfix_history_read(PG_GETARG_INT64(0));
	if (change == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("there is no row " INT64_FORMAT " in table \"%s\"",
						PG_GETARG_INT64(0), "fkfix.history")));
	request.relid = RangeVarGetRelid(makeRangeVarFromNameList(textToQualifiedNameList(cstring_to_text(change->referencing))),
									 NoLock, false);
	request.name = change->constraint_name;
	request.on_delete = former_action(change->old_on_delete, change->new_on_delete, true);
	request.on_update = former_action(change->old_on_update, change->new_on_update, false);
	if (request.on_delete == NULL && request.on_update == NULL)
		PG_RETURN_BOOL(false);

	fk = fkfix_request_lock_key(&request);
	refuse_if_changed(&request, fk, change);
	PG_RETURN_BOOL(fkfix_request_set_actions(&request, fk));
}

/* The action to go back to; NULL if the row did not change that one. */
static const Action *
former_action(const char *old, const char *new, bool on_delete)
{
	return strcmp(old, new) == 0 ? NULL : fkfix_action_parse(old, on_delete);
}

/* Is it still the key that the row is about, and does it do what that did? */
static void
refuse_if_changed(const Request *request, const ForeignKey *fk, const Change *change)
{
	Reader	   *reader = request->reader;
	char	   *referenced = fkfix_catalog_table_name(reader, fk->confrelid);

	if (!equal(textToQualifiedNameList(cstring_to_text(referenced)),
			   textToQualifiedNameList(cstring_to_text(change->referenced))))
		refuse_changed(reader, fk,
					   psprintf("It references %s, and at the time referenced %s.",
								referenced, change->referenced));
	if (request->on_delete != NULL &&
		!still_does(reader, fk, change->new_on_delete, true))
		refuse_changed(reader, fk,
					   psprintf("It is ON DELETE %s, and was given ON DELETE %s at the time.",
								fkfix_action_text(fkfix_key_delete_action(reader, fk)),
								change->new_on_delete));
	if (request->on_update != NULL &&
		!still_does(reader, fk, change->new_on_update, false))
		refuse_changed(reader, fk,
					   psprintf("It is ON UPDATE %s, and was given ON UPDATE %s at the time.",
								fkfix_action_text(fkfix_key_update_action(fk)),
								change->new_on_update));
}

static bool
still_does(Reader *reader, const ForeignKey *fk, const char *given, bool on_delete)
{
	return fkfix_audit_accepts(reader, fk, list_make1(fkfix_action_parse(given, on_delete)),
							   on_delete ? fkfix_key_delete_action(reader, fk) :
							   fkfix_key_update_action(fk));
}

static void
refuse_changed(Reader *reader, const ForeignKey *fk, char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("foreign key \"%s\" of table \"%s\" has changed since",
					NameStr(fk->name),
					NameStr(fkfix_catalog_table(reader, fk->conrelid, false)->name)),
			 errdetail("%s", detail),
			 errhint("Revert the later changes first, the latest one before the others, or name the actions in a call of pg_catalog.fkfix_rebuild().")));
}
