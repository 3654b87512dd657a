#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "seal/certificate.h"
#include "seal/crl.h"
#include "seal/crl_parts.h"
#include "seal/crypto.h"
#include "seal/der.h"

/* The issuer as text: what is longer is cut. */
#define ISSUER_MAX ((size_t)1024)

/* Lists have a day's precision at best: a fault in a time is theirs. */
static int
read_time(struct instant *out, const ASN1_TIME *time, struct error *err)
{
	struct tm tm;
	struct der element = { .tag = 0 };
	struct error why;

	if (time == NULL || !ASN1_TIME_to_tm(time, &tm))
		return error_set(err, E_CRL, "a time is missing or wrong");
	element.tag =
	    ASN1_STRING_type(time) == V_ASN1_UTCTIME ? DER_UTC_TIME : DER_TIME;
	element.value = span_of(ASN1_STRING_get0_data(time),
	    (size_t)ASN1_STRING_length(time));
	if (der_time(out, &element, &why) == -1)
		return error_set(err, E_CRL, "%.60s", error_text(why.code));
	return 0;
}

static char *
issuer_text(const X509_CRL *list)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = mem_new(ISSUER_MAX);

	if (bio != NULL &&
	    X509_NAME_print_ex(bio, X509_CRL_get_issuer(list), 0,
		XN_FLAG_ONELINE) >= 0 &&
	    BIO_read(bio, text, (int)ISSUER_MAX - 1) < 0)
		text[0] = '\0';
	BIO_free(bio);
	return text;
}

int
crl_parse(struct crl **out, struct span der, struct error *err)
{
	const uint8_t *p = der.ptr;
	struct crl *crl = NULL;
	struct error why;
	int rc = -1;

	if (der.len == 0 || der.len > CRL_SIZE_MAX)
		return error_set(err, E_CRL, "%zu bytes", der.len);
	/* One way to write it, so that it comes back as it is. */
	if (der_check(der, &why) == -1)
		return error_set(err, E_CRL, "%.60s", error_text(why.code));
	ERR_clear_error();
	crl = mem_new(sizeof(*crl));
	crl->list = d2i_X509_CRL(NULL, &p, (long)der.len);
	if (crl->list == NULL || p != der.ptr + der.len) {
		crypto_error(err, E_CRL, "decoding");
		goto out;
	}
	if (read_time(&crl->this_update, X509_CRL_get0_lastUpdate(crl->list),
		err) == -1 ||
	    read_time(&crl->next_update, X509_CRL_get0_nextUpdate(crl->list),
		err) == -1)
		goto out;
	crl->issuer = issuer_text(crl->list);
	*out = crl;
	crl = NULL;
	rc = 0;
out:
	ERR_clear_error();
	crl_free(crl);
	return rc;
}

void
crl_free(struct crl *crl)
{
	if (crl == NULL)
		return;
	X509_CRL_free(crl->list);
	free(crl->issuer);
	free(crl);
}

int
crl_read(struct span *out, struct span file, struct arena *arena,
    struct error *err)
{
	static const char begin[] = "-----BEGIN";
	char *name = NULL, *header = NULL;
	unsigned char *der = NULL;
	BIO *bio = NULL;
	long len;
	int rc = -1;

	if (file.len == 0 || file.len > CRL_FILE_MAX)
		return error_set(err, E_CRL, "%zu bytes", file.len);
	if (memmem(file.ptr, file.len, begin, sizeof(begin) - 1) == NULL) {
		*out = file;
		return 0;
	}
	ERR_clear_error();
	if ((bio = BIO_new_mem_buf(file.ptr, (int)file.len)) == NULL) {
		crypto_error(err, E_SEAL_CRYPTO, "PEM");
		goto out;
	}
	if (!PEM_read_bio(bio, &name, &header, &der, &len)) {
		crypto_error(err, E_CRL, "PEM");
		goto out;
	}
	if (strcmp(name, PEM_STRING_X509_CRL) != 0) {
		error_set(err, E_CRL, "PEM of something else");
		goto out;
	}
	*out = arena_copy(arena, span_of(der, (size_t)len));
	rc = 0;
out:
	ERR_clear_error();
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(der);
	BIO_free(bio);
	return rc;
}

void
crl_write(struct buf *out, const struct crl *crl)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long len;

	if (bio == NULL || !PEM_write_bio_X509_CRL(bio, crl->list))
		mem_die("a list of revoked certificates cannot be written");
	len = BIO_get_mem_data(bio, &text);
	buf_add(out, span_of(text, (size_t)len));
	BIO_free(bio);
}

const char *
crl_issuer(const struct crl *crl)
{
	return crl->issuer;
}

struct instant
crl_this_update(const struct crl *crl)
{
	return crl->this_update;
}

struct instant
crl_next_update(const struct crl *crl)
{
	return crl->next_update;
}

bool
crl_is_of_time(const struct crl *crl, struct instant at)
{
	return !instant_is_before(at, crl->this_update) &&
	    instant_is_before(at, crl->next_update);
}
