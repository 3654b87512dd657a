#include "store/cases.h"
#include "base/arena.h"
#include "base/error.h"
#include "store/db.h"

static struct cases_date
get_date(struct query *q)
{
	if (query_get_null(q))
		return (struct cases_date){ .has = false };
	return (struct cases_date){ true, query_get_instant(q) };
}

static void
put_date(struct query *q, const struct cases_date *date)
{
	if (date->has)
		query_put_instant(q, date->at);
	else
		query_put_null(q);
}

static void
load_case(struct query *q, struct cases_row *row)
{
	row->log = query_get_int(q);
	row->peer = query_borrow_bytes(q);
	row->index = query_get_size(q);
	row->moved = query_get_instant(q);
	row->is_open = query_get_bool(q);
	row->is_undelivered = query_get_bool(q);
	for (unsigned who = 0; who < CASES_WHO_COUNT; who++)
		row->due[who] = get_date(q);
	for (unsigned who = 0; who < CASES_WHO_COUNT; who++)
		row->keep[who] = get_date(q);
	row->need[0] = query_get_size(q);
	row->need[1] = query_get_size(q);
	row->anchored = query_get_size(q);
	row->state = query_borrow_bytes(q);
}

int
store_cases_put(struct store *store, const struct cases_row *row,
    struct error *err)
{
	struct query q;

	query_start(&q, store, QUERY_CASE_PUT);
	query_put_int(&q, row->log);
	query_put_size(&q, row->index);
	query_put_instant(&q, row->moved);
	query_put_int(&q, row->is_open);
	query_put_int(&q, row->is_undelivered);
	for (unsigned who = 0; who < CASES_WHO_COUNT; who++)
		put_date(&q, &row->due[who]);
	for (unsigned who = 0; who < CASES_WHO_COUNT; who++)
		put_date(&q, &row->keep[who]);
	query_put_size(&q, row->need[0]);
	query_put_size(&q, row->need[1]);
	query_put_size(&q, row->anchored);
	query_put_bytes(&q, row->state);
	return query_run(&q, NULL, err);
}

static int
walk(struct query *q, store_cases_each *each, void *ctx, struct error *err)
{
	bool has_row = false;
	int rc;

	while ((rc = query_step(q, &has_row, err)) == 0 && has_row) {
		struct cases_row row = { .log = 0 };

		load_case(q, &row);
		if ((rc = query_check(q, err)) == -1 ||
		    (rc = each(ctx, &row, err)) != 0)
			break;
	}
	query_end(q);
	return rc == 0 ? 0 : -1;
}

int
store_cases_walk(struct store *store, enum cases_part part, struct instant at,
    struct span peer, store_cases_each *each, void *ctx, struct error *err)
{
	static const enum query_id queries[] = {
		[CASES_AFTER] = QUERY_CASE_MOVED_AFTER,
		[CASES_BY] = QUERY_CASE_MOVED_BY,
		[CASES_OPEN_BY] = QUERY_CASE_OPEN_BY,
	};
	struct query q;

	query_start(&q, store, queries[part]);
	query_put_instant(&q, at);
	query_put_text(&q, peer);
	return walk(&q, each, ctx, err);
}

int
store_cases_of_log(struct store *store, int64_t log, store_cases_each *each,
    void *ctx, struct error *err)
{
	struct query q;

	query_start(&q, store, QUERY_CASE_OF_LOG);
	query_put_int(&q, log);
	return walk(&q, each, ctx, err);
}

/* total() gives a floating number, also where there is no row. */
static uint64_t
get_total(struct query *q)
{
	return (uint64_t)sqlite3_column_int64(q->stmt, q->next++);
}

int
store_cases_tally(struct store *store, struct instant at,
    struct cases_tally *out, struct error *err)
{
	struct query q;
	bool has_row = false;
	int rc;

	query_start(&q, store, QUERY_CASE_TALLY);
	query_put_instant(&q, at);
	rc = query_step(&q, &has_row, err);
	if (rc == 0 && has_row) {
		out->open = get_total(&q);
		out->undelivered = get_total(&q);
		for (unsigned who = 0; who < CASES_WHO_COUNT; who++)
			out->overdue[who] = get_total(&q);
		for (unsigned who = 0; who < CASES_WHO_COUNT; who++)
			out->awaiting[who] = get_total(&q);
	}
	query_end(&q);
	return rc;
}

int
store_cases_mark(struct store *store, int64_t log, uint64_t *out,
    struct error *err)
{
	struct query q;
	bool has_row = false;
	int rc;

	query_start(&q, store, QUERY_CASE_MARK_GET);
	query_put_int(&q, log);
	rc = query_step(&q, &has_row, err);
	if (rc == 0)
		*out = has_row ? query_get_size(&q) : 0;
	query_end(&q);
	return rc;
}

int
store_cases_set_mark(struct store *store, int64_t log, uint64_t size,
    struct error *err)
{
	struct query q;

	query_start(&q, store, QUERY_CASE_MARK_PUT);
	query_put_int(&q, log);
	query_put_size(&q, size);
	return query_run(&q, NULL, err);
}

static void
load_name(struct query *q, void *row, struct arena *arena)
{
	*(struct span *)row = query_get_bytes(q, arena);
}

