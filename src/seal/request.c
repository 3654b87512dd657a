#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/buf.h"
#include "seal/certificate.h"
#include "seal/crypto.h"
#include "seal/identity.h"

/* RFC 5280, 4.2.1.3, as an extensionRequest (RFC 2985, 5.4.2). */
static int
ask_for_usage(X509_REQ *request)
{
	STACK_OF(X509_EXTENSION) *list = sk_X509_EXTENSION_new_null();
	X509_EXTENSION *usage = X509V3_EXT_conf_nid(NULL, NULL, NID_key_usage,
	    "critical,digitalSignature");
	int is_added = 0;

	if (list != NULL && usage != NULL &&
	    sk_X509_EXTENSION_push(list, usage) > 0) {
		usage = NULL;
		is_added = X509_REQ_add_extensions(request, list);
	}
	X509_EXTENSION_free(usage);
	sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
	return is_added;
}

int
seal_key_request(struct buf *out, const struct seal_key *key, struct error *err)
{
	EVP_MD *sha256 = NULL;
	X509_REQ *request = NULL;
	BIO *bio = NULL;
	char *text;
	long len;
	int rc = -1;

	ERR_clear_error();
	if ((sha256 = EVP_MD_fetch(NULL, "SHA256", NULL)) == NULL ||
	    (request = X509_to_X509_REQ(key->certificate->x509, key->key,
		 sha256)) == NULL ||
	    !ask_for_usage(request) ||
	    !X509_REQ_sign(request, key->key, sha256) ||
	    (bio = BIO_new(BIO_s_mem())) == NULL ||
	    !PEM_write_bio_X509_REQ(bio, request)) {
		crypto_error(err, E_SEAL_CRYPTO, "a certificate request");
		goto out;
	}
	len = BIO_get_mem_data(bio, &text);
	buf_add(out, span_of(text, (size_t)len));
	rc = 0;
out:
	BIO_free(bio);
	X509_REQ_free(request);
	EVP_MD_free(sha256);
	return rc;
}
