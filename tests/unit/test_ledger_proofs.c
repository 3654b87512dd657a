#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "ledger/tree.h"
#include "tests/lab.h"
#include "tests/support/ledger.h"
#include "tests/tap.h"

/* Trees up to this size have all their proofs made, checked and spoiled. */
#define TRIED_MAX 300

/* The longest tree; the shorter ones are its past. */
static struct ledger_log *book;
static struct tree_reader reader;
static uint64_t seed = 20261122;

static void
set_up(void)
{
	struct arena *arena = lab_arena();
	uint8_t *bytes;

	if (book != NULL)
		return;
	book = ledger_log_new(arena, TRIED_MAX);
	reader = ledger_log_reader(book);
	for (uint64_t i = 0; i < TRIED_MAX; i++) {
		size_t len = ledger_random(&seed, 40);

		bytes = arena_alloc(arena, len + 1);
		for (size_t k = 0; k < len; k++)
			bytes[k] = (uint8_t)ledger_random(&seed, 256);
		ledger_log_append(book, span_of(bytes, len));
	}
}

/* One claim: the subtree [start, end) is in the tree of this size. */
struct claim {
	uint64_t start, end, size;
	struct hash hash, root;
	struct proof proof;
};

static int
claim_check(const struct claim *c)
{
	struct error err;

	return tree_check_subtree(c->start, c->end, &c->hash, c->size, &c->root,
	    &c->proof, &err);
}

static bool
claim_make(struct claim *c, uint64_t start, uint64_t end, uint64_t size)
{
	struct error err;

	c->start = start;
	c->end = end;
	c->size = size;
	c->root = ledger_log_root(book, size);
	return tree_subtree_hash(&c->hash, &reader, start, end, &err) == 0 &&
	    tree_prove(&c->proof, &reader, start, end, size, &err) == 0;
}

static void
flip(struct hash *hash)
{
	hash->bytes[ledger_random(&seed, 32)] ^=
	    (uint8_t)(1u << ledger_random(&seed, 8));
}

/* Whatever single thing is changed, the claim fails. */
static bool
every_change_is_seen(const struct claim *good)
{
	struct claim bad = *good;

	flip(&bad.hash);
	if (claim_check(&bad) == 0)
		return false;
	bad = *good;
	flip(&bad.root);
	if (claim_check(&bad) == 0)
		return false;
	for (size_t i = 0; i < good->proof.n; i++) {
		bad = *good;
		flip(&bad.proof.hashes[i]);
		if (claim_check(&bad) == 0)
			return false;
	}
	bad = *good;
	bad.proof.n = good->proof.n + 1;
	bad.proof.hashes[good->proof.n] = good->root;
	if (claim_check(&bad) == 0)
		return false;
	if (good->proof.n > 0) {
		bad = *good;
		bad.proof.n--;
		if (claim_check(&bad) == 0)
			return false;
	}
	return true;
}

TEST(every_subtree_proof_holds_and_no_changed_one_does)
{
	struct claim c;
	uint64_t proofs = 0;

	set_up();
	for (uint64_t size = 1; size <= TRIED_MAX;
	     size += size < 70 ? 1 : 1 + ledger_random(&seed, 40)) {
		for (uint64_t end = 1; end <= size; end++) {
			for (uint64_t start = 0; start < end; start++) {
				if (!tree_is_subtree(start, end))
					continue;
				require(claim_make(&c, start, end, size));
				require(claim_check(&c) == 0);
				if (ledger_random(&seed, 8) == 0)
					require(every_change_is_seen(&c));
				proofs++;
			}
		}
	}
	tap_note("%ju proofs", (uintmax_t)proofs);
}

TEST(every_inclusion_proof_holds_for_its_own_index_alone)
{
	struct error err;
	struct proof proof;

	set_up();
	for (uint64_t size = 1; size <= TRIED_MAX; size += 13) {
		struct hash root = ledger_log_root(book, size);

		for (uint64_t i = 0; i < size; i++) {
			uint64_t other = ledger_random(&seed, size + 3);
			const struct hash *leaf = &book->nodes[0][i];

			require(tree_prove(&proof, &reader, i, i + 1, size,
				    &err) == 0);
			require(tree_check_inclusion(leaf, i, size, &proof,
				    &root, &err) == 0);
			require((tree_check_inclusion(leaf, other, size, &proof,
				     &root, &err) == 0) == (other == i));
		}
	}
}

TEST(every_consistency_proof_holds_for_its_own_sizes_alone)
{
	struct error err;
	struct proof proof;

	set_up();
	for (uint64_t size = 0; size <= TRIED_MAX; size += 7) {
		struct hash root = ledger_log_root(book, size);

		for (uint64_t old = 0; old <= size; old++) {
			struct hash old_root = ledger_log_root(book, old);
			struct hash wrong = old_root;

			flip(&wrong);
			require(tree_prove(&proof, &reader, 0, old, size,
				    &err) == 0);
			require(tree_check_consistency(old, &old_root, size,
				    &root, &proof, &err) == 0);
			require(tree_check_consistency(old, &wrong, size, &root,
				    &proof, &err) == -1);
			require(tree_check_consistency(old + 1, &old_root, size,
				    &root, &proof, &err) == -1);
		}
	}
}

TEST(a_proof_where_none_is_needed_is_useless)
{
	struct proof proof = { .n = 1 };
	struct hash empty = tree_empty_root(), root;
	struct error err;

	set_up();
	root = ledger_log_root(book, 5);
	check(tree_check_consistency(0, &empty, 5, &root, &proof, &err) == -1);
	check_int(err.code, E_PROOF_USELESS);
	check(tree_check_consistency(5, &root, 5, &root, &proof, &err) == -1);
	check_int(err.code, E_PROOF_USELESS);
	proof.n = 0;
	check(tree_check_consistency(5, &empty, 5, &root, &proof, &err) == -1);
	check_int(err.code, E_PROOF);
	check(tree_check_consistency(0, &root, 5, &root, &proof, &err) == -1);
	check_int(err.code, E_PROOF);
}

TEST(what_is_no_subtree_of_the_tree_is_not_proven)
{
	struct proof proof;
	struct error err;

	set_up();
	check(tree_prove(&proof, &reader, 2, 5, 10, &err) == -1);
	check_int(err.code, E_RANGE);
	check(tree_prove(&proof, &reader, 8, 11, 10, &err) == -1);
	check(tree_prove(&proof, &reader, 5, 4, 10, &err) == -1);
	check(tree_prove(&proof, &reader, 0, 1, UINT64_MAX, &err) == -1);
	check(tree_prove(&proof, &reader, 0, 1, 301, &err) == -1);
	check_int(err.code, E_RANGE);
}
