#include <err.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "exchange/listen.h"
#include "exchange/tls.h"
#include "proc/sandbox.h"
#include "proc/spawn.h"
#include "seal/certificate.h"
#include "tests/lab.h"
#include "tests/support/gate_house.h"
#include "tests/support/wire.h"
#include "tests/tap.h"

const struct gate_limits house_short = {
	.connections = 64,
	.handshakes = 16,
	.peer_connections = 4,
	.requests = 8,
	.peer_requests = 2,
	.handshake_ms = 800,
	.idle_ms = 1500,
	.request_ms = 2500,
	.reply_ms = 1000,
};

static void
run_gate(const struct gate_limits *limits, int supervisor, int registrar,
    int listener)
{
	const struct identity *north = identity_of(IDENTITY_NORTH);
	struct arena *arena = arena_new();
	struct tls_pair pair = { .key = wire_key(arena, north->tls),
		.certificate = wire_certificate(arena, north->tls) };
	struct gate_parts parts = { .supervisor = supervisor,
		.registrar = registrar,
		.listeners = &listener,
		.listeners_n = 1,
		.pairs = &pair,
		.pairs_n = 1,
		.ready = span_text("here"),
		.limits = limits };
	struct sandbox sandbox;
	struct error why;
	int rc;

	if (tls_pair_pin(&pair, &why) == -1)
		errx(2, "%s", why.detail);
	if (sandbox_enter(&sandbox, ROLE_GATE, NULL, 0, false, &why) == -1)
		errx(2, "%s", why.detail);
	rc = gate_process(&parts, &why);
	if (rc == -1)
		warnx("gate: %s", why.detail);
	arena_free(arena);
	exit(rc == -1);
}

static void
send_pins(struct message_pipe *pipe, enum identity_name name)
{
	const struct identity *who = identity_of(name);
	struct peer_pins peer = { .peer = span_text(who->party), .pins_n = 2 };
	struct message message = { .type = MESSAGE_PINS };
	struct hash own = certificate_spki(
	    seal_key_certificate(identity_of(IDENTITY_NORTH)->tls));
	struct error why;
	struct buf buf;

	/* The second is the one in use. */
	peer.pins[1] = certificate_spki(seal_key_certificate(who->tls));
	buf_init(&buf, PEER_WIRE_MAX);
	if (peer_pins_write(&buf, &own, &peer, 1, &why) == -1)
		errx(2, "%s", why.detail);
	message.payload = buf_span(&buf);
	if (message_send(pipe, &message, 5000, &why) == -1)
		errx(2, "%s", why.detail);
	buf_clear(&buf);
}

static bool
is_path(const struct serve_request *request, const char *path)
{
	return span_is_text(request->path, path);
}

/* What the registrar answers; false: nothing. */
static bool
decide(struct serve_reply *reply, const struct serve_request *request,
    struct message_pipe *pipe, struct arena *arena)
{
	if (is_path(request, "/never"))
		return false;
	if (is_path(request, "/late"))
		usleep(1500000);
	if (is_path(request, "/pins"))
		send_pins(pipe, IDENTITY_EAST);
	*reply = (struct serve_reply){ .status = 200, .type = "text/plain" };
	if (is_path(request, "/documents/missing")) {
		reply->status = 202;
		reply->missing = span_text("aa,bb");
		reply->has_offset = true;
		reply->offset = 77;
		reply->is_complete = true;
	}
	if (is_path(request, "/large"))
		reply->body = span_of(arena_alloc(arena, 8 * MIB), 8 * MIB);
	else
		reply->body = span_text(arena_printf(arena,
		    "%.*s %d %.*s %d:%llu:%d %zu %d\n", (int)request->peer.len,
		    (const char *)request->peer.ptr, (int)request->method,
		    (int)request->path.len, (const char *)request->path.ptr,
		    request->has_offset, (unsigned long long)request->offset,
		    request->is_complete, request->body.len,
		    request->body.len > 0 ? request->body.ptr[0] : -1));
	return true;
}

static void
answer(struct message_pipe *pipe, const struct message *question,
    struct arena *arena)
{
	struct message message = { .type = MESSAGE_PEER_REPLY,
		.id = question->id };
	struct serve_request request;
	struct serve_reply reply;
	struct error why;
	struct buf buf;

	if (peer_request_parse(&request, question->payload, &why) == -1)
		errx(2, "%s", why.detail);
	if (!decide(&reply, &request, pipe, arena))
		return;
	buf_init(&buf, PEER_WIRE_MAX);
	if (peer_reply_write(&buf, &reply, &why) == -1)
		errx(2, "%s", why.detail);
	message.payload = is_path(&request, "/nonsense") ?
	    span_text("nonsense") :
	    buf_span(&buf);
	if (message_send(pipe, &message, 5000, &why) == -1)
		errx(2, "%s", why.detail);
	buf_clear(&buf);
}

