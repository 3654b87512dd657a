#pragma once

/*
 * keeper: the party's private keys, and what must never be signed with them
 * (protocol section 7).
 *
 * It remembers the last head signed for every origin and signs only what
 * extends it; it seals by itself only the automatic kinds, anything else once
 * for each authorisation by an operator.  Whoever asks is not believed.
 *
 * Pure: where it remembers and what time it is are passed in.  A change is
 * durable before the signature that it allows leaves.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/span.h"
#include "keeper/ops.h"

struct arena;
struct checkpoint;
struct error;
struct keeper;
struct proof;
struct signer_named;

#define KEEPER_HEADS_MAX ((size_t)4096)
#define KEEPER_PEERS_MAX ((size_t)1024)
#define KEEPER_KEYS_MAX ((size_t)48)   /* of all uses, retired ones too */
#define KEEPER_GRANTS_MAX ((size_t)64) /* authorisations not yet used */

/* In seconds: an authorisation's life; a record's `at` from now; the clock
 * behind and ahead of the last signature. */
#define KEEPER_GRANT_S 600
#define KEEPER_AT_S 60
#define KEEPER_BEHIND_S 60
#define KEEPER_AHEAD_S 86400

enum keeper_use { KEEPER_SEAL, KEEPER_MIRROR, KEEPER_ENCRYPTION, KEEPER_LOG };
#define KEEPER_USE_COUNT 4

const char *keeper_use_name(enum keeper_use use);

/* For whom keys are made. */
struct keeper_holder {
	const char *party, *country;
	bool is_exercise; /* may be far behind the clock */
	struct instant not_before, not_after;
	/* The first seal key, PEM, and its DER certificate, if an authority
	 * issued one; empty: a key of our own and self-signed. */
	struct span seal_key, seal_certificate;
};

/* The public half of one key. */
struct keeper_key_public {
	enum keeper_use use;
	unsigned number; /* from 1, by use */
	struct instant made;
	bool is_current;   /* as in the newest card */
	struct span bytes; /* DER certificate; KEEPER_MIRROR: the vkey;
			    * KEEPER_LOG: the 32 bytes */
};

struct keeper_public {
	struct span party, country;
	bool is_exercise;
	uint8_t log[32]; /* of the newest card */
	size_t n;
	struct keeper_key_public keys[KEEPER_KEYS_MAX]; /* by number */
};

/*
 * Make all keys and the journal.  For keeper_open() to succeed later.
 *
 * Fails: E_KEEPER_EXISTS if anything is there; E_CARD for a wrong name;
 * E_KEY, E_SEAL_CRYPTO, or as ${ops} does.
 */
NODISCARD int keeper_create(const struct keeper_ops *ops,
    const struct keeper_holder *holder, struct error *err);

/*
 * Owns: the caller, until keeper_free(); NULL is harmless there.
 * Fails: E_KEEPER_JOURNAL if the journal is missing, damaged or another
 * party's; E_KEY, E_CERTIFICATE, E_SEAL_CRYPTO, or as ${ops} does.
 */
NODISCARD int keeper_open(struct keeper **out, const struct keeper_ops *ops,
    const char *party, struct error *err);
void keeper_free(struct keeper *keeper);

/* Owns: ${out} is in ${arena}. */
void keeper_public(const struct keeper *keeper, struct keeper_public *out,
    struct arena *arena);

/* The current key of ${use}, or the one made last. */
const struct keeper_key_public *keeper_key_current(const struct keeper_public
						       *keys,
    enum keeper_use use);
const struct keeper_key_public *keeper_key_newest(const struct keeper_public
						      *keys,
    enum keeper_use use);

/*
 * An operator's word, to be taken from the desk alone: the content with this
 * digest may be sealed, once, within KEEPER_GRANT_S.
 *
 * Fails: E_BUSY above KEEPER_GRANTS_MAX.
 */
NODISCARD int keeper_authorise(struct keeper *keeper, const struct hash *digest,
    struct instant now, struct error *err);

/*
 * An operator's word: these are the log key and the card of ${peer}.  Another
 * key later needs an authorisation of the new card's fingerprint.
 *
 * Fails: E_CARD, E_KEEPER_ORIGIN for ourselves, E_KEEPER_AUTHORISATION,
 * E_BUSY above KEEPER_PEERS_MAX, or as the ops do.
 */
NODISCARD int keeper_pin_peer(struct keeper *keeper, struct span peer,
    const uint8_t log[32], const struct hash *card, struct instant now,
    struct error *err);

/* An operator's word: it is ${now}, whatever was signed before. */
NODISCARD int keeper_confirm_clock(struct keeper *keeper, struct instant now,
    struct error *err);

/*
 * Watch the clock in between, every minute or so: a quiet day is then no leap.
 *
 * Fails: E_KEEPER_CLOCK, or as the ops do.
 */
NODISCARD int keeper_tick(struct keeper *keeper, struct instant now,
    struct error *err);

/*
 * Like the functions of struct signer, at ${now}.  A `credential` that names
 * a new seal key of ours is sealed with the old one, and from then on the new
 * one is used with that peer, unless ${certificate} asks for another: the
 * credential may have got lost before it was stored.  A new mirror key is used
 * with a peer from the first keeper_cosign() on that asks for it, and none
 * older after that.  A new log key is named by a credential and signs from the
 * first head of a later log of ours on: which key that is stays so, and no
 * later log goes back to an older one.  `certificate` is the base64 of the
 * DER, `key` the vkey, of a log key the base64 of its 32 bytes.
 * The `opening` of a first epoch begins with the keys of our newest card; that
 * of a later one goes on with those in force.  Once a head of an epoch is
 * signed, none of an earlier one of the same writer is.
 *
 * Fails further: E_KEY if a credential names a key that is not here, or if a
 * mirror or log key is asked for that is not here, was replaced or, for a log,
 * was not named.
 */
NODISCARD int keeper_seal(struct keeper *keeper, struct span content,
    const struct hash *certificate, struct instant now, struct span *out,
    struct arena *arena, struct error *err);
NODISCARD int keeper_last(const struct keeper *keeper, struct span origin,
    uint64_t *size, struct hash *root, struct error *err);
NODISCARD int keeper_head(struct keeper *keeper, const struct checkpoint *head,
    const struct proof *proof, const uint8_t *key, struct instant now,
    struct span *out, struct arena *arena, struct error *err);
NODISCARD int keeper_cosign(struct keeper *keeper, struct span note,
    const struct proof *proof, const uint8_t *mirror, struct instant now,
    struct span *line, struct arena *arena, struct error *err);

/*
 * Take it from a peer's log that we cosigned which key signs its next one;
 * nothing of a later one may be cosigned yet.
 */
NODISCARD int keeper_follow(struct keeper *keeper,
    const struct signer_named *named, struct error *err);

/*
 * Seal the content of our card: the first by itself, others if authorised.
 * The keys in it are ours, and are the current ones from then on.
 *
 * Fails: E_CARD, E_KEY, E_KEEPER_AUTHORISATION, _CLOCK, E_SEAL_*.
 */
NODISCARD int keeper_seal_card(struct keeper *keeper, struct span content,
    struct instant now, struct span *out, struct arena *arena,
    struct error *err);

/*
 * Make a key of ${use} to be named in a credential; or find the one that was
 * made before, if it is not yet in use anywhere and as good.
 *
 * Fails: E_BUSY above KEEPER_KEYS_MAX, E_KEY, or as the ops do.
 */
NODISCARD int keeper_renew(struct keeper *keeper, enum keeper_use use,
    struct instant now, struct instant not_after, unsigned *number,
    struct error *err);
