#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/encode.h"
#include "base/error.h"
#include "tests/lab.h"
#include "tests/tap.h"

/* RFC 4648, section 10 */
static const struct {
	const char *bytes, *hex, *base64;
} vectors[] = {
	/* clang-format off */
	{ "",       "",             "" },
	{ "f",      "66",           "Zg==" },
	{ "fo",     "666f",         "Zm8=" },
	{ "foo",    "666f6f",       "Zm9v" },
	{ "foob",   "666f6f62",     "Zm9vYg==" },
	{ "fooba",  "666f6f6261",   "Zm9vYmE=" },
	{ "foobar", "666f6f626172", "Zm9vYmFy" },
	/* clang-format on */
};

TEST(the_vectors_of_rfc_4648_are_written)
{
	struct arena *arena = lab_arena();

	for (size_t i = 0; i < COUNT_OF(vectors); i++) {
		struct span bytes = span_text(vectors[i].bytes);

		check_str(encode_hex_text(arena, bytes), vectors[i].hex);
		check_str(encode_base64_text(arena, bytes), vectors[i].base64);
	}
}

TEST(the_vectors_of_rfc_4648_are_read)
{
	struct arena *arena = lab_arena();
	struct error err;
	struct span got;

	for (size_t i = 0; i < COUNT_OF(vectors); i++) {
		struct span hex = span_text(vectors[i].hex);
		struct span base64 = span_text(vectors[i].base64);

		require(decode_hex(&got, hex, arena, &err) == 0);
		check(span_is_text(got, vectors[i].bytes));
		require(decode_base64(&got, base64, arena, &err) == 0);
		check(span_is_text(got, vectors[i].bytes));
	}
}

TEST(every_byte_survives_hex_and_base64)
{
	struct arena *arena = lab_arena();
	struct error err;
	uint8_t all[256];
	struct span bytes = span_of(all, sizeof(all)), got;
	struct span text;

	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (uint8_t)i;
	for (size_t len = 0; len <= sizeof(all); len++) {
		bytes.len = len;
		text = span_text(encode_hex_text(arena, bytes));
		require(decode_hex(&got, text, arena, &err) == 0);
		check(span_is_equal(got, bytes));
		text = span_text(encode_base64_text(arena, bytes));
		require(decode_base64(&got, text, arena, &err) == 0);
		check(span_is_equal(got, bytes));
	}
}

TEST(a_second_spelling_of_base64_is_refused)
{
	static const char *const refused[] = {
		"Zg",            /* no padding */
		"Zg=",           /* half of it */
		"Zg===",         /* too much */
		"Zh==",          /* stray bits behind one byte */
		"Zm9=",          /* stray bits behind two */
		"Zm9v\n",        /* a line's end */
		" Zm9v",         /* white space */
		"Zm9v Zm9v",     /* in the middle too */
		"Zg==Zg==",      /* goes on after the padding */
		"-_-_",          /* the other alphabet */
		"=",             /* nothing to pad */
		"Z",             /* six bits */
		"Zm9v\xc3\xa9v", /* not ASCII */
	};
	struct arena *arena = lab_arena();

	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct error err = { 0 };
		struct span got;

		tap_note("%s", refused[i]);
		check(decode_base64(&got, span_text(refused[i]), arena, &err) ==
		    -1);
		check_int(err.code, E_SYNTAX);
	}
}

TEST(a_second_spelling_of_hex_is_refused)
{
	static const char *const refused[] = { "0", "000", "0A", "AB", "0x00",
		"00 00", "00:00", "gg", "00\n", " 00" };
	struct arena *arena = lab_arena();

	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct error err = { 0 };
		struct span got;

		tap_note("%s", refused[i]);
		check(
		    decode_hex(&got, span_text(refused[i]), arena, &err) == -1);
		check_int(err.code, E_SYNTAX);
	}
}

TEST(a_nul_in_the_text_does_not_end_it)
{
	struct arena *arena = lab_arena();
	struct error err = { 0 };
	struct span got;

	check(decode_hex(&got, span_of("00\0", 3), arena, &err) == -1);
	check(decode_hex(&got, span_of("00\0ff", 5), arena, &err) == -1);
	check(decode_base64(&got, span_of("Zm9v\0", 5), arena, &err) == -1);
}

TEST(a_refused_text_leaves_the_output_alone)
{
	struct arena *arena = lab_arena();
	struct span got = span_text("before");
	struct error err;

	require(decode_hex(&got, span_text("0"), arena, &err) == -1);
	check(span_is_text(got, "before"));
	require(decode_base64(&got, span_text("Zh=="), arena, &err) == -1);
	check(span_is_text(got, "before"));
}

TEST(text_goes_to_the_end_of_a_buf)
{
	struct buf buf;

	buf_init(&buf, 64);
	buf_text(&buf, "<");
	encode_hex(&buf, span_text("fo"));
	buf_text(&buf, "|");
	encode_base64(&buf, span_text("fo"));
	buf_text(&buf, ">");
	check(span_is_text(buf_span(&buf), "<666f|Zm8=>"));
	buf_clear(&buf);
}
