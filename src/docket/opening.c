#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "docket/epochs.h"
#include "docket/internal.h"
#include "docket/lodge.h"
#include "formats/card.h"
#include "formats/record_json.h"
#include "ledger/tree.h"
#include "seal/certificate.h"
#include "store/party.h"
#include "store/store.h"

/* Parties stand in the byte order of their names. */
static unsigned
side_of(struct span name, struct span other)
{
	size_t n = name.len < other.len ? name.len : other.len;
	int order = memcmp(name.ptr, other.ptr, n);

	if (order == 0)
		return name.len < other.len ? 0 : 1;
	return order < 0 ? 0 : 1;
}

static struct span
origin_of(struct span writer, struct span reader, unsigned epoch,
    struct arena *arena)
{
	return span_text(arena_printf(arena, "%.*s/docket/%.*s/%u",
	    (int)writer.len, (const char *)writer.ptr, (int)reader.len,
	    (const char *)reader.ptr, epoch));
}

static bool
has_shared_key(const struct card *a, const struct card *b)
{
	for (unsigned i = 0; i < a->tls_n; i++)
		for (unsigned k = 0; k < b->tls_n; k++)
			if (hash_is_equal(&a->tls[i], &b->tls[k]))
				return true;
	return span_is_equal(span_of(a->log, sizeof(a->log)),
		   span_of(b->log, sizeof(b->log))) ||
	    span_is_equal(span_of(a->mirror_key, sizeof(a->mirror_key)),
		span_of(b->mirror_key, sizeof(b->mirror_key))) ||
	    span_is_equal(a->seal, b->seal);
}

/* The keys that a card and all credentials of a log have named. */
static bool
has_key_of(const struct card *card, const struct docket_keys *keys)
{
	for (size_t i = 0; i < keys->pins_n; i++)
		for (unsigned k = 0; k < card->tls_n; k++)
			if (hash_is_equal(&keys->pins[i].pin, &card->tls[k]))
				return true;
	for (size_t i = 0; i < keys->mirrors_n; i++)
		if (memcmp(keys->mirrors[i].key.public_key, card->mirror_key,
			sizeof(card->mirror_key)) == 0)
			return true;
	for (size_t i = 0; i < keys->seals_n; i++)
		if (span_is_equal(certificate_der(keys->seals[i].certificate),
			card->seal))
			return true;
	return false;
}

/* A card that names another party's keys would take its connections. */
static int
check_keys(struct docket *docket, const struct card *card, struct arena *arena,
    struct error *err)
{
	bool is_shared = has_shared_key(card, docket->self);
	struct log_row *logs;
	size_t n;

	for (struct docket_peer *p = docket->peers; p != NULL; p = p->next)
		is_shared = is_shared || has_shared_key(card, p->card);
	if (store_log_all(docket->parts.store, &logs, &n, arena, err) == -1)
		return -1;
	for (size_t i = 0; i < n && !is_shared; i++) {
		struct docket_keys *keys;

		if (keys_of_log(docket, &logs[i], &keys, err) == -1)
			return -1;
		is_shared = has_key_of(card, keys);
	}
	if (is_shared)
		return error_set(err, E_CARD, "a key of another party's");
	return 0;
}

static int
open_peer_card(struct docket *docket, struct span file, struct card **card,
    struct arena *arena, struct error *err)
{
	if (card_open(card, file, arena, err) == -1)
		return -1;
	if (span_is_equal((*card)->party, docket->self->party))
		return error_set(err, E_DRAFT, "that card is our own");
	if ((*card)->is_exercise != docket->self->is_exercise)
		return error_set(err, E_DRAFT,
		    "one card is for exercises, the other is not");
	if (docket_peer(docket, (*card)->party) != NULL)
		return error_set(err, E_PEER_KNOWN, "%.*s",
		    (int)(*card)->party.len, (const char *)(*card)->party.ptr);
	return check_keys(docket, *card, arena, err);
}

void
opening_fill(struct record *record, const struct card *self,
    const struct card *peer, unsigned epoch, struct instant now,
    struct arena *arena)
{
	struct hash *hashes = arena_array(arena, 2, sizeof(*hashes));
	unsigned side = side_of(self->party, peer->party);

