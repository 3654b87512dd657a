#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "seal/der.h"

/* X.690, 8.1.2: these five bits all set say that the tag goes on. */
#define TAG_GOES_ON 0x1f
#define TAG_CONSTRUCTED 0x20

/* The length at the start of ${rest}, which is moved behind it. */
static int
take_length(size_t *out, struct span *rest, struct error *err)
{
	size_t len, n;

	if (rest->len == 0)
		return error_set(err, E_SEAL_SYNTAX, "cut in a length");
	len = rest->ptr[0];
	*rest = span_skip(*rest, 1);
	if (len < 0x80) {
		*out = len;
		return 0;
	}

	n = len & 0x7f;
	if (n == 0)
		return error_set(err, E_SEAL_NOT_DER, "indefinite length");
	if (n > 3)
		return error_set(err, E_SEAL_SYNTAX, "length of %zu bytes", n);
	if (rest->len < n)
		return error_set(err, E_SEAL_SYNTAX, "cut in a length");
	len = 0;
	for (size_t i = 0; i < n; i++)
		len = len << 8 | rest->ptr[i];
	if (len < 0x80 || len >> (8 * (n - 1)) == 0)
		return error_set(err, E_SEAL_NOT_DER, "padded length");
	*rest = span_skip(*rest, n);
	*out = len;
	return 0;
}

int
der_next(struct der *out, struct span *rest, struct error *err)
{
	struct span left = *rest;
	uint8_t tag;
	size_t len = 0;

	if (left.len == 0)
		return error_set(err, E_SEAL_SYNTAX, "an element is missing");
	tag = left.ptr[0];
	if ((tag & TAG_GOES_ON) == TAG_GOES_ON)
		return error_set(err, E_SEAL_SYNTAX, "long tag");
	left = span_skip(left, 1);
	if (take_length(&len, &left, err) == -1)
		return -1;
	if (len > left.len)
		return error_set(err, E_SEAL_SYNTAX, "cut: %zu bytes of %zu",
		    left.len, len);

	out->tag = tag;
	out->value = span_of(left.ptr, len);
	out->whole = span_of(rest->ptr, rest->len - left.len + len);
	*rest = span_skip(left, len);
	return 0;
}

int
der_take(struct der *out, struct span *rest, uint8_t tag, struct error *err)
{
	if (rest->len > 0 && rest->ptr[0] != tag)
		return error_set(err, E_SEAL_SYNTAX,
		    "tag %02x in place of %02x", rest->ptr[0], tag);
	return der_next(out, rest, err);
}

bool
der_is_next(struct span rest, uint8_t tag)
{
	return rest.len > 0 && rest.ptr[0] == tag;
}

int
der_end(struct span rest, struct error *err)
{
	if (rest.len > 0)
		return error_set(err, E_SEAL_SYNTAX,
		    "%zu bytes too many in an element", rest.len);
	return 0;
}

/* The years that a UTCTime can tell: a GeneralizedTime may not. */
static bool
is_utc_year(const char *text)
{
	return memcmp(text, "1950", 4) >= 0 && memcmp(text, "2049", 4) <= 0;
}

int
der_time(struct instant *out, const struct der *time, struct error *err)
{
	/* Where in text the digits of YYMMDDhhmmss stand. */
	static const uint8_t places[] = { 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17,
		18 };
	bool is_utc = time->tag == DER_UTC_TIME;
	size_t want = is_utc ? 13 : 15; /* YYMMDDhhmmssZ, YYYYMMDDhhmmssZ */
	const uint8_t *digits = time->value.ptr;
	char text[] = "0000-00-00T00:00:00Z";
	struct error why;

	if ((!is_utc && time->tag != DER_TIME) || time->value.len != want ||
	    digits[want - 1] != 'Z')
		return error_set(err, E_SEAL_TIME, "not whole seconds UTC");

	if (is_utc) {
		memcpy(text, digits[0] >= '5' ? "19" : "20", 2);
	} else {
		memcpy(text, digits, 2);
		digits += 2;
	}
	for (size_t i = 0; i < COUNT_OF(places); i++)
		text[places[i]] = (char)digits[i];
	if (instant_parse(out, span_of(text, sizeof(text) - 1), &why) == -1)
		return error_set(err, E_SEAL_TIME, "no such time");
	if (!is_utc && is_utc_year(text))
		return error_set(err, E_SEAL_TIME,
		    "GeneralizedTime in a year of UTCTime");
	return 0;
}

/* Nesting is kept in an array, so that no input can exhaust the stack. */
int
der_check(struct span bytes, struct error *err)
{
	struct span rest[DER_DEPTH_MAX] = { bytes };
	size_t depth = 1;
	struct der element = { 0 };

	while (depth > 0) {
		if (rest[depth - 1].len == 0) {
			depth--;
			continue;
		}
		if (der_next(&element, &rest[depth - 1], err) == -1)
			return -1;
		if ((element.tag & TAG_CONSTRUCTED) == 0)
			continue;
		if (depth == DER_DEPTH_MAX)
			return error_set(err, E_SEAL_SYNTAX, "nested too deep");
		rest[depth++] = element.value;
	}
	return 0;
}

void
der_put(struct buf *out, uint8_t tag, struct span value)
{
	buf_u8(out, tag);
	if (value.len < 0x80) {
		buf_u8(out, (uint8_t)value.len);
	} else if (value.len < 0x100) {
		buf_u8(out, 0x81);
		buf_u8(out, (uint8_t)value.len);
	} else if (value.len < 0x10000) {
		buf_u8(out, 0x82);
		buf_u16(out, (uint16_t)value.len);
	} else {
		buf_u8(out, 0x83);
		buf_u8(out, (uint8_t)(value.len >> 16));
		buf_u16(out, (uint16_t)value.len);
	}
	buf_add(out, value);
}

void
der_put_time(struct buf *out, struct instant at)
{
	char text[INSTANT_TEXT_MAX], digits[sizeof("YYYYMMDDhhmmssZ")];
	size_t n = 0;
	bool is_utc;

	instant_write(at, text);
	for (const char *p = text; *p != '\0'; p++) {
		if (*p != '-' && *p != ':' && *p != 'T')
			digits[n++] = *p;
	}
	is_utc = is_utc_year(text);
	der_put(out, is_utc ? DER_UTC_TIME : DER_TIME,
	    span_skip(span_of(digits, n), is_utc ? 2 : 0));
}
