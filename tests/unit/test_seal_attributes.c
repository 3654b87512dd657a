/*
 * Signed attributes that no library would write, each set rightly signed.
 */

#include <stdlib.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/error.h"
#include "seal/certificate.h"
#include "seal/crypto.h"
#include "seal/der.h"
#include "seal/digest.h"
#include "seal/oids.h"
#include "seal/parts.h"
#include "seal/seal.h"
#include "seal/write.h"
#include "tests/lab.h"
#include "tests/support/identities.h"
#include "tests/tap.h"

#define CONTENT "{\"v\":1}"

/* In the order in which DER puts them. */
enum { TYPE, TIME, DIGEST, CERTIFICATE, PIECES };

/* The Attributes of a good seal, and an arena for what is made of them. */
struct kit {
	struct arena *arena;
	const struct seal_key *key;
	struct span pieces[PIECES];
};

static void
must(bool it_went_well)
{
	if (!it_went_well)
		abort();
}

static struct kit
kit_new(void)
{
	struct kit kit = { lab_arena(), identity_of(IDENTITY_NORTH)->seal,
		{ { 0 } } };
	struct hash digest = digest_of(span_text(CONTENT));
	struct error err;
	struct span rest;
	struct der got;
	struct buf buf;

	buf_init(&buf, SEAL_SIZE_MAX);
	write_attributes(&buf, &digest, instant_of(IDENTITIES_NOW_S),
	    kit.key->certificate);
	rest = arena_copy(kit.arena, buf_span(&buf));
	buf_clear(&buf);
	must(der_next(&got, &rest, &err) == 0);
	rest = got.value;
	for (int i = 0; i < PIECES; i++) {
		must(der_next(&got, &rest, &err) == 0);
		kit.pieces[i] = got.whole;
	}
	return kit;
}

static struct span
put(const struct kit *kit, uint8_t tag, struct span value)
{
	struct span out;
	struct buf buf;

	buf_init(&buf, SEAL_SIZE_MAX);
	der_put(&buf, tag, value);
	out = arena_copy(kit->arena, buf_span(&buf));
	buf_clear(&buf);
	return out;
}

static struct span
join(const struct kit *kit, struct span a, struct span b)
{
	struct span out;
	struct buf buf;

	buf_init(&buf, SEAL_SIZE_MAX);
	buf_add(&buf, a);
	buf_add(&buf, b);
	out = arena_copy(kit->arena, buf_span(&buf));
	buf_clear(&buf);
	return out;
}

/* An Attribute of ${type} with the values ${values}. */
static struct span
attribute(const struct kit *kit, struct span type, struct span values)
{
	return put(kit, DER_SEQUENCE,
	    join(kit, put(kit, DER_OID, type), put(kit, DER_SET, values)));
}

/* The one value of the Attribute ${whole}. */
static struct span
value_of(struct span whole)
{
	struct error err;
	struct der got;
	struct span in;

	must(der_next(&got, &whole, &err) == 0);
	in = got.value;
	must(der_next(&got, &in, &err) == 0 && der_next(&got, &in, &err) == 0);
	return got.value;
}

/* Sign ${set} with the key, and say what opening the whole comes to. */
static enum error_code
open_set(const struct kit *kit, struct span set)
{
	EVP_MD_CTX *state = EVP_MD_CTX_new();
	uint8_t signature[128];
	size_t len = sizeof(signature);
	struct sealed sealed;
	struct error err;
	struct buf buf;
	int rc;

	must(EVP_DigestSignInit_ex(state, NULL, "SHA256", NULL, NULL,
		 kit->key->key, NULL) &&
	    EVP_DigestSign(state, signature, &len, set.ptr, set.len));
	EVP_MD_CTX_free(state);
	buf_init(&buf, SEAL_SIZE_MAX);
	write_signed_data(&buf, span_text(CONTENT), set,
	    span_of(signature, len), kit->key->certificate);
	rc = seal_open(&sealed, buf_span(&buf), kit->key->certificate,
	    kit->arena, &err);
	buf_clear(&buf);
	if (rc == 0)
		return E_NONE;
	tap_note("%s: %s", error_text(err.code), err.detail);
	return err.code;
}

