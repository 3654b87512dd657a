/*
 * Sealed messages that libcrypto makes by its own API, each with one fault.
 */

#include <openssl/cms.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/error.h"
#include "seal/certificate.h"
#include "seal/random.h"
#include "seal/seal.h"
#include "tests/lab.h"
#include "tests/support/identities.h"
#include "tests/tap.h"

#define CONTENT "{\"v\":1,\"kind\":\"request\"}"

/* Signing that is right but for what a fault changes. */
#define FLAGS \
	(CMS_BINARY | CMS_NOSMIMECAP | CMS_NOCERTS | CMS_CADES | CMS_PARTIAL)

/* libcrypto's view of a party of ours. */
struct pen {
	X509 *x509;
	EVP_PKEY *key;
};

static void
must(bool it_went_well)
{
	if (!it_went_well)
		abort();
}

static struct pen
pen_of(const struct seal_key *key)
{
	struct span der = certificate_der(seal_key_certificate(key));
	const unsigned char *p = der.ptr;
	struct pen pen = { 0 };
	struct error err;
	struct buf buf;
	BIO *bio;

	buf_init(&buf, IDENTITY_KEY_MAX);
	must(seal_key_write(&buf, key, &err) == 0);
	bio = BIO_new_mem_buf(buf.ptr, (int)buf.len);
	pen.key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	pen.x509 = d2i_X509(NULL, &p, (long)der.len);
	must(pen.key != NULL && pen.x509 != NULL);
	BIO_free(bio);
	secret_clear(&buf);
	return pen;
}

static void
pen_clear(struct pen *pen)
{
	X509_free(pen->x509);
	EVP_PKEY_free(pen->key);
}

static void
set_time(CMS_SignerInfo *signer, int64_t at)
{
	ASN1_TIME *time = ASN1_TIME_set(NULL, (time_t)at);

	must(CMS_signed_add1_attr_by_NID(signer, NID_pkcs9_signingTime,
		 time->type, time, -1) == 1);
	ASN1_TIME_free(time);
}

/* What is different in a message. */
struct forgery {
	const char *name;
	enum error_code want;
	unsigned off, on; /* CMS_ flags to take away and to add */
	const char *md;   /* NULL: SHA256 */
	void (*change)(CMS_ContentInfo *cms, CMS_SignerInfo *signer,
	    struct pen *pen);
	bool is_changed_after; /* after the signature */
	bool is_any_time;      /* leave the time of signing out */
	int64_t later_s;       /* sign so much after IDENTITIES_NOW_S */
};

static void
add_signer(CMS_ContentInfo *cms, CMS_SignerInfo *signer UNUSED,
    struct pen *pen UNUSED)
{
	struct pen south = pen_of(identity_of(IDENTITY_SOUTH)->seal);
	CMS_SignerInfo *second;

	second =
	    CMS_add1_signer(cms, south.x509, south.key, EVP_sha256(), FLAGS);
	must(second != NULL);
	set_time(second, IDENTITIES_NOW_S);
	pen_clear(&south);
}

static void
add_attribute(CMS_ContentInfo *cms UNUSED, CMS_SignerInfo *signer,
    struct pen *pen UNUSED)
{
	must(CMS_signed_add1_attr_by_NID(signer, NID_pkcs9_unstructuredName,
		 V_ASN1_UTF8STRING, "x", 1) == 1);
}

static void
add_unsigned(CMS_ContentInfo *cms UNUSED, CMS_SignerInfo *signer,
    struct pen *pen UNUSED)
{
	must(CMS_unsigned_add1_attr_by_NID(signer, NID_pkcs9_unstructuredName,
		 V_ASN1_UTF8STRING, "x", 1) == 1);
}

static void
add_certificate(CMS_ContentInfo *cms, CMS_SignerInfo *signer UNUSED,
    struct pen *pen)
{
	must(CMS_add1_cert(cms, pen->x509));
}

static void
add_crl(CMS_ContentInfo *cms, CMS_SignerInfo *signer UNUSED, struct pen *pen)
{
	ASN1_TIME *time = ASN1_TIME_set(NULL, IDENTITIES_NOW_S);
	X509_CRL *crl = X509_CRL_new();

	must(X509_CRL_set_issuer_name(crl, X509_get_subject_name(pen->x509)) &&
	    X509_CRL_set1_lastUpdate(crl, time) &&
	    X509_CRL_sign(crl, pen->key, EVP_sha256()) &&
	    CMS_add1_crl(cms, crl));
	X509_CRL_free(crl);
	ASN1_TIME_free(time);
}

static void
add_fraction(CMS_ContentInfo *cms UNUSED, CMS_SignerInfo *signer,
    struct pen *pen UNUSED)
{
	static const char time[] = "20261122100000.5Z";

