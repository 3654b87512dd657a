#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/mem.h"
#include "exchange/listen.h"
#include "node/home.h"
#include "node/supervisor.h"
#include "proc/clock.h"
#include "proc/file.h"
#include "proc/message.h"
#include "proc/spawn.h"
#include "tests/lab.h"
#include "tests/tap.h"

/*
 * The real supervisor, and in place of the five processes this program again:
 * it is ready, ends when it is told to, and ends when another is gone.
 * HOME/script may say "ROLE WORD" of one of them; what happens is noted in
 * HOME/lives: "begin ROLE PID MS", "told ROLE PID MS".
 */

#define WAIT_MS 20000
#define FILE_SIZE_MAX ((size_t)1 << 20)

static const char *const role_names[] = { "keeper", "registrar", "gate",
	"courier", "desk" };

/* A node under test. */
struct house {
	struct node_home home;
	struct arena *arena;
	pid_t pid; /* of the supervisor */
};

static void
note(const char *home, const char *what, enum role role)
{
	char path[512], line[128];
	int fd, n;

	snprintf(path, sizeof(path), "%s/lives", home);
	n = snprintf(line, sizeof(line), "%s %s %d %lld\n", what,
	    role_name(role), (int)getpid(), (long long)clock_monotonic_ms());
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd == -1 || write(fd, line, (size_t)n) != n)
		_exit(98);
	close(fd);
}

/* Does the script say ${word} of ${role}? */
static bool
is_scripted(const char *home, enum role role, const char *word)
{
	char want[64];
	struct arena *arena = arena_new();
	struct span script;
	struct error err;
	bool is_found;

	snprintf(want, sizeof(want), "%s %s\n", role_name(role), word);
	is_found = file_read(arena_printf(arena, "%s/script", home), 4096,
		       arena, &script, &err) == 0 &&
	    span_is_text(script, want);
	arena_free(arena);
	return is_found;
}

static volatile sig_atomic_t is_to_break;

static void
on_usr1(int number)
{
	(void)number;
	is_to_break = 1;
}

/* Wait until told to stop, or for another to be gone. */
static enum role_exit
serve(struct spawn_inherited *inherited, const char *home, bool is_deaf)
{
	struct pollfd fds[ROLE_COUNT];
	char bytes[64];

	for (int i = 0; i < ROLE_COUNT; i++)
		fds[i] = (struct pollfd){ inherited->fds[i], POLLIN, 0 };
	if (is_deaf)
		for (;;)
			pause();
	for (;;) {
		if (poll(fds, ROLE_COUNT, -1) == -1 && is_to_break)
			return ROLE_EXIT_BROKEN;
		for (int i = 0; i < ROLE_COUNT; i++) {
			if (fds[i].revents == 0)
				continue;
			if (i != ROLE_SUPERVISOR)
				return ROLE_EXIT_BEREFT;
			if (read(fds[i].fd, bytes, sizeof(bytes)) <= 0)
				return ROLE_EXIT_TOLD;
			/* CONFIGURE, or STOP, which is empty */
			if (bytes[5] != MESSAGE_STOP)
				continue;
			note(home, "told", inherited->role);
			return ROLE_EXIT_TOLD;
		}
	}
}

static int
live(int argc, char *argv[])
{
	struct sigaction usr1 = { .sa_handler = on_usr1 };
	struct spawn_inherited inherited;
	struct message_pipe pipe;
	struct message ready = { .type = MESSAGE_READY,
		.payload = span_text("as they say") };
	struct error err;
	enum role role;

	if (argc < 5 || role_parse(&role, argv[2], &err) == -1 ||
	    spawn_inherit(&inherited, role, &err) == -1)
		return 99;
	sigaction(SIGUSR1, &usr1, NULL);
	note(argv[4], "begin", role);
	if (is_scripted(argv[4], role, "broken"))
		return ROLE_EXIT_BROKEN;
	message_pipe_init(&pipe, inherited.fds[SPAWN_SUPERVISOR], role,
	    ROLE_SUPERVISOR);
	if (message_send(&pipe, &ready, 5000, &err) == -1)
		return 97;
	return (
	    int)serve(&inherited, argv[4], is_scripted(argv[4], role, "deaf"));
}

