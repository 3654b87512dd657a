#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/instant.h"
#include "base/span.h"
#include "proc/clock.h"
#include "tests/lab.h"
#include "tests/tap.h"

static const char *
read_as_text(struct clock *clock)
{
	static char text[INSTANT_TEXT_MAX];

	return instant_write(clock_now(clock), text);
}

TEST(the_system_clock_says_what_time_it_is)
{
	struct clock clock;
	struct error err;
	time_t before = time(NULL);

	require(clock_open(&clock, NULL, &err) == 0);
	check(clock_now(&clock).s >= before - 1);
	check(clock_now(&clock).s <= time(NULL) + 1);
	clock_close(&clock);
}

TEST(a_scripted_clock_says_what_is_written)
{
	struct arena *arena = lab_arena();
	const char *path = arena_printf(arena, "%s/clock", lab_directory());
	struct clock clock;
	struct error err;

	lab_write(path, span_text("2026-11-22T10:00:00Z\n"));
	require(clock_open(&clock, path, &err) == 0);
	check_str(read_as_text(&clock), "2026-11-22T10:00:00Z");
	lab_write(path, span_text("2026-11-22T18:00:01Z"));
	check_str(read_as_text(&clock), "2026-11-22T18:00:01Z");
	lab_write(path, span_text("2020-01-01T00:00:00Z\nmore\n"));
	check_str(read_as_text(&clock), "2020-01-01T00:00:00Z");
	clock_close(&clock);
}

TEST(a_script_that_cannot_be_read_makes_the_clock_stand_still)
{
	static const char *const bad[] = { "", "\n", "2026-11-22T1",
		"2026-13-01T00:00:00Z\n", "tomorrow\n",
		"2026-11-22T10:00:00.5Z\n" };
	struct arena *arena = lab_arena();
	const char *path = arena_printf(arena, "%s/clock", lab_directory());
	struct clock clock;
	struct error err;

	lab_write(path, span_text("2026-11-22T10:00:00Z\n"));
	require(clock_open(&clock, path, &err) == 0);
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		lab_write(path, span_text(bad[i]));
		check_str(read_as_text(&clock), "2026-11-22T10:00:00Z");
	}
	lab_write(path, span_text("2026-11-22T10:00:05Z\n"));
	check_str(read_as_text(&clock), "2026-11-22T10:00:05Z");
	clock_close(&clock);
}

TEST(a_scripted_clock_that_says_nothing_is_not_opened)
{
	struct arena *arena = lab_arena();
	const char *path = arena_printf(arena, "%s/clock", lab_directory());
	struct clock clock;
	struct error err;

	check(clock_open(&clock, path, &err) == -1);
	check_int(err.code, E_IO);
	lab_write(path, span_text("noon\n"));
	check(clock_open(&clock, path, &err) == -1);
	check_int(err.code, E_TIME_SYNTAX);
}

TEST(the_monotonic_clock_runs)
{
	int64_t before = clock_monotonic_ms();

	usleep(20000);
	check(clock_monotonic_ms() - before >= 19);
}
