#include "store/head.h"
#include "base/error.h"
#include "store/db.h"

static void
load_head(struct query *q, void *row, struct arena *arena)
{
	struct head_row *head = row;

	head->log = query_get_int(q);
	head->size = query_get_size(q);
	head->root = query_get_hash(q);
	head->note = query_get_bytes(q, arena);
	head->seen_at = query_get_instant(q);
	head->is_unproven = query_get_bool(q);
}

static void
load_line(struct query *q, void *row, struct arena *arena)
{
	struct line_row *line = row;

	line->log = query_get_int(q);
	line->size = query_get_size(q);
	line->root = query_get_hash(q);
	line->name = query_get_bytes(q, arena);
	line->time = query_get_instant(q);
	line->line = query_get_bytes(q, arena);
}

int
store_head_add(struct store *store, const struct head_row *head,
    struct error *err)
{
	struct query q;

	query_start(&q, store, QUERY_HEAD_ADD);
	query_put_int(&q, head->log);
	query_put_size(&q, head->size);
	query_put_hash(&q, &head->root);
	query_put_bytes(&q, head->note);
	query_put_instant(&q, head->seen_at);
	query_put_int(&q, head->is_unproven);
	return query_run(&q, NULL, err);
}

int
store_line_add(struct store *store, const struct line_row *line,
    struct error *err)
{
	struct query q;

	query_start(&q, store, QUERY_LINE_ADD);
	query_put_int(&q, line->log);
	query_put_size(&q, line->size);
	query_put_hash(&q, &line->root);
	query_put_text(&q, line->name);
	query_put_instant(&q, line->time);
	query_put_bytes(&q, line->line);
	return query_run(&q, NULL, err);
}

static int
one_head(struct store *store, enum query_id id, int64_t log, uint64_t size,
    struct head_row **out, struct arena *arena, struct error *err)
{
	struct query q;
	void *row;

	query_start(&q, store, id);
	query_put_int(&q, log);
	query_put_size(&q, size);
	if (query_one(&q, load_head, sizeof(**out), &row, arena, err) == -1)
		return -1;
	*out = row;
	return 0;
}

int
store_head_get(struct store *store, int64_t log, uint64_t size,
    struct head_row **out, struct arena *arena, struct error *err)
{
	return one_head(store, QUERY_HEAD_GET, log, size, out, arena, err);
}

int
store_head_below(struct store *store, int64_t log, uint64_t size,
    struct head_row **out, struct arena *arena, struct error *err)
{
	return one_head(store, QUERY_HEAD_BELOW, log, size, out, arena, err);
}

int
store_head_seen(struct store *store, int64_t log, uint64_t size,
    struct head_row **out, struct arena *arena, struct error *err)
{
	return one_head(store, QUERY_HEAD_SEEN, log, size, out, arena, err);
}

static int
all_heads(struct query *q, struct head_row **out, size_t *n,
    struct arena *arena, struct error *err)
{
	void *rows;

	if (query_all(q, load_head, sizeof(**out), &rows, n, arena, err) == -1)
		return -1;
	*out = rows;
	return 0;
}

int
store_head_all(struct store *store, int64_t log, uint64_t size,
    struct head_row **out, size_t *n, struct arena *arena, struct error *err)
{
	struct query q;

	query_start(&q, store, QUERY_HEAD_ALL);
	query_put_int(&q, log);
	query_put_size(&q, size);
	return all_heads(&q, out, n, arena, err);
}

int
store_head_forked(struct store *store, int64_t log, struct head_row **out,
    size_t *n, struct arena *arena, struct error *err)
{
	struct query q;

	query_start(&q, store, QUERY_HEAD_FORKED);
	query_put_int(&q, log);
	return all_heads(&q, out, n, arena, err);
}

int
store_head_unproven(struct store *store, int64_t log, struct head_row **out,
    size_t *n, struct arena *arena, struct error *err)
{
	struct query q;

	query_start(&q, store, QUERY_HEAD_UNPROVEN);
	query_put_int(&q, log);
	return all_heads(&q, out, n, arena, err);
}

int
store_head_trim(struct store *store, int64_t log, size_t *n, struct error *err)
{
	struct query q;
	int changed;

	query_start(&q, store, QUERY_HEAD_TRIM);
	query_put_int(&q, log);
	query_put_int(&q, STORE_UNPROVEN_MAX);
	if (query_run(&q, &changed, err) == -1)
		return -1;
	*n = (size_t)changed;
	return 0;
}

static int
one_line(struct query *q, struct line_row **out, struct arena *arena,
    struct error *err)
{
	void *row;

	if (query_one(q, load_line, sizeof(**out), &row, arena, err) == -1)
		return -1;
	*out = row;
	return 0;
}

int
store_line_first(struct store *store, int64_t log, uint64_t size,
    struct span name, struct line_row **out, struct arena *arena,
    struct error *err)
{
	struct query q;

	query_start(&q, store, QUERY_LINE_FIRST);
	query_put_int(&q, log);
	query_put_text(&q, name);
	query_put_size(&q, size);
	return one_line(&q, out, arena, err);
}

int
store_line_all(struct store *store, int64_t log, uint64_t size,
    struct span name, struct line_row **out, size_t *n, struct arena *arena,
    struct error *err)
{
	struct query q;
	void *rows;

	query_start(&q, store, QUERY_LINE_ALL);
	query_put_int(&q, log);
	query_put_text(&q, name);
	query_put_size(&q, size);
	if (query_all(&q, load_line, sizeof(**out), &rows, n, arena, err) == -1)
		return -1;
	*out = rows;
	return 0;
}

int
store_line_last(struct store *store, int64_t log, struct span name,
    struct line_row **out, struct arena *arena, struct error *err)
{
	struct query q;

	query_start(&q, store, QUERY_LINE_LAST);
	query_put_int(&q, log);
	query_put_text(&q, name);
	return one_line(&q, out, arena, err);
}
