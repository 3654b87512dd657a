#include <string.h>

#include "base/span.h"

struct span
span_of(const void *ptr, size_t len)
{
	return (struct span){ ptr, len };
}

struct span
span_text(const char *text)
{
	return span_of(text, strlen(text));
}

bool
span_is_equal(struct span a, struct span b)
{
	return a.len == b.len &&
	    (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool
span_is_text(struct span a, const char *text)
{
	return span_is_equal(a, span_text(text));
}

bool
span_has_prefix(struct span a, struct span prefix)
{
	return a.len >= prefix.len &&
	    span_is_equal(span_of(a.ptr, prefix.len), prefix);
}

struct span
span_skip(struct span a, size_t n)
{
	if (n >= a.len)
		return span_of(NULL, 0);
	return span_of(a.ptr + n, a.len - n);
}

size_t
span_find(struct span a, uint8_t byte)
{
	const uint8_t *at;

	if (a.len == 0 || (at = memchr(a.ptr, byte, a.len)) == NULL)
		return a.len;
	return (size_t)(at - a.ptr);
}
