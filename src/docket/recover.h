#pragma once

/*
 * recover: what a peer holds of our log, and getting back what we have lost
 * (protocol section 7).
 *
 * Once a start, before anything is signed for it, each peer is asked for the
 * largest head of our log that it was ever shown.  If that is larger than
 * ours, or if the node was restored from a backup, then in this order: the
 * newest head in its mirror of our log; their own newest head; the entries of
 * both logs that we lack, kept in memory until the roots fit the signed heads;
 * all of them judged in a causal order and stored at once.  Until then
 * docket_is_held_back().
 *
 * A peer that is off must not silence us: after RECOVER_TRIES_MAX failed
 * tries, or RECOVER_PATIENCE_S seconds, what our keeper agrees to is signed;
 * the question stays open and comes first when the peer is back.  Never so
 * after a declared restore, or when the keeper has signed more than is held.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/instant.h"

struct delivery;
struct docket;
struct docket_peer;
struct error;
struct log_row;

/* Lost entries that can be got back: how many, and bytes of both logs. */
#define RECOVER_ENTRIES_MAX ((uint64_t)1 << 16)
#define RECOVER_BYTES_MAX ((size_t)64 << 20)

/* How long a peer that does not answer is waited for after a start. */
#define RECOVER_TRIES_MAX 3
#define RECOVER_PATIENCE_S 10

/*
 * Before anything is signed for ${peer}: count the seconds that it was waited
 * for; and find out, once a start, whether our keeper has signed more of
 * either log than we hold: then the tail is lost although nobody declared it.
 */
NODISCARD int recover_measure(struct docket *docket, struct docket_peer *peer,
    struct instant now, struct error *err);

/* It did not answer the question. */
void recover_unanswered(struct docket_peer *peer);

/* After a rollback: what was given back in the transaction is lost again. */
void recover_rolled_back(struct docket_peer *peer);

/* The next job of a recovery, or the question that may begin one. */
NODISCARD int recover_next(struct delivery *d, bool *is_job, struct error *err);

/* Take the answers to JOB_HEAD and JOB_FETCH. */
NODISCARD int recover_take_head(struct delivery *d, struct error *err);
NODISCARD int recover_take_entries(struct delivery *d, struct error *err);

/*
 * recover_documents.c: once a peer was asked for our log, documents that our
 * records name, or without which theirs may not be cosigned, and that are
 * not held here, are asked from it; in pieces.  They count once they have
 * size and digest.  What the peer has lost too is told, and not waited for.
 */
NODISCARD int recover_next_document(struct delivery *d, bool *is_job,
    struct error *err);
NODISCARD int recover_take_document(struct delivery *d, struct error *err);
void recover_search_again(struct docket_peer *peer);

/* Give it up; it begins anew with the next job.  Harmless if there is none. */
void recovery_end(struct docket_peer *peer);
