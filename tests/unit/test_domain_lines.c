#include "base/attr.h"
#include "domain/lines.h"
#include "tests/tap.h"

#define NO_LIMIT instant_of(INSTANT_S_MAX)
#define DAY period_of(86400)

/* Side 1's line about side 0's log, quoted at ${index} of side 1's. */
static struct line
line_at(uint64_t size, int64_t s, uint64_t index)
{
	return (struct line){
		.about_side = 0,
		.about_epoch = 1,
		.size = size,
		.time = instant_of(s),
		.by = LINE_COUNTERPARTY,
		.quoting_side = 1,
		.quoting_epoch = 1,
		.quoting_index = index,
	};
}

static struct place
place_at(uint64_t index, uint64_t anchor_size)
{
	return (struct place){ 0, 1, index, 1, anchor_size };
}

static int64_t
taken(const struct lines *lines, uint64_t index, uint64_t anchor_size)
{
	struct place place = place_at(index, anchor_size);
	struct instant at;

	return lines_taken(lines, &place, &at) ? at.s : -1;
}

static int64_t
shown(const struct lines *lines, uint64_t index)
{
	struct place place = place_at(index, 0);
	struct instant at;

	return lines_shown(lines, &place, &at) ? at.s : -1;
}

static void
add(struct lines *lines, struct line line)
{
	lines_add(lines, &line);
}

TEST(a_record_is_taken_at_the_least_time_that_covers_it)
{
	struct lines lines;

	lines_init(&lines, NO_LIMIT, DAY);
	add(&lines, line_at(5, 100, 1));
	add(&lines, line_at(8, 200, 2));
	add(&lines, line_at(9, 150, 3));
	check_int(taken(&lines, 4, 0), 100);
	check_int(taken(&lines, 5, 0), 150);
	check_int(taken(&lines, 8, 0), 150);
	check_int(taken(&lines, 9, 0), -1);
	check_int(shown(&lines, 5), 150);
	lines_clear(&lines);
}

TEST(a_line_never_takes_a_record_before_the_latest_line_in_its_past)
{
	struct lines lines;

	lines_init(&lines, NO_LIMIT, DAY);
	add(&lines, line_at(5, 1000, 3));
	add(&lines, line_at(8, 400, 4)); /* its clock was put back */
	check_int(taken(&lines, 6, 3), 400);
	check_int(taken(&lines, 6, 4), 1000);
	check_int(shown(&lines, 6), 400);
	lines_clear(&lines);
}

/* docs/COUNTING.md, example 1: ten o'clock is 36000. */
TEST(the_example_of_a_clock_put_back_has_the_times_that_the_manual_gives)
{
	struct lines lines;

	lines_init(&lines, NO_LIMIT, DAY);
	add(&lines, line_at(5, 36000, 3));
	add(&lines, line_at(8, 35400, 4));
	check_int(shown(&lines, 6), 35400);
	check_int(taken(&lines, 6, 4), 36000);
	check_int(taken(&lines, 6, 3), 35400);
	check_int(shown(&lines, 4), 35400);
	check_int(taken(&lines, 4, 3), 35400);
	lines_clear(&lines);
}

TEST(lines_quoted_in_the_own_log_below_the_record_are_in_its_past)
{
	struct line own = line_at(7, 900, 2);
	struct lines lines;

	own.about_side = 1;
	own.quoting_side = 0;
	lines_init(&lines, NO_LIMIT, DAY);
	add(&lines, own);
	add(&lines, line_at(8, 400, 9));
	check_int(taken(&lines, 2, 0), 400);
	check_int(taken(&lines, 3, 0), 900);
	lines_clear(&lines);
}

TEST(a_line_later_than_the_instant_is_no_line)
{
	struct lines lines;

	lines_init(&lines, instant_of(500), DAY);
	add(&lines, line_at(5, 500, 1));
	add(&lines, line_at(9, 501, 2));
	add(&lines, line_at(9, INSTANT_S_MAX, 2));
	check_int(taken(&lines, 4, 9), 500);
	check_int(taken(&lines, 5, 9), -1);
	check_int(shown(&lines, 5), -1);
	lines_clear(&lines);
}

