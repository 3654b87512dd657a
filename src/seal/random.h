#pragma once

/*
 * random: random bytes from libcrypto's generator (seeded by the kernel), and
 * the end of secrets.
 */

#include <stddef.h>

#include "base/random.h"

struct buf;

/* Fill ${out} in.  Its fill() ends the process if there is no randomness. */
void random_system(struct random *out);

/* Overwrite ${len} bytes in a way that no compiler leaves out. */
void secret_wipe(void *ptr, size_t len);

/* buf_clear(), after overwriting all that was in ${buf}. */
void secret_clear(struct buf *buf);
