#pragma once

/*
 * identity: the X.509 keys of a party, each with its certificate.
 *
 * A certificate made here names the party and no person: the subject is the
 * country and the party's name.  It is self-signed, with the one key usage of
 * its role, and not a CA's.
 */

#include "base/attr.h"
#include "base/instant.h"
#include "base/span.h"

struct buf;
struct certificate;
struct error;

/* Longest party name, in bytes: RFC 5280's ub-common-name. */
#define IDENTITY_PARTY_MAX ((size_t)64)

/* Largest private key read, in bytes of PEM text. */
#define IDENTITY_KEY_MAX ((size_t)16 << 10)

/* A private key with its certificate: for seals and cards, or another role. */
struct seal_key;

enum seal_role {
	SEAL_ROLE_SEAL,       /* digitalSignature */
	SEAL_ROLE_ENCRYPTION, /* keyAgreement */
	SEAL_ROLE_TLS, /* digitalSignature; server and client; DNS name */
};

/* What stands in a new certificate.  All borrowed. */
struct seal_holder {
	const char *party;   /* "cert.north.example" */
	const char *country; /* two letters, or NULL */
	struct instant not_before, not_after;
	struct span
	    seed; /* empty: a random key; else the key follows from it */
};

/*
 * Make a P-256 key for ${role} and its self-signed certificate.  Equal seeds
 * and roles make equal keys: for tests only, since a seed is as secret as the
 * key.
 *
 * Owns: the caller, until seal_key_free(); NULL is harmless there.
 * Fails: E_KEY if ${holder} cannot stand in a certificate; E_SEAL_CRYPTO.
 */
NODISCARD int seal_key_generate(struct seal_key **out, enum seal_role role,
    const struct seal_holder *holder, struct error *err);

/*
 * Read a private key, PEM or DER PKCS#8 without passphrase (RFC 5958; PEM of
 * the older forms is read too), and bind it to the DER ${certificate}.
 *
 * Owns: the caller, until seal_key_free().
 * Fails: E_KEY if there is no key in ${key}, it is not P-256 or RSA of enough
 * bits, or it is not the certificate's; E_CERTIFICATE; E_SEAL_CRYPTO.
 */
NODISCARD int seal_key_read(struct seal_key **out, struct span key,
    struct span certificate, struct error *err);

/*
 * Append the private key as PEM PKCS#8.  The caller clears ${out} with
 * secret_clear().
 *
 * Fails: E_SEAL_CRYPTO.
 */
NODISCARD int seal_key_write(struct buf *out, const struct seal_key *key,
    struct error *err);

/*
 * Append a certificate request (PKCS#10, RFC 2986) in PEM, for an authority to
 * sign: the subject of the certificate, keyUsage digitalSignature.  The
 * private key stays where it is.
 *
 * Fails: E_SEAL_CRYPTO.
 */
NODISCARD int seal_key_request(struct buf *out, const struct seal_key *key,
    struct error *err);

void seal_key_free(struct seal_key *key);

/* Owns: ${key}. */
const struct certificate *seal_key_certificate(const struct seal_key *key);
