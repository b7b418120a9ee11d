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
	FILE_NONE					/* under none that it gives literally */
} FileName;

/* Of each kind the rules that give a schema, and those that do not. */
#define DRAWER_COUNT		(2 * (FILE_NONE + 1))
#define DRAWER_OF(kind, has_schema)	(2 * (kind) + ((has_schema) ? 0 : 1))
#define DRAWER_KIND(drawer)	((FileName) ((drawer) / 2))
#define DRAWER_HAS_SCHEMA(drawer)	((drawer) % 2 == 0)

typedef struct RuleFiles RuleFiles;

extern RuleFiles *fkfix_filing_make(List *rules);
extern const struct Rule *fkfix_filing_best(const RuleFiles *files,
											int drawer);
extern List *fkfix_filing_find(const RuleFiles *files, int drawer,
							   const char *schema, const char *name);

#endif							/* FKFIX_FILING_H */
