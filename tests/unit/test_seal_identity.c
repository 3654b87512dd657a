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

static struct seal_holder
holder_of(const char *party)
{
	return (struct seal_holder){
		.party = party,
		.country = "XN",
		.not_before = instant_of(IDENTITIES_NOT_BEFORE_S),
		.not_after = instant_of(IDENTITIES_NOT_AFTER_S),
	};
}

static struct hash
spki_of(const struct seal_holder *holder, enum seal_role role)
{
	struct seal_key *key;
	struct hash spki;
	struct error err;

	if (seal_key_generate(&key, role, holder, &err) == -1)
		abort();
	spki = certificate_spki(seal_key_certificate(key));
	seal_key_free(key);
	return spki;
}

TEST(two_random_keys_differ)
{
	struct seal_holder holder = holder_of("cert.north.example");
	struct hash a = spki_of(&holder, SEAL_ROLE_SEAL);
	struct hash b = spki_of(&holder, SEAL_ROLE_SEAL);

	check(!hash_is_equal(&a, &b));
}

TEST(a_key_follows_from_seed_and_role)
{
	struct seal_holder holder = holder_of("cert.north.example");
	struct hash first, again, wrap, other;

	holder.seed = span_text("seed");
	first = spki_of(&holder, SEAL_ROLE_SEAL);
	again = spki_of(&holder, SEAL_ROLE_SEAL);
	wrap = spki_of(&holder, SEAL_ROLE_ENCRYPTION);
	holder.seed = span_text("another");
	other = spki_of(&holder, SEAL_ROLE_SEAL);
	check(hash_is_equal(&first, &again));
	check(!hash_is_equal(&first, &wrap));
	check(!hash_is_equal(&first, &other));
}

TEST(what_cannot_stand_in_a_certificate_is_refused)
{
	static const struct {
		const char *party, *country;
	} bad[] = {
		{ "", "XN" },
		{ "a,URI:x", "XN" },
		{ "a b", "XN" },
		{ "a/CN=b", "XN" },
		{ "cert.n\303\266rd.example", "XN" },
		{ "12345678901234567890123456789012345678901234567890123456789"
		  "012345",
		    "XN" },
		{ "cert.north.example", "xn" },
		{ "cert.north.example", "XNN" },
		{ "cert.north.example", "" },
	};

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct seal_holder holder = holder_of(bad[i].party);
		struct seal_key *key;
		struct error err;

		holder.country = bad[i].country;
		tap_note("%s, %s", bad[i].party, bad[i].country);
		check(seal_key_generate(&key, SEAL_ROLE_TLS, &holder, &err) ==
		    -1);
		check_int(err.code, E_KEY);
	}
}

TEST(a_certificate_cannot_end_before_it_begins)
{
	struct seal_holder holder = holder_of("cert.north.example");
	struct seal_key *key;
	struct error err;

	holder.not_after = instant_of(IDENTITIES_NOT_BEFORE_S - 1);
	check(seal_key_generate(&key, SEAL_ROLE_SEAL, &holder, &err) == -1);
	check_int(err.code, E_KEY);
}

TEST(a_key_goes_out_and_comes_back)
{
	const struct seal_key *seal = identity_of(IDENTITY_NORTH)->seal;
	struct span der = certificate_der(seal_key_certificate(seal));
	struct arena *arena = lab_arena();
	struct sealed sealed;
	struct seal_key *key;
	struct error err;
	struct span sent;
	struct buf pem;

	buf_init(&pem, IDENTITY_KEY_MAX);
	require(seal_key_write(&pem, seal, &err) == 0);
	check(span_has_prefix(buf_span(&pem),
	    span_text("-----BEGIN PRIVATE KEY-----\n")));
	require(seal_key_read(&key, buf_span(&pem), der, &err) == 0);
	secret_clear(&pem);

	require(seal_sign(&sent, span_text("x"), key,
		    instant_of(IDENTITIES_NOW_S), arena, &err) == 0);
	check(seal_open(&sealed, sent, seal_key_certificate(seal), arena,
		  &err) == 0);
	seal_key_free(key);
	seal_key_free(NULL);
}

