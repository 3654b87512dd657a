#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/error.h"
#include "seal/certificate.h"
#include "seal/der.h"
#include "seal/digest.h"
#include "seal/identity.h"
#include "seal/random.h"
#include "tests/lab.h"
#include "tests/support/identities.h"
#include "tests/support/openssl.h"
#include "tests/tap.h"

#define ARGS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static const struct certificate *
north(void)
{
	return seal_key_certificate(identity_of(IDENTITY_NORTH)->seal);
}

static enum error_code
check_as(const struct certificate *c, const struct span *anchors, size_t n,
    int64_t at)
{
	struct error err;

	if (certificate_check_sealing(c, anchors, n, instant_of(at), &err) == 0)
		return E_NONE;
	tap_note("%s: %s", error_text(err.code), err.detail);
	return err.code;
}

TEST(a_certificate_names_the_party_its_time_and_nobody_else)
{
	const struct certificate *c = north();

	check_str(certificate_subject(c), "C = XN, CN = cert.north.example");
	check_int(certificate_not_before(c).s, IDENTITIES_NOT_BEFORE_S);
	check_int(certificate_not_after(c).s, IDENTITIES_NOT_AFTER_S);
	check(certificate_is_self_signed(c));
}

TEST(a_self_signed_sealing_certificate_can_seal_while_it_is_valid)
{
	check_int(check_as(north(), NULL, 0, IDENTITIES_NOW_S), E_NONE);
	check_int(check_as(north(), NULL, 0, IDENTITIES_NOT_BEFORE_S), E_NONE);
	check_int(check_as(north(), NULL, 0, IDENTITIES_NOT_AFTER_S - 1),
	    E_NONE);
	check_int(check_as(north(), NULL, 0, IDENTITIES_NOT_BEFORE_S - 1),
	    E_SEAL_EXPIRED);
	check_int(check_as(north(), NULL, 0, IDENTITIES_NOT_AFTER_S),
	    E_SEAL_EXPIRED);
}

TEST(a_certificate_long_expired_is_judged_as_of_its_time)
{
	struct seal_key *old =
	    identity_key("cert.north.example", SEAL_ROLE_SEAL, "old",
		instant_of(1000000000), instant_of(1000003600));
	const struct certificate *c = seal_key_certificate(old);

	check_int(check_as(c, NULL, 0, 1000000000), E_NONE);
	check_int(check_as(c, NULL, 0, IDENTITIES_NOW_S), E_SEAL_EXPIRED);
	seal_key_free(old);
}

TEST(each_role_has_its_own_certificate)
{
	const struct identity *id = identity_of(IDENTITY_NORTH);
	const struct certificate *seal = seal_key_certificate(id->seal);
	const struct certificate *wrap = seal_key_certificate(id->encryption);
	const struct certificate *tls = seal_key_certificate(id->tls);
	struct instant now = instant_of(IDENTITIES_NOW_S);
	struct error err;

	check_int(check_as(wrap, NULL, 0, IDENTITIES_NOW_S), E_CERTIFICATE);
	check_int(check_as(tls, NULL, 0, IDENTITIES_NOW_S), E_CERTIFICATE);
	check(certificate_check_encryption(wrap, NULL, 0, now, &err) == 0);
	check(certificate_check_encryption(seal, NULL, 0, now, &err) == -1);
	check_int(err.code, E_CERTIFICATE);
}

TEST(a_certificate_cut_or_lengthened_is_refused)
{
	struct arena *arena = lab_arena();
	struct span der = certificate_der(north());
	uint8_t *more = arena_alloc(arena, der.len + 1);
	struct certificate *c;
	struct error err;

	memcpy(more, der.ptr, der.len);
	check(certificate_parse(&c, span_of(more, der.len + 1), &err) == -1);
	check_int(err.code, E_CERTIFICATE);
	for (size_t len = 0; len < der.len; len++) {
		check(certificate_parse(&c, span_of(der.ptr, len), &err) == -1);
		check_int(err.code, E_CERTIFICATE);
	}
	more = arena_alloc(arena, CERTIFICATE_SIZE_MAX + 1);
	check(certificate_parse(&c, span_of(more, CERTIFICATE_SIZE_MAX + 1),
		  &err) == -1);
	check_int(err.code, E_CERTIFICATE);
}

