/*-------------------------------------------------------------------------
 *
 * filing.h
 *		Rules, filed under a name that what they match must have.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FKFIX_FILING_H
#define FKFIX_FILING_H

#include "nodes/pg_list.h"

/* Under which of a key's names a rule is filed. */
typedef enum FileName
{
	FILE_REFERENCING,
	FILE_CONSTRAINT,
	FILE_REFERENCED,
	FILE_COLUMN,				/* the first column */
	FILE_NONE					/* under none: it gives no name literally */
} FileName;

#define FILE_COUNT	(FILE_NONE + 1)

typedef struct RuleFiles RuleFiles;

extern RuleFiles *fkfix_filing_make(List *rules);
extern List *fkfix_filing_find(const RuleFiles *files, FileName what,
							   const char *name);

#endif							/* FKFIX_FILING_H */
