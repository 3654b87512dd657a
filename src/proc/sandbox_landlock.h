#pragma once

/*
 * sandbox_landlock: the part of the sandbox that bounds files and TCP.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "proc/sandbox.h"

struct error;

/* The interface's version in this kernel; 0 if it has no Landlock. */
int sandbox_landlock_abi(void);

/*
 * Allow only ${paths} from here on, and, if the interface ${abi} can, no TCP
 * but outgoing connections if ${may_connect}, no signal to a process outside
 * and no abstract socket of one.
 *
 * Fails: E_SANDBOX.
 */
NODISCARD int sandbox_landlock_enter(int abi, const struct sandbox_path *paths,
    size_t n, bool may_connect, struct error *err);
