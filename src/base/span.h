#pragma once

/*
 * span: borrowed bytes, a pointer and a length.  Owns nothing.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
	const uint8_t *ptr; /* may be NULL only if len is 0 */
	size_t len;         /* bytes */
};

struct span span_of(const void *ptr, size_t len);

/* The bytes of the NUL-terminated ${text}, without the NUL. */
struct span span_text(const char *text);

/* The same bytes.  Not for secrets: it stops at the first difference. */
bool span_is_equal(struct span a, struct span b);
bool span_is_text(struct span a, const char *text);
bool span_has_prefix(struct span a, struct span prefix);

/* ${a} without its first ${n} bytes; empty if there are no more. */
struct span span_skip(struct span a, size_t n);

/* Where ${byte} stands first in ${a}, or a.len. */
size_t span_find(struct span a, uint8_t byte);
