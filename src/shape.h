/*-------------------------------------------------------------------------
 *
 * shape.h
 *		A foreign key with everything that hangs on it: descendants, triggers.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FKFIX_SHAPE_H
#define FKFIX_SHAPE_H

#include "nodes/pg_list.h"

#include "trigger.h"

/* Which partition a key stands for. */
typedef enum ShapeSide
{
	SIDE_ROOT,					/* none: it is what the user made */
	SIDE_REFERENCED,			/* one of the referenced table */
	SIDE_REFERENCING			/* one of the referencing table */
} ShapeSide;

/* A root key or one of its descendants. */
typedef struct ShapeNode
{
	const ForeignKey *fk;
	struct ShapeNode *parent;	/* NULL for the root */
	List	   *children;		/* ShapeNodes that descend from it directly */
	ShapeSide	side;
	KeyTrigger *triggers[TRIGGER_NSLOTS];	/* NULL where there is none */
	List	   *surplus;		/* KeyTriggers that fit no slot or a taken one */
} ShapeNode;

/* A root key and all its descendants, parents before children. */
typedef struct Shape
{
	ShapeNode  *root;
	List	   *nodes;
} Shape;

extern Reader *fkfix_shape_reader(Oid relid);
extern Shape *fkfix_shape_read(Reader *reader, const ForeignKey *root);
extern bool fkfix_shape_has_triggers(const ShapeNode *node, TriggerSlot slot);
extern int	fkfix_shape_map_columns(Reader *reader, const ForeignKey *from,
									const AttrNumber *columns, int count,
									Oid to_relid, AttrNumber *mapped);

#endif							/* FKFIX_SHAPE_H */
