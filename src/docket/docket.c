#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/mem.h"
#include "docket/internal.h"
#include "docket/recover.h"
#include "formats/card.h"
#include "store/party.h"
#include "store/store.h"

int
docket_create(struct store *store, struct span card_file, struct instant now,
    struct error *err)
{
	struct party_row row = { .is_self = true, .added_at = now };
	struct arena *arena = arena_new();
	struct party_row *there;
	struct card *card;
	int rc = -1;

	if (card_open(&card, card_file, arena, err) == -1 ||
	    store_party_self(store, &there, arena, err) == -1)
		goto out;
	if (there != NULL) {
		error_set(err, E_PEER_KNOWN, "this home has a card");
		goto out;
	}
	row.name = card->party;
	row.card = card_file;
	row.certificate = card->seal;
	row.fingerprint = row.own = card->fingerprint;
	if (store_party_add(store, &row, err) == -1)
		goto out;
	rc = store_card_add(store, &card->fingerprint, card_file, err);
out:
	arena_free(arena);
	return rc;
}

/* Our card that a docket quotes, mostly the one in force. */
static int
load_own_card(struct docket *docket, const struct hash *fingerprint,
    const struct card **out, struct error *err)
{
	struct arena *arena = arena_new();
	struct card *card;
	struct span file;
	int rc = -1;

	*out = docket->self;
	if (hash_is_equal(fingerprint, &docket->self->fingerprint)) {
		rc = 0;
		goto out;
	}
	if (store_card_get(docket->parts.store, fingerprint, &file, arena,
		err) == -1 ||
	    card_open(&card, file, arena, err) == -1)
		goto out;
	*out = card_copy(card, docket->arena);
	rc = 0;
out:
	arena_free(arena);
	return rc;
}

/* What reading a card leaves behind is more than the card. */
static int
load_peer(struct docket *docket, const struct party_row *row, struct error *err)
{
	struct docket_peer *peer = arena_alloc(docket->arena, sizeof(*peer));
	struct arena *arena = arena_new();
	struct card *card;
	int rc = -1;

	if (card_open(&card, row->card, arena, err) == -1 ||
	    load_own_card(docket, &row->own, &peer->own, err) == -1)
		goto out;
	peer->card = card_copy(card, docket->arena);
	peer->next = docket->peers;
	docket->peers = peer;
	rc = 0;
out:
	arena_free(arena);
	return rc;
}

static int
load_peers(struct docket *docket, struct error *err)
{
	struct arena *arena = arena_new();
	struct party_row *rows;
	size_t n;
	int rc = -1;

	if (store_party_peers(docket->parts.store, &rows, &n, arena, err) == -1)
		goto out;
	/* Backwards, so that the list is in the order of the names. */
	while (n-- > 0)
		if (load_peer(docket, &rows[n], err) == -1)
			goto out;
	docket_index_peers(docket);
	rc = 0;
out:
	arena_free(arena);
	return rc;
}

int
docket_open(struct docket **out, const struct docket_parts *parts,
    struct error *err)
{
	struct docket *docket = mem_new(sizeof(*docket));
	struct party_row *self;
	struct card *card;

	docket->parts = *parts;
	docket->arena = arena_new();
	if (store_party_self(parts->store, &self, docket->arena, err) == -1)
		goto fail;
	if (self == NULL) {
		error_set(err, E_STORE_CORRUPT, "no card of our own");
		goto fail;
	}
	if (card_open(&card, self->card, docket->arena, err) == -1)
		goto fail;
	docket->self = card;
	docket->mirror_name =
	    span_text(arena_printf(docket->arena, "%.*s/mirror",
		(int)card->party.len, (const char *)card->party.ptr));
	if (load_peers(docket, err) == -1)
		goto fail;
	*out = docket;
	return 0;
fail:
	docket_close(docket);
	return -1;
}

int
docket_renew_card(struct docket *docket, struct span card_file,
    struct error *err)
{
	struct span kept = arena_copy(docket->arena, card_file);
	struct party_row row = { .is_self = true, .card = kept };
	struct card *card;

