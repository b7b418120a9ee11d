/*-------------------------------------------------------------------------
 *
 * catalog.h
 *		The reading room: tables and columns, from the catalogs.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FKFIX_CATALOG_H
#define FKFIX_CATALOG_H

#include "access/attnum.h"
#include "access/htup.h"
#include "access/skey.h"
#include "access/tupdesc.h"
#include "nodes/pg_list.h"
#include "utils/hsearch.h"
#include "utils/snapshot.h"

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
	bool		referencing;	/* known to have foreign keys of its own */
	ColumnFacts *columns;		/* by attnum - 1; NULL until asked for */
} TableFacts;

/* Each key's triggers, when all have been read; see shape.c. */
typedef struct ShapeIndex ShapeIndex;

/*
 * A reader of the catalogs.  It remembers what it has read, so it is to be
 * kept no longer than one statement.
 */
typedef struct Reader
{
	Snapshot	snapshot;		/* NULL: the catalogs as they are now */
	MemoryContext context;
	HTAB	   *tables;			/* TableFacts by OID */
	HTAB	   *schemas;		/* names by OID */
	bool		read_all;		/* it pays to read whole catalogs */
	bool		read_all_columns;	/* pg_attribute has been */
	ShapeIndex *shapes;			/* pg_trigger, if it has been */
	HTAB	   *extension_tables;	/* OIDs of tables that belong to an
									 * extension; NULL until asked for */
} Reader;

/* What to do with each row that a scan finds. */
typedef void (*RowVisitor) (HeapTuple tuple, TupleDesc desc, void *state);

extern Reader *fkfix_catalog_reader(Snapshot snapshot);
extern void fkfix_catalog_read_all(Reader *reader);
extern TableFacts *fkfix_catalog_table(Reader *reader, Oid relid);
extern ColumnFacts *fkfix_catalog_column(Reader *reader, Oid relid,
										 AttrNumber attnum);
extern List *fkfix_catalog_partitions(Reader *reader, Oid relid,
									  bool detaching);
extern bool fkfix_catalog_in_extension(Reader *reader, Oid relid);
extern void fkfix_catalog_scan(Reader *reader, Oid catalog, Oid index,
							   int nkeys, ScanKey keys, RowVisitor visit,
							   void *state);
extern char *fkfix_catalog_table_name(Reader *reader, Oid relid);
extern List *fkfix_catalog_column_names(Reader *reader, Oid relid,
										const AttrNumber *attnums, int count);

#endif							/* FKFIX_CATALOG_H */
