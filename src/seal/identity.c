#include <openssl/bio.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "seal/certificate.h"
#include "seal/crypto.h"
#include "seal/identity.h"
#include "seal/issue.h"

/* A key that asks for a passphrase is refused, not asked for on a terminal. */
static int
no_passphrase(char *text, int size, int is_writing, void *ctx)
{
	(void)text;
	(void)size;
	(void)is_writing;
	(void)ctx;
	return -1;
}

/* PEM if it says so, else DER. */
static EVP_PKEY *
decode_key(struct span text)
{
	static const char begin[] = "-----BEGIN";
	const uint8_t *p = text.ptr;
	EVP_PKEY *key = NULL;
	BIO *bio;

	if (text.len == 0 || text.len > IDENTITY_KEY_MAX)
		return NULL;
	if (memmem(text.ptr, text.len, begin, sizeof(begin) - 1) == NULL)
		return d2i_AutoPrivateKey_ex(NULL, &p, (long)text.len, NULL,
		    NULL);
	if ((bio = BIO_new_mem_buf(text.ptr, (int)text.len)) != NULL)
		key = PEM_read_bio_PrivateKey_ex(bio, NULL, no_passphrase, NULL,
		    NULL, NULL);
	BIO_free(bio);
	return key;
}

int
seal_key_read(struct seal_key **out, struct span text, struct span certificate,
    struct error *err)
{
	struct seal_key *key = mem_new(sizeof(*key));
	int rc = -1;

	ERR_clear_error();
	if ((key->key = decode_key(text)) == NULL) {
		crypto_error(err, E_KEY, "reading a private key");
		goto out;
	}
	if (certificate_parse(&key->certificate, certificate, err) == -1)
		goto out;
	if (key->certificate->kind == CRYPTO_KEY_OTHER) {
		error_set(err, E_KEY, "neither P-256 nor RSA of %d bits",
		    CERTIFICATE_RSA_BITS_MIN);
		goto out;
	}
	if (!X509_check_private_key(key->certificate->x509, key->key)) {
		crypto_error(err, E_KEY, "not the certificate's key");
		goto out;
	}
	*out = key;
	key = NULL;
	rc = 0;
out:
	seal_key_free(key);
	return rc;
}

int
seal_key_write(struct buf *out, const struct seal_key *key, struct error *err)
{
	BIO *bio = NULL;
	char *text;
	long len;
	int rc = -1;

	ERR_clear_error();
	if ((bio = BIO_new(BIO_s_secmem())) == NULL ||
	    !PEM_write_bio_PKCS8PrivateKey(bio, key->key, NULL, NULL, 0, NULL,
		NULL)) {
		crypto_error(err, E_SEAL_CRYPTO, "writing a private key");
		goto out;
	}
	len = BIO_get_mem_data(bio, &text);
	buf_add(out, span_of(text, (size_t)len));
	rc = 0;
out:
	BIO_free(bio);
	return rc;
}

/* Party names are like host names; no comma or quote gets into a name. */
static int
check_holder(const struct seal_holder *holder, struct error *err)
{
	size_t len = strlen(holder->party);

	if (len == 0 || len > IDENTITY_PARTY_MAX ||
	    strspn(holder->party,
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789.-") != len)
		return error_set(err, E_KEY, "name of the party");
	if (holder->country != NULL &&
	    (strlen(holder->country) != 2 ||
		strspn(holder->country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 2))
		return error_set(err, E_KEY, "country is not two letters");
	if (instant_is_before(holder->not_after, holder->not_before))
		return error_set(err, E_KEY, "ends before it begins");
	return 0;
}

int
seal_key_generate(struct seal_key **out, enum seal_role role,
    const struct seal_holder *holder, struct error *err)
{
	struct seal_key *key = NULL;
	X509 *x509 = NULL;
	unsigned char *der = NULL;
	int rc = -1, len;

	if (check_holder(holder, err) == -1)
		return -1;

	ERR_clear_error();
	key = mem_new(sizeof(*key));
	if ((key->key = issue_key(role, holder->seed)) == NULL ||
	    (x509 = issue_certificate(role, holder, key->key)) == NULL ||
	    (len = i2d_X509(x509, &der)) <= 0) {
		crypto_error(err, E_SEAL_CRYPTO, "making a key");
		goto out;
	}
	if (certificate_parse(&key->certificate, span_of(der, (size_t)len),
		err) == -1)
		goto out;
	*out = key;
	key = NULL;
	rc = 0;
out:
	OPENSSL_free(der);
	X509_free(x509);
	seal_key_free(key);
	return rc;
}

void
seal_key_free(struct seal_key *key)
{
	if (key == NULL)
		return;
	EVP_PKEY_free(key->key);
	certificate_free(key->certificate);
	free(key);
}

const struct certificate *
seal_key_certificate(const struct seal_key *key)
{
	return key->certificate;
}
