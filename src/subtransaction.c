/*-------------------------------------------------------------------------
 *
 * subtransaction.c
 *		Work that can be undone without undoing the statement.
 *
 * An error can be got rid of only with the transaction that it belongs to, and so
 * can locks that were waited for with a limit, which is an error when reached.  So
 * what must be able to fail is done in one of its own, as plpgsql does with a
 * block that has EXCEPTION.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/resowner.h"

#include "subtransaction.h"

/*
 * Does some work in a subtransaction, which is kept if the work says so, and
 * rolled back if it does not or raises an error.  Returns whether it was kept;
 * sets "error" to a copy of the error in the current memory context, or to NULL.
 */
bool
fkfix_subtransaction_run(SubtransactionWork work, void *state, ErrorData **error)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	volatile bool kept = false;

	*error = NULL;
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		if (work(state))
		{
			ReleaseCurrentSubTransaction();
			kept = true;
		}
		else
			RollbackAndReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		*error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return kept;
}
