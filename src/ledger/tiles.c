#include <stdio.h>

#include "base/buf.h"
#include "base/cursor.h"
#include "base/error.h"
#include "ledger/line.h"
#include "ledger/tiles.h"

/* A tile's index is below 2^63 / 256: six groups of three digits hold it. */
#define GROUPS_MAX 6
#define GROUP_DIGITS ((size_t)3)
#define INDEX_MAX (TREE_SIZE_MAX / TILE_WIDTH)

static int
bad_path(struct error *err)
{
	return error_set(err, E_TILE, "no path of a tile");
}

/* Take exactly ${n} digits from ${rest}. */
static bool
next_digits(uint64_t *out, struct span *rest, size_t n)
{
	uint64_t value = 0;

	if (rest->len < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (rest->ptr[i] < '0' || rest->ptr[i] > '9')
			return false;
		value = value * 10 + (uint64_t)(rest->ptr[i] - '0');
	}
	*rest = span_skip(*rest, n);
	*out = value;
	return true;
}

static bool
parse_index(uint64_t *out, struct span *rest)
{
	uint64_t index = 0, group;

	for (int i = 0; i < GROUPS_MAX; i++) {
		bool is_last = !line_skip(rest, "x");

		if (!next_digits(&group, rest, GROUP_DIGITS))
			return false;
		index = index * 1000 + group;
		if (is_last) {
			*out = index;
			return index <= INDEX_MAX;
		}
		/* A first group of zeros would be a second spelling. */
		if (index == 0 || !line_skip(rest, "/"))
			return false;
	}
	return false;
}

static bool
parse_width(unsigned *out, struct span *rest)
{
	uint64_t width;

	if (!line_skip(rest, ".p/")) {
		*out = TILE_WIDTH;
		return true;
	}
	if (rest->len == 0 || rest->len > GROUP_DIGITS || rest->ptr[0] == '0' ||
	    !next_digits(&width, rest, rest->len))
		return false;
	*out = (unsigned)width;
	return width < TILE_WIDTH;
}

int
tile_parse(struct tile *out, struct span path, struct error *err)
{
	struct tile tile = { .kind = TILE_ENTRIES };
	uint64_t level;

	if (path.len >= TILE_PATH_MAX || !line_skip(&path, "tile/"))
		return bad_path(err);
	if (!line_skip(&path, "entries/")) {
		tile.kind = TILE_HASHES;
		if (!next_digits(&level, &path, 1) || level > TILE_LEVEL_MAX ||
		    !line_skip(&path, "/"))
			return bad_path(err);
		tile.level = (unsigned)level;
	}
	if (!parse_index(&tile.index, &path) ||
	    !parse_width(&tile.width, &path) || path.len > 0)
		return bad_path(err);
	*out = tile;
	return 0;
}

const char *
tile_write(const struct tile *tile, char out[TILE_PATH_MAX])
{
	uint64_t power = 1;
	int len;

	if (tile->kind == TILE_ENTRIES)
		len = snprintf(out, TILE_PATH_MAX, "tile/entries/");
	else
		len = snprintf(out, TILE_PATH_MAX, "tile/%u/", tile->level);
	while (tile->index / power >= 1000)
		power *= 1000;
	for (; power > 1; power /= 1000)
		len += snprintf(out + len, TILE_PATH_MAX - (size_t)len,
		    "x%03u/", (unsigned)(tile->index / power % 1000));
	len += snprintf(out + len, TILE_PATH_MAX - (size_t)len, "%03u",
	    (unsigned)(tile->index % 1000));
	if (tile->width < TILE_WIDTH)
		snprintf(out + len, TILE_PATH_MAX - (size_t)len, ".p/%u",
		    tile->width);
	return out;
}

unsigned
tile_width(unsigned level, uint64_t index, uint64_t size)
{
	uint64_t nodes = level > TILE_LEVEL_MAX ? 0 : size >> (8 * level);

	if (index < nodes / TILE_WIDTH)
		return TILE_WIDTH;
	return index == nodes / TILE_WIDTH ? (unsigned)(nodes % TILE_WIDTH) : 0;
}

