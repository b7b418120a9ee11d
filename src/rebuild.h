/*-------------------------------------------------------------------------
 *
 * rebuild.h
 *		The operating theatre: the only code that writes a system catalog.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FKFIX_REBUILD_H
#define FKFIX_REBUILD_H

#include "action.h"
#include "history.h"
#include "key.h"

/* Where keys are rebuilt, one after the other. */
typedef struct Theatre Theatre;

extern Theatre *fkfix_rebuild_begin(void);
extern bool fkfix_rebuild_next(Theatre *theatre, Reader *reader,
							   const ForeignKey *fk, const Action *on_delete, const Action *on_update,
							   const Occasion *occasion, Change *change);
extern void fkfix_rebuild_end(Theatre *theatre);
extern bool fkfix_rebuild_key(Reader *reader, const ForeignKey *fk,
							  const Action *on_delete, const Action *on_update,
							  const Occasion *occasion, Change *change);
extern void fkfix_rebuild_refuse_descendant(Reader *reader,
											const ForeignKey *fk);

#endif							/* FKFIX_REBUILD_H */
