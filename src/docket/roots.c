#include "base/error.h"
#include "docket/internal.h"
#include "ledger/tree.h"
#include "store/tile.h"

int
docket_root(struct docket *docket, int64_t log, uint64_t size, struct hash *out,
    struct error *err)
{
	struct store_tree tree = { docket->parts.store, log };
	struct tree_reader reader = store_tree_reader(&tree);
	struct docket_roots *roots = &docket->roots;

	for (unsigned i = 0; i < roots->n; i++) {
		if (roots->known[i].log != log || roots->known[i].size != size)
			continue;
		*out = roots->known[i].root;
		return 0;
	}
	if (tree_root_at(out, &reader, size, err) == -1)
		return -1;
	if (roots->n < DOCKET_ROOTS_MAX)
		roots->next = roots->n++;
	roots->known[roots->next] = (struct known_root){ log, size, *out };
	roots->next = (roots->next + 1) % DOCKET_ROOTS_MAX;
	return 0;
}

void
docket_roots_forget(struct docket *docket)
{
	docket->roots = (struct docket_roots){ .n = 0 };
}
