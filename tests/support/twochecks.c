#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "docket/epochs.h"
#include "docket/fold.h"
#include "formats/statement_json.h"
#include "store/store.h"
#include "tests/support/twonodes.h"

#define STATEMENT_BYTES_MAX ((size_t)1 << 20)

static void
write_statement(struct two_node *node, const struct two_node *peer,
    struct figures *figures, struct buf *heads, struct buf *json,
    struct statement *out)
{
	struct arena *arena = node->two->arena;
	struct error err;

	figures->peer = span_text(peer->party);
	if (heads->len == 0) {
		two_must(docket_heads(node->docket, figures->peer,
			     &figures->heads, arena, &err),
		    &err, "heads");
		docket_heads_write(heads, &figures->heads);
	} else {
		two_must(docket_heads_read(node->docket, figures->peer,
			     buf_span(heads), &figures->heads, arena, &err),
		    &err, "heads");
	}
	two_must(docket_statement(node->docket, figures, out, arena, &err),
	    &err, "statement");
	statement_json_write(json, out);
}

bool
two_statement(struct two *two, struct instant from, struct instant to,
    struct instant as_of, struct statement *out)
{
	struct figures figures = { .from = from,
		.to = to,
		.as_of = as_of,
		.is_exercise = true };
	struct two_node *north = &two->nodes[TWO_NORTH];
	struct two_node *south = &two->nodes[TWO_SOUTH];
	struct statement other;
	struct buf heads, a, b;
	bool is_same;

	buf_init(&heads, 4096);
	buf_init(&a, STATEMENT_BYTES_MAX);
	buf_init(&b, STATEMENT_BYTES_MAX);
	write_statement(north, south, &figures, &heads, &a, out);
	write_statement(south, north, &figures, &heads, &b, &other);
	is_same = a.len > 0 && span_is_equal(buf_span(&a), buf_span(&b));
	if (!is_same)
		printf("# %.*s\n# %.*s\n", (int)a.len, (const char *)a.ptr,
		    (int)b.len, (const char *)b.ptr);
	buf_clear(&heads);
	buf_clear(&a);
	buf_clear(&b);
	return is_same;
}

static struct entry_row *
entry_at(struct two_node *node, const struct log_row *log, uint64_t index)
{
	struct entry_row *entry;
	struct error err;

	two_must(store_entry_get(node->store, log->id, index, &entry,
		     node->two->arena, &err),
	    &err, "entry");
	return entry;
}

static bool
agree_on_log(struct two_node *writer, struct two_node *mirror,
    const struct log_row *own, const struct log_row *theirs)
{
	bool is_same = epoch_end(own) == epoch_end(theirs) &&
	    own->is_closed == theirs->is_closed &&
	    own->closed == theirs->closed;

	if (!is_same)
		printf("# %.*s: %llu here, %llu there\n", (int)own->origin.len,
		    (const char *)own->origin.ptr,
		    (unsigned long long)epoch_end(own),
		    (unsigned long long)epoch_end(theirs));
	for (uint64_t i = 0; is_same && i < epoch_end(own); i++) {
		struct entry_row *a = entry_at(writer, own, i);
		struct entry_row *b = entry_at(mirror, theirs, i);

		is_same = span_is_equal(a->der, b->der) &&
		    a->verdict == b->verdict && a->kind == b->kind;
		if (!is_same)
			printf("# %.*s entry %llu: %s here, %s there\n",
			    (int)own->origin.len, (const char *)own->origin.ptr,
			    (unsigned long long)i, error_name(a->verdict),
			    error_name(b->verdict));
	}
	return is_same;
}

/* Every epoch that counts for one counts for the other. */
static bool
agree_on(struct two_node *writer, struct two_node *mirror)
{
	struct arena *arena = writer->two->arena;
	struct log_row *own, *theirs;
	struct epochs ours;
	struct error err;
	bool is_same = true;

	two_must(epochs_load(&ours, writer->docket, span_text(mirror->party),
		     arena, &err),
	    &err, "logs");
	for (size_t i = 0; i < ours.n; i++) {
		own = &ours.logs[i];
		if (!own->is_own)
			continue;
		two_must(store_log_find(mirror->store, own->origin, &theirs,
			     arena, &err),
		    &err, "log");
		if (!epoch_counts(own)) {
			is_same = is_same &&
			    (theirs == NULL || !epoch_counts(theirs));
			continue;
		}
		is_same = is_same && theirs != NULL && epoch_counts(theirs) &&
		    agree_on_log(writer, mirror, own, theirs);
	}
	return is_same;
}

static bool
rebuild_is_same(struct two_node *node)
{
	char before[65], after[65];
	struct error err;

	two_must(store_projection_digest(node->store, before, &err), &err,
	    "digest");
	two_must(store_begin(node->store, &err), &err, "rebuild");
	two_must(store_clear_projections(node->store, &err), &err, "rebuild");
	two_must(docket_rebuild(node->docket, &err), &err, "rebuild");
	two_must(store_commit(node->store, &err), &err, "rebuild");
	two_must(store_projection_digest(node->store, after, &err), &err,
	    "digest");
	if (strcmp(before, after) != 0)
		printf("# %s: a rebuild differs\n", node->party);
	return strcmp(before, after) == 0;
}

bool
two_agree(struct two *two, struct two_node *a, struct two_node *b)
{
	bool is_same = agree_on(a, b);

	(void)two;
	is_same = agree_on(b, a) && is_same;
	is_same = rebuild_is_same(a) && is_same;
	return rebuild_is_same(b) && is_same;
}
