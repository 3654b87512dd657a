#include <openssl/x509v3.h>
#include <stdbool.h>

#include "seal/certificate.h"
#include "seal/chain.h"
#include "seal/crl.h"
#include "seal/crl_parts.h"
#include "seal/crypto.h"

int
crl_check_issuer(const struct crl *crl, const struct span *issuers, size_t n,
    struct error *err)
{
	const X509_NAME *name = X509_CRL_get_issuer(crl->list);
	bool is_signed = false;

	if (n > CERTIFICATE_ANCHORS_MAX)
		return error_set(err, E_CERTIFICATE, "%zu anchors", n);
	for (size_t i = 0; i < n && !is_signed; i++) {
		struct certificate *issuer;

		if (certificate_parse(&issuer, issuers[i], err) == -1)
			return -1;
		is_signed = issuer->key != NULL &&
		    X509_NAME_cmp(name, X509_get_subject_name(issuer->x509)) ==
			0 &&
		    X509_CRL_verify(crl->list, issuer->key) == 1;
		certificate_free(issuer);
	}
	ERR_clear_error();
	if (!is_signed)
		return error_set(err, E_CRL,
		    "no certificate above the seal's issued it");
	return 0;
}

/* What is seen while libcrypto walks up the chain. */
struct look {
	enum revocation_state states[CERTIFICATE_ANCHORS_MAX + 2];
	struct instant since; /* as of the last seen revoked */
};

static void
see_revoked(struct look *look, X509_STORE_CTX *chain, int depth)
{
	X509_CRL *list = X509_STORE_CTX_get0_current_crl(chain);
	X509_REVOKED *entry = NULL;
	struct tm tm;

	look->states[depth] = REVOCATION_REVOKED;
	if (list == NULL ||
	    X509_CRL_get0_by_cert(list, &entry,
		X509_STORE_CTX_get_current_cert(chain)) == 0 ||
	    !ASN1_TIME_to_tm(X509_REVOKED_get0_revocationDate(entry), &tm))
		return;
	look->since = instant_of((int64_t)timegm(&tm));
}

/* Nothing that a list says ends the walk; all else does. */
static int
see(int ok, X509_STORE_CTX *chain)
{
	struct look *look = X509_STORE_CTX_get_app_data(chain);
	int depth = X509_STORE_CTX_get_error_depth(chain);

	if (ok || depth < 0 || depth > (int)CERTIFICATE_ANCHORS_MAX)
		return ok;
	switch (X509_STORE_CTX_get_error(chain)) {
	case X509_V_ERR_CERT_REVOKED:
		see_revoked(look, chain, depth);
		return 1;
	case X509_V_ERR_UNABLE_TO_GET_CRL:
	case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
	case X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE:
	case X509_V_ERR_CRL_SIGNATURE_FAILURE:
	case X509_V_ERR_CRL_NOT_YET_VALID:
	case X509_V_ERR_CRL_HAS_EXPIRED:
	case X509_V_ERR_KEYUSAGE_NO_CRL_SIGN:
	case X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION:
	case X509_V_ERR_DIFFERENT_CRL_SCOPE:
	case X509_V_ERR_CRL_PATH_VALIDATION_ERROR:
	case X509_V_ERR_INVALID_EXTENSION:
		if (look->states[depth] != REVOCATION_REVOKED)
			look->states[depth] = REVOCATION_NOT_SHOWN;
		return 1;
	default:
		return 0;
	}
}

/* Of those that are of the time: openssl does not have to choose. */
static int
add_lists(X509_STORE *store, const struct crl *const *crls, size_t n,
    struct instant at, struct error *err)
{
	for (size_t i = 0; i < n; i++)
		if (crl_is_of_time(crls[i], at) &&
		    !X509_STORE_add_crl(store, crls[i]->list))
			return crypto_error(err, E_SEAL_CRYPTO, "lists");
	return 0;
}

/* The list that speaks of the certificate ${of}: same issuer, of the time. */
static const struct crl *
list_of(const struct crl *const *crls, size_t n, const X509 *of,
    struct instant at)
{
	for (size_t i = 0; i < n; i++)
		if (crl_is_of_time(crls[i], at) &&
		    X509_NAME_cmp(X509_CRL_get_issuer(crls[i]->list),
			X509_get_issuer_name(of)) == 0)
			return crls[i];
	return NULL;
}

/* The lowest that was revoked, or what is so of the certificate itself. */
static void
sum_up(struct revocation *out, const struct look *look, X509_STORE_CTX *chain,
    const struct crl *const *crls, size_t n, struct instant at)
{
	STACK_OF(X509) *above = X509_STORE_CTX_get0_chain(chain);
	int last = sk_X509_num(above) - 1, told = 0;

	out->is_whole_chain = true;
	for (int i = last; i >= 0; i--) {
		/* Nobody stands above the last: the card vouches for it. */
		if (i < last && look->states[i] != REVOCATION_NONE)
			out->is_whole_chain = false;
		if (look->states[i] == REVOCATION_REVOKED)
			told = i;
	}
	out->state = look->states[told];
	if (out->state != REVOCATION_NOT_SHOWN)
		out->crl = list_of(crls, n, sk_X509_value(above, told), at);
	out->since = look->since;
}

int
crl_judge(struct revocation *out, const struct certificate *c,
    const struct span *anchors, size_t n, const struct crl *const *crls,
    size_t crls_n, struct instant at, struct error *err)
{
	struct look look = { .since = at };
	X509_STORE_CTX *chain = NULL;
	X509_STORE *store = NULL;
	int rc = -1;

	*out = (struct revocation){ .state = REVOCATION_NOT_SHOWN };
	for (size_t i = 0; i < CERTIFICATE_ANCHORS_MAX + 2; i++)
		look.states[i] = REVOCATION_NONE;
	ERR_clear_error();
	if ((store = X509_STORE_new()) == NULL ||
	    (chain = X509_STORE_CTX_new()) == NULL) {
		crypto_error(err, E_SEAL_CRYPTO, "chain");
		goto out;
	}
	if (chain_fill(store, c, anchors, n, err) == -1 ||
	    add_lists(store, crls, crls_n, at, err) == -1)
		goto out;
	if (!X509_STORE_CTX_init(chain, store, c->x509, NULL)) {
		crypto_error(err, E_SEAL_CRYPTO, "chain");
		goto out;
	}
	chain_set(chain, at);
	X509_STORE_CTX_set_app_data(chain, &look);
	X509_STORE_CTX_set_verify_cb(chain, see);
	X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(chain),
	    X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
	if (X509_verify_cert(chain) != 1) {
		chain_error(err, chain);
		goto out;
	}
	sum_up(out, &look, chain, crls, crls_n, at);
	rc = 0;
out:
	ERR_clear_error();
	X509_STORE_CTX_free(chain);
	X509_STORE_free(store);
	return rc;
}
