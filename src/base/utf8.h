#pragma once

/*
 * utf8: read text a code point at a time (RFC 3629), strictly.
 */

#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"

struct error;

/*
 * Take the first code point from ${rest}, which is not empty.
 *
 * Fails: E_SYNTAX for anything but the one shortest form of a code point that
 * is no surrogate and not above U+10FFFF.
 */
NODISCARD int utf8_next(uint32_t *out, struct span *rest, struct error *err);
