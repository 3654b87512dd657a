#pragma once

/*
 * origin: the name of a log, <author>/docket/<reader>/<epoch> (protocol
 * section 1).
 */

#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"

struct buf;
struct error;

/* Longest origin, in bytes; the last epoch of a docket's log. */
#define ORIGIN_SIZE_MAX ((size_t)160)
#define ORIGIN_EPOCH_MAX ((uint64_t)999999)

struct origin {
	struct span author; /* the party that writes the log */
	struct span reader; /* its peer */
	uint64_t epoch;     /* from 1 */
};

/*
 * Owns: ${out} borrows ${text}.
 * Fails: E_KEEPER_ORIGIN.
 */
NODISCARD int origin_parse(struct origin *out, struct span text,
    struct error *err);

void origin_write(struct buf *out, const struct origin *origin);
