#pragma once

/*
 * tile_edge: the right edge of trees, kept in memory so that appending does
 * not read.  Private to store/.
 */

struct store;

/* Forget all: what was cached may have been rolled back. */
void tile_edges_drop(struct store *store);
