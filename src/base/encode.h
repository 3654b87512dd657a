#pragma once

/*
 * encode: bytes as text: hex and base64 (RFC 4648), read strictly.
 *
 * Strict: the one form that the encoder makes, padded, standard alphabet, no
 * white space, no stray bits.  The work is libsodium's.
 */

#include <stddef.h>

#include "base/attr.h"
#include "base/span.h"

struct arena;
struct buf;
struct error;

void encode_hex(struct buf *out, struct span bytes);
void encode_base64(struct buf *out, struct span bytes);

/* The same as NUL-terminated text in ${arena}. */
char *encode_hex_text(struct arena *arena, struct span bytes);
char *encode_base64_text(struct arena *arena, struct span bytes);

/*
 * Owns: ${out} is in ${arena}.
 * Fails: E_SYNTAX; decode_hex() takes lower case only.
 */
NODISCARD int decode_hex(struct span *out, struct span text,
    struct arena *arena, struct error *err);
NODISCARD int decode_base64(struct span *out, struct span text,
    struct arena *arena, struct error *err);
