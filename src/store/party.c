#include "store/party.h"
#include "base/error.h"
#include "store/db.h"

static void
load_party(struct query *q, void *row, struct arena *arena)
{
	struct party_row *party = row;

	party->name = query_get_bytes(q, arena);
	party->is_self = query_get_bool(q);
	party->card = query_get_bytes(q, arena);
	party->certificate = query_get_bytes(q, arena);
	party->fingerprint = query_get_hash(q);
	party->added_at = query_get_instant(q);
}

int
store_party_add(struct store *store, const struct party_row *party,
    struct error *err)
{
	struct query q;

	query_start(&q, store, QUERY_PARTY_ADD);
	query_put_text(&q, party->name);
	query_put_int(&q, party->is_self);
	query_put_bytes(&q, party->card);
	query_put_bytes(&q, party->certificate);
	query_put_hash(&q, &party->fingerprint);
	query_put_instant(&q, party->added_at);
	return query_run(&q, NULL, err);
}

static int
one(struct query *q, struct party_row **out, struct arena *arena,
    struct error *err)
{
	void *row;

	if (query_one(q, load_party, sizeof(**out), &row, arena, err) == -1)
		return -1;
	*out = row;
	return 0;
}

int
store_party_find(struct store *store, struct span name, struct party_row **out,
    struct arena *arena, struct error *err)
{
	struct query q;

	query_start(&q, store, QUERY_PARTY_FIND);
	query_put_text(&q, name);
	return one(&q, out, arena, err);
}

int
store_party_self(struct store *store, struct party_row **out,
    struct arena *arena, struct error *err)
{
	struct query q;

	query_start(&q, store, QUERY_PARTY_SELF);
	return one(&q, out, arena, err);
}

int
store_party_peers(struct store *store, struct party_row **out, size_t *n,
    struct arena *arena, struct error *err)
{
	struct query q;
	void *rows;

	query_start(&q, store, QUERY_PARTY_PEERS);
	if (query_all(&q, load_party, sizeof(**out), &rows, n, arena, err) ==
	    -1)
		return -1;
	*out = rows;
	return 0;
}
