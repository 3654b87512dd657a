#pragma once

/*
 * party: this party and its peers, with the cards they were added by.
 */

#include <stdbool.h>

#include "base/attr.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/span.h"

struct arena;
struct error;
struct store;

struct party_row {
	struct span name;
	bool is_self;
	struct span card;        /* DER CMS */
	struct span certificate; /* DER, the one that sealed the card */
	struct hash fingerprint; /* SHA-256 of the card */
	struct instant added_at;
	struct hash own; /* our card that the docket with it quotes */
};

NODISCARD int store_party_add(struct store *store,
    const struct party_row *party, struct error *err);

/* Another card of our own: the row of ${party} in place of what it was. */
NODISCARD int store_party_renew(struct store *store,
    const struct party_row *party, struct error *err);

/* Every card of our own, by its fingerprint: openings quote them. */
NODISCARD int store_card_add(struct store *store,
    const struct hash *fingerprint, struct span card, struct error *err);

/* Fails: E_STORE_CORRUPT if there is none.  Owns: *out is in ${arena}. */
NODISCARD int store_card_get(struct store *store,
    const struct hash *fingerprint, struct span *out, struct arena *arena,
    struct error *err);

/* Owns: *out is in ${arena}; NULL if there is none. */
NODISCARD int store_party_find(struct store *store, struct span name,
    struct party_row **out, struct arena *arena, struct error *err);
NODISCARD int store_party_self(struct store *store, struct party_row **out,
    struct arena *arena, struct error *err);

/* All peers by name; *n of them, an array in ${arena}. */
NODISCARD int store_party_peers(struct store *store, struct party_row **out,
    size_t *n, struct arena *arena, struct error *err);
