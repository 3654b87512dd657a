#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "docket/deliver_internal.h"
#include "docket/epochs.h"
#include "docket/recover_parts.h"
#include "ledger/tiles.h"
#include "ledger/tree.h"
#include "store/head.h"
#include "store/store.h"
#include "store/tile.h"

/* Both logs while their lost entries are judged. */
struct judging {
	struct delivery *d;
	const struct lost *lost;
	struct log_row *logs[2];
	uint64_t done[2];
	struct arena *arena; /* of one entry */
};

/* The rows as they stand: a receipt in one log moves the other. */
static int
reload(struct judging *j, struct error *err)
{
	struct docket *docket = j->d->docket;

	arena_reset(j->arena);
	if (store_log_of(docket->parts.store, j->d->own->peer, true,
		&j->logs[OWN], j->arena, err) == -1)
		return -1;
	return docket_other_log(docket, j->logs[OWN], &j->logs[THEIRS],
	    j->arena, err);
}

/*
 * Add the next entry of ${which} unless it has seen more of the other log
 * than is back yet.
 */
static int
add_next(struct judging *j, unsigned which, bool is_forced, bool *has_moved,
    struct error *err)
{
	struct docket *docket = j->d->docket;
	const struct lost *lost = &j->lost[which];
	struct judged judged;
	struct span der;

	if (j->done[which] == lost->n)
		return 0;
	der = lost->entries[j->done[which]];
	if (reload(j, err) == -1 ||
	    judge_entry(docket, j->logs[which], j->logs[which]->size, der,
		&judged, j->arena, err) == -1)
		return -1;
	if (!is_forced && judged.has_anchor &&
	    span_is_equal(judged.anchor.log, j->logs[1 - which]->origin) &&
	    judged.anchor.size > j->logs[1 - which]->size &&
	    judged.anchor.size <= j->lost[1 - which].to)
		return 0;
	*has_moved = true;
	j->done[which]++;
	return append_judged(docket, j->logs[which], &judged, j->arena, err);
}

/*
 * In a causal order.  Where each log waits for the other one anchor is false;
 * it is not ours.
 */
static int
judge_lost(struct judging *j, struct error *err)
{
	while (j->done[OWN] < j->lost[OWN].n ||
	    j->done[THEIRS] < j->lost[THEIRS].n) {
		bool has_moved = false;

		if (add_next(j, OWN, false, &has_moved, err) == -1 ||
		    add_next(j, THEIRS, false, &has_moved, err) == -1)
			return -1;
		if (has_moved)
			continue;
		if (add_next(j,
			j->done[THEIRS] < j->lost[THEIRS].n ? THEIRS : OWN,
			true, &has_moved, err) == -1)
			return -1;
	}
	return 0;
}

int
recover_keep_line(struct delivery *d, struct log_row *log,
    const struct lost *seen, struct error *err)
{
	struct head_row head = { log->id, seen->head.size, seen->head.root,
		seen->note, d->now, false };

	return epochs_keep_line(d->docket, log, &head, seen->line,
	    seen->line_at, err);
}

static int
store_head(struct judging *j, unsigned which, struct error *err)
{
	struct store *store = j->d->docket->parts.store;
	const struct lost *lost = &j->lost[which];
	struct log_row *log = j->logs[which];
	struct head_row head = { log->id, lost->head.size, lost->head.root,
		lost->note, j->d->now, false };

	if (lost->to == lost->from)
		return 0;
	if (log->head < lost->to)
		log->head = lost->to;
	if (store_head_add(store, &head, err) == -1)
		return -1;
	return recover_keep_line(j->d, log, lost, err);
}

/* What came is what was signed. */
static int
check_lost(struct delivery *d, const struct log_row *log,
    const struct lost *lost, struct error *err)
{
	struct store_tree stored = { d->docket->parts.store, log->id };
	struct tree_reader reader = store_tree_reader(&stored);
	struct tree tree;
	struct hash root;

	if (lost->to == lost->from)
		return 0;
	if (lost->from != log->size)
		return error_set(err, E_PROOF, "the log has grown meanwhile");
	if (tree_frontier_at(&tree, &reader, lost->from, err) == -1)
		return -1;
	for (uint64_t i = 0; i < lost->n; i++) {
		struct hash leaf = tree_leaf_hash(lost->entries[i]);

		tree_append(&tree, &leaf);
	}
	root = tree_root(&tree);
	if (!hash_is_equal(&root, &lost->head.root))
		return error_set(err, E_PROOF,
		    "the entries are not those of the head");
	return 0;
}

int
recover_store(struct delivery *d, const struct lost lost[2],
    const struct log_row *theirs, struct error *err)
{
	struct judging j = { .d = d, .lost = lost, .arena = arena_new() };
	struct store *store = d->docket->parts.store;
	int rc = -1;

	if (check_lost(d, d->own, &lost[OWN], err) == -1 ||
	    check_lost(d, theirs, &lost[THEIRS], err) == -1 ||
	    judge_lost(&j, err) == -1 || reload(&j, err) == -1 ||
	    store_head(&j, OWN, err) == -1 || store_head(&j, THEIRS, err) == -1)
		goto out;
	/* Below our last anchor all was answered, by records that are back. */
	if (j.logs[OWN]->anchored_epoch == j.logs[THEIRS]->epoch &&
	    j.logs[THEIRS]->settled < j.logs[OWN]->anchored)
		j.logs[THEIRS]->settled = j.logs[OWN]->anchored;
	if (store_log_update(store, j.logs[OWN], err) == -1 ||
	    store_log_update(store, j.logs[THEIRS], err) == -1)
		goto out;
	log_line(LOG_LEVEL_NOTE,
	    "%.*s gave back %llu entries of ours and %llu of its own",
	    (int)theirs->peer.len, (const char *)theirs->peer.ptr,
	    (unsigned long long)j.lost[OWN].n,
	    (unsigned long long)j.lost[THEIRS].n);
	d->own->size = j.logs[OWN]->size;
	d->own->head = j.logs[OWN]->head;
	d->own->mirrored = j.logs[OWN]->mirrored;
	d->own->anchored_epoch = j.logs[OWN]->anchored_epoch;
	d->own->anchored = j.logs[OWN]->anchored;
	rc = 0;
out:
	arena_free(j.arena);
	return rc;
}
