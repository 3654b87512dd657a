/*
 * What we seal is good for the openssl command, and what it seals in our form
 * is good for us.
 */

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/error.h"
#include "seal/certificate.h"
#include "seal/identity.h"
#include "seal/random.h"
#include "seal/seal.h"
#include "tests/lab.h"
#include "tests/support/identities.h"
#include "tests/support/openssl.h"
#include "tests/tap.h"

#define ARGS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* Where the files of one test are. */
struct bench {
	struct arena *arena;
	const char *record, *signer, *key, *content;
};

static void
write_buf(const char *path, struct buf *buf)
{
	lab_write(path, buf_span(buf));
	secret_clear(buf);
}

static struct bench
bench_of(const struct seal_key *key)
{
	struct bench b = { .arena = lab_arena() };
	const char *dir = lab_directory();
	struct error err;
	struct buf buf;

	b.record = arena_printf(b.arena, "%s/record.p7m", dir);
	b.signer = arena_printf(b.arena, "%s/seal.pem", dir);
	b.key = arena_printf(b.arena, "%s/key.pem", dir);
	b.content = arena_printf(b.arena, "%s/content", dir);
	buf_init(&buf, CERTIFICATE_SIZE_MAX * 2);
	certificate_write(&buf, seal_key_certificate(key));
	write_buf(b.signer, &buf);
	buf_init(&buf, IDENTITY_KEY_MAX);
	if (seal_key_write(&buf, key, &err) == -1)
		abort();
	write_buf(b.key, &buf);
	return b;
}

/* The check that the protocol promises, as of ${at}. */
static int
verify(char **said, const struct bench *b, const char *anchors, int64_t at)
{
	return openssl_run(said, b->arena,
	    ARGS("cms", "-verify", "-cades", "-purpose", "any", "-inform",
		"DER", "-in", b->record, "-certfile", b->signer, "-CAfile",
		anchors, "-attime",
		arena_printf(b->arena, "%lld", (long long)at), "-out",
		b->content));
}

static void
seal_to_file(const struct bench *b, const struct seal_key *key,
    const char *text, int64_t at)
{
	struct span der = { 0 };
	struct error err;

	if (seal_sign(&der, span_text(text), key, instant_of(at), b->arena,
		&err) == -1)
		tap_note("%s: %s", error_text(err.code), err.detail);
	lab_write(b->record, der);
}

TEST(the_openssl_command_verifies_what_a_self_signed_certificate_sealed)
{
	const struct seal_key *key = identity_of(IDENTITY_NORTH)->seal;
	struct bench b;
	struct span content;
	char *said;

	if (!openssl_is_here())
		skip("no openssl command");
	b = bench_of(key);
	seal_to_file(&b, key, "{\"v\":1}\n", IDENTITIES_NOW_S);
	if (!check_int(verify(&said, &b, b.signer, IDENTITIES_NOW_S), 0))
		tap_note("%s", said);
	content = lab_file(b.arena, b.content);
	check_mem(content.ptr, content.len, "{\"v\":1}\n", 8);
}

TEST(the_openssl_command_refuses_another_certificate_and_another_time)
{
	const struct seal_key *key = identity_of(IDENTITY_NORTH)->seal;
	struct bench b, other;
	char *said;

	if (!openssl_is_here())
		skip("no openssl command");
	b = bench_of(key);
	other = bench_of(identity_of(IDENTITY_SOUTH)->seal);
	seal_to_file(&b, key, "{}", IDENTITIES_NOW_S);
	check(verify(&said, &b, b.signer, IDENTITIES_NOT_AFTER_S) > 0);
	b.signer = other.signer;
	check(verify(&said, &b, other.signer, IDENTITIES_NOW_S) > 0);
}

TEST(the_openssl_command_agrees_on_the_first_and_last_second)
{
	static const int64_t times[] = { IDENTITIES_NOT_BEFORE_S,
		IDENTITIES_NOT_AFTER_S - 1 };
	const struct seal_key *key = identity_of(IDENTITY_NORTH)->seal;
	struct bench b;
	char *said;

	if (!openssl_is_here())
		skip("no openssl command");
	b = bench_of(key);
	for (size_t i = 0; i < COUNT_OF(times); i++) {
		seal_to_file(&b, key, "{}", times[i]);
		if (!check_int(verify(&said, &b, b.signer, times[i]), 0))
			tap_note("%s", said);
	}
}

