#pragma once

/*
 * head: every signed head ever seen, and the mirror lines upon them.
 *
 * Heads are evidence: never deleted, two with one size and different roots
 * stand beside each other.
 */

#include <stdint.h>

#include "base/attr.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/span.h"

struct arena;
struct error;
struct store;

struct head_row {
	int64_t log;
	uint64_t size;
	struct hash root;
	struct span note; /* checkpoint with the log's signature line only */
	struct instant seen_at;
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

/* Storing what is there already has no effect. */
NODISCARD int store_head_add(struct store *store, const struct head_row *head,
    struct error *err);
NODISCARD int store_line_add(struct store *store, const struct line_row *line,
    struct error *err);

/* The head of that size first seen; NULL if there is none. */
NODISCARD int store_head_get(struct store *store, int64_t log, uint64_t size,
    struct head_row **out, struct arena *arena, struct error *err);

/* The largest head of at most ${size}; NULL if there is none. */
NODISCARD int store_head_below(struct store *store, int64_t log, uint64_t size,
    struct head_row **out, struct arena *arena, struct error *err);

/* The largest head ever seen; NULL if there is none. */
NODISCARD int store_head_largest(struct store *store, int64_t log,
    struct head_row **out, struct arena *arena, struct error *err);

/* All heads of that size: more than one is a fork. */
NODISCARD int store_head_all(struct store *store, int64_t log, uint64_t size,
    struct head_row **out, size_t *n, struct arena *arena, struct error *err);

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
