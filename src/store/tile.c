#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/mem.h"
#include "ledger/tiles.h"
#include "store/db.h"
#include "store/tile.h"
#include "store/tile_edge.h"

#define LEVELS (TILE_LEVEL_MAX + 1)
#define LEVEL_BITS 8 /* TILE_WIDTH is 2^8 */

/*
 * The partial tile of each level.  A parent holds the roots of full tiles
 * only, so in a tree of some size the width of each follows from it.
 */
struct tile_edge {
	struct tile_edge *next;
	int64_t log;
	uint64_t size;
	struct hash *tiles[LEVELS]; /* TILE_WIDTH hashes, or NULL: not used */
};

static void
free_edge(struct tile_edge *edge)
{
	for (size_t i = 0; i < LEVELS; i++)
		free(edge->tiles[i]);
	free(edge);
}

void
tile_edges_drop(struct store *store)
{
	struct tile_edge *next;

	for (struct tile_edge *edge = store->edges; edge != NULL; edge = next) {
		next = edge->next;
		free_edge(edge);
	}
	store->edges = NULL;
}

/* How many nodes of that level's tiles a tree of ${size} has. */
static uint64_t
nodes_at(unsigned level, uint64_t size)
{
	return size >> (LEVEL_BITS * level);
}

/*
 * Read a tile: *n hashes, 0 if there is none.  Straight from the row: it is
 * the reader's way too, many times a proof.
 */
static int
read_tile(struct store *store, int64_t log, unsigned level, uint64_t index,
    struct hash out[TILE_WIDTH], size_t *n, struct error *err)
{
	struct arena *arena = arena_new();
	struct query q;
	struct span bytes = span_of(NULL, 0);
	bool has_row = false;
	int rc;

	*n = 0;
	query_start(&q, store, QUERY_TILE_GET);
	query_put_int(&q, log);
	query_put_int(&q, level);
	query_put_size(&q, index);
	rc = query_step(&q, &has_row, err);
	if (rc == 0 && has_row)
		bytes = query_get_bytes(&q, arena);
	query_end(&q);
	if (bytes.len > TILE_BYTES_MAX || bytes.len % HASH_BYTES != 0)
		rc = error_set(err, E_STORE_CORRUPT, "a tile of %zu bytes",
		    bytes.len);
	if (rc == 0) {
		*n = bytes.len / HASH_BYTES;
		if (*n > 0)
			memcpy(out, bytes.ptr, bytes.len);
	}
	arena_free(arena);
	return rc;
}

static int
write_tile(struct store *store, int64_t log, unsigned level, uint64_t index,
    const struct hash *hashes, size_t n, struct error *err)
{
	struct query q;

	query_start(&q, store, QUERY_TILE_PUT);
	query_put_int(&q, log);
	query_put_int(&q, level);
	query_put_size(&q, index);
	query_put_bytes(&q, span_of(hashes, n * HASH_BYTES));
	return query_run(&q, NULL, err);
}

/* The root of ${n} hashes, a power of two; they are used up. */
static struct hash
fold(struct hash *hashes, size_t n)
{
	for (; n > 1; n /= 2)
		for (size_t i = 0; i < n / 2; i++)
			hashes[i] =
			    tree_node_hash(&hashes[2 * i], &hashes[2 * i + 1]);
	return hashes[0];
}

static struct hash *
edge_tile(struct tile_edge *edge, unsigned level)
{
	if (edge->tiles[level] == NULL)
		edge->tiles[level] = mem_new(TILE_BYTES_MAX);
	return edge->tiles[level];
}

static int
load_edge(struct store *store, struct tile_edge *edge, struct error *err)
{
	for (unsigned level = 0; level < LEVELS; level++) {
		uint64_t nodes = nodes_at(level, edge->size);
		size_t n = 0;

		if (read_tile(store, edge->log, level, nodes / TILE_WIDTH,
			edge_tile(edge, level), &n, err) == -1)
			return -1;
		if (n != nodes % TILE_WIDTH)
			return error_set(err, E_STORE_CORRUPT,
			    "tile level %u of log %lld is %zu wide at size "
			    "%llu",
			    level, (long long)edge->log, n,
			    (unsigned long long)edge->size);
		if (nodes == 0)
			break;
	}
	return 0;
}

static int
find_edge(struct store *store, int64_t log, uint64_t size,
    struct tile_edge **out, struct error *err)
{
	struct tile_edge *edge = store->edges;

