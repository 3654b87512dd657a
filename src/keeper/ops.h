#pragma once

/*
 * ops: where the keeper keeps its keys and its journal, passed in.
 *
 * The journal is what must never be lost or set back: it is best on another
 * disk than the database, and never in the same backup.
 */

#include <stddef.h>

#include "base/random.h"
#include "base/span.h"

struct buf;
struct error;

/* The journal is written anew when it has passed this, in bytes. */
#define KEEPER_JOURNAL_COMPACT ((size_t)4 << 20)

/* Each returns 0, or -1 and the error. */
struct keeper_ops {
	/* Append all of the journal to ${out}; nothing if there is none. */
	int (*load)(void *ctx, struct buf *out, struct error *err);

	/* Add to the journal, durably.  A failure may leave a part there. */
	int (*append)(void *ctx, struct span bytes, struct error *err);

	/* The whole journal in one step; durable on return. */
	int (*replace)(void *ctx, struct span bytes, struct error *err);

	/* Append the file ${name} to ${out}; E_NOT_FOUND if there is none. */
	int (*key_read)(void *ctx, const char *name, struct buf *out,
	    struct error *err);

	/* Write the file ${name}; durable on return. */
	int (*key_write)(void *ctx, const char *name, struct span bytes,
	    struct error *err);

	void *ctx;
	struct random random; /* for new keys */
	size_t compact;       /* bytes; 0: KEEPER_JOURNAL_COMPACT */
};
