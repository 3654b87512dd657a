#include <jansson.h>
#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/hash.h"
#include "base/instant.h"
#include "domain/record.h"
#include "formats/json.h"

/* "anchor.size: why" */
static int
fault(struct error *err, enum error_code blame, const char *where,
    const char *name, const char *why)
{
	const char *dot = *where != '\0' && *name != '\0' ? "." : "";

	return error_set(err, blame, "%s%s%s: %s", where, dot, name, why);
}

/*
 * Look at the depth before a parser that recurses sees the text.  Up to the
 * first fault in its grammar this counts right; behind it nobody reads.
 */
static int
check_depth(struct span text, unsigned max, enum error_code blame,
    struct error *err)
{
	unsigned depth = 0;
	bool is_string = false;

	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];

		if (is_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				is_string = false;
		} else if (c == '"') {
			is_string = true;
		} else if (c == '{' || c == '[') {
			if (++depth > max)
				return error_set(err, blame,
				    "deeper than %u at byte %zu", max, i);
		} else if ((c == '}' || c == ']') && depth > 0) {
			depth--;
		}
	}
	return 0;
}

/*
 * RFC 8785 writes a real number without an exponent below this: one beyond
 * 2^53 would come out as an integer that is not read again.
 */
#define REAL_EXPONENT_MIN 1e21

static bool
is_beyond(const json_t *value)
{
	double real = json_real_value(value); /* 0 if it is none */
	json_int_t integer = json_integer_value(value);

	if (real < 0)
		real = -real;
	return integer > JSON_INTEGER_MAX || integer < -JSON_INTEGER_MAX ||
	    (real > (double)JSON_INTEGER_MAX && real < REAL_EXPONENT_MIN);
}

/* RFC 7493 sections 2.1 and 2.2, as far as Jansson does not see to it. */
static int
check_value(const json_t *value, enum error_code blame, struct error *err)
{
	const char *name;
	json_t *member;
	size_t i;

	if (json_is_string(value) &&
	    !json_is_text(
		span_of(json_string_value(value), json_string_length(value))))
		return error_set(err, blame, "noncharacter in a text");
	if (is_beyond(value))
		return error_set(err, blame, "integer beyond 2^53");

	json_array_foreach(value, i, member)
	{
		if (check_value(member, blame, err) == -1)
			return -1;
	}
	/* Jansson's iterators change nothing, for all that they take. */
	json_object_foreach((json_t *)value, name, member)
	{
		if (!json_is_text(span_text(name)))
			return error_set(err, blame, "noncharacter in a name");
		if (check_value(member, blame, err) == -1)
			return -1;
	}
	return 0;
}

static int
read_bounded(struct json **out, struct span text, size_t max, unsigned depth,
    enum error_code blame, struct error *err)
{
	json_t *json = NULL;
	json_error_t why;
	int rc = -1;

	if (text.len > max)
		return error_set(err, blame, "%zu bytes, at most %zu", text.len,
		    max);
	if (text.len == 0)
		return error_set(err, blame, "empty");
	if (check_depth(text, depth, blame, err) == -1)
		return -1;

	json = json_loadb((const char *)text.ptr, text.len,
	    JSON_REJECT_DUPLICATES, &why);
	if (json == NULL) {
		/* its words may quote the text, the position does not */
		error_set(err, blame, "not JSON at byte %d", why.position);
		goto out;
	}
	if (check_value(json, blame, err) == -1)
		goto out;
	*out = (struct json *)json;
	json = NULL;
	rc = 0;
out:
	json_decref(json);
	return rc;
}

int
json_read(struct json **out, struct span text, size_t max,
    enum error_code blame, struct error *err)
{
	return read_bounded(out, text, max, RECORD_DEPTH_MAX, blame, err);
}

int
json_read_document(struct json **out, struct span text, size_t max,
    enum error_code blame, struct error *err)
{
	return read_bounded(out, text, max, JSON_DOCUMENT_DEPTH_MAX, blame,
	    err);
}

void
json_free(struct json *json)
{
	json_decref((json_t *)json);
}

int
json_reader_of(struct json_reader *out, const struct json *json,
    const char *where, enum error_code blame, struct error *err)
{
	if (!json_is_object((const json_t *)json))
		return fault(err, blame, where, "", "not an object");
	*out = (struct json_reader){ json, where, blame };
	return 0;
}

/* The list that is the member ${name} of what ${where} says. */
static int
list_of(struct json_list *out, const json_t *value, const char *where,
    const char *name, size_t max, enum error_code blame, struct error *err)
{
	size_t n = json_array_size(value);

	if (!json_is_array(value))
		return fault(err, blame, where, name, "not a list");
	if (n > max)
		return fault(err, blame, where, name, "too many values");
	*out = (struct json_list){ (const struct json *)value, where, name,
		blame, n };
	return 0;
}

int
json_list_of(struct json_list *out, const struct json *json, const char *where,
    size_t max, enum error_code blame, struct error *err)
{
	return list_of(out, (const json_t *)json, "", where, max, blame, err);
}

static const json_t *
member_of(const struct json_reader *in, const char *name)
{
	return json_object_get((const json_t *)in->object, name);
}

bool
json_has(const struct json_reader *in, const char *name)
{
	return member_of(in, name) != NULL;
}

/* The member, or NULL if it is absent and need not be there. */
static int
find(const json_t **out, const struct json_reader *in, const char *name,
    enum json_need need, struct error *err)
{
	*out = member_of(in, name);
	if (*out == NULL && need == JSON_REQUIRED)
		return fault(err, in->blame, in->where, name, "missing");
	return 0;
}

