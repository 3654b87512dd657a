#include "store/log.h"
#include "base/error.h"
#include "seal/digest.h"
#include "store/db.h"

static void
load_log(struct query *q, void *row, struct arena *arena)
{
	struct log_row *log = row;

	log->id = query_get_int(q);
	log->origin = query_get_bytes(q, arena);
	log->peer = query_get_bytes(q, arena);
	log->is_own = query_get_bool(q);
	log->epoch = query_get_unsigned(q);
	log->side = query_get_unsigned(q);
	log->size = query_get_size(q);
	log->head = query_get_size(q);
	log->mirrored = query_get_size(q);
	log->receipted = query_get_size(q);
	log->anchored_epoch = query_get_unsigned(q);
	log->anchored = query_get_size(q);
	log->settled = query_get_size(q);
	log->is_forked = query_get_bool(q);
	log->wants_line = query_get_bool(q);
	log->is_announced = query_get_bool(q);
	log->is_closed = !query_get_null(q);
	log->closed = log->is_closed ? query_get_size(q) : 0;
}

/* What changes in the life of a log. */
static void
put_state(struct query *q, const struct log_row *log)
{
	query_put_size(q, log->size);
	query_put_size(q, log->head);
	query_put_size(q, log->mirrored);
	query_put_size(q, log->receipted);
	query_put_int(q, log->anchored_epoch);
	query_put_size(q, log->anchored);
	query_put_size(q, log->settled);
	query_put_int(q, log->is_forked);
	query_put_int(q, log->wants_line);
	query_put_int(q, log->is_announced);
	if (log->is_closed)
		query_put_size(q, log->closed);
	else
		query_put_null(q);
}

int
store_log_add(struct store *store, struct log_row *log, struct error *err)
{
	struct hash key = digest_of(log->origin);
	struct query q;

	query_start(&q, store, QUERY_LOG_ADD);
	query_put_text(&q, log->origin);
	query_put_hash(&q, &key);
	query_put_text(&q, log->peer);
	query_put_int(&q, log->is_own);
	query_put_int(&q, log->epoch);
	query_put_int(&q, log->side);
	put_state(&q, log);
	if (query_run(&q, NULL, err) == -1)
		return -1;
	log->id = sqlite3_last_insert_rowid(store->db);
	return 0;
}

int
store_log_update(struct store *store, const struct log_row *log,
    struct error *err)
{
	struct query q;
	int changed;

	query_start(&q, store, QUERY_LOG_UPDATE);
	put_state(&q, log);
	query_put_int(&q, log->id);
	if (query_run(&q, &changed, err) == -1)
		return -1;
	if (changed != 1)
		return error_set(err, E_INTERNAL, "no log %lld",
		    (long long)log->id);
	return 0;
}

int
store_log_void(struct store *store, int64_t log, struct error *err)
{
	static const enum query_id drop[] = { QUERY_VOID_RECORD,
		QUERY_VOID_QUOTE, QUERY_VOID_NAME };

	for (size_t i = 0; i < COUNT_OF(drop); i++) {
		struct query q;

		query_start(&q, store, drop[i]);
		query_put_int(&q, log);
		if (query_run(&q, NULL, err) == -1)
			return -1;
	}
	return 0;
}

static int
one(struct query *q, struct log_row **out, struct arena *arena,
    struct error *err)
{
	void *row;

	if (query_one(q, load_log, sizeof(**out), &row, arena, err) == -1)
		return -1;
	*out = row;
	return 0;
}

int
store_log_find(struct store *store, struct span origin, struct log_row **out,
    struct arena *arena, struct error *err)
{
	struct query q;

	query_start(&q, store, QUERY_LOG_FIND);
	query_put_text(&q, origin);
	return one(&q, out, arena, err);
}

int
store_log_find_key(struct store *store, const struct hash *key,
    struct log_row **out, struct arena *arena, struct error *err)
{
	struct query q;

	query_start(&q, store, QUERY_LOG_FIND_KEY);
	query_put_hash(&q, key);
	return one(&q, out, arena, err);
}

int
store_log_of(struct store *store, struct span peer, bool is_own,
    struct log_row **out, struct arena *arena, struct error *err)
{
	struct query q;

	query_start(&q, store, QUERY_LOG_OF);
	query_put_text(&q, peer);
	query_put_int(&q, is_own);
	return one(&q, out, arena, err);
}

static int
find_logs(struct query *q, struct log_row **out, size_t *n, struct arena *arena,
    struct error *err)
{
	void *rows;

	if (query_all(q, load_log, sizeof(**out), &rows, n, arena, err) == -1)
		return -1;
	*out = rows;
	return 0;
}

int
store_log_peer(struct store *store, struct span peer, struct log_row **out,
    size_t *n, struct arena *arena, struct error *err)
{
	struct query q;

	query_start(&q, store, QUERY_LOG_PEER);
	query_put_text(&q, peer);
	return find_logs(&q, out, n, arena, err);
}

int
store_log_unsettled(struct store *store, struct log_row **out, size_t *n,
    struct arena *arena, struct error *err)
{
	struct query q;

	query_start(&q, store, QUERY_LOG_UNSETTLED);
	return find_logs(&q, out, n, arena, err);
}

int
store_log_all(struct store *store, struct log_row **out, size_t *n,
    struct arena *arena, struct error *err)
{
	struct query q;

	query_start(&q, store, QUERY_LOG_ALL);
	return find_logs(&q, out, n, arena, err);
}
