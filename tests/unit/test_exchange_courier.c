#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "exchange/courier.h"
#include "exchange/tls.h"
#include "node/peer_wire.h"
#include "proc/clock.h"
#include "proc/sandbox.h"
#include "proc/spawn.h"
#include "seal/certificate.h"
#include "tests/lab.h"
#include "tests/support/hostile.h"
#include "tests/support/identities.h"
#include "tests/support/wire.h"
#include "tests/tap.h"

#define CALL_MS 20000

/* A courier in its sandbox; the test is its registrar and supervisor. */
struct house {
	pid_t courier;
	struct message_pipe registrar;
	int supervisor;
	struct arena *arena;
};

static const struct courier_limits short_limits = {
	.connect_ms = 1000,
	.request_ms = 1500,
	.silence_ms = 10000,
};

static void
run_courier(int supervisor, int registrar, const char *script,
    const struct courier_limits *limits)
{
	const struct identity *north = identity_of(IDENTITY_NORTH);
	struct arena *arena = arena_new();
	struct tls_pair pair = { .key = wire_key(arena, north->tls),
		.certificate = wire_certificate(arena, north->tls) };
	struct courier_parts parts = { .supervisor = supervisor,
		.registrar = registrar,
		.pairs = &pair,
		.pairs_n = 1,
		.limits = limits };
	struct sandbox sandbox;
	struct clock clock;
	struct error why;
	int rc;

	if (clock_open(&clock, script, &why) == -1 ||
	    sandbox_enter(&sandbox, ROLE_COURIER, sandbox_resolver,
		SANDBOX_RESOLVER_PATHS, false, &why) == -1)
		errx(2, "%s", why.detail);
	parts.clock = &clock;
	rc = courier_process(&parts, &why);
	if (rc == -1)
		warnx("courier: %s", why.detail);
	clock_close(&clock);
	arena_free(arena);
	exit(rc == -1);
}

static void
house_open(struct house *house, const char *script,
    const struct courier_limits *limits)
{
	int up[2], across[2];
	struct error why;

	signal(SIGPIPE, SIG_IGN);
	server_forget();
	identity_of(IDENTITY_NORTH);
	if (spawn_pair(up, &why) == -1 || spawn_pair(across, &why) == -1)
		errx(1, "%s", why.detail);
	if ((house->courier = fork()) == 0) {
		close(up[0]);
		close(across[0]);
		run_courier(up[1], across[1], script, limits);
	}
	close(up[1]);
	close(across[1]);
	house->supervisor = up[0];
	house->arena = arena_new();
	message_pipe_init(&house->registrar, across[0], ROLE_REGISTRAR,
	    ROLE_COURIER);
}

static void
house_close(struct house *house)
{
	struct message_head head = { MESSAGE_STOP, 0, 0 };
	uint8_t bytes[MESSAGE_HEAD_SIZE];
	int status;

	message_head_write(bytes, &head);
	check(write(house->supervisor, bytes, sizeof(bytes)) ==
	    (ssize_t)sizeof(bytes));
	check(waitpid(house->courier, &status, 0) == house->courier);
	check(WIFEXITED(status));
	check_int(WEXITSTATUS(status), 0);
	close(house->supervisor);
	message_pipe_clear(&house->registrar);
	arena_free(house->arena);
}

static void
tell(struct house *house, enum message_type type, uint32_t id,
    const struct buf *payload)
{
	struct message message = { type, id, buf_span(payload) };
	struct error why;

	if (message_send(&house->registrar, &message, CALL_MS, &why) == -1)
		errx(1, "%s", why.detail);
}

static void
wake(struct house *house, const char *peer)
{
	struct error why;
	struct buf buf;

	buf_init(&buf, PEER_WIRE_MAX);
	check(peer_name_write(&buf, span_text(peer), &why) == 0);
	tell(house, MESSAGE_WAKE, 0, &buf);
	buf_clear(&buf);
}

/* The next message; its type is MESSAGE_NONE if none comes in time. */
static struct message
hear(struct house *house, int64_t timeout_ms)
{
	struct message message = { .type = MESSAGE_NONE };
	struct error why;

	if (message_receive(&house->registrar, &message, timeout_ms,
		house->arena, &why) == -1)
		message.type = MESSAGE_NONE;
	return message;
}