/* The pieces, in the order of DER as kit_new() left them. */
static enum error_code
open_pieces(const struct kit *kit)
{
	struct span all = { 0 };

	for (int i = 0; i < PIECES; i++)
		all = join(kit, all, kit->pieces[i]);
	return open_set(kit, put(kit, DER_SET, all));
}

TEST(the_pieces_of_a_seal_make_a_seal)
{
	struct kit kit = kit_new();

	check_int(open_pieces(&kit), E_NONE);
}

TEST(no_attribute_can_be_missing)
{
	for (int i = 0; i < PIECES; i++) {
		struct kit kit = kit_new();

		kit.pieces[i] = span_of(NULL, 0);
		check_int(open_pieces(&kit), E_SEAL_ATTRIBUTE_MISSING);
	}
}

TEST(no_attribute_can_be_there_twice)
{
	for (int i = 0; i < PIECES; i++) {
		struct kit kit = kit_new();

		kit.pieces[i] = join(&kit, kit.pieces[i], kit.pieces[i]);
		check_int(open_pieces(&kit), E_SEAL_ATTRIBUTE_TWICE);
	}
}

TEST(no_attribute_can_have_two_values_or_none)
{
	const struct span types[] = { OID_CONTENT_TYPE, OID_SIGNING_TIME,
		OID_MESSAGE_DIGEST, OID_SIGNING_CERTIFICATE };

	for (int i = 0; i < PIECES; i++) {
		struct kit kit = kit_new();
		struct span value = value_of(kit.pieces[i]);

		kit.pieces[i] =
		    attribute(&kit, types[i], join(&kit, value, value));
		check_int(open_pieces(&kit), E_SEAL_ATTRIBUTE_TWICE);
		kit.pieces[i] = attribute(&kit, types[i], span_of(NULL, 0));
		check_int(open_pieces(&kit), E_SEAL_SYNTAX);
	}
}

TEST(attributes_out_of_order_are_not_der)
{
	for (int i = 0; i + 1 < PIECES; i++) {
		struct kit kit = kit_new();
		struct span first = kit.pieces[i];

		kit.pieces[i] = kit.pieces[i + 1];
		kit.pieces[i + 1] = first;
		check_int(open_pieces(&kit), E_SEAL_NOT_DER);
	}
}

TEST(an_attribute_of_another_type_is_refused)
{
	struct kit kit = kit_new();
	struct span any =
	    attribute(&kit, OID_SHA256, put(&kit, DER_NULL, span_of(NULL, 0)));

	kit.pieces[TYPE] = join(&kit, any, kit.pieces[TYPE]);
	check_int(open_pieces(&kit), E_SEAL_ATTRIBUTES);
}

TEST(the_digest_must_be_that_of_the_content)
{
	struct kit kit = kit_new();
	struct hash other = digest_of(span_text("something else"));

	kit.pieces[DIGEST] = attribute(&kit, OID_MESSAGE_DIGEST,
	    put(&kit, DER_OCTETS, hash_span(&other)));
	check_int(open_pieces(&kit), E_SEAL_CONTENT);
	kit.pieces[DIGEST] = attribute(&kit, OID_MESSAGE_DIGEST,
	    put(&kit, DER_OCTETS, span_of(other.bytes, 31)));
	check_int(open_pieces(&kit), E_SEAL_CONTENT);
}

TEST(the_type_of_the_content_is_data)
{
	struct kit kit = kit_new();

	kit.pieces[TYPE] = attribute(&kit, OID_CONTENT_TYPE,
	    put(&kit, DER_OID, OID_SIGNED_DATA));
	check_int(open_pieces(&kit), E_SEAL_TYPE);
}

