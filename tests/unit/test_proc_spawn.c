#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/span.h"
#include "proc/message.h"
#include "proc/sanitiser.h"
#include "proc/spawn.h"
#include "tests/lab.h"
#include "tests/tap.h"

/* The descriptors open in this process, "0 1 2 3 ". */
static void
list_descriptors(struct buf *out)
{
	for (int fd = 0; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) != -1)
			buf_printf(out, "%d ", fd);
}

/* What the child finds about itself, for STATUS. */
static void
describe(struct buf *out, const char *argument)
{
	struct sigaction term;
	struct rlimit core;
	sigset_t blocked;
	char name[17] = "";
	int death = 0;

	list_descriptors(out);
	prctl(PR_GET_NAME, name);
	prctl(PR_GET_PDEATHSIG, &death);
	getrlimit(RLIMIT_CORE, &core);
	sigaction(SIGTERM, NULL, &term);
	sigprocmask(SIG_SETMASK, NULL, &blocked);
	buf_printf(out, "| %s %s | death %d nnp %d dump %d core %d", name,
	    argument, death == SIGKILL, prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0),
	    prctl(PR_GET_DUMPABLE), (int)core.rlim_max);
	buf_printf(out, " term %s usr1 %d",
	    term.sa_handler == SIG_DFL ? "default" : "not default",
	    sigismember(&blocked, SIGUSR1));
}

/* The child's whole life. */
static int
live(const char *role_text, const char *what)
{
	struct spawn_inherited inherited;
	struct message_pipe pipe;
	struct message m = { MESSAGE_STATUS, 1, { NULL, 0 } };
	struct error err;
	struct buf out;
	enum role role;

	if (role_parse(&role, role_text, &err) == -1 ||
	    spawn_inherit(&inherited, role, &err) == -1)
		return 99;
	if (strcmp(what, "exit") == 0)
		return 7;
	if (strcmp(what, "abort") == 0)
		abort();
	if (strcmp(what, "wait") == 0)
		return pause();
	buf_init(&out, 4096);
	describe(&out, what);
	m.payload = buf_span(&out);
	message_pipe_init(&pipe, spawn_fd_take(&inherited, SPAWN_SUPERVISOR),
	    role, ROLE_SUPERVISOR);
	return message_send(&pipe, &m, 5000, &err) == -1;
}

/* This program executed again by spawn_child() is the child. */
__attribute__((constructor)) static void
be_a_child(int argc, char *argv[])
{
	if (argc == 4 && strcmp(argv[1], "--role") == 0)
		_exit(live(argv[2], argv[3]));
}

/* Start a ${role} that does ${what}; ${fd} is the supervisor's end. */
static bool
start(enum role role, const char *what, pid_t *pid, int *fd)
{
	const char *args[] = { what, NULL };
	struct spawn spawn;
	struct error err;
	int fds[2];

	if (spawn_pair(fds, &err) == -1)
		return false;
	spawn_init(&spawn, role);
	spawn.fds[SPAWN_SUPERVISOR] = fds[1];
	spawn.args = args;
	if (spawn_child(&spawn, pid, &err) == -1) {
		tap_note("%s", err.detail);
		return false;
	}
	close(fds[1]);
	*fd = fds[0];
	return true;
}

static const char *
end_of(pid_t pid, char out[SPAWN_END_TEXT_MAX])
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		return "waitpid failed";
	return spawn_end_write(status, out);
}

TEST(how_a_child_ended_is_told)
{
	char text[SPAWN_END_TEXT_MAX];
	pid_t pid;
	int fd;

	require(start(ROLE_GATE, "exit", &pid, &fd));
	check_str(end_of(pid, text), "exited with 7");
	close(fd);
	require(start(ROLE_GATE, "abort", &pid, &fd));
	check_str(end_of(pid, text), "killed by SIGABRT");
	close(fd);
	require(start(ROLE_GATE, "wait", &pid, &fd));
	kill(pid, SIGKILL);
	check_str(end_of(pid, text), "killed by SIGKILL");
	close(fd);
	check_str(spawn_end_write(SIGSYS, text), "killed by SIGSYS (sandbox)");
}

