#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/mem.h"
#include "docket/case_state.h"
#include "docket/cases.h"
#include "docket/internal.h"
#include "docket/project.h"
#include "domain/terms.h"
#include "formats/record_json.h"
#include "store/quote.h"
#include "store/store.h"

/*
 * What was signed or taken since the marks is gone through once: the cases
 * that it touches are folded and written down.  A case is folded with all
 * lines there are, for an instant after all of them; see cases_row for how
 * another instant is served.
 */
struct projecting {
	struct docket *docket;
	struct span peer;
	struct epochs epochs;
	uint64_t *from, *to; /* by log */
	struct terms terms;
	struct hash *touched;
	size_t n, cap;
	struct arena *arena; /* of one step */
};

static void
raise(uint64_t *value, uint64_t to)
{
	if (*value < to)
		*value = to;
}

/* What a line quoted in ${log} below ${index} says is past. */
static int
raise_floor(struct docket *docket, const struct log_row *log, uint64_t index,
    struct instant *floor, struct error *err)
{
	struct instant latest;
	bool has;

	if (store_quote_latest(docket->parts.store, log->id, index, &latest,
		&has, err) == -1)
		return -1;
	if (has)
		*floor = instant_greatest(*floor, latest);
	return 0;
}

/* The same of all that one writer has written up to ${seen}. */
static int
raise_floors(struct docket *docket, const struct epochs *epochs, unsigned side,
    struct extent seen, struct instant *floor, struct error *err)
{
	for (size_t i = 0; i < epochs->n; i++) {
		const struct log_row *log = &epochs->logs[i];
		uint64_t end = epoch_end(log);

		if (log->side != side || !epoch_counts(log) ||
		    log->epoch > seen.epoch)
			continue;
		if (log->epoch == seen.epoch)
			end = seen.size;
		if (raise_floor(docket, log, end, floor, err) == -1)
			return -1;
	}
	return 0;
}

int
cases_times(struct docket *docket, const struct epochs *epochs,
    struct case_record *record, struct extent seen, uint64_t need[2],
    struct error *err)
{
	const struct log_row *log =
	    epochs_of(epochs, record->side, record->epoch);
	struct extent before = { record->epoch, record->index };
	struct cover_row line;
	bool has;

	raise(&need[record->side],
	    epochs_base(epochs, log) + record->index + 1);
	if (store_cover_from(docket->parts.store, log->id, record->index + 1,
		&line, &has, err) == -1)
		return -1;
	record->has_taken = record->has_shown = has;
	if (!has)
		return 0;
	raise(&need[line.side], line.index + 1);
	record->shown = record->taken = line.time;
	if (raise_floors(docket, epochs, record->side, before, &record->taken,
		err) == -1)
		return -1;
	return raise_floors(docket, epochs, 1 - record->side, seen,
	    &record->taken, err);
}

int
cases_reach(struct docket *docket, const struct epochs *epochs,
    const struct heads *heads, enum cases_reach *out, struct error *err)
{
	uint64_t marks[2] = { 0, 0 };

	for (size_t i = 0; i < epochs->n; i++) {
		uint64_t mark;

		if (store_cases_mark(docket->parts.store, epochs->logs[i].id,
			&mark, err) == -1)
			return -1;
		marks[epochs->logs[i].side] += mark;
	}
	*out = CASES_AT;
	for (unsigned side = 0; side < 2; side++) {
		uint64_t total = heads_total(heads, side);

		if (marks[side] < total)
			*out = CASES_BELOW;
		if (marks[side] > total && *out == CASES_AT)
			*out = CASES_ABOVE;
	}
	return 0;
}

static void
touch(struct projecting *p, const struct hash *names, size_t n)
{
	if (n == 0)
		return;
	if (p->n + n > p->cap) {
		p->cap = 2 * (p->n + n);
		p->touched =
		    mem_resize(p->touched, p->cap, sizeof(*p->touched));
	}
	memcpy(p->touched + p->n, names, n * sizeof(*names));
	p->n += n;
}

static int
touch_range(struct projecting *p, const struct log_row *log, uint64_t from,
    uint64_t to, struct error *err)
{
	struct hash *names;
	size_t n;

	if (from >= to)
		return 0;
	arena_reset(p->arena);
	if (store_cases_touched(p->docket->parts.store, log->id, from, to,
		&names, &n, p->arena, err) == -1)
		return -1;
	touch(p, names, n);
	return 0;
}

