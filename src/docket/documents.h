#pragma once

/*
 * documents: the bytes beside the records.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/span.h"

struct arena;
struct docket;
struct document_row;
struct error;

/*
 * Take a whole blob of ours for ${peer}: make it durable and index it.
 * Within.  A second time is harmless.
 */
NODISCARD int docket_document_put(struct docket *docket, struct span peer,
    struct span blob, struct instant now, struct hash *name, struct error *err);

/* A piece of one, at ${offset}, that ends it if ${is_last}.  Within. */
NODISCARD int docket_document_write(struct docket *docket, struct span peer,
    const struct hash *name, bool is_ours, uint64_t offset, struct span bytes,
    bool is_last, struct instant now, struct error *err);

/*
 * Up to ${len} bytes of a complete document at ${offset}.
 *
 * Fails: E_DOCUMENT_UNKNOWN.
 */
NODISCARD int docket_document_read(struct docket *docket, struct span peer,
    const struct hash *name, uint64_t offset, size_t len, struct span *out,
    struct arena *arena, struct error *err);

/*
 * Remove the bytes; the row stays, marked erased.  Within.  The erasure
 * record is lodged by docket_settle(); ground and date stand in it.
 */
NODISCARD int docket_document_erase(struct docket *docket, struct span peer,
    const struct hash *name, struct instant now, struct error *err);

/* Drop what no record named for too long.  Within. */
NODISCARD int docket_documents_sweep(struct docket *docket, struct instant now,
    struct error *err);