TEST(a_witness_shows_but_never_takes_and_a_depositary_takes_with_grace)
{
	struct line line = line_at(5, 100, 1);
	struct lines lines;

	lines_init(&lines, instant_of(200000), DAY);
	line.by = LINE_WITNESS;
	add(&lines, line);
	check_int(shown(&lines, 0), 100);
	check_int(taken(&lines, 0, 0), -1);
	line.by = LINE_DEPOSITARY;
	line.time = instant_of(300);
	add(&lines, line);
	check_int(taken(&lines, 0, 0), 300 + 86400);
	line.size = 6;
	line.time = instant_of(150000);
	add(&lines, line);
	check_int(shown(&lines, 5), 150000);
	check_int(taken(&lines, 5, 0), -1);
	lines_clear(&lines);
}

TEST(a_line_is_ahead_after_five_minutes_and_not_before)
{
	struct instant at = instant_of(1000);

	check(!lines_is_ahead(instant_of(0), at));
	check(!lines_is_ahead(instant_of(1300), at));
	check(lines_is_ahead(instant_of(1301), at));
	check(lines_is_ahead(instant_of(INSTANT_S_MAX), at));
	check(!lines_is_ahead(instant_of(INSTANT_S_MAX),
	    instant_of(INSTANT_S_MAX)));
}

TEST(a_line_of_one_epoch_covers_nothing_of_another)
{
	struct line line = line_at(5, 100, 1);
	struct place place = { 0, 2, 3, 1, 0 };
	struct instant at;
	struct lines lines;

	lines_init(&lines, NO_LIMIT, DAY);
	add(&lines, line);
	check(!lines_taken(&lines, &place, &at));
	line.about_epoch = line.quoting_epoch = 2;
	line.time = instant_of(50);
	line.quoting_index = 0;
	add(&lines, line);
	require(lines_taken(&lines, &place, &at));
	check_int(at.s, 50);
	place.anchor_epoch = 2; /* all of the other's first epoch is past */
	require(lines_taken(&lines, &place, &at));
	check_int(at.s, 100);
	line.time = instant_of(700); /* nor is it in the past of the first */
	line.about_side = 1;
	line.quoting_side = 0;
	add(&lines, line);
	check_int(taken(&lines, 3, 0), 100);
	lines_clear(&lines);
}

TEST(the_edges_of_the_range_of_sizes_are_as_any)
{
	struct lines lines;

	lines_init(&lines, NO_LIMIT, DAY);
	add(&lines, line_at(0, 5, 0));
	check_int(taken(&lines, 0, 0), -1);
	add(&lines, line_at(UINT64_MAX, 7, UINT64_MAX));
	check_int(taken(&lines, UINT64_MAX - 1, 0), 7);
	check_int(taken(&lines, UINT64_MAX, 0), -1);
	lines_clear(&lines);
}

/* xorshift64: the same sequence on every machine. */
static uint64_t
next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

#define TRIAL_LINES 24

/* What the header says, word for word. */
static int64_t
taken_plainly(const struct line *lines, size_t n, struct place place)
{
	int64_t least = INT64_MAX, floor = INT64_MIN;

	for (size_t i = 0; i < n; i++) {
		const struct line *l = &lines[i];

		if (l->about_side == place.side && l->size > place.index &&
		    l->by == LINE_COUNTERPARTY && l->time.s < least)
			least = l->time.s;
		if (l->quoting_index < (l->quoting_side == place.side ?
					       place.index :
					       place.anchor_size) &&
		    l->time.s > floor)
			floor = l->time.s;
	}
	if (least == INT64_MAX)
		return -1;
	return least > floor ? least : floor;
}

TEST(in_any_order_of_adding_the_answers_are_those_of_the_plain_rule)
{
	uint64_t seed = 20261122;

	for (unsigned trial = 0; trial < 2000; trial++) {
		struct line all[TRIAL_LINES];
		struct lines lines;

		lines_init(&lines, NO_LIMIT, DAY);
		for (size_t i = 0; i < COUNT_OF(all); i++) {
			all[i] = line_at(next(&seed) % 20,
			    (int64_t)(next(&seed) % 30), next(&seed) % 20);
			all[i].about_side = next(&seed) % 2;
			all[i].quoting_side = next(&seed) % 2;
			all[i].by = next(&seed) % 4 == 0 ? LINE_WITNESS :
							   LINE_COUNTERPARTY;
			lines_add(&lines, &all[i]);
		}
		for (uint64_t index = 0; index < 20; index++) {
			uint64_t anchor = next(&seed) % 21;

			if (!check(taken(&lines, index, anchor) ==
				taken_plainly(all, COUNT_OF(all),
				    place_at(index, anchor))))
				trial = 2000;
		}
		lines_clear(&lines);
	}
}
