#pragma once

/*
 * case_state: a folded case as bytes, for the projection of cases.
 *
 * Words and kinds stand in it by name: the enums may be renumbered.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/span.h"
#include "domain/casefile.h"
#include "domain/count.h"

struct arena;
struct error;

/* Reports, queries and answers of one case that are kept with it. */
#define CASE_STATE_APART_MAX 32

struct case_state {
	struct casefile casefile; /* but for class and as_of */
	struct count_apart apart[CASE_STATE_APART_MAX];
	size_t apart_n;
	bool is_long; /* there are more than were kept */
};

/* Owns: the bytes are in ${arena}. */
struct span case_state_write(const struct case_state *state,
    struct arena *arena);

/* Fails: E_STORE_CORRUPT. */
NODISCARD int case_state_read(struct case_state *out, struct span bytes,
    struct error *err);