/* This program executed again by the supervisor is one of the five. */
__attribute__((constructor)) static void
be_a_child(int argc, char *argv[])
{
	if (argc > 2 && strcmp(argv[1], "--role") == 0)
		_exit(live(argc, argv));
}

static const char *
path_in(const struct house *house, const char *name)
{
	return arena_printf(house->arena, "%s/%s", house->home.path, name);
}

static const char *
text_of(const struct house *house, const char *name)
{
	struct span bytes;
	struct error err;

	if (file_read(path_in(house, name), FILE_SIZE_MAX, house->arena, &bytes,
		&err) == -1)
		return "";
	return arena_text(house->arena, bytes);
}

static unsigned
count(const struct house *house, const char *name, const char *what)
{
	const char *at = text_of(house, name);
	unsigned n = 0;

	while ((at = strstr(at, what)) != NULL) {
		at += strlen(what);
		n++;
	}
	return n;
}

/* Until ${what} is ${n} times in the file. */
static bool
await(const struct house *house, const char *name, const char *what, unsigned n)
{
	int64_t end = clock_monotonic_ms() + WAIT_MS;

	while (count(house, name, what) < n) {
		if (clock_monotonic_ms() > end) {
			tap_note("no %u \"%s\" in: %s", n, what,
			    text_of(house, name));
			return false;
		}
		usleep(20000);
	}
	return true;
}

/* The last number on the last line that begins with ${what}. */
static long long
last_number(const struct house *house, const char *what, unsigned which)
{
	const char *line = NULL, *at = text_of(house, "lives");
	char *rest;
	long long pid;

	while ((at = strstr(at, what)) != NULL) {
		line = at;
		at += strlen(what);
	}
	if (line == NULL)
		return -1;
	pid = strtoll(line + strlen(what), &rest, 10);
	return which == 0 ? pid : strtoll(rest, NULL, 10);
}

static pid_t
pid_of(const struct house *house, const char *role)
{
	return (pid_t)last_number(house,
	    arena_printf(house->arena, "begin %s ", role), 0);
}

static void
point(const char *path, int at)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd == -1 || dup2(fd, at) == -1)
		_exit(96);
	close(fd);
}

static void
be_supervisor(const struct house *house)
{
	struct role_options options = { .home = house->home };
	struct supervisor_parts parts = { .options = &options,
		.party = "cert.north.example",
		.host = "127.0.0.1",
		.listen = gate_listen };
	struct error err;

	point(path_in(house, "log"), STDERR_FILENO);
	point(path_in(house, "out"), STDOUT_FILENO);
	if (supervisor_run(&parts, &err) == 0)
		exit(0);
	printf("%s\n", err.detail);
	fflush(stdout);
	_exit((int)err.code == E_PROC ? 1 : 2);
}

/* A fresh home; ${script} is what one of them does, or NULL. */
static void
house_open(struct house *house, const char *script)
{
	static const char *const endpoints[] = { "https://127.0.0.1:4590" };
	struct node_init init = { .party = "cert.north.example",
		.country = "XN",
		.endpoints = endpoints,
		.endpoints_n = 1,
		.is_exercise = true };
	struct clock clock = { .fd = -1 };
	struct error err;

	house->arena = lab_arena();
	init.now = clock_now(&clock);
	init.path = arena_printf(house->arena, "%s/home", lab_directory());
	if (node_init(&init, &err) == -1)
		mem_die(err.detail);
	node_home_of(&house->home, init.path, house->arena);
	if (script != NULL)
		lab_write(path_in(house, "script"), span_text(script));
	fflush(stdout);
	if ((house->pid = fork()) == 0)
		be_supervisor(house);
}

