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
	party->own = query_get_hash(q);
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
	query_put_hash(&q, &party->own);
	return query_run(&q, NULL, err);
}

int
store_party_renew(struct store *store, const struct party_row *party,
    struct error *err)
{
	struct query q;

	query_start(&q, store, QUERY_PARTY_RENEW);
	query_put_bytes(&q, party->card);
	query_put_bytes(&q, party->certificate);
	query_put_hash(&q, &party->fingerprint);
	query_put_hash(&q, &party->own);
	return query_run(&q, NULL, err);
}

int
store_card_add(struct store *store, const struct hash *fingerprint,
    struct span card, struct error *err)
{
	struct query q;

	query_start(&q, store, QUERY_CARD_ADD);
	query_put_hash(&q, fingerprint);
	query_put_bytes(&q, card);
	return query_run(&q, NULL, err);
}

static void
load_card(struct query *q, void *row, struct arena *arena)
{
	struct span *card = row;

	*card = query_get_bytes(q, arena);
}

int
store_card_get(struct store *store, const struct hash *fingerprint,
    struct span *out, struct arena *arena, struct error *err)
{
	char hex[HASH_TEXT_MAX];
	struct query q;
	void *row;

	query_start(&q, store, QUERY_CARD_FIND);
	query_put_hash(&q, fingerprint);
	if (query_one(&q, load_card, sizeof(*out), &row, arena, err) == -1)
		return -1;
	if (row == NULL)
		return error_set(err, E_STORE_CORRUPT, "no card %s of ours",
		    hash_write(fingerprint, hex));
	*out = *(struct span *)row;
	return 0;
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
