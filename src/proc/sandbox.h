#pragma once

/*
 * sandbox: what a process can still do once it is at work.
 *
 * Landlock (landlock(7), by system call) bounds the files and TCP; seccomp
 * (libseccomp) bounds the system calls, by the role's list in
 * sandbox_calls.def.  Neither can be undone.  A call outside the list kills
 * the process; one that libraries try and can do without is answered EPERM.
 * Where the kernel has no Landlock the paths are not bounded, and
 * sandbox_describe() says so.
 *
 * Builds with AddressSanitizer make calls of their own, so they run without
 * seccomp; sandbox_describe() says that too.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "proc/role.h"

struct buf;
struct error;

enum sandbox_access {
	SANDBOX_READ,  /* file or directory, with all below it */
	SANDBOX_WRITE, /* the same, and change, create, remove */
};

struct sandbox_path {
	const char *path;
	enum sandbox_access access;
};

struct sandbox {
	int landlock_abi; /* 0: not in this kernel */
	bool has_seccomp;
	bool is_sanitised; /* seccomp left out for AddressSanitizer */
	bool is_entered;
};

/* What this kernel offers, without entering. */
void sandbox_probe(struct sandbox *out);

/*
 * Enter the sandbox of ${role} for good.  Of the ${n} ${paths}, one to read
 * that does not exist is passed over.  ${is_required}: what the kernel lacks
 * is an error (but not what a sanitiser leaves out).
 *
 * Fails: E_SANDBOX.
 */
NODISCARD int sandbox_enter(struct sandbox *out, enum role role,
    const struct sandbox_path *paths, size_t n, bool is_required,
    struct error *err);

/* One line: "landlock abi 4, seccomp"; "landlock: not in this kernel, ..." */
void sandbox_describe(const struct sandbox *sandbox, struct buf *out);

/*
 * The files that resolving a host's name reads, for the courier.  One that is
 * replaced by another file is seen once the courier is started again.
 */
#define SANDBOX_RESOLVER_PATHS ((size_t)11)
extern const struct sandbox_path sandbox_resolver[SANDBOX_RESOLVER_PATHS];
