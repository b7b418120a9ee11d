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

/* The extension in this database. */
typedef struct Extension
{
	Oid			oid;
	Oid			schema;
	char	   *schema_name;
	Oid			policy;			/* its tables, InvalidOid if missing: ask */
	Oid			history;		/* fkfix_extension_table */
} Extension;

/* fkfix.enforcement, an Enforcement */
extern int	fkfix_enforcement;

extern Extension *fkfix_extension_get(void);
extern Extension *fkfix_extension_get_any(void);
extern Oid	fkfix_extension_table(const Extension *extension, const char *name);
extern Relation fkfix_extension_open(const Extension *extension, const char *name,
									 LOCKMODE lockmode);
extern AttrNumber fkfix_extension_column(Relation rel, const char *name, Oid type);
extern void fkfix_extension_check_access(Relation rel, AclMode mode);
extern char *fkfix_extension_event_trigger(char *enabled);
extern const char *fkfix_extension_off_duty(Extension *extension);
extern char *fkfix_extension_function_name(Extension *extension,
										   const char *name);

#endif							/* FKFIX_EXTENSION_H */
