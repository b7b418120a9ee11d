/*-------------------------------------------------------------------------
 *
 * extension.h
 *		Where the extension's own objects are, and whether it is on duty.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FKFIX_EXTENSION_H
#define FKFIX_EXTENSION_H

#include "access/attnum.h"
#include "nodes/parsenodes.h"
#include "storage/lockdefs.h"
#include "utils/relcache.h"

/* Name given to the event trigger that enforces the policy. */
#define ENFORCEMENT_TRIGGER "fkfix_enforcement"

/* What fkfix.enforcement can be; a rule's own mode is one of the later four. */
typedef enum Enforcement
{
	ENFORCE_BY_POLICY,
	ENFORCE_OFF,
	ENFORCE_WARN,
	ENFORCE_ERROR,
	ENFORCE_FIX
} Enforcement;

/* The extension's tables. */
typedef enum ExtensionTable
{
	POLICY_TABLE,
	HISTORY_TABLE,
	EXTENSION_NTABLES
} ExtensionTable;

/* fkfix.enforcement, an Enforcement */
extern int	fkfix_enforcement;

extern void fkfix_extension_check_version(void);
extern Oid	fkfix_extension_oid(void);
extern Oid	fkfix_extension_table(ExtensionTable table);
extern Relation fkfix_extension_open(ExtensionTable table, LOCKMODE lockmode);
extern AttrNumber fkfix_extension_column(Relation rel, const char *name, Oid type);
extern int	fkfix_extension_errmsg_altered(Relation rel);
extern void fkfix_extension_check_access(Relation rel, AclMode mode);
extern char *fkfix_extension_event_trigger(char *enabled);
extern const char *fkfix_extension_off_duty(void);

#endif							/* FKFIX_EXTENSION_H */
