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
	const struct log_row *other = view->log;
	uint64_t seen = view->index;
	struct docket_keys *keys;
	struct epochs epochs;

	if (about->side == view->log->side) {
		if (epochs_load(&epochs, docket, about->peer, arena, err) == -1)
			return -1;
		other = epochs_of(&epochs, 1 - about->side, view->seen.epoch);
		seen = view->seen.size;
	}
	*n = 0;
	if (other == NULL)
		return 0;
	if (keys_of_log(docket, other, &keys, err) == -1)
		return -1;
	*n = keys_mirrors_at(keys, seen, out, arena);
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
next_line(struct docket *docket, const struct log_row *own,
    const struct log_row *about, uint64_t size, struct line_row **out,
    struct arena *arena, struct error *err)
{
	struct note_key *keys;
	struct line_row *first;
	struct view view;
	size_t n;

	*out = NULL;
	if (lodge_view(docket, own, &view, arena, err) == -1 ||
	    lines_keys(docket, &view, about, &keys, &n, arena, err) == -1)
		return -1;
	while (*out == NULL && n > 0) {
		if (store_line_first(docket->parts.store, about->id, size,
			keys[0].name, &first, arena, err) == -1)
			return -1;
		if (first == NULL)
			return 0;
		if (lines_pick(docket, about, first->size, keys, n, out, arena,
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
 * Pass over lines on ${about}, a log of ours, that need no receipt of ours:
 * those as early as they that are quoted and cover as much.  *is_one: the next
 * one does, and is old enough.
 */
static int
skip_quoted(struct docket *docket, struct log_row *about, struct instant latest,
    bool *is_one, struct arena *arena, struct error *err)
{
	struct store *store = docket->parts.store;
	struct docket_keys *keys;
	struct log_row *other;

	*is_one = false;
	if (about->settled >= about->mirrored)
		return 0;
	if (docket_other_log(docket, about, &other, arena, err) == -1 ||
	    keys_of_log(docket, other, &keys, err) == -1)
		return -1;
	while (about->settled < about->mirrored) {
		struct line_row *line;
		bool is_quoted;

		if (store_line_first(store, about->id, about->settled + 1,
			keys->mirror_name, &line, arena, err) == -1)
			return -1;
		if (line == NULL || instant_is_before(latest, line->time))
			return 0;
		if (store_quote_covers(store, about->id, line->size, line->time,
			&is_quoted, err) == -1)
			return -1;
		if (!is_quoted) {
			*is_one = true;
			return 0;
		}
		/* Stored with the record that is lodged next. */
		about->settled = line->size;
	}
	return 0;
}

/* Quote the line of ${size} on ${about} unless it covers receipts alone. */
static int
quote_line(struct docket *docket, struct log_row *own, struct log_row *about,
    uint64_t size, struct instant now, struct arena *arena, struct error *err)
{
	bool has_record = false;

	if (store_entry_range(docket->parts.store, about->id, about->settled,
		size, see_record, &has_record, err) == -1)
		return -1;
	if (has_record) {
		if (lodge_receipt(docket, own, about, size, now, arena, err) ==
		    -1)
			return -1;
		/* The projection wrote it through a row of its own. */
		if (about->receipted < size)
			about->receipted = size;
	}
	about->settled = size;
	return 0;
}

/*
 * What the receiver's node should have lodged and has not: the lines that
 * cover our records, quoted by us, the oldest first.  Each, since each is
 * when its records were taken: a later line that the receiver quotes instead
 * does not do.  Receipts alone get none.  It is urgent when the next anchor
 * of ours will have seen that their key is compromised.
 */
static int
quote_late(struct docket *docket, struct log_row *own, struct log_row *about,
    struct instant now, bool is_urgent, struct arena *arena, struct error *err)
{
	struct instant latest = is_urgent ?
	    instant_of(INSTANT_S_MAX) :
	    instant_add(now, period_of(-DOCKET_RECEIPT_GRACE_S));

	for (unsigned i = 0; is_urgent || i < LATE_LINES_MAX; i++) {
		struct line_row *line;
		bool is_one;

		if (skip_quoted(docket, about, latest, &is_one, arena, err) ==
		    -1)
			return -1;
		if (!is_one)
			return 0;
		if (next_line(docket, own, about, about->settled + 1, &line,
			arena, err) == -1)
			return -1;
		if (line == NULL || instant_is_before(latest, line->time))
			return 0;
		if (quote_line(docket, own, about, line->size, now, arena,
			err) == -1)
			return -1;
	}
	return 0;
}

int
lodge_late_lines(struct docket *docket, struct log_row *own, struct instant now,
    bool is_urgent, struct arena *arena, struct error *err)
{
	struct epochs epochs = { .n = 0 };

	if (own->epoch > 1 &&
	    epochs_load(&epochs, docket, own->peer, arena, err) == -1)
		return -1;
	for (size_t i = 0; i < epochs.n; i++) {
		struct log_row *about = &epochs.logs[i];
		uint64_t before = about->settled;

		if (about->side != own->side || !epoch_counts(about) ||
		    about->epoch >= own->epoch)
			continue;
		if (quote_late(docket, own, about, now, is_urgent, arena,
			err) == -1)
			return -1;
		if (about->settled != before &&
		    store_log_update(docket->parts.store, about, err) == -1)
			return -1;
	}
	return quote_late(docket, own, own, now, is_urgent, arena, err);
}
