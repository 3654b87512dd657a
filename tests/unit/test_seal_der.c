#include <string.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/error.h"
#include "seal/der.h"
#include "tests/tap.h"

#define BYTES(...)                                \
	span_of((const uint8_t[]){ __VA_ARGS__ }, \
	    sizeof((const uint8_t[]){ __VA_ARGS__ }))

static enum error_code
next(struct der *out, struct span in)
{
	struct error err;

	return der_next(out, &in, &err) == 0 ? E_NONE : err.code;
}

TEST(an_element_is_tag_length_and_value)
{
	struct span in = BYTES(0x04, 0x02, 'h', 'i', 0x05, 0x00);
	struct error err;
	struct der got;

	require(der_next(&got, &in, &err) == 0);
	check_int(got.tag, DER_OCTETS);
	check(span_is_text(got.value, "hi"));
	check_int((long long)got.whole.len, 4);
	check(der_is_next(in, DER_NULL));
	check(der_end(in, &err) == -1);
	require(der_take(&got, &in, DER_NULL, &err) == 0);
	check_int((long long)got.value.len, 0);
	check(der_end(in, &err) == 0);
}

TEST(lengths_have_one_form)
{
	struct der got;

	check_int(next(&got, BYTES(0x30, 0x80, 0x00, 0x00)), E_SEAL_NOT_DER);
	check_int(next(&got, BYTES(0x04, 0x81, 0x01, 'a')), E_SEAL_NOT_DER);
	check_int(next(&got, BYTES(0x04, 0x82, 0x00, 0x01, 'a')),
	    E_SEAL_NOT_DER);
	check_int(next(&got, BYTES(0x04, 0x84, 0, 0, 0, 1, 'a')),
	    E_SEAL_SYNTAX);
	check_int(next(&got, BYTES(0x04, 0xff, 0, 0, 0, 1, 'a')),
	    E_SEAL_SYNTAX);
	check_int(next(&got, BYTES(0x1f, 0x01, 0x00)), E_SEAL_SYNTAX);
}

TEST(what_is_cut_is_refused)
{
	struct der got;

	check_int(next(&got, span_of(NULL, 0)), E_SEAL_SYNTAX);
	check_int(next(&got, BYTES(0x04)), E_SEAL_SYNTAX);
	check_int(next(&got, BYTES(0x04, 0x01)), E_SEAL_SYNTAX);
	check_int(next(&got, BYTES(0x04, 0x82, 0x01)), E_SEAL_SYNTAX);
	check_int(next(&got, BYTES(0x04, 0x83, 0xff, 0xff, 0xff)),
	    E_SEAL_SYNTAX);
}

TEST(what_is_written_is_read_at_every_size_of_length)
{
	static const size_t sizes[] = { 0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff,
		0x10000, 0x20000 };
	static uint8_t bytes[0x20000];
	struct error err;
	struct der got;
	struct buf buf;

	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		struct span in;

		buf_init(&buf, 0x30000);
		der_put(&buf, DER_OCTETS, span_of(bytes, sizes[i]));
		in = buf_span(&buf);
		check(der_take(&got, &in, DER_OCTETS, &err) == 0);
		check_int((long long)got.value.len, (long long)sizes[i]);
		check(der_end(in, &err) == 0);
		check(der_check(buf_span(&buf), &err) == 0);
		buf_clear(&buf);
	}
}

TEST(times_are_written_as_they_are_read)
{
	/* 1949/50, 2049/50, the epoch, the ends of RFC 3339 */
	static const int64_t times[] = { INSTANT_S_MIN, -631152001, -631152000,
		0, 1795341600, 2524607999, 2524608000, INSTANT_S_MAX };

	for (size_t i = 0; i < COUNT_OF(times); i++) {
		struct instant got = { 1 };
		struct error err;
		struct span in;
		struct der der;
		struct buf buf;

		buf_init(&buf, 100);
		der_put_time(&buf, instant_of(times[i]));
		in = buf_span(&buf);
		check(der_next(&der, &in, &err) == 0);
		check(der_time(&got, &der, &err) == 0);
		check_int(got.s, times[i]);
		buf_clear(&buf);
	}
}

TEST(nesting_is_followed_so_far_and_no_further)
{
	uint8_t deep[2 * DER_DEPTH_MAX + 2];
	size_t n = sizeof(deep) / 2;
	struct error err;

	for (size_t i = 0; i < n; i++) {
		deep[2 * i] = DER_SEQUENCE;
		deep[2 * i + 1] = (uint8_t)(2 * (n - i - 1));
	}
	check(der_check(span_of(deep + 4, sizeof(deep) - 4), &err) == 0);
	check(der_check(span_of(deep, sizeof(deep)), &err) == -1);
	check_int(err.code, E_SEAL_SYNTAX);
	check(der_check(BYTES(0x30, 0x03, 0x31, 0x80, 0x00), &err) == -1);
	check_int(err.code, E_SEAL_NOT_DER);
}
