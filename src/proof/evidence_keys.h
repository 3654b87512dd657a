#pragma once

/*
 * evidence_keys: the keys of a party and the epochs of its log, as they follow
 * from its card and what the bundle shows of its log.  Private to proof/.
 *
 * Units: positions, see position.h.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/span.h"
#include "ledger/note.h"

struct certificate;

/* In force from that entry on. */
struct evidence_seal {
	uint64_t from;
	struct certificate *certificate;
};

/*
 * A key that was named at from - 1 (0: by the card), and is not accepted any
 * more by who has seen until - 1; UINT64_MAX: nothing shown says so.
 */
struct evidence_term {
	uint64_t from, until;
};

/* A log key, for epochs that begin behind ${from}. */
struct evidence_log_key {
	uint64_t from;
	uint8_t key[NOTE_PUBLIC_BYTES];
};

/* What the opening of a later epoch says of the log before. */
struct evidence_epoch {
	bool is_said;      /* a valid opening is shown */
	bool is_begun;     /* and stands in its log */
	uint64_t previous; /* what counts of the log before; 0: nothing */
	struct hash root;  /* of that */
};

/* The keys of one party: those that mirror the other's log, and of TLS; its
 * log keys and epochs. */
struct evidence_keys {
	struct evidence_log_key *logs; /* the card's first */
	struct evidence_epoch *epochs; /* by epoch - 1 */
	size_t logs_n;
	struct span name; /* of its mirror keys */
	struct note_key *mirrors;
	struct evidence_term *terms; /* of each */
	struct hash *pins;
	size_t mirrors_n, pins_n;
};

/*
 * chain.c: what follows from the openings of ${epochs}, by epoch - 1.  The
 * first epoch that leaves out what stands at ${position}, or 0; where the
 * chain goes on; where the part from ${from} that is in one log ends.
 */
unsigned chain_without(const struct evidence_epoch *epochs, uint64_t position);
uint64_t chain_next(const struct evidence_epoch *epochs, uint64_t position);
uint64_t chain_segment_end(const struct evidence_epoch *epochs, uint64_t from,
    uint64_t size);
