#pragma once

/*
 * quote: cosignature lines that valid records quote: the times that count
 * (a projection; protocol section 4).
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/instant.h"

struct arena;
struct error;
struct store;

struct quote_row {
	int64_t quoting_log; /* where the receipt stands */
	uint64_t quoting_index;
	int64_t log; /* what the quoted checkpoint is of */
	uint64_t size;
	struct instant time;
};

NODISCARD int store_quote_add(struct store *store,
    const struct quote_row *quote, struct error *err);

/*
 * Quotes that stand in either log of the docket with ${peer}, by
 * (quoting_log, quoting_index); an array in ${arena}.
 */
NODISCARD int store_quote_all(struct store *store, struct span peer,
    struct quote_row **out, size_t *n, struct arena *arena, struct error *err);

/* Quotes that stand in ${log} at [from, to), in order, likewise. */
NODISCARD int store_quote_window(struct store *store, int64_t log,
    uint64_t from, uint64_t to, struct quote_row **out, size_t *n,
    struct arena *arena, struct error *err);

/* Does a line of ${time} or before quoted about ${log} cover ${size}? */
NODISCARD int store_quote_covers(struct store *store, int64_t log,
    uint64_t size, struct instant time, bool *out, struct error *err);

/* The latest time quoted in ${log} below ${index}: *has false if none. */
NODISCARD int store_quote_latest(struct store *store, int64_t log,
    uint64_t index, struct instant *out, bool *has, struct error *err);

/* The largest own size that receipts in ${log} below ${index} quote. */
NODISCARD int store_quote_largest(struct store *store, int64_t quoting_log,
    uint64_t index, int64_t about_log, uint64_t *out, struct error *err);
