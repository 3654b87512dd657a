#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "docket/epochs.h"
#include "docket/internal.h"
#include "ledger/checkpoint.h"
#include "store/head.h"
#include "store/store.h"

/*
 * A receipt quotes a checkpoint of one of the docket's two logs, with the
 * line of its writer and the mirror line of the other party.
 */
int
receipt_read(struct docket *docket, const struct view *view, struct span note,
    struct quoted *out, struct arena *arena, struct error *err)
{
	struct checkpoint head;
	struct docket_keys *keys;
	const struct note_line *line;
	struct note_key *mirrors;
	struct log_row *log;
	size_t n;
	struct note *opened = arena_alloc(arena, sizeof(*opened));
	struct span origin, kept;
	struct buf buf;

	if (checkpoint_claimed_origin(&origin, note, err) == -1 ||
	    store_log_find(docket->parts.store, origin, &log, arena, err) == -1)
		return -1;
	if (log == NULL || !span_is_equal(log->peer, view->log->peer))
		return error_set(err, E_RECORD_RECEIPT,
		    "not a log of this docket");
	if (keys_of_log(docket, log, &keys, err) == -1 ||
	    lines_keys(docket, view, log, &mirrors, &n, arena, err) == -1 ||
	    checkpoint_open(&head, opened, note, &keys->writer, mirrors, n,
		arena, err) == -1)
		return -1;
	line = lines_first(opened);
	if (line == NULL)
		return error_set(err, E_RECORD_RECEIPT, "no mirror line");
	buf_init(&buf, NOTE_SIZE_MAX);
	note_write_subset(&buf, opened, &keys->writer, 1);
	kept = arena_copy(arena, buf_span(&buf));
	buf_clear(&buf);
	out->log = log;
	out->size = head.size;
	out->root = head.root;
	out->time = line->at;
	out->head = kept;
	out->line = line->text;
	return 0;
}

int
receipt_quote(struct docket *docket, const struct view *view,
    const struct log_row *about, uint64_t size, struct span *note,
    struct arena *arena, struct error *err)
{
	struct note_key *mirrors;
	struct head_row *head;
	struct line_row *line;
	struct buf buf;
	size_t n;

	if (store_head_get(docket->parts.store, about->id, size, &head, arena,
		err) == -1 ||
	    lines_keys(docket, view, about, &mirrors, &n, arena, err) == -1 ||
	    lines_pick(docket, about, size, mirrors, n, &line, arena, err) ==
		-1)
		return -1;
	if (head == NULL || line == NULL)
		return error_set(err, E_INTERNAL, "no mirror line at %llu",
		    (unsigned long long)size);
	buf_init(&buf, FACT_TEXT_MAX);
	buf_add(&buf, head->note);
	buf_add(&buf, line->line);
	if (buf_check(&buf, err) == -1) {
		buf_clear(&buf);
		return -1;
	}
	*note = arena_copy(arena, buf_span(&buf));
	buf_clear(&buf);
	return 0;
}

int
lodge_receipt(struct docket *docket, struct log_row *own, struct log_row *about,
    uint64_t size, struct instant now, struct arena *arena, struct error *err)
{
	struct record record = { .kind = KIND_RECEIPT };
	struct fact *fact = &record.facts[MEMBER_RECEIPT_CHECKPOINT -
	    kind_first_member(KIND_RECEIPT)];
	struct view view;

	if (lodge_view(docket, own, &view, arena, err) == -1 ||
	    receipt_quote(docket, &view, about, size, &fact->text, arena,
		err) == -1)
		return -1;
	fact->is_given = true;
	fact->n = 1;
	return lodge_automatic(docket, own, &record, now, arena, err);
}
