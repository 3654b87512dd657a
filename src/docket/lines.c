#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "docket/internal.h"
#include "store/head.h"
#include "store/quote.h"
#include "store/store.h"

/* Lines quoted before one record. */
#define LATE_LINES_MAX 64

/*
 * Who mirrors a log writes the other one, and it is there that its keys
 * change: a line counts under the keys that a record has seen there.
 */
int
lines_keys(struct docket *docket, const struct view *view,
    const struct log_row *about, struct note_key **out, size_t *n,
    struct arena *arena, struct error *err)
{
	bool is_anchored = about->id == view->log->id;
	struct docket_keys *keys;
	struct log_row *other;

	if (docket_other_log(docket, about, &other, arena, err) == -1 ||
	    keys_of_log(docket, other, &keys, err) == -1)
		return -1;
	*n = keys_mirrors_at(keys, is_anchored ? view->anchor : view->index,
	    out, arena);
	return 0;
}

const struct note_line *
lines_first(const struct note *note)
{
	for (size_t i = 0; i < note->n; i++)
		if (note->lines[i].key != NULL &&
		    note->lines[i].key->type == NOTE_KEY_COSIGNER)
			return &note->lines[i];
	return NULL;
}

static bool
is_by(const struct note *note, const struct note_key *keys, size_t n)
{
	for (size_t k = 0; k < n; k++)
		if (note->n > 0 &&
		    span_is_equal(note->lines[0].name, keys[k].name) &&
		    span_is_equal(span_of(note->lines[0].id, NOTE_KEY_ID_BYTES),
			span_of(keys[k].id, NOTE_KEY_ID_BYTES)))
			return true;
	return false;
}

/* Lines are stored once verified, so that their key ID says whose they are. */
static int
is_line_by(const struct line_row *line, const struct note_key *keys, size_t n,
    bool *out, struct arena *arena, struct error *err)
{
	struct note *note = arena_alloc(arena, sizeof(*note));
	struct buf buf;
	int rc;

	buf_init(&buf, NOTE_SIZE_MAX);
	buf_text(&buf, "-\n\n");
	buf_add(&buf, line->line);
	rc = note_parse(note, buf_span(&buf), arena, err);
	if (rc == 0)
		*out = is_by(note, keys, n);
	buf_clear(&buf);
	return rc;
}

int
lines_pick(struct docket *docket, const struct log_row *about, uint64_t size,
    const struct note_key *keys, size_t n, struct line_row **out,
    struct arena *arena, struct error *err)
{
	struct line_row *rows;
	size_t rows_n;

	*out = NULL;
	if (n == 0)
		return 0;
	if (store_line_all(docket->parts.store, about->id, size, keys[0].name,
		&rows, &rows_n, arena, err) == -1)
		return -1;
	for (size_t i = 0; i < rows_n && *out == NULL; i++) {
		bool is_one = false;

		if (is_line_by(&rows[i], keys, n, &is_one, arena, err) == -1)
			return -1;
		if (is_one)
			*out = &rows[i];
	}
	return 0;
}

/* The line of the smallest head of at least ${size} that counts. */
static int
next_line(struct docket *docket, const struct log_row *own, uint64_t size,
    struct line_row **out, struct arena *arena, struct error *err)
{
	struct note_key *keys;
	struct line_row *first;
	struct view view;
	size_t n;

	*out = NULL;
	if (lodge_view(docket, own, &view, arena, err) == -1 ||
	    lines_keys(docket, &view, own, &keys, &n, arena, err) == -1)
		return -1;
	while (*out == NULL && n > 0) {
		if (store_line_first(docket->parts.store, own->id, size,
			keys[0].name, &first, arena, err) == -1)
			return -1;
		if (first == NULL)
			return 0;
		if (lines_pick(docket, own, first->size, keys, n, out, arena,
			err) == -1)
			return -1;
		size = first->size + 1;
	}
	return 0;
}

/* Is this an entry whose receipt somebody waits for? */
static int
see_record(void *ctx, const struct entry_row *entry, struct error *err)
{
	bool *has_record = ctx;

	(void)err;
	*has_record = *has_record ||
	    (entry->verdict == E_NONE && entry->kind != KIND_RECEIPT);
	return 0;
}

/*
 * Pass over lines on ${own} that need no receipt of ours: those as early as
 * they that are quoted and cover as much.  *is_one: the next one does, and is
 * old enough.
 */
static int
skip_quoted(struct docket *docket, struct log_row *own, struct instant latest,
    bool *is_one, struct arena *arena, struct error *err)
{
	struct store *store = docket->parts.store;
	struct docket_keys *keys;
	struct log_row *other;

	*is_one = false;
	if (own->settled >= own->mirrored)
		return 0;
	if (docket_other_log(docket, own, &other, arena, err) == -1 ||
	    keys_of_log(docket, other, &keys, err) == -1)
		return -1;
	while (own->settled < own->mirrored) {
		struct line_row *line;
		bool is_quoted;

		if (store_line_first(store, own->id, own->settled + 1,
			keys->mirror_name, &line, arena, err) == -1)
			return -1;
		if (line == NULL || instant_is_before(latest, line->time))
			return 0;
		if (store_quote_covers(store, own->id, line->size, line->time,
			&is_quoted, err) == -1)
			return -1;
		if (!is_quoted) {
			*is_one = true;
			return 0;
		}
		/* Stored with the record that is lodged next. */
		own->settled = line->size;
	}
	return 0;
}

/*
 * What the receiver's node should have lodged and has not: the lines that
 * cover our records, quoted by us, the oldest first.  Each, since each is
 * when its records were taken: a later line that the receiver quotes instead
 * does not do.  Receipts alone get none.  It is urgent when the next anchor
 * of ours will have seen that their key is compromised.
 */
int
lodge_late_lines(struct docket *docket, struct log_row *own, struct instant now,
    bool is_urgent, struct arena *arena, struct error *err)
{
	struct instant latest = is_urgent ?
	    instant_of(INSTANT_S_MAX) :
	    instant_add(now, period_of(-DOCKET_RECEIPT_GRACE_S));

	for (unsigned i = 0; is_urgent || i < LATE_LINES_MAX; i++) {
		struct line_row *line;
		bool is_one, has_record = false;

		if (skip_quoted(docket, own, latest, &is_one, arena, err) == -1)
			return -1;
		if (!is_one)
			return 0;
		if (next_line(docket, own, own->settled + 1, &line, arena,
			err) == -1)
			return -1;
		if (line == NULL || instant_is_before(latest, line->time))
			return 0;
		if (store_entry_range(docket->parts.store, own->id,
			own->settled, line->size, see_record, &has_record,
			err) == -1 ||
		    (has_record &&
			lodge_receipt(docket, own, own, line->size, now, arena,
			    err) == -1))
			return -1;
		own->settled = line->size;
	}
	return 0;
}
