#pragma once

/*
 * log: one row a Merkle log: ours towards a peer, or a mirror of the peer's.
 *
 * A writer has a log an epoch in a docket.  One of a later epoch that the
 * peer only announced has not begun: its first entry is still to come.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/hash.h"
#include "base/span.h"

struct arena;
struct error;
struct store;

struct log_row {
	int64_t id;
	struct span origin;
	struct span peer;   /* the docket: the other party's name */
	bool is_own;        /* we write it */
	unsigned epoch;     /* from 1 */
	unsigned side;      /* 0 or 1: the writer's place by name */
	uint64_t size;      /* entries stored here */
	uint64_t head;      /* ours: largest signed; theirs: largest pending */
	uint64_t mirrored;  /* largest size under the receiver's mirror line */
	uint64_t receipted; /* largest size so covered that a record quotes */
	unsigned anchored_epoch; /* of its last anchor; 0: none yet */
	uint64_t anchored;       /* the size of that; anchors never fall */
	uint64_t settled; /* theirs: automatic answers were lodged below it;
			   * ours: lines up to it need no receipt of ours */
	bool wants_line;  /* theirs: a new line over what is mirrored already */
	bool is_forked; /* two signed versions were seen; nothing more taken */
	bool is_announced; /* theirs: its first entry is still to come */
	bool is_closed;    /* a later epoch has begun; then: */
	uint64_t closed;   /* the entries below it count, and no others */
};

/* Sets log->id. */
NODISCARD int store_log_add(struct store *store, struct log_row *log,
    struct error *err);
NODISCARD int store_log_update(struct store *store, const struct log_row *log,
    struct error *err);

/* Forget what the entries of ${log}, which never counted, say. */
NODISCARD int store_log_void(struct store *store, int64_t log,
    struct error *err);

/* Owns: *out is in ${arena}; NULL if there is none. */
NODISCARD int store_log_find(struct store *store, struct span origin,
    struct log_row **out, struct arena *arena, struct error *err);

/* By SHA-256 of the origin, as the read side names logs. */
NODISCARD int store_log_find_key(struct store *store, const struct hash *key,
    struct log_row **out, struct arena *arena, struct error *err);

/* The newest epoch that has begun of our log to ${peer}, or of theirs. */
NODISCARD int store_log_of(struct store *store, struct span peer, bool is_own,
    struct log_row **out, struct arena *arena, struct error *err);

/*
 * Logs that may have something to sign or to answer, by peer, side, epoch:
 * ours larger than their head, theirs with a head above their mirror line or
 * entries under it that were not answered.
 */
NODISCARD int store_log_unsettled(struct store *store, struct log_row **out,
    size_t *n, struct arena *arena, struct error *err);

/* All logs of the docket with ${peer}, by side, epoch. */
NODISCARD int store_log_peer(struct store *store, struct span peer,
    struct log_row **out, size_t *n, struct arena *arena, struct error *err);

/* All logs, by peer, side, epoch. */
NODISCARD int store_log_all(struct store *store, struct log_row **out,
    size_t *n, struct arena *arena, struct error *err);
