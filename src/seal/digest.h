#pragma once

/*
 * digest: SHA-256 (FIPS 180-4).
 *
 * SHA-256 of bytes in memory cannot fail: if libcrypto cannot do it, the
 * process ends.
 */

#include <stddef.h>

#include "base/hash.h"
#include "base/span.h"

/* SHA-256 of ${bytes}. */
struct hash digest_of(struct span bytes);

/* SHA-256 of the ${n} ${parts}, one behind the other. */
struct hash digest_parts(const struct span *parts, size_t n);

/* SHA-256 of bytes that come piece by piece. */
struct digest;

/* Owns: the caller, until digest_free(); NULL is harmless there. */
struct digest *digest_new(void);
void digest_free(struct digest *digest);

void digest_add(struct digest *digest, struct span bytes);

/* What was added since digest_new() or the last digest_end(); starts anew. */
void digest_end(struct digest *digest, struct hash *out);

/* A second computation that goes on from where ${digest} stands. */
struct digest *digest_copy(const struct digest *digest);
