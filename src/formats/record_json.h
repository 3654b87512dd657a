#pragma once

/*
 * record_json: the content of a record as JSON and as a struct (protocol
 * section 2), by the tables of domain/.
 *
 * Members that are not listed there are ignored: they stay in the signed
 * bytes and have no effect.
 */

#include <stddef.h>

#include "base/attr.h"
#include "base/span.h"

struct arena;
struct buf;
struct error;
struct record;

/* Bytes of a record's content; its seal takes the rest of SEAL_SIZE_MAX. */
#define RECORD_CONTENT_MAX ((size_t)28 << 10)

/*
 * Read ${content} and look at what must hold of it alone (record_check()).
 *
 * Owns: ${out} is in ${arena}; ${content} may be freed afterwards.
 * Fails: E_RECORD_SYNTAX, E_RECORD_KIND, E_RECORD_MEMBER with the member's
 * name in the detail, E_RECORD_DOCUMENTS.
 */
NODISCARD int record_read(struct record **out, struct span content,
    struct arena *arena, struct error *err);

/*
 * Add ${record} to ${out} as canonical JSON that record_read() takes.
 *
 * Fails: E_RECORD_MEMBER and E_RECORD_DOCUMENTS as record_check() says,
 * E_TOO_LARGE beyond RECORD_CONTENT_MAX.
 */
NODISCARD int record_write(struct buf *out, const struct record *record,
    struct error *err);
