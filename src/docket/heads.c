#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/encode.h"
#include "base/error.h"
#include "docket/epochs.h"
#include "docket/fold.h"
#include "docket/internal.h"
#include "formats/record_json.h"
#include "ledger/checkpoint.h"
#include "ledger/tree.h"
#include "store/store.h"
#include "store/tile.h"

const struct docket_head *
docket_head_of(const struct heads *heads, int64_t id)
{
	for (size_t i = 0; i < heads->n; i++)
		if (heads->lines[i].log == id)
			return &heads->lines[i];
	return NULL;
}

static int
add_head(struct docket *docket, struct heads *heads, const struct log_row *log,
    uint64_t size, struct error *err)
{
	struct store_tree tree = { docket->parts.store, log->id };
	struct tree_reader reader = store_tree_reader(&tree);
	struct docket_head *line = &heads->lines[heads->n++];

	*line = (struct docket_head){ .log = log->id,
		.side = log->side,
		.epoch = log->epoch,
		.origin = log->origin,
		.size = size };
	return tree_root_at(&line->root, &reader, size, err);
}

uint64_t
heads_newest(const struct epochs *epochs, const struct log_row *log)
{
	uint64_t size = log->mirrored;

	if (!epoch_counts(log))
		return 0;
	if (log->is_closed)
		return log->closed;
	if (log->is_own)
		return log->head;
	/* After a restore our records may be back before our line is. */
	for (size_t i = 0; i < epochs->n; i++) {
		const struct log_row *own = &epochs->logs[i];

		if (own->is_own && epoch_counts(own) &&
		    own->anchored_epoch == log->epoch && own->anchored > size)
			size = own->anchored;
	}
	return size;
}

uint64_t
heads_total(const struct heads *heads, unsigned side)
{
	uint64_t total = 0;

	for (size_t i = 0; i < heads->n; i++)
		if (heads->lines[i].side == side)
			total += heads->lines[i].size;
	return total;
}

/*
 * What is signed on our side and under our mirror line on theirs is closed:
 * nobody anchors in what he has not taken.
 */
int
docket_heads(struct docket *docket, struct span peer, struct heads *out,
    struct arena *arena, struct error *err)
{
	struct epochs epochs;

	*out = (struct heads){ .n = 0 };
	if (epochs_load(&epochs, docket, peer, arena, err) == -1)
		return -1;
	out->lines = arena_array(arena, epochs.n, sizeof(*out->lines));
	for (size_t i = 0; i < epochs.n; i++) {
		const struct log_row *log = &epochs.logs[i];
		uint64_t size = heads_newest(&epochs, log);

		if (!epoch_counts(log) || (size == 0 && log->epoch > 1))
			continue;
		if (add_head(docket, out, log, size, err) == -1)
			return -1;
	}
	return 0;
}

void
docket_heads_write(struct buf *out, const struct heads *heads)
{
	for (size_t i = 0; i < heads->n; i++) {
		buf_add(out, heads->lines[i].origin);
		buf_printf(out, " %llu ",
		    (unsigned long long)heads->lines[i].size);
		encode_base64(out, hash_span(&heads->lines[i].root));
		buf_text(out, "\n");
	}
}

static int
read_head(struct docket_head *out, struct span line, struct arena *arena,
    struct error *err)
{
	size_t first = span_find(line, ' ');
	struct span rest = span_skip(line, first + 1);
	size_t second = span_find(rest, ' ');

	out->origin = arena_copy(arena, span_of(line.ptr, first));
	if (checkpoint_size_parse(&out->size, span_of(rest.ptr, second), err) ==
	    -1)
		return -1;
	return checkpoint_hash_parse(&out->root, span_skip(rest, second + 1),
	    arena, err);
}

/* The last record below a head has seen the most: anchors never fall. */
static int
check_closed(struct docket *docket, const struct epochs *epochs,
    const struct heads *heads, const struct docket_head *head,
    struct error *err)
{
	const struct log_row *log = epochs_of_id(epochs, head->log);
	struct extent seen, last = { 0, 0 };