/* Give a keeper its descriptors crosswise and ask what it found. */
static void
ask_keeper(struct arena *arena, struct message *reply)
{
	const char *args[] = { "argument", NULL };
	struct message_pipe pipe;
	struct spawn spawn;
	struct error err;
	char text[SPAWN_END_TEXT_MAX];
	int fds[2], other[2], high;
	pid_t pid;

	require(spawn_pair(fds, &err) == 0 && spawn_pair(other, &err) == 0);
	/* One stands where the other has to go, and two are for nobody. */
	check(dup2(fds[0], 50) == 50);
	check((high = dup2(fds[1], 40)) == 40);
	check(dup2(other[1], SPAWN_FD_FIRST + SPAWN_SUPERVISOR) != -1);
	spawn_init(&spawn, ROLE_KEEPER);
	spawn.fds[SPAWN_SUPERVISOR] = high;
	spawn.fds[SPAWN_DESK] = SPAWN_FD_FIRST + SPAWN_SUPERVISOR;
	spawn.args = args;
	require(spawn_child(&spawn, &pid, &err) == 0);
	message_pipe_init(&pipe, 50, ROLE_SUPERVISOR, ROLE_KEEPER);
	check(message_receive(&pipe, reply, 5000, arena, &err) == 0);
	check_str(end_of(pid, text), "exited with 0");
	message_pipe_clear(&pipe);
	close(high);
	for (int i = 0; i < 2; i++) {
		close(fds[i]);
		close(other[i]);
	}
}

TEST(a_child_has_its_descriptors_and_settings_and_no_others)
{
	struct arena *arena = lab_arena();
	struct message reply = { 0 };
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigset_t usr1;
	const char *want;

	sigaction(SIGTERM, &ignore, NULL);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, NULL);
	ask_keeper(arena, &reply);
	want = arena_printf(arena,
	    "0 1 2 3 8 | dem-keeper argument | "
	    "death 1 nnp 1 dump %d core 0 term default usr1 0",
	    SANITISER);
	check_str(arena_text(arena, reply.payload), want);
}

TEST(a_child_dies_with_its_supervisor)
{
	struct error err;
	int life[2];
	pid_t supervisor, child;
	char byte;
	int fd;

	require(spawn_pair(life, &err) == 0);
	if ((supervisor = fork()) == 0) {
		const char *args[] = { "wait", NULL };
		struct spawn spawn;

		spawn_init(&spawn, ROLE_DESK);
		spawn.fds[SPAWN_SUPERVISOR] = life[1];
		spawn.args = args;
		_exit(spawn_child(&spawn, &child, &err) == -1);
	}
	close(life[1]);
	check(waitpid(supervisor, &fd, 0) == supervisor);
	check_int(fd, 0);
	/* The last copy of the other end goes when the child does. */
	fcntl(life[0], F_SETFL, 0);
	check_int(recv(life[0], &byte, 1, 0), 0);
	close(life[0]);
}

TEST(a_role_is_not_for_users_to_take)
{
	struct spawn spawn;
	struct error err;
	char text[SPAWN_END_TEXT_MAX];
	const char *args[] = { "exit", NULL };
	pid_t pid;

	spawn_init(&spawn, ROLE_KEEPER);
	spawn.args = args;
	require(spawn_child(&spawn, &pid, &err) == 0);
	check_str(end_of(pid, text), "exited with 99");
}

TEST(a_child_that_cannot_be_made_is_reported)
{
	struct spawn spawn;
	struct error err = { .code = E_NONE };
	pid_t pid;

	spawn_init(&spawn, ROLE_KEEPER);
	spawn.fds[SPAWN_SUPERVISOR] = 1000; /* not open */
	check(spawn_child(&spawn, &pid, &err) == -1);
	check_int(err.code, E_PROC);
	check(strstr(err.detail, "Bad file descriptor") != NULL);
	check(waitpid(-1, NULL, WNOHANG) == -1);
}

TEST(every_role_is_found_by_its_name)
{
	for (enum role role = 0; role < ROLE_COUNT; role++) {
		enum role got = ROLE_COUNT;
		struct error err;

		check(role_parse(&got, role_name(role), &err) == 0);
		check_int(got, role);
	}
}
