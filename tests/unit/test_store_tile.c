#include "base/error.h"
#include "ledger/tiles.h"
#include "store/tile.h"
#include "tests/lab.h"
#include "tests/support/faultvfs.h"
#include "tests/support/storelab.h"

#define LEAVES 1000

static struct storelab lab;
static struct hash leaves[LEAVES];

static struct store *
fresh(void)
{
	storelab_close(&lab);
	storelab_open(&lab);
	for (size_t i = 0; i < LEAVES; i++)
		leaves[i] = storelab_hash(i);
	return lab.store;
}

static void
begin(void)
{
	struct error err;

	storelab_must(store_begin(lab.store, &err), &err, "begin");
}

static void
commit(void)
{
	struct error err;

	storelab_must(store_commit(lab.store, &err), &err, "commit");
}

static void
append(uint64_t size, size_t n)
{
	struct error err;

	storelab_must(store_tree_append(lab.store, lab.own.id, size,
			  leaves + size, n, &err),
	    &err, "append");
}

/* True if the stored tree of ${size} has the root it should have. */
static bool
is_right(uint64_t size)
{
	struct store_tree tree = { lab.store, lab.own.id };
	struct tree_reader reader = store_tree_reader(&tree);
	struct tree want = { .size = 0 };
	struct hash got, root;
	struct error err;

	for (uint64_t i = 0; i < size; i++)
		tree_append(&want, &leaves[i]);
	root = tree_root(&want);
	if (tree_root_at(&got, &reader, size, &err) == -1) {
		tap_note("size %llu: %s", (unsigned long long)size, err.detail);
		return false;
	}
	return hash_is_equal(&got, &root);
}

TEST(the_root_is_the_ledgers_for_every_size_up_to_1000_one_by_one)
{
	(void)fresh();
	begin();
	for (uint64_t size = 0; size < LEAVES; size++) {
		append(size, 1);
		if (!check(is_right(size + 1)))
			return;
	}
	commit();
	for (uint64_t size = 0; size <= LEAVES; size++)
		if (!check(is_right(size)))
			return;
}

TEST(batches_give_the_same_tree_as_single_leaves)
{
	static const size_t batches[] = { 0, 1, 254, 1, 1, 255, 256, 3, 0,
		229 };
	uint64_t size = 0;

	(void)fresh();
	for (size_t i = 0; i < COUNT_OF(batches); i++) {
		begin();
		append(size, batches[i]);
		size += batches[i];
		commit();
		check(is_right(size));
	}
	check_size(size, LEAVES);
	for (uint64_t n = 0; n <= LEAVES; n++)
		if (!check(is_right(n)))
			return;
}

TEST(proofs_from_the_store_are_those_from_memory)
{
	struct tree_leaves memory = { leaves, LEAVES };
	struct store_tree tree = { fresh(), lab.own.id };
	struct tree_reader stored = store_tree_reader(&tree);
	struct tree_reader plain = tree_leaves_reader(&memory);
	struct error err;

	begin();
	append(0, LEAVES);
	for (uint64_t i = 0; i < LEAVES; i += 37) {
		struct proof got, want;

		require(tree_prove(&got, &stored, i, i + 1, LEAVES, &err) == 0);
		require(tree_prove(&want, &plain, i, i + 1, LEAVES, &err) == 0);
		check_mem(got.hashes, got.n * HASH_BYTES, want.hashes,
		    want.n * HASH_BYTES);
	}
}

