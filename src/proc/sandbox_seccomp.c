#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/seccomp.h>
#include <seccomp.h>

#include "base/error.h"
#include "proc/sandbox_seccomp.h"

#define SHRUG_ACTION SCMP_ACT_ERRNO(EPERM)

/* sandbox_calls.def as a table. */
static const struct call {
	int number;
	unsigned int roles;
	bool is_allowed; /* else answered EPERM */
} calls[] = {
#define CALL(name, roles) { SCMP_SYS(name), ROLES_##roles, true },
#define SHRUG(name, roles) { SCMP_SYS(name), ROLES_##roles, false },
#include "proc/sandbox_calls.def"
#undef CALL
#undef SHRUG
};

bool
sandbox_seccomp_is_there(void)
{
	uint32_t action = SECCOMP_RET_KILL_PROCESS;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0U, &action) == 0;
}

/* A rule on the lower 32 bits of one argument. */
struct argument_rule {
	int number;
	unsigned int roles;
	unsigned int argument;
	uint64_t mask, value; /* allowed if argument & mask == value */
};

#define LOW UINT64_C(0xffffffff)
#define NO_EXEC ((unsigned int)ROLES_CHILDREN & ~(unsigned int)ROLES_COURIER)
#define LOOKERS ((unsigned int)ROLES_COURIER | (unsigned int)ROLES_DESK)
#define TO_CHANGE ((uint64_t)(O_ACCMODE | O_CREAT | O_TRUNC))

/* Calls of which only some uses are allowed; the others end the process. */
static const struct argument_rule argument_rules[] = {
	/* clang-format off */
	/* No memory that is code, but where name services are plugged in. */
	{ SCMP_SYS(mmap), NO_EXEC, 2, PROT_EXEC, 0 },
	{ SCMP_SYS(mprotect), NO_EXEC, 2, PROT_EXEC, 0 },
	{ SCMP_SYS(mmap), ROLES_COURIER, 2, 0, 0 },
	{ SCMP_SYS(mprotect), ROLES_COURIER, 2, 0, 0 },

	/* Reading, not writing. */
	{ SCMP_SYS(openat), LOOKERS, 2, TO_CHANGE, O_RDONLY },
	{ SCMP_SYS(open), LOOKERS, 1, TO_CHANGE, O_RDONLY },

	/* The resolver's sockets and TCP; no raw ones, no packets. */
	{ SCMP_SYS(socket), ROLES_COURIER, 0, LOW, AF_UNIX },
	{ SCMP_SYS(socket), ROLES_COURIER, 0, LOW, AF_INET },
	{ SCMP_SYS(socket), ROLES_COURIER, 0, LOW, AF_INET6 },
	{ SCMP_SYS(socket), ROLES_COURIER, 0, LOW, AF_NETLINK },

	/* libcurl resolves in a thread; a process cannot be had. */
	{ SCMP_SYS(clone), ROLES_COURIER, 0, CLONE_THREAD, CLONE_THREAD },

	/* How much is there to read; non-blocking; is this a terminal. */
	{ SCMP_SYS(ioctl), ROLES_CHILDREN, 1, LOW, FIONREAD },
	{ SCMP_SYS(ioctl), ROLES_CHILDREN, 1, LOW, FIONBIO },
	{ SCMP_SYS(ioctl), ROLES_CHILDREN, 1, LOW, TCGETS },

	/* Names of threads. */
	{ SCMP_SYS(prctl), ROLES_CHILDREN, 0, LOW, PR_SET_NAME },
	{ SCMP_SYS(prctl), ROLES_CHILDREN, 0, LOW, PR_SET_VMA },
	/* clang-format on */
};

static int
add_calls(scmp_filter_ctx filter, enum role role)
{
	for (size_t i = 0; i < COUNT_OF(calls); i++) {
		const struct call *c = &calls[i];
		int rc;

		if (!role_is_in(role, c->roles))
			continue;
		rc = seccomp_rule_add(filter,
		    c->is_allowed ? SCMP_ACT_ALLOW : SHRUG_ACTION, c->number,
		    0);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static int
add_argument_rules(scmp_filter_ctx filter, enum role role)
{
	for (size_t i = 0; i < COUNT_OF(argument_rules); i++) {
		const struct argument_rule *r = &argument_rules[i];
		int rc;

		if (!role_is_in(role, r->roles))
			continue;
		rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, r->number, 1,
		    SCMP_CMP(r->argument, SCMP_CMP_MASKED_EQ, r->mask,
			r->value));
		if (rc != 0)
			return rc;
	}
	return 0;
}

/*
 * Those that need the process's own number, or another answer: signals go to
 * oneself only (abort), limits are read, not set, and clone3, whose arguments
 * a filter cannot see, is not in this kernel, so that libc uses clone.
 */
static int
add_others(scmp_filter_ctx filter)
{
	uint64_t self = (uint64_t)getpid();
	int rc;

	rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
	    SCMP_A0(SCMP_CMP_MASKED_EQ, LOW, self));
	if (rc == 0)
		rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(kill), 1,
		    SCMP_A0(SCMP_CMP_MASKED_EQ, LOW, self));
	if (rc == 0)
		rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW,
		    SCMP_SYS(prlimit64), 1,
		    SCMP_A2(SCMP_CMP_MASKED_EQ, UINT64_MAX, 0));
	if (rc == 0)
		rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS),
		    SCMP_SYS(clone3), 0);
	return rc;
}

int
sandbox_seccomp_enter(enum role role, struct error *err)
{
	scmp_filter_ctx filter;
	int rc;

	filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	if (filter == NULL)
		return error_set(err, E_SANDBOX, "seccomp: no filter");
	rc = add_calls(filter, role);
	if (rc == 0)
		rc = add_argument_rules(filter, role);
	if (rc == 0)
		rc = add_others(filter);
	if (rc == 0)
		rc = seccomp_load(filter);
	seccomp_release(filter);
	if (rc != 0)
		return error_set(err, E_SANDBOX, "seccomp of the %s: %s",
		    role_name(role), strerror(-rc));
	return 0;
}
