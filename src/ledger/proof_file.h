#pragma once

/*
 * proof_file: a proof that an entry is in a log, as a file of its own (C2SP
 * tlog-proof@v1; the suffix is .tlog-proof).
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"
#include "ledger/tree.h"

struct arena;
struct buf;
struct checkpoint;
struct error;

/* The whole file and the extra data, in bytes */
#define PROOF_FILE_MAX ((size_t)64 << 10)
#define PROOF_FILE_EXTRA_MAX ((size_t)16 << 10)

struct proof_file {
	bool has_extra;
	struct span extra; /* nothing vouches for it */
	uint64_t index;
	struct proof proof;
	struct span note; /* the checkpoint with its lines, not yet verified */
};

/*
 * Owns: ${out} borrows ${bytes} and ${arena}.
 * Fails: E_PROOF_SYNTAX, E_TOO_LARGE.
 */
NODISCARD int proof_file_parse(struct proof_file *out, struct span bytes,
    struct arena *arena, struct error *err);
void proof_file_write(struct buf *out, const struct proof_file *file);

/*
 * Check that the entry with leaf hash ${leaf} is where the file says under
 * ${head}, which is what checkpoint_open() made of the file's note.
 *
 * Fails: E_PROOF.
 */
NODISCARD int proof_file_check(const struct proof_file *file,
    const struct hash *leaf, const struct checkpoint *head, struct error *err);