int
store_cases_forget(struct store *store, struct span peer, struct error *err)
{
	static const enum query_id forget[] = { QUERY_CASE_FORGET,
		QUERY_CASE_MARK_FORGET, QUERY_COVER_FORGET };

	for (size_t i = 0; i < COUNT_OF(forget); i++) {
		struct query q;

		query_start(&q, store, forget[i]);
		query_put_text(&q, peer);
		if (query_run(&q, NULL, err) == -1)
			return -1;
	}
	return 0;
}

int
store_cases_behind(struct store *store, struct span **out, size_t *n,
    struct arena *arena, struct error *err)
{
	struct query q;
	void *rows;

	query_start(&q, store, QUERY_CASE_BEHIND);
	if (query_all(&q, load_name, sizeof(**out), &rows, n, arena, err) == -1)
		return -1;
	*out = rows;
	return 0;
}

static void
load_hash(struct query *q, void *row, struct arena *arena UNUSED)
{
	*(struct hash *)row = query_get_hash(q);
}

int
store_cases_touched(struct store *store, int64_t log, uint64_t from,
    uint64_t to, struct hash **out, size_t *n, struct arena *arena,
    struct error *err)
{
	struct query q;
	void *rows;

	query_start(&q, store, QUERY_CASE_TOUCHED);
	query_put_int(&q, log);
	query_put_size(&q, from);
	query_put_size(&q, to);
	if (query_all(&q, load_hash, sizeof(**out), &rows, n, arena, err) == -1)
		return -1;
	*out = rows;
	return 0;
}

static void
load_record(struct query *q, void *row, struct arena *arena)
{
	struct cases_record *record = row;

	record->log = query_get_int(q);
	record->index = query_get_size(q);
	record->leaf = query_get_hash(q);
	record->anchor_epoch = query_get_unsigned(q);
	record->anchor_size = query_get_size(q);
	record->content = query_get_bytes(q, arena);
}

int
store_cases_records(struct store *store, struct span peer,
    const struct hash *case_hash, struct cases_record **out, size_t *n,
    struct arena *arena, struct error *err)
{
	struct query q;
	void *rows;

	query_start(&q, store, QUERY_CASE_RECORDS);
	query_put_text(&q, peer);
	query_put_hash(&q, case_hash);
	if (query_all(&q, load_record, sizeof(**out), &rows, n, arena, err) ==
	    -1)
		return -1;
	*out = rows;
	return 0;
}

static int
find_line(struct store *store, enum query_id id, int64_t log, uint64_t size,
    struct cover_row *out, bool *has, struct error *err)
{
	struct query q;
	int rc;

	query_start(&q, store, id);
	query_put_int(&q, log);
	query_put_size(&q, size);
	rc = query_step(&q, has, err);
	if (rc == 0 && *has) {
		out->size = query_get_size(&q);
		out->time = query_get_instant(&q);
		out->side = query_get_unsigned(&q);
		out->index = query_get_size(&q);
		rc = query_check(&q, err);
	}
	query_end(&q);
	return rc;
}

int
store_cover_from(struct store *store, int64_t log, uint64_t size,
    struct cover_row *out, bool *has, struct error *err)
{
	return find_line(store, QUERY_COVER_FROM, log, size, out, has, err);
}

/* Of two places that quote the same line one is named: which, is fixed. */
static bool
is_earlier_place(const struct cover_row *a, const struct cover_row *b)
{
	if (a->side != b->side)
		return a->side < b->side;
	return a->index < b->index;
}

/* ${there}, the first of at least its size, says it as well. */
static bool
is_idle(const struct cover_row *line, const struct cover_row *there)
{
	if (there->size == line->size && there->time.s == line->time.s)
		return !is_earlier_place(line, there);
	return there->time.s <= line->time.s;
}

/* What ${line} makes idle goes; *below is the size that stays beneath. */
static int
drop_idle(struct store *store, int64_t log, const struct cover_row *line,
    uint64_t *below, struct error *err)
{
	struct cover_row there = { .size = 0 };
	struct query q;
	bool has = false;

	for (;;) {
		if (find_line(store, QUERY_COVER_BELOW, log, line->size + 1,
			&there, &has, err) == -1)
			return -1;
		*below = has ? there.size : 0;
		if (!has || there.time.s < line->time.s)
			return 0;
		query_start(&q, store, QUERY_COVER_DROP);
		query_put_int(&q, log);
		query_put_size(&q, there.size);
		if (query_run(&q, NULL, err) == -1)
			return -1;
	}
}

int
store_cover_add(struct store *store, int64_t log, const struct cover_row *line,
    uint64_t *from, uint64_t *to, struct error *err)
{
	struct cover_row there = { .size = 0 };
	struct query q;
	bool has = false;

	*from = *to = line->size;
	if (store_cover_from(store, log, line->size, &there, &has, err) == -1)
		return -1;
	if (has && is_idle(line, &there))
		return 0;
	if (drop_idle(store, log, line, from, err) == -1)
		return -1;
	query_start(&q, store, QUERY_COVER_PUT);
	query_put_int(&q, log);
	query_put_size(&q, line->size);
	query_put_instant(&q, line->time);
	query_put_int(&q, line->side);
	query_put_size(&q, line->index);
	return query_run(&q, NULL, err);
}
