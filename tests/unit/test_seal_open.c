/*
 * Seals of our own making, as they are and with something changed in them.
 */

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/error.h"
#include "seal/certificate.h"
#include "seal/seal.h"
#include "tests/lab.h"
#include "tests/support/identities.h"
#include "tests/tap.h"

#define CONTENT "{\"v\":1,\"kind\":\"request\",\"by\":\"duty-officer\"}"

static const struct seal_key *
north(void)
{
	return identity_of(IDENTITY_NORTH)->seal;
}

/* ${content}, sealed by ${key} at IDENTITIES_NOW_S. */
static struct span
seal(struct span content, const struct seal_key *key, struct arena *arena)
{
	struct span der;
	struct error err;

	if (seal_sign(&der, content, key, instant_of(IDENTITIES_NOW_S), arena,
		&err) == -1) {
		tap_note("%s: %s", error_text(err.code), err.detail);
		abort();
	}
	return der;
}

static enum error_code
open_as(struct sealed *out, struct span der, const struct seal_key *key,
    struct arena *arena)
{
	struct error err;

	if (seal_open(out, der, seal_key_certificate(key), arena, &err) == 0)
		return E_NONE;
	return err.code;
}

TEST(a_seal_gives_back_content_time_and_signer)
{
	struct arena *arena = lab_arena();
	struct hash signer =
	    certificate_fingerprint(seal_key_certificate(north()));
	struct sealed got;
	struct span der;

	der = seal(span_text(CONTENT), north(), arena);
	require(open_as(&got, der, north(), arena) == E_NONE);
	check(span_is_text(got.content, CONTENT));
	check_int(got.at.s, IDENTITIES_NOW_S);
	check(hash_is_equal(&got.signer, &signer));
	tap_note("%zu bytes around the content", der.len - strlen(CONTENT));
}

TEST(the_content_outlives_the_sealed_bytes)
{
	struct arena *arena = lab_arena(), *short_lived = arena_new();
	struct sealed got;
	struct span der;

	der = seal(span_text(CONTENT), north(), short_lived);
	check_int(open_as(&got, der, north(), arena), E_NONE);
	arena_free(short_lived);
	check(span_is_text(got.content, CONTENT));
}

TEST(empty_content_can_be_sealed)
{
	struct arena *arena = lab_arena();
	struct sealed got;
	struct span der;

	der = seal(span_of(NULL, 0), north(), arena);
	require(open_as(&got, der, north(), arena) == E_NONE);
	check_int((long long)got.content.len, 0);
}

TEST(another_partys_certificate_does_not_open_it)
{
	const struct seal_key *south = identity_of(IDENTITY_SOUTH)->seal;
	struct arena *arena = lab_arena();
	struct sealed got;

	check_int(open_as(&got, seal(span_text(CONTENT), north(), arena), south,
		      arena),
	    E_SEAL_SIGNER);
}

/* Same name, other key: as after a change of keys. */
TEST(another_certificate_of_the_same_party_does_not_open_it)
{
	struct seal_key *other = identity_key("cert.north.example",
	    SEAL_ROLE_SEAL, "second", instant_of(IDENTITIES_NOT_BEFORE_S),
	    instant_of(IDENTITIES_NOT_AFTER_S));
	struct arena *arena = lab_arena();
	struct sealed got;

	check_int(open_as(&got, seal(span_text(CONTENT), north(), arena), other,
		      arena),
	    E_SEAL_SIGNER);
	seal_key_free(other);
}

/* A key of North's, valid from ${first} to ${last}. */
static struct seal_key *
key_valid(int64_t first, int64_t last)
{
	return identity_key("cert.north.example", SEAL_ROLE_SEAL, "validity",
	    instant_of(first), instant_of(last));
}

/* What comes of sealing with ${key} at ${at} and opening that. */
static enum error_code
seal_and_open(const struct seal_key *key, int64_t at, struct arena *arena)
{
	struct sealed got;
	struct error err;
	struct span der;

	if (seal_sign(&der, span_text(CONTENT), key, instant_of(at), arena,
		&err) == -1)
		return err.code;
	return open_as(&got, der, key, arena);
}

TEST(a_seal_is_good_from_not_before_until_just_before_not_after)
{
	const int64_t first = IDENTITIES_NOW_S, last = first + 9;
	struct seal_key *key = key_valid(first, last + 1);
	struct arena *arena = lab_arena();

	check_int(seal_and_open(key, first - 1, arena), E_SEAL_EXPIRED);
	check_int(seal_and_open(key, first, arena), E_NONE);
	check_int(seal_and_open(key, last, arena), E_NONE);
	check_int(seal_and_open(key, last + 1, arena), E_SEAL_EXPIRED);
	seal_key_free(key);
}

TEST(years_beyond_2049_can_be_sealed)
{
	struct seal_key *key = key_valid(0, INSTANT_S_MAX);
	struct arena *arena = lab_arena();

	check_int(seal_and_open(key, 2524607999, arena), E_NONE);
	check_int(seal_and_open(key, 2524608000, arena), E_NONE);
	check_int(seal_and_open(key, INSTANT_S_MAX - 1, arena), E_NONE);
	seal_key_free(key);
}

