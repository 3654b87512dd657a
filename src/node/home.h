#pragma once

/*
 * home: what stands where in a node's home, and how one is made.
 *
 * Each process is shut into the parts that are its own, so what belongs to
 * different processes stands in different folders:
 *
 *   data/demarche.db      the database        registrar
 *   documents/            their bytes         registrar
 *   keys/                 the private keys    keeper
 *   keeper/journal        what was signed     keeper
 *   tls/key.pem, tls/certificate.pem          gate, courier
 *   tls/key-2.pem, tls/certificate-2.pem ...  the same, renewed
 *   card.pem              our card            all
 *   node.socket           the local API       made by the supervisor
 *   lock                  one node a home     supervisor
 *   exercise              a home of an exercise
 *   data/restored         set by a restore: peers are asked for our own
 *                         largest head before anything is signed
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/instant.h"
#include "base/span.h"

struct arena;
struct error;
struct hash;
struct seal_holder;

struct node_home {
	const char *path;
	const char *data, *database, *backup;
	const char *documents;
	const char *keys, *journals, *journal;
	const char *tls, *tls_key, *tls_certificate;
	const char *card;
	const char *socket;
	const char *exercise, *restored;
};

/* All paths in the home ${path}.  Owns: the texts are in ${arena}. */
void node_home_of(struct node_home *out, const char *path, struct arena *arena);

/* Numbers of TLS keys, from 1. */
#define NODE_TLS_MAX 32U

/* The files of TLS key ${number}.  Owns: the texts are in ${arena}. */
const char *node_home_tls_key(const struct node_home *home, unsigned number,
    struct arena *arena);
const char *node_home_tls_certificate(const struct node_home *home,
    unsigned number, struct arena *arena);

/* The certificate, which is written after the key, is there. */
bool node_home_has_tls(const struct node_home *home, unsigned number,
    struct arena *arena);

/*
 * Make TLS key ${number} for the party, good from ${not_before} until
 * ${not_after}.
 *
 * Fails: E_KEY, E_SEAL_CRYPTO, E_IO.
 */
NODISCARD int node_home_make_tls(const struct node_home *home, unsigned number,
    const struct seal_holder *holder, struct hash *pin, struct error *err);

/*
 * Is there a whole home?
 *
 * Fails: E_USAGE if not.
 */
NODISCARD int node_home_check(const struct node_home *home, struct error *err);

bool node_home_is_exercise(const struct node_home *home);
bool node_home_is_restored(const struct node_home *home);

/* Names on a new home. */
struct node_init {
	const char *path;
	const char *party, *country;
	const char *const *endpoints; /* https://host:port */
	size_t endpoints_n;
	bool is_exercise;
	struct instant now;
	/* From and until when the certificates are good.  An exercise's cover
	 * its story; else a little before now, and NODE_INIT_YEARS. */
	struct instant not_before, not_after;
	/* DER: the seal certificate that an authority issued for the key that
	 * waits (home_request.h), then those above it; none: self-signed. */
	const struct span *certificates;
	size_t certificates_n;
};

#define NODE_INIT_YEARS 5

/*
 * Make a home: keys, card, database.  All or nothing: it is made beside its
 * place and put there in one step.
 *
 * Fails: E_USAGE if there is something at ${path}; E_CARD for names that
 * cannot be; E_CERTIFICATE, E_SEAL_EXPIRED; E_IO, E_KEY, as the keeper and the
 * store do.
 */
NODISCARD int node_init(const struct node_init *init, struct error *err);
