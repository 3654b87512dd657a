#pragma once

/*
 * roots: the root of what is stored of a log, at some size.
 *
 * Computing one reads a tile or two and hashes up to 255 leaves of each;
 * many records have the same anchor.  What was computed lately is remembered:
 * a log only grows, so that only a rollback makes it wrong.  A head that is
 * to be signed is never taken from here.
 */

#include <stdint.h>

#include "base/attr.h"
#include "base/hash.h"

struct docket;
struct error;

#define DOCKET_ROOTS_MAX 16

struct known_root {
	int64_t log;
	uint64_t size;
	struct hash root;
};

struct docket_roots {
	struct known_root known[DOCKET_ROOTS_MAX];
	unsigned n, next; /* the next is written over */
};

/* Fails: as the store does; E_RANGE if so much is not stored. */
NODISCARD int docket_root(struct docket *docket, int64_t log, uint64_t size,
    struct hash *out, struct error *err);

/* After a rollback. */
void docket_roots_forget(struct docket *docket);
