#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "docket/internal.h"
#include "formats/card.h"
#include "seal/certificate.h"
#include "seal/digest.h"
#include "store/store.h"

void
pins_forget(struct docket *docket)
{
	for (struct docket_peer *p = docket->peers; p != NULL; p = p->next)
		p->has_pins = false;
	docket->has_new_pins = true;
}

/* All of ours are in our card, the newest last. */
struct hash
pins_newest(const struct docket *docket)
{
	return docket->self->tls[docket->self->tls_n - 1];
}

/* The log that ${peer} writes, or ours to it, and its keys. */
static int
find_keys(struct docket *docket, struct span peer, bool is_own,
    struct log_row **log, struct docket_keys **keys, struct arena *arena,
    struct error *err)
{
	if (store_log_of(docket->parts.store, peer, is_own, log, arena, err) ==
	    -1)
		return -1;
	if (*log == NULL)
		return error_set(err, E_STORE_CORRUPT, "half a docket");
	return keys_of_log(docket, *log, keys, err);
}

static bool
is_in_card(const struct card *card, const struct hash *pin)
{
	for (unsigned i = 0; i < card->tls_n; i++)
		if (hash_is_equal(&card->tls[i], pin))
			return true;
	return false;
}

/* The pins of one peer, whoever else may name them. */
static int
named_pins(struct docket *docket, const struct docket_peer *peer,
    struct hash out[DOCKET_PINS_MAX], unsigned *n, struct error *err)
{
	struct arena *arena = arena_new();
	struct docket_keys *keys;
	struct log_row *log;
	int rc = -1;

	*n = 0;
	if (find_keys(docket, peer->card->party, false, &log, &keys, arena,
		err) == -1)
		goto out;
	for (size_t i = 0; i < keys->pins_n && *n < DOCKET_PINS_MAX; i++)
		if (keys->pins[i].until == UINT64_MAX)
			out[(*n)++] = keys->pins[i].pin;
	rc = 0;
out:
	arena_free(arena);
	return rc;
}

/* Does somebody beside ${peer} say that it is theirs? */
static int
is_disputed(struct docket *docket, const struct docket_peer *peer,
    const struct hash *pin, bool *out, struct error *err)
{
	*out = is_in_card(docket->self, pin);
	for (struct docket_peer *p = docket->peers; p != NULL && !*out;
	     p = p->next) {
		struct hash pins[DOCKET_PINS_MAX];
		unsigned n;

		if (p == peer)
			continue;
		if (named_pins(docket, p, pins, &n, err) == -1)
			return -1;
		*out = is_in_card(p->card, pin);
		for (unsigned i = 0; i < n; i++)
			*out = *out || hash_is_equal(&pins[i], pin);
	}
	return 0;
}

static int
find_pins(struct docket *docket, struct docket_peer *peer, struct error *err)
{
	struct hash pins[DOCKET_PINS_MAX];
	unsigned n;

	if (peer->has_pins)
		return 0;
	if (named_pins(docket, peer, pins, &n, err) == -1)
		return -1;
	peer->pins_n = 0;
	for (unsigned i = 0; i < n; i++) {
		bool is_bad = false;

		/* "peer add" saw to those of the card. */
		if (!is_in_card(peer->card, &pins[i]) &&
		    is_disputed(docket, peer, &pins[i], &is_bad, err) == -1)
			return -1;
		if (!is_bad)
			peer->pins[peer->pins_n++] = pins[i];
	}
	peer->has_pins = true;
	return 0;
}

int
docket_pins(struct docket *docket, struct span peer,
    struct hash out[DOCKET_PINS_MAX], unsigned *n, struct error *err)
{
	struct docket_peer *state = docket_peer_state(docket, peer);

	if (state == NULL)
		return error_set(err, E_PEER_UNKNOWN, "no such peer");
	if (find_pins(docket, state, err) == -1)
		return -1;
	for (unsigned i = 0; i < state->pins_n; i++)
		out[i] = state->pins[i];
	*n = state->pins_n;
	return 0;
}

int
docket_peer_of_pin(struct docket *docket, const struct hash *pin,
    const struct card **out, struct error *err)
{
	*out = NULL;
	for (struct docket_peer *p = docket->peers; p != NULL; p = p->next) {
		struct hash pins[DOCKET_PINS_MAX];
		unsigned n;

		if (docket_pins(docket, p->card->party, pins, &n, err) == -1)
			return -1;
		for (unsigned i = 0; i < n; i++)
			if (hash_is_equal(&pins[i], pin))
				*out = p->card;
	}
	return 0;
}

int
docket_pin_for(struct docket *docket, struct span peer, struct hash *out,
    struct error *err)
{
	struct arena *arena = arena_new();
	struct docket_keys *keys;
	struct log_row *own;
	int rc = -1;

	if (find_keys(docket, peer, true, &own, &keys, arena, err) == -1)
		goto out;
	*out = keys->pins[0].pin;
	for (size_t i = 1; i < keys->pins_n; i++)
		if (keys->pins[i].from <= own->mirrored)
			*out = keys->pins[i].pin;
	rc = 0;
out:
	arena_free(arena);
	return rc;
}

int
docket_names_pin(struct docket *docket, struct span peer,
    const struct hash *pin, bool *out, struct error *err)
{
	struct arena *arena = arena_new();
	struct docket_keys *keys;
	struct log_row *own;
	int rc = -1;

	*out = false;
	if (find_keys(docket, peer, true, &own, &keys, arena, err) == -1)
		goto out;
	for (size_t i = 0; i < keys->pins_n; i++)
		*out = *out || hash_is_equal(&keys->pins[i].pin, pin);
	rc = 0;
out:
	arena_free(arena);
	return rc;
}

int
docket_pin_shown(struct docket *docket, struct hash *out, struct error *err)
{
	struct hash newest = pins_newest(docket);

	*out = newest;
	if (docket->self->tls_n == 1)
		return 0;
	for (struct docket_peer *p = docket->peers; p != NULL; p = p->next) {
		struct hash known;

		if (docket_pin_for(docket, p->card->party, &known, err) == -1)
			return -1;
		if (!hash_is_equal(&known, &newest))
			*out = docket->self->tls[0];
	}
	return 0;
}

static struct span
vkey_of(const struct note_key *key, struct arena *arena)
{
	struct span vkey;
	struct buf buf;

	buf_init(&buf, NOTE_VKEY_MAX);
	note_key_write(&buf, key);
	vkey = arena_copy(arena, buf_span(&buf));
	buf_clear(&buf);
	return vkey;
}

int
docket_keys_shown(struct docket *docket, struct span peer,
    struct docket_shown *out, struct arena *arena, struct error *err)
{
	struct docket_keys *keys;
	struct note_key *mirrors;
	struct log_row *log;

	if (find_keys(docket, peer, false, &log, &keys, arena, err) == -1)
		return -1;
	out->seal = digest_of(certificate_der(keys_seal_at(keys, UINT64_MAX)));
	out->mirrors_n = keys_mirrors_at(keys, log->size, &mirrors, arena);
	out->mirrors =
	    arena_array(arena, out->mirrors_n, sizeof(*out->mirrors));
	for (size_t i = 0; i < out->mirrors_n; i++)
		out->mirrors[i] = vkey_of(&mirrors[i], arena);
	return docket_pins(docket, peer, out->pins, &out->pins_n, err);
}

bool
docket_pins_changed(struct docket *docket)
{
	bool has_changed = docket->has_new_pins;

	docket->has_new_pins = false;
	return has_changed;
}
