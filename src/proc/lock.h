#pragma once

/*
 * lock: one node a home.  The kernel lets go of the lock when its holder ends,
 * however it ends.
 */

#include "base/attr.h"

struct error;

struct lock {
	int fd;
};

/*
 * Lock the directory ${home}, by flock(2) on its file "lock".
 *
 * Owns: the caller, until lock_close(); children do not inherit it.
 * Fails: E_STORE_LOCKED, naming the process that holds it; E_IO.
 */
NODISCARD int lock_open(struct lock *out, const char *home, struct error *err);
void lock_close(struct lock *lock);
