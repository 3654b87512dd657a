#include "store/quote.h"
#include "base/error.h"
#include "store/db.h"

static void
load_quote(struct query *q, void *row, struct arena *arena UNUSED)
{
	struct quote_row *quote = row;

	quote->quoting_log = query_get_int(q);
	quote->quoting_index = query_get_size(q);
	quote->log = query_get_int(q);
	quote->size = query_get_size(q);
	quote->time = query_get_instant(q);
}

/* Logs are judged in order, so that normally nothing stands behind. */
static int
raise_behind(struct store *store, const struct quote_row *quote,
    struct error *err)
{
	struct query q;

	query_start(&q, store, QUERY_QUOTE_RAISE_LATEST);
	query_put_int(&q, quote->quoting_log);
	query_put_size(&q, quote->quoting_index);
	query_put_instant(&q, quote->time);
	if (query_run(&q, NULL, err) == -1)
		return -1;
	query_start(&q, store, QUERY_QUOTE_RAISE_LARGEST);
	query_put_int(&q, quote->quoting_log);
	query_put_int(&q, quote->log);
	query_put_size(&q, quote->quoting_index);
	query_put_size(&q, quote->size);
	return query_run(&q, NULL, err);
}

int
store_quote_add(struct store *store, const struct quote_row *quote,
    struct error *err)
{
	struct query q;

	query_start(&q, store, QUERY_QUOTE_ADD);
	query_put_int(&q, quote->quoting_log);
	query_put_size(&q, quote->quoting_index);
	query_put_int(&q, quote->log);
	query_put_size(&q, quote->size);
	query_put_instant(&q, quote->time);
	if (query_run(&q, NULL, err) == -1)
		return -1;
	return raise_behind(store, quote, err);
}

int
store_quote_all(struct store *store, struct span peer, struct quote_row **out,
    size_t *n, struct arena *arena, struct error *err)
{
	struct query q;
	void *rows;

	query_start(&q, store, QUERY_QUOTE_ALL);
	query_put_text(&q, peer);
	if (query_all(&q, load_quote, sizeof(**out), &rows, n, arena, err) ==
	    -1)
		return -1;
	*out = rows;
	return 0;
}

int
store_quote_window(struct store *store, int64_t log, uint64_t from, uint64_t to,
    struct quote_row **out, size_t *n, struct arena *arena, struct error *err)
{
	struct query q;
	void *rows;

	query_start(&q, store, QUERY_QUOTE_WINDOW);
	query_put_int(&q, log);
	query_put_size(&q, from);
	query_put_size(&q, to);
	if (query_all(&q, load_quote, sizeof(**out), &rows, n, arena, err) ==
	    -1)
		return -1;
	*out = rows;
	return 0;
}

int
store_quote_covers(struct store *store, int64_t log, uint64_t size,
    struct instant time, bool *out, struct error *err)
{
	struct query q;
	int rc;

	query_start(&q, store, QUERY_QUOTE_COVERS);
	query_put_int(&q, log);
	query_put_size(&q, size);
	query_put_instant(&q, time);
	rc = query_step(&q, out, err);
	query_end(&q);
	return rc;
}

int
store_quote_latest(struct store *store, int64_t log, uint64_t index,
    struct instant *out, bool *has, struct error *err)
{
	struct query q;
	int rc;

	query_start(&q, store, QUERY_QUOTE_LATEST);
	query_put_int(&q, log);
	query_put_size(&q, index);
	rc = query_step(&q, has, err);
	if (rc == 0 && *has)
		*out = query_get_instant(&q);
	query_end(&q);
	return rc;
}

int
store_quote_largest(struct store *store, int64_t quoting_log, uint64_t index,
    int64_t about_log, uint64_t *out, struct error *err)
{
	struct query q;
	bool has;
	int rc;

	query_start(&q, store, QUERY_QUOTE_LARGEST);
	query_put_int(&q, quoting_log);
	query_put_int(&q, about_log);
	query_put_size(&q, index);
	rc = query_step(&q, &has, err);
	if (rc == 0)
		*out = has ? query_get_size(&q) : 0;
	query_end(&q);
	return rc;
}
