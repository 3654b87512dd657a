#pragma once

/*
 * utf8: code points in bytes (RFC 3629), strictly.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

/*
 * The code point at the start of ${bytes} and how many bytes it takes; 0
 * bytes if there is none: empty, overlong, a surrogate, beyond U+10FFFF.
 */
size_t utf8_first(uint32_t *out, struct span bytes);
