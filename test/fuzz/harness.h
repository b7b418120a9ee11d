/*-------------------------------------------------------------------------
 *
 * harness.h
 *		What the fuzz targets share: the parsers of src/ without a server.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HARNESS_H
#define HARNESS_H

/* A property that must hold for every input. */
#define PROMISE(condition) \
	do { \
		if (!(condition)) \
			harness_broken(__FILE__, __LINE__, #condition); \
	} while (0)

typedef void (*HarnessCall) (void *arg);

extern bool harness_try(HarnessCall call, void *arg);
extern char *harness_field(const uint8_t **data, size_t *size);
extern bool harness_is_valid(const char *text);
extern bool harness_is_name(const char *text);
extern char *harness_quoted(const char *name);
extern void harness_free(void);
extern void harness_broken(const char *file, int line,
						   const char *condition) pg_attribute_noreturn();

/* psql.c, which sees the world as a client does */
extern int	psql_matches(const char *pattern, const char *schema,
						 const char *name);

#endif							/* HARNESS_H */
