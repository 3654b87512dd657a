#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/arena.h"
#include "base/mem.h"
#include "tests/lab.h"
#include "tests/support/gate_house.h"
#include "tests/support/wire.h"
#include "tests/tap.h"

TEST(a_peer_is_served_under_the_name_of_its_pin)
{
	struct house house;
	char *said;

	if (!house_has_curl())
		skip("no curl");
	house_open(&house, &gate_limits_default);
	check_int(house_curl(&said, &house, IDENTITY_SOUTH, "/card", NULL), 0);
	check(house_says(said, "HTTP/1.1 200 "));
	check(house_says(said, "Content-Type: text/plain\r\n"));
	check(house_says(said,
	    "\r\n\r\ncert.south.example 0 /card 0:0:0 0 -1\n"));
	check_int(house_curl(&said, &house, IDENTITY_SOUTH,
		      "/documents/missing",
		      MORE("-X", "PATCH", "-H", "Upload-Offset: 12", "-H",
			  "Upload-Complete: ?1", "--data-binary", "ab")),
	    0);
	check(house_says(said, "HTTP/1.1 202 "));
	check(house_says(said, "Demarche-Missing: aa,bb\r\n"));
	check(house_says(said, "Upload-Offset: 77\r\n"));
	check(house_says(said, "Upload-Complete: ?1\r\n"));
	check(house_says(said, "example 3 /documents/missing 1:12:1 2 97\n"));
	check_int(house_curl(&said, &house, IDENTITY_SOUTH,
		      "/documents/missing", MORE("-I")),
	    0);
	check(house_says(said, "Upload-Offset: 77\r\n"));
	check(strstr(said, "example") == NULL);
	check_int(house_curl(&said, &house, IDENTITY_SOUTH, "/large",
		      MORE("-o", "/dev/null", "-w", "%{size_download}")),
	    0);
	check(strstr(said, "8388") != NULL);
	house_close(&house);
}

TEST(a_connection_serves_many_requests)
{
	struct house house;
	char *said;

	if (!house_has_curl())
		skip("no curl");
	house_open(&house, &gate_limits_default);
	check_int(house_curl(&said, &house, IDENTITY_SOUTH, "/a",
		      MORE("-w", "opened %{num_connects}\n",
			  arena_printf(lab_arena(), "%s/b", house.base))),
	    0);
	check(house_says(said, "opened 1\n") && house_says(said, "opened 0\n"));
	check(house_says(said, " /a ") && house_says(said, " /b "));
	house_close(&house);
}

TEST(nobody_else_is_let_in)
{
	struct house house;
	char *said;
	char to[32];
	struct arena *arena = lab_arena();

	if (!house_has_curl())
		skip("no curl");
	house_open(&house, &gate_limits_default);
	check(house_curl(&said, &house, IDENTITY_EAST, "/card", NULL) != 0);
	check(strstr(said, "HTTP/") == NULL && house_says(said, "alert"));
	check(wire_run(&said, arena, span_of(NULL, 0),
		  MORE("curl", "-q", "-sSki", house.base)) != 0);
	check(strstr(said, "HTTP/") == NULL && house_says(said, "alert"));
	check(house_curl(&said, &house, IDENTITY_SOUTH, "/card",
		  MORE("--tls-max", "1.2", "--tlsv1.2")) != 0);
	check(strstr(said, "HTTP/") == NULL);

	snprintf(to, sizeof(to), "127.0.0.1:%u", house.port);
	check(wire_run(&said, arena, span_text("GET / HTTP/1.1\r\n\r\n"),
		  MORE("openssl", "s_client", "-tls1_2", "-connect", to)) != 0);
	check(house_says(said, "alert protocol version"));
	check(strstr(said, "HTTP/1") == NULL);
	wire_run(&said, arena, span_text("GET / HTTP/1.1\r\n\r\n"),
	    MORE("openssl", "s_client", "-tls1_3", "-quiet", "-connect", to));
	check(house_says(said, "alert") && strstr(said, "HTTP/1") == NULL);

	check_int(house_curl(&said, &house, IDENTITY_SOUTH, "/card", NULL), 0);
	house_close(&house);
}

/* What has to be in every answer that is no success. */
static bool
is_problem(const char *said, int status, const char *name)
{
	char line[64], type[64];

	snprintf(line, sizeof(line), "HTTP/1.1 %d ", status);
	snprintf(type, sizeof(type), "error/%s\"}", name);
	return house_says(said, line) && house_says(said, type) &&
	    house_says(said, "\r\nContent-Type: application/problem+json\r\n");
}

