#pragma once

/*
 * docket: what a party does with its dockets, as pure steps over the store.
 *
 * A docket is two logs, ours and the mirror of the peer's.  No step here
 * reads a clock, a socket or a key: now is a parameter, keys are behind
 * struct signer, and the network is requests served (serve.h) and jobs to be
 * done (deliver.h).  The simulation runs exactly this.
 *
 * Transactions: functions whose comment says "Within" need store_begin()
 * before; docket_settle() needs that none is open.  One turn of a node is
 *
 *     store_begin; any number of steps; store_commit; docket_settle; answer
 *
 * so that nothing is shown before it is durable and signed.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/span.h"

struct arena;
struct blob_dir;
struct card;
struct error;
struct log_row;
struct random;
struct signer;
struct store;

/* An unquoted mirror line of the peer is quoted by us after this. */
#define DOCKET_RECEIPT_GRACE_S 60

/* Refusals lodged while nothing valid comes from that peer. */
#define DOCKET_REFUSALS_MAX 1000

/* Bytes a peer may leave here that no valid record names; and for how long. */
#define DOCKET_UNNAMED_MAX ((uint64_t)4 << 30)
#define DOCKET_UNNAMED_S (7 * 86400)

/* Largest document taken; a node's own limit. */
#define DOCKET_DOCUMENT_MAX ((uint64_t)64 << 30)

struct docket;

/* What a docket stands on; all borrowed until docket_close(). */
struct docket_parts {
	struct store *store;
	const struct blob_dir *blobs;
	const struct signer *signer;
	const struct random *random;
	/*
	 * The store, and perhaps the keeper's journal, came from a backup:
	 * nothing of ours is signed for a peer until that peer was asked what
	 * it holds (delivery_state.is_checked).
	 */
	bool is_restored;
};

/*
 * Open over a store that holds a party row of our own (docket_create()).
 *
 * Owns: the caller, until docket_close(); NULL is harmless there.
 * Fails: E_STORE_CORRUPT, E_CARD, as the store does.
 */
NODISCARD int docket_open(struct docket **out, const struct docket_parts *parts,
    struct error *err);
void docket_close(struct docket *docket);

/*
 * Put our own card, the file of formats/card.h, in a new store.  Within.
 *
 * Fails: E_CARD, E_PEER_KNOWN if it is there.
 */
NODISCARD int docket_create(struct store *store, struct span card_file,
    struct instant now, struct error *err);

/* Our own card, the newest.  Owns: ${docket}. */
const struct card *docket_self(const struct docket *docket);

/* Our card that the docket with ${peer} quotes; NULL if it is no peer. */
const struct card *docket_own_card(const struct docket *docket,
    struct span peer);

/*
 * Have another card of our own for dockets to come; those that are there
 * keep the one that they quote.  Within.  After a rollback the docket is to
 * be opened anew.
 *
 * Fails: E_CARD.
 */
NODISCARD int docket_renew_card(struct docket *docket, struct span card_file,
    struct error *err);

/* The card of ${peer}; NULL if it is no peer.  Owns: ${docket}. */
const struct card *docket_peer(const struct docket *docket, struct span peer);

/* Peers in the order of their names.  Returns how many there are. */
size_t docket_peers(const struct docket *docket, const struct card **out,
    size_t max);

/*
 * TLS keys by their SPKI pins (pins.c).  A peer's are those of its card and
 * of the credentials in its log; a pin that two peers name is nobody's but
 * the one's whose card has it.
 */
#define DOCKET_PINS_MAX 2
NODISCARD int docket_pins(struct docket *docket, struct span peer,
    struct hash out[DOCKET_PINS_MAX], unsigned *n, struct error *err);

/* The peer of that pin; NULL if there is none. */
NODISCARD int docket_peer_of_pin(struct docket *docket, const struct hash *pin,
    const struct card **out, struct error *err);

/* Ours: the newest that the peer knows of, to call it with. */
NODISCARD int docket_pin_for(struct docket *docket, struct span peer,
    struct hash *out, struct error *err);

/*
 * Ours, to answer calls with: the newest once every peer's mirror line covers
 * the credential that names it, or if our card has no other.
 */
NODISCARD int docket_pin_shown(struct docket *docket, struct hash *out,
    struct error *err);

/* Does our log to ${peer}, or our card in it, name that pin? */
NODISCARD int docket_names_pin(struct docket *docket, struct span peer,
    const struct hash *pin, bool *out, struct error *err);

/* The keys of ${peer} in force, to be shown. */
struct docket_shown {
	struct hash seal;     /* SHA-256 of the certificate */
	struct span *mirrors; /* verifier keys, the oldest first */
	size_t mirrors_n;
	struct hash pins[DOCKET_PINS_MAX];
	unsigned pins_n;
};

/* Owns: what ${out} points to is in ${arena}. */
NODISCARD int docket_keys_shown(struct docket *docket, struct span peer,
    struct docket_shown *out, struct arena *arena, struct error *err);

/* Has any of these changed since this was last asked? */
bool docket_pins_changed(struct docket *docket);

/* After store_rollback(): forget what was learned in the transaction. */
void docket_rolled_back(struct docket *docket);

/*
 * After commits: sign our new heads, cosign what is complete of the peers',
 * lodge the receipts and refusals that are owed, and sign those.  No
 * transaction is open.  Doing it twice is harmless; what a crash cut off is
 * done by the next call.
 *
 * Fails: as the signer and the store do; what was durable stays so.
 */
NODISCARD int docket_settle(struct docket *docket, struct instant now,
    struct error *err);

/*
 * One step of it: what was committed is signed; or, if all is, what is owed
 * for it is lodged.  After the first, answers may go.  *is_more says that it
 * has to be called again.
 */
NODISCARD int docket_settle_once(struct docket *docket, struct instant now,
    bool *is_more, struct error *err);

/*
 * Judge all entries again from their bytes, in causal order, and write the
 * projections anew.  Within; after store_clear_projections().
 */
NODISCARD int docket_rebuild(struct docket *docket, struct error *err);
