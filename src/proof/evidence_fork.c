#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/encode.h"
#include "ledger/checkpoint.h"
#include "proof/evidence.h"
#include "proof/evidence_parts.h"

/* Lines of hashes in base64. */
#define PREFIX_FILE_MAX ((TREE_PROOF_MAX + 1) * 45)

/* The root of a smaller tree, then the proof that a larger begins with it. */
static int
open_prefix(struct evidence *ev, const struct proof_file_row *row,
    struct error *err)
{
	struct evidence_fork *fork = &ev->forks[row->side];
	struct span rest = evidence_bytes(ev, row);
	struct hash hashes[TREE_PROOF_MAX + 1];
	struct error why;
	size_t n = 0;

	if (rest.len > PREFIX_FILE_MAX)
		return evidence_bad(ev, row, "too large", err);
	for (; rest.len > 0 && n <= TREE_PROOF_MAX; n++) {
		size_t end = span_find(rest, '\n');

		if (end == rest.len ||
		    checkpoint_hash_parse(&hashes[n], span_of(rest.ptr, end),
			ev->arena, &why) == -1)
			return evidence_bad(ev, row, "not lines of hashes",
			    err);
		rest = span_skip(rest, end + 1);
	}
	if (n == 0)
		return evidence_bad(ev, row, "not that many hashes", err);
	fork->has_prefix = true;
	fork->prefix = hashes[0];
	fork->prefix_proof.n = n - 1;
	memcpy(fork->prefix_proof.hashes, hashes + 1,
	    (n - 1) * sizeof(hashes[0]));
	return 0;
}

/* A path from a leaf, which is the extra of the file, to one of the heads. */
static int
open_leaf(struct evidence *ev, const struct proof_file_row *row,
    struct error *err)
{
	struct evidence_fork *fork = &ev->forks[row->side];
	struct span bytes = evidence_bytes(ev, row);
	struct proof_file *file;
	struct error why;
	struct buf again;
	bool is_same;

	if (row->n < 1 || row->n > 2)
		return evidence_bad(ev, row, "1 or 2", err);
	file = &fork->paths[row->n - 1];
	if (proof_file_parse(file, bytes, ev->arena, &why) == -1)
		return evidence_bad(ev, row, error_text(why.code), err);
	buf_init(&again, PROOF_FILE_MAX);
	proof_file_write(&again, file);
	is_same = span_is_equal(buf_span(&again), bytes);
	buf_clear(&again);
	if (!is_same || !file->has_extra || file->extra.len != HASH_BYTES ||
	    !span_is_equal(file->note, fork->heads[row->n - 1].bytes))
		return evidence_bad(ev, row, "not in its form", err);
	memcpy(fork->leaves[row->n - 1].bytes, file->extra.ptr, HASH_BYTES);
	fork->has_path[row->n - 1] = true;
	return 0;
}

int
evidence_open_forks(struct evidence *ev, struct error *err)
{
	const struct manifest *m = ev->manifest;

	for (size_t i = 0; i < m->files_n; i++) {
		const struct proof_file_row *row = &m->files[i];

		if ((row->use == USE_FORK_PREFIX &&
			open_prefix(ev, row, err) == -1) ||
		    (row->use == USE_FORK_PATH &&
			open_leaf(ev, row, err) == -1))
			return -1;
	}
	return 0;
}
