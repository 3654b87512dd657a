/*
 * Append, prove and check in a tree of 10^4, 10^6 and 10^7 entries: the cost
 * of a proof grows with the logarithm.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "ledger/tree.h"
#include "tests/support/measure.h"

#define PROOFS 20000

/* Nodes by level, as a store keeps them. */
struct nodes {
	struct hash *levels[TREE_LEVELS];
};

static int
node(void *ctx, unsigned level, uint64_t index, struct hash *out,
    struct error *err)
{
	(void)err;
	*out = ((struct nodes *)ctx)->levels[level][index];
	return 0;
}

static void
append(struct nodes *nodes, struct tree *tree)
{
	struct tree_node made[TREE_LEVELS];
	uint64_t value = tree->size;
	struct hash leaf = tree_leaf_hash(span_of(&value, sizeof(value)));
	size_t n = tree_append_nodes(tree, &leaf, made);

	for (size_t i = 0; i < n; i++)
		nodes->levels[made[i].level][made[i].index] = made[i].hash;
}

static void
grow(struct nodes *nodes, struct tree *tree, uint64_t size)
{
	char name[64];
	struct measure measure;

	for (unsigned level = 0; size >> level > 0; level++)
		nodes->levels[level] =
		    mem_resize(NULL, size >> level, sizeof(struct hash));
	/* A sample is of 64 entries: one is shorter than the clock's call. */
	snprintf(name, sizeof(name), "append64_%llu", (unsigned long long)size);
	measure_begin(&measure, name);
	while (tree->size + 64 <= size) {
		uint64_t begun = measure_now();

		for (int i = 0; i < 64; i++)
			append(nodes, tree);
		measure_sample(&measure, begun);
	}
	measure_end(&measure);
	while (tree->size < size)
		append(nodes, tree);
}

static int
prove(struct nodes *nodes, const struct tree *tree)
{
	struct tree_reader reader = { node, nodes };
	struct hash root = tree_root(tree);
	struct measure prove, check;
	char names[2][64];
	struct error err;

	snprintf(names[0], 64, "prove_%llu", (unsigned long long)tree->size);
	snprintf(names[1], 64, "check_%llu", (unsigned long long)tree->size);
	measure_begin(&prove, names[0]);
	measure_begin(&check, names[1]);
	for (uint64_t i = 0; i < PROOFS; i++) {
		uint64_t index = i * 7919 % tree->size;
		uint64_t begun = measure_now();
		struct proof proof;

		if (tree_prove(&proof, &reader, index, index + 1, tree->size,
			&err) == -1)
			return -1;
		measure_sample(&prove, begun);
		begun = measure_now();
		if (tree_check_inclusion(&nodes->levels[0][index], index,
			tree->size, &proof, &root, &err) == -1)
			return -1;
		measure_sample(&check, begun);
	}
	measure_end(&prove);
	measure_end(&check);
	return 0;
}

int
main(void)
{
	static const uint64_t sizes[] = { 10000, 1000000, 10000000 };
	int rc = 0;

	for (size_t i = 0; i < 3 && rc == 0; i++) {
		struct nodes nodes = { { NULL } };
		struct tree tree = { .size = 0 };

		grow(&nodes, &tree, sizes[i]);
		rc = prove(&nodes, &tree);
		for (unsigned level = 0; level < TREE_LEVELS; level++)
			free(nodes.levels[level]);
	}
	return rc == 0 ? 0 : 1;
}
