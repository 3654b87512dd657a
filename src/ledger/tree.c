#include <assert.h>

#include "base/error.h"
#include "ledger/tree.h"
#include "seal/digest.h"

struct hash
tree_leaf_hash(struct span entry)
{
	static const uint8_t prefix = 0x00;
	const struct span parts[] = { span_of(&prefix, 1), entry };

	return digest_parts(parts, COUNT_OF(parts));
}

struct hash
tree_node_hash(const struct hash *left, const struct hash *right)
{
	static const uint8_t prefix = 0x01;
	const struct span parts[] = { span_of(&prefix, 1), hash_span(left),
		hash_span(right) };

	return digest_parts(parts, COUNT_OF(parts));
}

struct hash
tree_empty_root(void)
{
	return digest_of(span_of(NULL, 0));
}

static bool
has_peak(const struct tree *tree, unsigned level)
{
	return (tree->size >> level & 1) != 0;
}

size_t
tree_append_nodes(struct tree *tree, const struct hash *leaf,
    struct tree_node made[TREE_LEVELS])
{
	struct tree_node node = { 0, tree->size, *leaf };
	size_t n = 0;

	assert(tree->size < TREE_SIZE_MAX);
	made[n++] = node;
	while (has_peak(tree, node.level)) {
		node.hash =
		    tree_node_hash(&tree->peaks[node.level], &node.hash);
		node.level++;
		node.index >>= 1;
		made[n++] = node;
	}
	tree->peaks[node.level] = node.hash;
	tree->size++;
	return n;
}

void
tree_append(struct tree *tree, const struct hash *leaf)
{
	struct tree_node made[TREE_LEVELS];

	tree_append_nodes(tree, leaf, made);
}

struct hash
tree_root(const struct tree *tree)
{
	struct hash root = { { 0 } };
	bool is_first = true;

	if (tree->size == 0)
		return tree_empty_root();
	for (unsigned level = 0; level < TREE_LEVELS; level++) {
		if (!has_peak(tree, level))
			continue;
		root = is_first ? tree->peaks[level] :
				  tree_node_hash(&tree->peaks[level], &root);
		is_first = false;
	}
	return root;
}

size_t
tree_peaks(const struct tree *tree, struct hash out[TREE_LEVELS])
{
	size_t n = 0;

	for (unsigned level = TREE_LEVELS; level-- > 0;)
		if (has_peak(tree, level))
			out[n++] = tree->peaks[level];
	return n;
}

int
tree_of_peaks(struct tree *out, uint64_t size, const struct hash *peaks,
    size_t n, struct error *err)
{
	struct tree tree = { .size = size };
	size_t used = 0;

	if (size > TREE_SIZE_MAX)
		return error_set(err, E_RANGE, "a tree above 2^63 - 1");
	for (unsigned level = TREE_LEVELS; level-- > 0;) {
		if (!has_peak(&tree, level))
			continue;
		if (used == n)
			return error_set(err, E_PROOF_SYNTAX, "%zu peaks", n);
		tree.peaks[level] = peaks[used++];
	}
	if (used != n)
		return error_set(err, E_PROOF_SYNTAX, "%zu peaks", n);
	*out = tree;
	return 0;
}

/*
 * The frontier of the entries [start, end) alone.  start is a multiple of
 * every power of two in end - start, so that each peak is a stored node.
 */
static int
range_frontier(struct tree *out, const struct tree_reader *reader,
    uint64_t start, uint64_t end, struct error *err)
{
	struct tree tree = { .size = end - start };
	uint64_t at = start;

	for (unsigned level = TREE_LEVELS; level-- > 0;) {
		if (!has_peak(&tree, level))
			continue;
		if (reader->node(reader->ctx, level, at >> level,
			&tree.peaks[level], err) == -1)
			return -1;
		at += (uint64_t)1 << level;
	}
	*out = tree;
	return 0;
}

static int
range_hash(struct hash *out, const struct tree_reader *reader, uint64_t start,
    uint64_t end, struct error *err)
{
	struct tree tree;

	if (range_frontier(&tree, reader, start, end, err) == -1)
		return -1;
	*out = tree_root(&tree);
	return 0;
}

