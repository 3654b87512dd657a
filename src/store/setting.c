#include "store/setting.h"
#include "base/error.h"
#include "store/db.h"

static void
load_value(struct query *q, void *row, struct arena *arena)
{
	*(struct span *)row = query_get_bytes(q, arena);
}

int
store_setting_get(struct store *store, const char *name, struct span *out,
    struct arena *arena, struct error *err)
{
	struct query q;
	void *row;

	query_start(&q, store, QUERY_SETTING_GET);
	query_put_text(&q, span_text(name));
	if (query_one(&q, load_value, sizeof(*out), &row, arena, err) == -1)
		return -1;
	*out = row == NULL ? span_of(NULL, 0) : *(struct span *)row;
	return 0;
}

int
store_setting_put(struct store *store, const char *name, struct span value,
    struct error *err)
{
	struct query q;

	query_start(&q, store, QUERY_SETTING_PUT);
	query_put_text(&q, span_text(name));
	query_put_bytes(&q, value);
	return query_run(&q, NULL, err);
}
