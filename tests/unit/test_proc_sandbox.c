#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>
#include <sqlite3.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/span.h"
#include "proc/file.h"
#include "proc/sandbox.h"
#include "proc/sanitiser.h"
#include "tests/lab.h"
#include "tests/tap.h"

/* What the deeds below find in place. */
static struct {
	char own[1024];     /* a directory to write in */
	char shown[1024];   /* one to read */
	char foreign[1024]; /* one outside */
	int listener;       /* TCP, on the loopback */
	struct sockaddr_in address;
	pid_t parent;
} lab;

/* How a deed can end, beside with an errno. */
#define DONE 0
#define KILLED (-1) /* by SIGSYS */
#define LOST (-2)   /* anything else */

/* A deed returns 0 or errno. */
typedef int deed(void);

static int
outcome(long rc)
{
	return rc == -1 ? errno : DONE;
}

static int
try_open(const char *directory, const char *name, int flags)
{
	char path[1100];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, flags, 0600);
	return outcome(fd);
}

static int
read_own(void)
{
	return try_open(lab.own, "file", O_RDONLY);
}

static int
create_own(void)
{
	return try_open(lab.own, "fresh", O_WRONLY | O_CREAT | O_TRUNC);
}

static int
read_shown(void)
{
	return try_open(lab.shown, "file", O_RDONLY);
}

static int
write_shown(void)
{
	return try_open(lab.shown, "file", O_WRONLY);
}

static int
read_foreign(void)
{
	return try_open(lab.foreign, "file", O_RDONLY);
}

static int
create_foreign(void)
{
	return try_open(lab.foreign, "fresh", O_WRONLY | O_CREAT);
}

static int
read_passwords(void)
{
	return try_open("/etc", "passwd", O_RDONLY);
}

static int
make_tcp_socket(void)
{
	return outcome(socket(AF_INET, SOCK_STREAM, 0));
}

static int
make_unix_socket(void)
{
	return outcome(socket(AF_UNIX, SOCK_STREAM, 0));
}

static int
make_packet_socket(void)
{
	return outcome(socket(AF_PACKET, SOCK_RAW, 0));
}

static int
connect_tcp(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return outcome(
	    connect(fd, (struct sockaddr *)&lab.address, sizeof(lab.address)));
}

static int
bind_tcp(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	any.sin_port = htons(47613);
	return outcome(bind(fd, (struct sockaddr *)&any, sizeof(any)));
}

static int
accept_tcp(void)
{
	int rc = outcome(accept4(lab.listener, NULL, NULL, SOCK_CLOEXEC));

	return rc == EAGAIN ? DONE : rc;
}

static int
make_process(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return outcome(pid);
}

static int
execute(void)
{
	char *argv[] = { (char[]){ "true" }, NULL };

	return outcome(execv("/bin/true", argv));
}

static int
signal_parent(void)
{
	return outcome(kill(lab.parent, 0));
}

static int
make_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? errno : DONE;
}

static int
trace(void)
{
	char bytes[8];
	struct iovec here = { bytes, sizeof(bytes) };

	return outcome(process_vm_readv(lab.parent, &here, 1, &here, 1, 0));
}

static int
turn_a_loop(void)
{
	struct event_base *base = event_base_new();
	struct timeval moment = { 0, 1000 };

	if (base == NULL || event_base_loopexit(base, &moment) == -1 ||
	    event_base_dispatch(base) == -1)
		return EIO;
	event_base_free(base);
	return DONE;
}

static int
write_durable(void)
{
	char path[1100];
	struct error err;

	snprintf(path, sizeof(path), "%s/durable", lab.own);
	return file_write_durable(path, span_text("x"), 0600, &err) == -1 ?
	    EIO :
	    DONE;
}

static int
use_database(void)
{
	static const char *const steps[] = { "PRAGMA journal_mode=WAL",
		"PRAGMA synchronous=FULL", "CREATE TABLE t (a INTEGER, b BLOB)",
		"BEGIN IMMEDIATE", "INSERT INTO t VALUES (1, zeroblob(300000))",
		"COMMIT", "PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM",
		"SELECT * FROM t ORDER BY b" };
	char path[1100];
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/database", lab.own);
	if (sqlite3_open(path, &db) != SQLITE_OK)
		return EIO;
	for (size_t i = 0; i < COUNT_OF(steps); i++)
		if (sqlite3_exec(db, steps[i], NULL, NULL, NULL) != SQLITE_OK)
			return EBADMSG;
	return sqlite3_close(db) == SQLITE_OK ? DONE : EIO;
}

static void *
resolve(void *ctx)
{
	struct addrinfo *found;
	int *rc = ctx;

	*rc = getaddrinfo("localhost", "http", NULL, &found);
	return NULL;
}

static int
resolve_in_a_thread(void)
{
	pthread_t thread;
	int rc = -1;

	if (pthread_create(&thread, NULL, resolve, &rc) != 0)
		return EAGAIN;
	pthread_join(thread, NULL);
	return rc == 0 ? DONE : EIO;
}

static void NORETURN
die_of_a_bug(void)
{
	signal(SIGABRT, SIG_DFL);
	abort();
}