static void
give(struct house *house, uint32_t id, const struct job *job)
{
	struct error why;
	struct buf buf;

	buf_init(&buf, PEER_WIRE_MAX);
	check(peer_job_write(&buf, job, &why) == 0);
	tell(house, MESSAGE_JOB, id, &buf);
	buf_clear(&buf);
}

static void
give_none(struct house *house, uint32_t id, struct instant until)
{
	struct job none = { .until = until, .peer = span_text("south") };

	give(house, id, &none);
}

/* Have ${job} done.  The last state is that the courier sleeps. */
static struct job_answer
deliver(struct house *house, const struct job *job)
{
	struct job_answer answer = { .failure = E_INTERNAL };
	struct message message;
	struct error why;
	struct span peer;
	bool is_given = false, is_done = false;

	wake(house, "south");
	do {
		message = hear(house, CALL_MS);
		if (message.type == MESSAGE_JOB_NEXT && !is_given) {
			give(house, message.id, job);
			is_given = true;
		} else if (message.type == MESSAGE_JOB_NEXT && is_done) {
			give_none(house, message.id, instant_of(INSTANT_S_MAX));
			break;
		} else if (message.type == MESSAGE_JOB_DONE) {
			check(peer_answer_parse(&peer, &answer, message.payload,
				  &why) == 0);
			check(span_is_text(peer, "south"));
			is_done = true;
		}
	} while (message.type != MESSAGE_NONE);
	tap_note("%s %d %.*s", error_name(answer.failure), answer.status,
	    (int)answer.detail.len, (const char *)answer.detail.ptr);
	return answer;
}

static struct job
job_for(const struct server *server, const char *path)
{
	struct job job = { .kind = JOB_PING,
		.peer = span_text("south"),
		.endpoint = span_text(server->endpoint),
		.pins_n = 2,
		.method = SERVE_GET,
		.path = path };

	/* The second is the one in use. */
	job.pins[1] = certificate_spki(
	    seal_key_certificate(identity_of(IDENTITY_SOUTH)->tls));
	return job;
}

static bool
has(struct span bytes, const char *what)
{
	bool is_there =
	    memmem(bytes.ptr, bytes.len, what, strlen(what)) != NULL;

	if (!is_there)
		tap_note("no \"%s\" in %.*s", what, (int)bytes.len,
		    (const char *)bytes.ptr);
	return is_there;
}

TEST(a_request_is_made_and_its_answer_told)
{
	struct server server;
	struct house house;
	struct job_answer answer;
	struct job job;

	house_open(&house, NULL, &courier_limits_default);
	server_open(&server, MANNER_GOOD);
	job = job_for(&server, "/ok");
	answer = deliver(&house, &job);
	check_int(answer.failure, E_NONE);
	check_int(answer.status, 202);
	check(span_is_text(answer.type, "text/plain"));
	check(span_is_text(answer.missing, "aa,bb"));
	check(answer.has_offset && answer.offset == 77 && answer.is_complete);
	check(has(answer.body, "GET /ok HTTP/1.1\r\n"));

	job.method = SERVE_PATCH;
	job.type = "text/x.test";
	job.body = span_text("abc\r\n\r\n");
	job.has_offset = true;
	job.offset = 12;
	answer = deliver(&house, &job);
	check(has(answer.body, "PATCH /ok HTTP/1.1\r\n"));
	check(has(answer.body, "Content-Type: text/x.test\r\n"));
	check(has(answer.body, "Upload-Offset: 12\r\n"));
	check(has(answer.body, "Upload-Complete: ?0\r\n"));
	check(has(answer.body, "Content-Length: 7\r\n"));
	check(memmem(answer.body.ptr, answer.body.len, "Expect", 6) == NULL);
	server_close(&server);
	house_close(&house);
}

TEST(a_connection_is_used_again)
{
	struct server server;
	struct house house;
	struct job job;

	house_open(&house, NULL, &courier_limits_default);
	server_open(&server, MANNER_GOOD);
	job = job_for(&server, "/ok");
	for (int i = 0; i < 5; i++)
		check_int(deliver(&house, &job).status, 202);
	check_int(server_seen->requests, 5);
	check_int(server_seen->connections, 1);
	server_close(&server);
	house_close(&house);
}

