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
	check_int(house_curl(&said, &house, IDENTITY_SOUTH, "/missing",
		      MORE("-X", "PATCH", "-H", "Upload-Offset: 12", "-H",
			  "Upload-Complete: ?1", "--data-binary", "ab")),
	    0);
	check(house_says(said, "HTTP/1.1 202 "));
	check(house_says(said, "Demarche-Missing: aa,bb\r\n"));
	check(house_says(said, "Upload-Offset: 77\r\n"));
	check(house_says(said, "Upload-Complete: ?1\r\n"));
	check(house_says(said, "example 3 /missing 1:12:1 2 97\n"));
	check_int(house_curl(&said, &house, IDENTITY_SOUTH, "/missing",
		      MORE("-I")),
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

TEST(requests_that_make_no_sense_are_problems)
{
	static char path[1000] = "/";
	struct house house;
	char *said;

	if (!house_has_curl())
		skip("no curl");
	house_open(&house, &house_short);
	memset(path + 1, 'a', 600);
	house_curl(&said, &house, IDENTITY_SOUTH, "/a", MORE("-X", "DELETE"));
	check(house_says(said, " 405 ") &&
	    house_says(said, "application/problem+json"));
	check(house_says(said, "error/method"));
	house_curl(&said, &house, IDENTITY_SOUTH, path, NULL);
	check(house_says(said, " 404 ") && house_says(said, "error/route"));
	house_curl(&said, &house, IDENTITY_SOUTH, "/a?b=c", NULL);
	check(house_says(said, " 404 ") && house_says(said, "error/route"));
	house_curl(&said, &house, IDENTITY_SOUTH, "/a%2fb", NULL);
	check(house_says(said, " 404 "));
	house_curl(&said, &house, IDENTITY_SOUTH, "/a",
	    MORE("-H", "Upload-Offset: 1x"));
	check(house_says(said, " 400 ") && house_says(said, "error/syntax"));
	house_curl(&said, &house, IDENTITY_SOUTH, "/a",
	    MORE("-H", "Upload-Offset: 1234567890123456"));
	check(house_says(said, " 400 "));
	house_curl(&said, &house, IDENTITY_SOUTH, "/a",
	    MORE("-H", "Upload-Complete: yes"));
	check(house_says(said, " 400 "));
	house_curl(&said, &house, IDENTITY_SOUTH, "/a",
	    MORE("-d", "x", "-H", "Content-Encoding: br"));
	check(house_says(said, " 415 ") &&
	    house_says(said, "error/http-encoding"));
	house_curl(&said, &house, IDENTITY_SOUTH, "/nonsense", NULL);
	check(house_says(said, " 500 ") &&
	    house_says(said, "error/proc-message"));
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
	check(house_says(upload(&house, "POST", "/x",
			     span_of(whole.ptr, whole.len - 1), gzip),
	    "error/syntax"));
	check(house_says(upload(&house, "POST", "/x", span_text("not gzip"),
			     gzip),
	    "error/syntax"));
	check(house_says(upload(&house, "POST", "/x", span_text(""), gzip),
	    "error/syntax"));
	house_close(&house);
}
