#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "seal/certificate.h"
#include "seal/crypto.h"
#include "seal/der.h"
#include "seal/digest.h"

/* The subject as text: what is longer is cut. */
#define SUBJECT_MAX ((size_t)1024)

/* A fault that the reader of DER found is the certificate's. */
static int
fault(struct error *err, const struct error *why)
{
	return error_set(err, E_CERTIFICATE, "%.60s: %.160s",
	    error_text(why->code), why->detail);
}

/* notBefore and notAfter, from the Validity ${rest}. */
static int
read_validity(struct certificate *c, struct span rest, struct error *err)
{
	struct der first, last;

	if (der_next(&first, &rest, err) == -1 ||
	    der_next(&last, &rest, err) == -1 || der_end(rest, err) == -1 ||
	    der_time(&c->not_before, &first, err) == -1 ||
	    der_time(&c->not_after, &last, err) == -1)
		return -1;
	return 0;
}

/* RFC 5280, 4.1: the parts that must be had byte for byte. */
static int
read_parts(struct certificate *c, struct error *err)
{
	struct span rest = c->der;
	struct der outer, body, part;

	if (der_check(rest, err) == -1 ||
	    der_take(&outer, &rest, DER_SEQUENCE, err) == -1 ||
	    der_end(rest, err) == -1)
		return -1;
	rest = outer.value;
	if (der_take(&body, &rest, DER_SEQUENCE, err) == -1)
		return -1;

	rest = body.value;
	if (der_take(&part, &rest, DER_0, err) == -1 || /* version */
	    der_take(&part, &rest, DER_INTEGER, err) == -1)
		return -1;
	c->serial = part.whole;
	if (der_take(&part, &rest, DER_SEQUENCE, err) == -1 || /* signature */
	    der_take(&part, &rest, DER_SEQUENCE, err) == -1)
		return -1;
	c->issuer = part.whole;
	if (der_take(&part, &rest, DER_SEQUENCE, err) == -1 ||
	    read_validity(c, part.value, err) == -1 ||
	    der_take(&part, &rest, DER_SEQUENCE, err) == -1 || /* subject */
	    der_take(&part, &rest, DER_SEQUENCE, err) == -1)
		return -1;
	c->spki = part.whole;
	return 0;
}

/*
 * RFC 5480, 2.1.1: all before the coordinates is the same in every P-256 key
 * of a named curve and an uncompressed point.
 */
static enum crypto_key
kind_of(const struct certificate *c)
{
	static const uint8_t p256[] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07,
		0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
		0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
		0x04 };
	int bits;

	if (c->key == NULL)
		return CRYPTO_KEY_OTHER;
	if (span_has_prefix(c->spki, span_of(p256, sizeof(p256))))
		return CRYPTO_KEY_P256;
	bits = EVP_PKEY_get_bits(c->key);
	if (EVP_PKEY_is_a(c->key, "RSA") && bits >= CERTIFICATE_RSA_BITS_MIN &&
	    bits <= CERTIFICATE_RSA_BITS_MAX)
		return CRYPTO_KEY_RSA;
	return CRYPTO_KEY_OTHER;
}

static char *
subject_text(X509 *x509)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = mem_new(SUBJECT_MAX);

	if (bio != NULL &&
	    X509_NAME_print_ex(bio, X509_get_subject_name(x509), 0,
		XN_FLAG_ONELINE) >= 0 &&
	    BIO_read(bio, text, (int)SUBJECT_MAX - 1) < 0)
		text[0] = '\0';
	BIO_free(bio);
	return text;
}

/* What libcrypto makes of the bytes. */
static int
decode(struct certificate *c, struct error *err)
{
	const uint8_t *p = c->der.ptr;
	const ASN1_OCTET_STRING *key_id;

	c->x509 = d2i_X509(NULL, &p, (long)c->der.len);
	if (c->x509 == NULL || p != c->der.ptr + c->der.len)
		return crypto_error(err, E_CERTIFICATE, "decoding");
	/* This also reads the extensions, once. */
	if (X509_get_extension_flags(c->x509) & EXFLAG_INVALID)
		return crypto_error(err, E_CERTIFICATE, "extensions");

	c->key = X509_get0_pubkey(c->x509);
	c->kind = kind_of(c);
	c->subject = subject_text(c->x509);
	key_id = X509_get0_subject_key_id(c->x509);
	if (key_id != NULL)
		c->key_id = span_of(ASN1_STRING_get0_data(key_id),
		    (size_t)ASN1_STRING_length(key_id));
	return 0;
}

