#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/span.h"
#include "proc/lock.h"
#include "proc/notify.h"
#include "tests/lab.h"
#include "tests/tap.h"

/* A process that locks ${home}, says so and waits.  Returns its id. */
static pid_t
start_holder(const char *home)
{
	int ready[2];
	pid_t pid;
	char byte;

	if (pipe(ready) == -1)
		return -1;
	fflush(stdout);
	if ((pid = fork()) == 0) {
		struct lock lock;
		struct error err;

		if (lock_open(&lock, home, &err) == -1 ||
		    write(ready[1], "x", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		tap_note("the holder has no lock");
	close(ready[0]);
	return pid;
}

TEST(a_second_process_is_refused_and_told_who_holds_the_lock)
{
	const char *home = lab_directory();
	pid_t pid = start_holder(home);
	struct lock lock;
	struct error err;
	char want[64];

	require(pid > 0);
	check(lock_open(&lock, home, &err) == -1);
	check_int(err.code, E_STORE_LOCKED);
	snprintf(want, sizeof(want), "process %ld", (long)pid);
	check(strstr(err.detail, want) != NULL);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

TEST(the_lock_of_a_process_that_was_killed_is_free)
{
	const char *home = lab_directory();
	pid_t pid = start_holder(home);
	struct lock lock;
	struct error err;

	require(pid > 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	require(lock_open(&lock, home, &err) == 0);
	lock_close(&lock);
}

TEST(the_same_process_cannot_lock_twice_and_can_lock_again)
{
	const char *home = lab_directory();
	struct lock lock, other;
	struct error err;

	require(lock_open(&lock, home, &err) == 0);
	check(lock_open(&other, home, &err) == -1);
	check_int(err.code, E_STORE_LOCKED);
	lock_close(&lock);
	require(lock_open(&lock, home, &err) == 0);
	lock_close(&lock);
	lock_close(&lock);
}

TEST(two_homes_have_two_locks)
{
	struct lock alfa, bravo;
	struct error err;

	require(lock_open(&alfa, lab_directory(), &err) == 0);
	check(lock_open(&bravo, lab_directory(), &err) == 0);
	lock_close(&alfa);
	lock_close(&bravo);
}

TEST(a_home_that_is_missing_cannot_be_locked)
{
	struct lock lock;
	struct error err;

	check(lock_open(&lock, "/nonexistent", &err) == -1);
	check_int(err.code, E_IO);
}

/* Listen as a service manager at ${name} ("@..." for abstract). */
static int
manager_open(const char *name)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	size_t len = strlen(name);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	memcpy(at.sun_path, name, len);
	if (name[0] == '@')
		at.sun_path[0] = '\0';
	if (bind(fd, (struct sockaddr *)&at,
		(socklen_t)(sizeof(at.sun_family) + len)) == -1) {
		close(fd);
		return -1;
	}
	setenv("NOTIFY_SOCKET", name, 1);
	return fd;
}

TEST(the_service_manager_is_told_at_a_path_and_at_an_abstract_name)
{
	struct arena *arena = lab_arena();
	const char *names[] = {
		arena_printf(arena, "%s/notify", lab_directory()),
		arena_printf(arena, "@demarche-test-%ld", (long)getpid()),
	};

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		int fd = manager_open(names[i]);
		char got[256];
		ssize_t n;

		require(fd != -1);
		notify_ready("alfa listens");
		n = recv(fd, got, sizeof(got), 0);
		require(n > 0);
		check_mem(got, (size_t)n, "READY=1\nSTATUS=alfa listens", 27);
		notify_stopping();
		n = recv(fd, got, sizeof(got), 0);
		require(n > 0);
		check_mem(got, (size_t)n, "STOPPING=1", 10);
		close(fd);
	}
}

TEST(without_a_service_manager_nothing_is_told)
{
	struct error err = { .code = E_NONE };

	unsetenv("NOTIFY_SOCKET");
	check(notify_send("READY=1", &err) == 0);
	setenv("NOTIFY_SOCKET", "", 1);
	check(notify_send("READY=1", &err) == 0);
}

TEST(a_service_manager_that_cannot_be_reached_is_an_error)
{
	struct error err;
	char name[200];

	setenv("NOTIFY_SOCKET", "/nonexistent/notify", 1);
	check(notify_send("READY=1", &err) == -1);
	check_int(err.code, E_PROC);
	setenv("NOTIFY_SOCKET", "relative", 1);
	check(notify_send("READY=1", &err) == -1);
	memset(name, 'a', sizeof(name));
	name[0] = '/';
	name[sizeof(name) - 1] = '\0';
	setenv("NOTIFY_SOCKET", name, 1);
	check(notify_send("READY=1", &err) == -1);
	check_int(err.code, E_PROC);
	unsetenv("NOTIFY_SOCKET");
}
