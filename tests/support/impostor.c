#include <err.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/instant.h"
#include "cli/serve.h"
#include "keeper/signer.h"
#include "node/roles.h"
#include "proc/spawn.h"
#include "tests/lab.h"
#include "tests/support/identities.h"
#include "tests/support/impostor.h"
#include "tests/tap.h"

#define WAIT_MS 20000
#define ANSWER_MAX ((size_t)1 << 20)

/* This program executed again by spawn_child() is one of the two. */
__attribute__((constructor)) static void
be_a_role(int argc, char *argv[])
{
	if (argc > 2 && strcmp(argv[1], "--role") == 0)
		exit(serve_role(argc - 2, argv + 2));
}

static void
make_home(struct impostor *imp, const char **clock)
{
	static const char *const endpoints[] = { "https://127.0.0.1:4590" };
	struct node_init init = { .party = "cert.north.example",
		.country = "XN",
		.endpoints = endpoints,
		.endpoints_n = 1,
		.is_exercise = true,
		.now = instant_of(IDENTITIES_NOW_S),
		.not_before = instant_of(IDENTITIES_NOT_BEFORE_S),
		.not_after = instant_of(IDENTITIES_NOT_AFTER_S) };
	char at[INSTANT_TEXT_MAX];
	struct error why;

	imp->arena = lab_arena();
	init.path = arena_printf(imp->arena, "%s/home", lab_directory());
	if (node_init(&init, &why) == -1)
		errx(1, "%s", why.detail);
	node_home_of(&imp->home, init.path, imp->arena);
	*clock = arena_printf(imp->arena, "%s/clock", init.path);
	instant_write(init.now, at);
	lab_write(*clock, span_text(arena_printf(imp->arena, "%s\n", at)));
}

static int
listen_at(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (strlen(path) >= sizeof(at.sun_path))
		errx(1, "%s is too long", path);
	memcpy(at.sun_path, path, strlen(path) + 1);
	if (fd == -1 || bind(fd, (struct sockaddr *)&at, sizeof(at)) == -1 ||
	    listen(fd, 16) == -1)
		err(1, "%s", path);
	return fd;
}

static void
pair(int out[2])
{
	struct error why;

	if (spawn_pair(out, &why) == -1)
		errx(1, "%s", why.detail);
}

static pid_t
start(const struct spawn *given, const struct role_options *options)
{
	const char *args[ROLE_ARGUMENTS_MAX];
	struct spawn what = *given;
	struct error why;
	pid_t pid;

	role_options_write(options, args);
	what.args = args;
	if (spawn_child(&what, &pid, &why) == -1)
		errx(1, "%s", why.detail);
	return pid;
}

static void
await_ready(struct impostor *imp, struct message_pipe *words)
{
	struct message ready;
	struct error why;

	if (message_receive(words, &ready, WAIT_MS, imp->arena, &why) == -1 ||
	    ready.type != MESSAGE_READY)
		errx(1, "a process is not ready");
}

void
impostor_open(struct impostor *imp)
{
	int words[2][2], keeper[2], desk[2], across[2], listener;
	struct role_options options = { .clock = NULL };
	struct spawn what;

	memset(imp, 0, sizeof(*imp));
	make_home(imp, &options.clock);
	options.home = imp->home;
	pair(words[0]);
	pair(words[1]);
	pair(keeper);
	pair(desk);
	pair(across);
	listener = listen_at(imp->home.socket);
	spawn_init(&what, ROLE_KEEPER);
	what.fds[SPAWN_SUPERVISOR] = words[0][1];
	what.fds[SPAWN_REGISTRAR] = keeper[1];
	what.fds[SPAWN_DESK] = across[0];
	imp->keeper = start(&what, &options);
	spawn_init(&what, ROLE_DESK);
	what.fds[SPAWN_SUPERVISOR] = words[1][1];
	what.fds[SPAWN_REGISTRAR] = desk[1];
	what.fds[SPAWN_KEEPER] = across[1];
	what.fds[SPAWN_SOCKET] = listener;
	imp->desk = start(&what, &options);
	close(words[0][1]);
	close(words[1][1]);
	close(keeper[1]);
	close(desk[1]);
	close(across[0]);
	close(across[1]);
	close(listener);
	message_pipe_init(&imp->keeper_words, words[0][0], ROLE_SUPERVISOR,
	    ROLE_KEEPER);
	message_pipe_init(&imp->desk_words, words[1][0], ROLE_SUPERVISOR,
	    ROLE_DESK);
	message_pipe_init(&imp->to_keeper, keeper[0], ROLE_REGISTRAR,
	    ROLE_KEEPER);
	message_pipe_init(&imp->to_desk, desk[0], ROLE_REGISTRAR, ROLE_DESK);
	await_ready(imp, &imp->keeper_words);
	await_ready(imp, &imp->desk_words);
	imp->ask = (struct keeper_ask){ &imp->to_keeper, WAIT_MS };
	imp->signer = keeper_ask_signer(&imp->ask);
}

