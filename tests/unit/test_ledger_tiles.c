#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "ledger/checkpoint.h"
#include "ledger/note.h"
#include "ledger/tiles.h"
#include "tests/lab.h"
#include "tests/support/ledger.h"
#include "tests/tap.h"

#define TILES300 "vectors/worked/tiles300/"
#define TESSERA "vectors/tessera-log/testdata/log/"

TEST(paths_are_written_and_read_in_one_form)
{
	static const struct {
		const char *path;
		struct tile tile;
	} cases[] = {
		/* clang-format off */
		{ "tile/0/000", { TILE_HASHES, 0, 0, 256 } },
		{ "tile/0/999", { TILE_HASHES, 0, 999, 256 } },
		{ "tile/3/x001/000", { TILE_HASHES, 3, 1000, 256 } },
		{ "tile/0/x001/x234/067", { TILE_HASHES, 0, 1234067, 256 } },
		{ "tile/7/000.p/1", { TILE_HASHES, 7, 0, 1 } },
		{ "tile/entries/x001/067.p/255",
		    { TILE_ENTRIES, 0, 1067, 255 } },
		{ "tile/entries/x036/x028/x797/x018/x963/967",
		    { TILE_ENTRIES, 0, 36028797018963967, 256 } },
		/* clang-format on */
	};
	char path[TILE_PATH_MAX];
	struct error err;
	struct tile tile;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		check_str(tile_write(&cases[i].tile, path), cases[i].path);
		require(tile_parse(&tile, span_text(path), &err) == 0);
		check(tile.kind == cases[i].tile.kind);
		check(tile.level == cases[i].tile.level);
		check(tile.index == cases[i].tile.index);
		check(tile.width == cases[i].tile.width);
	}
}

TEST(hostile_paths_are_no_tiles)
{
	static const char *const bad[] = {
		"",
		"tile",
		"tile/",
		"/tile/0/000",
		"tile//000",
		"tile/0/",
		"tile/0/0",
		"tile/0/0000",
		"tile/0/000/",
		"tile/00/000",
		"tile/8/000",
		"tile/63/000",
		"tile/-1/000",
		"tile/0/-01",
		"tile/0/x000/001",
		"tile/0/x001",
		"tile/0/x001/",
		"tile/0/001/002",
		"tile/0/xx01/002",
		"tile/0/x001/x002",
		"tile/0/000.p",
		"tile/0/000.p/",
		"tile/0/000.p/0",
		"tile/0/000.p/01",
		"tile/0/000.p/256",
		"tile/0/000.p/999",
		"tile/0/000.p/1000",
		"tile/0/000.p/1/",
		"tile/0/000.p/1 ",
		"tile/0/000.p/+1",
		"tile/entries",
		"tile/entries/",
		"tile/entries/../../checkpoint",
		"tile/entries/..",
		"tile/0/x036/x028/x797/x018/x963/968",
		"tile/0/x999/x999/x999/x999/x999/999",
		"tile/0/x001/x000/x000/x000/x000/x000/000",
		"tile/0/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/999",
	};
	struct error err;
	struct tile tile;

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		tap_note("%s", bad[i]);
		check(tile_parse(&tile, span_text(bad[i]), &err) == -1);
		check_int(err.code, E_TILE);
	}
	check(tile_parse(&tile, span_of("tile/0/000\0", 11), &err) == -1);
}

TEST(a_log_of_70000_has_the_tiles_that_the_specification_counts)
{
	check_int(tile_width(0, 272, 70000), 256);
	check_int(tile_width(0, 273, 70000), 112);
	check_int(tile_width(0, 274, 70000), 0);
	check_int(tile_width(1, 0, 70000), 256);
	check_int(tile_width(1, 1, 70000), 17);
	check_int(tile_width(2, 0, 70000), 1);
	check_int(tile_width(3, 0, 70000), 0);
	check_int(tile_width(0, 0, 0), 0);
	check_int(tile_width(8, 0, TREE_SIZE_MAX), 0);
	check_int(tile_width(7, 0, TREE_SIZE_MAX), 127);
	check_int(tile_width(0, UINT64_MAX, TREE_SIZE_MAX), 0);
}

