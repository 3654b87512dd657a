/* The old interface is the one that all versions of libcrypto 3 obey. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/rand.h>

#include "tests/sim/rng.h"

static struct rng *taken;

uint64_t
rng_next(struct rng *rng)
{
	uint64_t z = rng->state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

uint64_t
rng_below(struct rng *rng, uint64_t n)
{
	return rng_next(rng) % n;
}

bool
rng_chance(struct rng *rng, unsigned percent)
{
	return rng_below(rng, 100) < percent;
}

void
rng_fill(void *ctx, uint8_t *out, size_t len)
{
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)rng_next(ctx);
}

static int
take_bytes(unsigned char *out, int len)
{
	rng_fill(taken, out, (size_t)len);
	return 1;
}

static int
say_ready(void)
{
	return 1;
}

void
rng_take_over(struct rng *rng)
{
	static RAND_METHOD method = {
		.bytes = take_bytes,
		.pseudorand = take_bytes,
		.status = say_ready,
	};

	taken = rng;
	RAND_set_rand_method(&method);
}
