#include "tests/support/authority.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct authority {
	EVP_PKEY *key;
	X509 *x509;
	struct span der;
};

static void
must(bool is_fine, const char *what)
{
	if (!is_fine)
		mem_die(what);
}

static struct span
copied(const void *bytes, size_t len)
{
	uint8_t *copy = mem_new(len);

	memcpy(copy, bytes, len);
	return span_of(copy, len);
}

static void
drop(struct span *bytes)
{
	free((void *)(uintptr_t)bytes->ptr);
	*bytes = span_of(NULL, 0);
}

static struct span
der_of(X509 *x509)
{
	uint8_t *der = NULL;
	int len = i2d_X509(x509, &der);
	struct span out;

	must(len > 0, "DER of a certificate");
	out = copied(der, (size_t)len);
	OPENSSL_free(der);
	return out;
}

static void
set_time(ASN1_TIME *time, struct instant at)
{
	must(ASN1_TIME_adj(time, (time_t)at.s, 0, 0) != NULL, "a time");
}

static void
add_extension(X509 *x509, int nid, const char *text)
{
	X509_EXTENSION *extension;
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, x509, x509, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, text);
	must(extension != NULL && X509_add_ext(x509, extension, -1),
	    "an extension");
	X509_EXTENSION_free(extension);
}

static void
set_names(X509 *x509, const char *name, const struct authority *above)
{
	X509_NAME *subject = X509_get_subject_name(x509);
	uint64_t serial;

	must(X509_NAME_add_entry_by_txt(subject, "C", MBSTRING_UTF8,
		 (const unsigned char *)"XN", -1, -1, 0) &&
		X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
		    (const unsigned char *)name, -1, -1, 0) &&
		X509_set_issuer_name(x509,
		    above == NULL ? subject :
				    X509_get_subject_name(above->x509)),
	    "a name");
	must(RAND_bytes((unsigned char *)&serial, sizeof(serial)) == 1 &&
		ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509),
		    serial >> 1 | 1),
	    "a serial number");
}

static X509 *
make_certificate(const char *name, EVP_PKEY *key, const struct authority *above,
    bool is_authority, struct instant not_before, struct instant not_after)
{
	X509 *x509 = X509_new();

	must(x509 != NULL && X509_set_version(x509, X509_VERSION_3) &&
		X509_set_pubkey(x509, key),
	    "a certificate");
	set_names(x509, name, above);
	set_time(X509_getm_notBefore(x509), not_before);
	set_time(X509_getm_notAfter(x509), not_after);
	add_extension(x509, NID_basic_constraints,
	    is_authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
	add_extension(x509, NID_key_usage,
	    is_authority ? "critical,keyCertSign,cRLSign" :
			   "critical,digitalSignature");
	add_extension(x509, NID_subject_key_identifier, "hash");
	must(X509_sign(x509, above == NULL ? key : above->key, EVP_sha256()) >
		0,
	    "a signature");
	return x509;
}

struct authority *
authority_new(const char *name, const struct authority *above,
    struct instant not_before, struct instant not_after)
{
	struct authority *out = mem_new(sizeof(*out));

	out->key = EVP_EC_gen("P-256");
	must(out->key != NULL, "a key");
	out->x509 = make_certificate(name, out->key, above, true, not_before,
	    not_after);
	out->der = der_of(out->x509);
	return out;
}

void
authority_free(struct authority *authority)
{
	if (authority == NULL)
		return;
	EVP_PKEY_free(authority->key);
	X509_free(authority->x509);
	drop(&authority->der);
	free(authority);
}

struct span
authority_certificate(const struct authority *authority)
{
	return authority->der;
}

static struct span
pem_of(EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());
	struct span out;
	char *text;
	long len;

	must(bio != NULL &&
		PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL,
		    NULL),
	    "PEM of a key");
	len = BIO_get_mem_data(bio, &text);
	out = copied(text, (size_t)len);
	BIO_free(bio);
	return out;
}

void
authority_issue(struct authority_seal *out, const char *party,
    const struct authority *const *above, size_t n, struct instant not_before,
    struct instant not_after)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x509;

	must(key != NULL, "a key");
	x509 = make_certificate(party, key, above[0], false, not_before,
	    not_after);
	*out = (struct authority_seal){ .key = pem_of(key),
		.certificate = der_of(x509) };
	for (; out->above_n < n; out->above_n++)
		out->above[out->above_n] = above[out->above_n]->der;
	X509_free(x509);
	EVP_PKEY_free(key);
}

void
authority_seal_clear(struct authority_seal *seal)
{
	drop(&seal->key);
	drop(&seal->certificate);
}

static void
add_revoked(X509_CRL *list, struct span der, struct instant since)
{
	const uint8_t *p = der.ptr;
	X509 *x509 = d2i_X509(NULL, &p, (long)der.len);
	X509_REVOKED *entry = X509_REVOKED_new();
	ASN1_TIME *time = ASN1_TIME_new();

	must(x509 != NULL && entry != NULL && time != NULL, "an entry");
	set_time(time, since);
	must(X509_REVOKED_set_serialNumber(entry,
		 X509_get_serialNumber(x509)) &&
		X509_REVOKED_set_revocationDate(entry, time) &&
		X509_CRL_add0_revoked(list, entry),
	    "an entry");
	ASN1_TIME_free(time);
	X509_free(x509);
}

struct span
authority_list(const struct authority *authority, struct instant this_update,
    struct instant next_update, const struct span *revoked, size_t n,
    struct instant since)
{
	X509_CRL *list = X509_CRL_new();
	ASN1_TIME *time = ASN1_TIME_new();
	uint8_t *der = NULL;
	struct span out;
	int len;

	must(list != NULL && time != NULL && X509_CRL_set_version(list, 1) &&
		X509_CRL_set_issuer_name(list,
		    X509_get_subject_name(authority->x509)),
	    "a list");
	set_time(time, this_update);
	must(X509_CRL_set1_lastUpdate(list, time), "a list");
	set_time(time, next_update);
	must(X509_CRL_set1_nextUpdate(list, time), "a list");
	for (size_t i = 0; i < n; i++)
		add_revoked(list, revoked[i], since);
	must(X509_CRL_sort(list) &&
		X509_CRL_sign(list, authority->key, EVP_sha256()) > 0,
	    "a list");
	len = i2d_X509_CRL(list, &der);
	must(len > 0, "a list");
	out = copied(der, (size_t)len);
	OPENSSL_free(der);
	ASN1_TIME_free(time);
	X509_CRL_free(list);
	return out;
}
