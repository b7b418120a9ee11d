/*-------------------------------------------------------------------------
 *
 * subtransaction.h
 *		Work that can be undone without undoing the statement.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FKFIX_SUBTRANSACTION_H
#define FKFIX_SUBTRANSACTION_H

/* Does the work; is it to be kept? */
typedef bool (*SubtransactionWork) (void *state);

extern bool fkfix_subtransaction_run(SubtransactionWork work, void *state,
									 ErrorData **error);

#endif							/* FKFIX_SUBTRANSACTION_H */