	while (edge != NULL && edge->log != log)
		edge = edge->next;
	if (edge != NULL && edge->size != size) {
		error_set(err, E_INTERNAL,
		    "appending at %llu to a tree of %llu",
		    (unsigned long long)size, (unsigned long long)edge->size);
		return -1;
	}
	if (edge == NULL) {
		edge = mem_new(sizeof(*edge));
		edge->log = log;
		edge->size = size;
		if (load_edge(store, edge, err) == -1) {
			free_edge(edge);
			return -1;
		}
		edge->next = store->edges;
		store->edges = edge;
	}
	*out = edge;
	return 0;
}

/* Put ${hash} behind the tile of ${level}; a full one is stored and folded. */
static int
push(struct store *store, struct tile_edge *edge, struct hash hash,
    struct error *err)
{
	for (unsigned level = 0; level < LEVELS; level++) {
		uint64_t at = nodes_at(level, edge->size);
		struct hash *tile = edge_tile(edge, level);

		tile[at % TILE_WIDTH] = hash;
		if ((at + 1) % TILE_WIDTH != 0)
			break;
		if (write_tile(store, edge->log, level, at / TILE_WIDTH, tile,
			TILE_WIDTH, err) == -1)
			return -1;
		hash = fold(tile, TILE_WIDTH);
	}
	edge->size++;
	return 0;
}

/* Store the partial tiles that are not as they were at ${before}. */
static int
write_edge(struct store *store, const struct tile_edge *edge, uint64_t before,
    struct error *err)
{
	for (unsigned level = 0; level < LEVELS; level++) {
		uint64_t nodes = nodes_at(level, edge->size);

		if (nodes == nodes_at(level, before))
			break;
		if (nodes % TILE_WIDTH == 0)
			continue;
		if (write_tile(store, edge->log, level, nodes / TILE_WIDTH,
			edge->tiles[level], nodes % TILE_WIDTH, err) == -1)
			return -1;
	}
	return 0;
}

int
store_tree_append(struct store *store, int64_t log, uint64_t size,
    const struct hash *leaves, size_t n, struct error *err)
{
	struct tile_edge *edge = NULL;
	int rc = 0;

	if (size > TREE_SIZE_MAX || n > TREE_SIZE_MAX - size)
		return error_set(err, E_RANGE, "more than a tree holds");
	if (n == 0)
		return 0;
	if (find_edge(store, log, size, &edge, err) == -1)
		return -1;
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = push(store, edge, leaves[i], err);
	if (rc == 0)
		rc = write_edge(store, edge, size, err);
	if (rc == -1)
		tile_edges_drop(store);
	return rc;
}

int
store_tile_get(struct store *store, int64_t log, unsigned level, uint64_t index,
    unsigned width, struct span *out, struct arena *arena, struct error *err)
{
	struct hash hashes[TILE_WIDTH];
	size_t n = 0;

	if (level > TILE_LEVEL_MAX || index > TREE_SIZE_MAX || width == 0 ||
	    width > TILE_WIDTH)
		return error_set(err, E_TILE, "level %u, width %u", level,
		    width);
	if (read_tile(store, log, level, index, hashes, &n, err) == -1)
		return -1;
	if (n < width)
		return error_set(err, E_TILE, "%u of %zu hashes", width, n);
	*out = arena_copy(arena, span_of(hashes, width * HASH_BYTES));
	return 0;
}

/* A node within a tile is folded from the hashes below it. */
static int
read_node(void *ctx, unsigned level, uint64_t index, struct hash *out,
    struct error *err)
{
	const struct store_tree *tree = ctx;
	unsigned within = level % LEVEL_BITS;
	struct hash hashes[TILE_WIDTH];
	uint64_t first;
	size_t n = 0;

	if (level >= TREE_LEVELS || index > TREE_SIZE_MAX >> level)
		return error_set(err, E_RANGE, "node %u/%llu", level,
		    (unsigned long long)index);
	first = index << within;
	if (read_tile(tree->store, tree->log, level / LEVEL_BITS,
		first / TILE_WIDTH, hashes, &n, err) == -1)
		return -1;
	if (first % TILE_WIDTH + ((size_t)1 << within) > n)
		return error_set(err, E_RANGE, "node %u/%llu", level,
		    (unsigned long long)index);
	*out = fold(hashes + first % TILE_WIDTH, (size_t)1 << within);
	return 0;
}

struct tree_reader
store_tree_reader(struct store_tree *tree)
{
	return (struct tree_reader){ .node = read_node, .ctx = tree };
}
