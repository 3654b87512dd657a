#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "proc/spawn.h"

/* Where the child reports that it could not execute; gone once it could. */
#define FD_REPORT (SPAWN_FD_FIRST + SPAWN_SLOT_COUNT)

void
spawn_init(struct spawn *what, enum role role)
{
	*what = (struct spawn){ .role = role };
	for (size_t i = 0; i < SPAWN_SLOT_COUNT; i++)
		what->fds[i] = -1;
}

/* A handler or an ignored signal of the supervisor's is not the child's. */
static void
reset_signals(void)
{
	struct sigaction fresh = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		sigaction(number, &fresh, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* No core, no new privileges, no life after the supervisor's. */
static int
confine(pid_t supervisor)
{
	struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) == -1 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL) == -1)
		return -1;
	/* It may have died before the line above. */
	if (getppid() != supervisor) {
		errno = ESRCH;
		return -1;
	}
	return 0;
}

/* Put ${fd} at ${number} for the program to come, or leave ${number} free. */
static int
place(int fd, int number)
{
	if (fd != -1)
		return dup2(fd, number);
	if (close(number) == -1 && errno != EBADF)
		return -1;
	return 0;
}

/*
 * Lay the descriptors out at their numbers.  They are moved out of the way
 * first, for one may stand where another has to go.
 */
static int
lay_out(const struct spawn *what, int *report)
{
	int above[SPAWN_SLOT_COUNT];
	int null;

	if ((*report = fcntl(*report, F_DUPFD_CLOEXEC, FD_REPORT + 1)) == -1)
		return -1;
	for (int i = 0; i < SPAWN_SLOT_COUNT; i++) {
		above[i] = -1;
		if (what->fds[i] == -1)
			continue;
		above[i] = fcntl(what->fds[i], F_DUPFD, FD_REPORT + 1);
		if (above[i] == -1)
			return -1;
	}
	if ((null = open("/dev/null", O_RDWR)) == -1 ||
	    dup2(null, STDIN_FILENO) == -1)
		return -1;
	for (int i = 0; i < SPAWN_SLOT_COUNT; i++)
		if (place(above[i], SPAWN_FD_FIRST + i) == -1)
			return -1;
	if (dup3(*report, FD_REPORT, O_CLOEXEC) == -1)
		return -1;
	*report = FD_REPORT;
	return close_range(FD_REPORT + 1, ~0U, 0);
}

static void NORETURN
run_child(const struct spawn *what, char *const argv[], pid_t supervisor,
    int report)
{
	int why;

	reset_signals();
	if (confine(supervisor) == 0 && lay_out(what, &report) == 0)
		execv("/proc/self/exe", argv);
	why = errno;
	if (write(report, &why, sizeof(why)) == -1)
		_exit(126);
	_exit(127);
}

/* Wait until the child has executed, or for why it could not. */
static int
await(pid_t pid, int report, struct error *err)
{
	int why, status;
	ssize_t n;

	do
		n = read(report, &why, sizeof(why));
	while (n == -1 && errno == EINTR);
	if (n == 0)
		return 0;
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	return error_set(err, E_PROC, "starting a process: %s",
	    n == (ssize_t)sizeof(why) ? strerror(why) : "no report");
}

/* "demarche --role NAME", what is given, NULL. */
static int
fill_argv(char *argv[SPAWN_ARGS_MAX + 4], const struct spawn *what,
    struct error *err)
{
	const char *first[] = { "demarche", "--role", role_name(what->role) };
	size_t n = 0;

	for (; n < COUNT_OF(first); n++)
		argv[n] = (char *)(uintptr_t)first[n];
	for (size_t i = 0; what->args != NULL && what->args[i] != NULL; i++) {
		if (i >= SPAWN_ARGS_MAX)
			return error_set(err, E_PROC, "too many arguments");
		argv[n++] = (char *)(uintptr_t)what->args[i];
	}
	argv[n] = NULL;
	return 0;
}

int
spawn_child(const struct spawn *what, pid_t *pid, struct error *err)
{
	char *argv[SPAWN_ARGS_MAX + 4];
	pid_t supervisor = getpid();
	int report[2];
	pid_t child;
	int rc;

	if (fill_argv(argv, what, err) == -1)
		return -1;
	if (pipe2(report, O_CLOEXEC) == -1)
		return error_set(err, E_PROC, "pipe: %s", strerror(errno));
	child = fork();
	if (child == 0)
		run_child(what, argv, supervisor, report[1]);
	close(report[1]);
	if (child == -1)
		rc = error_set(err, E_PROC, "fork: %s", strerror(errno));
	else
		rc = await(child, report[0], err);
	close(report[0]);
	if (rc == 0)
		*pid = child;
	return rc;
}

int
spawn_pair(int out[2], struct error *err)
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
		out) == -1)
		return error_set(err, E_PROC, "socketpair: %s",
		    strerror(errno));
	return 0;
}

const char *
spawn_end_write(int status, char out[SPAWN_END_TEXT_MAX])
{
	const char *name;

	if (WIFEXITED(status)) {
		snprintf(out, SPAWN_END_TEXT_MAX, "exited with %d",
		    WEXITSTATUS(status));
	} else if (WIFSIGNALED(status)) {
		name = sigabbrev_np(WTERMSIG(status));
		snprintf(out, SPAWN_END_TEXT_MAX, "killed by SIG%s%s",
		    name == NULL ? "?" : name,
		    WTERMSIG(status) == SIGSYS ? " (sandbox)" : "");
	} else {
		snprintf(out, SPAWN_END_TEXT_MAX, "ended with status %#x",
		    (unsigned int)status);
	}
	return out;
}
