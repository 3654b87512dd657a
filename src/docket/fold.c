#include "docket/fold.h"
#include "base/arena.h"
#include "base/error.h"
#include "docket/internal.h"
#include "domain/lines.h"
#include "domain/terms.h"
#include "formats/card.h"
#include "formats/record_json.h"
#include "store/quote.h"
#include "store/store.h"

/* What all cases of one docket share. */
struct folding {
	struct docket *docket;
	struct span peer;
	struct log_row *logs[2]; /* by side */
	const struct heads *heads;
	struct instant at;
	struct terms terms;
	struct lines lines;
};

static unsigned
side_of_log(const struct folding *f, int64_t log)
{
	return f->logs[0]->id == log ? 0 : 1;
}

static bool
is_below(const struct folding *f, int64_t log, uint64_t index)
{
	return index < f->heads->size[side_of_log(f, log)];
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
		struct line line = {
			.about_side = side_of_log(f, quotes[i].log),
			.about_epoch = 1,
			.size = quotes[i].size,
			.time = quotes[i].time,
			.by = LINE_COUNTERPARTY,
			.quoting_side = side_of_log(f, quotes[i].quoting_log),
			.quoting_epoch = 1,
			.quoting_index = quotes[i].quoting_index,
		};

		if (is_below(f, quotes[i].quoting_log, quotes[i].quoting_index))
			lines_add(&f->lines, &line);
	}
	rc = 0;
out:
	arena_free(arena);
	return rc;
}

static int
folding_init(struct folding *f, struct docket *docket, struct span peer,
    const struct heads *heads, struct instant at, struct arena *arena,
    struct error *err)
{
	*f = (struct folding){ .docket = docket,
		.peer = peer,
		.heads = heads,
		.at = at,
		.terms = terms_default() };
	lines_init(&f->lines, at, f->terms.grace);
	if (heads_logs(docket, peer, f->logs, arena, err) == -1)
		return -1;
	return load_lines(f, err);
}

static int
read_case_record(struct folding *f, const struct entry_row *entry,
    struct case_record *out, struct arena *arena, struct error *err)
{
	unsigned side = side_of_log(f, entry->log);
	struct place place = {
		.side = side,
		.epoch = 1,
		.index = entry->index,
		.anchor_epoch = 1,
		.anchor_size = entry->anchor_size,
	};
	struct record *record;

	if (record_read(&record, entry->content, arena, err) == -1)
		return -1;
	*out = (struct case_record){ .record = record,
		.leaf = entry->leaf,
		.side = side,
		.epoch = 1,
		.index = entry->index };
	out->has_taken = lines_taken(&f->lines, &place, &out->taken);
	out->has_shown = lines_shown(&f->lines, &place, &out->shown);
	return 0;
}

static struct span
author_of(const struct folding *f, unsigned side)
{
	return f->logs[side]->is_own ? f->docket->self->party : f->peer;
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
		    records[other].index < rows[next[0]].anchor_size)
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
docket_case(struct docket *docket, struct span peer, const struct hash *name,
    const struct heads *heads, struct instant at, struct case_view *out,
    struct arena *arena, struct error *err)
{
	struct case_record *records;
	struct folding f;
	int rc = -1;

	if (folding_init(&f, docket, peer, heads, at, arena, err) == -1 ||
	    fold_case(&f, name, out, &records, arena, err) == -1)
		goto out;
	if (out->n == 0) {
		error_set(err, E_CASE_UNKNOWN, "no such case below the heads");
		goto out;
	}
	rc = 0;
out:
	lines_clear(&f.lines);
	return rc;
}

/* One walk over all cases: for lists and for figures. */
struct walk {
	struct folding f;
	int (*each)(void *ctx, const struct case_view *view, struct error *err);
	void *ctx;
	struct count *count; /* or this */
	struct arena *arena; /* of one case */
};

static int
walk_case(void *ctx, const struct entry_row *opening, struct error *err)
{
	struct walk *walk = ctx;
	struct case_record *records;
	struct case_view view;

	if (!is_below(&walk->f, opening->log, opening->index))
		return 0;
	arena_reset(walk->arena);
	if (fold_case(&walk->f, &opening->leaf, &view, &records, walk->arena,
		err) == -1)
		return -1;
	if (walk->count != NULL)
		count_add(walk->count, records, view.n);
	else if (walk->each(walk->ctx, &view, err) == -1)
		return -1;
	return 0;
}

static int
walk_docket(struct walk *walk, struct docket *docket, struct span peer,
    const struct heads *heads, struct instant at, struct error *err)
{
	struct arena *arena = arena_new();
	int rc = -1;

	walk->arena = arena_new();
	if (folding_init(&walk->f, docket, peer, heads, at, arena, err) == 0)
		rc = store_entry_cases(docket->parts.store, peer, KIND_COUNT,
		    walk_case, walk, err);
	lines_clear(&walk->f.lines);
	arena_free(walk->arena);
	arena_free(arena);
	return rc;
}

int
docket_cases(struct docket *docket, struct span peer, const struct heads *heads,
    struct instant at,
    int (*each)(void *ctx, const struct case_view *view, struct error *err),
    void *ctx, struct error *err)
{
	struct walk walk = { .each = each, .ctx = ctx };

	return walk_docket(&walk, docket, peer, heads, at, err);
}

/*
 * A head is shown to be the newest at an instant if its last entry is a
 * record that says it was written then or later.
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
	struct statement_head *heads = arena_array(arena, 2, sizeof(*heads));
	struct log_row *logs[2];

	if (heads_logs(docket, figures->peer, logs, arena, err) == -1)
		return -1;
	for (unsigned side = 0; side < 2; side++) {
		struct last last = { .as_of = figures->as_of };
		uint64_t size = figures->heads.size[side];

		if (size > 0 &&
		    store_entry_range(docket->parts.store, logs[side]->id,
			size - 1, size, see_last_at, &last, err) == -1)
			return -1;
		heads[side] = (struct statement_head){ .side = side,
			.epoch = 1,
			.size = size,
			.root = figures->heads.root[side],
			.is_newest = last.is_newest };
		out->parties[side] = logs[side]->is_own ?
		    docket->self->party :
		    docket_peer(docket, figures->peer)->party;
	}
	out->heads = heads;
	out->heads_n = 2;
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
	struct walk walk = { .count = &count };
	int rc = -1;

	count_init(&count, &scope, &terms);
	if (walk_docket(&walk, docket, figures->peer, &figures->heads,
		figures->as_of, err) == -1)
		goto out;
	*out = (struct statement){ .heads_n = 0 };
	count_end(&count, out);
	rc = name_heads(docket, figures, out, arena, err);
out:
	count_clear(&count);
	return rc;
}