/* Whatever is read, nothing but the one certificate can seal. */
TEST(a_certificate_with_any_bit_changed_cannot_seal)
{
	struct arena *arena = lab_arena();
	struct span der = arena_copy(arena, certificate_der(north()));
	uint8_t *bytes = arena_alloc(arena, der.len);
	struct certificate *c;
	struct error err;

	memcpy(bytes, der.ptr, der.len);
	for (size_t i = 0; i < der.len * 8; i++) {
		bytes[i / 8] ^= (uint8_t)(1u << i % 8);
		if (certificate_parse(&c, span_of(bytes, der.len), &err) == 0) {
			if (certificate_check_sealing(c, NULL, 0,
				instant_of(IDENTITIES_NOW_S), &err) == 0)
				check_int((long long)i, -1);
			certificate_free(c);
		}
		bytes[i / 8] ^= (uint8_t)(1u << i % 8);
	}
}

/* libcrypto would read it; two encodings would have two fingerprints. */
TEST(a_certificate_with_a_padded_length_is_refused)
{
	struct span der = certificate_der(north()), in = der, rest;
	struct der outer, part;
	struct certificate *c;
	struct buf parts, whole;
	struct error err;

	buf_init(&parts, CERTIFICATE_SIZE_MAX);
	buf_init(&whole, CERTIFICATE_SIZE_MAX);
	require(der_next(&outer, &in, &err) == 0);
	rest = outer.value;
	for (int i = 0; i < 2; i++) {
		require(der_next(&part, &rest, &err) == 0);
		buf_add(&parts, part.whole);
	}
	require(der_next(&part, &rest, &err) == 0);
	buf_u8(&parts, part.tag);
	buf_u8(&parts, 0x81);
	buf_u8(&parts, (uint8_t)part.value.len);
	buf_add(&parts, part.value);
	der_put(&whole, DER_SEQUENCE, buf_span(&parts));
	check_int((long long)whole.len, (long long)der.len + 1);
	check(certificate_parse(&c, buf_span(&whole), &err) == -1);
	check_int(err.code, E_CERTIFICATE);
	buf_clear(&parts);
	buf_clear(&whole);
}

TEST(pem_goes_out_and_comes_back)
{
	struct arena *arena = lab_arena();
	struct error err;
	struct span der;
	struct buf buf;

	buf_init(&buf, 2 * CERTIFICATE_SIZE_MAX);
	certificate_write(&buf, north());
	check(certificate_read(&der, buf_span(&buf), arena, &err) == 0);
	check(span_is_equal(der, certificate_der(north())));
	buf_clear(&buf);
	check(certificate_read(&der, span_text("no PEM"), arena, &err) == -1);
	check_int(err.code, E_CERTIFICATE);
	check(certificate_read(&der, span_of(NULL, 0), arena, &err) == -1);
}

TEST(a_private_key_is_not_read_as_a_certificate)
{
	struct arena *arena = lab_arena();
	struct error err;
	struct span der;
	struct buf buf;

	buf_init(&buf, IDENTITY_KEY_MAX);
	require(
	    seal_key_write(&buf, identity_of(IDENTITY_NORTH)->seal, &err) == 0);
	check(certificate_read(&der, buf_span(&buf), arena, &err) == -1);
	check_int(err.code, E_CERTIFICATE);
	secret_clear(&buf);
}

/* Shared vectors: a.pem and b.pem are issued by ca.pem. */
TEST(an_issued_certificate_needs_its_authority)
{
	struct arena *arena = lab_arena();
	struct span a_der, ca_der, tsa_der, own;
	struct certificate *a, *ca, *tsa;
	struct error err;
	int64_t at;

	if (!lab_has_shared("vectors/worked/cms/a.pem"))
		skip("no shared vectors");
	require(certificate_read(&a_der,
		    lab_shared(arena, "vectors/worked/cms/a.pem"), arena,
		    &err) == 0);
	require(certificate_read(&ca_der,
		    lab_shared(arena, "vectors/worked/cms/ca.pem"), arena,
		    &err) == 0);
	require(certificate_read(&tsa_der,
		    lab_shared(arena, "vectors/worked/cms/tsa.pem"), arena,
		    &err) == 0);
	require(certificate_parse(&a, a_der, &err) == 0);
	require(certificate_parse(&ca, ca_der, &err) == 0);
	require(certificate_parse(&tsa, tsa_der, &err) == 0);
	at = certificate_not_before(a).s + 60;
	own = certificate_der(north());

	check(!certificate_is_self_signed(a));
	check(certificate_is_self_signed(ca));
	check_int(check_as(a, &ca_der, 1, at), E_NONE);
	check_int(check_as(a, NULL, 0, at), E_CERTIFICATE);
	check_int(check_as(a, &own, 1, at), E_CERTIFICATE);
	check_int(check_as(a, &a_der, 1, at), E_CERTIFICATE);
	/* For certificates and CRLs only; for time stamps only. */
	check_int(check_as(ca, NULL, 0, at), E_CERTIFICATE);
	check_int(check_as(tsa, &ca_der, 1, at), E_CERTIFICATE);
	certificate_free(a);
	certificate_free(ca);
	certificate_free(tsa);
}