TEST(a_key_of_another_certificate_is_refused)
{
	struct span south = certificate_der(
	    seal_key_certificate(identity_of(IDENTITY_SOUTH)->seal));
	struct seal_key *key;
	struct error err;
	struct buf pem;

	buf_init(&pem, IDENTITY_KEY_MAX);
	require(
	    seal_key_write(&pem, identity_of(IDENTITY_NORTH)->seal, &err) == 0);
	check(seal_key_read(&key, buf_span(&pem), south, &err) == -1);
	check_int(err.code, E_KEY);
	check_int(error_fault(err.code), FAULT_OPERATOR);
	secret_clear(&pem);
}

TEST(what_is_no_key_is_refused)
{
	static const char *const texts[] = {
		"", "x",
		"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
	};
	struct span der = certificate_der(
	    seal_key_certificate(identity_of(IDENTITY_NORTH)->seal));
	struct seal_key *key;
	struct error err;

	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		check(
		    seal_key_read(&key, span_text(texts[i]), der, &err) == -1);
		check_int(err.code, E_KEY);
	}
}

/* It would wait for ever on a node without a terminal. */
TEST(a_key_under_a_passphrase_is_refused_without_asking)
{
	const struct seal_key *seal = identity_of(IDENTITY_NORTH)->seal;
	struct arena *arena = lab_arena();
	const char *dir = lab_directory();
	const char *plain = arena_printf(arena, "%s/plain.pem", dir);
	const char *locked = arena_printf(arena, "%s/locked.pem", dir);
	struct seal_key *key;
	struct error err;
	struct buf pem;
	char *said;

	if (!openssl_is_here())
		skip("no openssl command");
	buf_init(&pem, IDENTITY_KEY_MAX);
	require(seal_key_write(&pem, seal, &err) == 0);
	lab_write(plain, buf_span(&pem));
	secret_clear(&pem);
	require(openssl_run(&said, arena,
		    ARGS("pkcs8", "-topk8", "-in", plain, "-out", locked,
			"-passout", "pass:secret")) == 0);
	check(seal_key_read(&key, lab_file(arena, locked),
		  certificate_der(seal_key_certificate(seal)), &err) == -1);
	check_int(err.code, E_KEY);
}

static const char *
write_pem(struct arena *arena, const struct seal_key *key)
{
	const char *pem = arena_printf(arena, "%s/c.pem", lab_directory());
	struct buf buf;

	buf_init(&buf, 2 * CERTIFICATE_SIZE_MAX);
	certificate_write(&buf, seal_key_certificate(key));
	lab_write(pem, buf_span(&buf));
	buf_clear(&buf);
	return pem;
}

TEST(no_certificate_is_an_authoritys_and_each_has_its_usage)
{
	const struct identity *id = identity_of(IDENTITY_NORTH);
	const struct {
		const struct seal_key *key;
		const char *usage;
	} roles[] = { { id->seal, "Digital Signature\n" },
		{ id->encryption, "Key Agreement\n" },
		{ id->tls, "Digital Signature\n" } };

	if (!openssl_is_here())
		skip("no openssl command");
	for (size_t i = 0; i < COUNT_OF(roles); i++) {
		struct arena *arena = lab_arena();
		char *said;

		check_int(openssl_run(&said, arena,
			      ARGS("x509", "-noout", "-ext",
				  "basicConstraints,keyUsage", "-in",
				  write_pem(arena, roles[i].key))),
		    0);
		check(strstr(said, "CA:FALSE") != NULL);
		check(strstr(said, roles[i].usage) != NULL);
	}
}

/* The server and the client side of one certificate, by openssl(1). */
TEST(a_tls_certificate_serves_both_sides_under_the_partys_name)
{
	const struct identity *id = identity_of(IDENTITY_NORTH);
	struct arena *arena = lab_arena();
	const char *pem = write_pem(arena, id->tls);
	char *said;

	if (!openssl_is_here())
		skip("no openssl command");
	for (int i = 0; i < 2; i++)
		check_int(openssl_run(&said, arena,
			      ARGS("verify", "-CAfile", pem, "-attime",
				  arena_printf(arena, "%d", IDENTITIES_NOW_S),
				  "-purpose", i ? "sslserver" : "sslclient",
				  "-verify_hostname", id->party, pem)),
		    0);
	check(openssl_run(&said, arena,
		  ARGS("verify", "-CAfile", pem, "-attime",
		      arena_printf(arena, "%d", IDENTITIES_NOW_S),
		      "-verify_hostname", "cert.south.example", pem)) != 0);
}
