#pragma once

/*
 * storescript: a script of transactions on a store, each of which leaves a
 * state that can be told from all others.  For tests that break the store in
 * between.
 */

#include <stdbool.h>
#include <stdint.h>

#include "tests/support/storelab.h"

/* Transactions; the store is checkpointed before some of them. */
#define STORESCRIPT_STEPS 8

/*
 * Run transaction ${step}, from 0, in the state that those before left.
 *
 * Fails: as the store does; nothing of the step was done.
 */
NODISCARD int storescript_run(struct storelab *lab, unsigned step,
    struct error *err);

/* How many steps the store holds. */
unsigned storescript_steps(struct store *store);

/* True if the store is sound and holds what ${steps} steps leave, exactly. */
bool storescript_is_right(struct storelab *lab, unsigned steps);
