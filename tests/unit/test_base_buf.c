#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "tests/tap.h"

TEST(an_empty_buf_is_an_empty_span)
{
	struct error err;
	struct buf buf;

	buf_init(&buf, 0);
	check_int((long long)buf_span(&buf).len, 0);
	check_int(buf_check(&buf, &err), 0);
	buf_add(&buf, span_of(NULL, 0));
	buf_text(&buf, "");
	buf_drop(&buf, 1);
	check_int(buf_check(&buf, &err), 0);
	buf_clear(&buf);
}

TEST(a_buf_takes_its_maximum_and_not_a_byte_more)
{
	struct error err = { 0 };
	struct buf buf;

	buf_init(&buf, 3);
	buf_text(&buf, "abc");
	check_int(buf_check(&buf, &err), 0);
	check(span_is_text(buf_span(&buf), "abc"));

	buf_u8(&buf, 'd');
	check_int(buf_check(&buf, &err), -1);
	check_int(err.code, E_TOO_LARGE);
	check(span_is_text(buf_span(&buf), "abc"));
	buf_clear(&buf);
}

TEST(what_does_not_fit_is_left_out_whole_and_for_good)
{
	struct error err = { 0 };
	struct buf buf;

	buf_init(&buf, 4);
	buf_text(&buf, "ab");
	buf_text(&buf, "cde");
	buf_text(&buf, "f");
	check(span_is_text(buf_span(&buf), "ab"));
	check_int(buf_check(&buf, &err), -1);

	buf_clear(&buf);
	check_int(buf_check(&buf, &err), 0);
	buf_text(&buf, "cde");
	check(span_is_text(buf_span(&buf), "cde"));
	buf_clear(&buf);
}

TEST(formatted_text_may_fill_the_maximum)
{
	struct error err = { 0 };
	struct buf buf;

	buf_init(&buf, 5);
	buf_printf(&buf, "%s-%d", "ab", 12);
	check(span_is_text(buf_span(&buf), "ab-12"));
	check_int(buf_check(&buf, &err), 0);
	buf_printf(&buf, "%s", "x");
	check_int(buf_check(&buf, &err), -1);
	check(span_is_text(buf_span(&buf), "ab-12"));
	buf_clear(&buf);
}

TEST(integers_have_their_most_significant_byte_first)
{
	static const uint8_t want[] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06,
		0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f };
	struct buf buf;

	buf_init(&buf, 64);
	buf_u8(&buf, 0x01);
	buf_u16(&buf, 0x0203);
	buf_u32(&buf, 0x04050607);
	buf_u64(&buf, 0x08090a0b0c0d0e0f);
	check_mem(buf.ptr, buf.len, want, sizeof(want));
	buf_clear(&buf);
}

TEST(a_buf_grows_over_many_small_pieces)
{
	enum { PIECES = 100000 };
	struct error err;
	struct buf buf;
	long wrong = 0;

	buf_init(&buf, 4 * PIECES);
	for (uint32_t i = 0; i < PIECES; i++)
		buf_u32(&buf, i);
	require(buf_check(&buf, &err) == 0);
	check_int((long long)buf.len, 4 * PIECES);
	for (uint32_t i = 0; i < PIECES; i++)
		wrong += buf.ptr[4 * i + 3] != (i & 0xff) ||
		    buf.ptr[4 * i + 2] != (i >> 8 & 0xff);
	check_int(wrong, 0);
	buf_clear(&buf);
}

TEST(dropping_takes_bytes_from_the_front)
{
	struct buf buf;

	buf_init(&buf, 16);
	buf_text(&buf, "abcdef");
	buf_drop(&buf, 0);
	check(span_is_text(buf_span(&buf), "abcdef"));
	buf_drop(&buf, 2);
	check(span_is_text(buf_span(&buf), "cdef"));
	buf_text(&buf, "gh");
	check(span_is_text(buf_span(&buf), "cdefgh"));
	buf_drop(&buf, 100);
	check_int((long long)buf.len, 0);
	buf_text(&buf, "0123456789abcdef");
	check_int((long long)buf.len, 16);
	buf_clear(&buf);
}
