#pragma once

/*
 * gunzip: decompress a request's body (gzip, RFC 1952), bounded.
 */

#include "base/attr.h"
#include "base/span.h"

struct buf;
struct error;

/*
 * Add the content of ${compressed}, one gzip member and nothing after it, to
 * ${out}, whose maximum bounds it: no more than that is ever decompressed.
 *
 * Fails: E_TOO_LARGE, E_SYNTAX.
 */
NODISCARD int gunzip(struct buf *out, struct span compressed,
    struct error *err);