static int
text_of(struct span *out, const json_t *value, size_t max,
    enum error_code blame, const char *where, const char *name,
    struct error *err)
{
	if (!json_is_string(value))
		return fault(err, blame, where, name, "not a text");
	if (json_string_length(value) > max)
		return fault(err, blame, where, name, "too long");
	*out = span_of(json_string_value(value), json_string_length(value));
	return 0;
}

int
json_get_text(struct span *out, const struct json_reader *in, const char *name,
    enum json_need need, size_t max, struct error *err)
{
	const json_t *value;

	if (find(&value, in, name, need, err) == -1)
		return -1;
	if (value == NULL)
		return 0;
	return text_of(out, value, max, in->blame, in->where, name, err);
}

int
json_get_integer(int64_t *out, const struct json_reader *in, const char *name,
    enum json_need need, int64_t min, int64_t max, struct error *err)
{
	const json_t *value;

	if (find(&value, in, name, need, err) == -1)
		return -1;
	if (value == NULL)
		return 0;
	if (!json_is_integer(value))
		return fault(err, in->blame, in->where, name, "not an integer");
	if (json_integer_value(value) < min || json_integer_value(value) > max)
		return fault(err, in->blame, in->where, name, "out of range");
	*out = json_integer_value(value);
	return 0;
}

int
json_get_size(uint64_t *out, const struct json_reader *in, const char *name,
    enum json_need need, struct error *err)
{
	int64_t got = -1;

	if (json_get_integer(&got, in, name, need, 0, JSON_INTEGER_MAX, err) ==
	    -1)
		return -1;
	if (got != -1)
		*out = (uint64_t)got;
	return 0;
}

int
json_get_flag(bool *out, const struct json_reader *in, const char *name,
    enum json_need need, struct error *err)
{
	const json_t *value;

	if (find(&value, in, name, need, err) == -1)
		return -1;
	if (value == NULL)
		return 0;
	if (!json_is_boolean(value))
		return fault(err, in->blame, in->where, name,
		    "not true or false");
	*out = json_is_true(value);
	return 0;
}

/* A text that has a form of its own: an empty one says that it is absent. */
static int
form_of(struct span *out, const struct json_reader *in, const char *name,
    enum json_need need, struct error *err)
{
	*out = span_of(NULL, 0);
	if (json_get_text(out, in, name, need, SIZE_MAX, err) == -1)
		return -1;
	if (json_has(in, name) && out->len == 0)
		return fault(err, in->blame, in->where, name, "empty");
	return 0;
}

int
json_get_instant(struct instant *out, const struct json_reader *in,
    const char *name, enum json_need need, struct error *err)
{
	struct error why;
	struct span text;

	if (form_of(&text, in, name, need, err) == -1)
		return -1;
	if (text.len > 0 && instant_parse(out, text, &why) == -1)
		return fault(err, in->blame, in->where, name,
		    "not a time in UTC");
	return 0;
}

int
json_get_hash(struct hash *out, const struct json_reader *in, const char *name,
    enum json_need need, struct error *err)
{
	struct error why;
	struct span text;

	if (form_of(&text, in, name, need, err) == -1)
		return -1;
	if (text.len > 0 && hash_parse(out, text, &why) == -1)
		return fault(err, in->blame, in->where, name,
		    "not 64 lower-case hex digits");
	return 0;
}

int
json_get_base64(struct span *out, const struct json_reader *in,
    const char *name, enum json_need need, struct arena *arena,
    struct error *err)
{
	struct error why;
	struct span text;

	if (form_of(&text, in, name, need, err) == -1)
		return -1;
	if (text.len > 0 && decode_base64(out, text, arena, &why) == -1)
		return fault(err, in->blame, in->where, name, "not base64");
	return 0;
}

int
json_get_object(struct json_reader *out, const struct json_reader *in,
    const char *name, enum json_need need, struct error *err)
{
	const json_t *value;

	if (find(&value, in, name, need, err) == -1)
		return -1;
	if (value == NULL)
		return 0;
	return json_reader_of(out, (const struct json *)value, name, in->blame,
	    err);
}

int
json_get_list(struct json_list *out, const struct json_reader *in,
    const char *name, enum json_need need, size_t max, struct error *err)
{
	const json_t *value;

	if (find(&value, in, name, need, err) == -1)
		return -1;
	if (value == NULL)
		return 0;
	return list_of(out, value, in->where, name, max, in->blame, err);
}

int
json_list_text(struct span *out, const struct json_list *list, size_t i,
    size_t max, struct error *err)
{
	return text_of(out, json_array_get((const json_t *)list->array, i), max,
	    list->blame, list->where, list->name, err);
}

int
json_list_hash(struct hash *out, const struct json_list *list, size_t i,
    struct error *err)
{
	struct error why;
	struct span text = { NULL, 0 };

	if (json_list_text(&text, list, i, HASH_TEXT_MAX, err) == -1)
		return -1;
	if (hash_parse(out, text, &why) == -1)
		return fault(err, list->blame, list->where, list->name,
		    "not 64 lower-case hex digits");
	return 0;
}

int
json_list_object(struct json_reader *out, const struct json_list *list,
    size_t i, struct error *err)
{
	const json_t *value = json_array_get((const json_t *)list->array, i);

	return json_reader_of(out, (const struct json *)value, list->name,
	    list->blame, err);
}

int
json_each(const struct json *json,
    int (*member)(void *ctx, const char *name, const struct json *value),
    void *ctx)
{
	const char *name;
	json_t *value;
	int rc;

	json_object_foreach((json_t *)json, name, value)
	{
		rc = member(ctx, name, (const struct json *)value);
		if (rc != 0)
			return rc;
	}
	return 0;
}
