#pragma once

/*
 * recover: what a peer holds of our log, and getting back what we have lost
 * (protocol section 7).
 *
 * Once a start each peer is asked for the largest head of our log in its
 * mirror.  If that is larger than ours, or if the node was restored from a
 * backup, then in this order: their own newest head; the entries of both logs
 * that we lack, kept in memory until the roots fit the signed heads; all of
 * them judged in a causal order and stored at once; and, after a restore, an
 * add-checkpoint with the head that we have, which tells whether a larger one
 * of ours was ever shown.  Until then docket_is_held_back().
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct delivery;
struct docket;
struct docket_peer;
struct error;

/* Lost entries that can be got back: how many, and bytes of both logs. */
#define RECOVER_ENTRIES_MAX ((uint64_t)1 << 16)
#define RECOVER_BYTES_MAX ((size_t)64 << 20)

/*
 * Find out, once a start, whether our keeper has signed more of either log
 * than we hold: then the tail is lost although nobody declared a restore.
 */
NODISCARD int recover_measure(struct docket *docket, struct docket_peer *peer,
    struct error *err);

/* The next job of a recovery, or the question that may begin one. */
NODISCARD int recover_next(struct delivery *d, bool *is_job, struct error *err);

/* Take the answers to JOB_HEAD, JOB_FETCH and to the last question. */
NODISCARD int recover_take_head(struct delivery *d, struct error *err);
NODISCARD int recover_take_entries(struct delivery *d, struct error *err);
NODISCARD int recover_take_probe(struct delivery *d, struct error *err);

/* Give it up; it begins anew with the next job.  Harmless if there is none. */
void recovery_end(struct docket_peer *peer);
