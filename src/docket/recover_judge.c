#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/log.h"
#include "docket/deliver_internal.h"
#include "docket/epochs.h"
#include "docket/recover_parts.h"
#include "formats/card.h"
#include "keeper/origin.h"
#include "ledger/tiles.h"
#include "ledger/tree.h"
#include "store/head.h"
#include "store/store.h"
#include "store/tile.h"

/* The logs while their lost entries are judged. */
struct judging {
	struct delivery *d;
	const struct lost *lost;
	size_t n;
	uint64_t done[LOST_MAX];
	bool is_left_out[LOST_MAX]; /* a log that may not begin */
	struct arena *arena;        /* of one entry */
};

static int
find_log(const struct judging *j, size_t which, struct log_row **out,
    struct error *err)
{
	if (store_log_find(j->d->docket->parts.store, j->lost[which].origin,
		out, j->arena, err) == -1)
		return -1;
	if (*out == NULL)
		return error_set(err, E_INTERNAL, "a log that is not there");
	return 0;
}

/* Has ${judged} seen more of a log than is back yet? */
static int
must_wait(const struct judging *j, const struct judged *judged, bool *out,
    struct error *err)
{
	struct log_row *other;

	*out = false;
	for (size_t i = 0; judged->has_anchor && i < j->n; i++) {
		if (!span_is_equal(j->lost[i].origin, judged->anchor.log))
			continue;
		if (find_log(j, i, &other, err) == -1)
			return -1;
		*out = judged->anchor.size > other->size &&
		    judged->anchor.size <= j->lost[i].to;
	}
	return 0;
}

/* An earlier log of the same writer goes first. */
static bool
is_next(const struct judging *j, size_t which)
{
	size_t first = which % 2;

	for (size_t i = first; i < which; i += 2)
		if (j->done[i] < j->lost[i].n)
			return false;
	return j->done[which] < j->lost[which].n;
}

/*
 * What their node did not get us to take it does not get in here either: a
 * later log of theirs begins well, or stays what it is, announced.
 */
static int
check_begin(struct judging *j, size_t which, const struct log_row *log,
    const struct judged *judged, struct error *err)
{
	struct error bad = { .code = E_EPOCH_OPENING };

	if (log->is_own || !log->is_announced)
		return 0;
	if (judged->record != NULL) {
		if (epochs_check_begin(j->d->docket, log, judged->record,
			j->arena, &bad) == 0)
			return 0;
		if (error_fault(bad.code) != FAULT_PEER) {
			*err = bad;
			return -1;
		}
	}
	log_error("a later log of the peer's", &bad);
	j->is_left_out[which] = true;
	j->done[which] = j->lost[which].n;
	return 0;
}

/* Add the next entry of log ${which} unless it has to wait. */
static int
add_next(struct judging *j, size_t which, bool is_forced, bool *has_moved,
    struct error *err)
{
	struct docket *docket = j->d->docket;
	const struct lost *lost = &j->lost[which];
	struct judged judged;
	struct log_row *log;
	bool is_early;

	if (!is_next(j, which))
		return 0;
	arena_reset(j->arena);
	if (find_log(j, which, &log, err) == -1 ||
	    judge_entry(docket, log, log->size, lost->entries[j->done[which]],
		&judged, j->arena, err) == -1 ||
	    must_wait(j, &judged, &is_early, err) == -1)
		return -1;
	if (is_early && !is_forced)
		return 0;
	*has_moved = true;
	if (check_begin(j, which, log, &judged, err) == -1)
		return -1;
	if (j->is_left_out[which])
		return 0;
	j->done[which]++;
	return append_judged(docket, log, &judged, j->arena, err);
}

/*
 * In a causal order.  Where each log waits for another one anchor is false;
 * it is not ours.
 */