/* The deed's end as ${role}'s, in a process of its own. */
static int
try_as(enum role role, deed *what)
{
	struct sandbox_path paths[] = { { lab.own, SANDBOX_WRITE },
		{ lab.shown, SANDBOX_READ } };
	struct sandbox_path resolver[COUNT_OF(sandbox_resolver)];
	struct sandbox sandbox;
	struct error err;
	int status;
	pid_t pid;

	memcpy(resolver, sandbox_resolver, sizeof(resolver));
	fflush(stdout);
	if ((pid = fork()) == 0) {
		bool is_courier = role == ROLE_COURIER;

		if (sandbox_enter(&sandbox, role, is_courier ? resolver : paths,
			is_courier ? COUNT_OF(resolver) : COUNT_OF(paths),
			false, &err) == -1)
			_exit(255);
		_exit(what());
	}
	if (pid == -1 || waitpid(pid, &status, 0) != pid)
		return LOST;
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSYS ? KILLED : LOST;
	return WIFEXITED(status) && WEXITSTATUS(status) != 255 ?
	    WEXITSTATUS(status) :
	    LOST;
}

static void
fill_directory(char out[1024])
{
	char path[1100];

	snprintf(out, 1024, "%s", lab_directory());
	snprintf(path, sizeof(path), "%s/file", out);
	lab_write(path, span_text("x"));
}

static bool
has_landlock(void)
{
	struct sandbox sandbox;

	sandbox_probe(&sandbox);
	return sandbox.landlock_abi > 0;
}

static bool
has_seccomp(void)
{
	struct sandbox sandbox;

	sandbox_probe(&sandbox);
	return sandbox.has_seccomp;
}

static bool
set_up(void)
{
	socklen_t size = sizeof(lab.address);

	if (lab.parent != 0)
		return true;
	fill_directory(lab.own);
	fill_directory(lab.shown);
	fill_directory(lab.foreign);
	lab.parent = getpid();
	lab.listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	lab.address.sin_family = AF_INET;
	lab.address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return bind(lab.listener, (struct sockaddr *)&lab.address, size) == 0 &&
	    listen(lab.listener, 5) == 0 &&
	    getsockname(lab.listener, (struct sockaddr *)&lab.address, &size) ==
	    0;
}

struct trial {
	enum role role;
	deed *what;
	const char *name;
	int want;
};

#define TRY(role, what, want)                            \
	{                                                \
		ROLE_##role, what, #role " " #what, want \
	}

static void
try_all(const struct trial *trials, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct trial *t = &trials[i];

		if (!check_int(try_as(t->role, t->what), t->want))
			tap_note("  as %s", t->name);
	}
}

TEST(each_role_can_do_its_work)
{
	static const struct trial trials[] = {
		/* clang-format off */
		TRY(KEEPER, read_own, DONE),
		TRY(KEEPER, create_own, DONE),
		TRY(KEEPER, read_shown, DONE),
		TRY(KEEPER, write_durable, DONE),
		TRY(KEEPER, turn_a_loop, DONE),
		TRY(REGISTRAR, write_durable, DONE),
		TRY(REGISTRAR, use_database, DONE),
		TRY(REGISTRAR, turn_a_loop, DONE),
		TRY(GATE, accept_tcp, DONE),
		TRY(GATE, turn_a_loop, DONE),
		TRY(COURIER, connect_tcp, DONE),
		TRY(COURIER, resolve_in_a_thread, DONE),
		TRY(COURIER, turn_a_loop, DONE),
		TRY(DESK, accept_tcp, DONE),
		TRY(DESK, read_shown, DONE),
		TRY(DESK, turn_a_loop, DONE),
		/* clang-format on */
	};

	require(set_up());
	try_all(trials, COUNT_OF(trials));
}

TEST(files_outside_the_list_are_out_of_reach)
{
	static const struct trial trials[] = {
		/* clang-format off */
		TRY(KEEPER, read_foreign, EACCES),
		TRY(KEEPER, create_foreign, EACCES),
		TRY(KEEPER, write_shown, EACCES),
		TRY(KEEPER, read_passwords, EACCES),
		TRY(REGISTRAR, read_foreign, EACCES),
		TRY(REGISTRAR, write_shown, EACCES),
		TRY(COURIER, read_own, EACCES),
		TRY(COURIER, read_passwords, EACCES),
		TRY(DESK, read_foreign, EACCES),
		/* clang-format on */
	};

	require(set_up());
	if (!has_landlock())
		skip("no Landlock in this kernel");
	try_all(trials, COUNT_OF(trials));
}

/* As the courier, whom seccomp lets try. */
TEST(nobody_binds_a_tcp_port)
{
	struct sandbox sandbox;

	require(set_up());
	sandbox_probe(&sandbox);
	if (sandbox.landlock_abi < 4)
		skip("no Landlock of version 4 in this kernel");
	check_int(try_as(ROLE_COURIER, bind_tcp), EACCES);
}

