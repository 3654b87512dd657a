#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/error.h"
#include "base/log.h"
#include "proc/sanitiser.h"
#include "proc/spawn.h"

/* Bytes of a process's name and its NUL, by prctl(2). */
#define NAME_MAX_BYTES ((size_t)16)

static int
take_over(struct spawn_inherited *out, struct error *err)
{
	for (int i = 0; i < SPAWN_SLOT_COUNT; i++) {
		int fd = SPAWN_FD_FIRST + i;

		out->fds[i] = -1;
		if (fcntl(fd, F_SETFD, FD_CLOEXEC) == 0)
			out->fds[i] = fd;
		else if (errno != EBADF)
			return error_set(err, E_PROC, "descriptor %d: %s", fd,
			    strerror(errno));
	}
	if (out->fds[SPAWN_SUPERVISOR] == -1)
		return error_set(err, E_PROC,
		    "--role is for \"demarche serve\" to use");
	return 0;
}

int
spawn_inherit(struct spawn_inherited *out, enum role role, struct error *err)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	char name[NAME_MAX_BYTES];

	out->role = role;
	if (take_over(out, err) == -1)
		return -1;
	snprintf(name, sizeof(name), "dem-%s", role_name(role));
	if (prctl(PR_SET_NAME, name) == -1 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return error_set(err, E_PROC, "prctl: %s", strerror(errno));
	/* The leak check traces its own process. */
	if (!SANITISER && prctl(PR_SET_DUMPABLE, 0) == -1)
		return error_set(err, E_PROC, "prctl: %s", strerror(errno));
	if (sigaction(SIGPIPE, &ignore, NULL) == -1)
		return error_set(err, E_PROC, "sigaction: %s", strerror(errno));
	log_set_name(role_name(role));
	return 0;
}

int
spawn_fd_take(struct spawn_inherited *inherited, enum spawn_slot slot)
{
	int fd = inherited->fds[slot];

	inherited->fds[slot] = -1;
	return fd;
}