static void
run_registrar(int fd)
{
	struct arena *arena = arena_new();
	struct message_pipe pipe;
	struct message message;
	struct error why;

	message_pipe_init(&pipe, fd, ROLE_REGISTRAR, ROLE_GATE);
	send_pins(&pipe, IDENTITY_SOUTH);
	while (message_receive(&pipe, &message, 60000, arena, &why) == 0) {
		answer(&pipe, &message, arena);
		arena_reset(arena);
	}
	message_pipe_clear(&pipe);
	arena_free(arena);
	_exit(0);
}

static pid_t
fork_or_die(void)
{
	pid_t pid = fork();

	if (pid == -1)
		err(1, "fork");
	return pid;
}

void
house_open(struct house *house, const struct gate_limits *limits)
{
	int up[2], across[2], listener;
	struct error why;
	char ready[16];

	signal(SIGPIPE, SIG_IGN);
	identity_of(IDENTITY_NORTH);
	if (gate_listen("127.0.0.1", 0, &listener, &why) == -1 ||
	    spawn_pair(up, &why) == -1 || spawn_pair(across, &why) == -1)
		errx(1, "%s", why.detail);
	if ((house->gate = fork_or_die()) == 0) {
		close(up[0]);
		close(across[0]);
		run_gate(limits, up[1], across[1], listener);
	}
	if ((house->registrar = fork_or_die()) == 0) {
		close(up[0]);
		close(up[1]);
		close(across[1]);
		close(listener);
		run_registrar(across[0]);
	}
	house->port = wire_port(listener);
	house->supervisor = up[0];
	close(up[1]);
	close(across[0]);
	close(across[1]);
	close(listener);
	snprintf(house->base, sizeof(house->base), "https://127.0.0.1:%u",
	    house->port);
	poll(&(struct pollfd){ .fd = house->supervisor, .events = POLLIN }, 1,
	    5000);
	check(read(house->supervisor, ready, sizeof(ready)) ==
	    (ssize_t)MESSAGE_HEAD_SIZE + 4);
}

void
house_close(struct house *house)
{
	struct message_head head = { MESSAGE_STOP, 0, 0 };
	uint8_t bytes[MESSAGE_HEAD_SIZE];
	int status;

	message_head_write(bytes, &head);
	check(write(house->supervisor, bytes, sizeof(bytes)) ==
	    (ssize_t)sizeof(bytes));
	check(waitpid(house->gate, &status, 0) == house->gate);
	check(WIFEXITED(status));
	check_int(WEXITSTATUS(status), 0);
	kill(house->registrar, SIGKILL);
	waitpid(house->registrar, &status, 0);
	close(house->supervisor);
}

const char *
house_file(struct arena *arena, const char *name, struct span bytes)
{
	static const char *directory;
	const char *path;

	if (directory == NULL)
		directory = lab_directory();
	path = arena_printf(arena, "%s/%s", directory, name);
	lab_write(path, bytes);
	return path;
}

int
house_curl(char **said, struct house *house, enum identity_name name,
    const char *path, const char *const more[])
{
	const struct identity *who = identity_of(name);
	struct arena *arena = lab_arena();
	const char *argv[32] = { "curl", "-q", "-sS", "-k", "-i", "--max-time",
		"20", "--tlsv1.3", "--cert",
		house_file(arena, "cert.pem",
		    wire_certificate(arena, who->tls)),
		"--key",
		house_file(arena, "key.pem", wire_key(arena, who->tls)),
		arena_printf(arena, "%s%s", house->base, path) };
	size_t n = 13;

	while (more != NULL && *more != NULL && n < 31)
		argv[n++] = *more++;
	return wire_run(said, arena, span_of(NULL, 0), argv);
}

bool
house_has_curl(void)
{
	char *said;

	return wire_run(&said, lab_arena(), span_of(NULL, 0),
		   (const char *const[]){ "curl", "--version", NULL }) == 0;
}

bool
house_says(const char *said, const char *what)
{
	bool is_said = strstr(said, what) != NULL;

	if (!is_said)
		tap_note("no \"%s\" in: %.400s", what, said);
	return is_said;
}

void
house_get(struct wire *wire, const char *path, char *said, size_t max,
    const char *end)
{
	char request[256];

	snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: a\r\n\r\n",
	    path);
	said[0] = '\0';
	if (wire_send(wire, span_text(request)))
		wire_read(wire, said, max, end);
}