	must(CMS_signed_add1_attr_by_NID(signer, NID_pkcs9_signingTime,
		 V_ASN1_GENERALIZEDTIME, time, (int)strlen(time)) == 1);
}

static void
change_type(CMS_ContentInfo *cms, CMS_SignerInfo *signer UNUSED,
    struct pen *pen UNUSED)
{
	must(CMS_set1_eContentType(cms, OBJ_nid2obj(NID_id_smime_ct_TSTInfo)));
}

static const struct forgery forgeries[] = {
	/* clang-format off */
	{ .name = "none", .want = E_NONE },
	{ .name = "signer named by its key", .on = CMS_USE_KEYID },
	{ .name = "two signers", E_SEAL_SIGNERS, .change = add_signer },
	{ .name = "extra attribute", E_SEAL_ATTRIBUTES,
	    .change = add_attribute },
	{ .name = "S/MIME capabilities", E_SEAL_ATTRIBUTES,
	    .off = CMS_NOSMIMECAP },
	{ .name = "no signingCertificateV2", E_SEAL_ATTRIBUTE_MISSING,
	    .off = CMS_CADES },
	{ .name = "no attributes", E_SEAL_ATTRIBUTE_MISSING,
	    .off = CMS_CADES, .on = CMS_NOATTR, .is_any_time = true },
	{ .name = "unsigned attribute", E_SEAL_ATTRIBUTE_UNSIGNED,
	    .change = add_unsigned, .is_changed_after = true },
	{ .name = "certificate inside", E_SEAL_CERTIFICATES,
	    .change = add_certificate },
	{ .name = "CRL inside", E_SEAL_CRLS, .change = add_crl },
	{ .name = "detached", E_SEAL_DETACHED, .on = CMS_DETACHED },
	{ .name = "SHA-1", E_SEAL_ALGORITHM, .md = "SHA1" },
	{ .name = "SHA-512", E_SEAL_ALGORITHM, .md = "SHA512" },
	{ .name = "other type of content", E_SEAL_TYPE,
	    .change = change_type },
	{ .name = "before the certificate is valid", E_SEAL_EXPIRED,
	    .later_s = IDENTITIES_NOT_BEFORE_S - 1 - IDENTITIES_NOW_S },
	{ .name = "after the certificate was valid", E_SEAL_EXPIRED,
	    .later_s = IDENTITIES_NOT_AFTER_S - IDENTITIES_NOW_S },
	{ .name = "last second of the certificate",
	    .later_s = IDENTITIES_NOT_AFTER_S - 1 - IDENTITIES_NOW_S },
	{ .name = "fraction of a second", E_SEAL_TIME,
	    .change = add_fraction, .is_any_time = true },
	/* clang-format on */
};

static struct span
encode(CMS_ContentInfo *cms, struct arena *arena)
{
	unsigned char *der = NULL;
	int len = i2d_CMS_ContentInfo(cms, &der);
	struct span out;

	must(len > 0);
	out = arena_copy(arena, span_of(der, (size_t)len));
	OPENSSL_free(der);
	CMS_ContentInfo_free(cms);
	return out;
}

/* ${arena} holds what comes out. */
static struct span
forge(const struct forgery *f, struct arena *arena)
{
	struct pen pen = pen_of(identity_of(IDENTITY_NORTH)->seal);
	BIO *content = BIO_new_mem_buf(CONTENT, -1);
	unsigned flags = (FLAGS & ~f->off) | f->on;
	const EVP_MD *md =
	    f->md == NULL ? EVP_sha256() : EVP_get_digestbyname(f->md);
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, content, flags);
	CMS_SignerInfo *signer;

	must(cms != NULL);
	signer = CMS_add1_signer(cms, pen.x509, pen.key, md, flags);
	must(signer != NULL);
	if (!f->is_any_time)
		set_time(signer, IDENTITIES_NOW_S + f->later_s);
	if (f->change != NULL && !f->is_changed_after)
		f->change(cms, signer, &pen);
	must(CMS_final(cms, content, NULL, flags));
	if (f->change != NULL && f->is_changed_after)
		f->change(cms, signer, &pen);

	pen_clear(&pen);
	BIO_free(content);
	return encode(cms, arena);
}

/* What our reader says of ${der}, which North is to have sealed. */
static enum error_code
verdict(struct span der, struct arena *arena)
{
	const struct identity *north = identity_of(IDENTITY_NORTH);
	struct sealed sealed;
	struct error err;

	if (seal_open(&sealed, der, seal_key_certificate(north->seal), arena,
		&err) == 0)
		return E_NONE;
	tap_note("%s: %s", error_text(err.code), err.detail);
	return err.code;
}

