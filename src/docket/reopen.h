#pragma once

/*
 * reopen: begin the next epoch of our log towards one peer, on an operator's
 * word (docs/PROTOCOL.md 3.11).
 *
 * For a log whose end is lost, and for one whose key is to be changed.  The
 * old log is closed at the largest head that bears the peer's mirror line.
 */

#include <stdint.h>

#include "base/attr.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/span.h"

struct arena;
struct docket;
struct error;

/* What would be signed, and what becomes of the log before. */
struct reopened {
	struct span content; /* of the opening record */
	unsigned epoch;      /* of the new log */
	uint64_t closed;     /* entries of the old log that stay */
	uint64_t left;       /* that are held and were never taken */
};

/*
 * Make the content of the opening of the next log, as of now.
 *
 * Owns: ${out} is in ${arena}.
 * Fails: E_PEER_UNKNOWN; E_BUSY while the peer was not asked what it holds;
 * E_EPOCH_OPEN if the log can go on and has records on their way;
 * E_EPOCH_AHEAD if the peer's records have seen more than it signed for;
 * E_TOO_LARGE after too many of them.
 */
NODISCARD int docket_prepare_reopening(struct docket *docket, struct span peer,
    struct instant now, struct reopened *out, struct arena *arena,
    struct error *err);

/*
 * Begin the log with the opening of ${content}.  Within.
 *
 * Fails: as before; E_ANCHOR_STALE: prepare again; E_KEEPER_*, E_RECORD_*.
 */
NODISCARD int docket_lodge_reopening(struct docket *docket, struct span content,
    struct instant now, struct hash *leaf, struct error *err);
