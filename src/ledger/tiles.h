#pragma once

/*
 * tiles: the read side of a log (C2SP tlog-tiles v0.1.0).
 *
 * A tile at level l holds up to 256 nodes of tree level 8 l; an entry bundle
 * holds the entries under a tile of level 0.  Only what a published size
 * contains is served.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/hash.h"
#include "base/span.h"
#include "ledger/tree.h"

struct buf;
struct error;

#define TILE_WIDTH 256u
#define TILE_LEVEL_MAX 7u

/* A tile's path with its NUL; a tile and a bundle; in bytes */
#define TILE_PATH_MAX ((size_t)64)
#define TILE_BYTES_MAX ((size_t)8192)
#define TILE_BUNDLE_MAX ((size_t)256 * (2 + 65535))

enum tile_kind {
	TILE_HASHES,
	TILE_ENTRIES, /* level is 0 */
};

struct tile {
	enum tile_kind kind;
	unsigned level;
	uint64_t index;
	unsigned width; /* 1 to TILE_WIDTH; below it the tile is partial */
};

/*
 * Read "tile/<L>/<N>[.p/<W>]" or "tile/entries/<N>[.p/<W>]", the path below
 * the log's prefix, in its one form.
 *
 * Fails: E_TILE.
 */
NODISCARD int tile_parse(struct tile *out, struct span path, struct error *err);

/* Returns ${out}. */
const char *tile_write(const struct tile *tile, char out[TILE_PATH_MAX]);

/* How wide that tile is in a tree of ${size}; 0 if it is not there. */
unsigned tile_width(unsigned level, uint64_t index, uint64_t size);

/*
 * Check that a log of ${size} has the tile: the full one, or a partial one
 * that is no wider than what is there.
 *
 * Fails: E_TILE.
 */
NODISCARD int tile_check(const struct tile *tile, uint64_t size,
    struct error *err);

/* Fails: as the reader does. */
NODISCARD int tile_write_hashes(struct buf *out, const struct tile *tile,
    const struct tree_reader *reader, struct error *err);

/* Read the tile's ${bytes}.  Fails: E_SYNTAX if they are not width * 32. */
NODISCARD int tile_parse_hashes(struct hash out[TILE_WIDTH],
    const struct tile *tile, struct span bytes, struct error *err);

/* Add one entry to a bundle.  Fails: E_TOO_LARGE above 65,535 bytes. */
NODISCARD int tile_write_entry(struct buf *out, struct span entry,
    struct error *err);

/*
 * Read a bundle of the tile's width.
 *
 * Owns: ${out} borrows ${bytes}.
 * Fails: E_SYNTAX.
 */
NODISCARD int tile_parse_entries(struct span out[TILE_WIDTH],
    const struct tile *tile, struct span bytes, struct error *err);

/*
 * Call ${each} for every tile and bundle that a log of ${size} has and one of
 * ${old_size} had not, or not so wide: what growth has to publish.
 *
 * Fails: E_RANGE if the log shrinks, or as ${each} does.
 */
NODISCARD int tile_each_grown(uint64_t old_size, uint64_t size,
    int (*each)(void *ctx, const struct tile *tile, struct error *err),
    void *ctx, struct error *err);

/* A log's tiles, read by someone who has only them. */
struct tile_source {
	/* Put the bytes of ${tile} in ${out}, borrowed until the next call. */
	int (*bytes)(void *ctx, const struct tile *tile, struct span *out,
	    struct error *err);
	void *ctx;
	uint64_t size; /* of the log */
};

/*
 * A reader of nodes that are computed from tiles.
 *
 * Owns: ${source} outlives the reader.
 * Fails: the reader with E_RANGE outside the log, E_SYNTAX, or as the source.
 */
struct tree_reader tile_reader(struct tile_source *source);
