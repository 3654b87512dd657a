#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"

#define BUF_FIRST_BYTES ((size_t)256)

void
buf_init(struct buf *buf, size_t max)
{
	*buf = (struct buf){ .max = max };
}

void
buf_clear(struct buf *buf)
{
	free(buf->ptr);
	*buf = (struct buf){ .max = buf->max };
}

/* True if ${n} bytes may be added; then memory for ${spare} more is there. */
static bool
has_room(struct buf *buf, size_t n, size_t spare)
{
	size_t cap = buf->cap;

	if (buf->is_over || n > buf->max - buf->len) {
		buf->is_over = true;
		return false;
	}
	if (n + spare <= cap - buf->len)
		return true;
	if (cap == 0)
		cap = BUF_FIRST_BYTES;
	while (cap - buf->len < n + spare)
		cap *= 2;
	buf->ptr = mem_resize(buf->ptr, cap, 1);
	buf->cap = cap;
	return true;
}

void
buf_add(struct buf *buf, struct span bytes)
{
	if (bytes.len == 0 || !has_room(buf, bytes.len, 0))
		return;
	memcpy(buf->ptr + buf->len, bytes.ptr, bytes.len);
	buf->len += bytes.len;
}

void
buf_text(struct buf *buf, const char *text)
{
	buf_add(buf, span_text(text));
}

void
buf_printf(struct buf *buf, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0)
		mem_die("bad format");
	/* vsnprintf writes a NUL behind the text. */
	if (!has_room(buf, (size_t)len, 1))
		return;
	va_start(ap, fmt);
	vsnprintf((char *)buf->ptr + buf->len, (size_t)len + 1, fmt, ap);
	va_end(ap);
	buf->len += (size_t)len;
}

static void
add_big_endian(struct buf *buf, uint64_t value, size_t n)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(value >> (8 * (n - 1 - i)));
	buf_add(buf, span_of(bytes, n));
}

void
buf_u8(struct buf *buf, uint8_t value)
{
	add_big_endian(buf, value, 1);
}

void
buf_u16(struct buf *buf, uint16_t value)
{
	add_big_endian(buf, value, 2);
}

void
buf_u32(struct buf *buf, uint32_t value)
{
	add_big_endian(buf, value, 4);
}

void
buf_u64(struct buf *buf, uint64_t value)
{
	add_big_endian(buf, value, 8);
}

void
buf_drop(struct buf *buf, size_t n)
{
	if (n > buf->len)
		n = buf->len;
	if (n == 0)
		return;
	memmove(buf->ptr, buf->ptr + n, buf->len - n);
	buf->len -= n;
}

struct span
buf_span(const struct buf *buf)
{
	return span_of(buf->ptr, buf->len);
}

int
buf_check(const struct buf *buf, struct error *err)
{
	if (buf->is_over)
		return error_set(err, E_TOO_LARGE, "over %zu bytes", buf->max);
	return 0;
}
