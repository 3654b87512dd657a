#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/error.h"
#include "ledger/tree.h"
#include "tests/lab.h"
#include "tests/support/ledger.h"
#include "tests/tap.h"

static struct span
decoded(struct arena *arena, const char *hex)
{
	struct error err;
	struct span bytes;

	if (decode_hex(&bytes, span_text(hex), arena, &err) == -1)
		return span_of(NULL, 0);
	return bytes;
}

static bool
is_hash(const struct hash *hash, const char *hex)
{
	char text[HASH_TEXT_MAX];

	return strcmp(hash_write(hash, text), hex) == 0;
}

/* A log whose entry i is the text "entry i". */
static struct ledger_log *
log_of(struct arena *arena, uint64_t size)
{
	struct ledger_log *log = ledger_log_new(arena, size);

	for (uint64_t i = 0; i < size; i++)
		ledger_log_append(log, ledger_entry(arena, i));
	return log;
}

TEST(the_hashes_of_rfc_6962_are_made)
{
	const struct span nodes[] = { span_text("N123"), span_text("N456") };
	struct hash left = { { 0 } }, right = { { 0 } }, hash;

	hash = tree_empty_root();
	check(is_hash(&hash,
	    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85"
	    "5"));
	hash = tree_leaf_hash(span_of(NULL, 0));
	check(is_hash(&hash,
	    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01"
	    "d"));
	hash = tree_leaf_hash(span_text("L123456"));
	check(is_hash(&hash,
	    "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d5"
	    "6"));
	/* A node is not a leaf of its two halves. */
	memcpy(left.bytes, nodes[0].ptr, nodes[0].len);
	memcpy(right.bytes, nodes[1].ptr, nodes[1].len);
	hash = tree_node_hash(&left, &right);
	right = tree_leaf_hash(span_of(&left, sizeof(left)));
	check(!hash_is_equal(&hash, &right));
}

TEST(the_worked_roots_follow_from_the_worked_leaves)
{
	struct arena *arena = lab_arena();
	struct tree tree = { .size = 0 };
	json_t *leaves, *roots, *leaf;
	size_t i;

	if (!lab_has_shared("vectors/worked/roots.json"))
		skip("no shared vectors");
	leaves = ledger_json("vectors/worked/leaves.json");
	roots = ledger_json("vectors/worked/roots.json");
	json_array_foreach(leaves, i, leaf)
	{
		const char *data =
		    arena_text(arena, ledger_text(leaf, "data_hex"));
		struct hash hash = tree_leaf_hash(decoded(arena, data)), want;

		check(
		    ledger_hash(&want, json_object_get(leaf, "leaf_hash_b64")));
		check(hash_is_equal(&hash, &want));
		tree_append(&tree, &hash);
		hash = tree_root(&tree);
		check(ledger_hash(&want,
		    json_object_get(json_object_get(roots,
					arena_printf(arena, "%zu", i + 1)),
			"b64")));
		check(hash_is_equal(&hash, &want));
	}
	json_decref(leaves);
	json_decref(roots);
}

TEST(the_worked_range_is_complete_and_bears_no_change)
{
	struct hash old_root, root, peaks[TREE_LEVELS], leaves[8] = { 0 };
	struct arena *arena = lab_arena();
	struct tree before;
	struct error err;
	json_t *range;
	struct proof frontier;
	size_t n;

	if (!lab_has_shared("vectors/worked/range-3-5.json"))
		skip("no shared vectors");
	range = ledger_json("vectors/worked/range-3-5.json");
	require(ledger_hash(&old_root, json_object_get(range, "root1_b64")));
	require(ledger_hash(&root, json_object_get(range, "root2_b64")));
	require(
	    ledger_proof(&frontier, json_object_get(range, "frontier_b64")));
	n = json_array_size(json_object_get(range, "entries_hex"));
	for (size_t i = 0; i < n && i < COUNT_OF(leaves); i++)
		leaves[i] = tree_leaf_hash(decoded(arena,
		    json_string_value(
			json_array_get(json_object_get(range, "entries_hex"),
			    i))));
	require(tree_of_peaks(&before, ledger_number(range, "size1"),
		    frontier.hashes, frontier.n, &err) == 0);
	check(
	    tree_check_range(&before, &old_root, leaves, n, &root, &err) == 0);
	check(tree_check_range(&before, &old_root, leaves, n - 1, &root,
		  &err) == -1);
	check(tree_check_range(&before, &old_root, leaves, n + 1, &root,
		  &err) == -1);
	leaves[0].bytes[31] ^= 1;
	check(
	    tree_check_range(&before, &old_root, leaves, n, &root, &err) == -1);
	leaves[0].bytes[31] ^= 1;
	check(tree_check_range(&before, &root, leaves, n, &root, &err) == -1);
	check_int(err.code, E_PROOF);
	before.peaks[0].bytes[0] ^= 1;
	check(
	    tree_check_range(&before, &old_root, leaves, n, &root, &err) == -1);
	check(tree_peaks(&before, peaks) == 2);
	json_decref(range);
}

