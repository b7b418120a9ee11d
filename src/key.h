/*-------------------------------------------------------------------------
 *
 * key.h
 *		A foreign key as pg_constraint has it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FKFIX_KEY_H
#define FKFIX_KEY_H

#include "access/attnum.h"
#include "access/htup.h"
#include "access/tupdesc.h"
#include "nodes/pg_list.h"

#include "action.h"
#include "catalog.h"

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
	bool		malformed;		/* its columns cannot be read; then nkeys is 0 */
	int			nkeys;
	AttrNumber *conkey;			/* referencing columns */
	AttrNumber *confkey;		/* referenced columns */
	int			ndelset;		/* 0: no column list */
	AttrNumber *delset;			/* the column list of ON DELETE */
	bool		indexed;		/* all keys have been read, and this is one of
								 * them; what follows is known only then */
	bool		divided;		/* others descend from it */
	bool		served;			/* by an index, if those have been read */
	uint8		triggers;		/* which have been seen; see trigger.c */
} ForeignKey;

/* All foreign keys, for a reader that is asked about all of them. */
struct KeyIndex
{
	ForeignKey *spare;			/* some that are not used yet */
	int			nspare;
	ForeignKey **by_oid;		/* all, by OID */
	int64		count;
	int64		size;
	int64		at;				/* where the last look by OID ended */
	ForeignKey **by_table;		/* all, by referencing table and name */
	List	   *tables;			/* those tables, by OID */
	ForeignKey **by_parent;		/* the descendants, by their parent */
	int64		nchildren;
};

/* What to do with each key. */
typedef void (*KeyVisitor) (const ForeignKey *fk, void *state);

extern ForeignKey *fkfix_key_form(HeapTuple tuple, TupleDesc desc);
extern void fkfix_key_fill(ForeignKey *fk, HeapTuple tuple,
						   TupleDesc desc);
extern bool fkfix_key_has_relatives(const ForeignKey *fk);
extern ForeignKey *fkfix_key_copy(const ForeignKey *fk);
extern ForeignKey *fkfix_key_get(Reader *reader, Oid constraint,
								 bool missing_ok);
extern ForeignKey *fkfix_key_find(Reader *reader, Oid relid,
								  const char *name);
extern List *fkfix_key_list_of(Reader *reader, Oid relid);
extern List *fkfix_key_list_to(Reader *reader, Oid relid);
extern List *fkfix_key_children(Reader *reader, Oid constraint);
extern const ForeignKey *fkfix_key_root(Reader *reader, const ForeignKey *fk);
extern Action *fkfix_key_delete_action(Reader *reader,
									   const ForeignKey *fk);
extern Action *fkfix_key_update_action(const ForeignKey *fk);
extern bool fkfix_key_same_columns(const AttrNumber *a, int a_count,
								   const AttrNumber *b, int b_count);

/* key_visit.c */
extern void fkfix_key_each_root(Reader *reader, Oid relid,
								KeyVisitor visit, void *state);
extern void fkfix_key_each_rootless(Reader *reader, Oid relid,
									KeyVisitor visit, void *state);

/* key_index.c */
extern void fkfix_key_read_all(Reader *reader);
extern ForeignKey *fkfix_key_indexed(KeyIndex *keys, Oid constraint);
extern List *fkfix_key_indexed_of(Reader *reader, Oid relid);
extern List *fkfix_key_indexed_children(const KeyIndex *keys, Oid parent);

#endif							/* FKFIX_KEY_H */