int
tile_check(const struct tile *tile, uint64_t size, struct error *err)
{
	unsigned width = tile_width(tile->level, tile->index, size);

	if (tile->width == 0 || tile->width > width)
		return error_set(err, E_TILE, "%u wide, there are %u",
		    tile->width, width);
	return 0;
}

int
tile_write_hashes(struct buf *out, const struct tile *tile,
    const struct tree_reader *reader, struct error *err)
{
	struct hash hash;

	if (tile->index > INDEX_MAX)
		return error_set(err, E_TILE, "index above 2^55");
	for (unsigned i = 0; i < tile->width; i++) {
		if (reader->node(reader->ctx, 8 * tile->level,
			tile->index * TILE_WIDTH + i, &hash, err) == -1)
			return -1;
		buf_add(out, hash_span(&hash));
	}
	return 0;
}

int
tile_parse_hashes(struct hash out[TILE_WIDTH], const struct tile *tile,
    struct span bytes, struct error *err)
{
	struct cursor cursor = cursor_of(bytes);

	for (unsigned i = 0; i < tile->width && i < TILE_WIDTH; i++)
		if (hash_of(&out[i], cursor_bytes(&cursor, HASH_BYTES), err) ==
		    -1)
			return -1;
	return cursor_end(&cursor, err);
}

int
tile_write_entry(struct buf *out, struct span entry, struct error *err)
{
	if (entry.len > UINT16_MAX)
		return error_set(err, E_TOO_LARGE, "an entry of %zu bytes",
		    entry.len);
	buf_u16(out, (uint16_t)entry.len);
	buf_add(out, entry);
	return 0;
}

int
tile_parse_entries(struct span out[TILE_WIDTH], const struct tile *tile,
    struct span bytes, struct error *err)
{
	struct cursor cursor = cursor_of(bytes);

	for (unsigned i = 0; i < tile->width && i < TILE_WIDTH; i++) {
		size_t len = cursor_u16(&cursor);

		out[i] = cursor_bytes(&cursor, len);
	}
	return cursor_end(&cursor, err);
}

int
tile_each_grown(uint64_t old_size, uint64_t size,
    int (*each)(void *ctx, const struct tile *tile, struct error *err),
    void *ctx, struct error *err)
{
	if (old_size > size || size > TREE_SIZE_MAX)
		return error_set(err, E_RANGE, "growth from %ju to %ju",
		    (uintmax_t)old_size, (uintmax_t)size);
	for (unsigned level = 0; level <= TILE_LEVEL_MAX; level++) {
		uint64_t index = (old_size >> (8 * level)) / TILE_WIDTH;
		struct tile tile = { TILE_HASHES, level, index, 0 };

		for (;; tile.index++) {
			tile.width = tile_width(level, tile.index, size);
			if (tile.width ==
			    tile_width(level, tile.index, old_size))
				break;
			tile.kind = TILE_HASHES;
			if (each(ctx, &tile, err) == -1)
				return -1;
			tile.kind = TILE_ENTRIES;
			if (level == 0 && each(ctx, &tile, err) == -1)
				return -1;
		}
	}
	return 0;
}

/* A node lies within one tile: 2^(level mod 8) of its hashes, aligned. */
static int
source_node(void *ctx, unsigned level, uint64_t index, struct hash *out,
    struct error *err)
{
	struct tile_source *source = ctx;
	struct hash hashes[TILE_WIDTH];
	struct tree tree = { .size = 0 };
	uint64_t first = index << level % 8;
	struct tile tile = { TILE_HASHES, level / 8, first / TILE_WIDTH, 0 };
	struct span bytes;

	if (level >= TREE_LEVELS || index >= source->size >> level)
		return error_set(err, E_RANGE, "no node %u/%ju", level,
		    (uintmax_t)index);
	tile.width = tile_width(tile.level, tile.index, source->size);
	if (source->bytes(source->ctx, &tile, &bytes, err) == -1)
		return -1;
	if (tile_parse_hashes(hashes, &tile, bytes, err) == -1)
		return -1;
	for (unsigned i = 0; i < 1u << level % 8; i++)
		tree_append(&tree, &hashes[first % TILE_WIDTH + i]);
	*out = tree_root(&tree);
	return 0;
}

struct tree_reader
tile_reader(struct tile_source *source)
{
	return (struct tree_reader){ source_node, source };
}
