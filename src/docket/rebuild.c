#include "base/arena.h"
#include "base/error.h"
#include "docket/epochs.h"
#include "docket/internal.h"
#include "docket/project.h"
#include "formats/card.h"
#include "ledger/tree.h"
#include "store/store.h"
#include "store/tile.h"

/*
 * The order of judging must be a causal one: what a record anchors in has to
 * be judged before it.  Both writers' logs are walked side by side, epoch
 * after epoch.  An anchor with a true root was written by someone who had
 * seen the other log so far, so such waits never form a circle; a false one
 * waits for nothing.
 */
struct walk {
	struct docket *docket;
	struct epochs epochs; /* their sizes: what is judged so far */
	uint64_t *sizes;      /* in all */
};

/* The log of ${side} that is judged next; NULL when all are. */
static struct log_row *
next_log(const struct walk *w, unsigned side)
{
	for (size_t i = 0; i < w->epochs.n; i++) {
		struct log_row *log = &w->epochs.logs[i];

		if (log->side == side && epoch_counts(log) &&
		    log->size < w->sizes[i])
			return log;
	}
	return NULL;
}

static int
must_wait(const struct walk *w, const struct log_row *log,
    const struct judged *judged, bool *out, struct error *err)
{
	const struct log_row *other =
	    epochs_find(&w->epochs, judged->anchor.log);
	struct store_tree tree = { .store = w->docket->parts.store };
	struct tree_reader reader = store_tree_reader(&tree);
	struct hash root;

	*out = judged->has_anchor && other != NULL &&
	    other->side != log->side && judged->anchor.size > other->size &&
	    judged->anchor.size <= w->sizes[other - w->epochs.logs];
	if (!*out)
		return 0;
	tree.log = other->id;
	if (tree_root_at(&root, &reader, judged->anchor.size, err) == -1)
		return -1;
	*out = hash_is_equal(&root, &judged->anchor.root);
	return 0;
}

static int
judge_next(struct walk *w, struct log_row *log, bool *is_early,
    struct error *err)
{
	struct docket *docket = w->docket;
	struct arena *arena = arena_new();
	struct entry_row *row;
	struct judged judged;
	int rc = -1;

	if (store_entry_get(docket->parts.store, log->id, log->size, &row,
		arena, err) == -1)
		goto out;
	if (row == NULL) {
		error_set(err, E_STORE_CORRUPT, "no entry %llu",
		    (unsigned long long)log->size);
		goto out;
	}
	if (judge_entry(docket, log, row->index, row->der, &judged, arena,
		err) == -1 ||
	    must_wait(w, log, &judged, is_early, err) == -1)
		goto out;
	if (*is_early) {
		rc = 0;
		goto out;
	}
	log->size++;
	if (store_entry_judge(docket->parts.store, &judged.row, err) == -1 ||
	    append_project(docket, log, &judged, arena, err) == -1)
		goto out;
	rc = store_log_update(docket->parts.store, log, err);
out:
	arena_free(arena);
	return rc;
}

/* A receipt in one log moves what is receipted of the others. */
static int
reload(struct walk *w, const struct log_row *judged, struct error *err)
{
	struct arena *arena = arena_new();
	struct epochs now;
	int rc = -1;

	if (epochs_load(&now, w->docket, judged->peer, arena, err) == -1)
		goto out;
	for (size_t i = 0; i < w->epochs.n; i++)
		w->epochs.logs[i].receipted = now.logs[i].receipted;
	rc = 0;
out:
	arena_free(arena);
	return rc;
}

/* As far as one writer's logs can be judged before the other's are further. */
static int
judge_side(struct walk *w, unsigned side, bool *has_moved, struct error *err)
{
	struct log_row *log;

	while ((log = next_log(w, side)) != NULL) {
		bool is_early;

		if (judge_next(w, log, &is_early, err) == -1 ||
		    reload(w, log, err) == -1)
			return -1;
		if (is_early)
			return 0;
		*has_moved = true;
	}
	return 0;
}

static int
judge_docket(struct walk *w, struct error *err)
{
	bool has_moved = true;

	while (has_moved) {
		has_moved = false;
		for (unsigned side = 0; side < 2; side++)
			if (judge_side(w, side, &has_moved, err) == -1)
				return -1;
	}
	for (unsigned side = 0; side < 2; side++)
		if (next_log(w, side) != NULL)
			return error_set(err, E_STORE_CORRUPT,
			    "two records are in each other's past");
	return 0;
}

/*
 * What does not count is not judged; nor is where a log was closed forgotten,
 * that is no projection.
 */
static int
rebuild_docket(struct docket *docket, struct span peer, struct error *err)
{
	struct arena *arena = arena_new();
	struct walk w = { .docket = docket };
	int rc = -1;

	if (epochs_load(&w.epochs, docket, peer, arena, err) == -1)
		goto out;
	w.sizes = arena_array(arena, w.epochs.n, sizeof(*w.sizes));
	for (size_t i = 0; i < w.epochs.n; i++) {
		struct log_row *log = &w.epochs.logs[i];

		w.sizes[i] = log->size;
		if (!epoch_counts(log))
			continue;
		log->size = 0;
		log->anchored_epoch = 0;
		log->anchored = 0;
		log->receipted = 0;
		if (store_log_update(docket->parts.store, log, err) == -1)
			goto out;
	}
	if (judge_docket(&w, err) == -1)
		goto out;
	rc = cases_rebuild(docket, peer, err);
out:
	arena_free(arena);
	return rc;
}

int
docket_rebuild(struct docket *docket, struct error *err)
{
	keys_forget(docket);
	for (struct docket_peer *p = docket->peers; p != NULL; p = p->next)
		if (rebuild_docket(docket, p->card->party, err) == -1)
			return -1;
	return 0;
}