TEST(a_head_has_no_body)
{
	struct server server;
	struct house house;
	struct job_answer answer;
	struct job job;

	house_open(&house, NULL, &courier_limits_default);
	server_open(&server, MANNER_GOOD);
	job = job_for(&server, "/ok");
	job.method = SERVE_HEAD;
	answer = deliver(&house, &job);
	check_int(answer.status, 202);
	check(answer.body.len == 0 && answer.offset == 77);
	server_close(&server);
	house_close(&house);
}

TEST(a_server_without_the_pinned_key_gets_no_request)
{
	struct server server;
	struct house house;
	struct job job;

	house_open(&house, NULL, &courier_limits_default);
	server_open(&server, MANNER_GOOD);
	job = job_for(&server, "/ok");
	job.pins[1].bytes[0] ^= 1;
	check_int(deliver(&house, &job).failure, E_TLS_PIN);
	check_int(server_seen->connections, 1);
	check_int(server_seen->requests, 0);

	/* Nor over a connection that was good for another pin. */
	job.pins[1].bytes[0] ^= 1;
	check_int(deliver(&house, &job).status, 202);
	job.pins[1].bytes[0] ^= 1;
	check_int(deliver(&house, &job).failure, E_TLS_PIN);
	check_int(server_seen->requests, 1);
	server_close(&server);
	house_close(&house);
}

TEST(each_nonsense_of_a_peer_is_its_own_error)
{
	static const struct {
		const char *path;
		enum error_code code;
	} cases[] = {
		{ "/nonsense", E_HTTP },
		{ "/status", E_HTTP },
		{ "/long", E_HTTP },
		{ "/cut", E_HTTP },
		{ "/offset", E_HTTP },
		{ "/complete", E_HTTP },
		{ "/type", E_HTTP },
		{ "/endless", E_HTTP },
		{ "/headers", E_HTTP },
		{ "/early", E_HTTP },
		{ "/close", E_NET },
		{ "/never", E_HTTP_TIMEOUT },
		{ "/late", E_HTTP_TIMEOUT },
		{ "/drip", E_HTTP_TIMEOUT },
	};
	struct server server;
	struct house house;
	struct job job;

	house_open(&house, NULL, &short_limits);
	server_open(&server, MANNER_GOOD);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		tap_note("%s", cases[i].path);
		job = job_for(&server, cases[i].path);
		check_int(deliver(&house, &job).failure, cases[i].code);
	}
	job = job_for(&server, "/ok");
	check_int(deliver(&house, &job).status, 202);
	server_close(&server);
	house_close(&house);
}

TEST(a_redirect_is_an_answer_and_not_followed)
{
	struct server server;
	struct house house;
	struct job job;

	house_open(&house, NULL, &short_limits);
	server_open(&server, MANNER_GOOD);
	job = job_for(&server, "/redirect");
	check_int(deliver(&house, &job).status, 302);
	check_int(server_seen->requests, 1);
	server_close(&server);
	house_close(&house);
}

TEST(a_server_that_does_not_do_tls_so_is_an_error)
{
	static const struct {
		enum manner manner;
		enum error_code code;
	} cases[] = {
		{ MANNER_OLD, E_TLS },
		{ MANNER_REFUSE, E_PEER_NOT_ADDED },
		{ MANNER_GARBAGE, E_TLS },
		{ MANNER_SILENT, E_NET },
	};
	struct server server;
	struct house house;
	struct job job;

	house_open(&house, NULL, &short_limits);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		server_open(&server, cases[i].manner);
		job = job_for(&server, "/ok");
		check_int(deliver(&house, &job).failure, cases[i].code);
		server_close(&server);
	}
	/* The last server is gone. */
	check_int(deliver(&house, &job).failure, E_NET);
	check_int(server_seen->requests, 0);
	house_close(&house);
}