TEST(only_tiles_that_a_published_size_has_are_there)
{
	struct tile tile = { TILE_HASHES, 0, 1, 44 };
	struct error err;

	check(tile_check(&tile, 300, &err) == 0);
	tile.width = 1;
	check(tile_check(&tile, 300, &err) == 0);
	tile.width = 45;
	check(tile_check(&tile, 300, &err) == -1);
	check_int(err.code, E_TILE);
	tile.width = 256;
	check(tile_check(&tile, 300, &err) == -1);
	tile.index = 0;
	check(tile_check(&tile, 300, &err) == 0);
	tile.index = 2;
	tile.width = 1;
	check(tile_check(&tile, 300, &err) == -1);
}

/* Tiles from the files below ${ctx}; a partial one of the right width. */
static int
file_bytes(void *ctx, const struct tile *tile, struct span *out,
    struct error *err)
{
	struct arena *arena = lab_arena();
	char path[TILE_PATH_MAX];
	const char *full = arena_printf(arena, "%s%s", (const char *)ctx,
	    tile_write(tile, path));

	if (!lab_has_shared(full))
		return error_set(err, E_TILE, "%s", full);
	*out = lab_shared(arena, full);
	return 0;
}

/* Fill a log from the entry bundle that a tree of ${size} ends with. */
static struct ledger_log *
log_from_bundles(struct arena *arena, const char *folder, uint64_t size)
{
	struct ledger_log *log = ledger_log_new(arena, size);
	struct span bytes = { NULL, 0 }, entries[TILE_WIDTH] = { { NULL, 0 } };
	struct error err;

	for (uint64_t i = 0; i * TILE_WIDTH < size; i++) {
		struct tile tile = { TILE_ENTRIES, 0, i,
			tile_width(0, i, size) };
		char *ctx = arena_printf(arena, "%s", folder);

		if (file_bytes(ctx, &tile, &bytes, &err) == -1 ||
		    tile_parse_entries(entries, &tile, bytes, &err) == -1) {
			check(false);
			return log;
		}
		for (unsigned k = 0; k < tile.width; k++)
			ledger_log_append(log, entries[k]);
	}
	return log;
}

/* The log's own rendering of that tile is the file. */
static int
compare_tile(void *ctx, const struct tile *tile, struct error *err)
{
	struct ledger_log *log = ((void **)ctx)[0];
	struct tree_reader reader = ledger_log_reader(log);
	struct span want = { NULL, 0 };
	struct buf got;
	int rc = 0;

	buf_init(&got, TILE_BUNDLE_MAX);
	if (file_bytes(((void **)ctx)[1], tile, &want, err) == -1)
		return -1;
	if (tile->kind == TILE_HASHES)
		rc = tile_write_hashes(&got, tile, &reader, err);
	for (unsigned i = 0; tile->kind == TILE_ENTRIES && i < tile->width; i++)
		rc |= tile_write_entry(&got,
		    log->entries[tile->index * TILE_WIDTH + i], err);
	check_mem(got.ptr, got.len, want.ptr, want.len);
	buf_clear(&got);
	return rc;
}

/* A log in files says the same of itself in every way that it can be read. */
static void
check_log(const char *folder, const char *head_name, const struct note_key *key,
    uint64_t size)
{
	struct arena *arena = lab_arena();
	char *ctx = arena_printf(arena, "%s", folder);
	struct ledger_log *log = log_from_bundles(arena, folder, size);
	struct tile_source source = { file_bytes, ctx, size };
	struct tree_reader reader = tile_reader(&source);
	void *both[] = { log, ctx };
	struct checkpoint head;
	struct proof proof;
	struct note note;
	struct error err;
	struct hash root;

	require(checkpoint_open(&head, &note,
		    lab_shared(arena,
			arena_printf(arena, "%s%s", folder, head_name)),
		    key, NULL, 0, arena, &err) == 0);
	check(head.size == size);
	root = tree_root(&log->tree);
	check(hash_is_equal(&root, &head.root));
	check(tile_each_grown(0, size, compare_tile, both, &err) == 0);
	require(tree_root_at(&root, &reader, size, &err) == 0);
	check(hash_is_equal(&root, &head.root));
	for (uint64_t i = 0; i < size; i += 1 + size / 20) {
		require(tree_prove(&proof, &reader, i, i + 1, size, &err) == 0);
		check(tree_check_inclusion(&log->nodes[0][i], i, size, &proof,
			  &head.root, &err) == 0);
	}
}

