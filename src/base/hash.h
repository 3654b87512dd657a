#pragma once

/*
 * hash: a SHA-256 value: a leaf hash, a root, a document's name.
 *
 * Only the value; seal/digest.h computes it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"

struct error;

#define HASH_BYTES ((size_t)32)

/* 64 hex digits and the NUL */
#define HASH_TEXT_MAX ((size_t)65)

struct hash {
	uint8_t bytes[32];
};

bool hash_is_equal(const struct hash *a, const struct hash *b);
struct span hash_span(const struct hash *hash);

/* Fails: E_SYNTAX if ${bytes} is not 32 long. */
NODISCARD int hash_of(struct hash *out, struct span bytes, struct error *err);

/* 64 lower-case hex digits.  Returns ${out}. */
const char *hash_write(const struct hash *hash, char out[HASH_TEXT_MAX]);

/* Fails: E_SYNTAX. */
NODISCARD int hash_parse(struct hash *out, struct span hex, struct error *err);
