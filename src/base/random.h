#pragma once

/*
 * random: where random bytes come from, passed in.
 */

#include <stddef.h>
#include <stdint.h>

struct random {
	void (*fill)(void *ctx, uint8_t *out, size_t len);
	void *ctx;
};