TEST(requests_that_make_no_sense_are_problems)
{
	static char path[1000] = "/";
	static const struct {
		const char *path, *option, *value;
		int status;
		const char *name;
	} bad[] = {
		{ "/a", "-X", "DELETE", 405, "method" },
		{ "/a", "-X", "BREW", 501, "http-method" },
		{ path, "-H", "A: b", 404, "route" },
		{ "/a?b=c", "-H", "A: b", 404, "route" },
		{ "/a%2fb", "-H", "A: b", 404, "route" },
		{ "/a", "-H", "Upload-Offset: 1x", 400, "syntax" },
		{ "/a", "-H", "Upload-Offset: 1234567890123456", 400,
		    "syntax" },
		{ "/a", "-H", "Upload-Complete: yes", 400, "syntax" },
		{ "/a", "-H", "Expect: 200-ok", 417, "http-expect" },
		{ "/a", "-H", "Transfer-Encoding: gzip", 501, "http-transfer" },
		{ "/a", "-H", "Host:", 400, "http-request" },
		{ "/nonsense", "-H", "A: b", 500, "proc-message" },
	};
	struct house house;
	char *said;

	if (!house_has_curl())
		skip("no curl");
	house_open(&house, &house_short);
	memset(path + 1, 'a', 600);
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		house_curl(&said, &house, IDENTITY_SOUTH, bad[i].path,
		    MORE(bad[i].option, bad[i].value));
		if (!check(is_problem(said, bad[i].status, bad[i].name)))
			tap_note("%s", bad[i].value);
	}
	house_curl(&said, &house, IDENTITY_SOUTH, "/add-entries",
	    MORE("-d", "x", "-H", "Content-Encoding: br"));
	check(is_problem(said, 415, "http-encoding"));
	house_close(&house);
}