TEST(an_endpoint_is_a_host_and_a_port_and_no_more)
{
	static const char *const endpoints[] = { "http://127.0.0.1:1",
		"https://127.0.0.1:1/a", "https://a@127.0.0.1:1", "https://",
		"https://127.0.0.1:1#", "file:///etc/passwd", "https://a\\b",
		"https://127.0.0.1:99999", "https://no-such-host.invalid" };
	struct server server = { .pid = -1 };
	struct house house;
	struct job job;

	house_open(&house, NULL, &short_limits);
	for (size_t i = 0; i < COUNT_OF(endpoints); i++) {
		job = job_for(&server, "/ok");
		job.endpoint = span_text(endpoints[i]);
		check_int(deliver(&house, &job).failure, E_NET);
	}
	house_close(&house);
}

TEST(one_peer_does_not_hold_up_another)
{
	struct server server;
	struct house house;
	struct message message;
	struct job_answer answer;
	struct error why;
	struct span peer;
	struct job job;

	house_open(&house, NULL, &short_limits);
	server_open(&server, MANNER_GOOD);
	wake(&house, "slow");
	message = hear(&house, CALL_MS);
	require(message.type == MESSAGE_JOB_NEXT);
	job = job_for(&server, "/never");
	job.peer = span_text("slow");
	give(&house, message.id, &job);
	job = job_for(&server, "/ok");
	check_int(deliver(&house, &job).status, 202);
	message = hear(&house, CALL_MS);
	require(message.type == MESSAGE_JOB_DONE);
	require(peer_answer_parse(&peer, &answer, message.payload, &why) == 0);
	check(span_is_text(peer, "slow"));
	check_int(answer.failure, E_HTTP_TIMEOUT);
	server_close(&server);
	house_close(&house);
}

/* How often the courier asks in a second if told "not before ${until}". */
static int
questions(struct house *house, struct instant until)
{
	int64_t end = clock_monotonic_ms() + 1200;
	struct message message;
	int n = 0;

	while (clock_monotonic_ms() < end) {
		message = hear(house, end - clock_monotonic_ms());
		if (message.type != MESSAGE_JOB_NEXT)
			break;
		n++;
		give_none(house, message.id, until);
	}
	return n;
}

TEST(it_sleeps_until_it_is_time_or_it_is_woken)
{
	struct house house;
	int n;

	house_open(&house, NULL, &short_limits);
	wake(&house, "south");
	check_int(questions(&house, instant_of(INSTANT_S_MAX)), 1);
	check_int(questions(&house, instant_of(INSTANT_S_MAX)), 0);
	wake(&house, "south");
	wake(&house, "south");
	n = questions(&house, instant_of(INSTANT_S_MAX));
	check(n == 1 || n == 2);
	wake(&house, "south");
	n = questions(&house, instant_of(0));
	tap_note("%d questions", n);
	check(n > 5 && n <= 13);
	house_close(&house);
}

TEST(with_a_scripted_clock_it_asks_every_second)
{
	static const char now[] = "2026-11-22T10:00:00Z\n";
	struct house house;
	const char *path;

	path = arena_printf(lab_arena(), "%s/clock", lab_directory());
	lab_write(path, span_text(now));
	house_open(&house, path, &short_limits);
	wake(&house, "south");
	check_int(questions(&house, instant_of(INSTANT_S_MAX)), 2);
	house_close(&house);
}

TEST(a_wake_while_the_answer_is_on_its_way_is_not_lost)
{
	struct house house;
	struct message message;

	house_open(&house, NULL, &short_limits);
	wake(&house, "south");
	message = hear(&house, CALL_MS);
	require(message.type == MESSAGE_JOB_NEXT);
	wake(&house, "south");
	give_none(&house, message.id, instant_of(INSTANT_S_MAX));
	message = hear(&house, 1000);
	check(message.type == MESSAGE_JOB_NEXT);
	house_close(&house);
}

TEST(without_its_registrar_it_ends_with_an_error)
{
	struct house house;
	int status;

	house_open(&house, NULL, &short_limits);
	message_pipe_clear(&house.registrar);
	check(waitpid(house.courier, &status, 0) == house.courier);
	check(WIFEXITED(status));
	check_int(WEXITSTATUS(status), 1);
	close(house.supervisor);
	arena_free(house.arena);
}
