#pragma once

/*
 * blob: how a document travels and is stored (protocol section 3): 16 random
 * bytes, then the content.  Its name is the SHA-256 of all of it, so that a
 * short text cannot be guessed from the record that names it.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"

struct buf;
struct error;

#define BLOB_SALT_BYTES ((size_t)16)

/* Add the blob to ${out}; ${salt} comes from a random source. */
void blob_make(struct buf *out, const uint8_t salt[BLOB_SALT_BYTES],
    struct span content);

/* Borrowed from ${blob}.  Fails: E_SYNTAX if it has no salt. */
NODISCARD int blob_content(struct span *out, struct span blob,
    struct error *err);
