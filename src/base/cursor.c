#include "base/cursor.h"
#include "base/error.h"

struct cursor
cursor_of(struct span bytes)
{
	return (struct cursor){ .rest = bytes };
}

struct span
cursor_bytes(struct cursor *cursor, size_t n)
{
	struct span got = { cursor->rest.ptr, n };

	if (cursor->is_short || n > cursor->rest.len) {
		cursor->is_short = true;
		return span_of(NULL, 0);
	}
	cursor->rest = span_skip(cursor->rest, n);
	return got;
}

static uint64_t
read_big_endian(struct cursor *cursor, size_t n)
{
	struct span bytes = cursor_bytes(cursor, n);
	uint64_t value = 0;

	for (size_t i = 0; i < bytes.len; i++)
		value = value << 8 | bytes.ptr[i];
	return value;
}

uint8_t
cursor_u8(struct cursor *cursor)
{
	return (uint8_t)read_big_endian(cursor, 1);
}

uint16_t
cursor_u16(struct cursor *cursor)
{
	return (uint16_t)read_big_endian(cursor, 2);
}

uint32_t
cursor_u32(struct cursor *cursor)
{
	return (uint32_t)read_big_endian(cursor, 4);
}

uint64_t
cursor_u64(struct cursor *cursor)
{
	return read_big_endian(cursor, 8);
}

int
cursor_end(const struct cursor *cursor, struct error *err)
{
	if (cursor->is_short)
		return error_set(err, E_SYNTAX, "message ends too early");
	if (cursor->rest.len > 0)
		return error_set(err, E_SYNTAX, "%zu bytes left over",
		    cursor->rest.len);
	return 0;
}
