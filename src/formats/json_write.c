#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "formats/json.h"

#define INDENT 2

/* Digits that tell any double from all others. */
#define REAL_DIGITS_MAX 17

/* ECMAScript Number::toString: from here on, and below 1e-6, an exponent. */
#define REAL_POINT_MAX 21
#define REAL_POINT_MIN (-6)

struct writer {
	struct buf *out;
	bool is_pretty;
	unsigned depth;
};

static void write_value(struct writer *w, const json_t *value);

static void
write_escaped(struct buf *out, uint8_t c)
{
	static const char named[] = "\"\\\b\f\n\r\t", names[] = "\"\\bfnrt";
	const char *at = strchr(named, c);

	if (at != NULL)
		buf_printf(out, "\\%c", names[at - named]);
	else
		buf_printf(out, "\\u%04x", c);
}

/* RFC 8785 section 3.2.2.2 */
static void
write_text(struct buf *out, struct span text)
{
	size_t from = 0;

	buf_u8(out, '"');
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];

		if (c >= ' ' && c != '"' && c != '\\')
			continue;
		buf_add(out, span_of(text.ptr + from, i - from));
		write_escaped(out, c);
		from = i + 1;
	}
	buf_add(out, span_skip(text, from));
	buf_u8(out, '"');
}

/*
 * The fewest digits that read back as ${value}, which is positive.  Returns
 * where the decimal point stands, counted from before the first.
 */
static int
shortest_digits(double value, char digits[REAL_DIGITS_MAX + 1])
{
	char text[REAL_DIGITS_MAX + 16];
	const char *p;
	size_t n = 0;

	for (int precision = 0; precision < REAL_DIGITS_MAX; precision++) {
		snprintf(text, sizeof(text), "%.*e", precision, value);
		if (!(strtod(text, NULL) < value) &&
		    !(strtod(text, NULL) > value))
			break;
	}
	/* whatever the locale has for a point */
	for (p = text; *p != 'e'; p++) {
		if (*p >= '0' && *p <= '9' && n < REAL_DIGITS_MAX)
			digits[n++] = *p;
	}
	digits[n] = '\0';
	return (int)strtol(p + 1, NULL, 10) + 1;
}

/* RFC 8785 section 3.2.2.3 */
static void
write_real(struct buf *out, double value)
{
	char digits[REAL_DIGITS_MAX + 1];
	int point, n;

	if (value < 0)
		buf_u8(out, '-');
	else if (!(value > 0)) {
		buf_u8(out, '0');
		return;
	}
	point = shortest_digits(value < 0 ? -value : value, digits);
	n = (int)strlen(digits);

	if (point >= n && point <= REAL_POINT_MAX)
		buf_printf(out, "%s%.*s", digits, point - n,
		    "000000000000000000000");
	else if (point > 0 && point < n)
		buf_printf(out, "%.*s.%s", point, digits, digits + point);
	else if (point > REAL_POINT_MIN && point <= 0)
		buf_printf(out, "0.%.*s%s", -point, "000000", digits);
	else
		buf_printf(out, "%c%s%se%+d", digits[0], n > 1 ? "." : "",
		    digits + 1, point - 1);
}

/*
 * Where a byte of UTF-8 stands among the code units of UTF-16: only U+E000 to
 * U+FFFF and what is above them, written with surrogates, change places.
 */
static unsigned
rank(unsigned char byte)
{
	return byte == 0xee || byte == 0xef ? byte + 0x10U : byte;
}

/* RFC 8785 section 3.2.3 */
static int
compare_names(const void *left, const void *right)
{
	const unsigned char *a = *(const unsigned char *const *)left;
	const unsigned char *b = *(const unsigned char *const *)right;

	while (*a != '\0' && *a == *b) {
		a++;
		b++;
	}
	return (rank(*a) > rank(*b)) - (rank(*a) < rank(*b));
}

static void
write_break(struct writer *w)
{
	if (w->is_pretty)
		buf_printf(w->out, "\n%*s", (int)w->depth * INDENT, "");
}

static void
write_object(struct writer *w, const json_t *object)
{
	size_t n = 0;
	const char **names, *name;
	json_t *value;

	names = mem_new((json_object_size(object) + 1) * sizeof(*names));
	json_object_foreach((json_t *)object, name, value) names[n++] = name;
	qsort(names, n, sizeof(*names), compare_names);

	buf_u8(w->out, '{');
	w->depth++;
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_u8(w->out, ',');
		write_break(w);
		write_text(w->out, span_text(names[i]));
		buf_text(w->out, w->is_pretty ? ": " : ":");
		write_value(w, json_object_get(object, names[i]));
	}
	w->depth--;
	if (n > 0)
		write_break(w);
	buf_u8(w->out, '}');
	free(names);
}

static void
write_array(struct writer *w, const json_t *array)
{
	json_t *value;
	size_t i;

	buf_u8(w->out, '[');
	w->depth++;
	json_array_foreach(array, i, value)
	{
		if (i > 0)
			buf_u8(w->out, ',');
		write_break(w);
		write_value(w, value);
	}
	w->depth--;
	if (json_array_size(array) > 0)
		write_break(w);
	buf_u8(w->out, ']');
}

static void
write_value(struct writer *w, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		write_object(w, value);
		break;
	case JSON_ARRAY:
		write_array(w, value);
		break;
	case JSON_STRING:
		write_text(w->out,
		    span_of(json_string_value(value),
			json_string_length(value)));
		break;
	case JSON_INTEGER:
		buf_printf(w->out, "%lld",
		    (long long)json_integer_value(value));
		break;
	case JSON_REAL:
		write_real(w->out, json_real_value(value));
		break;
	case JSON_TRUE:
		buf_text(w->out, "true");
		break;
	case JSON_FALSE:
		buf_text(w->out, "false");
		break;
	case JSON_NULL:
		buf_text(w->out, "null");
		break;
	}
}

void
json_write(struct buf *out, const struct json *json)
{
	struct writer w = { out, false, 0 };

	write_value(&w, (const json_t *)json);
}

void
json_write_pretty(struct buf *out, const struct json *json)
{
	struct writer w = { out, true, 0 };

	write_value(&w, (const json_t *)json);
	buf_u8(out, '\n');
}
