#pragma once

/*
 * sandbox_seccomp: the part of the sandbox that bounds the system calls.
 */

#include <stdbool.h>

#include "base/attr.h"
#include "proc/role.h"

struct error;

/* Can this kernel kill a process for a call? */
bool sandbox_seccomp_is_there(void);

/*
 * Allow only the calls of ${role} in sandbox_calls.def from here on.
 *
 * Fails: E_SANDBOX.
 */
NODISCARD int sandbox_seccomp_enter(enum role role, struct error *err);
