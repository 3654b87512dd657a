#pragma once

/*
 * rng: the one source of chance in the simulation (splitmix64), and the same
 * for libcrypto, so that a seed gives the same run to the byte.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rng {
	uint64_t state;
};

uint64_t rng_next(struct rng *rng);

/* From 0 to ${n} - 1. */
uint64_t rng_below(struct rng *rng, uint64_t n);

/* True ${percent} times in a hundred. */
bool rng_chance(struct rng *rng, unsigned percent);

void rng_fill(void *ctx, uint8_t *out, size_t len);

/* From now on libcrypto draws from ${rng}. */
void rng_take_over(struct rng *rng);