	hashes[side] = self->fingerprint;
	hashes[1 - side] = peer->fingerprint;
	*record = (struct record){ .kind = KIND_OPENING,
		.log = origin_of(self->party, peer->party, epoch, arena),
		.at = now,
		.by = WORD_ROLE_SYSTEM_ADMINISTRATOR,
		.is_exercise = self->is_exercise };
	record->facts[0] =
	    (struct fact){ .is_given = true, .n = 2, .hashes = hashes };
}

int
opening_write(struct span *content, const struct record *record,
    struct arena *arena, struct error *err)
{
	struct buf buf;
	int rc = -1;

	buf_init(&buf, RECORD_CONTENT_MAX);
	if (record_write(&buf, record, err) == -1)
		goto out;
	*content = arena_copy(arena, buf_span(&buf));
	rc = 0;
out:
	buf_clear(&buf);
	return rc;
}

int
docket_prepare_opening(struct docket *docket, struct span card_file,
    struct instant now, struct span *content, struct arena *arena,
    struct error *err)
{
	const struct card *self = docket->self;
	struct record record;
	struct card *peer;

	if (open_peer_card(docket, card_file, &peer, arena, err) == -1)
		return -1;
	opening_fill(&record, self, peer, 1, now, arena);
	record.anchor.log = origin_of(peer->party, self->party, 1, arena);
	record.anchor.root = tree_empty_root();
	return opening_write(content, &record, arena, err);
}

static int
add_logs(struct docket *docket, const struct card *peer, struct arena *arena,
    struct error *err)
{
	struct span self = docket->self->party;
	unsigned side = side_of(self, peer->party);
	struct log_row own = {
		.origin = origin_of(self, peer->party, 1, arena),
		.peer = peer->party,
		.is_own = true,
		.epoch = 1,
		.side = side,
	};
	struct log_row theirs = {
		.origin = origin_of(peer->party, self, 1, arena),
		.peer = peer->party,
		.epoch = 1,
		.side = 1 - side,
	};

	if (store_log_add(docket->parts.store, &own, err) == -1)
		return -1;
	return store_log_add(docket->parts.store, &theirs, err);
}

/* In the order of the names. */
static void
insert_peer(struct docket *docket, struct docket_peer *peer)
{
	struct docket_peer **at = &docket->peers;

	while (
	    *at != NULL && side_of((*at)->card->party, peer->card->party) == 0)
		at = &(*at)->next;
	peer->next = *at;
	*at = peer;
	pins_forget(docket);
	docket_index_peers(docket);
}

void
docket_forget_peer(struct docket *docket, struct docket_peer *peer)
{
	struct docket_peer **at = &docket->peers;

	while (*at != NULL && *at != peer)
		at = &(*at)->next;
	if (*at == peer)
		*at = peer->next;
	docket_index_peers(docket);
	keys_forget(docket);
	docket_roots_forget(docket);
}

static int
add_peer(struct docket *docket, struct span card_file, struct instant now,
    struct docket_peer **out, struct error *err)
{
	struct party_row row = { .card = card_file, .added_at = now };
	struct arena *arena = arena_new();
	struct docket_peer *peer;
	struct card *card;
	int rc = -1;

	if (open_peer_card(docket, card_file, &card, arena, err) == -1)
		goto out;
	row.name = card->party;
	row.certificate = card->seal;
	row.fingerprint = card->fingerprint;
	row.own = docket->self->fingerprint;
	if (store_party_add(docket->parts.store, &row, err) == -1 ||
	    add_logs(docket, card, arena, err) == -1)
		goto out;
	peer = arena_alloc(docket->arena, sizeof(*peer));
	peer->card = card_copy(card, docket->arena);
	peer->own = docket->self;
	insert_peer(docket, peer);
	*out = peer;
	rc = 0;
out:
	arena_free(arena);
	return rc;
}

int
docket_lodge_opening(struct docket *docket, struct span card_file,
    struct span content, struct instant now, struct error *err)
{
	struct docket_peer *peer;
	struct hash leaf;
	struct error why;

	if (add_peer(docket, card_file, now, &peer, err) == -1)
		return -1;
	if (docket_lodge(docket, content, now, &leaf, &why) == 0)
		return 0;
	docket_forget_peer(docket, peer);
	*err = why;
	return -1;
}
