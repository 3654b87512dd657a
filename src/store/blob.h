#pragma once

/*
 * blob: the bytes of documents, in files named by digest under one folder.
 *
 * A blob being received is "<digest>.part"; when it is whole and its digest
 * was checked it is renamed.  Both are durable when the call returns.  All
 * I/O goes through struct blob_dir's operations, so that the simulation can
 * keep them in memory and lose what was not synced.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/hash.h"
#include "base/span.h"

struct arena;
struct error;

struct blob_dir {
	/* Write at ${offset} of the part, making it if it is not there; sync.
	 */
	int (*write)(void *ctx, const struct hash *name, uint64_t offset,
	    struct span bytes, struct error *err);
	/* Read up to ${len} bytes at ${offset} of the whole or the part. */
	int (*read)(void *ctx, const struct hash *name, bool is_part,
	    uint64_t offset, size_t len, struct span *out, struct arena *arena,
	    struct error *err);
	/* The part becomes the whole; durable.  Twice is harmless. */
	int (*finish)(void *ctx, const struct hash *name, struct error *err);
	/* Remove part and whole.  Absence is no error. */
	int (*drop)(void *ctx, const struct hash *name, struct error *err);
	/* Bytes of the part (or whole); 0 if there is none. */
	int (*size)(void *ctx, const struct hash *name, bool is_part,
	    uint64_t *out, struct error *err);
	void *ctx;
};

/*
 * The folder ${path}, made if it is not there.
 *
 * Owns: the caller, until blob_dir_close().
 */
NODISCARD int blob_dir_open(struct blob_dir *out, const char *path,
    struct error *err);
void blob_dir_close(struct blob_dir *dir);
