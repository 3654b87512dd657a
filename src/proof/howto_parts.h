#pragma once

/*
 * howto_parts: what the files that write HOWTO.txt share.  Private to proof/.
 */

#include <stdint.h>

#include "proof/manifest.h"

struct buf;
struct evidence;
struct proof;

struct howto {
	struct buf *out;
	const struct evidence *ev;
};

/* The name of a file; the name of a party. */
const char *howto_file(const struct howto *howto, enum proof_use use,
    unsigned side, uint64_t n);
const char *howto_party(const struct howto *howto, unsigned side);

/*
 * From $T/h to the root: ${path} of entry ${at} in a tree of ${size}, whose
 * first hash is in line ${line} of the file ${proof}.
 */
void howto_steps(struct howto *howto, const char *proof, unsigned line,
    const struct proof *path, uint64_t at, uint64_t size);

/* Why two heads cannot both be true: howto_fork.c. */
void howto_fork(struct howto *howto, const struct proof_claim_row *claim);
