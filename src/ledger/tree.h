#pragma once

/*
 * tree: the Merkle tree under every log (RFC 6962 section 2.1, with the
 * verifiers of RFC 9162 section 2.1 and the subtrees of
 * draft-ietf-plants-merkle-tree-certs section 4).
 *
 * Pure: the hashes of a stored tree come through a struct tree_reader.  All
 * indexes are of leaves, from 0; a range [start, end) leaves out its end.
 *
 * Units: sizes and indexes in entries, at most TREE_SIZE_MAX.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/hash.h"
#include "base/span.h"

struct error;

/* 2^63 - 1 entries; so no level is above 62 and no proof above 63 hashes. */
#define TREE_SIZE_MAX ((uint64_t)INT64_MAX)
#define TREE_LEVELS 63
#define TREE_PROOF_MAX ((size_t)63)

/* An inclusion, consistency or subtree proof: the leaf's side first. */
struct proof {
	size_t n;
	struct hash hashes[TREE_PROOF_MAX];
};

/*
 * All that is needed of a tree to append to it: its frontier.  peaks[level]
 * is in use iff that bit of size is set: the root of a complete subtree of
 * 2^level entries.  All zero is the empty tree.
 */
struct tree {
	uint64_t size;
	struct hash peaks[TREE_LEVELS];
};

/* The root of the complete subtree [index << level, (index + 1) << level). */
struct tree_node {
	unsigned level;
	uint64_t index;
	struct hash hash;
};

/* Where the nodes of a stored tree come from; level 0 is the leaf hashes. */
struct tree_reader {
	int (*node)(void *ctx, unsigned level, uint64_t index, struct hash *out,
	    struct error *err);
	void *ctx;
};

struct hash tree_leaf_hash(struct span entry);
struct hash tree_node_hash(const struct hash *left, const struct hash *right);

/* SHA-256 of nothing. */
struct hash tree_empty_root(void);

/* ${tree} has fewer than TREE_SIZE_MAX entries. */
void tree_append(struct tree *tree, const struct hash *leaf);

/*
 * The same, and put in ${made} the nodes that this leaf completed, the leaf
 * itself first.  Returns how many; a store that keeps them all can answer as
 * a tree_reader.
 */
size_t tree_append_nodes(struct tree *tree, const struct hash *leaf,
    struct tree_node made[TREE_LEVELS]);

struct hash tree_root(const struct tree *tree);

/* The peaks in use, largest first.  Returns how many. */
size_t tree_peaks(const struct tree *tree, struct hash out[TREE_LEVELS]);

/*
 * The frontier of ${size} with those peaks; it proves nothing until its root
 * is compared.
 *
 * Fails: E_PROOF_SYNTAX if there are more or fewer than ${size} has,
 * E_RANGE.
 */
NODISCARD int tree_of_peaks(struct tree *out, uint64_t size,
    const struct hash *peaks, size_t n, struct error *err);

/*
 * Ask ${reader} for the frontier or the root that the tree had at ${size}.
 *
 * Fails: E_RANGE above TREE_SIZE_MAX, or as the reader does.
 */
NODISCARD int tree_frontier_at(struct tree *out,
    const struct tree_reader *reader, uint64_t size, struct error *err);
NODISCARD int tree_root_at(struct hash *out, const struct tree_reader *reader,
    uint64_t size, struct error *err);

/*
 * True if ${start} is a multiple of the smallest power of two that is not
 * below ${end} - ${start}.
 */
bool tree_is_subtree(uint64_t start, uint64_t end);

/*
 * The hash of the entries [${start}, ${end}) alone.
 *
 * Fails: E_RANGE if that is no subtree, or as the reader does.
 */
NODISCARD int tree_subtree_hash(struct hash *out,
    const struct tree_reader *reader, uint64_t start, uint64_t end,
    struct error *err);

/*
 * Prove that the subtree [${start}, ${end}) is part of the tree of ${size}:
 * the one generator of all proofs.  With ${start} = 0 it is the consistency
 * proof, with ${end} = ${start} + 1 the inclusion proof.
 *
 * Fails: E_RANGE if that is no subtree of it, or as the reader does.
 */
NODISCARD int tree_prove(struct proof *out, const struct tree_reader *reader,
    uint64_t start, uint64_t end, uint64_t size, struct error *err);

/*
 * Check that the leaf hash ${leaf} stands at ${index} in the tree of ${size}
 * with ${root}.
 *
 * Fails: E_PROOF.
 */
NODISCARD int tree_check_inclusion(const struct hash *leaf, uint64_t index,
    uint64_t size, const struct proof *proof, const struct hash *root,
    struct error *err);

/*
 * Check that the tree of ${size} and ${root} begins with the one of
 * ${old_size} and ${old_root}.  From the empty tree, and between equal sizes,
 * the proof is empty.
 *
 * Fails: E_PROOF; E_PROOF_USELESS for a proof where it has to be empty.
 */
NODISCARD int tree_check_consistency(uint64_t old_size,
    const struct hash *old_root, uint64_t size, const struct hash *root,
    const struct proof *proof, struct error *err);

/*
 * Check that the subtree [${start}, ${end}) with ${hash} is part of the tree
 * of ${size} and ${root}.
 *
 * Fails: E_PROOF.
 */
NODISCARD int tree_check_subtree(uint64_t start, uint64_t end,
    const struct hash *hash, uint64_t size, const struct hash *root,
    const struct proof *proof, struct error *err);

/*
 * Check completeness: ${before} is the frontier of ${old_root}, and appending
 * exactly the ${n} leaf hashes gives ${root}, so nothing else stands between.
 *
 * Fails: E_PROOF.
 */
NODISCARD int tree_check_range(const struct tree *before,
    const struct hash *old_root, const struct hash *leaves, size_t n,
    const struct hash *root, struct error *err);

/* Leaf hashes in memory, and a reader over them. */
struct tree_leaves {
	const struct hash *leaves;
	size_t n;
};

/*
 * Owns: ${leaves} is the caller's and outlives the reader.
 * Fails: the reader with E_RANGE beyond the last leaf.
 */
struct tree_reader tree_leaves_reader(struct tree_leaves *leaves);
