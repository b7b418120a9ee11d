/*-------------------------------------------------------------------------
 *
 * review.h
 *		Older keys: has a statement brought one into violation of the policy?
 *
 *-------------------------------------------------------------------------
 */
#ifndef FKFIX_REVIEW_H
#define FKFIX_REVIEW_H

#include "catalog/objectaddress.h"
#include "nodes/pg_list.h"

#include "sanction.h"

/* What a statement did, as far as it matters here. */
typedef struct Deeds
{
	const char *command_tag;	/* of the statement */
	List	   *new_keys;		/* OIDs */
	List	   *touched_keys;	/* OIDs of older keys */
	List	   *touched_tables; /* OIDs of tables whose older keys to look at */
	bool		everything;		/* too far-reaching to say: look at all keys */
	ObjectAddress altered;		/* the schema or type that is why */
	bool		joined_scope;	/* a table has left an extension */
	bool		detaches;
	CommandId	began;			/* our transaction's commands before this one
								 * are those with a lower number */
} Deeds;

extern void fkfix_review_older_keys(Statement *statement, const Deeds *deeds);

#endif							/* FKFIX_REVIEW_H */
