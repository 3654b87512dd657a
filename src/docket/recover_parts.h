#pragma once

/*
 * recover_parts: what recover.c, which fetches, and recover_judge.c, which
 * judges what was fetched, share.
 */

#include <stdint.h>

#include "base/attr.h"
#include "base/instant.h"
#include "base/span.h"
#include "ledger/checkpoint.h"

struct delivery;
struct error;
struct log_row;

enum { OWN, THEIRS };

/* What is lost of one log: the entries from ${from} on. */
struct lost {
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
 * Take what is lost of both logs, OWN and THEIRS, if it is what was signed:
 * all of it, in a causal order, or nothing.  Within.  Updates ${d}->own.
 *
 * Fails: E_PROOF; as the store does.
 */
NODISCARD int recover_store(struct delivery *d, const struct lost lost[2],
    const struct log_row *theirs, struct error *err);