TEST(each_fault_has_its_own_error_and_is_blamed_on_the_sealer)
{
	for (size_t i = 0; i < COUNT_OF(forgeries); i++) {
		struct arena *arena = lab_arena();
		enum error_code got =
		    verdict(forge(&forgeries[i], arena), arena);

		tap_note("%s", forgeries[i].name);
		check_str(error_name(got), error_name(forgeries[i].want));
		if (got != E_NONE)
			check_int(error_fault(got), FAULT_PEER);
	}
}

/* libcrypto itself takes what we take: ours is the narrower form. */
TEST(libcrypto_verifies_what_we_sealed)
{
	const struct identity *north = identity_of(IDENTITY_NORTH);
	struct pen pen = pen_of(north->seal);
	STACK_OF(X509) *signers = sk_X509_new_null();
	struct arena *arena = lab_arena();
	const unsigned char *p;
	CMS_ContentInfo *cms;
	struct error err;
	struct span der;

	require(seal_sign(&der, span_text(CONTENT), north->seal,
		    instant_of(IDENTITIES_NOW_S), arena, &err) == 0);
	p = der.ptr;
	cms = d2i_CMS_ContentInfo(NULL, &p, (long)der.len);
	require(cms != NULL);
	check_int(i2d_CMS_ContentInfo(cms, NULL), (int)der.len);
	sk_X509_push(signers, pen.x509);
	check_int(CMS_verify(cms, signers, NULL, NULL, NULL,
		      CMS_BINARY | CMS_NOINTERN | CMS_NO_SIGNER_CERT_VERIFY),
	    1);
	sk_X509_free(signers);
	CMS_ContentInfo_free(cms);
	pen_clear(&pen);
}

TEST(an_encrypted_message_is_not_a_seal)
{
	struct pen pen = pen_of(identity_of(IDENTITY_NORTH)->encryption);
	BIO *content = BIO_new_mem_buf(CONTENT, -1);
	STACK_OF(X509) *to = sk_X509_new_null();
	struct arena *arena = lab_arena();
	CMS_ContentInfo *cms;

	sk_X509_push(to, pen.x509);
	cms = CMS_encrypt(to, content, EVP_aes_256_cbc(), CMS_BINARY);
	require(cms != NULL);
	check_int(verdict(encode(cms, arena), arena), E_SEAL_TYPE);
	sk_X509_free(to);
	BIO_free(content);
	pen_clear(&pen);
}

TEST(a_stream_of_indefinite_length_is_not_der)
{
	struct pen pen = pen_of(identity_of(IDENTITY_NORTH)->seal);
	BIO *content = BIO_new_mem_buf(CONTENT, -1);
	BIO *out = BIO_new(BIO_s_mem());
	unsigned flags = FLAGS | CMS_STREAM;
	struct arena *arena = lab_arena();
	CMS_ContentInfo *cms;
	char *bytes;
	long len;

	cms = CMS_sign(NULL, NULL, NULL, content, flags);
	must(cms != NULL);
	set_time(CMS_add1_signer(cms, pen.x509, pen.key, EVP_sha256(), flags),
	    IDENTITIES_NOW_S);
	must(i2d_CMS_bio_stream(out, cms, content, (int)flags));
	len = BIO_get_mem_data(out, &bytes);
	check_int(verdict(span_of(bytes, (size_t)len), arena), E_SEAL_NOT_DER);
	CMS_ContentInfo_free(cms);
	BIO_free(out);
	BIO_free(content);
	pen_clear(&pen);
}

/* Made with the openssl command, with certificate and receipt request. */
TEST(shared_vectors_of_other_forms_are_refused)
{
	static const char *const names[] = { "req.cms", "req2.cms",
		"req.receipt.cms" };
	struct arena *arena = lab_arena();
	struct certificate *a;
	struct sealed sealed;
	struct error err;
	struct span der;

	if (!lab_has_shared("vectors/worked/cms/req.cms"))
		skip("no shared vectors");
	require(certificate_read(&der,
		    lab_shared(arena, "vectors/worked/cms/a.pem"), arena,
		    &err) == 0);
	require(certificate_parse(&a, der, &err) == 0);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		const char *path =
		    arena_printf(arena, "vectors/worked/cms/%s", names[i]);

		check(seal_open(&sealed, lab_shared(arena, path), a, arena,
			  &err) == -1);
		tap_note("%s: %s", names[i], error_text(err.code));
		/* A receipt is of another type of content. */
		check_int(err.code, i == 2 ? E_SEAL_TYPE : E_SEAL_CERTIFICATES);
	}
	certificate_free(a);
}
