#pragma once

/*
 * identities: the parties that tests play.
 *
 * Every private key follows from the party's name and the key's role, so it is
 * the same in every run; the certificates' own signatures are not, since
 * ECDSA draws a number each time.  All is made once, at first use, and given
 * back when the program ends.
 */

#include <stddef.h>

#include "base/instant.h"
#include "seal/ed25519.h"
#include "seal/identity.h"

/* The certificates are valid from 2026-01-01 until 2031-12-31T23:59:59Z. */
#define IDENTITIES_NOT_BEFORE_S 1767225600
#define IDENTITIES_NOT_AFTER_S 1956527999

/* A time at which they are: 2026-11-22T10:00:00Z. */
#define IDENTITIES_NOW_S 1795341600

enum identity_name {
	IDENTITY_NORTH, /* cert.north.example, XN */
	IDENTITY_SOUTH, /* cert.south.example, XS */
	IDENTITY_EAST,  /* cert.east.example, XE: a third party, a witness */
	IDENTITY_COUNT
};

struct identity {
	const char *party, *country;
	struct seal_key *seal, *encryption, *tls;
	struct ed25519_key *log, *mirror, *witness;
	uint8_t log_public[ED25519_PUBLIC_BYTES];
	uint8_t mirror_public[ED25519_PUBLIC_BYTES];
	uint8_t witness_public[ED25519_PUBLIC_BYTES];
};

/* Owns: this module. */
const struct identity *identity_of(enum identity_name name);

/*
 * Another key of ${role} for ${party}, which follows from ${seed} too.
 *
 * Owns: the caller, until seal_key_free().
 */
struct seal_key *identity_key(const char *party, enum seal_role role,
    const char *seed, struct instant not_before, struct instant not_after);

/* An Ed25519 key that follows from ${seed}.  Owns: the caller. */
struct ed25519_key *identity_log_key(const char *seed);
