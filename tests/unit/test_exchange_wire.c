#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "node/peer_wire.h"
#include "tests/lab.h"
#include "tests/tap.h"

#define HASH(c)                                                               \
	{                                                                     \
		{                                                             \
			c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, \
			    c, c, c, c, c, c, c, c, c, c, c, c, c, c          \
		}                                                             \
	}

static struct buf
fresh(void)
{
	struct buf buf;

	buf_init(&buf, PEER_WIRE_MAX);
	return buf;
}

static struct serve_request
a_request(void)
{
	return (struct serve_request){ .peer = span_text("cert.south.example"),
		.method = SERVE_PATCH,
		.path = span_text("/documents/ab"),
		.offset = (1ULL << 40) + 7,
		.has_offset = true,
		.is_complete = true,
		.body = span_text("body") };
}

static struct job
a_job(void)
{
	return (struct job){ .kind = JOB_PATCH,
		.until = { 1795341600 },
		.peer = span_text("cert.south.example"),
		.endpoint = span_text("https://cert.south.example:4590"),
		.pins = { HASH(1), HASH(2) },
		.pins_n = 2,
		.own = HASH(3),
		.method = SERVE_PATCH,
		.path = "/documents/ab",
		.type = "application/octet-stream",
		.body = span_text("body"),
		.has_offset = true,
		.offset = 99 };
}

static struct job_answer
an_answer(void)
{
	return (struct job_answer){ .status = 202,
		.type = span_text("text/plain; charset=utf-8"),
		.body = span_text("body"),
		.missing = span_text("ab, cd"),
		.has_offset = true,
		.offset = 3,
		.is_complete = true };
}

TEST(a_request_arrives_as_it_was_sent)
{
	struct serve_request sent = a_request(), got;
	struct buf buf = fresh();
	struct error err;

	require(peer_request_write(&buf, &sent, &err) == 0);
	require(peer_request_parse(&got, buf_span(&buf), &err) == 0);
	check(span_is_equal(got.peer, sent.peer));
	check_int(got.method, sent.method);
	check(span_is_equal(got.path, sent.path));
	check(got.has_offset && got.is_complete && !got.is_gzip);
	check_int((long long)got.offset, (long long)sent.offset);
	check(span_is_equal(got.body, sent.body));
	buf_clear(&buf);
}

TEST(a_reply_arrives_as_it_was_sent)
{
	struct serve_reply sent = { .status = 202,
		.type = "text/plain; charset=utf-8",
		.body = span_text("body"),
		.missing = span_text("ab,cd"),
		.has_offset = true,
		.offset = 5 };
	struct arena *arena = lab_arena();
	struct serve_reply got;
	struct buf buf = fresh();
	struct error err;

	require(peer_reply_write(&buf, &sent, &err) == 0);
	require(peer_reply_parse(&got, buf_span(&buf), arena, &err) == 0);
	check_int(got.status, 202);
	check_str(got.type, sent.type);
	check(span_is_equal(got.missing, sent.missing));
	check(got.has_offset && !got.is_complete && got.offset == 5);
	check(span_is_equal(got.body, sent.body));
	buf_clear(&buf);

	buf = fresh();
	sent = (struct serve_reply){ .status = 204 };
	require(peer_reply_write(&buf, &sent, &err) == 0);
	require(peer_reply_parse(&got, buf_span(&buf), arena, &err) == 0);
	check(got.type == NULL && got.body.len == 0 && !got.has_offset);
	buf_clear(&buf);
}

TEST(pins_arrive_as_they_were_sent)
{
	const struct peer_pins sent[] = {
		{ span_text("a.example"), { HASH(1) }, 1 },
		{ span_text("b.example"), { HASH(2), HASH(3) }, 2 },
	};
	struct arena *arena = lab_arena();
	const struct hash own = HASH(9);
	struct peer_pins *got;
	struct hash shown;
	struct buf buf = fresh();
	struct error err;
	size_t n;

	require(peer_pins_write(&buf, &own, sent, 2, &err) == 0);
	require(peer_pins_parse(&shown, &got, &n, buf_span(&buf), arena,
		    &err) == 0);
	require(n == 2);
	check(hash_is_equal(&shown, &own));
	check(span_is_text(got[0].peer, "a.example") && got[0].pins_n == 1);
	check(span_is_text(got[1].peer, "b.example") && got[1].pins_n == 2);
	check(hash_is_equal(&got[1].pins[1], &sent[1].pins[1]));
	for (size_t cut = 0; cut < buf.len; cut++)
		check(peer_pins_parse(&shown, &got, &n, span_of(buf.ptr, cut),
			  arena, &err) == -1);
	buf_u8(&buf, 0);
	check(peer_pins_parse(&shown, &got, &n, buf_span(&buf), arena, &err) ==
	    -1);
	buf_clear(&buf);
}

