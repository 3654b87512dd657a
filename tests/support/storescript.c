#include <string.h>

#include "base/arena.h"
#include "store/head.h"
#include "store/quote.h"
#include "store/setting.h"
#include "store/tile.h"
#include "tests/support/storescript.h"

/* Entries; all steps together fill a tile of 256 and begin another. */
#define PER_STEP 34

static uint64_t
size_after(unsigned steps)
{
	return (uint64_t)steps * PER_STEP;
}

/* Some need pages of their own. */
static struct entry_row
entry_at(int64_t log, uint64_t index)
{
	static uint8_t der[3000];
	struct entry_row entry = index % 7 == 3 ? storelab_invalid(log, index) :
						  storelab_request(log, index);

	entry.der = span_of(der, index % 10 == 0 ? sizeof(der) : index + 1);
	return entry;
}

static int
add_entries(struct storelab *lab, uint64_t from, struct error *err)
{
	struct hash leaves[PER_STEP];

	for (uint64_t i = 0; i < PER_STEP; i++) {
		struct entry_row entry = entry_at(lab->own.id, from + i);

		leaves[i] = entry.leaf;
		if (store_entry_add(lab->store, &entry, err) == -1)
			return -1;
	}
	return store_tree_append(lab->store, lab->own.id, from, leaves,
	    PER_STEP, err);
}

static int
add_rest(struct storelab *lab, unsigned step, struct error *err)
{
	struct log_row log = lab->own;
	struct head_row head = { .log = log.id,
		.size = size_after(step + 1),
		.root = storelab_hash(step),
		.note = span_text("note") };
	struct quote_row quote = { lab->theirs.id, step, log.id, head.size,
		instant_of(step) };
	uint8_t number = (uint8_t)(step + 1);

	log.size = head.size;
	if (store_head_add(lab->store, &head, err) == -1 ||
	    store_quote_add(lab->store, &quote, err) == -1 ||
	    store_log_update(lab->store, &log, err) == -1)
		return -1;
	return store_setting_put(lab->store, "steps", span_of(&number, 1), err);
}

int
storescript_run(struct storelab *lab, unsigned step, struct error *err)
{
	if (step % 5 == 4 && store_checkpoint(lab->store, err) == -1)
		return -1;
	if (store_begin(lab->store, err) == -1)
		return -1;
	if (add_entries(lab, size_after(step), err) == -1 ||
	    add_rest(lab, step, err) == -1) {
		store_rollback(lab->store);
		return -1;
	}
	return store_commit(lab->store, err);
}

unsigned
storescript_steps(struct store *store)
{
	struct arena *arena = arena_new();
	struct span value;
	struct error err;
	unsigned steps;

	storelab_must(store_setting_get(store, "steps", &value, arena, &err),
	    &err, "steps");
	steps = value.len == 0 ? 0 : value.ptr[0];
	arena_free(arena);
	return steps;
}

struct count {
	int64_t log;
	uint64_t n;
	bool is_right;
	struct tree tree;
};

static int
see_entry(void *ctx, const struct entry_row *got, struct error *err UNUSED)
{
	struct count *count = ctx;
	struct entry_row want = entry_at(count->log, count->n++);

	if (!hash_is_equal(&got->leaf, &want.leaf) ||
	    !span_is_equal(got->der, want.der) || got->verdict != want.verdict)
		count->is_right = false;
	tree_append(&count->tree, &want.leaf);
	return 0;
}

static bool
has_entries(struct storelab *lab, uint64_t size, struct error *err)
{
	struct store_tree tree = { lab->store, lab->own.id };
	struct tree_reader reader = store_tree_reader(&tree);
	struct count count = { .log = lab->own.id, .is_right = true };
	struct hash got, want;

	storelab_must(store_entry_range(lab->store, lab->own.id, 0, INT64_MAX,
			  see_entry, &count, err),
	    err, "entries");
	storelab_must(tree_root_at(&got, &reader, size, err), err, "root");
	want = tree_root(&count.tree);
	return count.is_right && count.n == size && hash_is_equal(&got, &want);
}

static bool
has_rest(struct storelab *lab, unsigned steps, struct arena *arena,
    struct error *err)
{
	struct span peer = span_text(STORELAB_PEER);
	struct quote_row *quotes;
	struct head_row *head;
	struct log_row *log;
	size_t n;

	storelab_must(store_log_of(lab->store, peer, true, &log, arena, err),
	    err, "log");
	storelab_must(store_quote_all(lab->store, peer, &quotes, &n, arena,
			  err),
	    err, "quotes");
	storelab_must(store_head_below(lab->store, lab->own.id, INT64_MAX,
			  &head, arena, err),
	    err, "head");
	return log->size == size_after(steps) && n == steps &&
	    (steps == 0 ? head == NULL :
			  head != NULL && head->size == size_after(steps));
}

bool
storescript_is_right(struct storelab *lab, unsigned steps)
{
	struct arena *arena = arena_new();
	struct error err;
	bool is_right;

	storelab_must(store_check(lab->store, &err), &err, "check");
	is_right = storescript_steps(lab->store) == steps &&
	    has_entries(lab, size_after(steps), &err) &&
	    has_rest(lab, steps, arena, &err);
	arena_free(arena);
	return is_right;
}
