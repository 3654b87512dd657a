#include "docket/fork.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "docket/internal.h"
#include "ledger/tree.h"
#include "store/head.h"
#include "store/store.h"
#include "store/tile.h"

/* What the entries that are held give at that size; not above them. */
static int
is_what_is_held(struct docket *docket, const struct log_row *log,
    const struct head_row *head, bool *out, struct error *err)
{
	struct store_tree tree = { docket->parts.store, log->id };
	struct tree_reader reader = store_tree_reader(&tree);
	struct hash root;

	if (tree_root_at(&root, &reader, head->size, err) == -1)
		return -1;
	*out = hash_is_equal(&root, &head->root);
	return 0;
}

/*
 * True if ${head}, which its log signed, is not what that log has at this
 * size: another head was signed for it, or the entries held give another.
 */
static int
is_fork(struct docket *docket, const struct log_row *log,
    const struct head_row *head, bool *out, struct arena *arena,
    struct error *err)
{
	struct head_row *there;
	bool is_held;
	size_t n;

	if (store_head_all(docket->parts.store, log->id, head->size, &there, &n,
		arena, err) == -1)
		return -1;
	*out = n > 0 && !hash_is_equal(&there[0].root, &head->root);
	/* Entries are held only below a head that it signed as well. */
	if (*out || head->size == 0 || head->size > log->size)
		return 0;
	if (is_what_is_held(docket, log, head, &is_held, err) == -1)
		return -1;
	*out = !is_held;
	return 0;
}

static int
set_forked(struct docket *docket, struct log_row *log, uint64_t size,
    struct error *err)
{
	log->is_forked = true;
	log_line(LOG_LEVEL_ALARM, "%.*s has signed two versions of its log",
	    (int)log->peer.len, (const char *)log->peer.ptr);
	if (store_log_update(docket->parts.store, log, err) == -1)
		return -1;
	return error_set(err, E_CHECKPOINT_FORK, "size %llu",
	    (unsigned long long)size);
}

int
fork_find(struct docket *docket, struct log_row *log,
    const struct head_row *head, struct arena *arena, struct error *err)
{
	bool is_forked;

	if (is_fork(docket, log, head, &is_forked, arena, err) == -1)
		return -1;
	if (!is_forked)
		return 0;
	if (store_head_add(docket->parts.store, head, err) == -1)
		return -1;
	return set_forked(docket, log, head->size, err);
}

int
fork_keep_unproven(struct docket *docket, const struct log_row *log,
    const struct head_row *head, struct error *err)
{
	struct docket_peer *peer = docket_peer_state(docket, log->peer);
	struct head_row row = *head;
	size_t dropped;

	/* An empty tree is nobody's version; below is_fork() has compared. */
	if (head->size == 0)
		return 0;
	row.is_unproven = head->size > log->size;
	if (store_head_add(docket->parts.store, &row, err) == -1 ||
	    store_head_trim(docket->parts.store, log->id, &dropped, err) == -1)
		return -1;
	if (dropped > 0 && !peer->has_flooded) {
		peer->has_flooded = true;
		log_line(LOG_LEVEL_WARNING,
		    "%.*s signs heads and proves none: only the last %d are "
		    "kept",
		    (int)log->peer.len, (const char *)log->peer.ptr,
		    STORE_UNPROVEN_MAX);
	}
	return 0;
}

int
fork_check_unproven(struct docket *docket, struct log_row *log,
    struct arena *arena, struct error *err)
{
	struct head_row *heads;
	size_t n;

	if (store_head_unproven(docket->parts.store, log->id, &heads, &n, arena,
		err) == -1)
		return -1;
	for (size_t i = 0; i < n; i++) {
		bool is_held;

		if (heads[i].size > log->size)
			continue;
		if (is_what_is_held(docket, log, &heads[i], &is_held, err) ==
		    -1)
			return -1;
		if (!is_held)
			return set_forked(docket, log, heads[i].size, err);
		heads[i].is_unproven = false;
		if (store_head_add(docket->parts.store, &heads[i], err) == -1)
			return -1;
	}
	return 0;
}
