#include "store/delivery.h"
#include "base/arena.h"
#include "base/error.h"
#include "store/db.h"

static void
load_delivery(struct query *q, void *row, struct arena *arena)
{
	struct delivery_row *delivery = row;

	delivery->peer = query_get_bytes(q, arena);
	delivery->last_ok = query_get_instant(q);
	delivery->next_try = query_get_instant(q);
	delivery->failures = query_get_unsigned(q);
	delivery->last_error = (int)query_get_unsigned(q);
	delivery->last_detail = query_get_bytes(q, arena);
	delivery->endpoint = query_get_unsigned(q);
}

int
store_delivery_get(struct store *store, struct span peer,
    struct delivery_row **out, struct arena *arena, struct error *err)
{
	struct query q;
	void *row;

	query_start(&q, store, QUERY_DELIVERY_GET);
	query_put_text(&q, peer);
	if (query_one(&q, load_delivery, sizeof(**out), &row, arena, err) == -1)
		return -1;
	if (row == NULL) {
		struct delivery_row *none = arena_alloc(arena, sizeof(*none));

		none->peer = arena_copy(arena, peer);
		row = none;
	}
	*out = row;
	return 0;
}

int
store_delivery_put(struct store *store, const struct delivery_row *row,
    struct error *err)
{
	struct query q;

	query_start(&q, store, QUERY_DELIVERY_PUT);
	query_put_text(&q, row->peer);
	query_put_instant(&q, row->last_ok);
	query_put_instant(&q, row->next_try);
	query_put_int(&q, row->failures);
	query_put_int(&q, row->last_error);
	query_put_text(&q, row->last_detail);
	query_put_int(&q, row->endpoint);
	return query_run(&q, NULL, err);
}
