#pragma once

/*
 * verify_claims: what a claim comes to, given the evidence.  Private to
 * proof/.
 */

#include <stddef.h>

#include "proof/verify.h"

struct arena;
struct evidence;

/*
 * Work out claim ${i} of the manifest as if every card were trusted, and say
 * whose it needs.
 */
void verify_claim(struct proof_line *out, const struct evidence *evidence,
    size_t i, struct arena *arena);
