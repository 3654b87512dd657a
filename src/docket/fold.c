#include <stdlib.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/mem.h"
#include "docket/case_state.h"
#include "docket/epochs.h"
#include "docket/fold.h"
#include "docket/internal.h"
#include "docket/project.h"
#include "domain/lines.h"
#include "domain/terms.h"
#include "formats/card.h"
#include "formats/record_json.h"
#include "store/cases.h"
#include "store/quote.h"
#include "store/store.h"

/* What all cases of one docket share. */
struct folding {
	struct docket *docket;
	struct span peer;
	struct epochs epochs;
	struct heads heads;
	struct instant at;
	struct terms terms;
	struct lines lines;
	bool is_stored; /* the times are asked of the store instead */
	struct arena *arena;
};

static bool
is_below(const struct folding *f, int64_t log, uint64_t index)
{
	const struct docket_head *head = docket_head_of(&f->heads, log);

	return head != NULL && index < head->size;
}

/* Only lines quoted below the heads exist. */
static int
load_lines(struct folding *f, struct error *err)
{
	struct arena *arena = arena_new();
	struct quote_row *quotes;
	size_t n;
	int rc = -1;

	if (store_quote_all(f->docket->parts.store, f->peer, &quotes, &n, arena,
		err) == -1)
		goto out;
	for (size_t i = 0; i < n; i++) {
		const struct log_row *about =
		    epochs_of_id(&f->epochs, quotes[i].log);
		const struct log_row *quoting =
		    epochs_of_id(&f->epochs, quotes[i].quoting_log);
		struct line line = {
			.about_side = about->side,
			.about_epoch = about->epoch,
			.size = quotes[i].size,
			.time = quotes[i].time,
			.by = LINE_COUNTERPARTY,
			.quoting_side = quoting->side,
			.quoting_epoch = quoting->epoch,
			.quoting_index = quotes[i].quoting_index,
		};

		if (is_below(f, quoting->id, quotes[i].quoting_index))
			lines_add(&f->lines, &line);
	}
	rc = 0;
out:
	arena_free(arena);
	return rc;
}

/*
 * The store knows the times below its marks.  It is asked where nothing but a
 * single case is wanted: all lines are many.
 */
static int
folding_init(struct folding *f, struct docket *docket, struct span peer,
    const struct heads *heads, struct instant at, struct error *err)
{
	const struct card *card;

	*f = (struct folding){ .docket = docket,
		.heads = *heads,
		.at = at,
		.terms = terms_default(),
		.arena = arena_new() };
	/* As long as the docket: what is folded names its authors. */
	card = docket_peer(docket, peer);
	f->peer = card == NULL ? arena_copy(f->arena, peer) : card->party;
	lines_init(&f->lines, at, f->terms.grace);
	return epochs_load(&f->epochs, docket, f->peer, f->arena, err);
}

static void
folding_clear(struct folding *f)
{
	lines_clear(&f->lines);
	arena_free(f->arena);
}

int
folding_open(struct folding **out, struct docket *docket, struct span peer,
    const struct heads *heads, struct instant at, struct error *err)
{
	struct folding *f = mem_new(sizeof(*f));

	if (folding_init(f, docket, peer, heads, at, err) == -1 ||
	    load_lines(f, err) == -1) {
		folding_close(f);
		return -1;
	}
	*out = f;
	return 0;
}

void
folding_close(struct folding *f)
{
	if (f == NULL)
		return;
	folding_clear(f);
	free(f);
}

static int
set_times(struct folding *f, struct case_record *out, struct extent seen,
    struct error *err)
{
	struct place place = {
		.side = out->side,
		.epoch = out->epoch,
		.index = out->index,
		.anchor_epoch = seen.epoch,
		.anchor_size = seen.size,
	};
	uint64_t need[2] = { 0, 0 };

	if (f->is_stored)
		return cases_times(f->docket, &f->epochs, out, seen, need, err);
	out->has_taken = lines_taken(&f->lines, &place, &out->taken);
	out->has_shown = lines_shown(&f->lines, &place, &out->shown);
	return 0;
}

static int
read_case_record(struct folding *f, const struct entry_row *entry,
    struct case_record *out, struct arena *arena, struct error *err)
{
	const struct log_row *log = epochs_of_id(&f->epochs, entry->log);
	struct extent seen = { entry->anchor_epoch, entry->anchor_size };
	struct record *record;

	if (record_read(&record, entry->content, arena, err) == -1)
		return -1;
	*out = (struct case_record){ .record = record,
		.leaf = entry->leaf,
		.side = log->side,
		.epoch = log->epoch,
		.index = entry->index };
	return set_times(f, out, seen, err);
}

static struct span
author_of(const struct folding *f, unsigned side)
{
	return epochs_first(&f->epochs, side)->is_own ? f->docket->self->party :
							f->peer;
}