	if (card_open(&card, kept, docket->arena, err) == -1)
		return -1;
	if (!span_is_equal(card->party, docket->self->party) ||
	    card->is_exercise != docket->self->is_exercise)
		return error_set(err, E_CARD, "it is not ours");
	row.certificate = card->seal;
	row.fingerprint = row.own = card->fingerprint;
	if (store_party_renew(docket->parts.store, &row, err) == -1 ||
	    store_card_add(docket->parts.store, &card->fingerprint, kept,
		err) == -1)
		return -1;
	docket->self = card;
	pins_forget(docket);
	return 0;
}

const struct card *
docket_own_card(const struct docket *docket, struct span peer)
{
	const struct docket_peer *p = docket_peer_state(docket, peer);

	return p == NULL ? NULL : p->own;
}

void
docket_close(struct docket *docket)
{
	if (docket == NULL)
		return;
	for (struct docket_peer *p = docket->peers; p != NULL; p = p->next)
		recovery_end(p);
	keys_forget(docket);
	arena_free(docket->arena);
	free(docket->by_name);
	free(docket);
}

struct span
docket_mirror_name(const struct docket *docket)
{
	return docket->mirror_name;
}

void
docket_rolled_back(struct docket *docket)
{
	keys_forget(docket);
	docket_roots_forget(docket);
	for (struct docket_peer *p = docket->peers; p != NULL; p = p->next)
		recover_rolled_back(p);
}

const struct card *
docket_self(const struct docket *docket)
{
	return docket->self;
}

void
docket_index_peers(struct docket *docket)
{
	size_t n = 0;

	for (struct docket_peer *p = docket->peers; p != NULL; p = p->next)
		n++;
	docket->by_name =
	    mem_resize(docket->by_name, n + 1, sizeof(struct docket_peer *));
	docket->peers_n = n;
	n = 0;
	for (struct docket_peer *p = docket->peers; p != NULL; p = p->next)
		docket->by_name[n++] = p;
}

static int
compare_name(const void *key, const void *member)
{
	struct span name = *(const struct span *)key;
	struct span party = (*(struct docket_peer *const *)member)->card->party;
	size_t n = name.len < party.len ? name.len : party.len;
	int order = n > 0 ? memcmp(name.ptr, party.ptr, n) : 0;

	if (order != 0 || name.len == party.len)
		return order;
	return name.len < party.len ? -1 : 1;
}

struct docket_peer *
docket_peer_state(const struct docket *docket, struct span name)
{
	struct docket_peer **found = docket->peers_n == 0 ?
	    NULL :
	    bsearch(&name, docket->by_name, docket->peers_n,
		sizeof(struct docket_peer *), compare_name);

	return found == NULL ? NULL : *found;
}

/* Something of ours may have been signed that is not held here. */
static bool
is_in_doubt(const struct docket *docket, const struct docket_peer *peer)
{
	return docket->parts.is_restored || peer->recovery != NULL ||
	    peer->is_contradicted || peer->is_short;
}

bool
docket_is_held_back(const struct docket *docket, const struct docket_peer *peer)
{
	return !peer->is_checked &&
	    (!peer->is_given_up || is_in_doubt(docket, peer));
}

bool
docket_is_unasked(const struct docket *docket, const struct docket_peer *peer)
{
	return !peer->is_checked && !peer->is_given_up &&
	    !is_in_doubt(docket, peer);
}

const struct card *
docket_peer(const struct docket *docket, struct span peer)
{
	const struct docket_peer *p = docket_peer_state(docket, peer);

	return p == NULL ? NULL : p->card;
}

size_t
docket_peers(const struct docket *docket, const struct card **out, size_t max)
{
	size_t n = 0;

	for (struct docket_peer *p = docket->peers; p != NULL; p = p->next) {
		if (n < max)
			out[n] = p->card;
		n++;
	}
	return n;
}

int
docket_other_log(struct docket *docket, const struct log_row *log,
    struct log_row **out, struct arena *arena, struct error *err)
{
	if (store_log_of(docket->parts.store, log->peer, !log->is_own, out,
		arena, err) == -1)
		return -1;
	if (*out == NULL)
		return error_set(err, E_STORE_CORRUPT, "half a docket");
	return 0;
}
