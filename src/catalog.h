/*-------------------------------------------------------------------------
 *
 * catalog.h
 *		The reading room: foreign keys and their tables, from the catalogs.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FKFIX_CATALOG_H
#define FKFIX_CATALOG_H

#include "access/attnum.h"
#include "access/htup.h"
#include "nodes/pg_list.h"
#include "utils/hsearch.h"
#include "utils/relcache.h"
#include "utils/snapshot.h"

#include "action.h"

/* A row of pg_constraint that is a foreign key. */
typedef struct ForeignKey
{
	Oid			oid;
	NameData	name;
	Oid			conrelid;		/* referencing table */
	Oid			confrelid;		/* referenced table */
	Oid			conparentid;	/* InvalidOid for a root key */
	char		on_delete;		/* FKCONSTR_ACTION_xxx */
	char		on_update;
	char		match;			/* FKCONSTR_MATCH_xxx */
	bool		deferrable;
	bool		deferred;
	bool		validated;
	bool		enforced;
	bool		period;
	int			nkeys;
	AttrNumber *conkey;			/* referencing columns */
	AttrNumber *confkey;		/* referenced columns */
	int			ndelset;		/* 0: no column list */
	AttrNumber *delset;			/* the column list of ON DELETE */
} ForeignKey;

/* What the judge may want to know about one column. */
typedef struct ColumnFacts
{
	NameData	name;			/* empty for a dropped column */
	Oid			type;
	Oid			collation;
	bool		not_null;
	bool		generated;
	bool		has_default;
} ColumnFacts;

/* What the judge may want to know about one table. */
typedef struct TableFacts
{
	Oid			relid;			/* hash key */
	bool		exists;
	NameData	schema;
	NameData	name;
	Oid			schema_oid;
	char		kind;			/* RELKIND_xxx */
	bool		temporary;
	int			ncolumns;
	ColumnFacts *columns;		/* by attnum - 1; NULL until asked for */
} TableFacts;

/*
 * A reader of the catalogs.  It remembers what it has read, so it is to be
 * kept no longer than one statement.
 */
typedef struct Reader
{
	Snapshot	snapshot;		/* NULL: the catalogs as they are now */
	MemoryContext context;
	HTAB	   *tables;			/* TableFacts by OID */
	HTAB	   *extension_tables;	/* OIDs of tables that belong to an
									 * extension; NULL until asked for */
} Reader;

/* What to do with each key. */
typedef void (*KeyVisitor) (const ForeignKey *fk, void *state);

extern Reader *fkfix_catalog_reader(Snapshot snapshot);
extern TableFacts *fkfix_catalog_table(Reader *reader, Oid relid);
extern ColumnFacts *fkfix_catalog_column(Reader *reader, Oid relid,
										 AttrNumber attnum);
extern bool fkfix_catalog_rejects_null(Reader *reader, Oid relid,
									   AttrNumber attnum);
extern bool fkfix_catalog_in_extension(Reader *reader, Oid relid);
extern char *fkfix_catalog_table_name(Reader *reader, Oid relid);
extern List *fkfix_catalog_column_names(Reader *reader, Oid relid,
										const AttrNumber *attnums, int count);
extern bool fkfix_catalog_same_columns(const AttrNumber *a, int a_count,
									   const AttrNumber *b, int b_count);
extern Action *fkfix_catalog_delete_action(Reader *reader,
										   const ForeignKey *fk);
extern Action *fkfix_catalog_update_action(const ForeignKey *fk);

extern ForeignKey *fkfix_catalog_form(HeapTuple tuple, TupleDesc desc);
extern ForeignKey *fkfix_catalog_get(Reader *reader, Oid constraint);
extern ForeignKey *fkfix_catalog_find(Reader *reader, Oid relid,
									  const char *name);
extern List *fkfix_catalog_keys_of(Reader *reader, Oid relid);
extern void fkfix_catalog_each_root(Reader *reader, Oid relid,
									KeyVisitor visit, void *state);
extern List *fkfix_catalog_keys_to(Reader *reader, Oid relid);
extern List *fkfix_catalog_children(Reader *reader, Oid constraint);
extern Oid	fkfix_catalog_root(Reader *reader, const ForeignKey *fk);

#endif							/* FKFIX_CATALOG_H */
