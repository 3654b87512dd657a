#include <string.h>

#include <sodium.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/encode.h"
#include "base/error.h"

#define BASE64 sodium_base64_VARIANT_ORIGINAL

char *
encode_hex_text(struct arena *arena, struct span bytes)
{
	size_t size = 2 * bytes.len + 1;

	return sodium_bin2hex(arena_alloc(arena, size), size, bytes.ptr,
	    bytes.len);
}

char *
encode_base64_text(struct arena *arena, struct span bytes)
{
	size_t size = sodium_base64_encoded_len(bytes.len, BASE64);

	return sodium_bin2base64(arena_alloc(arena, size), size, bytes.ptr,
	    bytes.len, BASE64);
}

void
encode_hex(struct buf *out, struct span bytes)
{
	struct arena *arena = arena_new();

	buf_text(out, encode_hex_text(arena, bytes));
	arena_free(arena);
}

void
encode_base64(struct buf *out, struct span bytes)
{
	struct arena *arena = arena_new();

	buf_text(out, encode_base64_text(arena, bytes));
	arena_free(arena);
}

/* Two spellings of the same bytes would be two names of one thing. */
static int
check_same(struct span text, const char *again, struct error *err)
{
	if (!span_is_text(text, again))
		return error_set(err, E_SYNTAX, "not in its one form");
	return 0;
}

int
decode_hex(struct span *out, struct span text, struct arena *arena,
    struct error *err)
{
	uint8_t *bytes = arena_alloc(arena, text.len / 2 + 1);
	struct span got = { bytes, 0 };

	if (sodium_hex2bin(bytes, text.len / 2 + 1, (const char *)text.ptr,
		text.len, NULL, &got.len, NULL) != 0)
		return error_set(err, E_SYNTAX, "not hexadecimal");
	if (check_same(text, encode_hex_text(arena, got), err) == -1)
		return -1;
	*out = got;
	return 0;
}

int
decode_base64(struct span *out, struct span text, struct arena *arena,
    struct error *err)
{
	uint8_t *bytes = arena_alloc(arena, text.len / 4 * 3 + 3);
	struct span got = { bytes, 0 };

	if (sodium_base642bin(bytes, text.len / 4 * 3 + 3,
		(const char *)text.ptr, text.len, NULL, &got.len, NULL,
		BASE64) != 0)
		return error_set(err, E_SYNTAX, "not base64");
	if (check_same(text, encode_base64_text(arena, got), err) == -1)
		return -1;
	*out = got;
	return 0;
}