int
certificate_parse(struct certificate **out, struct span der, struct error *err)
{
	struct certificate *c = NULL;
	struct error why;
	int rc = -1;

	if (der.len == 0 || der.len > CERTIFICATE_SIZE_MAX)
		return error_set(err, E_CERTIFICATE, "%zu bytes", der.len);

	c = mem_new(sizeof(*c));
	c->bytes = mem_new(der.len);
	memcpy(c->bytes, der.ptr, der.len);
	c->der = span_of(c->bytes, der.len);
	if (read_parts(c, &why) == -1) {
		fault(err, &why);
		goto out;
	}
	ERR_clear_error();
	if (decode(c, err) == -1)
		goto out;
	/* A key of an unknown kind is no fault yet. */
	ERR_clear_error();
	c->fingerprint = digest_of(c->der);
	*out = c;
	c = NULL;
	rc = 0;
out:
	certificate_free(c);
	return rc;
}

void
certificate_free(struct certificate *c)
{
	if (c == NULL)
		return;
	X509_free(c->x509);
	free(c->subject);
	free(c->bytes);
	free(c);
}

struct span
certificate_der(const struct certificate *c)
{
	return c->der;
}

struct hash
certificate_fingerprint(const struct certificate *c)
{
	return c->fingerprint;
}

struct hash
certificate_spki(const struct certificate *c)
{
	return digest_of(c->spki);
}

const char *
certificate_subject(const struct certificate *c)
{
	return c->subject;
}

struct instant
certificate_not_before(const struct certificate *c)
{
	return c->not_before;
}

struct instant
certificate_not_after(const struct certificate *c)
{
	return c->not_after;
}

bool
certificate_is_self_signed(const struct certificate *c)
{
	bool is_self_signed = X509_self_signed(c->x509, 1) == 1;

	ERR_clear_error();
	return is_self_signed;
}

void
certificate_write(struct buf *out, const struct certificate *c)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long len;

	if (bio == NULL || !PEM_write_bio_X509(bio, c->x509))
		mem_die("a certificate cannot be written");
	len = BIO_get_mem_data(bio, &text);
	buf_add(out, span_of(text, (size_t)len));
	BIO_free(bio);
}

/* The next certificate of ${bio}; NULL in ${out} at the end of the text. */
static int
read_next(struct span *out, BIO *bio, struct arena *arena, struct error *err)
{
	char *name = NULL, *header = NULL;
	unsigned char *der = NULL;
	long len;
	int rc = -1;

	*out = span_of(NULL, 0);
	if (!PEM_read_bio(bio, &name, &header, &der, &len)) {
		if (ERR_GET_REASON(ERR_peek_last_error()) ==
		    PEM_R_NO_START_LINE)
			rc = 0;
		else
			crypto_error(err, E_CERTIFICATE, "PEM");
		goto out;
	}
	if (strcmp(name, PEM_STRING_X509) != 0) {
		error_set(err, E_CERTIFICATE, "PEM of something else");
		goto out;
	}
	*out = arena_copy(arena, span_of(der, (size_t)len));
	rc = 0;
out:
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(der);
	return rc;
}

int
certificate_read_all(struct span *out, size_t max, size_t *n, struct span pem,
    struct arena *arena, struct error *err)
{
	struct span next = { NULL, 0 };
	BIO *bio = NULL;
	int rc = -1;

	*n = 0;
	if (pem.len == 0 || pem.len > (max + 1) * CERTIFICATE_PEM_MAX)
		return error_set(err, E_CERTIFICATE, "%zu bytes", pem.len);
	ERR_clear_error();
	if ((bio = BIO_new_mem_buf(pem.ptr, (int)pem.len)) == NULL) {
		crypto_error(err, E_SEAL_CRYPTO, "PEM");
		goto out;
	}
	for (;;) {
		if (read_next(&next, bio, arena, err) == -1)
			goto out;
		if (next.ptr == NULL)
			break;
		if (*n == max) {
			error_set(err, E_CERTIFICATE, "more than %zu", max);
			goto out;
		}
		out[(*n)++] = next;
	}
	rc = *n > 0 ? 0 : error_set(err, E_CERTIFICATE, "no PEM");
out:
	ERR_clear_error();
	BIO_free(bio);
	return rc;
}

int
certificate_read(struct span *out, struct span pem, struct arena *arena,
    struct error *err)
{
	struct span next = { NULL, 0 };
	BIO *bio;
	int rc;

	if (pem.len > CERTIFICATE_PEM_MAX)
		return error_set(err, E_CERTIFICATE, "%zu bytes", pem.len);
	ERR_clear_error();
	bio = BIO_new_mem_buf(pem.len > 0 ? pem.ptr : (const void *)"",
	    (int)pem.len);
	if (bio == NULL)
		return crypto_error(err, E_SEAL_CRYPTO, "PEM");
	rc = read_next(&next, bio, arena, err);
	if (rc == 0 && next.ptr == NULL)
		rc = error_set(err, E_CERTIFICATE, "no PEM");
	if (rc == 0)
		*out = next;
	ERR_clear_error();
	BIO_free(bio);
	return rc;
}