/* Does the record of ${row} anchor above ${record} of the other side? */
static bool
has_seen(const struct entry_row *row, const struct case_record *record)
{
	struct extent seen = { row->anchor_epoch, row->anchor_size };
	struct extent place = { record->epoch, record->index };

	return extent_compare(place, seen) < 0;
}

/*
 * Display order: repeatedly the first log's next record whose anchor has been
 * passed on the other side.  Entries come by (side, index).
 */
static void
order_entries(struct case_entry *entries, const struct case_record *records,
    const struct entry_row *rows, size_t n, const struct folding *f)
{
	size_t next[2] = { 0, 0 }, end[2] = { 0, n };

	while (end[0] < n && records[end[0]].side == 0)
		end[0]++;
	next[1] = end[0];
	for (size_t i = 0; i < n; i++) {
		unsigned side = next[0] < end[0] ? 0 : 1;
		size_t other = next[1];

		/* Side 0 waits while it has seen what side 1 shows next. */
		if (side == 0 && other < end[1] &&
		    has_seen(&rows[next[0]], &records[other]))
			side = 1;
		entries[i] = (struct case_entry){ &rows[next[side]],
			&records[next[side]], author_of(f, side) };
		next[side]++;
	}
}

static int
fold_case(struct folding *f, const struct hash *name, struct case_view *out,
    struct case_record **records_out, struct arena *arena, struct error *err)
{
	struct case_record *records;
	struct case_entry *entries;
	struct entry_row *rows;
	size_t n, kept = 0;

	if (store_entry_case(f->docket->parts.store, f->peer, name, &rows, &n,
		arena, err) == -1)
		return -1;
	records = arena_array(arena, n, sizeof(*records));
	entries = arena_array(arena, n, sizeof(*entries));
	for (size_t i = 0; i < n; i++) {
		if (!is_below(f, rows[i].log, rows[i].index))
			continue;
		rows[kept] = rows[i];
		if (read_case_record(f, &rows[kept], &records[kept], arena,
			err) == -1)
			return -1;
		kept++;
	}
	*out = (struct case_view){ .peer = f->peer,
		.name = *name,
		.entries = entries,
		.n = kept };
	*records_out = records;
	if (kept == 0)
		return 0;
	casefile_fold(&out->casefile, records, kept, &f->terms, f->at);
	order_entries(entries, records, rows, kept, f);
	return 0;
}

int
folding_case(struct folding *f, const struct hash *name, struct case_view *out,
    struct arena *arena, struct error *err)
{
	struct case_record *records;

	return fold_case(f, name, out, &records, arena, err);
}

/* The times in ${view} do not depend on the instant: none is after it. */
static bool
is_settled(const struct case_view *view, struct instant at)
{
	for (size_t i = 0; i < view->n; i++)
		if (view->entries[i].record->has_taken &&
		    instant_is_before(at, view->entries[i].record->taken))
			return false;
	return true;
}

static int
fold_one(struct folding *f, const struct hash *name, struct case_view *out,
    struct arena *arena, struct error *err)
{
	enum cases_reach reach;

	if (cases_reach(f->docket, &f->epochs, &f->heads, &reach, err) == -1)
		return -1;
	f->is_stored = reach == CASES_AT;
	if (f->is_stored) {
		if (folding_case(f, name, out, arena, err) == -1)
			return -1;
		if (is_settled(out, f->at))
			return 0;
		f->is_stored = false;
	}
	if (load_lines(f, err) == -1)
		return -1;
	return folding_case(f, name, out, arena, err);
}

int
docket_case(struct docket *docket, struct span peer, const struct hash *name,
    const struct heads *heads, struct instant at, struct case_view *out,
    struct arena *arena, struct error *err)
{
	struct folding f;
	int rc = -1;

	if (folding_init(&f, docket, peer, heads, at, err) == -1 ||
	    fold_one(&f, name, out, arena, err) == -1)
		goto out;
	out->peer = peer;
	if (out->n == 0) {
		error_set(err, E_CASE_UNKNOWN, "no such case below the heads");
		goto out;
	}
	rc = 0;
out:
	folding_clear(&f);
	return rc;
}

/* One walk over all cases, for figures. */
struct walk {
	struct folding *f;
	struct count *count;
	struct arena *arena; /* of one case */
	struct case_state state;
};

static int
count_case(struct walk *walk, const struct hash *name, struct error *err)
{
	struct case_record *records;
	struct case_view view;

	arena_reset(walk->arena);
	if (fold_case(walk->f, name, &view, &records, walk->arena, err) == -1)
		return -1;
	if (view.n > 0)
		count_add(walk->count, records, view.n);
	return 0;
}

static int
walk_opening(void *ctx, const struct entry_row *opening, struct error *err)
{
	struct walk *walk = ctx;

	if (!is_below(walk->f, opening->log, opening->index))
		return 0;
	return count_case(walk, &opening->leaf, err);
}

/* Was the case as it was projected, below these heads and at this instant? */
static bool
is_as_projected(const struct folding *f, const struct cases_row *row)
{
	return row->need[0] <= heads_total(&f->heads, 0) &&
	    row->need[1] <= heads_total(&f->heads, 1) &&
	    !instant_is_before(f->at, row->moved);
}

