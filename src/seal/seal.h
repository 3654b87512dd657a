#pragma once

/*
 * seal: one record or card as CMS SignedData (RFC 5652), in one exact form.
 *
 * The form: DER; content inside, of type id-data; one signer; SHA-256;
 * exactly the signed attributes contentType, messageDigest, signingTime and
 * signingCertificateV2 (RFC 5035, 5652 section 11), each once; no unsigned
 * attribute, no certificate, no CRL; ECDSA on P-256 or RSA PKCS#1 v1.5 (RFC
 * 5754).  It is the CAdES-BES of ETSI EN 319 122-1 that "openssl cms -verify
 * -cades" takes.
 *
 * Both nodes of a docket must judge alike for ever, whatever their libcrypto:
 * the form is read by our own strict reader, and only the arithmetic of the
 * signature is libcrypto's.
 */

#include "base/attr.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/span.h"

struct arena;
struct certificate;
struct error;
struct seal_key;

/* Largest sealed record or card, in bytes. */
#define SEAL_SIZE_MAX ((size_t)32 << 10)

/* A message whose seal has been verified.  There is no unverified one. */
struct sealed {
	struct span content; /* the signed bytes, exactly as signed */
	struct instant at;   /* signingTime */
	struct hash signer;  /* SHA-256 of the signer's certificate */
};

/*
 * Verify ${der} against the certificate ${signer}, which must have been valid
 * at the time of signing, and put what it says in ${out}.  This is the only
 * way to the signed bytes.  Whether ${signer} may seal at all is a question
 * for certificate_check_sealing(), once.
 *
 * Owns: ${out} points into ${arena}; ${der} may be freed afterwards.
 * Fails: E_SEAL_TOO_LARGE, _SYNTAX, _NOT_DER, _TRAILING, _TYPE, _DETACHED,
 * _SIGNERS, _CERTIFICATES, _CRLS, _ALGORITHM, _ATTRIBUTES,
 * _ATTRIBUTE_MISSING, _ATTRIBUTE_TWICE, _ATTRIBUTE_UNSIGNED, _TIME, _SIGNER,
 * _EXPIRED, _CONTENT and _SIGNATURE are the sealer's fault; E_SEAL_CRYPTO is
 * ours.
 */
NODISCARD int seal_open(struct sealed *out, struct span der,
    const struct certificate *signer, struct arena *arena, struct error *err);

/*
 * Pick from ${content}, which nothing vouches for yet, the DER certificate
 * that is to have sealed it.
 *
 * Owns: ${out} lives until seal_open_own() returns.
 * Fails: as the caller of seal_open_own() likes.
 */
typedef int seal_pick(struct span *out, struct span content, void *ctx,
    struct error *err);

/*
 * Like seal_open() for a card, whose content carries the certificate that
 * sealed it: ${pick} is called with ${ctx} to find it.  That proves only that
 * the card is whole and was made with the key it names.
 *
 * Owns: ${out} points into ${arena}.
 * Fails: like seal_open(), certificate_parse() and ${pick}.
 */
NODISCARD int seal_open_own(struct sealed *out, struct span der,
    seal_pick *pick, void *ctx, struct arena *arena, struct error *err);

/*
 * Seal ${content} with ${key} at the time ${at}.
 *
 * Owns: ${out} is in ${arena}.
 * Fails: E_SEAL_TOO_LARGE; E_SEAL_EXPIRED if the certificate is not valid at
 * ${at}; E_SEAL_CRYPTO.
 */
NODISCARD int seal_sign(struct span *out, struct span content,
    const struct seal_key *key, struct instant at, struct arena *arena,
    struct error *err);
