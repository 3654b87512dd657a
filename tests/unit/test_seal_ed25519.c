#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/error.h"
#include "seal/ed25519.h"
#include "tests/lab.h"
#include "tests/tap.h"

static struct span
hex(const char *text, struct arena *arena)
{
	struct error err;
	struct span out;

	if (decode_hex(&out, span_text(text), arena, &err) == -1)
		abort();
	return out;
}

/* RFC 8032, 7.1, TEST 2. */
#define SEED "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"
#define PUBLIC \
	"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
#define SIGNATURE                                                          \
	"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da" \
	"085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"

TEST(the_vector_of_rfc_8032_comes_out)
{
	struct arena *arena = lab_arena();
	struct span seed = hex(SEED, arena);
	uint8_t public[ED25519_PUBLIC_BYTES];
	uint8_t signature[ED25519_SIGNATURE_BYTES];
	struct ed25519_key *key;
	struct error err;

	require(ed25519_key_new(&key, seed, &err) == 0);
	ed25519_public(key, public);
	check_str(encode_hex_text(arena, span_of(public, 32)), PUBLIC);
	check(ed25519_sign(signature, key, span_of("\x72", 1), &err) == 0);
	check_str(encode_hex_text(arena, span_of(signature, 64)), SIGNATURE);
	check(ed25519_verify(public, span_of("\x72", 1), signature, &err) == 0);
	ed25519_key_free(key);
}

TEST(a_signature_is_good_for_its_message_and_key_only)
{
	struct arena *arena = lab_arena();
	uint8_t public[ED25519_PUBLIC_BYTES];
	uint8_t signature[ED25519_SIGNATURE_BYTES];
	struct error err;

	memcpy(public, hex(PUBLIC, arena).ptr, sizeof(public));
	memcpy(signature, hex(SIGNATURE, arena).ptr, sizeof(signature));
	check(
	    ed25519_verify(public, span_of("\x73", 1), signature, &err) == -1);
	check_int(err.code, E_NOTE_SIGNATURE);
	for (size_t i = 0; i < sizeof(signature) * 8; i++) {
		signature[i / 8] ^= (uint8_t)(1u << i % 8);
		check(ed25519_verify(public, span_of("\x72", 1), signature,
			  &err) == -1);
		signature[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	for (size_t i = 0; i < sizeof(public) * 8; i++) {
		public[i / 8] ^= (uint8_t)(1u << i % 8);
		check(ed25519_verify(public, span_of("\x72", 1), signature,
			  &err) == -1);
		check_int(err.code, E_NOTE_SIGNATURE);
		public[i / 8] ^= (uint8_t)(1u << i % 8);
	}
}

TEST(a_seed_is_32_bytes)
{
	struct ed25519_key *key;
	uint8_t seed[33] = { 0 };
	struct error err;

	check(ed25519_key_new(&key, span_of(seed, 31), &err) == -1);
	check_int(err.code, E_KEY);
	check(ed25519_key_new(&key, span_of(seed, 33), &err) == -1);
	check(ed25519_key_new(&key, span_of(NULL, 0), &err) == -1);
}

TEST(an_empty_message_can_be_signed)
{
	struct arena *arena = lab_arena();
	uint8_t public[ED25519_PUBLIC_BYTES];
	uint8_t signature[ED25519_SIGNATURE_BYTES];
	struct ed25519_key *key;
	struct error err;

	require(ed25519_key_new(&key, hex(SEED, arena), &err) == 0);
	ed25519_public(key, public);
	check(ed25519_sign(signature, key, span_of(NULL, 0), &err) == 0);
	check(ed25519_verify(public, span_of(NULL, 0), signature, &err) == 0);
	ed25519_key_free(key);
}

static bool
has_flag(const json_t *vector, const char *flag)
{
	const json_t *flags = json_object_get(vector, "flags");
	const json_t *one;
	size_t i;

	json_array_foreach(flags, i, one)
	{
		if (strcmp(json_string_value(one), flag) == 0)
			return true;
	}
	return false;
}

/*
 * What must come of each edge case, whatever the libcrypto: no cofactor, R
 * and the key as bytes, and no key of small order.
 */
static bool
is_to_verify(const json_t *vector)
{
	return !has_flag(vector, "low_order_residue") &&
	    !has_flag(vector, "low_order_A") &&
	    !has_flag(vector, "non_canonical_A") &&
	    !has_flag(vector, "non_canonical_R");
}

TEST(every_edge_case_has_one_verdict)
{
	struct arena *arena = lab_arena();
	const char *path = "vectors/ed25519/cctv-ed25519vectors.json";
	const json_t *vector;
	int verified = 0;
	json_t *all;
	size_t i;

	if (!lab_has_shared(path))
		skip("no shared vectors");
	all = json_load_file(lab_shared_path(arena, path), 0, NULL);
	require(all != NULL);
	json_array_foreach(all, i, vector)
	{
		const char *key, *sig, *msg;
		struct error err;
		bool is_good;

		key = json_string_value(json_object_get(vector, "key"));
		sig = json_string_value(json_object_get(vector, "sig"));
		msg = json_string_value(json_object_get(vector, "msg"));
		is_good = ed25519_verify(hex(key, arena).ptr, span_text(msg),
			      hex(sig, arena).ptr, &err) == 0;
		if (is_good != is_to_verify(vector))
			tap_note("vector %zu", i);
		check(is_good == is_to_verify(vector));
		verified += is_good;
	}
	check_int((long long)json_array_size(all), 914);
	check(verified > 0);
	tap_note("%d of 914 verify", verified);
	json_decref(all);
}