/* Can a case that opened so be counted, whatever else there is in it? */
static bool
can_count(struct walk *walk, const struct cases_row *row,
    const struct case_state *state)
{
	const struct epochs *epochs = &walk->f->epochs;
	const struct log_row *log = epochs_of_id(epochs, row->log);
	struct extent seen =
	    epochs_extent(epochs, 1 - log->side, row->anchored);
	struct place place = {
		.side = log->side,
		.epoch = log->epoch,
		.index = row->index,
		.anchor_epoch = seen.epoch,
		.anchor_size = seen.size,
	};
	struct moment taken;

	if (state->is_long || state->apart_n > 0)
		return true;
	taken.has = lines_taken(&walk->f->lines, &place, &taken.at);
	return count_is_within(walk->count, &taken, state->casefile.at);
}

static int
walk_row(void *ctx, const struct cases_row *row, struct error *err)
{
	struct walk *walk = ctx;
	struct case_state *state = &walk->state;

	if (!is_below(walk->f, row->log, row->index))
		return 0;
	if (case_state_read(state, row->state, err) == -1)
		return -1;
	if (state->is_long || !is_as_projected(walk->f, row))
		return can_count(walk, row, state) ?
		    count_case(walk, &state->casefile.leaf, err) :
		    0;
	casefile_move(&state->casefile, walk->f->at);
	count_add_folded(walk->count, &state->casefile, state->apart,
	    state->apart_n);
	return 0;
}

static int
walk_docket(struct walk *walk, struct error *err)
{
	struct folding *f = walk->f;
	enum cases_reach reach;

	if (cases_reach(f->docket, &f->epochs, &f->heads, &reach, err) == -1)
		return -1;
	if (reach == CASES_BELOW)
		return store_entry_cases(f->docket->parts.store, f->peer,
		    KIND_COUNT, walk_opening, walk, err);
	for (size_t i = 0; i < f->epochs.n; i++)
		if (store_cases_of_log(f->docket->parts.store,
			f->epochs.logs[i].id, walk_row, walk, err) == -1)
			return -1;
	return 0;
}

/*
 * A head is shown to be the newest at an instant if its last entry is a
 * record that says it was written then or later, or if its log was closed
 * there: then nothing can follow.
 */
struct last {
	struct instant as_of;
	bool is_newest;
};

static int
see_last_at(void *ctx, const struct entry_row *entry, struct error *err)
{
	struct last *last = ctx;

	(void)err;
	last->is_newest = entry->verdict == E_NONE &&
	    !instant_is_before(entry->at, last->as_of);
	return 0;
}

static int
name_heads(struct docket *docket, const struct figures *figures,
    struct statement *out, struct arena *arena, struct error *err)
{
	const struct heads *given = &figures->heads;
	struct statement_head *heads =
	    arena_array(arena, given->n, sizeof(*heads));
	struct epochs epochs;

	if (epochs_load(&epochs, docket, figures->peer, arena, err) == -1)
		return -1;
	for (unsigned side = 0; side < 2; side++)
		out->parties[side] = epochs_first(&epochs, side)->is_own ?
		    docket->self->party :
		    docket_peer(docket, figures->peer)->party;

	for (size_t i = 0; i < given->n; i++) {
		const struct docket_head *head = &given->lines[i];
		struct last last = { .as_of = figures->as_of };

		if (i + 1 < given->n && given->lines[i + 1].side == head->side)
			last.is_newest = true;
		else if (head->size > 0 &&
		    store_entry_range(docket->parts.store, head->log,
			head->size - 1, head->size, see_last_at, &last,
			err) == -1)
			return -1;
		heads[i] = (struct statement_head){ .side = head->side,
			.epoch = head->epoch,
			.size = head->size,
			.root = head->root,
			.is_newest = last.is_newest };
	}
	out->heads = heads;
	out->heads_n = given->n;
	return 0;
}

int
docket_statement(struct docket *docket, const struct figures *figures,
    struct statement *out, struct arena *arena, struct error *err)
{
	struct statement_scope scope = {
		.rule = TERMS_RULE,
		.from = figures->from,
		.to = figures->to,
		.as_of = figures->as_of,
		.is_exercise = figures->is_exercise,
	};
	struct terms terms = terms_default();
	struct count count;
	struct walk walk = { .count = &count, .arena = arena_new() };
	int rc = -1;

	count_init(&count, &scope, &terms);
	if (folding_open(&walk.f, docket, figures->peer, &figures->heads,
		figures->as_of, err) == -1 ||
	    walk_docket(&walk, err) == -1)
		goto out;
	*out = (struct statement){ .heads_n = 0 };
	count_end(&count, out);
	rc = name_heads(docket, figures, out, arena, err);
out:
	folding_close(walk.f);
	arena_free(walk.arena);
	count_clear(&count);
	return rc;
}
