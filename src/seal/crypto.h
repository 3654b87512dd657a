#pragma once

/*
 * crypto: what the files of this module share.  Not for other modules.
 */

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/span.h"

/* The keys that may sign; all else is CRYPTO_KEY_OTHER. */
enum crypto_key {
	CRYPTO_KEY_OTHER,
	CRYPTO_KEY_P256, /* named curve, uncompressed point */
	CRYPTO_KEY_RSA,  /* CERTIFICATE_RSA_BITS_MIN to _MAX */
};

struct certificate {
	X509 *x509;
	EVP_PKEY *key; /* borrowed from x509; NULL if libcrypto knows it not */
	enum crypto_key kind;
	uint8_t *bytes;  /* the DER */
	struct span der; /* all of bytes; the rest are in it: */
	struct span issuer, serial, spki; /* each with tag and length */
	struct span key_id;               /* subjectKeyIdentifier, or empty */
	struct hash fingerprint;
	struct instant not_before, not_after;
	char *subject;
};

struct seal_key {
	EVP_PKEY *key;
	struct certificate *certificate;
};

/*
 * Say what libcrypto said, and leave its queue empty for the next caller.
 * The message is to blame, as ${theirs}, unless libcrypto itself broke down.
 * Always returns -1.
 */
int crypto_error(struct error *err, enum error_code theirs, const char *doing);

/* SHA-256, fetched once: fetching costs more than a short digest. */
const EVP_MD *crypto_sha256(void);