TEST(a_job_arrives_as_it_was_given_out)
{
	struct arena *arena = lab_arena();
	struct job sent = a_job(), got;
	struct buf buf = fresh();
	struct error err;

	require(peer_job_write(&buf, &sent, &err) == 0);
	require(peer_job_parse(&got, buf_span(&buf), arena, &err) == 0);
	check_int(got.kind, sent.kind);
	check_int(got.until.s, sent.until.s);
	check(span_is_equal(got.peer, sent.peer));
	check(span_is_equal(got.endpoint, sent.endpoint));
	check(got.pins_n == 2 && hash_is_equal(&got.pins[1], &sent.pins[1]));
	check(hash_is_equal(&got.own, &sent.own));
	check_int(got.method, SERVE_PATCH);
	check_str(got.path, sent.path);
	check_str(got.type, sent.type);
	check(got.has_offset && !got.is_complete && got.offset == 99);
	check(span_is_equal(got.body, sent.body));
	buf_clear(&buf);

	buf = fresh();
	sent =
	    (struct job){ .until = { INSTANT_S_MIN }, .peer = span_text("p") };
	require(peer_job_write(&buf, &sent, &err) == 0);
	require(peer_job_parse(&got, buf_span(&buf), arena, &err) == 0);
	check(got.kind == JOB_NONE && got.until.s == INSTANT_S_MIN);
	check(got.path == NULL && got.type == NULL);
	buf_clear(&buf);
}

TEST(an_answer_or_a_failure_arrives_as_it_was_told)
{
	struct job_answer sent = an_answer(), got;
	struct buf buf = fresh();
	struct error err;
	struct span peer;

	require(peer_answer_write(&buf, span_text("p"), &sent, &err) == 0);
	require(peer_answer_parse(&peer, &got, buf_span(&buf), &err) == 0);
	check(span_is_text(peer, "p"));
	check(got.failure == E_NONE && got.status == 202);
	check(span_is_equal(got.type, sent.type));
	check(span_is_equal(got.missing, sent.missing));
	check(span_is_equal(got.body, sent.body));
	check(got.has_offset && got.is_complete && got.offset == 3);
	buf_clear(&buf);

	buf = fresh();
	sent = (struct job_answer){ .failure = E_TLS_PIN,
		.detail = span_text("not that one") };
	require(peer_answer_write(&buf, span_text("p"), &sent, &err) == 0);
	require(peer_answer_parse(&peer, &got, buf_span(&buf), &err) == 0);
	check(got.failure == E_TLS_PIN && got.status == 0);
	check(span_is_text(got.detail, "not that one"));
	buf_clear(&buf);
}

/* One attempt of each parser; the outcome is the reader's affair. */
static unsigned
parse_all(struct span payload, struct arena *arena)
{
	struct serve_request request;
	struct serve_reply reply;
	struct peer_pins *pins;
	struct hash own;
	struct job job;
	struct job_answer answer;
	struct error err;
	struct span name;
	unsigned good = 0;
	size_t n;

	good |= peer_request_parse(&request, payload, &err) == 0 ? 1U : 0;
	good |= peer_reply_parse(&reply, payload, arena, &err) == 0 ? 2U : 0;
	good |= peer_pins_parse(&own, &pins, &n, payload, arena, &err) == 0 ?
	    4U :
	    0;
	good |= peer_name_parse(&name, payload, &err) == 0 ? 8U : 0;
	good |= peer_job_parse(&job, payload, arena, &err) == 0 ? 16U : 0;
	good |= peer_answer_parse(&name, &answer, payload, &err) == 0 ? 32U : 0;
	return good;
}

