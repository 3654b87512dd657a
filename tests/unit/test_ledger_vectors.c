#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "ledger/tree.h"
#include "seal/digest.h"
#include "tests/lab.h"
#include "tests/support/ledger.h"
#include "tests/tap.h"

#define ACCUMULATED_MAX 130

/* The files of a directory are counted so that an empty one is noticed. */
static int seen, wrong;

static int
check_leaf_in_range(const json_t *v, const char *start, const char *end)
{
	uint64_t first = start == NULL ? 0 : ledger_number(v, start);
	uint64_t size = ledger_number(v, end);
	uint64_t index = ledger_number(v, "leafIdx");
	struct hash leaf, root;
	struct proof proof;
	struct error err;

	if (!ledger_hash(&leaf, json_object_get(v, "leafHash")) ||
	    !ledger_hash(&root, json_object_get(v, "root")) ||
	    !ledger_proof(&proof, json_object_get(v, "proof")))
		return -1;
	if (!tree_is_subtree(first, size) || index < first)
		return -1;
	return tree_check_inclusion(&leaf, index - first, size - first, &proof,
	    &root, &err);
}

/* Roots that do not matter are not 32 bytes long in the vectors. */
static void
read_root(struct hash *out, const json_t *text)
{
	if (!ledger_hash(out, text))
		*out = digest_of(span_text(json_string_value(text)));
}

static int
check_prefix(const json_t *v)
{
	struct hash old_root, root;
	struct proof proof;
	struct error err;

	read_root(&old_root, json_object_get(v, "root1"));
	read_root(&root, json_object_get(v, "root2"));
	if (!ledger_proof(&proof, json_object_get(v, "proof")))
		return -1;
	if (json_object_get(v, "size") == NULL)
		return tree_check_consistency(ledger_number(v, "size1"),
		    &old_root, ledger_number(v, "size2"), &root, &proof, &err);
	return tree_check_subtree(ledger_number(v, "start"),
	    ledger_number(v, "end"), &old_root, ledger_number(v, "size"), &root,
	    &proof, &err);
}

/*
 * The vectors call a proof from the empty tree useless; tlog-witness wants it
 * empty, and so do we.
 */
static bool
is_from_empty(const json_t *v)
{
	struct hash root, empty = tree_empty_root();

	return json_object_get(v, "size1") != NULL &&
	    ledger_number(v, "size1") == 0 && ledger_number(v, "size2") > 0 &&
	    json_array_size(json_object_get(v, "proof")) == 0 &&
	    ledger_hash(&root, json_object_get(v, "root1")) &&
	    hash_is_equal(&root, &empty);
}

static int
try_vector(const json_t *v)
{
	if (json_object_get(v, "treeSize") != NULL)
		return check_leaf_in_range(v, NULL, "treeSize");
	if (json_object_get(v, "leafIdx") != NULL)
		return check_leaf_in_range(v, "start", "end");
	return check_prefix(v);
}

/*
 * Jansson takes no integer above 2^63 - 1: write those as the negative number
 * of the same 64 bits, over the space before them.
 */
static void
wrap_integers(char *text)
{
	for (char *at = text; (at = strstr(at, "\": ")) != NULL; at += 3) {
		size_t len = strspn(at + 3, "0123456789");
		unsigned long long value = strtoull(at + 3, NULL, 10);
		char wrapped[32];

		if (len < 19 || len > 20 || value <= INT64_MAX)
			continue;
		snprintf(wrapped, sizeof(wrapped), "%30lld", (long long)value);
		memcpy(at + 2, wrapped + 30 - (len + 1), len + 1);
	}
}

static json_t *
read_vector(const char *path)
{
	struct arena *arena = arena_new();
	char *text = arena_text(arena, lab_file(arena, path));
	json_t *v;

	wrap_integers(text);
	v = json_loads(text, 0, NULL);
	arena_free(arena);
	return v;
}

static int
try_file(const char *path, const struct stat *st UNUSED, int kind,
    struct FTW *ftw UNUSED)
{
	bool is_refused, want;
	json_t *v;

	if (kind != FTW_F)
		return 0;
	if ((v = read_vector(path)) == NULL)
		return -1;
	is_refused = try_vector(v) == -1;
	want = json_is_true(json_object_get(v, "wantErr")) && !is_from_empty(v);
	if (is_refused != want) {
		tap_note("%s", path);
		wrong++;
	}
	seen++;
	json_decref(v);
	return 0;
}

