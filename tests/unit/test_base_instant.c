#include <string.h>

#include "base/error.h"
#include "base/instant.h"
#include "tests/tap.h"

static const struct {
	const char *text;
	int64_t s;
} moments[] = {
	/* clang-format off */
	{ "0001-01-01T00:00:00Z", INSTANT_S_MIN },
	{ "0999-12-31T23:59:59Z", -30610224001 },
	{ "1600-02-29T00:00:00Z", -11670998400 },
	{ "1900-02-28T23:59:59Z", -2203891201 },
	{ "1900-03-01T00:00:00Z", -2203891200 },
	{ "1969-12-31T23:59:59Z", -1 },
	{ "1970-01-01T00:00:00Z", 0 },
	{ "2000-02-29T12:00:00Z", 951825600 },
	{ "2023-02-28T23:59:59Z", 1677628799 },
	{ "2023-03-01T00:00:00Z", 1677628800 },
	{ "2024-02-29T00:00:00Z", 1709164800 },
	{ "2024-12-31T23:59:59Z", 1735689599 },
	{ "2038-01-19T03:14:08Z", 2147483648 },
	{ "2100-02-28T00:00:00Z", 4107456000 },
	{ "9999-12-31T23:59:59Z", INSTANT_S_MAX },
	/* clang-format on */
};

TEST(times_are_read_to_the_second)
{
	struct instant got;
	struct error err;

	for (size_t i = 0; i < COUNT_OF(moments); i++) {
		tap_note("%s", moments[i].text);
		require(
		    instant_parse(&got, span_text(moments[i].text), &err) == 0);
		check_int(got.s, moments[i].s);
	}
}

TEST(times_are_written_with_four_digits_of_year)
{
	char text[INSTANT_TEXT_MAX];

	for (size_t i = 0; i < COUNT_OF(moments); i++)
		check_str(instant_write(instant_of(moments[i].s), text),
		    moments[i].text);
}

TEST(a_day_that_does_not_exist_is_refused)
{
	static const char *const refused[] = {
		"2023-02-29T00:00:00Z",
		"1900-02-29T00:00:00Z",
		"2100-02-29T00:00:00Z",
		"2024-02-30T00:00:00Z",
		"2024-04-31T00:00:00Z",
		"2024-00-10T00:00:00Z",
		"2024-13-10T00:00:00Z",
		"2024-01-00T00:00:00Z",
		"2024-01-32T00:00:00Z",
		"2024-01-01T24:00:00Z",
		"2024-01-01T00:60:00Z",
		"2016-12-31T23:59:60Z",
		"2024-01-01T00:00:61Z",
		"0000-01-01T00:00:00Z",
		"0000-12-31T23:59:59Z",
	};

	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct error err = { 0 };
		struct instant got;

		tap_note("%s", refused[i]);
		check(instant_parse(&got, span_text(refused[i]), &err) == -1);
		check_int(err.code, E_TIME_SYNTAX);
	}
}

TEST(only_utc_of_whole_seconds_in_one_form_is_read)
{
	static const char *const refused[] = {
		"",
		"2024-02-29",
		"2024-02-29T00:00:00",
		"2024-02-29T00:00:00z",
		"2024-02-29t00:00:00Z",
		"2024-02-29 00:00:00Z",
		"2024-02-29T00:00Z",
		"2024-02-29T00:00:00.0Z",
		"2024-02-29T00:00:00+00:00",
		"2024-02-29T00:00:00-00:00",
		"2024-2-29T00:00:00Z",
		"24-02-29T00:00:00Z",
		"20240229T000000Z",
		"2024-02-29T00:00:00ZZ",
		" 2024-02-29T00:00:0Z",
		"2024-02-29T 0:00:00Z",
		"2024- 2-29T00:00:00Z",
		"+024-02-29T00:00:00Z",
		"-001-02-28T00:00:00Z",
		"2024-02-29T0:000:00Z",
		"10000-01-01T00:00:0Z",
	};

	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct error err = { 0 };
		struct instant got;

		tap_note("%s", refused[i]);
		check(instant_parse(&got, span_text(refused[i]), &err) == -1);
		check_int(err.code, E_TIME_SYNTAX);
	}
}

TEST(a_nul_in_a_time_is_refused)
{
	struct error err = { 0 };
	struct instant got;

	check(instant_parse(&got, span_of("2024-02-29T00:00:00\0", 20), &err) ==
	    -1);
	check(instant_parse(&got, span_of("2024\0002-29T00:00:00Z", 20),
		  &err) == -1);
}

/* After 400 years the calendar begins again. */
TEST(every_day_of_400_years_comes_back_the_same)
{
	const int64_t day = 86400, first = -2208988800; /* 1900-01-01 */
	char text[INSTANT_TEXT_MAX];
	struct instant got;
	struct error err;
	long wrong = 0;

	for (int64_t s = first; s < first + 146097 * day; s += day) {
		instant_write(instant_of(s), text);
		if (instant_parse(&got, span_text(text), &err) == -1 ||
		    got.s != s)
			wrong++;
	}
	check_int(wrong, 0);
	check_str(text, "2299-12-31T00:00:00Z");
}

TEST(sums_stay_within_what_can_be_written)
{
	struct instant first = instant_of(INSTANT_S_MIN);
	struct instant last = instant_of(INSTANT_S_MAX);
	struct instant epoch = instant_of(0);

	check_int(instant_add(epoch, period_of(5)).s, 5);
	check_int(instant_add(epoch, period_of(-5)).s, -5);
	check_int(instant_add(last, period_of(0)).s, INSTANT_S_MAX);
	check_int(instant_add(last, period_of(1)).s, INSTANT_S_MAX);
	check_int(instant_add(last, period_of(INT64_MAX)).s, INSTANT_S_MAX);
	check_int(instant_add(first, period_of(-1)).s, INSTANT_S_MIN);
	check_int(instant_add(first, period_of(INT64_MIN)).s, INSTANT_S_MIN);
	check_int(instant_add(epoch, period_of(INT64_MAX)).s, INSTANT_S_MAX);
	check_int(instant_add(epoch, period_of(INT64_MIN)).s, INSTANT_S_MIN);
	check_int(instant_add(first, period_of(INT64_MAX)).s, INSTANT_S_MAX);
	check_int(instant_add(last, period_of(INT64_MIN)).s, INSTANT_S_MIN);
}

TEST(before_is_strict_and_since_has_a_sign)
{
	struct instant a = instant_of(10), b = instant_of(11);

	check(instant_is_before(a, b));
	check(!instant_is_before(b, a));
	check(!instant_is_before(a, a));
	check_int(instant_least(a, b).s, 10);
	check_int(instant_least(b, a).s, 10);
	check_int(instant_greatest(a, b).s, 11);
	check_int(instant_greatest(b, a).s, 11);
	check_int(instant_since(a, b).s, 1);
	check_int(instant_since(b, a).s, -1);
}
