/*-------------------------------------------------------------------------
 *
 * review.c
 *		Older keys: has a statement brought one into violation of the policy?
 *
 * A RENAME, a SET SCHEMA, a NOT NULL, a DETACH can bring a key into or out of a
 * rule's range.  Keys that a statement may have touched so are judged as they are
 * and, if that is bad, as they were, for which the catalogs are read under a
 * snapshot that does not see the statement's own work.  What was bad before in
 * the same way is not the statement's doing.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/hsearch.h"
#include "utils/snapmgr.h"

#include "lock.h"
#include "request.h"
#include "review.h"

/* A statement whose older keys are being looked at. */
typedef struct Review
{
	Statement  *statement;
	const Deeds *deeds;
	Reader	   *now;
	Reader	   *before;			/* NULL until needed */
	Snapshot	snapshot;		/* what "before" sees through */
	List	   *bad;			/* OIDs of keys to be judged more closely */
	HTAB	   *seen;			/* the same, as a set */
} Review;

static void lock_surroundings(const Deeds *deeds);
static void notice_touched_bad(Review *review);
static void notice_all_bad(Review *review);
static void notice_bad(const ForeignKey *fk, void *state);
static void notice_bad_roots(Review *review, List *keys);
static void judge_older_key(Review *review, Oid constraint);
static bool was_bad_before(Review *review, const ForeignKey *fk,
						   const Finding *finding);
static ForeignKey *key_before(Review *review, const ForeignKey *fk);
static bool same_columns(Reader *before, Oid relid, const AttrNumber *then,
						 int nthen, Reader *now, const AttrNumber *current,
						 int ncurrent);
static Reader *reader_before(Review *review);

/*
 * Judges the older keys that a statement may have touched.  First all that are
 * bad now; only for those the past is looked up.
 */
void
fkfix_review_older_keys(Statement *statement, const Deeds *deeds)
{
	Review		review = {.statement = statement,.deeds = deeds};
	HASHCTL		ctl = {
		.keysize = sizeof(Oid),
		.entrysize = sizeof(Oid),
		.hcxt = CurrentMemoryContext
	};
	ListCell   *lc;

	if (!deeds->everything && deeds->touched_tables == NIL && deeds->touched_keys == NIL)
		return;
	lock_surroundings(deeds);
	review.now = fkfix_catalog_reader(NULL);
	review.seen = hash_create("fkfix bad keys", 32, &ctl,
							  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	if (deeds->everything)
		notice_all_bad(&review);
	else
		notice_touched_bad(&review);

	foreach(lc, review.bad)
	{
		CHECK_FOR_INTERRUPTS();
		judge_older_key(&review, lfirst_oid(lc));
	}
	if (review.snapshot != NULL)
		UnregisterSnapshot(review.snapshot);
}

/* By a reader of its own: what is waited for may change what has been read. */
static void
lock_surroundings(const Deeds *deeds)
{
	Reader	   *reader = fkfix_catalog_reader(NULL);
	ListCell   *lc;
	ListCell   *lc2;

	foreach(lc, deeds->touched_tables)
	{
		foreach(lc2, fkfix_key_list_of(reader, lfirst_oid(lc)))
			fkfix_lock_surroundings(reader, lfirst(lc2));
		foreach(lc2, fkfix_key_list_to(reader, lfirst_oid(lc)))
			fkfix_lock_surroundings(reader, lfirst(lc2));
	}
}

static void
notice_touched_bad(Review *review)
{
	ListCell   *lc;

	foreach(lc, review->deeds->touched_tables)
	{
		notice_bad_roots(review, fkfix_key_list_of(review->now, lfirst_oid(lc)));
		notice_bad_roots(review, fkfix_key_list_to(review->now, lfirst_oid(lc)));
	}
	foreach(lc, review->deeds->touched_keys)
	{
		ForeignKey *fk = fkfix_key_get(review->now, lfirst_oid(lc), true);

		if (fk != NULL)
			notice_bad_roots(review, list_make1(fk));
	}
}

/*
 * All keys are read at once, by a reader of their own: the one that is used to
 * change keys must see them as they are when it comes to that.
 */
static void
notice_all_bad(Review *review)
{
	Reader	   *now = review->now;
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());

	review->now = fkfix_catalog_reader(snapshot);
	review->now->passing = true;
	fkfix_key_read_all(review->now);
	fkfix_key_each_root(review->now, InvalidOid, notice_bad, review);
	UnregisterSnapshot(snapshot);
	review->now = now;
}