TEST(nodes_that_are_not_there_are_out_of_range)
{
	struct store_tree tree = { fresh(), lab.own.id };
	struct tree_reader reader = store_tree_reader(&tree);
	struct hash hash;
	struct error err;

	begin();
	append(0, 511);
	static const struct {
		uint64_t index;
		unsigned level;
		bool is_there;
	} nodes[] = {
		/* clang-format off */
		{ 510, 0, true },  { 511, 0, false },  { UINT64_MAX, 0, false },
		{ 254, 1, true },  { 255, 1, false },  { 2, 7, true },
		{ 3, 7, false },   { 0, 8, true },     { 1, 8, false },
		{ 0, 9, false },   { 0, 62, false },   { 1, 62, false },
		{ 0, 63, false },  { 0, 64, false },
		/* clang-format on */
	};
	for (size_t i = 0; i < COUNT_OF(nodes); i++) {
		err.code = E_NONE;
		int rc = reader.node(reader.ctx, nodes[i].level, nodes[i].index,
		    &hash, &err);

		tap_note("%u/%llu", nodes[i].level,
		    (unsigned long long)nodes[i].index);
		check_int(rc, nodes[i].is_there ? 0 : -1);
		check_int(err.code, nodes[i].is_there ? E_NONE : E_RANGE);
	}
}

TEST(a_tile_is_given_out_as_wide_as_it_was_asked_for)
{
	struct store *store = fresh();
	struct arena *arena = lab_arena();
	struct span got;
	struct error err;

	begin();
	append(0, 600);
	require(store_tile_get(store, lab.own.id, 0, 2, 88, &got, arena,
		    &err) == 0);
	check_mem(got.ptr, got.len, leaves + 512, 88 * HASH_BYTES);
	require(
	    store_tile_get(store, lab.own.id, 0, 0, 3, &got, arena, &err) == 0);
	check_mem(got.ptr, got.len, leaves, 3 * HASH_BYTES);
	require(
	    store_tile_get(store, lab.own.id, 1, 0, 2, &got, arena, &err) == 0);
	static const struct {
		uint64_t index;
		unsigned level, width;
	} refused[] = { { 2, 0, 89 }, { 3, 0, 1 }, { 0, 1, 3 }, { 0, 2, 1 },
		{ 0, 8, 1 }, { 0, 0, 0 }, { 0, 0, 257 }, { UINT64_MAX, 0, 1 } };
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		check(store_tile_get(store, lab.own.id, refused[i].level,
			  refused[i].index, refused[i].width, &got, arena,
			  &err) == -1);
		check_int(err.code, E_TILE);
	}
}

TEST(what_was_rolled_back_leaves_no_trace_in_the_tree)
{
	static const uint64_t sizes[] = { 0, 1, 255, 256, 257, 511, 512 };

	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		(void)fresh();
		begin();
		append(0, sizes[i]);
		commit();
		begin();
		append(sizes[i], 300);
		store_rollback(lab.store);
		begin();
		append(sizes[i], 2);
		append(sizes[i] + 2, 298);
		commit();
		check(is_right(sizes[i]));
		check(is_right(sizes[i] + 300));
	}
}

TEST(appending_goes_on_after_the_store_was_opened_again)
{
	struct error err;

	for (uint64_t size = 0; size < LEAVES; size += 125) {
		if (size == 0)
			(void)fresh();
		else
			storelab_close(&lab);
		if (size > 0)
			require(store_open(&lab.store, "lab", FAULTVFS_NAME,
				    STORE_USE, &err) == 0);
		begin();
		append(size, 125);
		commit();
	}
	check(is_right(LEAVES));
}

TEST(a_tree_grows_only_at_its_end)
{
	struct store *store = fresh();
	struct error err;

	begin();
	append(0, 10);
	check(store_tree_append(store, lab.own.id, 9, leaves, 1, &err) == -1);
	check_int(err.code, E_INTERNAL);
	commit();
	begin();
	store_rollback(store);
	begin();
	check(store_tree_append(store, lab.own.id, 9, leaves, 1, &err) == -1);
	check_int(err.code, E_STORE_CORRUPT);
	check(store_tree_append(store, lab.own.id, 11, leaves, 1, &err) == -1);
	check(store_tree_append(store, lab.own.id, TREE_SIZE_MAX, leaves, 1,
		  &err) == -1);
	check_int(err.code, E_RANGE);
	append(10, 1);
	check(is_right(11));
	storelab_close(&lab);
}
