#include <jansson.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/encode.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "formats/json.h"

/* U+FFFD in UTF-8 */
#define REPLACEMENT "\xef\xbf\xbd"

/* How many bytes of ${bytes} are the first good code point; 0 if it is bad. */
static size_t
good_first(struct span bytes)
{
	struct span rest = bytes;
	struct error ignored;
	uint32_t point;

	/* RFC 7493 section 2.1, RFC 8259; Unicode 23.7, noncharacters */
	if (utf8_next(&point, &rest, &ignored) == -1 || point == 0 ||
	    (point >= 0xfdd0 && point <= 0xfdef) || (point & 0xfffe) == 0xfffe)
		return 0;
	return bytes.len - rest.len;
}

bool
json_is_text(struct span bytes)
{
	while (bytes.len > 0) {
		size_t len = good_first(bytes);

		if (len == 0)
			return false;
		bytes = span_skip(bytes, len);
	}
	return true;
}

/* ${value}, which can be missing only for want of memory. */
static json_t *
sure(json_t *value)
{
	if (value == NULL)
		mem_die("jansson: no value");
	return value;
}

static json_t *
mended(struct span text)
{
	struct buf buf;
	json_t *value;

	buf_init(&buf, text.len * (sizeof(REPLACEMENT) - 1));
	while (text.len > 0) {
		size_t len = good_first(text);

		if (len == 0)
			buf_text(&buf, REPLACEMENT);
		else
			buf_add(&buf, span_of(text.ptr, len));
		text = span_skip(text, len == 0 ? 1 : len);
	}
	value = sure(json_stringn_nocheck((const char *)buf.ptr, buf.len));
	buf_clear(&buf);
	return value;
}

static json_t *
text_value(struct span text)
{
	if (text.len == 0)
		return sure(json_string_nocheck(""));
	if (!json_is_text(text))
		return mended(text);
	return sure(json_stringn_nocheck((const char *)text.ptr, text.len));
}

static void
set(struct json *object, const char *name, json_t *value)
{
	if (json_object_set_new_nocheck((json_t *)object, name, value) != 0)
		mem_die("jansson: no member");
}

static void
add(struct json *array, json_t *value)
{
	if (json_array_append_new((json_t *)array, value) != 0)
		mem_die("jansson: no value in a list");
}

struct json *
json_object_new(void)
{
	return (struct json *)sure(json_object());
}

struct json *
json_array_new(void)
{
	return (struct json *)sure(json_array());
}

void
json_set_text(struct json *object, const char *name, struct span text)
{
	set(object, name, text_value(text));
}

void
json_set_word(struct json *object, const char *name, const char *word)
{
	json_set_text(object, name, span_text(word));
}

void
json_set_integer(struct json *object, const char *name, int64_t value)
{
	set(object, name, sure(json_integer(value)));
}

void
json_set_flag(struct json *object, const char *name, bool value)
{
	set(object, name, sure(json_boolean(value)));
}

void
json_set_instant(struct json *object, const char *name, struct instant at)
{
	char text[INSTANT_TEXT_MAX];

	json_set_word(object, name, instant_write(at, text));
}

void
json_set_hash(struct json *object, const char *name, const struct hash *hash)
{
	char text[HASH_TEXT_MAX];

	json_set_word(object, name, hash_write(hash, text));
}

void
json_set_base64(struct json *object, const char *name, struct span bytes)
{
	struct arena *arena = arena_new();

	json_set_word(object, name, encode_base64_text(arena, bytes));
	arena_free(arena);
}

void
json_set_json(struct json *object, const char *name, struct json *value)
{
	set(object, name, (json_t *)value);
}

void
json_add_text(struct json *array, struct span text)
{
	add(array, text_value(text));
}

void
json_add_word(struct json *array, const char *word)
{
	json_add_text(array, span_text(word));
}

void
json_add_hash(struct json *array, const struct hash *hash)
{
	char text[HASH_TEXT_MAX];

	json_add_word(array, hash_write(hash, text));
}

void
json_add_json(struct json *array, struct json *value)
{
	add(array, (json_t *)value);
}
