#include <err.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/error.h"
#include "exchange/listen.h"
#include "tests/support/hostile.h"
#include "tests/support/identities.h"
#include "tests/support/wire.h"

struct server_seen *server_seen;

void
server_forget(void)
{
	if (server_seen == NULL)
		server_seen = mmap(NULL, sizeof(*server_seen),
		    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (server_seen == MAP_FAILED)
		err(1, "mmap");
	*server_seen = (struct server_seen){ 0 };
}

static void
say(struct wire *wire, const char *text)
{
	wire_send(wire, span_text(text));
}

/* Say it until nobody listens any more. */
static void
repeat(struct wire *wire, const char *first, const char *text, useconds_t pause)
{
	say(wire, first);
	while (wire_send(wire, span_text(text)))
		usleep(pause);
}

/* The request's head is sent back as the body of the answer. */
static void
echo(struct wire *wire, const char *request)
{
	char head[512];

	snprintf(head, sizeof(head),
	    "HTTP/1.1 202 Yes\r\nContent-Type: text/plain\r\n"
	    "demarche-missing:  aa,bb \r\nUpload-Offset: 77\r\n"
	    "Upload-Complete: ?1\r\nContent-Length: %zu\r\n\r\n",
	    strlen(request));
	say(wire, head);
	say(wire, request);
}

/* Answers that need no more than a text; then the connection is closed. */
static const struct script {
	const char *path, *text;
} scripts[] = {
	{ "/nonsense", "SSH-2.0-OpenSSH_9.2\r\n\r\n" },
	{ "/status", "HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n" },
	{ "/long", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\na" },
	{ "/cut", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc" },
	{ "/redirect",
	    "HTTP/1.1 302 Go\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n" },
	{ "/offset", "HTTP/1.1 200 OK\r\nUpload-Offset: -1\r\n\r\n" },
	{ "/complete", "HTTP/1.1 200 OK\r\nUpload-Complete: 1\r\n\r\n" },
	{ "/type", "HTTP/1.1 200 OK\r\nContent-Type: a\001b\r\n\r\n" },
	{ "/close", "" },
};

/* Whether the connection is to go on. */
static bool
act(struct wire *wire, const char *path, const char *request)
{
	static char much[16000];

	memset(much, 'a', sizeof(much) - 1);
	for (size_t i = 0; i < COUNT_OF(scripts); i++)
		if (strcmp(scripts[i].path, path) == 0)
			say(wire, scripts[i].text);
	if (strcmp(path, "/ok") == 0) {
		echo(wire, request);
		return true;
	}
	if (strcmp(path, "/endless") == 0)
		repeat(wire, "HTTP/1.1 200 OK\r\n\r\n", much, 0);
	if (strcmp(path, "/headers") == 0)
		repeat(wire, "HTTP/1.1 200 OK\r\n", "A: b\r\n", 0);
	if (strcmp(path, "/early") == 0)
		repeat(wire, "", "HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n", 0);
	if (strcmp(path, "/drip") == 0)
		repeat(wire, "HTTP/1.1 200 OK\r\n\r\n", "a", 100000);
	if (strcmp(path, "/never") == 0)
		sleep(30);
	if (strcmp(path, "/late") == 0) {
		sleep(3);
		say(wire, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	}
	return false;
}

static void
serve_one(struct wire *wire)
{
	char request[8192], path[64];

	do {
		if (wire_read(wire, request, sizeof(request), "\r\n\r\n") == 0)
			break;
		server_seen->requests++;
		if (sscanf(request, "%*s %63s", path) != 1)
			break;
	} while (act(wire, path, request));
}

static void
prefer_old(SSL_CTX *context)
{
	SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
}

static int
refuse(int is_ok, X509_STORE_CTX *store)
{
	(void)is_ok;
	(void)store;
	return 0;
}

static void
prefer_nobody(SSL_CTX *context)
{
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, refuse);
}

/* What is left unread at the end would overtake the alert. */
static void
drain(int fd)
{
	char waste[4096];

	usleep(100000);
	while (recv(fd, waste, sizeof(waste), MSG_DONTWAIT) > 0)
		continue;
}

static void
serve_tls(int listener, enum manner manner)
{
	struct wire wire;

	if (wire_accept(&wire, listener, identity_of(IDENTITY_SOUTH)->tls,
		manner == MANNER_OLD        ? prefer_old :
		    manner == MANNER_REFUSE ? prefer_nobody :
					      NULL))
		serve_one(&wire);
	else
		drain(wire.fd);
	wire_close(&wire);
}

static void
serve_tcp(int listener, enum manner manner)
{
	int fd = accept(listener, NULL, NULL);

	close(listener);
	if (manner == MANNER_SILENT)
		sleep(20);
	else if (write(fd, "220 mail.example ESMTP\r\n", 24) == 24)
		usleep(100000);
	close(fd);
}

/* A child for each connection. */
static void
run_server(int listener, enum manner manner)
{
	struct pollfd ready = { .fd = listener, .events = POLLIN };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGCHLD, SIG_IGN);
	while (poll(&ready, 1, -1) == 1) {
		server_seen->connections++;
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			if (manner == MANNER_GARBAGE || manner == MANNER_SILENT)
				serve_tcp(listener, manner);
			else
				serve_tls(listener, manner);
			_exit(0);
		}
		usleep(50000);
	}
	_exit(0);
}

void
server_open(struct server *server, enum manner manner)
{
	struct error why;
	int listener;

	if (gate_listen("127.0.0.1", 0, &listener, &why) == -1)
		errx(1, "%s", why.detail);
	if ((server->pid = fork()) == 0)
		run_server(listener, manner);
	snprintf(server->endpoint, sizeof(server->endpoint),
	    "https://127.0.0.1:%u", wire_port(listener));
	close(listener);
}

void
server_close(struct server *server)
{
	int status;

	kill(server->pid, SIGKILL);
	waitpid(server->pid, &status, 0);
}