/* The desk first: the keeper ends when the desk is gone. */
static bool
stop(pid_t pid, struct message_pipe *words)
{
	struct message message = { .type = MESSAGE_STOP };
	struct error why;
	int status;

	if (message_send(words, &message, WAIT_MS, &why) == -1 &&
	    why.code != E_PROC_GONE)
		tap_note("%s", why.detail);
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	    (WEXITSTATUS(status) == ROLE_EXIT_TOLD ||
		WEXITSTATUS(status) == ROLE_EXIT_BEREFT);
}

bool
impostor_close(struct impostor *imp)
{
	bool is_desk_good = stop(imp->desk, &imp->desk_words);
	bool is_keeper_good = stop(imp->keeper, &imp->keeper_words);

	message_pipe_clear(&imp->to_desk);
	message_pipe_clear(&imp->to_keeper);
	message_pipe_clear(&imp->desk_words);
	message_pipe_clear(&imp->keeper_words);
	return is_desk_good && is_keeper_good;
}

int
impostor_connect(const struct impostor *imp)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(at.sun_path, imp->home.socket, strlen(imp->home.socket) + 1);
	if (fd == -1 || connect(fd, (struct sockaddr *)&at, sizeof(at)) == -1)
		err(1, "the desk's socket");
	return fd;
}

/* What the desk does not read any more is not of interest. */
void
impostor_say(int fd, struct span bytes)
{
	while (bytes.len > 0) {
		ssize_t n = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		bytes = span_skip(bytes, (size_t)n);
	}
}

void
impostor_ask(int fd, const char *method, const char *target, struct span body)
{
	char head[1024];

	snprintf(head, sizeof(head),
	    "%s %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %zu\r\n\r\n",
	    method, target, body.len);
	impostor_say(fd, span_text(head));
	impostor_say(fd, body);
}

/* Is the answer in ${text} whole? */
static bool
is_whole(const char *text)
{
	const char *end = strstr(text, "\r\n\r\n");
	const char *length = strstr(text, "\r\nContent-Length: ");

	if (end == NULL || strncmp(text, "HTTP/1.1 100", 12) == 0)
		return false;
	return length == NULL || length > end ||
	    strlen(end + 4) >= strtoul(length + 18, NULL, 10);
}

char *
impostor_hear(const struct impostor *imp, int fd)
{
	char *text = arena_alloc(imp->arena, ANSWER_MAX);
	size_t len = 0;

	while (len + 1 < ANSWER_MAX && !is_whole(text)) {
		struct pollfd p = { fd, POLLIN, 0 };
		ssize_t n;

		if (poll(&p, 1, WAIT_MS) != 1)
			break;
		/* A byte at a time: the next answer is not ours. */
		n = recv(fd, text + len, 1, 0);
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	return text;
}

bool
impostor_called(struct impostor *imp, struct call *call)
{
	struct message message;
	struct error why;

	if (message_receive(&imp->to_desk, &message, WAIT_MS, imp->arena,
		&why) == -1 ||
	    message.type != MESSAGE_CALL ||
	    call_parse(call, message.payload, &why) == -1) {
		tap_note("no call: %s", why.detail);
		return false;
	}
	imp->call_id = message.id;
	return true;
}

static void
reply_with(struct impostor *imp, const struct call_reply *reply)
{
	struct message message = { .type = MESSAGE_CALL_REPLY,
		.id = imp->call_id };
	struct error why;
	struct buf buf;

	buf_init(&buf, CALL_WIRE_MAX);
	if (call_reply_write(&buf, reply, &why) == -1)
		errx(1, "%s", why.detail);
	message.payload = buf_span(&buf);
	if (message_send(&imp->to_desk, &message, WAIT_MS, &why) == -1)
		tap_note("%s", why.detail);
	buf_clear(&buf);
}

void
impostor_reply(struct impostor *imp, const char *json)
{
	struct call_reply reply = { .json = span_text(json) };

	reply_with(imp, &reply);
}

void
impostor_reply_content(struct impostor *imp, struct span content)
{
	struct call_reply reply = { .json = span_text("{}"), .bytes = content };

	reply_with(imp, &reply);
}

void
impostor_refuse(struct impostor *imp, enum error_code code, const char *detail)
{
	struct call_reply reply = { .code = code, .detail = span_text(detail) };

	reply_with(imp, &reply);
}

void
impostor_send(struct message_pipe *pipe, unsigned type, uint32_t id,
    size_t size, struct span payload)
{
	struct message_head head = { (enum message_type)type, id, size };
	uint8_t bytes[MESSAGE_HEAD_SIZE];

	message_head_write(bytes, &head);
	impostor_say(pipe->fd, span_of(bytes, sizeof(bytes)));
	impostor_say(pipe->fd, payload);
}

bool
impostor_is_problem(const char *said, int status, const char *name)
{
	char line[64], type[64];
	bool is_so;

	snprintf(line, sizeof(line), "HTTP/1.1 %d ", status);
	snprintf(type, sizeof(type), "error/%s\"", name);
	is_so = strncmp(said, line, strlen(line)) == 0 &&
	    strstr(said, type) != NULL &&
	    strstr(said, "\r\nContent-Type: application/problem+json\r\n") !=
		NULL;
	if (!is_so)
		tap_note("not %d %s: %.300s", status, name, said);
	return is_so;
}
