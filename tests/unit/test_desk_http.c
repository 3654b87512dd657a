#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/mem.h"
#include "desk/desk.h"
#include "tests/support/impostor.h"
#include "tests/tap.h"

/* The desk as a process, asked over its socket. */

static char *
asked(struct impostor *imp, const char *method, const char *target,
    struct span body)
{
	int fd = impostor_connect(imp);
	char *said;

	impostor_ask(fd, method, target, body);
	said = impostor_hear(imp, fd);
	close(fd);
	return said;
}

/* What the desk says to ${bytes}, which are no request of a client's. */
static char *
told(struct impostor *imp, const char *bytes)
{
	int fd = impostor_connect(imp);
	char *said;

	impostor_say(fd, span_text(bytes));
	said = impostor_hear(imp, fd);
	close(fd);
	return said;
}

TEST(what_it_does_not_do_itself_the_registrar_is_asked)
{
	static const char *const calls[] = { "status", "peers", "cases", "show",
		"log", "wait", "statement", "heads", "bundle", "erase",
		"backup", "rebuild" };
	struct impostor imp;
	struct call call;
	char *said;
	int fd;

	impostor_open(&imp);
	fd = impostor_connect(&imp);
	for (size_t i = 0; i < COUNT_OF(calls); i++) {
		impostor_ask(fd, "POST",
		    arena_printf(imp.arena, "/v1/%s", calls[i]),
		    span_text("{\"a\": 1}"));
		require(impostor_called(&imp, &call));
		check(span_is_text(call.name, calls[i]));
		check(span_is_text(call.json, "{\"a\": 1}"));
		impostor_reply(&imp, "{\"b\":2}");
		said = impostor_hear(&imp, fd);
		check(strncmp(said, "HTTP/1.1 200 ", 13) == 0);
		check(strstr(said, "\r\nContent-Type: application/json\r\n") !=
		    NULL);
		check(strstr(said, "\r\n\r\n{\"b\":2}") != NULL);
	}
	close(fd);
	check(impostor_close(&imp));
}

TEST(its_own_card_it_tells_itself)
{
	struct impostor imp;
	char *said;

	impostor_open(&imp);
	said = asked(&imp, "POST", "/v1/card", span_text(""));
	check(strncmp(said, "HTTP/1.1 200 ", 13) == 0);
	check(strstr(said, "BEGIN CERTIFICATE") != NULL);
	check(impostor_close(&imp));
}

TEST(what_is_no_call_is_a_problem)
{
	static const struct {
		const char *method, *target, *body;
		int status;
		const char *name, *more;
	} bad[] = {
		{ "GET", "/v1/status", "", 405, "method", "Allow: POST\r\n" },
		{ "PUT", "/v1/status", "", 405, "method", "Allow: POST\r\n" },
		{ "DELETE", "/v1/card", "", 405, "method", "Allow: POST\r\n" },
		{ "POST", "/v1/documents/aa", "", 405, "method",
		    "Allow: PUT\r\n" },
		{ "POST", "/v1/nothing", "{}", 404, "route", "no such call" },
		{ "POST", "/v1/status/", "{}", 404, "route", "" },
		{ "POST", "/", "{}", 404, "route", "" },
		{ "POST", "*", "{}", 404, "route", "" },
		{ "POST", "http://localhost/v1/status", "{}", 404, "route",
		    "" },
		{ "BREW", "/v1/status", "", 501, "http-method", "" },
		{ "POST", "/v1/status", "{", 400, "usage", "detail" },
		{ "POST", "/v1/status", "[]", 400, "usage", "" },
		{ "POST", "/v1/status", "{\"a\":1,\"a\":1}", 400, "usage", "" },
		{ "POST", "/v1/status", "\xff", 400, "usage", "" },
		{ "POST", "/v1/letter", "{\"peer\":1}", 400, "usage", "" },
		{ "POST", "/v1/peer-add", "{}", 400, "usage", "" },
		{ "POST", "/v1/peer-preview", "{\"card\":\"x\"}", 400, "card",
		    "" },
		{ "PUT", "/v1/documents/aa?offset=x", "a", 400, "usage",
		    "offset: not a number" },
		{ "PUT", "/v1/documents/aa?offset=1&last=", "a", 400, "usage",
		    "last: not a number" },
	};
	struct impostor imp;
	char *said;

	impostor_open(&imp);
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		said = asked(&imp, bad[i].method, bad[i].target,
		    span_text(bad[i].body));
		if (!check(impostor_is_problem(said, bad[i].status,
			bad[i].name)) ||
		    !check(strstr(said, bad[i].more) != NULL))
			tap_note("%s %s", bad[i].method, bad[i].target);
	}
	check(impostor_close(&imp));
}

TEST(what_is_no_http_is_a_problem)
{
	static const struct {
		const char *bytes;
		int status;
		const char *name;
	} bad[] = {
		{ "hello\r\n", 400, "http-request" },
		{ "POST /v1/status HTTP/9.9\r\n", 505, "http-version" },
		{ "POST /v1/status HTTP/1.1\r\n\r\n", 400, "http-request" },
		{ "POST /v1/status HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n",
		    417, "http-expect" },
		{ "POST /v1/status HTTP/1.1\r\nHost: a\r\n"
		  "Transfer-Encoding: gzip\r\n\r\n",
		    501, "http-transfer" },
		{ "POST /v1/status HTTP/1.1\r\nHost: a\r\n"
		  "Content-Length: 16777217\r\n\r\n",
		    413, "too-large" },
		{ "POST /v1/status HTTP/1.1\r\nHost: a\r\n"
		  "Transfer-Encoding: chunked\r\n\r\n1000001\r\n",
		    413, "too-large" },
	};
	static char large[17000];
	struct impostor imp;

	impostor_open(&imp);
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		check(impostor_is_problem(told(&imp, bad[i].bytes),
		    bad[i].status, bad[i].name));
	memset(large, 'a', sizeof(large) - 1);
	memcpy(large, "POST /v1/status HTTP/1.1\r\nA: ", 29);
	check(impostor_is_problem(told(&imp, large), 431, "http-head"));
	check(impostor_close(&imp));
}