/*
 * One more line: what stands below the mark may count from another time.
 * What stands above is touched anyway.
 */
static int
add_line(struct projecting *p, const struct log_row *log,
    const struct quote_row *quote, struct error *err)
{
	const struct log_row *about = epochs_of_id(&p->epochs, quote->log);
	uint64_t mark = p->from[about - p->epochs.logs];
	struct cover_row line = { .size = quote->size,
		.time = quote->time,
		.side = log->side,
		.index = epochs_base(&p->epochs, log) + quote->quoting_index };
	uint64_t from, to;

	if (store_cover_add(p->docket->parts.store, quote->log, &line, &from,
		&to, err) == -1)
		return -1;
	return touch_range(p, about, from, to < mark ? to : mark, err);
}

static int
add_lines(struct projecting *p, size_t which, struct error *err)
{
	const struct log_row *log = &p->epochs.logs[which];
	struct arena *arena = arena_new();
	struct quote_row *quotes;
	size_t n;
	int rc = -1;

	if (store_quote_window(p->docket->parts.store, log->id, p->from[which],
		p->to[which], &quotes, &n, arena, err) == -1)
		goto out;
	for (size_t i = 0; i < n; i++)
		if (add_line(p, log, &quotes[i], err) == -1)
			goto out;
	rc = 0;
out:
	arena_free(arena);
	return rc;
}

static int
compare_names(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct hash));
}

static uint64_t
seen_place(const struct projecting *p, unsigned side, struct extent seen)
{
	return epochs_base(&p->epochs,
		   epochs_of(&p->epochs, side, seen.epoch)) +
	    seen.size;
}

/* The records of the case below the heads, with their times. */
static int
read_records(struct projecting *p, const struct hash *name,
    struct cases_row *row, struct case_record **out, size_t *n,
    struct error *err)
{
	struct cases_record *rows;
	size_t rows_n;

	*n = 0;
	if (store_cases_records(p->docket->parts.store, p->peer, name, &rows,
		&rows_n, p->arena, err) == -1)
		return -1;
	*out = arena_array(p->arena, rows_n, sizeof(**out));
	for (size_t i = 0; i < rows_n; i++) {
		struct case_record *one = &(*out)[*n];
		const struct log_row *log =
		    epochs_of_id(&p->epochs, rows[i].log);
		struct extent seen = { rows[i].anchor_epoch,
			rows[i].anchor_size };
		struct record *record;

		*one = (struct case_record){ .leaf = rows[i].leaf,
			.side = log->side,
			.epoch = log->epoch,
			.index = rows[i].index };
		if (one->index >= p->to[log - p->epochs.logs])
			continue;
		if (record_read(&record, rows[i].content, p->arena, err) == -1)
			return -1;
		one->record = record;
		if (cases_times(p->docket, &p->epochs, one, seen, row->need,
			err) == -1)
			return -1;
		if (hash_is_equal(&one->leaf, name)) {
			row->log = rows[i].log;
			row->index = rows[i].index;
			row->anchored = seen_place(p, 1 - log->side, seen);
		}
		(*n)++;
	}
	return 0;
}

/* Who owes what: dates, whenever they are asked for. */
static void
fill_due(struct cases_row *row, const struct casefile *casefile, unsigned ours)
{
	struct due due[CASEFILE_DUE_MAX];
	struct casefile early = *casefile;
	size_t n;

	early.as_of = instant_of(INSTANT_S_MIN);
	n = casefile_due(&early, due);
	for (size_t i = 0; i < n; i++) {
		unsigned who = due[i].side == ours ? CASES_US : CASES_THEM;
		struct cases_date *date = due[i].what == DUE_PRESERVATION ?
		    &row->keep[who] :
		    &row->due[who];
		struct instant by =
		    due[i].by.has ? due[i].by.at : instant_of(INSTANT_S_MAX);

		if (!date->has || instant_is_before(by, date->at))
			*date = (struct cases_date){ true, by };
	}
}