/* Two runs of openssl(1) make an authority and a certificate from it. */
static int
issue(const struct bench *b, const char *dir, const char *const kind[2])
{
	const char *ca = arena_printf(b->arena, "%s/ca.pem", dir);
	const char *ca_key = arena_printf(b->arena, "%s/ca.key", dir);
	const char *csr = arena_printf(b->arena, "%s/csr", dir);
	const char *ext = arena_printf(b->arena, "%s/ext", dir);
	char *said;

	lab_write(ext,
	    span_text("basicConstraints=critical,CA:FALSE\n"
		      "keyUsage=critical,digitalSignature\n"
		      "extendedKeyUsage=emailProtection\n"));
	if (openssl_run(&said, b->arena,
		ARGS("req", "-x509", "-newkey", "ec", "-pkeyopt",
		    "ec_paramgen_curve:P-256", "-nodes", "-keyout", ca_key,
		    "-out", ca, "-subj", "/CN=Test authority", "-days", "3650",
		    "-addext", "keyUsage=critical,keyCertSign")) != 0 ||
	    openssl_run(&said, b->arena,
		ARGS("req", "-new", "-newkey", kind[0], "-pkeyopt", kind[1],
		    "-nodes", "-keyout", b->key, "-out", csr, "-subj",
		    "/C=XN/CN=cert.north.example")) != 0 ||
	    openssl_run(&said, b->arena,
		ARGS("x509", "-req", "-in", csr, "-CA", ca, "-CAkey", ca_key,
		    "-CAcreateserial", "-days", "365", "-extfile", ext, "-out",
		    b->signer)) != 0) {
		tap_note("%s", said);
		return -1;
	}
	return 0;
}

static void
try_issued(const char *const kind[2])
{
	struct bench b = bench_of(identity_of(IDENTITY_NORTH)->seal);
	const char *dir = lab_directory();
	const char *ca = arena_printf(b.arena, "%s/ca.pem", dir);
	struct seal_key *key = NULL;
	struct span der, anchor;
	struct sealed sealed;
	struct error err;
	int64_t at;
	char *said;

	require(issue(&b, dir, kind) == 0);
	require(certificate_read(&der, lab_file(b.arena, b.signer), b.arena,
		    &err) == 0);
	require(certificate_read(&anchor, lab_file(b.arena, ca), b.arena,
		    &err) == 0);
	require(seal_key_read(&key, lab_file(b.arena, b.key), der, &err) == 0);
	at = certificate_not_before(seal_key_certificate(key)).s + 3600;
	check(certificate_check_sealing(seal_key_certificate(key), &anchor, 1,
		  instant_of(at), &err) == 0);

	seal_to_file(&b, key, "from an authority", at);
	if (!check_int(verify(&said, &b, ca, at), 0))
		tap_note("%s", said);
	check(seal_open(&sealed, lab_file(b.arena, b.record),
		  seal_key_certificate(key), b.arena, &err) == 0);
	seal_key_free(key);
}

TEST(the_openssl_command_verifies_what_an_issued_certificate_sealed)
{
	if (!openssl_is_here())
		skip("no openssl command");
	try_issued((const char *const[]){ "ec", "ec_paramgen_curve:P-256" });
}

TEST(the_openssl_command_verifies_what_an_rsa_key_of_3072_bits_sealed)
{
	if (!openssl_is_here())
		skip("no openssl command");
	try_issued((const char *const[]){ "rsa", "rsa_keygen_bits:3072" });
}

/* What "openssl cms -sign" makes with our form's options and ${more}. */
static int
sign_with_command(const struct bench *b, const char *more)
{
	char *said;
	int status;

	lab_write(b->content, span_text("{\"v\":1}"));
	status = openssl_run(&said, b->arena,
	    ARGS("cms", "-sign", "-cades", "-binary", "-nodetach",
		"-nosmimecap", "-nocerts", "-md", "sha256", "-outform", "DER",
		"-in", b->content, "-signer", b->signer, "-inkey", b->key,
		"-out", b->record, more));
	if (status != 0)
		tap_note("%s", said);
	return status;
}

TEST(what_the_openssl_command_sealed_in_our_form_opens)
{
	struct sealed sealed;
	struct seal_key *key;
	struct error err;
	struct bench b;

	if (!openssl_is_here())
		skip("no openssl command");
	/* It signs at the time of the machine. */
	key = identity_key("cert.north.example", SEAL_ROLE_SEAL, "any time",
	    instant_of(0), instant_of(INSTANT_S_MAX));
	b = bench_of(key);

	require(sign_with_command(&b, NULL) == 0);
	check(seal_open(&sealed, lab_file(b.arena, b.record),
		  seal_key_certificate(key), b.arena, &err) == 0);
	check(span_is_text(sealed.content, "{\"v\":1}"));

	require(sign_with_command(&b, "-keyid") == 0);
	check(seal_open(&sealed, lab_file(b.arena, b.record),
		  seal_key_certificate(key), b.arena, &err) == 0);
	check(span_is_text(sealed.content, "{\"v\":1}"));
	seal_key_free(key);
}
