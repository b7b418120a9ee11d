/*-------------------------------------------------------------------------
 *
 * fail_allocation.c
 *		Lets the server run out of memory when it is told to.
 *
 * Preloaded into a server by the dynamic linker, this stands between it and the
 * C library.  Called from SQL, it has one allocation of the session fail; but
 * not where PostgreSQL cannot bear it: pgstat_get_entry_ref enters a reference
 * before it has the memory for it, and without goes on to follow whatever lies
 * there.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <dlfcn.h>
#include <execinfo.h>

#include "fmgr.h"

PG_MODULE_MAGIC;

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);

/* How many allocations are left until one fails; zero: none will. */
static int	left = 0;

PG_FUNCTION_INFO_V1(fail_allocation);
PG_FUNCTION_INFO_V1(allocation_is_due);

/* fail_allocation(n): the nth allocation from now on fails. */
Datum
fail_allocation(PG_FUNCTION_ARGS)
{
	left = PG_GETARG_INT32(0);
	PG_RETURN_VOID();
}

/* allocation_is_due(): was there no failure yet?  There will be none. */
Datum
allocation_is_due(PG_FUNCTION_ARGS)
{
	bool		is_due = left > 0;

	left = 0;
	PG_RETURN_BOOL(is_due);
}

/* Are we called for the function of the server that must not fail? */
static bool
in_unsafe_function(void)
{
	void	   *frames[16];
	int			depth = backtrace(frames, lengthof(frames));

	for (int i = 0; i < depth; i++)
	{
		Dl_info		info;

		if (dladdr(frames[i], &info) != 0 && info.dli_sname != NULL &&
			strcmp(info.dli_sname, "pgstat_get_entry_ref") == 0)
			return true;
	}
	return false;
}

/* The next one fails instead of one that must not. */
static bool
must_fail(void)
{
	int			n = left;

	/* looking around may allocate memory itself */
	left = 0;
	if (n == 1 && !in_unsafe_function())
	{
		errno = ENOMEM;
		return true;
	}
	left = n > 1 ? n - 1 : n;
	return false;
}

void *
malloc(size_t size)
{
	return must_fail() ? NULL : __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
	return must_fail() ? NULL : __libc_calloc(count, size);
}

void *
realloc(void *old, size_t size)
{
	return must_fail() ? NULL : __libc_realloc(old, size);
}
