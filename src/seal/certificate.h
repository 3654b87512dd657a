#pragma once

/*
 * certificate: X.509 certificates (RFC 5280) of sealing and other keys.
 *
 * A certificate is parsed once and kept: decoding it costs more than the
 * check of a signature.  No other module sees an X509.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/span.h"

struct arena;
struct buf;
struct error;

/* Largest certificate accepted, in bytes of DER. */
#define CERTIFICATE_SIZE_MAX ((size_t)16 << 10)

/* Bytes of PEM text of one certificate, and what stands around it. */
#define CERTIFICATE_PEM_MAX (2 * CERTIFICATE_SIZE_MAX)

/* Most certificates in a card's list of anchors. */
#define CERTIFICATE_ANCHORS_MAX ((size_t)8)

/* RSA keys: fewest and most bits. */
#define CERTIFICATE_RSA_BITS_MIN 3072
#define CERTIFICATE_RSA_BITS_MAX 8192

struct certificate;

/*
 * Parse ${der}, one DER certificate and nothing after it.  What it may be
 * used for is not looked at here.
 *
 * Owns: the caller, until certificate_free(); NULL is harmless there.
 * Fails: E_CERTIFICATE, E_SEAL_CRYPTO.
 */
NODISCARD int certificate_parse(struct certificate **out, struct span der,
    struct error *err);
void certificate_free(struct certificate *certificate);

/* The bytes that were parsed.  Owns: ${certificate}. */
struct span certificate_der(const struct certificate *certificate);

/* SHA-256 of the bytes. */
struct hash certificate_fingerprint(const struct certificate *certificate);

/* SHA-256 of the SubjectPublicKeyInfo: what a TLS pin holds (RFC 7469, 2.4). */
struct hash certificate_spki(const struct certificate *certificate);

/* The subject as one line, "CN = cert.north.example".  Owns: ${certificate}. */
const char *certificate_subject(const struct certificate *certificate);

/*
 * It is valid from the first until just before the second: RFC 5280 counts
 * the second of notAfter too, the openssl command does not, and what is
 * sealed must be good for both.
 */
struct instant certificate_not_before(const struct certificate *certificate);
struct instant certificate_not_after(const struct certificate *certificate);

/* True if subject and issuer are one and its own key verifies it. */
bool certificate_is_self_signed(const struct certificate *certificate);

/* Fails: E_SEAL_EXPIRED if not valid at ${at}. */
NODISCARD int certificate_check_time(const struct certificate *certificate,
    struct instant at, struct error *err);

/*
 * Check that records may be sealed with this certificate at ${at}: a P-256 or
 * RSA key, keyUsage digitalSignature, no extendedKeyUsage or one with
 * emailProtection, valid at ${at}, and self-signed or with a chain to a
 * self-signed one among ${anchors}, which holds ${n} DER certificates, the
 * intermediate ones too (RFC 5280, 6).  The chain has to be good from
 * notBefore to notAfter: then no record that it may seal ever lacks one.
 *
 * Fails: E_CERTIFICATE, E_SEAL_EXPIRED, E_SEAL_CRYPTO.
 */
NODISCARD int certificate_check_sealing(const struct certificate *certificate,
    const struct span *anchors, size_t n, struct instant at, struct error *err);

/*
 * The same for a certificate to which file keys are encrypted: P-256,
 * keyUsage keyAgreement.
 *
 * Fails: E_CERTIFICATE, E_SEAL_EXPIRED, E_SEAL_CRYPTO.
 */
NODISCARD int certificate_check_encryption(const struct certificate
					       *certificate,
    const struct span *anchors, size_t n, struct instant at, struct error *err);

/* Append the PEM text (RFC 7468) of ${certificate}. */
void certificate_write(struct buf *out, const struct certificate *certificate);

/*
 * The DER of the one certificate in the PEM text ${pem}.
 *
 * Owns: ${out} is in ${arena}.
 * Fails: E_CERTIFICATE.
 */
NODISCARD int certificate_read(struct span *out, struct span pem,
    struct arena *arena, struct error *err);

/*
 * The DER of all certificates in the PEM text ${pem}, one at least and ${max}
 * at most; text between them is passed over.
 *
 * Owns: ${out}, an array of ${max}, points into ${arena}.
 * Fails: E_CERTIFICATE.
 */
NODISCARD int certificate_read_all(struct span *out, size_t max, size_t *n,
    struct span pem, struct arena *arena, struct error *err);