	if (epochs_seen(&seen, docket, epochs, log, head->size, err) == -1)
		return -1;
	for (size_t i = 0; i < heads->n; i++)
		if (heads->lines[i].side != head->side)
			last = (struct extent){ heads->lines[i].epoch,
				heads->lines[i].size };
	if (extent_compare(seen, last) > 0)
		return error_set(err, E_HEADS,
		    "a record of %.*s points to entry %llu of the other log",
		    (int)log->origin.len, (const char *)log->origin.ptr,
		    (unsigned long long)seen.size);
	return 0;
}

/* ${head} is one of ${log}, and may stand where it does. */
static int
check_head(struct docket *docket, const struct log_row *log,
    const struct log_row *next, bool is_last, struct docket_head *head,
    struct error *err)
{
	int len = (int)log->origin.len;
	const char *origin = (const char *)log->origin.ptr;
	struct docket_head held;
	struct heads one = { &held, 0 };

	if (head->size > epoch_end(log))
		return error_set(err, E_HEADS, "only %llu held of %.*s",
		    (unsigned long long)epoch_end(log), len, origin);
	if (!is_last && (next == NULL || head->size != log->closed))
		return error_set(err, E_HEADS, "%.*s was not closed at %llu",
		    len, origin, (unsigned long long)head->size);
	if (log->epoch > 1 && head->size == 0)
		return error_set(err, E_HEADS, "%.*s at 0", len, origin);
	if (add_head(docket, &one, log, head->size, err) == -1)
		return -1;
	if (!hash_is_equal(&held.root, &head->root))
		return error_set(err, E_HEADS, "another root at %llu",
		    (unsigned long long)head->size);
	*head = held;
	return 0;
}

/* Each side's logs from the first on, in their order, none left out. */
static int
check_heads(struct docket *docket, const struct epochs *epochs,
    struct heads *heads, struct error *err)
{
	size_t n = 0;

	for (unsigned side = 0; side < 2; side++) {
		const struct log_row *log = epochs_first(epochs, side), *next;
		bool is_last = false;

		while (!is_last) {
			struct docket_head *head = &heads->lines[n];

			if (n == heads->n ||
			    !span_is_equal(head->origin, log->origin))
				return error_set(err, E_HEADS,
				    "line %zu is not of %.*s", n + 1,
				    (int)log->origin.len,
				    (const char *)log->origin.ptr);
			next = epochs_after(epochs, log);
			is_last = next == NULL || n + 1 == heads->n ||
			    !span_is_equal(heads->lines[n + 1].origin,
				next->origin);
			if (check_head(docket, log, next, is_last, head, err) ==
			    -1)
				return -1;
			log = next;
			n++;
		}
	}
	if (n < heads->n)
		return error_set(err, E_HEADS, "line %zu is of no log", n + 1);
	for (size_t i = 0; i < heads->n; i++)
		if (check_closed(docket, epochs, heads, &heads->lines[i],
			err) == -1)
			return -1;
	return 0;
}

int
docket_heads_read(struct docket *docket, struct span peer, struct span text,
    struct heads *out, struct arena *arena, struct error *err)
{
	struct epochs epochs;
	struct error bad;

	*out = (struct heads){ .n = 0 };
	if (epochs_load(&epochs, docket, peer, arena, err) == -1)
		return -1;
	out->lines = arena_array(arena, epochs.n, sizeof(*out->lines));
	while (text.len > 0) {
		size_t end = span_find(text, '\n');

		if (end == text.len)
			return error_set(err, E_HEADS, "half a line");
		if (out->n == epochs.n)
			return error_set(err, E_HEADS,
			    "more lines than there are logs");
		if (read_head(&out->lines[out->n], span_of(text.ptr, end),
			arena, &bad) == -1)
			return error_set(err, E_HEADS, "line %zu: %s",
			    out->n + 1, bad.detail);
		out->n++;
		text = span_skip(text, end + 1);
	}
	return check_heads(docket, &epochs, out, err);
}