static void
fill_row(struct projecting *p, struct cases_row *row,
    const struct case_record *records, size_t n)
{
	struct case_state *state = arena_alloc(p->arena, sizeof(*state));
	struct casefile *casefile = &state->casefile;
	unsigned ours = epochs_first(&p->epochs, 0)->is_own ? 0 : 1;
	bool has_moved = false;

	casefile_fold(casefile, records, n, &p->terms,
	    instant_of(INSTANT_S_MAX));
	row->moved = casefile->at;
	for (size_t i = 0; i < n; i++) {
		struct count_apart apart;

		if (records[i].has_taken) {
			row->moved = has_moved ?
			    instant_greatest(row->moved, records[i].taken) :
			    records[i].taken;
			has_moved = true;
		}
		if (!count_is_apart(&apart, &records[i]))
			continue;
		if (state->apart_n < CASE_STATE_APART_MAX)
			state->apart[state->apart_n++] = apart;
		else
			state->is_long = true;
	}
	row->is_open = casefile_is_open(casefile);
	row->is_undelivered =
	    casefile->requester == ours && !casefile->taken.has;
	fill_due(row, casefile, ours);
	row->state = case_state_write(state, p->arena);
}

static int
project_case(struct projecting *p, const struct hash *name, struct error *err)
{
	struct cases_row row = { .need = { 0, 0 } };
	struct case_record *records;
	size_t n;

	arena_reset(p->arena);
	if (read_records(p, name, &row, &records, &n, err) == -1)
		return -1;
	if (n == 0)
		return 0;
	fill_row(p, &row, records, n);
	return store_cases_put(p->docket->parts.store, &row, err);
}

static int
project(struct projecting *p, struct error *err)
{
	for (size_t i = 0; i < p->epochs.n; i++)
		if (add_lines(p, i, err) == -1 ||
		    touch_range(p, &p->epochs.logs[i], p->from[i], p->to[i],
			err) == -1)
			return -1;
	if (p->n > 0)
		qsort(p->touched, p->n, sizeof(*p->touched), compare_names);
	for (size_t i = 0; i < p->n; i++) {
		if (i > 0 && hash_is_equal(&p->touched[i], &p->touched[i - 1]))
			continue;
		if (project_case(p, &p->touched[i], err) == -1)
			return -1;
	}
	return 0;
}

/* ${is_again}: what was projected is gone; up to the marks once more. */
static int
project_docket(struct docket *docket, struct span peer, bool is_again,
    struct error *err)
{
	struct projecting p = { .docket = docket,
		.peer = peer,
		.terms = terms_default() };
	struct arena *arena = arena_new();
	int rc = -1;

	p.arena = arena_new();
	if (epochs_load(&p.epochs, docket, peer, arena, err) == -1)
		goto out;
	p.from = arena_array(arena, p.epochs.n, sizeof(*p.from));
	p.to = arena_array(arena, p.epochs.n, sizeof(*p.to));
	for (size_t i = 0; i < p.epochs.n; i++) {
		const struct log_row *log = &p.epochs.logs[i];
		uint64_t mark;

		if (store_cases_mark(docket->parts.store, log->id, &mark,
			err) == -1)
			goto out;
		p.from[i] = is_again ? 0 : mark;
		p.to[i] = mark;
		if (!is_again)
			raise(&p.to[i], heads_newest(&p.epochs, log));
	}
	if (project(&p, err) == -1)
		goto out;
	for (size_t i = 0; i < p.epochs.n; i++)
		if (store_cases_set_mark(docket->parts.store,
			p.epochs.logs[i].id, p.to[i], err) == -1)
			goto out;
	rc = 0;
out:
	free(p.touched);
	arena_free(p.arena);
	arena_free(arena);
	return rc;
}

int
cases_rebuild(struct docket *docket, struct span peer, struct error *err)
{
	return project_docket(docket, peer, true, err);
}

int
docket_cases_settle(struct docket *docket, struct error *err)
{
	struct store *store = docket->parts.store;
	struct arena *arena = arena_new();
	struct span *peers;
	size_t n;
	int rc = -1;

	if (store_cases_behind(store, &peers, &n, arena, err) == -1)
		goto out;
	if (n > 0 && store_begin_lazy(store, err) == -1)
		goto out;
	for (size_t i = 0; i < n; i++) {
		if (project_docket(docket, peers[i], false, err) == -1) {
			store_rollback(store);
			goto out;
		}
	}
	rc = n > 0 ? store_commit(store, err) : 0;
out:
	arena_free(arena);
	return rc;
}