TEST(a_body_of_the_largest_size_is_taken)
{
	size_t size = DESK_BODY_MAX;
	char *body = mem_new(size + 1);
	struct impostor imp;
	struct call call;
	int fd;

	memset(body, ' ', size);
	memcpy(body, "{}", 2);
	impostor_open(&imp);
	fd = impostor_connect(&imp);
	impostor_ask(fd, "POST", "/v1/status", span_of(body, size));
	require(impostor_called(&imp, &call));
	check_int((long long)call.json.len, (long long)size);
	impostor_reply(&imp, "{}");
	check(strncmp(impostor_hear(&imp, fd), "HTTP/1.1 200 ", 13) == 0);
	close(fd);
	check(impostor_close(&imp));
	free(body);
}

TEST(what_the_registrar_refuses_is_passed_on_with_its_detail)
{
	struct impostor imp;
	struct call call;
	char *said;
	int fd;

	impostor_open(&imp);
	fd = impostor_connect(&imp);
	impostor_ask(fd, "POST", "/v1/show", span_text("{}"));
	require(impostor_called(&imp, &call));
	impostor_refuse(&imp, E_NOT_FOUND, "no case 1a2b");
	said = impostor_hear(&imp, fd);
	check(impostor_is_problem(said, 404, "not-found"));
	check(strstr(said, "\"detail\":\"no case 1a2b\"") != NULL);
	close(fd);
	check(impostor_close(&imp));
}

TEST(a_document_goes_with_its_peer_and_offset)
{
	struct impostor imp;
	struct call call;
	int fd;

	impostor_open(&imp);
	fd = impostor_connect(&imp);
	impostor_ask(fd, "PUT",
	    "/v1/documents/ab?peer=cert.south.example&offset=12&last=1",
	    span_of("x\0y", 3));
	require(impostor_called(&imp, &call));
	check(span_is_text(call.name, "document-put"));
	check_mem(call.bytes.ptr, call.bytes.len, "x\0y", 3);
	check(span_is_text(call.json,
	    "{\"last\":true,\"offset\":12,\"peer\":\"cert.south.example\","
	    "\"sha256\":\"ab\"}"));
	impostor_reply(&imp, "{}");
	check(strncmp(impostor_hear(&imp, fd), "HTTP/1.1 200 ", 13) == 0);
	close(fd);
	check(impostor_close(&imp));
}

TEST(callers_that_go_away_leave_nothing_behind)
{
	struct impostor imp;
	struct call call;
	int fd;

	impostor_open(&imp);
	for (int i = 0; i < 20; i++) {
		fd = impostor_connect(&imp);
		if (i % 2 == 0)
			impostor_ask(fd, "POST", "/v1/wait", span_text("{}"));
		else
			impostor_say(fd,
			    span_text("POST /v1/wait HTTP/1.1\r\nHo"));
		close(fd);
		if (i % 2 != 0)
			continue;
		require(impostor_called(&imp, &call));
		impostor_reply(&imp, "{}");
	}
	check(
	    impostor_is_problem(asked(&imp, "GET", "/v1/status", span_text("")),
		405, "method"));
	check(impostor_close(&imp));
}

TEST(requests_sent_ahead_are_answered_in_order)
{
	struct impostor imp;
	struct call call;
	int fd;

	impostor_open(&imp);
	fd = impostor_connect(&imp);
	impostor_ask(fd, "POST", "/v1/status", span_text("{}"));
	impostor_ask(fd, "POST", "/v1/peers", span_text("{}"));
	require(impostor_called(&imp, &call));
	check(span_is_text(call.name, "status"));
	impostor_reply(&imp, "{\"n\":1}");
	check(strstr(impostor_hear(&imp, fd), "{\"n\":1}") != NULL);
	require(impostor_called(&imp, &call));
	check(span_is_text(call.name, "peers"));
	impostor_reply(&imp, "{\"n\":2}");
	check(strstr(impostor_hear(&imp, fd), "{\"n\":2}") != NULL);
	close(fd);
	check(impostor_close(&imp));
}

/* Asks as nobody, and prints what it hears. */
static void
ask_as_nobody(struct impostor *imp)
{
	int fd = impostor_connect(imp);

	impostor_ask(fd, "POST", "/v1/card", span_text("{}"));
	_exit(
	    impostor_is_problem(impostor_hear(imp, fd), 403, "desk-stranger") ?
		0 :
		1);
}

TEST(another_user_is_a_stranger)
{
	struct impostor imp;
	int status;
	pid_t pid;

	if (geteuid() != 0)
		skip("only root can be another");
	impostor_open(&imp);
	require(chmod(imp.home.socket, 0666) == 0);
	require(chmod(imp.home.path, 0711) == 0);
	require(
	    chmod(arena_printf(imp.arena, "%s/..", imp.home.path), 0711) == 0);
	fflush(stdout);
	if ((pid = fork()) == 0) {
		if (setgid(65534) == -1 || setuid(65534) == -1)
			_exit(2);
		ask_as_nobody(&imp);
	}
	require(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	check_int(WEXITSTATUS(status), 0);
	check(impostor_close(&imp));
}
