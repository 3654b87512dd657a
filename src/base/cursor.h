#pragma once

/*
 * cursor: read a binary message from its start.
 *
 * A read past the end yields zeros and is remembered; look at is_short once,
 * or call cursor_end(), before anything that was read is used.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"

struct error;

struct cursor {
	struct span rest;
	bool is_short; /* something was read past the end */
};

struct cursor cursor_of(struct span bytes);

/* Unsigned integers, most significant byte first. */
uint8_t cursor_u8(struct cursor *cursor);
uint16_t cursor_u16(struct cursor *cursor);
uint32_t cursor_u32(struct cursor *cursor);
uint64_t cursor_u64(struct cursor *cursor);

/* The next ${n} bytes, borrowed; empty if there are fewer. */
struct span cursor_bytes(struct cursor *cursor, size_t n);

/* Fails: E_SYNTAX if bytes were missing or are left over. */
NODISCARD int cursor_end(const struct cursor *cursor, struct error *err);
