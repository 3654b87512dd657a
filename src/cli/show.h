#pragma once

/*
 * show: a case as people read it, with what was written and attached.
 */

#include <stdint.h>

#include "base/attr.h"
#include "base/hash.h"
#include "base/span.h"
#include "cli/cli.h"
#include "formats/json.h"

struct body;
struct buf;
struct error;

/* A document as the node lists it. */
struct show_document {
	struct hash sha256;
	uint64_t size; /* of the blob */
	bool is_body, is_held;
};

/* False if the node's words for it make no sense. */
bool show_document_read(struct show_document *out,
    const struct json_reader *in);

/*
 * The body document of ${entry}; NULL if there is none, or it is not held.
 *
 * Owns: ${out} and ${content} are in the run's arena.
 * Fails: as client_get(); E_DOCUMENT_DIGEST.  One that cannot be understood
 * is as none.
 */
NODISCARD int show_body(struct cli *cli, struct span peer,
    const struct json_reader *entry, struct body **out, struct span *content,
    struct error *err);

/*
 * Save the texts and documents of all entries in the directory ${dir}, each
 * as a new file; ${n} is how many.
 *
 * Fails: E_IO, also where a file is there already; as show_body().
 */
NODISCARD int show_save(struct cli *cli, const char *dir,
    const struct json_reader *reply, size_t *n, struct error *err);
