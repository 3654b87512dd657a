#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "seal/certificate.h"
#include "seal/crypto.h"
#include "seal/digest.h"
#include "seal/oids.h"
#include "seal/parts.h"
#include "seal/seal.h"
#include "seal/write.h"

/* RFC 5652, 5.3: issuer and serial number, or key identifier. */
static bool
is_named(const struct seal_parts *parts, const struct certificate *c)
{
	struct span name = parts->signer.value;

	if (parts->signer.tag == DER_IMPLICIT_0)
		return c->key_id.len > 0 && span_is_equal(name, c->key_id);
	return span_has_prefix(name, c->issuer) &&
	    span_is_equal(span_skip(name, c->issuer.len), c->serial);
}

/* RFC 5035, 4: the hash of the certificate; issuerSerial if it is there. */
static int
check_signer(const struct seal_parts *parts, const struct certificate *c,
    struct error *err)
{
	struct span digest = hash_span(&c->fingerprint);
	struct buf want;
	bool is_same;

	if (!is_named(parts, c))
		return error_set(err, E_SEAL_SIGNER, "another name");
	if (!span_is_equal(parts->certificate_digest, digest))
		return error_set(err, E_SEAL_SIGNER, "another certificate");
	if (parts->issuer_serial.len == 0)
		return 0;

	buf_init(&want, CERTIFICATE_SIZE_MAX);
	write_issuer_serial(&want, c);
	is_same = span_is_equal(parts->issuer_serial, buf_span(&want));
	buf_clear(&want);
	if (!is_same)
		return error_set(err, E_SEAL_SIGNER,
		    "another name in signingCertificateV2");
	return 0;
}

/* The algorithm must be of the kind of the certificate's key. */
static int
check_algorithm(const struct seal_parts *parts, const struct certificate *c,
    struct error *err)
{
	struct span got = parts->algorithm;

	switch (c->kind) {
	case CRYPTO_KEY_P256:
		if (span_is_equal(got, ALGORITHM_ECDSA_SHA256))
			return 0;
		break;
	case CRYPTO_KEY_RSA:
		if (span_is_equal(got, ALGORITHM_RSA) ||
		    span_is_equal(got, ALGORITHM_RSA_SHA256))
			return 0;
		break;
	case CRYPTO_KEY_OTHER:
		return error_set(err, E_CERTIFICATE,
		    "key is neither P-256 nor RSA");
	}
	return error_set(err, E_SEAL_ALGORITHM, "signature algorithm");
}

/*
 * RFC 3279, 2.2.3: an ECDSA signature is two positive integers, in DER.
 * libcrypto says so too; the verdict shall not rest on its version.
 */
static int
check_ecdsa_form(struct span in, struct error *err)
{
	struct der outer, number;
	struct span rest;

	if (der_take(&outer, &in, DER_SEQUENCE, err) == -1 ||
	    der_end(in, err) == -1)
		return -1;
	rest = outer.value;
	for (int i = 0; i < 2; i++) {
		const uint8_t *p;

		if (der_take(&number, &rest, DER_INTEGER, err) == -1)
			return -1;
		p = number.value.ptr;
		if (number.value.len == 0 || p[0] >= 0x80 ||
		    (number.value.len > 1 && p[0] == 0 && p[1] < 0x80))
			return error_set(err, E_SEAL_SIGNATURE, "integers");
	}
	return der_end(rest, err);
}

/* RFC 5652, 5.4: what is signed is the attributes as a SET OF. */
static int
check_signature(const struct seal_parts *parts, const struct certificate *c,
    struct arena *arena, struct error *err)
{
	EVP_MD_CTX *state = NULL;
	uint8_t *set;
	int rc = -1;

	if (c->kind == CRYPTO_KEY_P256 &&
	    check_ecdsa_form(parts->signature, err) == -1)
		return error_set(err, E_SEAL_SIGNATURE, "not ECDSA");

	set = arena_alloc(arena, parts->attributes.len);
	memcpy(set, parts->attributes.ptr, parts->attributes.len);
	set[0] = DER_SET;

	ERR_clear_error();
	if ((state = EVP_MD_CTX_new()) == NULL ||
	    !EVP_DigestVerifyInit_ex(state, NULL, "SHA256", NULL, NULL, c->key,
		NULL)) {
		crypto_error(err, E_SEAL_CRYPTO, "verifying");
		goto out;
	}
	if (EVP_DigestVerify(state, parts->signature.ptr, parts->signature.len,
		set, parts->attributes.len) != 1) {
		crypto_error(err, E_SEAL_SIGNATURE, "verifying");
		goto out;
	}
	rc = 0;
out:
	EVP_MD_CTX_free(state);
	return rc;
}

static int
check_content(const struct seal_parts *parts, struct error *err)
{
	struct hash digest = digest_of(parts->content);

	if (!span_is_equal(parts->digest, hash_span(&digest)))
		return error_set(err, E_SEAL_CONTENT, "another digest");
	return 0;
}

static int
verify(struct sealed *out, const struct seal_parts *parts,
    const struct certificate *c, struct arena *arena, struct error *err)
{
	if (check_signer(parts, c, err) == -1 ||
	    check_algorithm(parts, c, err) == -1 ||
	    certificate_check_time(c, parts->at, err) == -1 ||
	    check_content(parts, err) == -1 ||
	    check_signature(parts, c, arena, err) == -1)
		return -1;

	out->content = arena_copy(arena, parts->content);
	out->at = parts->at;
	out->signer = c->fingerprint;
	return 0;
}

int
seal_open(struct sealed *out, struct span der, const struct certificate *signer,
    struct arena *arena, struct error *err)
{
	struct seal_parts parts;

	if (seal_parts_parse(&parts, der, err) == -1)
		return -1;
	return verify(out, &parts, signer, arena, err);
}

int
seal_open_own(struct sealed *out, struct span der, seal_pick *pick, void *ctx,
    struct arena *arena, struct error *err)
{
	struct certificate *signer = NULL;
	struct seal_parts parts;
	struct span picked;
	int rc = -1;

	if (seal_parts_parse(&parts, der, err) == -1)
		goto out;
	if (pick(&picked, parts.content, ctx, err) == -1)
		goto out;
	if (certificate_parse(&signer, picked, err) == -1)
		goto out;
	if (verify(out, &parts, signer, arena, err) == -1)
		goto out;
	rc = 0;
out:
	certificate_free(signer);
	return rc;
}