/* Its exit status, once it has been told to end or ends by itself. */
static int
house_close(struct house *house, int signal_number)
{
	int status;

	if (signal_number != 0)
		kill(house->pid, signal_number);
	if (waitpid(house->pid, &status, 0) != house->pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(all_are_started_and_the_registrar_is_told_to_stop_first)
{
	struct house house;

	house_open(&house, NULL);
	require(await(&house, "out", "ready: cert.north.example on", 1));
	check_int(house_close(&house, SIGTERM), 0);
	check_int(count(&house, "lives", "begin "), 5);
	check(strstr(strstr(text_of(&house, "lives"), "begin desk"),
		  "\ntold registrar ") != NULL);
	check_int(count(&house, "lives", "told registrar"), 1);
	check(access(house.home.socket, F_OK) == -1);
	check_str(text_of(&house, "log"), "");
}

TEST(whoever_is_killed_is_named_and_not_those_that_end_with_it)
{
	struct house house;

	house_open(&house, NULL);
	require(await(&house, "out", "ready", 1));
	for (unsigned i = 0; i < COUNT_OF(role_names); i++) {
		/* All are dead before the supervisor looks at the first. */
		kill(house.pid, SIGSTOP);
		kill(pid_of(&house, role_names[i]), SIGKILL);
		usleep(200000);
		kill(house.pid, SIGCONT);
		require(await(&house, "log", "all processes run again", i + 1));
		check_int(count(&house, "log",
			      arena_printf(house.arena,
				  "the %s ended first, killed by SIGKILL; all",
				  role_names[i])),
		    1);
		check_int(count(&house, "log", "ended first"), i + 1);
	}
	check_int(count(&house, "lives", "begin "), 30);
	check_int(count(&house, "out", "ready"), 1);
	check_int(house_close(&house, SIGTERM), 0);
}

TEST(who_breaks_takes_the_blame_before_its_victims)
{
	struct house house;

	house_open(&house, NULL);
	require(await(&house, "out", "ready", 1));
	kill(pid_of(&house, "courier"), SIGUSR1);
	require(await(&house, "log", "all processes run again", 1));
	check_int(count(&house, "log",
		      "the courier ended first, exited with 1"),
	    1);
	check_int(count(&house, "log", "ended first"), 1);
	check_int(house_close(&house, SIGINT), 0);
}

TEST(a_first_start_that_fails_is_an_error_and_no_loop)
{
	struct house house;

	house_open(&house, "gate broken\n");
	check_int(house_close(&house, 0), 1);
	check_str(text_of(&house, "out"),
	    "the gate ended first, exited with 1\n");
	check_int(count(&house, "lives", "begin gate"), 1);
	check_str(text_of(&house, "log"), "");
}

TEST(the_pause_before_a_new_start_grows)
{
	long long dead, begun;
	struct house house;

	house_open(&house, NULL);
	require(await(&house, "out", "ready", 1));
	for (unsigned i = 0; i < 4; i++) {
		dead = clock_monotonic_ms();
		kill(pid_of(&house, "desk"), SIGKILL);
		require(await(&house, "log", "all processes run again", i + 1));
		begun = last_number(&house, "begin keeper ", 1);
		tap_note("%lld ms", begun - dead);
		check(begun - dead >= (long long)SUPERVISOR_PAUSE_MIN_MS << i);
	}
	check_int(house_close(&house, SIGTERM), 0);
}

TEST(a_restart_that_fails_is_tried_again)
{
	struct house house;

	house_open(&house, NULL);
	require(await(&house, "out", "ready", 1));
	lab_write(path_in(&house, "script"), span_text("keeper broken\n"));
	kill(pid_of(&house, "desk"), SIGKILL);
	require(
	    await(&house, "log", "the keeper ended first, exited with 1", 2));
	lab_write(path_in(&house, "script"), span_text("none\n"));
	require(await(&house, "log", "all processes run again", 1));
	check_int(house_close(&house, SIGTERM), 0);
}

TEST(who_does_not_stop_is_killed_in_the_end)
{
	struct house house;

	house_open(&house, "courier deaf\n");
	require(await(&house, "out", "ready", 1));
	check_int(house_close(&house, SIGTERM), 0);
	check_int(count(&house, "log", "the courier does not stop: killed"), 1);
	check_int(count(&house, "log", "ended first"), 0);
}