static void
try_directory(const char *name, int files)
{
	struct arena *arena = lab_arena();
	const char *path =
	    arena_printf(arena, "vectors/merkle/testdata/%s", name);

	seen = wrong = 0;
	check_int(nftw(lab_shared_path(arena, path), try_file, 8, FTW_PHYS), 0);
	check_int(seen, files);
	check_int(wrong, 0);
}

TEST(inclusion_proofs_are_judged_as_transparency_dev_does)
{
	if (!lab_has_shared("vectors/merkle"))
		skip("no shared vectors");
	try_directory("inclusion", 98);
	try_directory("subtreeinclusion", 204);
}

TEST(consistency_proofs_are_judged_as_transparency_dev_does)
{
	if (!lab_has_shared("vectors/merkle"))
		skip("no shared vectors");
	try_directory("consistency", 98);
	try_directory("subtreeconsistency", 118);
}

/* A log whose entry i is the single byte i. */
static struct ledger_log *
byte_log(struct arena *arena)
{
	struct ledger_log *log = ledger_log_new(arena, ACCUMULATED_MAX);

	for (int i = 0; i < ACCUMULATED_MAX; i++) {
		uint8_t byte = (uint8_t)i;

		ledger_log_append(log, arena_copy(arena, span_of(&byte, 1)));
	}
	return log;
}

static void
add_text(struct digest *digest, const char *text)
{
	digest_add(digest, span_text(text));
}

static void
add_proof(struct digest *digest, const struct proof *proof)
{
	char hex[HASH_TEXT_MAX];

	for (size_t i = 0; i < proof->n; i++) {
		add_text(digest, " ");
		add_text(digest, hash_write(&proof->hashes[i], hex));
	}
	add_text(digest, "\n");
}

static bool
ends_as(struct digest *digest, json_t *json, const char *name)
{
	char hex[HASH_TEXT_MAX];
	struct hash sum;

	digest_end(digest, &sum);
	return span_is_text(ledger_text(json_object_get(json, name), "sha256"),
	    hash_write(&sum, hex));
}

TEST(all_roots_and_proofs_to_130_are_the_accumulated_ones)
{
	struct arena *arena = lab_arena();
	struct digest *digest = NULL;
	struct tree_reader reader;
	char hex[HASH_TEXT_MAX];
	struct proof proof;
	struct error err;
	struct hash root;
	json_t *want;

	if (!lab_has_shared("vectors/worked"))
		skip("no shared vectors");
	digest = digest_new();
	want = ledger_json("vectors/worked/accumulated-130.json");
	reader = ledger_log_reader(byte_log(arena));
	for (uint64_t n = 0; n <= ACCUMULATED_MAX; n++) {
		require(tree_root_at(&root, &reader, n, &err) == 0);
		add_text(digest,
		    arena_printf(arena, "%ju %s\n", (uintmax_t)n,
			hash_write(&root, hex)));
	}
	check(ends_as(digest, want, "roots"));
	for (uint64_t n = 1; n <= ACCUMULATED_MAX; n++)
		for (uint64_t i = 0; i < n; i++) {
			require(tree_prove(&proof, &reader, i, i + 1, n,
				    &err) == 0);
			add_text(digest,
			    arena_printf(arena, "%ju %ju", (uintmax_t)i,
				(uintmax_t)n));
			add_proof(digest, &proof);
		}
	check(ends_as(digest, want, "inclusion"));
	for (uint64_t n = 1; n <= ACCUMULATED_MAX; n++)
		for (uint64_t m = 1; m <= n; m++) {
			require(
			    tree_prove(&proof, &reader, 0, m, n, &err) == 0);
			add_text(digest,
			    arena_printf(arena, "%ju %ju", (uintmax_t)m,
				(uintmax_t)n));
			add_proof(digest, &proof);
		}
	check(ends_as(digest, want, "consistency"));
	digest_free(digest);
	json_decref(want);
}

static const char *
range_text(struct arena *arena, uint64_t start, uint64_t end)
{
	return arena_printf(arena, "[%ju, %ju)", (uintmax_t)start,
	    (uintmax_t)end);
}

/* Proofs within a subtree as if it were a tree of its own. */
static bool
add_inclusions(struct digest *digest, struct ledger_log *log, uint64_t start,
    uint64_t end)
{
	struct arena *arena = arena_new();
	struct tree_leaves leaves = { log->nodes[0] + start, end - start };
	struct tree_reader reader = tree_leaves_reader(&leaves);
	bool is_good = true;
	struct proof proof;
	struct error err;

	for (uint64_t i = start; i < end && is_good; i++) {
		is_good = tree_prove(&proof, &reader, i - start, i - start + 1,
			      end - start, &err) == 0;
		add_text(digest,
		    arena_printf(arena, "%ju %s", (uintmax_t)i,
			range_text(arena, start, end)));
		add_proof(digest, &proof);
	}
	arena_free(arena);
	return is_good;
}