/* A self-signed certificate by the command, of ${kind} and with ${usage}. */
static enum error_code
check_made(const char *kind, const char *option, const char *usage)
{
	struct arena *arena = lab_arena();
	const char *dir = lab_directory();
	const char *pem = arena_printf(arena, "%s/c.pem", dir);
	struct certificate *c;
	enum error_code code;
	struct error err;
	struct span der;
	char *said;

	if (openssl_run(&said, arena,
		ARGS("req", "-x509", "-newkey", kind, "-pkeyopt", option,
		    "-nodes", "-keyout", arena_printf(arena, "%s/k", dir),
		    "-subj", "/CN=cert.north.example", "-out", pem, "-days",
		    "2", "-addext", usage)) != 0) {
		tap_note("%s", said);
		return E_INTERNAL;
	}
	if (certificate_read(&der, lab_file(arena, pem), arena, &err) == -1 ||
	    certificate_parse(&c, der, &err) == -1)
		return err.code;
	code = check_as(c, NULL, 0, certificate_not_before(c).s);
	certificate_free(c);
	return code;
}

TEST(only_keys_and_usages_that_are_allowed_can_seal)
{
	static const char good[] = "keyUsage=critical,digitalSignature";
	static const struct {
		const char *kind, *option, *usage;
		enum error_code want;
	} made[] = {
		/* clang-format off */
		{ "ec", "ec_paramgen_curve:P-256", good, E_NONE },
		{ "ec", "ec_paramgen_curve:P-256",
		    "keyUsage=nonRepudiation,digitalSignature", E_NONE },
		{ "ec", "ec_paramgen_curve:P-256", "keyUsage=keyAgreement",
		    E_CERTIFICATE },
		{ "ec", "ec_paramgen_curve:P-256",
		    "extendedKeyUsage=emailProtection", E_CERTIFICATE },
		{ "ec", "ec_paramgen_curve:P-384", good, E_CERTIFICATE },
		{ "ec", "ec_paramgen_curve:secp256k1", good, E_CERTIFICATE },
		{ "rsa", "rsa_keygen_bits:2048", good, E_CERTIFICATE },
		{ "rsa", "rsa_keygen_bits:3072", good, E_NONE },
		/* clang-format on */
	};

	if (!openssl_is_here())
		skip("no openssl command");
	for (size_t i = 0; i < COUNT_OF(made); i++) {
		tap_note("%s, %s", made[i].option, made[i].usage);
		check_int(check_made(made[i].kind, made[i].option,
			      made[i].usage),
		    made[i].want);
	}
}

/* The curve spelt out: another could be passed off under its name. */
TEST(a_key_on_a_curve_without_a_name_cannot_seal)
{
	struct arena *arena = lab_arena();
	const char *path = arena_printf(arena, "%s/curve", lab_directory());
	char *said;

	if (!openssl_is_here())
		skip("no openssl command");
	require(openssl_run(&said, arena,
		    ARGS("ecparam", "-name", "prime256v1", "-param_enc",
			"explicit", "-out", path)) == 0);
	check_int(check_made(arena_printf(arena, "ec:%s", path),
		      "ec_param_enc:explicit",
		      "keyUsage=critical,digitalSignature"),
	    E_CERTIFICATE);
}

/* What openssl(1) hashes for a pin. */
TEST(the_pin_is_the_digest_of_the_public_key_info)
{
	const struct seal_key *tls = identity_of(IDENTITY_NORTH)->tls;
	struct arena *arena = lab_arena();
	const char *dir = lab_directory();
	const char *pem = arena_printf(arena, "%s/tls.pem", dir);
	const char *pub = arena_printf(arena, "%s/pub.pem", dir);
	const char *der = arena_printf(arena, "%s/pub.der", dir);
	struct hash want, got;
	struct buf buf;
	char *said;

	if (!openssl_is_here())
		skip("no openssl command");
	buf_init(&buf, 2 * CERTIFICATE_SIZE_MAX);
	certificate_write(&buf, seal_key_certificate(tls));
	lab_write(pem, buf_span(&buf));
	buf_clear(&buf);
	require(openssl_run(&said, arena,
		    ARGS("x509", "-in", pem, "-noout", "-pubkey", "-out",
			pub)) == 0);
	require(openssl_run(&said, arena,
		    ARGS("pkey", "-pubin", "-in", pub, "-outform", "DER",
			"-out", der)) == 0);
	want = digest_of(lab_file(arena, der));
	got = certificate_spki(seal_key_certificate(tls));
	check(hash_is_equal(&got, &want));
}
