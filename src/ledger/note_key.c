#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/encode.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "ledger/note.h"
#include "seal/digest.h"

#define HEX_ID_CHARS ((size_t)8)

/* White_Space of the Unicode character database, above ASCII. */
static bool
is_space(uint32_t point)
{
	return point == 0x85 || point == 0xa0 || point == 0x1680 ||
	    (point >= 0x2000 && point <= 0x200a) || point == 0x2028 ||
	    point == 0x2029 || point == 0x202f || point == 0x205f ||
	    point == 0x3000;
}

int
note_name_check(struct span name, struct error *err)
{
	uint32_t point;

	if (name.len == 0 || name.len > NOTE_NAME_MAX)
		return error_set(err, E_NOTE_SYNTAX, "a name of %zu bytes",
		    name.len);
	while (name.len > 0) {
		if (utf8_next(&point, &name, err) == -1)
			return error_set(err, E_NOTE_SYNTAX, "not UTF-8");
		if (point <= ' ' || point == 0x7f || point == '+' ||
		    is_space(point))
			return error_set(err, E_NOTE_SYNTAX,
			    "U+%04X in a key name", (unsigned)point);
	}
	return 0;
}

struct note_key
note_key_of(enum note_key_type type, struct span name,
    const uint8_t public_key[NOTE_PUBLIC_BYTES])
{
	struct note_key key = { .type = type, .name = name };
	const uint8_t middle[] = { '\n', (uint8_t)type };
	const struct span parts[] = { name, span_of(middle, sizeof(middle)),
		span_of(public_key, NOTE_PUBLIC_BYTES) };
	struct hash hash = digest_parts(parts, COUNT_OF(parts));

	memcpy(key.id, hash.bytes, sizeof(key.id));
	memcpy(key.public_key, public_key, sizeof(key.public_key));
	return key;
}

bool
note_key_is_equal(const struct note_key *a, const struct note_key *b)
{
	return a->type == b->type && span_is_equal(a->name, b->name) &&
	    memcmp(a->public_key, b->public_key, sizeof(a->public_key)) == 0;
}

static bool
is_type(uint8_t byte)
{
	return byte == NOTE_KEY_LOG || byte == NOTE_KEY_COSIGNER;
}

int
note_key_parse(struct note_key *out, struct span vkey, struct arena *arena,
    struct error *err)
{
	size_t name_len = span_find(vkey, '+');
	struct span name = { vkey.ptr, name_len }, rest, id, raw;
	struct note_key key;

	if (vkey.len > NOTE_VKEY_MAX || note_name_check(name, err) == -1)
		return error_set(err, E_VKEY_SYNTAX, "bad key name");
	rest = span_skip(vkey, name_len + 1);
	if (rest.len <= HEX_ID_CHARS || rest.ptr[HEX_ID_CHARS] != '+')
		return error_set(err, E_VKEY_SYNTAX, "no key ID");
	if (decode_hex(&id, span_of(rest.ptr, HEX_ID_CHARS), arena, err) ==
		-1 ||
	    decode_base64(&raw, span_skip(rest, HEX_ID_CHARS + 1), arena,
		err) == -1)
		return error_set(err, E_VKEY_SYNTAX, "bad encoding");
	if (raw.len != 1 + NOTE_PUBLIC_BYTES || !is_type(raw.ptr[0]))
		return error_set(err, E_VKEY_SYNTAX, "algorithm not known");
	key = note_key_of((enum note_key_type)raw.ptr[0],
	    arena_copy(arena, name), raw.ptr + 1);
	if (!span_is_equal(id, span_of(key.id, sizeof(key.id))))
		return error_set(err, E_VKEY_SYNTAX, "the ID is another key's");
	*out = key;
	return 0;
}

void
note_key_write(struct buf *out, const struct note_key *key)
{
	uint8_t raw[1 + NOTE_PUBLIC_BYTES] = { (uint8_t)key->type };

	memcpy(raw + 1, key->public_key, NOTE_PUBLIC_BYTES);
	buf_add(out, key->name);
	buf_text(out, "+");
	encode_hex(out, span_of(key->id, sizeof(key->id)));
	buf_text(out, "+");
	encode_base64(out, span_of(raw, sizeof(raw)));
}