TEST(a_frontier_has_exactly_the_peaks_of_its_size)
{
	struct hash peaks[TREE_LEVELS] = { 0 };
	struct tree tree;
	struct error err;

	check(tree_of_peaks(&tree, 5, peaks, 2, &err) == 0);
	check(tree_of_peaks(&tree, 5, peaks, 1, &err) == -1);
	check_int(err.code, E_PROOF_SYNTAX);
	check(tree_of_peaks(&tree, 5, peaks, 3, &err) == -1);
	check(tree_of_peaks(&tree, 0, peaks, 0, &err) == 0);
	check(tree_of_peaks(&tree, TREE_SIZE_MAX, peaks, 63, &err) == 0);
	check(tree_check_range(&tree, &peaks[0], peaks, 1, &peaks[0], &err) ==
	    -1);
	check(tree_of_peaks(&tree, TREE_SIZE_MAX + 1, peaks, 1, &err) == -1);
	check_int(err.code, E_RANGE);
}

TEST(the_frontier_of_any_past_size_is_what_it_was)
{
	struct arena *arena = lab_arena();
	struct ledger_log *log = log_of(arena, 100);
	struct tree_reader reader = ledger_log_reader(log);
	struct tree tree = { .size = 0 }, past;
	struct hash got[TREE_LEVELS], want[TREE_LEVELS];
	struct error err;

	for (uint64_t size = 0; size <= 100; size++) {
		size_t n = tree_peaks(&tree, want);

		require(tree_frontier_at(&past, &reader, size, &err) == 0);
		check_mem(got, tree_peaks(&past, got) * sizeof(got[0]), want,
		    n * sizeof(want[0]));
		if (size < 100)
			tree_append(&tree, &log->nodes[0][size]);
	}
	check(tree_frontier_at(&past, &reader, 101, &err) == -1);
	check(tree_frontier_at(&past, &reader, UINT64_MAX, &err) == -1);
	check_int(err.code, E_RANGE);
}

TEST(only_aligned_ranges_are_subtrees)
{
	check(tree_is_subtree(0, 0));
	check(tree_is_subtree(7, 7));
	check(tree_is_subtree(7, 8));
	check(tree_is_subtree(0, 7));
	check(tree_is_subtree(4, 7));
	check(!tree_is_subtree(4, 9));
	check(!tree_is_subtree(2, 5));
	check(!tree_is_subtree(5, 4));
	check(tree_is_subtree(0, TREE_SIZE_MAX));
	check(!tree_is_subtree(0, TREE_SIZE_MAX + 1));
	check(!tree_is_subtree(UINT64_MAX, UINT64_MAX));
	check(!tree_is_subtree(1, TREE_SIZE_MAX));
}

TEST(a_reader_over_leaf_hashes_answers_as_stored_nodes_do)
{
	struct arena *arena = lab_arena();
	struct ledger_log *log = log_of(arena, 77);
	struct tree_leaves leaves = { log->nodes[0], 77 };
	struct tree_reader reader = tree_leaves_reader(&leaves);
	struct hash root, want = ledger_log_root(log, 77);
	struct error err;

	check(tree_root_at(&root, &reader, 77, &err) == 0);
	check(hash_is_equal(&root, &want));
	check(tree_root_at(&root, &reader, 78, &err) == -1);
	check_int(err.code, E_RANGE);
}

TEST(hostile_sizes_fail_and_do_not_loop_or_overflow)
{
	static const uint64_t sizes[] = { 0, 1, 2, 3, TREE_SIZE_MAX / 2,
		TREE_SIZE_MAX / 2 + 1, TREE_SIZE_MAX - 1, TREE_SIZE_MAX,
		TREE_SIZE_MAX + 1, UINT64_MAX - 1, UINT64_MAX };
	struct proof proof = { .n = 0 };
	struct hash a = { { 1 } }, b = { { 2 } };
	struct error err;

	for (size_t i = 0; i < COUNT_OF(sizes) * COUNT_OF(sizes); i++) {
		uint64_t m = sizes[i / COUNT_OF(sizes)];
		uint64_t n = sizes[i % COUNT_OF(sizes)];

		for (proof.n = 0; proof.n <= TREE_PROOF_MAX; proof.n += 7) {
			check(tree_check_inclusion(&a, m, n, &proof, &b,
				  &err) == -1);
			check(tree_check_consistency(m, &a, n, &b, &proof,
				  &err) == -1);
			check(tree_check_subtree(m, m + 1, &a, n, &b, &proof,
				  &err) == -1);
		}
	}
	proof.n = TREE_PROOF_MAX + 1;
	check(tree_check_inclusion(&a, 0, 1, &proof, &a, &err) == -1);
	check_int(err.code, E_PROOF);
}
