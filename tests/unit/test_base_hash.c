#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "tests/tap.h"

#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

TEST(a_hash_is_read_and_written)
{
	char text[HASH_TEXT_MAX];
	struct hash hash;
	struct error err;

	require(hash_parse(&hash, span_text(ABC), &err) == 0);
	check_int(hash.bytes[0], 0xba);
	check_int(hash.bytes[31], 0xad);
	check_str(hash_write(&hash, text), ABC);
}

TEST(only_64_lower_case_digits_are_a_hash)
{
	static const char *const refused[] = {
		"", "ba",
		/* clang-format off */
	"BA7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a",
	"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015add",
	"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad00",
	"ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	" a7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a\n",
		/* clang-format on */
	};

	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct error err = { 0 };
		struct hash hash;

		tap_note("%s", refused[i]);
		check(hash_parse(&hash, span_text(refused[i]), &err) == -1);
		check_int(err.code, E_SYNTAX);
	}
}

TEST(a_refused_hash_leaves_the_output_alone)
{
	struct hash hash, before;
	struct error err;

	memset(&hash, 0x5a, sizeof(hash));
	before = hash;
	require(hash_parse(&hash, span_text("zz"), &err) == -1);
	require(hash_of(&hash, span_text("short"), &err) == -1);
	check(hash_is_equal(&hash, &before));
}

TEST(hashes_are_32_bytes)
{
	uint8_t bytes[33] = { 0 };
	struct error err = { 0 };
	struct hash hash;

	check_int(hash_of(&hash, span_of(bytes, 32), &err), 0);
	check_int(hash_of(&hash, span_of(bytes, 31), &err), -1);
	check_int(err.code, E_SYNTAX);
	check_int(hash_of(&hash, span_of(bytes, 33), &err), -1);
	check_int(hash_of(&hash, span_of(NULL, 0), &err), -1);
	check_int((long long)hash_span(&hash).len, 32);
}

TEST(every_bit_counts_in_a_comparison)
{
	struct hash a = { { 0 } };

	for (size_t bit = 0; bit < 8 * HASH_BYTES; bit++) {
		struct hash b = a;

		check(hash_is_equal(&a, &b));
		b.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		check(!hash_is_equal(&a, &b));
	}
}
