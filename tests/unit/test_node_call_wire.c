#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "node/call_wire.h"
#include "tests/lab.h"
#include "tests/tap.h"

TEST(a_call_and_its_answer_come_back_as_they_went)
{
	struct call call = { span_text("show"), span_text("{\"case\":1}"),
		span_text("bytes") };
	struct call_reply reply = { E_BUSY, span_text("why"), span_text("{}"),
		span_text("x") };
	struct call got;
	struct call_reply got_reply;
	struct error err;
	struct buf buf;

	buf_init(&buf, CALL_WIRE_MAX);
	require(call_write(&buf, &call, &err) == 0);
	require(call_parse(&got, buf_span(&buf), &err) == 0);
	check(span_is_equal(got.name, call.name));
	check(span_is_equal(got.json, call.json));
	check(span_is_equal(got.bytes, call.bytes));
	buf_clear(&buf);
	buf_init(&buf, CALL_WIRE_MAX);
	require(call_reply_write(&buf, &reply, &err) == 0);
	require(call_reply_parse(&got_reply, buf_span(&buf), &err) == 0);
	check_int(got_reply.code, E_BUSY);
	check(span_is_equal(got_reply.detail, reply.detail));
	check(span_is_equal(got_reply.json, reply.json));
	check(span_is_equal(got_reply.bytes, reply.bytes));
	buf_clear(&buf);
}

TEST(what_is_cut_or_too_large_is_refused)
{
	static const uint8_t bad[][8] = {
		{ 4, 's', 'h' },                   /* name cut */
		{ 1, 's', 0, 0, 1, 0, 'x' },       /* JSON cut */
		{ 0xff, 0xff, 0xff, 0xff, 0xff },  /* both */
		{ 1, 's', 0xff, 0xff, 0xff, 0xff } /* too long */
	};
	static const size_t lens[] = { 3, 7, 5, 6 };
	struct call_reply reply;
	struct error err;
	struct call call;

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		check(call_parse(&call, span_of(bad[i], lens[i]), &err) == -1);
		check_int(err.code, E_PROC_MESSAGE);
		check(call_reply_parse(&reply, span_of(bad[i], lens[i]),
			  &err) == -1);
	}
}
