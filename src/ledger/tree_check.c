#include "base/error.h"
#include "ledger/tree.h"

/* The paths from the root to a subtree's two edges and to the tree's end. */
struct walk {
	uint64_t first, last, end;
	struct hash subtree, root;
};

static void
walk_shift(struct walk *walk)
{
	walk->first >>= 1;
	walk->last >>= 1;
	walk->end >>= 1;
}

/*
 * Take one more hash of the proof: it stands left of what is known, or right.
 * What stands left of the subtree's last edge and right of its first is
 * inside the subtree.
 */
static void
walk_up(struct walk *walk, const struct hash *next)
{
	if ((walk->last & 1) == 1 || walk->last == walk->end) {
		if (walk->first < walk->last)
			walk->subtree = tree_node_hash(next, &walk->subtree);
		walk->root = tree_node_hash(next, &walk->root);
		while ((walk->last & 1) == 0)
			walk_shift(walk);
	} else {
		walk->root = tree_node_hash(&walk->root, next);
	}
	walk_shift(walk);
}

/*
 * draft-ietf-plants-merkle-tree-certs section 4.4.3, which for start = 0 is
 * RFC 9162 section 2.1.4.2, and for one entry 2.1.3.2.
 */
static int
check_path(uint64_t start, uint64_t end, const struct hash *hash, uint64_t size,
    const struct hash *root, const struct proof *proof, struct error *err)
{
	struct walk walk = { start, end - 1, size - 1, *hash, *hash };
	size_t used = 0;

	while (walk.first != walk.last &&
	    (walk.last == walk.end || (walk.last & 1) == 1))
		walk_shift(&walk);
	if (walk.first != walk.last) {
		if (proof->n == 0)
			return error_set(err, E_PROOF, "proof is empty");
		walk.subtree = walk.root = proof->hashes[used++];
	}
	for (; used < proof->n; used++) {
		if (walk.end == 0)
			return error_set(err, E_PROOF, "proof is too long");
		walk_up(&walk, &proof->hashes[used]);
	}
	if (walk.end != 0)
		return error_set(err, E_PROOF, "proof is too short");
	if (!hash_is_equal(&walk.subtree, hash))
		return error_set(err, E_PROOF, "proof leads to another part");
	if (!hash_is_equal(&walk.root, root))
		return error_set(err, E_PROOF, "proof leads to another root");
	return 0;
}

int
tree_check_subtree(uint64_t start, uint64_t end, const struct hash *hash,
    uint64_t size, const struct hash *root, const struct proof *proof,
    struct error *err)
{
	struct hash empty;

	if (end > size || size > TREE_SIZE_MAX || proof->n > TREE_PROOF_MAX ||
	    !tree_is_subtree(start, end))
		return error_set(err, E_PROOF, "no subtree: %ju to %ju of %ju",
		    (uintmax_t)start, (uintmax_t)end, (uintmax_t)size);
	if (start < end)
		return check_path(start, end, hash, size, root, proof, err);
	empty = tree_empty_root();
	if (proof->n > 0 || !hash_is_equal(hash, &empty))
		return error_set(err, E_PROOF, "not the empty subtree");
	return 0;
}

int
tree_check_inclusion(const struct hash *leaf, uint64_t index, uint64_t size,
    const struct proof *proof, const struct hash *root, struct error *err)
{
	if (index >= size)
		return error_set(err, E_PROOF, "no entry %ju in %ju",
		    (uintmax_t)index, (uintmax_t)size);
	return tree_check_subtree(index, index + 1, leaf, size, root, proof,
	    err);
}

int
tree_check_consistency(uint64_t old_size, const struct hash *old_root,
    uint64_t size, const struct hash *root, const struct proof *proof,
    struct error *err)
{
	if (old_size > size)
		return error_set(err, E_PROOF, "%ju before %ju",
		    (uintmax_t)old_size, (uintmax_t)size);
	if ((old_size == 0 || old_size == size) && proof->n > 0)
		return error_set(err, E_PROOF_USELESS, "%zu hashes", proof->n);
	if (old_size == size && !hash_is_equal(old_root, root))
		return error_set(err, E_PROOF, "two roots for one size");
	return tree_check_subtree(0, old_size, old_root, size, root, proof,
	    err);
}

int
tree_check_range(const struct tree *before, const struct hash *old_root,
    const struct hash *leaves, size_t n, const struct hash *root,
    struct error *err)
{
	struct tree tree = *before;
	struct hash got = tree_root(&tree);

	if (!hash_is_equal(&got, old_root))
		return error_set(err, E_PROOF, "not the frontier of the root");
	if (tree.size > TREE_SIZE_MAX || n > TREE_SIZE_MAX - tree.size)
		return error_set(err, E_PROOF, "a tree above 2^63 - 1");
	for (size_t i = 0; i < n; i++)
		tree_append(&tree, &leaves[i]);
	got = tree_root(&tree);
	if (!hash_is_equal(&got, root))
		return error_set(err, E_PROOF, "not these entries alone");
	return 0;
}