TEST(the_worked_log_of_300_is_read_and_made)
{
	struct arena *arena = lab_arena();
	struct note_key key;
	struct error err;
	struct span vkey;

	if (!lab_has_shared(TILES300))
		skip("no shared vectors");
	vkey = lab_shared(arena, TILES300 "vkey");
	vkey.len -= vkey.ptr[vkey.len - 1] == '\n';
	require(note_key_parse(&key, vkey, arena, &err) == 0);
	check_log(TILES300, "checkpoint", &key, 300);
}

TEST(the_log_of_tessera_is_read_and_made_at_every_size)
{
	struct arena *arena = lab_arena();

	if (!lab_has_shared(TESSERA))
		skip("no shared vectors");
	for (uint64_t size = 0; size <= 15; size++) {
		struct ledger_log *log = log_from_bundles(arena, TESSERA, size);
		void *both[] = { log, arena_printf(arena, TESSERA) };
		struct checkpoint head;
		struct hash root;
		struct note note;
		struct error err;
		struct span file = lab_shared(arena,
		    arena_printf(arena, TESSERA "checkpoint.%ju",
			(uintmax_t)size));

		/* Its key is not among the vectors. */
		require(note_parse(&note, file, arena, &err) == 0);
		require(checkpoint_parse(&head, note.text, arena, &err) == 0);
		check(head.size == size);
		root = tree_root(&log->tree);
		check(hash_is_equal(&root, &head.root));
		check(tile_each_grown(size == 0 ? 0 : size - 1, size,
			  compare_tile, both, &err) == 0);
	}
}

static int
count_tile(void *ctx, const struct tile *tile, struct error *err UNUSED)
{
	unsigned *counts = ctx;

	counts[tile->kind == TILE_ENTRIES ? 9 : tile->level]++;
	return 0;
}

TEST(growth_names_each_tile_that_changed_and_no_other)
{
	static const struct {
		uint64_t from, to;
		unsigned at0, at1, at2;
	} cases[] = {
		{ 0, 0, 0, 0, 0 },
		{ 5, 5, 0, 0, 0 },
		{ 0, 1, 1, 0, 0 },
		{ 255, 256, 1, 1, 0 },
		{ 256, 257, 1, 0, 0 },
		{ 250, 520, 3, 1, 0 },
		{ 0, 70000, 274, 2, 1 },
		{ 65535, 65536, 1, 1, 1 },
		{ 69999, 70000, 1, 0, 0 },
	};
	struct error err;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		unsigned counts[10] = { 0 };

		tap_note("%" PRIu64 " to %" PRIu64, cases[i].from, cases[i].to);
		check(tile_each_grown(cases[i].from, cases[i].to, count_tile,
			  counts, &err) == 0);
		check_int(counts[0], cases[i].at0);
		check_int(counts[9], cases[i].at0);
		check_int(counts[1], cases[i].at1);
		check_int(counts[2], cases[i].at2);
	}
	check(tile_each_grown(2, 1, count_tile, NULL, &err) == -1);
	check_int(err.code, E_RANGE);
}

TEST(tiles_and_bundles_of_another_length_are_refused)
{
	struct tile tile = { TILE_HASHES, 0, 0, 2 };
	struct span entries[TILE_WIDTH];
	struct hash hashes[TILE_WIDTH];
	uint8_t bytes[200] = { 0, 3, 'o', 'n', 'e', 0, 0 };
	struct error err;

	for (size_t len = 0; len <= sizeof(bytes); len++)
		check((tile_parse_hashes(hashes, &tile, span_of(bytes, len),
			   &err) == 0) == (len == 64));
	tile.kind = TILE_ENTRIES;
	for (size_t len = 0; len <= sizeof(bytes); len++)
		check((tile_parse_entries(entries, &tile, span_of(bytes, len),
			   &err) == 0) == (len == 7));
	check(tile_parse_entries(entries, &tile, span_of(bytes, 7), &err) == 0);
	check(span_is_text(entries[0], "one") && entries[1].len == 0);
}
