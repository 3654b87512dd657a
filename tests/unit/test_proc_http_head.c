#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "proc/http_head.h"
#include "tests/lab.h"
#include "tests/tap.h"

#define HEAD(fields) "POST /a HTTP/1.1\r\nHost: a\r\n" fields "\r\n"

TEST(a_head_is_read_as_it_stands)
{
	struct http_head head;
	struct error err;
	const struct span *value;

	require(http_head_parse(&head,
		    span_text("PATCH /a?b=c HTTP/1.1\r\nhOST: a:1\r\nA:\r\n"
			      "B: \t c d\t\r\nContent-Length: 0012\r\n"
			      "Connection: x, CLOSE\r\n\r\n"),
		    &err) == 0);
	check(head.method == HTTP_PATCH && span_is_text(head.target, "/a?b=c"));
	check_int((long long)head.length, 12);
	check(!head.is_chunked && !head.expects_answer && head.is_last);
	require(http_head_find(&value, &head, "b", &err) == 0);
	check(value != NULL && span_is_text(*value, "c d"));
	require(http_head_find(&value, &head, "a", &err) == 0);
	check(value != NULL && value->len == 0);
	require(http_head_find(&value, &head, "c", &err) == 0);
	check(value == NULL);
}

TEST(old_clients_say_less)
{
	struct http_head head;
	struct error err;

	require(http_head_parse(&head,
		    span_text("GET /a HTTP/1.0\r\nExpect: tea\r\n\r\n"),
		    &err) == 0);
	check(head.is_last && !head.expects_answer);
	require(http_head_parse(&head, span_text(HEAD("")), &err) == 0);
	check(!head.is_last);
	require(http_head_parse(&head,
		    span_text(HEAD("Expect: 100-Continue\r\n"
				   "Transfer-Encoding: Chunked\r\n")),
		    &err) == 0);
	check(head.expects_answer && head.is_chunked && head.length == 0);
}

/* Whoever reads one of these another way could be made to see two requests
 * where we see one. */
static const struct {
	const char *head;
	enum error_code code;
} ambiguous[] = {
	{ "", E_HTTP_REQUEST },
	{ "\r\n", E_HTTP_REQUEST },
	{ "GET /a HTTP/1.1", E_HTTP_REQUEST },
	{ "GET /a HTTP/1.1\r\nHost: a\r\n", E_HTTP_REQUEST },
	{ "GET /a HTTP/1.1\nHost: a\n\n", E_HTTP_REQUEST },
	{ "GET /a HTTP/1.1\r\r\nHost: a\r\n\r\n", E_HTTP_REQUEST },
	{ " GET /a HTTP/1.1\r\nHost: a\r\n\r\n", E_HTTP_REQUEST },
	{ "GET\t/a HTTP/1.1\r\nHost: a\r\n\r\n", E_HTTP_REQUEST },
	{ "GET /a  HTTP/1.1\r\nHost: a\r\n\r\n", E_HTTP_REQUEST },
	{ "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", E_HTTP_REQUEST },
	{ "GET /\x80 HTTP/1.1\r\nHost: a\r\n\r\n", E_HTTP_REQUEST },
	{ "GET  HTTP/1.1\r\nHost: a\r\n\r\n", E_HTTP_REQUEST },
	{ "GET /a HTTP/1.1 \r\nHost: a\r\n\r\n", E_HTTP_REQUEST },
	{ "GET /a http/1.1\r\nHost: a\r\n\r\n", E_HTTP_REQUEST },
	{ "GET /a HTTP/11\r\nHost: a\r\n\r\n", E_HTTP_REQUEST },
	{ "GET /a HTTP/0.9\r\nHost: a\r\n\r\n", E_HTTP_VERSION },
	{ "GET /a HTTP/3.0\r\nHost: a\r\n\r\n", E_HTTP_VERSION },
	{ "GETT /a HTTP/1.1\r\nHost: a\r\n\r\n", E_HTTP_METHOD },
	{ "GET /a HTTP/1.1\r\n\r\n", E_HTTP_REQUEST },
	{ HEAD("Host: a\r\n"), E_HTTP_REQUEST },
	{ HEAD("A : b\r\n"), E_HTTP_REQUEST },
	{ HEAD("A\r\n"), E_HTTP_REQUEST },
	{ HEAD(": b\r\n"), E_HTTP_REQUEST },
	{ HEAD("A: b\r\n c\r\n"), E_HTTP_REQUEST },
	{ HEAD("A: b\rc\r\n"), E_HTTP_REQUEST },
	{ HEAD("A: b\x7f\r\n"), E_HTTP_REQUEST },
	{ HEAD("A(: b\r\n"), E_HTTP_REQUEST },
	{ HEAD("\r\nA: b\r\n"), E_HTTP_REQUEST },
	{ HEAD("Content-Length:\r\n"), E_HTTP_REQUEST },
	{ HEAD("Content-Length: +1\r\n"), E_HTTP_REQUEST },
	{ HEAD("Content-Length: 1, 1\r\n"), E_HTTP_REQUEST },
	{ HEAD("Content-Length: 0x1\r\n"), E_HTTP_REQUEST },
	{ HEAD("Content-Length: 1234567890123456\r\n"), E_HTTP_REQUEST },
	{ HEAD("Content-Length: 1\r\ncontent-length: 1\r\n"), E_HTTP_REQUEST },
	{ HEAD("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"),
	    E_HTTP_REQUEST },
	{ "POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
	    E_HTTP_REQUEST },
	{ HEAD("Transfer-Encoding: chunked\r\n"
	       "Transfer-Encoding: chunked\r\n"),
	    E_HTTP_REQUEST },
	{ HEAD("Transfer-Encoding: gzip, chunked\r\n"), E_HTTP_TRANSFER },
	{ HEAD("Transfer-Encoding: identity\r\n"), E_HTTP_TRANSFER },
	{ HEAD("Expect: 100-continue, tea\r\n"), E_HTTP_EXPECT },
};

