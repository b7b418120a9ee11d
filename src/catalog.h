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
#include "nodes/bitmapset.h"
#include "nodes/pg_list.h"
#include "utils/snapshot.h"

/*
 * How much to allocate at a time for what there may be very many of: the most
 * that comes out of a shared block, which is given back to the system as a whole.
 */
#define FKFIX_CHUNK		8192

/* What the judge may want to know about one column. */
typedef struct ColumnFacts
{
	const char *name;			/* NULL for a dropped column */
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
	NameData	name;
	Oid			schema_oid;
	const char *schema;			/* its name */
	char		kind;			/* RELKIND_xxx */
	bool		temporary;
	bool		in_extension;	/* if all members of extensions have been read */
	bool		partition;
	bool		has_triggers;	/* does the server look for them at all? */
	Oid			topmost;		/* InvalidOid until asked for */
	int			ncolumns;
	Bitmapset  *key_columns;	/* attnums of the columns in its foreign keys,
								 * if all keys have been read */
	ColumnFacts *columns;		/* of all columns, by attnum - 1, or only of
								 * those; NULL until asked for */
	bool		all_columns;
	int64		first_key;		/* where its foreign keys are among all of */
	int			nkeys;			/* them, and how many, if they have been read */
} TableFacts;

/* Finds what is known of an object by its OID; see catalog.c. */
typedef struct oidmap_hash OidMap;

/* The names of columns; see catalog_columns.c. */
typedef struct columnnames_hash ColumnNames;

/* All keys, when they have been read; see key_index.c. */
typedef struct KeyIndex KeyIndex;

/* Their triggers, when those have been read; see trigger.c. */
typedef struct TriggerIndex TriggerIndex;

/*
 * A reader of the catalogs.  It remembers what it has read, so it is to be
 * kept no longer than one statement.
 */
typedef struct Reader
{
	Snapshot	snapshot;		/* NULL: the catalogs as they are now */
	MemoryContext context;
	OidMap	   *tables;			/* TableFacts by OID */
	TableFacts *spare;			/* some that are not used yet */
	int			nspare;
	int			nnoted;			/* tables that have been noted */
	TableFacts *recent[2];		/* those last asked for */
	int			oldest;			/* which of them the next one replaces */
	OidMap	   *schemas;		/* names by OID */
	OidMap	   *opclasses;		/* access methods by OID */
	ColumnNames *column_names;	/* each that occurs, once */
	KeyIndex   *keys;			/* pg_constraint, if it has been read as a
								 * whole */
	TriggerIndex *triggers;		/* pg_trigger, if it has been */
	bool		passing;		/* what is known of a table's columns is of no
								 * use once its keys have been visited */
	List	   *with_columns;	/* TableFacts whose columns have been read one
								 * table at a time */
	int			nlooks;			/* how often that was done */
	bool		read_key_columns;	/* those in foreign keys have been read */
	int			nindex_looks;	/* how often a table's indexes were read */
	bool		read_indexes;	/* all have been */
	bool		read_members;	/* what extensions own has been */
	bool		knows_publications;
	bool		any_publication;
} Reader;

/* What to do with each row that a scan finds. */
typedef void (*RowVisitor) (HeapTuple tuple, TupleDesc desc, void *state);

extern Reader *fkfix_catalog_reader(Snapshot snapshot);
extern TableFacts *fkfix_catalog_note_table(Reader *reader, Oid relid,
											const AttrNumber *key_columns,
											int count);
extern void fkfix_catalog_read_noted(Reader *reader);
extern bool fkfix_catalog_many_looks(const Reader *reader, int looks);
extern TableFacts *fkfix_catalog_noted(Reader *reader, Oid relid);
extern TableFacts *fkfix_catalog_table(Reader *reader, Oid relid,
									   bool missing_ok);
extern void fkfix_catalog_scan(Reader *reader, Oid catalog, Oid index,
							   int nkeys, ScanKey keys, RowVisitor visit,
							   void *state);
extern void fkfix_catalog_scan_oid(Reader *reader, Oid catalog, Oid index,
								   AttrNumber column, Oid oid,
								   RowVisitor visit, void *state);
extern void fkfix_catalog_scan_all(Reader *reader, Oid catalog,
								   RowVisitor visit, void *state);
extern bool fkfix_catalog_has_schema(Reader *reader, const char *name);
extern Oid	fkfix_catalog_access_method(Reader *reader, Oid opclass);
extern char *fkfix_catalog_table_name(Reader *reader, Oid relid);

/* catalog_membership.c */
extern List *fkfix_catalog_partitions(Reader *reader, Oid relid,
									  bool detaching);
extern List *fkfix_catalog_tree(Reader *reader, Oid relid, bool detaching);
extern List *fkfix_catalog_inheritors(Reader *reader, Oid relid);
extern Oid	fkfix_catalog_topmost(Reader *reader, Oid relid);
extern bool fkfix_catalog_in_extension(Reader *reader, Oid relid);

/* catalog_columns.c */
extern ColumnFacts *fkfix_catalog_column(Reader *reader, Oid relid,
										 AttrNumber attnum, bool missing_ok);
extern AttrNumber fkfix_catalog_column_number(Reader *reader, Oid relid,
											  const char *name);
extern List *fkfix_catalog_column_names(Reader *reader, Oid relid,
										const AttrNumber *attnums, int count);
extern void fkfix_catalog_forget_columns(Reader *reader);

#endif							/* FKFIX_CATALOG_H */
