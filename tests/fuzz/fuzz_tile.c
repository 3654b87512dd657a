#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "ledger/tiles.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/fuzzlog.h"

/*
 * A tile: its path on the first line, its bytes behind.  A path has one form;
 * an entry bundle is exactly its entries.
 */

static const struct tile seeds[] = {
	{ TILE_HASHES, 0, 0, 256 },
	{ TILE_HASHES, 0, 2, 88 },
	{ TILE_HASHES, 1, 0, 2 },
	{ TILE_ENTRIES, 0, 1, 256 },
	{ TILE_ENTRIES, 0, 2, 88 },
};

static bool reached;

static void
judge_hashes(const struct tile *tile, struct span bytes)
{
	static struct hash hashes[TILE_WIDTH];
	struct error err;

	if (tile_parse_hashes(hashes, tile, bytes, &err) == -1) {
		fuzz_must(err.code == E_SYNTAX);
		return;
	}
	fuzz_must(bytes.len == tile->width * HASH_BYTES);
	fuzz_must(memcmp(hashes, bytes.ptr, bytes.len) == 0);
	reached = true;
}

static void
judge_entries(const struct tile *tile, struct span bytes)
{
	static struct span entries[TILE_WIDTH];
	struct error err;
	struct buf buf;

	if (tile_parse_entries(entries, tile, bytes, &err) == -1) {
		fuzz_must(err.code == E_SYNTAX);
		return;
	}
	buf_init(&buf, TILE_BUNDLE_MAX);
	for (unsigned i = 0; i < tile->width; i++)
		fuzz_done(tile_write_entry(&buf, entries[i], &err), &err);
	fuzz_must(span_is_equal(buf_span(&buf), bytes));
	buf_clear(&buf);
	reached = true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = span_of(data, size), path = fuzz_line(&rest);
	char text[TILE_PATH_MAX];
	struct error err;
	struct tile tile;

	reached = false;
	if (tile_parse(&tile, path, &err) == -1) {
		fuzz_must(err.code == E_TILE);
		return 0;
	}
	fuzz_must(span_is_text(path, tile_write(&tile, text)));
	fuzz_must(tile.width >= 1 && tile.width <= TILE_WIDTH);
	fuzz_must(tile.level <= TILE_LEVEL_MAX);
	if (tile_check(&tile, FUZZLOG_SIZE, &err) == 0)
		fuzz_must(tile.width <=
		    tile_width(tile.level, tile.index, FUZZLOG_SIZE));
	if (tile.kind == TILE_HASHES)
		judge_hashes(&tile, rest);
	else
		judge_entries(&tile, rest);
	return 0;
}

bool
fuzz_seed(unsigned n, struct buf *out)
{
	struct mirror_source source = fuzzlog_source();
	char text[TILE_PATH_MAX];
	struct error err;

	if (n >= COUNT_OF(seeds))
		return false;
	buf_printf(out, "%s\n", tile_write(&seeds[n], text));
	if (seeds[n].kind == TILE_HASHES) {
		fuzz_done(tile_write_hashes(out, &seeds[n], &source.tree, &err),
		    &err);
		return true;
	}
	for (uint64_t i = 0; i < seeds[n].width; i++)
		fuzz_done(tile_write_entry(out,
			      fuzzlog_entry(seeds[n].index * TILE_WIDTH + i),
			      &err),
		    &err);
	return true;
}

bool
fuzz_reached(void)
{
	return reached;
}
