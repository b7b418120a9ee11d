/*-------------------------------------------------------------------------
 *
 * trigger.h
 *		The triggers of foreign keys, from pg_trigger.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FKFIX_TRIGGER_H
#define FKFIX_TRIGGER_H

#include "nodes/pg_list.h"

#include "key.h"

/* The triggers a key can have on its two tables. */
typedef enum TriggerSlot
{
	TRIGGER_ON_DELETE,			/* action triggers, on the referenced table */
	TRIGGER_ON_UPDATE,
	TRIGGER_CHECK_INSERT,		/* check triggers, on the referencing table */
	TRIGGER_CHECK_UPDATE,
	TRIGGER_NSLOTS
} TriggerSlot;

/* A row of pg_trigger that belongs to a foreign key. */
typedef struct KeyTrigger
{
	Oid			constraint;		/* the row of pg_constraint */
	Oid			oid;
	Oid			relid;			/* the table it is on */
	Oid			constrrelid;	/* the table at the other end */
	Oid			parentid;
	Oid			func;
	TriggerSlot slot;			/* TRIGGER_NSLOTS if it fits none */
	char		enabled;
	bool		deferrable;
	bool		deferred;
} KeyTrigger;

extern List *fkfix_trigger_list(Reader *reader, const ForeignKey *fk);
extern List *fkfix_trigger_list_strays(Reader *reader, Oid relid);
extern char *fkfix_trigger_name(Reader *reader, Oid trigger);
extern void fkfix_trigger_read_all(Reader *reader);
extern bool fkfix_trigger_all_plain(const Reader *reader,
									const ForeignKey *fk);
extern bool fkfix_trigger_is_action(TriggerSlot slot);
extern const ActionKind *fkfix_trigger_action(const ForeignKey *fk,
											  TriggerSlot slot);
extern void fkfix_trigger_expect(const ForeignKey *fk, TriggerSlot slot,
								 KeyTrigger *expected);

#endif							/* FKFIX_TRIGGER_H */
