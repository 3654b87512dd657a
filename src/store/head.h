#pragma once

/*
 * head: every signed head ever seen, and the mirror lines upon them.
 *
 * Heads are evidence: two with one size and different roots stand beside each
 * other.  A head that was never shown to extend what was known is kept as
 * unproven; it is evidence only, and of these a log has at most
 * STORE_UNPROVEN_MAX.  No other head is ever deleted.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/span.h"

struct arena;
struct error;
struct store;

/* Unproven heads of one log; above it the oldest go. */
#define STORE_UNPROVEN_MAX 64

struct head_row {
	int64_t log;
	uint64_t size;
	struct hash root;
	struct span note; /* checkpoint with the log's signature line only */
	struct instant seen_at;
	bool is_unproven; /* evidence, and nothing else */
};

/* A cosignature upon a head. */
struct line_row {
	int64_t log;
	uint64_t size;
	struct hash root;
	struct span name;    /* of the cosigner's key */
	struct instant time; /* as signed */
	struct span line;    /* the whole signature line, LF included */
};

/*
 * Storing what is there already has no effect, but that an unproven head is
 * proven by storing it as such.
 */
NODISCARD int store_head_add(struct store *store, const struct head_row *head,
    struct error *err);
NODISCARD int store_line_add(struct store *store, const struct line_row *line,
    struct error *err);

/* The head of that size first seen and proven; NULL if there is none. */
NODISCARD int store_head_get(struct store *store, int64_t log, uint64_t size,
    struct head_row **out, struct arena *arena, struct error *err);

/* The largest proven head of at most ${size}; NULL if there is none. */
NODISCARD int store_head_below(struct store *store, int64_t log, uint64_t size,
    struct head_row **out, struct arena *arena, struct error *err);

/* The same, proven or not. */
NODISCARD int store_head_seen(struct store *store, int64_t log, uint64_t size,
    struct head_row **out, struct arena *arena, struct error *err);

/* All heads of that size, proven or not: more than one is a fork. */
NODISCARD int store_head_all(struct store *store, int64_t log, uint64_t size,
    struct head_row **out, size_t *n, struct arena *arena, struct error *err);

/* Those of the largest size that has several; ${n} is 0 if none has. */
NODISCARD int store_head_forked(struct store *store, int64_t log,
    struct head_row **out, size_t *n, struct arena *arena, struct error *err);

/* The unproven heads of a log, in the order in which they came. */
NODISCARD int store_head_unproven(struct store *store, int64_t log,
    struct head_row **out, size_t *n, struct arena *arena, struct error *err);

/* Drop the oldest unproven heads above STORE_UNPROVEN_MAX; ${n}: how many. */
NODISCARD int store_head_trim(struct store *store, int64_t log, size_t *n,
    struct error *err);

/* The smallest, or largest, size >= ${size} with a line by ${name}. */
NODISCARD int store_line_first(struct store *store, int64_t log, uint64_t size,
    struct span name, struct line_row **out, struct arena *arena,
    struct error *err);
/* All lines by ${name} on the head of that size, the oldest first. */
NODISCARD int store_line_all(struct store *store, int64_t log, uint64_t size,
    struct span name, struct line_row **out, size_t *n, struct arena *arena,
    struct error *err);
NODISCARD int store_line_last(struct store *store, int64_t log,
    struct span name, struct line_row **out, struct arena *arena,
    struct error *err);
