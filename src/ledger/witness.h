#pragma once

/*
 * witness: the add-checkpoint call, and what to answer (C2SP tlog-witness
 * v1.0.0 with the clarifications of 2026-07).
 *
 * Pure.  The caller looks up what is known of the origin, opens the
 * checkpoint, asks witness_decide(), stores and answers, all in one
 * transaction: of two valid forks raced exactly one gets through.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/hash.h"
#include "base/span.h"
#include "ledger/tree.h"

struct arena;
struct buf;
struct checkpoint;
struct error;

/* The whole body of a request, in bytes */
#define WITNESS_REQUEST_MAX ((size_t)64 << 10)

/* Enough for the body of a 409; its media type, without which it is none */
#define WITNESS_SIZE_MAX ((size_t)32)
#define WITNESS_SIZE_TYPE "text/x.tlog.size"

struct witness_request {
	uint64_t old;       /* the size that the sender believes is known */
	struct proof proof; /* of consistency, from there */
	struct span note;   /* the checkpoint, not yet verified */
};

/* What is known of an origin; all zero if there is nothing. */
struct witness_known {
	bool is_known;
	uint64_t size;
	struct hash root;
};

enum witness_outcome {
	WITNESS_ADVANCE, /* store the new head, then sign */
	WITNESS_REFRESH, /* the same head: sign with a fresh time */
};

/*
 * Owns: ${out} borrows ${bytes}.
 * Fails: E_SYNTAX, E_TOO_LARGE.
 */
NODISCARD int witness_request_parse(struct witness_request *out,
    struct span bytes, struct arena *arena, struct error *err);
void witness_request_write(struct buf *out, const struct witness_request *req);

/*
 * Judge a request whose note opened as ${head}.
 *
 * Fails: E_CHECKPOINT_RANGE, the old size is above the new; E_CHECKPOINT_OLD,
 * it is not the known one: answer 409 with witness_size_write(); E_PROOF, also
 * for an empty tree whose root is not the empty one; E_PROOF_USELESS for a
 * proof from 0 or between equal sizes; E_CHECKPOINT_FORK, another root for the
 * known size: keep both notes, they are evidence.
 */
NODISCARD int witness_decide(enum witness_outcome *out,
    const struct witness_known *known, const struct witness_request *req,
    const struct checkpoint *head, struct error *err);

/*
 * True if ${head} has the known size and another root, whatever else is wrong
 * with the request that brought it: with the known one it proves a fork.
 */
bool witness_is_fork(const struct witness_known *known,
    const struct checkpoint *head);

/* The body of a 409: the size and LF.  Fails: E_SYNTAX. */
void witness_size_write(struct buf *out, uint64_t size);
NODISCARD int witness_size_parse(uint64_t *out, struct span body,
    struct error *err);