TEST(all_subtree_hashes_to_130_are_the_accumulated_ones)
{
	struct arena *arena = lab_arena();
	struct digest *hashes = NULL, *paths = NULL;
	struct ledger_log *log = byte_log(arena);
	struct tree_reader reader = ledger_log_reader(log);
	char hex[HASH_TEXT_MAX];
	struct error err;
	struct hash hash;
	json_t *want;

	if (!lab_has_shared("vectors/subtree"))
		skip("no shared vectors");
	hashes = digest_new();
	paths = digest_new();
	want = ledger_json("vectors/subtree/plants-accumulated.json");
	for (uint64_t end = 0; end <= ACCUMULATED_MAX; end++)
		for (uint64_t start = 0; start <= end; start++) {
			if (!tree_is_subtree(start, end))
				continue;
			require(tree_subtree_hash(&hash, &reader, start, end,
				    &err) == 0);
			add_text(hashes,
			    arena_printf(arena, "%s %s\n",
				range_text(arena, start, end),
				hash_write(&hash, hex)));
			require(add_inclusions(paths, log, start, end));
		}
	check(ends_as(hashes, want, "subtree_hash"));
	check(ends_as(paths, want, "inclusion"));
	digest_free(hashes);
	digest_free(paths);
	json_decref(want);
}

TEST(all_subtree_proofs_to_130_are_the_accumulated_ones)
{
	struct digest *digest = NULL;
	struct tree_reader reader = ledger_log_reader(byte_log(lab_arena()));
	struct arena *arena = NULL;
	struct proof proof;
	struct error err;
	json_t *want;

	if (!lab_has_shared("vectors/subtree"))
		skip("no shared vectors");
	arena = arena_new();
	digest = digest_new();
	want = ledger_json("vectors/subtree/plants-accumulated.json");
	for (uint64_t n = 0; n <= ACCUMULATED_MAX; n++)
		for (uint64_t end = 0; end <= n; end++)
			for (uint64_t start = 0; start <= end; start++) {
				if (!tree_is_subtree(start, end))
					continue;
				require(tree_prove(&proof, &reader, start, end,
					    n, &err) == 0);
				add_text(digest,
				    arena_printf(arena, "%s %ju",
					range_text(arena, start, end),
					(uintmax_t)n));
				add_proof(digest, &proof);
				arena_reset(arena);
			}
	check(ends_as(digest, want, "consistency"));
	digest_free(digest);
	arena_free(arena);
	json_decref(want);
}

TEST(the_worked_consistency_proofs_hold)
{
	struct hash old_root, root;
	struct proof proof;
	struct error err;
	json_t *cases, *c;
	size_t i;

	if (!lab_has_shared("vectors/worked"))
		skip("no shared vectors");
	cases = ledger_json("vectors/worked/consistency.json");
	json_array_foreach(cases, i, c)
	{
		require(
		    ledger_hash(&old_root, json_object_get(c, "root1_b64")));
		require(ledger_hash(&root, json_object_get(c, "root2_b64")));
		require(ledger_proof(&proof, json_object_get(c, "proof_b64")));
		check(
		    tree_check_consistency(ledger_number(c, "size1"), &old_root,
			ledger_number(c, "size2"), &root, &proof, &err) == 0);
	}
	check_int((long long)i, 21);
	json_decref(cases);
}

TEST(the_worked_inclusion_proofs_hold)
{
	json_t *cases, *c, *leaves;
	struct hash leaf, root;
	struct proof proof;
	struct error err;
	size_t i;

	if (!lab_has_shared("vectors/worked"))
		skip("no shared vectors");
	cases = ledger_json("vectors/worked/inclusion.json");
	leaves = ledger_json("vectors/worked/leaves.json");
	json_array_foreach(cases, i, c)
	{
		uint64_t index = ledger_number(c, "index");

		require(ledger_hash(&leaf,
		    json_object_get(json_array_get(leaves, index),
			"leaf_hash_b64")));
		require(ledger_hash(&root, json_object_get(c, "root_b64")));
		require(ledger_proof(&proof, json_object_get(c, "proof_b64")));
		check(tree_check_inclusion(&leaf, index,
			  ledger_number(c, "size"), &proof, &root, &err) == 0);
	}
	check_int((long long)i, 15);
	json_decref(cases);
	json_decref(leaves);
}
