#pragma once

/*
 * spawn: start the processes of a node from the supervisor.
 *
 * Each is this binary executed again, so that no two share the layout of
 * their memory: "demarche --role keeper ...", with its descriptors at fixed
 * numbers and no others but standard error and output.
 */

#include <stddef.h>
#include <sys/types.h>

#include "base/attr.h"
#include "proc/role.h"

struct error;

/*
 * The descriptors a process may be given.  The first are its connections, one
 * a role; the rest are sockets that listen, bound by the supervisor because
 * no child may bind.
 */
enum spawn_slot {
	SPAWN_SUPERVISOR = ROLE_SUPERVISOR,
	SPAWN_KEEPER = ROLE_KEEPER,
	SPAWN_REGISTRAR = ROLE_REGISTRAR,
	SPAWN_GATE = ROLE_GATE,
	SPAWN_COURIER = ROLE_COURIER,
	SPAWN_DESK = ROLE_DESK,
	SPAWN_PEERS,  /* TCP: the gate's */
	SPAWN_SOCKET, /* Unix: the local API */
	SPAWN_WEB,    /* TCP: the desk's page */
	SPAWN_SLOT_COUNT,
};

/* Slot n is descriptor SPAWN_FD_FIRST + n in the child. */
#define SPAWN_FD_FIRST 3

/* Further arguments of a child, at most. */
#define SPAWN_ARGS_MAX ((size_t)32)

struct spawn {
	enum role role;
	int fds[SPAWN_SLOT_COUNT]; /* -1 where there is none */
	const char *const *args;   /* after --role NAME; NULL at the end */
};

/* No descriptors, no arguments. */
void spawn_init(struct spawn *what, enum role role);

/*
 * Fork and execute.  The child has default signals, no core file, cannot gain
 * privileges, and dies with the supervisor.
 *
 * Owns: the descriptors stay the caller's, who closes its copies.
 * Blocks: until the child has executed.
 * Fails: E_PROC.
 */
NODISCARD int spawn_child(const struct spawn *what, pid_t *pid,
    struct error *err);

/* What a child was given. */
struct spawn_inherited {
	enum role role;
	int fds[SPAWN_SLOT_COUNT]; /* -1 where there is none */
};

/*
 * In the child, first thing after the options: take over the descriptors
 * (close-on-exec from here), take the role's name (in ps and in the log),
 * ignore SIGPIPE, and be neither dumped nor traced.
 *
 * Fails: E_PROC, also if the supervisor's descriptor is missing.
 */
NODISCARD int spawn_inherit(struct spawn_inherited *out, enum role role,
    struct error *err);

/* The descriptor in ${slot}, which is then no longer ${inherited}'s; or -1. */
int spawn_fd_take(struct spawn_inherited *inherited, enum spawn_slot slot);

/* A stream socketpair, non-blocking and close-on-exec.  Fails: E_PROC. */
NODISCARD int spawn_pair(int out[2], struct error *err);

/* "exited with 1", "killed by SIGSYS" and its NUL */
#define SPAWN_END_TEXT_MAX ((size_t)64)

/* How the child ended, from the status of waitpid(2).  Returns ${out}. */
const char *spawn_end_write(int status, char out[SPAWN_END_TEXT_MAX]);
