/*-------------------------------------------------------------------------
 *
 * inspect.h
 *		Is a foreign key whole?
 *
 *-------------------------------------------------------------------------
 */
#ifndef FKFIX_INSPECT_H
#define FKFIX_INSPECT_H

#include "shape.h"

/* What can be wrong with a shape. */
typedef enum FaultKind
{
	FAULT_DAMAGE,				/* the key does not do what it says */
	FAULT_DEFERRABILITY,		/* triggers are deferrable and the key is not,
								 * or the other way round */
	FAULT_COLUMN_LIST,			/* a descendant names other columns */
	FAULT_DISABLED,				/* a trigger is switched off */
	FAULT_DEPENDENCY			/* pg_depend lacks a row: the key may be left
								 * behind, and acts as it says until then */
} FaultKind;

typedef struct Fault
{
	FaultKind	kind;
	Oid			relid;			/* the table where it shows */
	Oid			trigger;		/* that is disabled, or not known to depend on
								 * the key; or InvalidOid */
	char	   *problem;		/* a few words */
	char	   *detail;			/* a sentence */
} Fault;

extern List *fkfix_inspect_key(Reader *reader, const ForeignKey *fk);
extern List *fkfix_inspect_shape(Reader *reader, const Shape *shape);
extern List *fkfix_inspect_references(Reader *reader, const ForeignKey *fk,
									  bool locked);
extern Fault *fkfix_inspect_damage(List *faults);

#endif							/* FKFIX_INSPECT_H */