int
tree_frontier_at(struct tree *out, const struct tree_reader *reader,
    uint64_t size, struct error *err)
{
	if (size > TREE_SIZE_MAX)
		return error_set(err, E_RANGE, "a tree above 2^63 - 1");
	return range_frontier(out, reader, 0, size, err);
}

int
tree_root_at(struct hash *out, const struct tree_reader *reader, uint64_t size,
    struct error *err)
{
	return tree_subtree_hash(out, reader, 0, size, err);
}

bool
tree_is_subtree(uint64_t start, uint64_t end)
{
	uint64_t power = 1;

	if (start > end || end > TREE_SIZE_MAX)
		return false;
	while (power < end - start)
		power <<= 1;
	return start % power == 0;
}

int
tree_subtree_hash(struct hash *out, const struct tree_reader *reader,
    uint64_t start, uint64_t end, struct error *err)
{
	if (!tree_is_subtree(start, end))
		return error_set(err, E_RANGE, "no subtree: %ju to %ju",
		    (uintmax_t)start, (uintmax_t)end);
	return range_hash(out, reader, start, end, err);
}

/* The largest power of two below ${n}, which is at least 2. */
static uint64_t
split(uint64_t n)
{
	uint64_t power = 1;

	while (power < n - power)
		power <<= 1;
	return power;
}

static int
proof_add(struct proof *proof, const struct tree_reader *reader, uint64_t start,
    uint64_t end, struct error *err)
{
	if (proof->n == TREE_PROOF_MAX)
		return error_set(err, E_RANGE, "proof above %zu hashes",
		    TREE_PROOF_MAX);
	return range_hash(&proof->hashes[proof->n++], reader, start, end, err);
}

static void
proof_reverse(struct proof *proof)
{
	for (size_t i = 0; i < proof->n / 2; i++) {
		struct hash *a = &proof->hashes[i];
		struct hash *b = &proof->hashes[proof->n - 1 - i];
		struct hash swap = *a;

		*a = *b;
		*b = swap;
	}
}

/*
 * SUBTREE_SUBPROOF of draft-ietf-plants-merkle-tree-certs section 4.4, walked
 * from the root [low, high) down, hence the reversal.
 */
int
tree_prove(struct proof *out, const struct tree_reader *reader, uint64_t start,
    uint64_t end, uint64_t size, struct error *err)
{
	struct proof proof = { .n = 0 };
	uint64_t low = 0, high = size;
	bool is_known = true; /* the verifier has the hash of what remains */

	if (end > size || size > TREE_SIZE_MAX || !tree_is_subtree(start, end))
		return error_set(err, E_RANGE, "no subtree: %ju to %ju of %ju",
		    (uintmax_t)start, (uintmax_t)end, (uintmax_t)size);
	while (start < end && (start != low || end != high)) {
		uint64_t middle = low + split(high - low);

		if (end <= middle) {
			if (proof_add(&proof, reader, middle, high, err) == -1)
				return -1;
			high = middle;
			continue;
		}
		if (proof_add(&proof, reader, low, middle, err) == -1)
			return -1;
		if (start < middle) {
			start = middle;
			is_known = false;
		}
		low = middle;
	}
	if (!is_known && proof_add(&proof, reader, low, high, err) == -1)
		return -1;
	proof_reverse(&proof);
	*out = proof;
	return 0;
}

static int
leaves_node(void *ctx, unsigned level, uint64_t index, struct hash *out,
    struct error *err)
{
	const struct tree_leaves *leaves = ctx;
	struct tree tree = { .size = 0 };

	if (level >= TREE_LEVELS || index >= (uint64_t)leaves->n >> level)
		return error_set(err, E_RANGE, "no node %u/%ju", level,
		    (uintmax_t)index);
	for (uint64_t i = index << level; i < (index + 1) << level; i++)
		tree_append(&tree, &leaves->leaves[i]);
	*out = tree_root(&tree);
	return 0;
}

struct tree_reader
tree_leaves_reader(struct tree_leaves *leaves)
{
	return (struct tree_reader){ leaves_node, leaves };
}
