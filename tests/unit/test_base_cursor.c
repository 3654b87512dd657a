#include "base/cursor.h"
#include "base/error.h"
#include "tests/tap.h"

static const uint8_t counting[] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07,
	0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f };

TEST(integers_are_read_most_significant_byte_first)
{
	struct cursor c = cursor_of(span_of(counting, sizeof(counting)));
	struct error err;

	check_int(cursor_u8(&c), 0x01);
	check_int(cursor_u16(&c), 0x0203);
	check_int(cursor_u32(&c), 0x04050607);
	check(cursor_u64(&c) == 0x08090a0b0c0d0e0f);
	check_int(cursor_end(&c, &err), 0);
}

TEST(the_largest_integers_are_read)
{
	static const uint8_t ones[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	struct cursor c = cursor_of(span_of(ones, sizeof(ones)));
	struct error err;

	check(cursor_u32(&c) == UINT32_MAX);
	check(cursor_u64(&c) == UINT64_MAX);
	check_int(cursor_end(&c, &err), 0);
}

TEST(a_read_past_the_end_is_zero_and_remembered)
{
	for (size_t len = 0; len < 8; len++) {
		struct cursor c = cursor_of(span_of(counting, len));
		struct error err = { 0 };

		check(cursor_u64(&c) == 0);
		check(c.is_short);
		check_int(cursor_end(&c, &err), -1);
		check_int(err.code, E_SYNTAX);
	}
}

TEST(after_a_short_read_nothing_more_is_read)
{
	struct cursor c = cursor_of(span_of(counting, 3));
	struct error err = { 0 };

	check_int(cursor_u32(&c), 0);
	check_int(cursor_u8(&c), 0);
	check_int((long long)cursor_bytes(&c, 1).len, 0);
	check_int(cursor_end(&c, &err), -1);
}

TEST(bytes_are_borrowed_and_the_huge_is_refused)
{
	struct cursor c = cursor_of(span_of(counting, sizeof(counting)));
	struct span got = cursor_bytes(&c, 4);

	check_mem(got.ptr, got.len, counting, 4);
	check(got.ptr == counting);
	got = cursor_bytes(&c, SIZE_MAX);
	check_int((long long)got.len, 0);
	check(c.is_short);
}

TEST(no_bytes_can_be_read_at_the_end)
{
	struct cursor c = cursor_of(span_of(NULL, 0));
	struct error err;

	check_int((long long)cursor_bytes(&c, 0).len, 0);
	check(!c.is_short);
	check_int(cursor_end(&c, &err), 0);
}

TEST(bytes_left_over_are_an_error)
{
	struct cursor c = cursor_of(span_of(counting, 2));
	struct error err = { 0 };

	cursor_u8(&c);
	check_int(cursor_end(&c, &err), -1);
	check_int(err.code, E_SYNTAX);
	check_str(err.detail, "1 bytes left over");
}
