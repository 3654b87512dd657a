#include <openssl/x509v3.h>
#include <stdbool.h>

#include "seal/certificate.h"
#include "seal/chain.h"
#include "seal/crypto.h"

/* RFC 5280's levels in libcrypto: 2 is 112 bits, so no SHA-1 in a chain. */
#define AUTH_LEVEL 2

int
certificate_check_time(const struct certificate *c, struct instant at,
    struct error *err)
{
	char first[INSTANT_TEXT_MAX], last[INSTANT_TEXT_MAX];

	if (instant_is_before(at, c->not_before) ||
	    !instant_is_before(at, c->not_after))
		return error_set(err, E_SEAL_EXPIRED, "valid from %s until %s",
		    instant_write(c->not_before, first),
		    instant_write(c->not_after, last));
	return 0;
}

int
chain_fill(X509_STORE *store, const struct certificate *c,
    const struct span *anchors, size_t n, struct error *err)
{
	if (certificate_is_self_signed(c)) {
		if (!X509_STORE_add_cert(store, c->x509))
			return crypto_error(err, E_SEAL_CRYPTO, "anchors");
		return 0;
	}
	if (n > CERTIFICATE_ANCHORS_MAX)
		return error_set(err, E_CERTIFICATE, "%zu anchors", n);
	for (size_t i = 0; i < n; i++) {
		struct certificate *anchor;
		int is_added;

		if (certificate_parse(&anchor, anchors[i], err) == -1)
			return -1;
		is_added = X509_STORE_add_cert(store, anchor->x509);
		certificate_free(anchor);
		if (!is_added)
			return crypto_error(err, E_SEAL_CRYPTO, "anchors");
	}
	return 0;
}

/* X509_V_FLAG_TRUSTED_FIRST and the purpose are libcrypto's defaults. */
void
chain_set(X509_STORE_CTX *chain, struct instant at)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(chain);

	X509_VERIFY_PARAM_set_time(param, (time_t)at.s);
	X509_VERIFY_PARAM_set_auth_level(param, AUTH_LEVEL);
	X509_VERIFY_PARAM_set_depth(param, (int)CERTIFICATE_ANCHORS_MAX);
}

int
chain_error(struct error *err, X509_STORE_CTX *chain)
{
	int why = X509_STORE_CTX_get_error(chain);

	return error_set(err,
	    why == X509_V_ERR_OUT_OF_MEM ? E_SEAL_CRYPTO : E_CERTIFICATE, "%s",
	    X509_verify_cert_error_string(why));
}

/* The chain that "openssl cms -verify -purpose any -CAfile" would build. */
static int
chain_at(const struct certificate *c, const struct span *anchors, size_t n,
    struct instant at, struct error *err)
{
	X509_STORE *store = NULL;
	X509_STORE_CTX *chain = NULL;
	int rc = -1;

	ERR_clear_error();
	if ((store = X509_STORE_new()) == NULL ||
	    (chain = X509_STORE_CTX_new()) == NULL) {
		crypto_error(err, E_SEAL_CRYPTO, "chain");
		goto out;
	}
	if (chain_fill(store, c, anchors, n, err) == -1)
		goto out;
	if (!X509_STORE_CTX_init(chain, store, c->x509, NULL)) {
		crypto_error(err, E_SEAL_CRYPTO, "chain");
		goto out;
	}
	chain_set(chain, at);
	if (X509_verify_cert(chain) != 1) {
		chain_error(err, chain);
		goto out;
	}
	rc = 0;
out:
	ERR_clear_error();
	X509_STORE_CTX_free(chain);
	X509_STORE_free(store);
	return rc;
}

/*
 * Good at both ends of its own time, so at all times between: what it may
 * seal then has a chain, for us and for the openssl command.
 */
static int
check_chain(const struct certificate *c, const struct span *anchors, size_t n,
    struct error *err)
{
	struct instant last = instant_add(c->not_after, period_of(-1));

	if (chain_at(c, anchors, n, c->not_before, err) == -1)
		return -1;
	return chain_at(c, anchors, n, last, err);
}

int
certificate_check_sealing(const struct certificate *c,
    const struct span *anchors, size_t n, struct instant at, struct error *err)
{
	uint32_t flags = X509_get_extension_flags(c->x509);

	if (c->kind == CRYPTO_KEY_OTHER)
		return error_set(err, E_CERTIFICATE,
		    "key is neither P-256 nor RSA of %d bits",
		    CERTIFICATE_RSA_BITS_MIN);
	if ((flags & EXFLAG_KUSAGE) == 0 ||
	    (X509_get_key_usage(c->x509) & KU_DIGITAL_SIGNATURE) == 0)
		return error_set(err, E_CERTIFICATE,
		    "key usage is not digitalSignature");
	if ((flags & EXFLAG_XKUSAGE) != 0 &&
	    (X509_get_extended_key_usage(c->x509) & XKU_SMIME) == 0)
		return error_set(err, E_CERTIFICATE,
		    "extended key usage is not emailProtection");
	if (certificate_check_time(c, at, err) == -1)
		return -1;
	return check_chain(c, anchors, n, err);
}

int
certificate_check_encryption(const struct certificate *c,
    const struct span *anchors, size_t n, struct instant at, struct error *err)
{
	uint32_t flags = X509_get_extension_flags(c->x509);

	if (c->kind != CRYPTO_KEY_P256)
		return error_set(err, E_CERTIFICATE, "key is not P-256");
	if ((flags & EXFLAG_KUSAGE) == 0 ||
	    (X509_get_key_usage(c->x509) & KU_KEY_AGREEMENT) == 0)
		return error_set(err, E_CERTIFICATE,
		    "key usage is not keyAgreement");
	if (certificate_check_time(c, at, err) == -1)
		return -1;
	return check_chain(c, anchors, n, err);
}
