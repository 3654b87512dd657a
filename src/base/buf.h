#pragma once

/*
 * buf: bytes that grow, up to a maximum given at birth.
 *
 * Adding never fails: what would pass the maximum is left out and remembered,
 * and buf_check() tells before the bytes are used.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"

struct error;

struct buf {
	uint8_t *ptr;
	size_t len, cap, max; /* bytes */
	bool is_over;         /* something did not fit */
};

/* Units: ${max} in bytes. */
void buf_init(struct buf *buf, size_t max);
void buf_clear(struct buf *buf);

void buf_add(struct buf *buf, struct span bytes);
void buf_text(struct buf *buf, const char *text);
void buf_printf(struct buf *buf, const char *fmt, ...) PRINTF(2, 3);

/* Unsigned integers, most significant byte first. */
void buf_u8(struct buf *buf, uint8_t value);
void buf_u16(struct buf *buf, uint16_t value);
void buf_u32(struct buf *buf, uint32_t value);
void buf_u64(struct buf *buf, uint64_t value);

/* Drop the first ${n} bytes. */
void buf_drop(struct buf *buf, size_t n);

struct span buf_span(const struct buf *buf);

/* Fails: E_TOO_LARGE if something did not fit. */
NODISCARD int buf_check(const struct buf *buf, struct error *err);