/* Only where seccomp does not end the process first. */
TEST(landlock_alone_keeps_tcp_and_signals_inside)
{
	struct sandbox sandbox;

	require(set_up());
	sandbox_probe(&sandbox);
	if (sandbox.has_seccomp)
		skip("seccomp comes first in this build");
	if (sandbox.landlock_abi < 6)
		skip("no Landlock of version 6 in this kernel");
	check_int(try_as(ROLE_GATE, bind_tcp), EACCES);
	check_int(try_as(ROLE_GATE, connect_tcp), EACCES);
	check_int(try_as(ROLE_GATE, signal_parent), EPERM);
}

TEST(a_call_outside_the_list_ends_the_process)
{
	static const struct trial trials[] = {
		/* clang-format off */
		TRY(KEEPER, make_tcp_socket, KILLED),
		TRY(KEEPER, make_unix_socket, KILLED),
		TRY(KEEPER, accept_tcp, KILLED),
		TRY(KEEPER, make_process, KILLED),
		TRY(KEEPER, execute, KILLED),
		TRY(KEEPER, make_code, KILLED),
		TRY(KEEPER, signal_parent, KILLED),
		TRY(KEEPER, trace, KILLED),
		TRY(REGISTRAR, make_tcp_socket, KILLED),
		TRY(REGISTRAR, make_unix_socket, KILLED),
		TRY(REGISTRAR, execute, KILLED),
		TRY(GATE, make_tcp_socket, KILLED),
		TRY(GATE, make_code, KILLED),
		TRY(GATE, make_process, KILLED),
		TRY(GATE, execute, KILLED),
		TRY(COURIER, make_packet_socket, KILLED),
		TRY(COURIER, accept_tcp, KILLED),
		TRY(COURIER, make_process, KILLED),
		TRY(COURIER, execute, KILLED),
		TRY(COURIER, create_own, KILLED),
		TRY(DESK, make_unix_socket, KILLED),
		TRY(DESK, create_own, KILLED),
		TRY(DESK, execute, KILLED),
		/* clang-format on */
	};

	require(set_up());
	if (!has_seccomp())
		skip("no seccomp in this kernel, or a sanitiser's build");
	try_all(trials, COUNT_OF(trials));
}

TEST(the_gate_is_refused_any_file_and_goes_on)
{
	require(set_up());
	if (!has_seccomp())
		skip("no seccomp in this kernel, or a sanitiser's build");
	check_int(try_as(ROLE_GATE, read_shown), EPERM);
	check_int(try_as(ROLE_GATE, create_own), EPERM);
}

TEST(a_process_can_still_die_of_a_bug)
{
	int status = 0;
	pid_t pid;

	require(set_up());
	if ((pid = fork()) == 0) {
		struct sandbox sandbox;
		struct error err;

		if (sandbox_enter(&sandbox, ROLE_KEEPER, NULL, 0, false,
			&err) == 0)
			die_of_a_bug();
		_exit(1);
	}
	check(waitpid(pid, &status, 0) == pid);
	check(WIFSIGNALED(status));
	check_int(WTERMSIG(status), SIGABRT);
}

/* The error of entering as ${role} with ${path} to write. */
static int
enter_with(enum role role, const char *path, bool is_required)
{
	int status = -1;
	pid_t pid;

	if ((pid = fork()) == 0) {
		struct sandbox_path paths[] = { { path, SANDBOX_WRITE } };
		struct sandbox sandbox = { 0 };
		struct error err = { .code = E_NONE };

		if (sandbox_enter(&sandbox, role, paths, 1, is_required,
			&err) == 0)
			_exit(sandbox.is_entered ? 0 : 1);
		_exit(err.code == E_SANDBOX ? 2 : 3);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

TEST(a_home_that_is_missing_is_an_error)
{
	require(set_up());
	if (!has_landlock())
		skip("no Landlock in this kernel");
	check_int(enter_with(ROLE_KEEPER, lab.own, false), 0);
	check_int(enter_with(ROLE_KEEPER, "/nonexistent", false), 2);
}

TEST(a_sandbox_that_is_required_is_had_or_refused)
{
	bool is_whole = has_landlock() && (has_seccomp() || SANITISER);

	require(set_up());
	check_int(enter_with(ROLE_KEEPER, lab.own, true), is_whole ? 0 : 2);
}

TEST(the_supervisor_has_no_sandbox)
{
	require(set_up());
	check_int(enter_with(ROLE_SUPERVISOR, lab.own, false), 2);
}

TEST(what_is_in_force_is_told_in_a_line)
{
	static const struct {
		struct sandbox sandbox;
		const char *want;
	} cases[] = {
		/* clang-format off */
		{ { 4, true, false, true }, "landlock abi 4, seccomp" },
		{ { 0, true, false, true },
		  "landlock: not in this kernel, seccomp" },
		{ { 7, false, true, true },
		  "landlock abi 7, seccomp: left out for the sanitiser" },
		{ { 1, false, false, true },
		  "landlock abi 1, seccomp: not in this kernel" },
		/* clang-format on */
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct buf out;

		buf_init(&out, 256);
		sandbox_describe(&cases[i].sandbox, &out);
		check_mem(out.ptr, out.len, cases[i].want,
		    strlen(cases[i].want));
		buf_clear(&out);
	}
}
