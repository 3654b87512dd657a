#pragma once

/*
 * mirror: the add-entries call (C2SP tlog-mirror, of 2026-07-22).
 *
 * A request is a header and packages, each of the entries up to the next
 * multiple of 256 and a proof that they stand in the pending checkpoint.
 * Pure: held hashes come through a tree_reader.
 *
 * Units: starts, ends and sizes in entries.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cursor.h"
#include "base/hash.h"
#include "base/span.h"
#include "ledger/tree.h"

struct arena;
struct buf;
struct checkpoint;
struct error;

#define MIRROR_PACKAGE ((uint64_t)256)
#define MIRROR_PACKAGES_MAX ((uint64_t)32)

/* One entry; the ticket; a whole request after decompression; in bytes */
#define MIRROR_ENTRY_MAX ((size_t)65535)
#define MIRROR_TICKET_MAX ((size_t)1024)
#define MIRROR_REQUEST_MAX ((size_t)17 << 20)

/* The body of a 202 or 409, in bytes, and its media type */
#define MIRROR_INFO_MAX ((size_t)2048)
#define MIRROR_INFO_TYPE "text/x.tlog.mirror-info"

struct mirror_header {
	struct span origin;
	uint64_t start, end; /* of the whole upload */
	struct span ticket;
};

/* A request being read. */
struct mirror_upload {
	struct mirror_header header;
	struct cursor rest;
	uint64_t next; /* first entry of the next package */
	uint64_t read; /* packages read */
};

struct mirror_package {
	uint64_t base;       /* start, rounded down: the subtree's start */
	uint64_t start, end; /* of the entries below */
	struct span entries[MIRROR_PACKAGE];
	struct hash leaves[MIRROR_PACKAGE]; /* by mirror_package_check() */
	struct proof proof;
};

/* What a mirror holds of an origin. */
struct mirror_known {
	const uint64_t *pending; /* sizes of pending checkpoints it takes */
	size_t n;                /* how many; 0: none yet */
	uint64_t next;           /* first entry that it does not hold */
	uint64_t size;           /* of the mirror checkpoint */
};

/* The body of a 202 or 409. */
struct mirror_info {
	uint64_t size; /* of a valid pending checkpoint */
	uint64_t next;
	struct span ticket;
};

/*
 * Read the header of the request ${bytes}.
 *
 * Owns: ${out} borrows ${bytes}.
 * Fails: E_SYNTAX, E_RANGE, E_TOO_LARGE.
 */
NODISCARD int mirror_upload_parse(struct mirror_upload *out, struct span bytes,
    struct error *err);

/*
 * Judge the header by what is held.
 *
 * Fails: E_UPLOAD_PENDING without any pending checkpoint; E_UPLOAD_POSITION,
 * to be answered with a mirror_info, if the end is none of the pending sizes
 * or below the mirror checkpoint, or the start is beyond the next entry or a
 * whole request below it.
 */
NODISCARD int mirror_upload_check(const struct mirror_upload *upload,
    const struct mirror_known *known, struct error *err);

/*
 * Read the next package into ${package}; *${is_end} instead if the request
 * ends here, which it may after any package.  What was read before stays good
 * when this fails: the rest is dropped.
 *
 * Owns: the entries borrow the request.
 * Fails: E_SYNTAX if the package is cut off or bytes follow the last one,
 * E_TOO_LARGE beyond MIRROR_PACKAGES_MAX.
 */
NODISCARD int mirror_package_next(struct mirror_package *package, bool *is_end,
    struct mirror_upload *upload, struct error *err);

/*
 * Check that the entries of ${package} stand in the log at ${head}, whose size
 * is the upload's end; ${held} knows the entries from the package's base to
 * its start.  Fills in the leaf hashes.
 *
 * Fails: E_PROOF, or as the reader does.
 */
NODISCARD int mirror_package_check(struct mirror_package *package,
    const struct checkpoint *head, const struct tree_reader *held,
    struct error *err);

/* Where a sender's entries come from. */
struct mirror_source {
	int (*entry)(void *ctx, uint64_t index, struct span *out,
	    struct error *err);
	void *ctx;
	struct tree_reader tree;
};

/*
 * Write a request: the header and as many whole packages, from its start, as
 * fit in ${budget} bytes, but at least one if there is one.  *${next} is then
 * the first entry left out.
 *
 * Units: ${budget} in bytes, of ${out} as it stands after this.
 * Fails: E_TOO_LARGE for an entry above MIRROR_ENTRY_MAX, E_RANGE, or as the
 * source does.
 */
NODISCARD int mirror_request_write(struct buf *out, uint64_t *next,
    const struct mirror_header *header, const struct mirror_source *source,
    size_t budget, struct error *err);

void mirror_info_write(struct buf *out, const struct mirror_info *info);

/* Owns: the ticket is in ${arena}.  Fails: E_SYNTAX, E_TOO_LARGE. */
NODISCARD int mirror_info_parse(struct mirror_info *out, struct span body,
    struct arena *arena, struct error *err);