/* Every prefix, every byte set to several values, all of exact size. */
static void
torture(const struct buf *good, size_t body_len, unsigned itself)
{
	static const uint8_t values[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
	struct arena *arena = arena_new();

	for (size_t len = 0; len <= good->len; len++) {
		uint8_t *copy = mem_new(len == 0 ? 1 : len);
		bool is_whole = len >= good->len - body_len;

		memcpy(copy, good->ptr, len);
		check(((parse_all(span_of(copy, len), arena) & itself) != 0) ==
		    is_whole);
		for (size_t v = 0; len > 0 && v < COUNT_OF(values); v++) {
			uint8_t old = copy[len - 1];

			copy[len - 1] = values[v];
			parse_all(span_of(copy, len), arena);
			copy[len - 1] = old;
		}
		free(copy);
		arena_reset(arena);
	}
	for (size_t i = 0; i < good->len; i++)
		for (size_t v = 0; v < COUNT_OF(values); v++) {
			uint8_t old = good->ptr[i];

			good->ptr[i] = values[v];
			parse_all(buf_span(good), arena);
			good->ptr[i] = old;
			arena_reset(arena);
		}
	arena_free(arena);
}

TEST(what_is_cut_short_or_changed_does_no_harm)
{
	struct serve_request request = a_request();
	struct job job = a_job();
	struct job_answer answer = an_answer();
	struct buf buf = fresh();
	struct error err;

	require(peer_request_write(&buf, &request, &err) == 0);
	torture(&buf, 4, 1);
	buf_clear(&buf);
	require(peer_job_write(&buf, &job, &err) == 0);
	torture(&buf, 4, 16);
	buf_clear(&buf);
	require(peer_answer_write(&buf, span_text("p"), &answer, &err) == 0);
	torture(&buf, 4, 32);
	buf_clear(&buf);
}

/* A request with this path and name, read back. */
static bool
passes(struct span peer, struct span path)
{
	struct serve_request request = { .peer = peer, .path = path };
	struct buf buf = fresh();
	struct error err;
	bool is_good = peer_request_write(&buf, &request, &err) == 0 &&
	    peer_request_parse(&request, buf_span(&buf), &err) == 0;

	buf_clear(&buf);
	return is_good;
}

TEST(names_and_paths_are_bounded_and_printable)
{
	static char longer[PEER_PATH_MAX + 2] = "/";
	struct span name = span_text("p");

	memset(longer + 1, 'a', PEER_PATH_MAX);
	check(passes(name, span_of(longer, PEER_PATH_MAX)));
	check(!passes(name, span_of(longer, PEER_PATH_MAX + 1)));
	check(!passes(name, span_text("")));
	check(!passes(name, span_text("card")));
	check(!passes(name, span_text("/a b")));
	check(!passes(name, span_of("/a\0b", 4)));
	check(!passes(name, span_text("/a\r\nb")));
	check(passes(span_of(longer, PEER_NAME_MAX), span_text("/")));
	check(!passes(span_of(longer, PEER_NAME_MAX + 1), span_text("/")));
	check(!passes(span_text(""), span_text("/")));
	check(!passes(span_of("p\0", 2), span_text("/")));
}

TEST(bodies_over_their_limits_are_neither_written_nor_read)
{
	uint8_t *big = mem_new(PEER_REQUEST_MAX + 1);
	struct serve_request request = a_request(), got;
	struct job_answer answer = an_answer(), heard;
	struct buf buf = fresh();
	struct error err;
	struct span peer;

	request.body = span_of(big, PEER_REQUEST_MAX);
	check(peer_request_write(&buf, &request, &err) == 0);
	check(peer_request_parse(&got, buf_span(&buf), &err) == 0);
	buf_u8(&buf, 0);
	check(peer_request_parse(&got, buf_span(&buf), &err) == -1);
	check_int(err.code, E_PROC_MESSAGE);
	buf_clear(&buf);

	buf = fresh();
	request.body = span_of(big, PEER_REQUEST_MAX + 1);
	check(peer_request_write(&buf, &request, &err) == -1);
	check_int(err.code, E_TOO_LARGE);
	buf_clear(&buf);

	buf = fresh();
	answer.body = span_of(big, PEER_REPLY_MAX);
	check(peer_answer_write(&buf, span_text("p"), &answer, &err) == 0);
	buf_u8(&buf, 0);
	check(peer_answer_parse(&peer, &heard, buf_span(&buf), &err) == -1);
	buf_clear(&buf);
	free(big);
}

TEST(a_job_without_a_pin_is_refused)
{
	struct arena *arena = lab_arena();
	struct job job = a_job();
	struct buf buf = fresh();
	struct error err;

	job.pins_n = 0;
	require(peer_job_write(&buf, &job, &err) == 0);
	check(peer_job_parse(&job, buf_span(&buf), arena, &err) == -1);
	buf_clear(&buf);
}