static void
notice_bad(const ForeignKey *fk, void *state)
{
	Review	   *review = state;
	const Finding *finding;

	if (list_member_oid(review->deeds->new_keys, fk->oid))
		return;
	finding = fkfix_audit_judge(review->statement->policy, review->now, fk);
	if (fkfix_request_finding_mode(finding) != ENFORCE_OFF)
	{
		MemoryContext visit = MemoryContextSwitchTo(review->now->context);
		bool		found;

		(void) hash_search(review->seen, &fk->oid, HASH_ENTER, &found);
		if (!found)
			review->bad = lappend_oid(review->bad, fk->oid);
		MemoryContextSwitchTo(visit);
	}
}

static void
notice_bad_roots(Review *review, List *keys)
{
	ListCell   *lc;

	foreach(lc, keys)
	{
		const ForeignKey *fk = lfirst(lc);

		if (!OidIsValid(fk->conparentid))
			notice_bad(fk, review);
	}
}

/*
 * A key that was not there before the statement is new, though the server has not
 * said so.
 */
static void
judge_older_key(Review *review, Oid constraint)
{
	ForeignKey *fk = fkfix_key_get(review->now, constraint, true);
	Finding    *finding;

	if (fk == NULL)
		return;
	finding = fkfix_audit_judge(review->statement->policy, review->now, fk);
	if (!was_bad_before(review, fk, finding))
		fkfix_sanction(review->statement, review->now, fk, finding,
					   key_before(review, fk) == NULL ? NULL : reader_before(review));
}

/*
 * The key as it was before the statement, NULL if it was not there.  One that core
 * has recreated is known by its name and columns.
 */
static ForeignKey *
key_before(Review *review, const ForeignKey *fk)
{
	Reader	   *before = reader_before(review);
	ForeignKey *old = fkfix_key_get(before, fk->oid, true);

	if (old != NULL)
		return old;
	old = fkfix_key_find(before, fk->conrelid, NameStr(fk->name));
	if (old == NULL || old->confrelid != fk->confrelid ||
		!same_columns(before, old->conrelid, old->conkey, old->nkeys,
					  review->now, fk->conkey, fk->nkeys) ||
		!same_columns(before, old->confrelid, old->confkey, old->nkeys,
					  review->now, fk->confkey, fk->nkeys))
		return NULL;
	return old;
}

/* Have these columns of a table, then and now, the same names? */
static bool
same_columns(Reader *before, Oid relid, const AttrNumber *then, int nthen,
			 Reader *now, const AttrNumber *current, int ncurrent)
{
	List	   *old_names = fkfix_catalog_column_names(before, relid, then, nthen);
	List	   *new_names = fkfix_catalog_column_names(now, relid, current, ncurrent);
	ListCell   *old;
	ListCell   *new;

	if (list_length(old_names) != list_length(new_names))
		return false;
	forboth(old, old_names, new, new_names)
	{
		if (strcmp(lfirst(old), lfirst(new)) != 0)
			return false;
	}
	return true;
}

/*
 * Was the key, before the statement, in violation of the same demand under the
 * same sanction?  One that was a partition's is judged by the root it hung on.
 */
static bool
was_bad_before(Review *review, const ForeignKey *fk, const Finding *finding)
{
	Reader	   *before = reader_before(review);
	const ForeignKey *old = key_before(review, fk);
	const Finding *old_finding;

	if (old != NULL)
		old = fkfix_key_root(before, old);
	if (old == NULL)
		return false;
	if (review->deeds->joined_scope && fkfix_catalog_in_extension(before, old->conrelid))
		return false;

	old_finding = fkfix_audit_judge(review->statement->policy, before, old);
	if (fkfix_request_finding_mode(old_finding) != fkfix_request_finding_mode(finding))
		return false;
	if (finding->rule == NULL || old_finding->rule == NULL)
		return finding->rule == old_finding->rule;
	return fkfix_rule_same_demand(finding->rule, old_finding->rule,
								  fkfix_catalog_column_names(review->now, fk->conrelid,
															 fk->conkey, fk->nkeys));
}

/*
 * A reader that does not see what the statement did.  The active snapshot was
 * taken when the statement began, and what others have committed while it waited
 * for locks is missing there; so only its idea of which commands of our own
 * transaction are past is taken from it.
 */
static Reader *
reader_before(Review *review)
{
	if (review->before == NULL)
	{
		review->snapshot = RegisterSnapshot(GetLatestSnapshot());
		review->snapshot->curcid = review->deeds->began;
		review->before = fkfix_catalog_reader(review->snapshot);
	}
	return review->before;
}
