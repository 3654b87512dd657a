#include "base/arena.h"
#include "base/buf.h"
#include "base/encode.h"
#include "base/error.h"
#include "ledger/tree.h"
#include "proof/make_files.h"
#include "store/head.h"
#include "store/log.h"
#include "store/tile.h"

/* Bytes of the file that says what a larger log began with. */
#define PREFIX_FILE_MAX ((TREE_PROOF_MAX + 1) * 45)

/* Heads of a log that cannot both be true. */
struct fork {
	struct head_row *heads[2];
	bool is_there, has_prefix;
	struct hash prefix; /* the root of what is held, at the first's size */
};

/* The head of the largest size up to ${size}; NULL below the first entry. */
static int
head_below(struct making *m, const struct log_row *log, uint64_t size,
    struct head_row **out, struct error *err)
{
	if (store_head_seen(m->store, log->id, size, out, m->arena, err) == -1)
		return -1;
	if (*out != NULL && (*out)->size == 0)
		*out = NULL;
	return 0;
}

static int
root_held(struct making *m, const struct log_row *log, uint64_t size,
    struct hash *out, struct error *err)
{
	struct store_tree tree = { m->store, log->id };
	struct tree_reader reader = store_tree_reader(&tree);

	return tree_root_at(out, &reader, size, err);
}

/* Two heads of one size: they are held for ever. */
static int
find_twins(struct making *m, const struct log_row *log, struct fork *fork,
    struct error *err)
{
	struct head_row *rows;
	size_t n;

	if (store_head_forked(m->store, log->id, &rows, &n, m->arena, err) ==
	    -1)
		return -1;
	if (n < 2)
		return 0;
	fork->is_there = true;
	fork->heads[0] = &rows[0];
	fork->heads[1] = &rows[1];
	return 0;
}

/* A head that what is held does not lead to, and a larger one to which it
 * does. */
static int
find_stray(struct making *m, const struct log_row *log, struct fork *fork,
    struct error *err)
{
	struct head_row *below;

	for (uint64_t size = log->size;; size = below->size - 1) {
		if (head_below(m, log, size, &below, err) == -1)
			return -1;
		if (below == NULL)
			return 0;
		if (root_held(m, log, below->size, &fork->prefix, err) == -1)
			return -1;
		if (hash_is_equal(&fork->prefix, &below->root)) {
			if (fork->heads[1] == NULL)
				fork->heads[1] = below;
			continue;
		}
		if (fork->heads[1] == NULL)
			continue;
		fork->heads[0] = below;
		fork->is_there = fork->has_prefix = true;
		return 0;
	}
}

static int
add_prefix(struct making *m, const struct log_row *log, const struct fork *fork,
    struct error *err)
{
	struct store_tree tree = { m->store, log->id };
	struct tree_reader reader = store_tree_reader(&tree);
	struct proof *proof = arena_alloc(m->arena, sizeof(*proof));
	struct buf buf;
	int rc;

	if (tree_prove(proof, &reader, 0, fork->heads[0]->size,
		fork->heads[1]->size, err) == -1)
		return -1;
	buf_init(&buf, PREFIX_FILE_MAX);
	encode_base64(&buf, hash_span(&fork->prefix));
	buf_text(&buf, "\n");
	for (size_t i = 0; i < proof->n; i++) {
		encode_base64(&buf, hash_span(&proof->hashes[i]));
		buf_text(&buf, "\n");
	}
	rc = making_add_file(m, USE_FORK_PREFIX, log->side, 0,
	    arena_copy(m->arena, buf_span(&buf)), err);
	buf_clear(&buf);
	return rc;
}

static int
add_fork(struct making *m, const struct log_row *log, bool *is_there,
    struct error *err)
{
	struct proof_claim_row claim = { .claim = PROOF_FORK,
		.side = log->side };
	struct fork fork = { .is_there = false };

	if (find_twins(m, log, &fork, err) == -1 ||
	    (!fork.is_there && find_stray(m, log, &fork, err) == -1))
		return -1;
	*is_there = fork.is_there;
	if (!fork.is_there)
		return 0;
	for (unsigned i = 0; i < 2; i++)
		if (making_add_file(m, USE_FORK, log->side, i + 1,
			fork.heads[i]->note, err) == -1)
			return -1;
	if (fork.has_prefix && add_prefix(m, log, &fork, err) == -1)
		return -1;
	claim.size = making_position(m, log->id, fork.heads[0]->size);
	making_claim(m, &claim);
	return 0;
}

/* One is enough. */
int
making_add_fork(struct making *m, unsigned side, struct error *err)
{
	bool is_there = false;

	for (unsigned e = 1; e <= POSITION_EPOCHS_MAX && !is_there; e++) {
		const struct log_row *log = m->chains[side][e - 1];

		if (log != NULL && log->is_forked &&
		    add_fork(m, log, &is_there, err) == -1)
			return -1;
	}
	return 0;
}
