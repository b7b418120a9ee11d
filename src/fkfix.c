/*-------------------------------------------------------------------------
 *
 * fkfix.c
 *		The front door: what happens when the library is loaded.
 *
 * Copyright (c) 2026, the fkfix developers
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/guc.h"

#include "compat.h"
#include "extension.h"

FKFIX_MODULE_MAGIC;

static const struct config_enum_entry enforcement_options[] = {
	{"policy", ENFORCE_BY_POLICY, false},
	{"off", ENFORCE_OFF, false},
	{"warn", ENFORCE_WARN, false},
	{"error", ENFORCE_ERROR, false},
	{"fix", ENFORCE_FIX, false},
	{NULL, 0, false}
};

void		_PG_init(void);

/*
 * Defines the settings.
 */
void
_PG_init(void)
{
	DefineCustomEnumVariable("fkfix.enforcement",
							 "Sets what is done about DDL that violates the foreign key policy.",
							 "policy: what the rule says; anything else overrides all rules.",
							 &fkfix_enforcement,
							 ENFORCE_BY_POLICY,
							 enforcement_options,
							 PGC_SUSET,
							 0,
							 NULL,
							 NULL,
							 NULL);
	MarkGUCPrefixReserved("fkfix");
}
