/*-------------------------------------------------------------------------
 *
 * pattern.h
 *		Name patterns, as psql's \d takes them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FKFIX_PATTERN_H
#define FKFIX_PATTERN_H

/* How much a pattern, or one part of it, says; in order of precedence. */
typedef enum Specificity
{
	SPECIFIC_NOT,				/* not given, or * alone */
	SPECIFIC_WILDCARD,			/* given with a wildcard */
	SPECIFIC_LITERAL			/* a name */
} Specificity;

/* One part of a pattern: a name, possibly with wildcards. */
typedef struct NamePattern
{
	char	   *source;			/* as it was written; of a table's part NULL */
	Specificity specificity;
	char	   *text;			/* unquoted and folded */
	bool	   *wildcard;		/* for each byte of text: is it a wildcard? */
} NamePattern;

/* The pattern of a table: an optional schema, and a name. */
typedef struct TablePattern
{
	char	   *source;			/* as it was written */
	NamePattern schema;
	NamePattern name;
} TablePattern;

extern TablePattern *fkfix_pattern_parse_table(const char *what,
											   const char *pattern);
extern NamePattern *fkfix_pattern_parse_name(const char *what,
											 const char *pattern);
extern bool fkfix_pattern_matches(const NamePattern *pattern, const char *name);
extern bool fkfix_pattern_matches_table(const TablePattern *pattern,
										const char *schema, const char *name);

#endif							/* FKFIX_PATTERN_H */
