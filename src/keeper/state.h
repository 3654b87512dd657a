#pragma once

/*
 * state: what the keeper remembers, made of the journal's lines alone.  Not
 * for other modules.
 *
 * A change is a line: it is written down first and then applied, by the same
 * function that reads it at the next start.
 *
 *   keeper PARTY COUNTRY real|exercise     the first line
 *   key USE NUMBER TIME                    a key was made
 *   use PEER|* USE NUMBER PREVIOUS         it is in force; *: in our card
 *   named PEER USE NUMBER                  a credential to the peer names it
 *   card FINGERPRINT TIME                  our card was sealed
 *   pin PEER BASE64 FINGERPRINT            a peer's log key and card
 *   head ORIGIN SIZE BASE64 TIME           a head was signed
 *   began ORIGIN SIZE BASE64 TIME NUMBER   the first of a log of ours, by
 *                                          another log key than the first
 *   next ORIGIN BASE64                     a peer's log key after that log
 *   clock TIME                             it was then, whatever went before
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/span.h"
#include "keeper/journal.h"
#include "keeper/keeper.h"
#include "keeper/origin.h"
#include "ledger/note.h"

struct arena;
struct checkpoint;
struct ed25519_key;
struct error;
struct seal_key;

/* For whom a key is in force: bytes of a name and its NUL. */
#define STATE_NAME_MAX ((size_t)64)
#define STATE_OUR_CARD "*"

/* File names of keys, with the NUL. */
#define STATE_FILE_MAX ((size_t)48)

struct state_head {
	char origin[ORIGIN_SIZE_MAX + 1];
	uint64_t size;
	struct hash root;
	struct instant at;
	unsigned key; /* our log key's number; 0: the first, or a peer's log */
};

struct state_peer {
	char name[STATE_NAME_MAX];
	uint8_t log[32];
	struct hash card;
};

struct state_next {
	char origin[ORIGIN_SIZE_MAX + 1];
	uint8_t log[32]; /* signs the logs after it */
};

struct state_key {
	enum keeper_use use;
	unsigned number;
	struct instant made;
	struct seal_key *pair;     /* SEAL, ENCRYPTION */
	struct ed25519_key *signs; /* MIRROR, LOG */
	struct note_key vkey;      /* MIRROR; its name is mirror_name */
	uint8_t log[32];           /* LOG */
};

struct state_use {
	char name[STATE_NAME_MAX]; /* a peer's, or STATE_OUR_CARD */
	enum keeper_use use;
	unsigned number, previous;
	unsigned named; /* by a credential, not yet in force; or 0 */
};

struct state_grant {
	struct hash digest;
	struct instant at;
};

struct keeper {
	struct keeper_ops ops;
	char party[STATE_NAME_MAX], country[3];
	char mirror_name[STATE_NAME_MAX + 8]; /* PARTY/mirror */
	bool is_exercise, is_carded;
	struct hash card;
	struct instant carded;

	struct state_head *heads;
	struct state_peer *peers;
	struct state_use *uses;
	struct state_next *nexts;
	size_t heads_n, peers_n, uses_n, nexts_n;
	size_t heads_cap, peers_cap, uses_cap, nexts_cap;
	struct state_key keys[KEEPER_KEYS_MAX];
	size_t keys_n;
	struct state_grant grants[KEEPER_GRANTS_MAX]; /* not in the journal */
	size_t grants_n;

	bool has_last;
	struct instant last; /* the last signature, or what was confirmed */
	struct instant kept; /* what the journal knows of it */

	struct journal_chain chain;
	size_t journal_size; /* bytes */
	bool is_torn;        /* a rest at its end: write it anew */
};

/* Fails: E_KEEPER_JOURNAL. */
NODISCARD int state_load(struct keeper *keeper, struct error *err);

/*
 * Write the line ${fmt} down and apply it.
 *
 * Fails: E_KEEPER_JOURNAL for a line that makes no sense, then nothing has
 * happened; or as the ops do.
 */
NODISCARD int state_put(struct keeper *keeper, struct error *err,
    const char *fmt, ...) PRINTF(3, 4);

/* ${key}: the number of our log key, for a first head; or 0. */
NODISCARD int state_put_head(struct keeper *keeper,
    const struct checkpoint *head, unsigned key, struct instant at,
    struct error *err);
NODISCARD int state_put_next(struct keeper *keeper, struct span origin,
    const uint8_t log[32], struct error *err);
NODISCARD int state_put_pin(struct keeper *keeper, struct span peer,
    const uint8_t log[32], const struct hash *card, struct error *err);

/*
 * Apply one line; or see whether it could be.
 *
 * Fails: E_KEEPER_JOURNAL; nothing has changed.
 */
NODISCARD int state_try(struct keeper *keeper, const struct journal_line *line,
    struct error *err);
NODISCARD int state_apply(struct keeper *keeper,
    const struct journal_line *line, struct error *err);

/* Find in the state; NULL if there is none. */
struct state_head *state_head(const struct keeper *keeper, struct span origin);
struct state_peer *state_peer(const struct keeper *keeper, struct span name);
struct state_use *state_use(const struct keeper *keeper, struct span name,
    enum keeper_use use);
struct state_key *state_key(const struct keeper *keeper, enum keeper_use use,
    unsigned number);

/* keeper_follow.c: the public log key of ${peer} that signs ${origin}. */
const uint8_t *keeper_peer_key(const struct keeper *keeper,
    const struct state_peer *peer, struct span origin);

/* The number of the key of ${use} in force for ${name}. */
unsigned state_in_force(const struct keeper *keeper, struct span name,
    enum keeper_use use);

/* Put ${number} in force.  Fails: as state_put(). */
NODISCARD int state_bind(struct keeper *keeper, struct span name,
    enum keeper_use use, unsigned number, struct error *err);

/* "seal.key", "mirror-2.key": ${end} is "key" or "pem".  Returns ${out}. */
const char *state_key_file(char out[STATE_FILE_MAX], enum keeper_use use,
    unsigned number, const char *end);

/* Read the private half of ${key} from its files. */
NODISCARD int state_key_load(struct keeper *keeper, struct state_key *key,
    struct error *err);

/* Make the files of a key.  Fails: E_KEY, E_SEAL_CRYPTO, as the ops do. */
NODISCARD int state_key_make(const struct keeper_ops *ops,
    const struct keeper_holder *holder, enum keeper_use use, unsigned number,
    struct error *err);

/* The DER, vkey or 32 bytes of ${key}.  Owns: ${arena}, or the key. */
struct span state_key_public(const struct state_key *key, struct arena *arena);

/* The rule of the clock.  Fails: E_KEEPER_CLOCK. */
NODISCARD int state_check_clock(const struct keeper *keeper, struct instant now,
    struct error *err);

/* Something was signed at ${now}. */
void state_signed(struct keeper *keeper, struct instant now);

/*
 * Is there an authorisation of ${digest}?  It is used up by state_use_grant().
 *
 * Fails: E_KEEPER_AUTHORISATION.
 */
NODISCARD int state_check_grant(const struct keeper *keeper,
    const struct hash *digest, struct instant now, struct error *err);
void state_use_grant(struct keeper *keeper, const struct hash *digest);