static int
judge_lost(struct judging *j, struct error *err)
{
	bool is_forced = false, has_moved = true;

	while (has_moved || !is_forced) {
		is_forced = !has_moved;
		has_moved = false;
		for (size_t i = j->n; i-- > 0 && !(is_forced && has_moved);)
			if (add_next(j, i, is_forced, &has_moved, err) == -1)
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
store_head(struct judging *j, size_t which, struct error *err)
{
	struct store *store = j->d->docket->parts.store;
	const struct lost *lost = &j->lost[which];
	struct head_row head = { .size = lost->head.size,
		.root = lost->head.root,
		.note = lost->note,
		.seen_at = j->d->now };
	struct log_row *log;

	if (lost->to == lost->from || j->is_left_out[which])
		return 0;
	arena_reset(j->arena);
	if (find_log(j, which, &log, err) == -1)
		return -1;
	head.log = log->id;
	if (log->head < lost->to)
		log->head = lost->to;
	if (store_head_add(store, &head, err) == -1 ||
	    store_log_update(store, log, err) == -1)
		return -1;
	return recover_keep_line(j->d, log, lost, err);
}

/* Below our last anchor all was answered, by records that are back. */
static int
settle_answered(struct judging *j, struct error *err)
{
	struct store *store = j->d->docket->parts.store;
	const struct log_row *own;
	struct epochs epochs;

	if (epochs_load(&epochs, j->d->docket, j->d->own->peer, j->arena,
		err) == -1)
		return -1;
	own = epochs_newest(&epochs, j->d->own->side);
	for (size_t i = 0; i < epochs.n; i++) {
		struct log_row *log = &epochs.logs[i];
		uint64_t to = log->mirrored;

		if (log->is_own || !epoch_counts(log) ||
		    log->epoch > own->anchored_epoch)
			continue;
		if (log->epoch == own->anchored_epoch)
			to = own->anchored;
		if (log->settled >= to)
			continue;
		log->settled = to;
		if (store_log_update(store, log, err) == -1)
			return -1;
	}
	return 0;
}

/* What came is what was signed. */
static int
check_lost(struct judging *j, size_t which, struct error *err)
{
	const struct lost *lost = &j->lost[which];
	struct log_row *log;
	struct store_tree stored = { .store = j->d->docket->parts.store };
	struct tree_reader reader = store_tree_reader(&stored);
	struct tree tree;
	struct hash root;

	if (lost->to == lost->from)
		return 0;
	if (find_log(j, which, &log, err) == -1)
		return -1;
	stored.log = log->id;
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
recover_store(struct delivery *d, const struct lost *lost, size_t n,
    struct error *err)
{
	struct judging j = { .d = d,
		.lost = lost,
		.n = n,
		.arena = arena_new() };
	uint64_t back[2] = { 0, 0 };
	int rc = -1;

	for (size_t i = 0; i < n; i++) {
		if (check_lost(&j, i, err) == -1)
			goto out;
		back[i % 2] += lost[i].n;
	}
	if (judge_lost(&j, err) == -1)
		goto out;
	for (size_t i = 0; i < n; i++)
		if (store_head(&j, i, err) == -1)
			goto out;
	if (settle_answered(&j, err) == -1)
		goto out;
	log_line(LOG_LEVEL_NOTE,
	    "%.*s gave back %llu entries of ours and %llu of its own",
	    (int)d->own->peer.len, (const char *)d->own->peer.ptr,
	    (unsigned long long)back[OWN], (unsigned long long)back[THEIRS]);
	rc = 0;
out:
	arena_free(j.arena);
	return rc;
}

int
recover_later(struct delivery *d, unsigned which, unsigned ahead,
    struct log_row **out, struct error *err)
{
	struct log_row *log = arena_alloc(d->arena, sizeof(*log));
	struct span self = d->docket->self->party;
	const struct log_row *newest;
	struct epochs epochs;
	struct origin origin;
	struct buf buf;

	if (epochs_load(&epochs, d->docket, d->own->peer, d->arena, err) == -1)
		return -1;
	newest = epochs_newest(&epochs,
	    which == OWN ? d->own->side : 1 - d->own->side);
	origin = (struct origin){ which == OWN ? self : newest->peer,
		which == OWN ? newest->peer : self, newest->epoch + ahead };
	*log = (struct log_row){ .peer = newest->peer,
		.is_own = which == OWN,
		.epoch = newest->epoch + ahead,
		.side = newest->side,
		.is_announced = true };
	buf_init(&buf, ORIGIN_SIZE_MAX);
	origin_write(&buf, &origin);
	log->origin = arena_copy(d->arena, buf_span(&buf));
	buf_clear(&buf);
	*out = epochs_find(&epochs, log->origin);
	if (*out == NULL)
		*out = log;
	return 0;
}
