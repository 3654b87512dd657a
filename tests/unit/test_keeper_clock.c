#include "tests/unit/test_keeper_asks.h"

/* A keeper that has signed at noon, and then looks at ${off} seconds later. */
static enum error_code
sign_later(bool is_exercise, int64_t off)
{
	struct bench *bench = bench_open(is_exercise);
	struct ledger_log *log = bench_log(bench, BENCH_ENTRIES);
	enum error_code code;

	if (bench_sign(bench, log, 0, 1) != E_NONE)
		mem_die(bench->err.detail);
	bench->now.s += off;
	code = bench_sign(bench, log, 1, 2);
	bench_close(bench);
	return code;
}

TEST(a_clock_that_went_back_more_than_a_minute_stops_the_signing)
{
	check_int(sign_later(false, -59), E_NONE);
	check_int(sign_later(false, -60), E_NONE);
	check_int(sign_later(false, -61), E_KEEPER_CLOCK);
	check_int(sign_later(true, -61), E_KEEPER_CLOCK);
}

TEST(a_clock_that_leapt_more_than_a_day_stops_it_but_not_in_an_exercise)
{
	check_int(sign_later(false, 86400), E_NONE);
	check_int(sign_later(false, 25 * 3600), E_KEEPER_CLOCK);
	check_int(sign_later(true, 25 * 3600), E_NONE);
}

TEST(the_rule_of_the_clock_holds_for_all_signatures_and_after_a_restart)
{
	struct bench *bench = bench_open(false);
	struct ledger_log *log = bench_log(bench, BENCH_ENTRIES);
	struct span line;

	check_int(bench_cosign(bench, log, 0, 1, &line), E_NONE);
	require(bench_restart(bench));
	bench->now.s -= 61;
	check_int(bench_cosign(bench, log, 1, 2, &line), E_KEEPER_CLOCK);
	check_int(bench_sign(bench, log, 0, 1), E_KEEPER_CLOCK);
	check_int(bench_seal(bench,
		      bench_refusal(bench, BENCH_OURS, bench->now), NULL),
	    E_KEEPER_CLOCK);
	bench_close(bench);
}

TEST(steps_back_do_not_add_up)
{
	struct bench *bench = bench_open(false);
	struct ledger_log *log = bench_log(bench, BENCH_ENTRIES);

	check_int(bench_sign(bench, log, 0, 1), E_NONE);
	bench->now.s -= 50;
	check_int(bench_sign(bench, log, 1, 2), E_NONE);
	bench->now.s -= 50;
	check_int(bench_sign(bench, log, 2, 3), E_KEEPER_CLOCK);
	bench_close(bench);
}

TEST(an_operator_confirms_a_clock_in_either_direction_and_it_is_remembered)
{
	static const int64_t leaps[] = { 30 * 86400, -40 * 86400 };
	struct bench *bench = bench_open(false);
	struct ledger_log *log = bench_log(bench, BENCH_ENTRIES);
	uint64_t size = 1;

	check_int(bench_sign(bench, log, 0, size), E_NONE);
	for (size_t i = 0; i < COUNT_OF(leaps); i++) {
		bench->now.s += leaps[i];
		check_int(bench_sign(bench, log, size, size + 1),
		    E_KEEPER_CLOCK);
		require(keeper_confirm_clock(bench->keeper, bench->now,
			    &bench->err) == 0);
		require(bench_restart(bench));
		check_int(bench_sign(bench, log, size, size + 1), E_NONE);
		size++;
	}
	bench_close(bench);
}

TEST(a_quiet_week_is_no_leap_if_the_clock_was_watched)
{
	struct bench *bench = bench_open(false);
	struct ledger_log *log = bench_log(bench, BENCH_ENTRIES);

	check_int(bench_sign(bench, log, 0, 1), E_NONE);
	for (int hour = 0; hour < 7 * 24; hour++) {
		bench->now.s += 3600;
		check(keeper_tick(bench->keeper, bench->now, &bench->err) == 0);
	}
	require(bench_restart(bench));
	check_int(bench_sign(bench, log, 1, 2), E_NONE);
	bench->now.s += 25 * 3600;
	check(keeper_tick(bench->keeper, bench->now, &bench->err) == -1);
	check_int(bench->err.code, E_KEEPER_CLOCK);
	check_int(bench_sign(bench, log, 2, 3), E_KEEPER_CLOCK);
	bench_close(bench);
}

TEST(a_clock_refused_changes_nothing)
{
	struct bench *bench = bench_open(false);
	struct ledger_log *log = bench_log(bench, BENCH_ENTRIES);
	int appends;

	check_int(bench_sign(bench, log, 0, 1), E_NONE);
	appends = bench->appends;
	bench->now.s += 25 * 3600;
	check_int(bench_sign(bench, log, 1, 2), E_KEEPER_CLOCK);
	check_int(bench->appends, appends);
	bench->now.s -= 24 * 3600;
	check_int(bench_sign(bench, log, 1, 2), E_NONE);
	bench_close(bench);
}
