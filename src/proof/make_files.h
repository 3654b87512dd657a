#pragma once

/*
 * make_files: what goes into a bundle, file by file.  Private to proof/.
 *
 * Units: indexes and sizes are positions, see position.h.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/span.h"
#include "proof/evidence_keys.h"
#include "proof/manifest.h"
#include "proof/position.h"

struct arena;
struct bundle;
struct card;
struct docket;
struct entry_row;
struct error;
struct evidence;
struct log_row;
struct proof_order;
struct store;

/* A bundle in the making. */
struct making {
	struct docket *docket;
	struct store *store;
	const struct proof_order *order;
	struct arena *arena;
	struct bundle *bundle;
	const struct card *cards[2];
	struct span card_files[2];
	struct log_row *chains[2][POSITION_EPOCHS_MAX]; /* by epoch - 1 */
	struct evidence_epoch epochs[2][POSITION_EPOCHS_MAX];
	struct span mirrors[2]; /* names of the keys that mirror each log */
	uint64_t highest[2];    /* one above the last record put in */
	struct manifest manifest;
	size_t claims_cap, files_cap;
};

/* The parties' cards, logs and anchors of ${making}->order->peer. */
NODISCARD int making_begin(struct making *making, struct error *err);

/* make_logs.c: all logs of the docket; then where a position is, and the
 * reverse; the anchor of an entry; and where the chain of a writer ends. */
NODISCARD int making_load_logs(struct making *making, struct error *err);
const struct log_row *making_log(const struct making *making, unsigned side,
    uint64_t position);
unsigned making_side(const struct making *making, int64_t log);
uint64_t making_position(const struct making *making, int64_t log, uint64_t n);
NODISCARD int making_anchor(struct making *making,
    const struct entry_row *entry, uint64_t *out, struct error *err);
uint64_t making_end_of(const struct making *making, unsigned side);

/* Once each; what is there already stays as it is. */
NODISCARD int making_add_file(struct making *making, enum proof_use use,
    unsigned side, uint64_t n, struct span bytes, struct error *err);

/* The head of that size with its mirror line, if both are held. */
struct making_head {
	bool is_there, has_line;
	uint64_t size;
	struct instant time;
	struct span bytes;
};
NODISCARD int making_add_head(struct making *making, unsigned side,
    uint64_t size, struct making_head *out, struct error *err);

/*
 * The record, its path to the smallest head with a mirror line above it, or
 * else to a head without one, and the head of its anchor.  ${under} other than
 * 0 is the size of the head to take.
 */
NODISCARD int making_add_record(struct making *making, unsigned side,
    uint64_t index, uint64_t under, struct making_head *head,
    struct error *err);

/*
 * Where the key of the mirror of ${side}'s log was declared compromised at any
 * time, the receipt that quotes a line above the entry; ${under} is the size
 * of the head that it quotes, or 0.
 */
NODISCARD int making_add_quote(struct making *making, unsigned side,
    uint64_t index, uint64_t *under, struct error *err);

/* Entries [${from}, ${size}) of the log, and what is below them folded. */
NODISCARD int making_add_range(struct making *making, unsigned side,
    uint64_t from, uint64_t size, struct error *err);

/* Its documents, as far as the order wants them and they are held. */
NODISCARD int making_add_documents(struct making *making,
    const struct entry_row *entry, struct error *err);

void making_claim(struct making *making, const struct proof_claim_row *claim);

/* make_fork.c: what shows that the log of ${side} was forked, if it was. */
NODISCARD int making_add_fork(struct making *making, unsigned side,
    struct error *err);

/* The changes of keys below what was put in. */
NODISCARD int making_add_credentials(struct making *making, struct error *err);

/* Certificates, HOWTO, manifest and sums; ${evidence} is open over it. */
NODISCARD int making_end(struct making *making, const struct evidence *evidence,
    struct error *err);