/* By hand: what a client with manners does not send. */
static const struct {
	const char *bytes;
	int status;
	const char *name;
} no_http[] = {
	{ "hello\r\n", 400, "http-request" },
	{ "GET /a\r\n", 400, "http-request" },
	{ "GET  /a HTTP/1.1\r\n", 400, "http-request" },
	{ "GET /a HTTP/2.0\r\n", 505, "http-version" },
	{ "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "http-version" },
	{ "GET /a HTTP/1.1\n", 400, "http-request" },
	{ "get /a HTTP/1.1\r\n", 501, "http-method" },
	{ "GET /a HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400,
	    "http-request" },
	{ "GET /a HTTP/1.1\r\nHost: a\r\nA: b\r\n c\r\n\r\n", 400,
	    "http-request" },
	{ "GET /a HTTP/1.1\r\nHost : a\r\n\r\n", 400, "http-request" },
	{ "GET /a HTTP/1.1\r\nHost: a\r\nA: \x01\r\n\r\n", 400,
	    "http-request" },
	{ "POST /add-entries HTTP/1.1\r\nHost: a\r\n"
	  "Content-Length: 1\r\nContent-Length: 1\r\n\r\na",
	    400, "http-request" },
	{ "POST /add-entries HTTP/1.1\r\nHost: a\r\n"
	  "Content-Length: -1\r\n\r\n",
	    400, "http-request" },
	{ "POST /add-entries HTTP/1.1\r\nHost: a\r\nContent-Length: 1"
	  "\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	    400, "http-request" },
	{ "POST /add-entries HTTP/1.1\r\nHost: a\r\n"
	  "Content-Length: 17825793\r\n\r\n",
	    413, "too-large" },
	{ "POST /add-entries HTTP/1.1\r\nHost: a\r\n"
	  "Content-Length: 999999999999999\r\n\r\n",
	    413, "too-large" },
	{ "POST /add-entries HTTP/1.1\r\nHost: a\r\n"
	  "Transfer-Encoding: chunked\r\n\r\n1100001\r\n",
	    413, "too-large" },
	{ "POST /add-entries HTTP/1.1\r\nHost: a\r\n"
	  "Transfer-Encoding: chunked\r\n\r\nx\r\n",
	    400, "http-request" },
	{ "POST /add-entries HTTP/1.1\r\nHost: a\r\n"
	  "Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
	    400, "http-request" },
};

TEST(what_is_no_http_is_answered_with_a_problem_and_the_end)
{
	const struct seal_key *south = identity_of(IDENTITY_SOUTH)->tls;
	struct house house;
	struct wire wire;
	char said[4096];

	house_open(&house, &house_short);
	for (size_t i = 0; i < COUNT_OF(no_http); i++) {
		require(wire_connect(&wire, house.port, south));
		require(wire_send(&wire, span_text(no_http[i].bytes)));
		wire_read(&wire, said, sizeof(said), "\"}");
		if (!check(
			is_problem(said, no_http[i].status, no_http[i].name)) ||
		    !check(house_says(said, "\r\nConnection: close\r\n")))
			tap_note("%s", no_http[i].bytes);
		wire_close(&wire);
	}
	house_close(&house);
}

TEST(a_head_over_its_limit_is_a_problem)
{
	const struct seal_key *south = identity_of(IDENTITY_SOUTH)->tls;
	static char long_head[20000], many[4000];
	struct house house;
	struct wire wire;
	char said[4096];
	size_t n;

	house_open(&house, &house_short);
	memset(long_head, 'a', sizeof(long_head) - 1);
	memcpy(long_head, "GET /a HTTP/1.1\r\nA: ", 20);
	n = (size_t)snprintf(many, sizeof(many), "GET /a HTTP/1.1\r\n");
	for (int i = 0; i < 65; i++)
		n += (size_t)snprintf(many + n, sizeof(many) - n, "A%d: b\r\n",
		    i);
	snprintf(many + n, sizeof(many) - n, "\r\n");
	for (int i = 0; i < 2; i++) {
		require(wire_connect(&wire, house.port, south));
		wire_send(&wire, span_text(i == 0 ? long_head : many));
		wire_read(&wire, said, sizeof(said), "\"}");
		check(is_problem(said, 431, "http-head"));
		wire_close(&wire);
	}
	house_close(&house);
}

TEST(a_method_that_an_address_does_not_take_is_told_which_it_does)
{
	struct house house;
	char *said;

	if (!house_has_curl())
		skip("no curl");
	house_open(&house, &house_short);
	house_curl(&said, &house, IDENTITY_SOUTH, "/card", MORE("-d", "x"));
	check(is_problem(said, 405, "method") &&
	    house_says(said, "\r\nAllow: GET, HEAD\r\n"));
	house_curl(&said, &house, IDENTITY_SOUTH, "/add-entries", NULL);
	check(is_problem(said, 405, "method") &&
	    house_says(said, "\r\nAllow: POST\r\n"));
	house_curl(&said, &house, IDENTITY_SOUTH, "/documents/aa",
	    MORE("-X", "DELETE"));
	check(is_problem(said, 405, "method") &&
	    house_says(said, "\r\nAllow: GET, HEAD, PATCH\r\n"));
	house_close(&house);
}

TEST(who_waits_for_a_100_gets_it_or_the_refusal)
{
	const struct seal_key *south = identity_of(IDENTITY_SOUTH)->tls;
	struct house house;
	struct wire wire;
	char said[4096];

	house_open(&house, &house_short);
	require(wire_connect(&wire, house.port, south));
	require(wire_send(&wire,
	    span_text("POST /add-entries HTTP/1.1\r\nHost: a\r\n"
		      "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")));
	wire_read(&wire, said, sizeof(said), "\r\n\r\n");
	check_str(said, "HTTP/1.1 100 Continue\r\n\r\n");
	require(wire_send(&wire, span_text("ab")));
	wire_read(&wire, said, sizeof(said), "97\n");
	check(house_says(said, "HTTP/1.1 200 "));

	/* The connection is still good. */
	require(wire_send(&wire,
	    span_text("POST /add-checkpoint HTTP/1.1\r\nHost: a\r\n"
		      "Expect: 100-continue\r\nContent-Length: 65537\r\n"
		      "\r\n")));
	wire_read(&wire, said, sizeof(said), "\"}");
	check(is_problem(said, 413, "too-large"));
	check(strstr(said, "100 Continue") == NULL);
	wire_close(&wire);
	house_close(&house);
}

TEST(chunks_of_any_size_make_one_body)
{
	const struct seal_key *south = identity_of(IDENTITY_SOUTH)->tls;
	struct house house;
	struct wire wire;
	char said[4096];

	house_open(&house, &house_short);
	require(wire_connect(&wire, house.port, south));
	require(wire_send(&wire,
	    span_text("POST /add-entries HTTP/1.1\r\nHost: a\r\n"
		      "Transfer-Encoding: chunked\r\n\r\n1;x=y\r\nz\r\n"
		      "00a\r\n0123456789\r\n0\r\nTrailer: b\r\n\r\n")));
	wire_read(&wire, said, sizeof(said), "122\n");
	check(house_says(said, "/add-entries 0:0:0 11 122\n"));
	house_get(&wire, "/next", said, sizeof(said), "-1\n");
	check(house_says(said, "HTTP/1.1 200 "));
	wire_close(&wire);
	house_close(&house);
}

TEST(an_old_client_is_served_once)
{
	const struct seal_key *south = identity_of(IDENTITY_SOUTH)->tls;
	struct house house;
	struct wire wire;
	char said[4096];

	house_open(&house, &house_short);
	require(wire_connect(&wire, house.port, south));
	require(wire_send(&wire, span_text("GET /a HTTP/1.0\r\n\r\n")));
	wire_read(&wire, said, sizeof(said), NULL);
	check(house_says(said, "HTTP/1.1 200 ") &&
	    house_says(said, "Connection: close\r\n"));
	wire_close(&wire);
	house_close(&house);
}

/* POST or PATCH ${bytes}.  Returns what came back. */
static char *
upload(struct house *house, const char *method, const char *path,
    struct span bytes, const char *header)
{
	struct arena *arena = lab_arena();
	const char *file =
	    arena_printf(arena, "@%s", house_file(arena, "body", bytes));
	char *said;

	house_curl(&said, house, IDENTITY_SOUTH, path,
	    MORE("-X", method, "--data-binary", file, "-H", header));
	return said;
}

TEST(bodies_are_bounded_by_their_route)
{
	uint8_t *big = mem_new(17 * MIB + 1);
	struct house house;

	if (!house_has_curl())
		skip("no curl");
	house_open(&house, &gate_limits_default);
	check(house_says(upload(&house, "POST", "/add-checkpoint",
			     span_of(big, 65536), "A: b"),
	    " 65536 0\n"));
	check(house_says(upload(&house, "POST", "/add-checkpoint",
			     span_of(big, 65537), "A: b"),
	    "error/too-large"));
	check(house_says(upload(&house, "PATCH", "/documents/x",
			     span_of(big, 8 * MIB), "A: b"),
	    " 8388608 0\n"));
	check(house_says(upload(&house, "PATCH", "/documents/x",
			     span_of(big, 8 * MIB + 1), "A: b"),
	    "error/too-large"));
	check(house_says(upload(&house, "POST", "/documents",
			     span_of(big, 8 * MIB + 1), "A: b"),
	    "error/too-large"));
	check(house_says(upload(&house, "POST", "/add-entries",
			     span_of(big, 17 * MIB), "A: b"),
	    " 17825792 0\n"));
	check(house_says(upload(&house, "POST", "/add-entries",
			     span_of(big, 17 * MIB),
			     "Transfer-Encoding: chunked"),
	    " 17825792 0\n"));
	check(house_says(upload(&house, "POST", "/add-entries",
			     span_of(big, 17 * MIB + 1), "A: b"),
	    " 413 "));
	check(house_says(upload(&house, "POST", "/add-entries",
			     span_of(big, 17 * MIB + 1),
			     "Transfer-Encoding: chunked"),
	    " 413 "));
	check(house_says(upload(&house, "GET", "/card", span_text("x"), "A: b"),
	    "error/too-large"));
	house_close(&house);
	free(big);
}

/* ${len} zeros, compressed.  Owns: ${arena}. */
static struct span
zipped(struct arena *arena, size_t len)
{
	z_stream z = { .avail_in = 0 };
	uint8_t *zeros = mem_new(len);
	size_t max = len / 100 + 1000;
	uint8_t *out = arena_alloc(arena, max);

	if (deflateInit2(&z, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY) != Z_OK)
		errx(1, "zlib");
	z.next_in = zeros;
	z.avail_in = (uInt)len;
	z.next_out = out;
	z.avail_out = (uInt)max;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		errx(1, "zlib");
	deflateEnd(&z);
	free(zeros);
	return span_of(out, max - z.avail_out);
}

TEST(compressed_bodies_are_bounded_when_decompressed)
{
	static const char gzip[] = "Content-Encoding: gzip";
	struct arena *arena = lab_arena();
	struct span whole = zipped(arena, 65536);
	struct house house;

	if (!house_has_curl())
		skip("no curl");
	house_open(&house, &gate_limits_default);
	check(house_says(upload(&house, "POST", "/add-checkpoint", whole, gzip),
	    " 65536 0\n"));
	check(house_says(upload(&house, "POST", "/add-checkpoint",
			     zipped(arena, 65537), gzip),
	    "error/too-large"));
	check(house_says(upload(&house, "POST", "/add-entries",
			     zipped(arena, 17 * MIB), gzip),
	    " 17825792 0\n"));
	check(house_says(upload(&house, "POST", "/add-entries",
			     zipped(arena, 400 * MIB), gzip),
	    "error/too-large"));
	check(house_says(upload(&house, "POST", "/add-entries",
			     span_of(whole.ptr, whole.len - 1), gzip),
	    "error/syntax"));
	check(house_says(upload(&house, "POST", "/add-entries",
			     span_text("not gzip"), gzip),
	    "error/syntax"));
	check(house_says(upload(&house, "POST", "/add-entries", span_text(""),
			     gzip),
	    "error/syntax"));
	house_close(&house);
}