TEST(a_head_that_two_could_read_differently_is_refused)
{
	struct http_head head;
	struct error err;

	for (size_t i = 0; i < COUNT_OF(ambiguous); i++) {
		err.code = E_NONE;
		if (!check(http_head_parse(&head, span_text(ambiguous[i].head),
			       &err) == -1) ||
		    !check_int(err.code, ambiguous[i].code))
			tap_note("%s", ambiguous[i].head);
	}
	check(http_head_parse(&head,
		  span_of("GET /a HTTP/1.1\r\nHost: \0\r\n"
			  "\r\n",
		      28),
		  &err) == -1);
}

TEST(a_head_has_so_many_fields_and_bytes)
{
	struct arena *arena = lab_arena();
	struct http_head head;
	struct error err;
	char *text;

	text = arena_printf(arena, "GET /%0*d HTTP/1.1\r\nHost: a\r\n\r\n",
	    (int)(HTTP_HEAD_MAX - 27), 0);
	check_int((long long)strlen(text), (long long)HTTP_HEAD_MAX);
	check(http_head_parse(&head, span_text(text), &err) == 0);
	text = arena_printf(arena, "GET /%0*d HTTP/1.1\r\nHost: a\r\n\r\n",
	    (int)(HTTP_HEAD_MAX - 26), 0);
	check(http_head_parse(&head, span_text(text), &err) == -1);
	check_int(err.code, E_HTTP_HEAD);
	for (size_t n = HTTP_FIELDS_MAX - 1; n <= HTTP_FIELDS_MAX; n++) {
		text = arena_printf(arena, "GET /a HTTP/1.1\r\nHost: a\r\n");
		for (size_t i = 0; i < n; i++)
			text = arena_printf(arena, "%sA: b\r\n", text);
		text = arena_printf(arena, "%s\r\n", text);
		check_int(http_head_parse(&head, span_text(text), &err),
		    n < HTTP_FIELDS_MAX ? 0 : -1);
	}
	check_int(err.code, E_HTTP_HEAD);
}

TEST(a_request_line_alone_is_judged)
{
	struct error err;

	check(http_line_check(span_text("GET /a HTTP/1.1\r\n"), &err) == 0);
	check(http_line_check(span_text("GET /a HTTP/1.1\n"), &err) == -1);
	check(http_line_check(span_text("hello\r\n"), &err) == -1);
	check_int(err.code, E_HTTP_REQUEST);
}

TEST(the_line_before_a_chunk_is_its_length_in_hex)
{
	static const char *const bad[] = { "", "\r\n", "1", "1\n", "x\r\n",
		"-1\r\n", "0x1\r\n", "1 1\r\n", "123456789\r\n", ";a\r\n" };
	struct error err;
	size_t size;

	check(http_chunk_parse(&size, span_text("0\r\n"), &err) == 0 &&
	    size == 0);
	check(http_chunk_parse(&size, span_text("1aF;a=b\r\n"), &err) == 0 &&
	    size == 0x1af);
	check(http_chunk_parse(&size, span_text("FFFFFFFF \r\n"), &err) == 0 &&
	    size == 0xffffffff);
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		if (!check(
			http_chunk_parse(&size, span_text(bad[i]), &err) == -1))
			tap_note("%s", bad[i]);
}