TEST(the_time_has_one_form)
{
	static const struct {
		uint8_t tag;
		const char *text;
		enum error_code want;
	} times[] = {
		/* clang-format off */
		{ DER_UTC_TIME, "261122100000Z",     E_NONE },
		{ DER_UTC_TIME, "2611221000Z",       E_SEAL_TIME },
		{ DER_UTC_TIME, "261122100000+0000", E_SEAL_TIME },
		{ DER_UTC_TIME, "2611221000000",     E_SEAL_TIME },
		{ DER_UTC_TIME, "261122100060Z",     E_SEAL_TIME },
		{ DER_UTC_TIME, "261122240000Z",     E_SEAL_TIME },
		{ DER_UTC_TIME, "260229100000Z",     E_SEAL_TIME },
		{ DER_UTC_TIME, "26112210000 Z",     E_SEAL_TIME },
		{ DER_UTC_TIME, "-61122100000Z",     E_SEAL_TIME },
		{ DER_UTC_TIME, "",                  E_SEAL_TIME },
		{ DER_TIME,     "20261122100000Z",   E_SEAL_TIME },
		{ DER_TIME,     "20261122100000.1Z", E_SEAL_TIME },
		{ DER_TIME,     "20501122100000Z",   E_SEAL_EXPIRED },
		{ DER_UTC_TIME, "501122100000Z",     E_SEAL_EXPIRED },
		{ DER_TIME,     "19491122100000Z",   E_SEAL_EXPIRED },
		{ DER_OCTETS,   "261122100000Z",     E_SEAL_TIME },
		/* clang-format on */
	};

	for (size_t i = 0; i < COUNT_OF(times); i++) {
		struct kit kit = kit_new();

		tap_note("%s", times[i].text);
		kit.pieces[TIME] = attribute(&kit, OID_SIGNING_TIME,
		    put(&kit, times[i].tag, span_text(times[i].text)));
		check_int(open_pieces(&kit), times[i].want);
	}
}

/* A SigningCertificateV2 of one ESSCertIDv2 and what follows it. */
static struct span
certificate_attribute(const struct kit *kit, struct span id, struct span after)
{
	struct span ids = put(kit, DER_SEQUENCE, put(kit, DER_SEQUENCE, id));

	return attribute(kit, OID_SIGNING_CERTIFICATE,
	    put(kit, DER_SEQUENCE, join(kit, ids, after)));
}

TEST(the_certificate_signed_must_be_the_signers)
{
	struct kit kit = kit_new();
	const struct certificate *c = kit.key->certificate;
	const struct certificate *south =
	    identity_of(IDENTITY_SOUTH)->seal->certificate;
	struct span none = span_of(NULL, 0), digest, other, serial, sha256;
	struct buf buf;

	digest = put(&kit, DER_OCTETS, hash_span(&c->fingerprint));
	other = put(&kit, DER_OCTETS, hash_span(&south->fingerprint));
	buf_init(&buf, SEAL_SIZE_MAX);
	write_issuer_serial(&buf, south);
	serial = arena_copy(kit.arena, buf_span(&buf));
	buf_clear(&buf);
	sha256 = put(&kit, DER_SEQUENCE, put(&kit, DER_OID, OID_SHA256));

	/* RFC 5035 makes issuer and serial number optional. */
	kit.pieces[CERTIFICATE] = certificate_attribute(&kit, digest, none);
	check_int(open_pieces(&kit), E_NONE);
	kit.pieces[CERTIFICATE] = certificate_attribute(&kit, other, none);
	check_int(open_pieces(&kit), E_SEAL_SIGNER);
	kit.pieces[CERTIFICATE] =
	    certificate_attribute(&kit, join(&kit, digest, serial), none);
	check_int(open_pieces(&kit), E_SEAL_SIGNER);
	kit.pieces[CERTIFICATE] =
	    certificate_attribute(&kit, join(&kit, sha256, digest), none);
	check_int(open_pieces(&kit), E_SEAL_ALGORITHM);
	kit.pieces[CERTIFICATE] =
	    certificate_attribute(&kit, digest, put(&kit, DER_SEQUENCE, none));
	check_int(open_pieces(&kit), E_SEAL_ATTRIBUTES);
}

/* RFC 5652, 5.4: a signature over the [0] form would be another format. */
TEST(what_is_signed_is_a_set)
{
	struct kit kit = kit_new();
	struct span all = { 0 };

	for (int i = 0; i < PIECES; i++)
		all = join(&kit, all, kit.pieces[i]);
	check_int(open_set(&kit, put(&kit, DER_0, all)), E_SEAL_SIGNATURE);
}

TEST(a_signature_made_with_another_key_is_refused)
{
	struct seal_key mixed;
	struct kit kit = kit_new();

	mixed.certificate = kit.key->certificate;
	mixed.key = identity_of(IDENTITY_SOUTH)->seal->key;
	kit.key = &mixed;
	check_int(open_pieces(&kit), E_SEAL_SIGNATURE);
}