TEST(content_up_to_the_limit_fits_and_one_byte_more_does_not)
{
	struct arena *arena = lab_arena();
	uint8_t *bytes = arena_alloc(arena, SEAL_SIZE_MAX + 1);
	size_t around = seal(span_of(bytes, 30000), north(), arena).len - 30000;
	struct sealed got;
	struct error err;
	struct span der;
	int n = 0;

	/* An ECDSA signature takes 70 to 72 bytes: aim below the longest. */
	for (size_t len = SEAL_SIZE_MAX - around - 4; n == 0; len++) {
		if (seal_sign(&der, span_of(bytes, len), north(),
			instant_of(IDENTITIES_NOW_S), arena, &err) == 0) {
			check(der.len <= SEAL_SIZE_MAX);
			check_int(open_as(&got, der, north(), arena), E_NONE);
			check_int((long long)got.content.len, (long long)len);
		} else {
			check_int(err.code, E_SEAL_TOO_LARGE);
			n++;
		}
	}
	check(seal_sign(&der, span_of(bytes, SEAL_SIZE_MAX + 1), north(),
		  instant_of(IDENTITIES_NOW_S), arena, &err) == -1);
	check_int(err.code, E_SEAL_TOO_LARGE);
	check_int(open_as(&got, span_of(bytes, SEAL_SIZE_MAX + 1), north(),
		      arena),
	    E_SEAL_TOO_LARGE);
}

TEST(a_seal_cut_at_any_byte_is_refused)
{
	struct arena *arena = lab_arena();
	struct span der = seal(span_text(CONTENT), north(), arena);
	struct sealed got;

	for (size_t len = 0; len < der.len; len++) {
		/* Of its own size, so that AddressSanitizer sees the end. */
		uint8_t *cut = malloc(len + 1);

		memcpy(cut, der.ptr, len);
		cut = realloc(cut, len > 0 ? len : 1);
		if (open_as(&got, span_of(cut, len), north(), arena) !=
		    E_SEAL_SYNTAX)
			check_int((long long)len, -1);
		free(cut);
	}
}

TEST(a_byte_behind_a_seal_is_refused)
{
	struct arena *arena = lab_arena();
	struct span der = seal(span_text(CONTENT), north(), arena);
	uint8_t *more = arena_alloc(arena, der.len + 1);
	struct sealed got;

	memcpy(more, der.ptr, der.len);
	check_int(open_as(&got, span_of(more, der.len + 1), north(), arena),
	    E_SEAL_TRAILING);
}

/*
 * ECDSA's own malleability aside, no changed bit is let through: there is no
 * byte of the form that can be had in two ways.
 */
TEST(a_seal_with_any_bit_changed_is_refused)
{
	struct arena *arena = lab_arena(), *scratch = arena_new();
	struct span der = seal(span_text(CONTENT), north(), arena);
	uint8_t *bytes = arena_alloc(arena, der.len);
	struct sealed got;

	memcpy(bytes, der.ptr, der.len);
	for (size_t i = 0; i < der.len * 8; i++) {
		bytes[i / 8] ^= (uint8_t)(1u << i % 8);
		if (open_as(&got, span_of(bytes, der.len), north(), scratch) ==
		    E_NONE)
			check_int((long long)i, -1);
		bytes[i / 8] ^= (uint8_t)(1u << i % 8);
		arena_reset(scratch);
	}
	arena_free(scratch);
	check_int(open_as(&got, span_of(bytes, der.len), north(), arena),
	    E_NONE);
}

TEST(a_seal_with_any_byte_set_to_any_value_never_shows_other_content)
{
	struct arena *arena = lab_arena(), *scratch = arena_new();
	struct span der = seal(span_text("{}"), north(), arena);
	uint8_t *bytes = arena_alloc(arena, der.len);
	struct sealed got;
	int accepted = 0;

	memcpy(bytes, der.ptr, der.len);
	for (size_t i = 0; i < der.len; i++) {
		uint8_t was = bytes[i];

		for (unsigned v = 0; v < 256; v += 7) {
			bytes[i] = (uint8_t)v;
			if (open_as(&got, span_of(bytes, der.len), north(),
				scratch) == E_NONE) {
				accepted += v != was;
				check(span_is_text(got.content, "{}"));
			}
		}
		bytes[i] = was;
		arena_reset(scratch);
	}
	arena_free(scratch);
	check_int(accepted, 0);
}

TEST(what_is_not_cms_is_a_syntax_error)
{
	static const char *const texts[] = { "", "0", "{\"v\":1}",
		"-----BEGIN CMS-----\n", "\x30\x03\x02\x01\x01" };
	struct arena *arena = lab_arena();
	struct sealed got;

	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		tap_note("%zu", i);
		check_int(open_as(&got, span_text(texts[i]), north(), arena),
		    E_SEAL_SYNTAX);
	}
}

/* A card is the DER of its certificate here; else nothing is picked. */
static int
pick_all(struct span *out, struct span content, void *ctx, struct error *err)
{
	(void)ctx;
	if (content.len < 100)
		return error_set(err, E_CARD, "no certificate");
	*out = content;
	return 0;
}

TEST(a_card_opens_with_the_certificate_in_it_and_no_other)
{
	const struct seal_key *south = identity_of(IDENTITY_SOUTH)->seal;
	struct span own = certificate_der(seal_key_certificate(north()));
	struct arena *arena = lab_arena();
	struct sealed got;
	struct error err;

	require(seal_open_own(&got, seal(own, north(), arena), pick_all, NULL,
		    arena, &err) == 0);
	check(span_is_equal(got.content, own));

	check(seal_open_own(&got, seal(own, south, arena), pick_all, NULL,
		  arena, &err) == -1);
	check_int(err.code, E_SEAL_SIGNER);
	check(seal_open_own(&got, seal(span_text("{}"), north(), arena),
		  pick_all, NULL, arena, &err) == -1);
	check_int(err.code, E_CARD);
}

TEST(a_failed_call_leaves_its_output_alone)
{
	struct arena *arena = lab_arena();
	struct sealed got = { .at = { 42 } };

	check_int(open_as(&got, span_text("x"), north(), arena), E_SEAL_SYNTAX);
	check_int(got.at.s, 42);
}
