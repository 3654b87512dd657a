#pragma once

/*
 * tile: the hashes of logs as tlog-tiles, read through ledger/tree.h.
 */

#include <stdint.h>

#include "base/attr.h"
#include "base/hash.h"
#include "base/span.h"
#include "ledger/tree.h"

struct arena;
struct error;
struct store;

/* A reader of the log's hashes; valid as long as ${store}. */
struct store_tree {
	struct store *store;
	int64_t log;
};
struct tree_reader store_tree_reader(struct store_tree *tree);

/* Append ${n} leaf hashes behind the ${size} there are; update the tiles. */
NODISCARD int store_tree_append(struct store *store, int64_t log, uint64_t size,
    const struct hash *leaves, size_t n, struct error *err);

/*
 * The hashes of one tile, ${width} of 256 or fewer.
 *
 * Fails: E_TILE if the log does not reach so far.
 */
NODISCARD int store_tile_get(struct store *store, int64_t log, unsigned level,
    uint64_t index, unsigned width, struct span *out, struct arena *arena,
    struct error *err);
