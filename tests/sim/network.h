#pragma once

/*
 * network: loss, duplication, reordering and delay between two nodes.
 */

#include <stdbool.h>

struct world;

/* Let the courier of node ${from} send what is next, if it is idle. */
void network_ask(struct world *world, unsigned from);

/* Deliver all that has arrived by now. */
void network_move(struct world *world);

/* Couriers that waited too long for an answer. */
void network_give_up(struct world *world);

bool network_is_quiet(const struct world *world);
void network_clear(struct world *world);
