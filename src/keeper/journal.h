#pragma once

/*
 * journal: the lines of the keeper's memory, on their way to and from a file.
 *
 * A line is words and a checksum over this line and all before it, so that a
 * line that was changed, lost or moved is found.  Only what follows the last
 * LF may be damaged: the rest of a write that was cut off, of which nobody
 * has yet heard.
 *
 * Pure: the bytes are read and kept by others.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/hash.h"
#include "base/span.h"

struct buf;
struct error;

/* Bytes of a line without its LF, and of a whole journal. */
#define JOURNAL_LINE_MAX ((size_t)512)
#define JOURNAL_SIZE_MAX ((size_t)32 << 20)

/* Words of a line. */
#define JOURNAL_WORDS_MAX ((size_t)6)

struct journal_line {
	size_t n;
	struct span words[JOURNAL_WORDS_MAX];
};

/* SHA-256 over the lines so far; all zero before the first. */
struct journal_chain {
	struct hash hash;
};

/*
 * Split the words of ${text}, a line without checksum and LF.
 *
 * Owns: ${out} borrows ${text}.
 * Fails: E_KEEPER_JOURNAL.
 */
NODISCARD int journal_split(struct journal_line *out, struct span text,
    struct error *err);

/* Add ${text} as a line to ${out} and to ${chain}. */
void journal_write(struct buf *out, struct journal_chain *chain,
    struct span text);

/*
 * Call ${each} with ${ctx} for every line of ${bytes}; -1 from it stops.
 * ${chain} is where the next line goes on.  ${is_torn}: there was a rest.
 *
 * Fails: E_KEEPER_JOURNAL for damage, or as ${each} does.
 */
NODISCARD int journal_read(struct span bytes, struct journal_chain *chain,
    bool *is_torn,
    int (*each)(void *ctx, const struct journal_line *line, struct error *err),
    void *ctx, struct error *err);
