#pragma once

/*
 * proof_lines: a proof as lines of base64 hashes and an empty line, which
 * tlog-witness requests and tlog-proof files share.
 */

#include "base/attr.h"
#include "base/span.h"

struct arena;
struct buf;
struct error;
struct proof;

/*
 * Take the lines, the empty one included, from ${rest}.
 *
 * Fails: E_SYNTAX, also for more than TREE_PROOF_MAX hashes.
 */
NODISCARD int proof_lines_parse(struct proof *out, struct span *rest,
    struct arena *arena, struct error *err);
void proof_lines_write(struct buf *out, const struct proof *proof);
