#pragma once

/*
 * fold: cases and figures from the logs below a closed pair of heads
 * (protocol section 5, domain 5).
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/span.h"
#include "domain/casefile.h"
#include "domain/count.h"

struct arena;
struct docket;
struct entry_row;
struct error;

/* A head of one log of a docket. */
struct docket_head {
	int64_t log;
	unsigned side, epoch;
	struct span origin;
	uint64_t size;
	struct hash root;
};

/*
 * A head of each log: those of side 0 first, by epoch.  Of each side the last
 * may be any; those before it are where these logs were closed.
 */
struct heads {
	struct docket_head *lines; /* in the arena of the call */
	size_t n;
};

/* The newest closed heads that this node holds. */
NODISCARD int docket_heads(struct docket *docket, struct span peer,
    struct heads *out, struct arena *arena, struct error *err);

/*
 * Lines "<origin> <size> <base64 root>": read, and checked against what is
 * held here.
 *
 * Fails: E_HEADS if unknown here, another root, or not closed.
 */
NODISCARD int docket_heads_read(struct docket *docket, struct span peer,
    struct span text, struct heads *out, struct arena *arena,
    struct error *err);
struct buf;
void docket_heads_write(struct buf *out, const struct heads *heads);

/* The head of the log ${id}; NULL if it has none among ${heads}. */
const struct docket_head *docket_head_of(const struct heads *heads, int64_t id);

/* A record of a case, for showing. */
struct case_entry {
	const struct entry_row *entry;
	const struct case_record *record; /* parsed, with taken and shown */
	struct span author;               /* the party */
};

struct case_view {
	struct span peer;
	struct hash name; /* leaf hash of the opening record */
	struct casefile casefile;
	const struct case_entry *entries; /* in causal order */
	size_t n;
};

/* The case as it stands below ${heads} at ${at}.  In ${arena}. */
NODISCARD int docket_case(struct docket *docket, struct span peer,
    const struct hash *name, const struct heads *heads, struct instant at,
    struct case_view *out, struct arena *arena, struct error *err);

/* What the cases of one docket share below ${heads} at ${at}. */
struct folding;

/* Owns: the caller, until folding_close(); NULL is harmless there. */
NODISCARD int folding_open(struct folding **out, struct docket *docket,
    struct span peer, const struct heads *heads, struct instant at,
    struct error *err);
void folding_close(struct folding *folding);

/* One of them: with n == 0 if it has no record there.  In ${arena}. */
NODISCARD int folding_case(struct folding *folding, const struct hash *name,
    struct case_view *out, struct arena *arena, struct error *err);

/* Rule 1 over the docket: period [from, to) at the instant ${as_of}. */
struct figures {
	struct span peer;
	struct heads heads;
	struct instant from, to, as_of;
	bool is_exercise;
};
NODISCARD int docket_statement(struct docket *docket,
    const struct figures *figures, struct statement *out, struct arena *arena,
    struct error *err);
