#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/encode.h"
#include "base/error.h"
#include "docket/fold.h"
#include "docket/internal.h"
#include "formats/record_json.h"
#include "ledger/checkpoint.h"
#include "ledger/tree.h"
#include "store/store.h"
#include "store/tile.h"

/* Both logs of the docket, by side. */
int
heads_logs(struct docket *docket, struct span peer, struct log_row *out[2],
    struct arena *arena, struct error *err)
{
	struct log_row *own, *theirs;

	if (store_log_of(docket->parts.store, peer, true, &own, arena, err) ==
	    -1)
		return -1;
	if (own == NULL)
		return error_set(err, E_PEER_UNKNOWN, "%.*s", (int)peer.len,
		    (const char *)peer.ptr);
	if (docket_other_log(docket, own, &theirs, arena, err) == -1)
		return -1;
	out[0] = own->side == 0 ? own : theirs;
	out[1] = own->side == 0 ? theirs : own;
	return 0;
}

static int
set_head(struct docket *docket, struct heads *heads, const struct log_row *log,
    uint64_t size, struct error *err)
{
	struct store_tree tree = { docket->parts.store, log->id };
	struct tree_reader reader = store_tree_reader(&tree);

	heads->origin[log->side] = log->origin;
	heads->size[log->side] = size;
	return tree_root_at(&heads->root[log->side], &reader, size, err);
}

uint64_t
heads_newest(struct log_row *const logs[2], unsigned side)
{
	const struct log_row *log = logs[side], *other = logs[1 - side];

	if (log->is_own)
		return log->head;
	/* After a restore our records may be back before our line is. */
	return log->mirrored < other->anchored ? other->anchored :
						 log->mirrored;
}

/*
 * What is signed on our side and under our mirror line on theirs is closed:
 * nobody anchors in what he has not taken.
 */
int
docket_heads(struct docket *docket, struct span peer, struct heads *out,
    struct arena *arena, struct error *err)
{
	struct log_row *logs[2];

	*out = (struct heads){ .size = { 0, 0 } };
	if (heads_logs(docket, peer, logs, arena, err) == -1)
		return -1;
	for (unsigned side = 0; side < 2; side++)
		if (set_head(docket, out, logs[side], heads_newest(logs, side),
			err) == -1)
			return -1;
	return 0;
}

void
docket_heads_write(struct buf *out, const struct heads *heads)
{
	for (unsigned side = 0; side < 2; side++) {
		buf_add(out, heads->origin[side]);
		buf_printf(out, " %llu ",
		    (unsigned long long)heads->size[side]);
		encode_base64(out, hash_span(&heads->root[side]));
		buf_text(out, "\n");
	}
}

static int
read_head(struct heads *out, unsigned side, struct span line,
    struct arena *arena, struct error *err)
{
	size_t first = span_find(line, ' ');
	struct span rest = span_skip(line, first + 1);
	size_t second = span_find(rest, ' ');

	out->origin[side] = arena_copy(arena, span_of(line.ptr, first));
	if (checkpoint_size_parse(&out->size[side], span_of(rest.ptr, second),
		err) == -1)
		return -1;
	return checkpoint_hash_parse(&out->root[side],
	    span_skip(rest, second + 1), arena, err);
}

/* The last anchor below a head of one side, and the size that it names. */
struct closing {
	uint64_t largest;
	struct arena *arena;
};

static int
see_anchor(void *ctx, const struct entry_row *entry, struct error *err)
{
	struct closing *closing = ctx;

	(void)err;
	if (entry->verdict == E_NONE && entry->anchor_size > closing->largest)
		closing->largest = entry->anchor_size;
	return 0;
}

/* Anchors never fall along a log, so its last valid record has the largest. */
static int
check_closed(struct docket *docket, const struct log_row *log, uint64_t size,
    uint64_t other, struct error *err)
{
	struct closing closing = { .largest = 0 };

	for (uint64_t to = size; to > 0 && closing.largest == 0; to--)
		if (store_entry_range(docket->parts.store, log->id, to - 1, to,
			see_anchor, &closing, err) == -1)
			return -1;
	if (closing.largest > other)
		return error_set(err, E_HEADS,
		    "a record of %.*s points to "
		    "entry %llu of the other log",
		    (int)log->origin.len, (const char *)log->origin.ptr,
		    (unsigned long long)closing.largest);
	return 0;
}

static int
check_heads(struct docket *docket, struct log_row *const logs[2],
    const struct heads *heads, struct error *err)
{
	for (unsigned side = 0; side < 2; side++) {
		struct heads held;

		if (!span_is_equal(heads->origin[side], logs[side]->origin))
			return error_set(err, E_HEADS,
			    "line %u is not of "
			    "%.*s",
			    side + 1, (int)logs[side]->origin.len,
			    (const char *)logs[side]->origin.ptr);
		if (heads->size[side] > logs[side]->size)
			return error_set(err, E_HEADS,
			    "only %llu held of "
			    "%.*s",
			    (unsigned long long)logs[side]->size,
			    (int)logs[side]->origin.len,
			    (const char *)logs[side]->origin.ptr);
		if (set_head(docket, &held, logs[side], heads->size[side],
			err) == -1)
			return -1;
		if (!hash_is_equal(&held.root[side], &heads->root[side]))
			return error_set(err, E_HEADS, "another root at %llu",
			    (unsigned long long)heads->size[side]);
	}
	for (unsigned side = 0; side < 2; side++)
		if (check_closed(docket, logs[side], heads->size[side],
			heads->size[1 - side], err) == -1)
			return -1;
	return 0;
}

int
docket_heads_read(struct docket *docket, struct span peer, struct span text,
    struct heads *out, struct arena *arena, struct error *err)
{
	struct log_row *logs[2];
	struct error bad;

	*out = (struct heads){ .size = { 0, 0 } };
	if (heads_logs(docket, peer, logs, arena, err) == -1)
		return -1;
	for (unsigned side = 0; side < 2; side++) {
		size_t end = span_find(text, '\n');

		if (end == text.len)
			return error_set(err, E_HEADS, "not two lines");
		if (read_head(out, side, span_of(text.ptr, end), arena, &bad) ==
		    -1)
			return error_set(err, E_HEADS, "line %u: %s", side + 1,
			    bad.detail);
		text = span_skip(text, end + 1);
	}
	if (text.len > 0)
		return error_set(err, E_HEADS, "more than two lines");
	return check_heads(docket, logs, out, err);
}
