#include "base/arena.h"
#include "base/error.h"
#include "docket/internal.h"
#include "docket/project.h"
#include "ledger/tree.h"
#include "store/store.h"
#include "store/tile.h"

/*
 * The order of judging must be a causal one: what a record anchors in has to
 * be judged before it.  Both logs of a docket are walked side by side.  An
 * anchor with a true root was written by someone who had seen the other log
 * so far, so such waits never form a circle; a false one waits for nothing.
 */
struct side {
	struct log_row *log; /* its size: what is judged so far */
	uint64_t size;       /* in all */
};

static int
must_wait(struct docket *docket, const struct judged *judged,
    const struct side *other, bool *out, struct error *err)
{
	struct store_tree tree = { docket->parts.store, other->log->id };
	struct tree_reader reader = store_tree_reader(&tree);
	struct hash root;

	*out = judged->has_anchor && judged->anchor.size > other->log->size &&
	    judged->anchor.size <= other->size;
	if (!*out)
		return 0;
	if (tree_root_at(&root, &reader, judged->anchor.size, err) == -1)
		return -1;
	*out = hash_is_equal(&root, &judged->anchor.root);
	return 0;
}

static int
judge_next(struct docket *docket, struct side *side, const struct side *other,
    bool *is_early, struct error *err)
{
	struct arena *arena = arena_new();
	struct entry_row *row;
	struct judged judged;
	int rc = -1;

	if (store_entry_get(docket->parts.store, side->log->id, side->log->size,
		&row, arena, err) == -1)
		goto out;
	if (row == NULL) {
		error_set(err, E_STORE_CORRUPT, "no entry %llu",
		    (unsigned long long)side->log->size);
		goto out;
	}
	if (judge_entry(docket, side->log, row->index, row->der, &judged, arena,
		err) == -1 ||
	    must_wait(docket, &judged, other, is_early, err) == -1)
		goto out;
	if (*is_early) {
		rc = 0;
		goto out;
	}
	side->log->size++;
	if (store_entry_judge(docket->parts.store, &judged.row, err) == -1 ||
	    append_project(docket, side->log, &judged, arena, err) == -1)
		goto out;
	rc = store_log_update(docket->parts.store, side->log, err);
out:
	arena_free(arena);
	return rc;
}

/* A receipt in one log moves what is receipted of the other. */
static int
reload(struct docket *docket, struct log_row *log, struct error *err)
{
	struct arena *arena = arena_new();
	struct log_row *row;
	int rc = -1;

	if (store_log_find(docket->parts.store, log->origin, &row, arena,
		err) == -1)
		goto out;
	log->receipted = row->receipted;
	rc = 0;
out:
	arena_free(arena);
	return rc;
}

/* As far as one log can be judged before the other has come further. */
static int
judge_side(struct docket *docket, struct side *side, struct side *other,
    bool *has_moved, struct error *err)
{
	while (side->log->size < side->size) {
		bool is_early;

		if (judge_next(docket, side, other, &is_early, err) == -1 ||
		    reload(docket, other->log, err) == -1)
			return -1;
		if (is_early)
			return 0;
		*has_moved = true;
	}
	return 0;
}

static int
rebuild_docket(struct docket *docket, struct side sides[2], struct error *err)
{
	bool has_moved = true;

	while (has_moved) {
		has_moved = false;
		for (unsigned i = 0; i < 2; i++)
			if (judge_side(docket, &sides[i], &sides[1 - i],
				&has_moved, err) == -1)
				return -1;
	}
	for (unsigned i = 0; i < 2; i++)
		if (sides[i].log->size < sides[i].size)
			return error_set(err, E_STORE_CORRUPT,
			    "two records are in each other's past");
	return 0;
}

int
docket_rebuild(struct docket *docket, struct error *err)
{
	struct arena *arena = arena_new();
	struct log_row *logs;
	size_t n;
	int rc = -1;

	keys_forget(docket);
	if (store_log_all(docket->parts.store, &logs, &n, arena, err) == -1)
		goto out;
	for (size_t i = 0; i < n; i++) {
		struct side sides[2] = { { &logs[i], logs[i].size } };

		if (!logs[i].is_own)
			continue;
		if (docket_other_log(docket, &logs[i], &sides[1].log, arena,
			err) == -1)
			goto out;
		sides[1].size = sides[1].log->size;
		for (unsigned s = 0; s < 2; s++) {
			sides[s].log->size = 0;
			sides[s].log->anchored = 0;
			sides[s].log->receipted = 0;
			if (store_log_update(docket->parts.store, sides[s].log,
				err) == -1)
				goto out;
		}
		if (rebuild_docket(docket, sides, err) == -1 ||
		    cases_rebuild(docket, logs[i].peer, err) == -1)
			goto out;
	}
	rc = 0;
out:
	arena_free(arena);
	return rc;
}
