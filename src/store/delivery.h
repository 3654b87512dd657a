#pragma once

/*
 * delivery: how it goes with each peer's node.  Nothing here decides a
 * figure; it can be lost.
 */

#include <stdint.h>

#include "base/attr.h"
#include "base/instant.h"
#include "base/span.h"

struct arena;
struct error;
struct store;

struct delivery_row {
	struct span peer;
	struct instant last_ok; /* 0: never */
	struct instant next_try;
	unsigned failures; /* in a row */
	int last_error;    /* error number; 0 none */
	struct span last_detail;
	unsigned endpoint; /* which of the card's to try next */
};

/* A row of zeros if there is none yet. */
NODISCARD int store_delivery_get(struct store *store, struct span peer,
    struct delivery_row **out, struct arena *arena, struct error *err);
NODISCARD int store_delivery_put(struct store *store,
    const struct delivery_row *row, struct error *err);
