#pragma once

/*
 * recover_parts: what recover.c, which fetches, and recover_judge.c, which
 * judges what was fetched, share.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/instant.h"
#include "base/span.h"
#include "ledger/checkpoint.h"

struct delivery;
struct error;
struct log_row;

/* The newest logs come first; then later ones that were lost whole. */
enum { OWN, THEIRS };
#define LOST_MAX 40

/* What is lost of one log: the entries from ${from} on. */
struct lost {
	struct span origin;
	uint64_t from, n, to;
	struct checkpoint head; /* of size to, signed; if to > from */
	struct span note;
	struct span line; /* of the mirror upon it; of our log only */
	struct instant line_at;
	struct span *entries;
};

/* The peer's line on our head, which we may never have seen.  Within. */
NODISCARD int recover_keep_line(struct delivery *d, struct log_row *log,
    const struct lost *seen, struct error *err);

/*
 * Take what is lost of ${n} logs, if it is what was signed: all of it, in a
 * causal order, or nothing.  Within.
 *
 * Fails: E_PROOF; as the store does.
 */
NODISCARD int recover_store(struct delivery *d, const struct lost *lost,
    size_t n, struct error *err);

/* The log ${ahead} epochs after the newest of one writer: not in the store,
 * id 0, if nothing was heard of it. */
NODISCARD int recover_later(struct delivery *d, unsigned which, unsigned ahead,
    struct log_row **out, struct error *err);
