#include "tests/tap.h"
#include "tests/unit/test_domain_sketch.h"

/* The dates of an urgent request taken at DAY_ONE. */
#define ACK HOURS(24)
#define OUT DAYS(5)

#define PENDING WORD_DECISION_PENDING

static int64_t
outcome_due(const struct sketch *sketch)
{
	struct casefile casefile = fold_at(sketch, minutes(DAYS(90)));

	return casefile.outcome_due.has ?
	    (casefile.outcome_due.at.s - DAY_ONE) / 60 :
	    NEVER;
}

static void
turn_back(struct sketch *sketch, int64_t at, int64_t supplement)
{
	lodge(sketch, (struct step){ KIND_RETURN, .at = at });
	if (supplement != NEVER)
		lodge(sketch,
		    (struct step){ KIND_SUPPLEMENT, .at = supplement });
}

static void
put_off(struct sketch *sketch, int64_t at, int64_t until)
{
	lodge(sketch,
	    (struct step){ KIND_DECISION, PENDING, at, until, false });
}

TEST(a_return_adds_the_time_until_the_supplement)
{
	struct sketch sketch;

	ask(&sketch, WORD_URGENCY_URGENT);
	turn_back(&sketch, HOURS(10), HOURS(13));
	check_int(outcome_due(&sketch), OUT + HOURS(3));
}

TEST(a_return_at_the_last_moment_leaves_the_time_to_acknowledge)
{
	struct sketch sketch;

	ask(&sketch, WORD_URGENCY_URGENT);
	turn_back(&sketch, OUT, OUT + HOURS(1));
	check_int(outcome_due(&sketch), OUT + HOURS(1) + ACK);
}

TEST(a_clock_that_ran_out_is_not_stopped)
{
	struct sketch sketch;

	ask(&sketch, WORD_URGENCY_URGENT);
	turn_back(&sketch, OUT + 1, OUT + HOURS(1));
	check_int(outcome_due(&sketch), OUT);
}

TEST(a_second_return_stops_nothing)
{
	struct sketch sketch;

	ask(&sketch, WORD_URGENCY_URGENT);
	turn_back(&sketch, HOURS(10), HOURS(13));
	turn_back(&sketch, HOURS(20), HOURS(70));
	check_int(outcome_due(&sketch), OUT + HOURS(3));
	check_int(fold_at(&sketch, minutes(DAYS(9))).returns, 2);
	check_int(class_at(&sketch, OUT + HOURS(3)), CASE_UNDER_EXAMINATION);
	check_int(class_at(&sketch, OUT + HOURS(3) + 1), CASE_OVERDUE);
}

TEST(a_case_returned_twice_without_supplement_has_waited_since_the_first)
{
	struct sketch sketch;

	ask(&sketch, WORD_URGENCY_URGENT);
	turn_back(&sketch, HOURS(10), NEVER);
	turn_back(&sketch, HOURS(20), HOURS(30));
	check_int(outcome_due(&sketch), OUT + HOURS(20));
}

TEST(there_is_no_date_while_the_clock_stands)
{
	struct sketch sketch;

	ask(&sketch, WORD_URGENCY_URGENT);
	turn_back(&sketch, HOURS(10), NEVER);
	check_int(outcome_due(&sketch), NEVER);
	check_int(class_at(&sketch, DAYS(80)), CASE_RETURNED);
}

TEST(pending_moves_the_date_to_the_one_it_names)
{
	struct sketch sketch;

	ask(&sketch, WORD_URGENCY_URGENT);
	put_off(&sketch, HOURS(10), OUT + HOURS(7));
	check_int(outcome_due(&sketch), OUT + HOURS(7));
	check_int(class_at(&sketch, OUT + HOURS(7)), CASE_UNDER_EXAMINATION);
	check_int(class_at(&sketch, OUT + HOURS(7) + 1), CASE_OVERDUE);
}

TEST(pending_moves_the_date_once_and_at_most_by_the_period)
{
	struct sketch sketch;

	ask(&sketch, WORD_URGENCY_URGENT);
	put_off(&sketch, HOURS(10), DAYS(300));
	put_off(&sketch, HOURS(11), DAYS(400));
	check_int(outcome_due(&sketch), 2 * OUT);
	check_int(fold_at(&sketch, minutes(DAYS(9))).extensions, 2);
}

TEST(pending_names_no_earlier_date_and_none_after_the_date_has_passed)
{
	struct sketch sketch;

	ask(&sketch, WORD_URGENCY_URGENT);
	put_off(&sketch, HOURS(1), HOURS(2));
	check_int(outcome_due(&sketch), OUT);
	put_off(&sketch, OUT + 1, OUT + HOURS(9));
	check_int(outcome_due(&sketch), OUT);
	ask(&sketch, WORD_URGENCY_URGENT);
	put_off(&sketch, OUT, OUT + HOURS(9));
	check_int(outcome_due(&sketch), OUT + HOURS(9));
}

TEST(an_interim_result_moves_the_date_if_it_names_one)
{
	struct sketch sketch;

	ask(&sketch, WORD_URGENCY_URGENT);
	lodge(&sketch,
	    (struct step){ KIND_RESULT, .at = 5, .is_interim = true });
	check_int(outcome_due(&sketch), OUT);
	lodge(&sketch,
	    (struct step){ KIND_RESULT, 0, 6, OUT + HOURS(1), true });
	check_int(outcome_due(&sketch), OUT + HOURS(1));
	put_off(&sketch, HOURS(1), OUT + HOURS(9));
	check_int(outcome_due(&sketch), OUT + HOURS(1));
}

TEST(a_return_and_pending_add_up_in_either_order)
{
	struct sketch sketch;

	ask(&sketch, WORD_URGENCY_URGENT);
	turn_back(&sketch, HOURS(10), HOURS(13));
	put_off(&sketch, HOURS(20), OUT + HOURS(10));
	check_int(outcome_due(&sketch), OUT + HOURS(10));
	ask(&sketch, WORD_URGENCY_URGENT);
	put_off(&sketch, HOURS(5), OUT + HOURS(10));
	turn_back(&sketch, HOURS(10), HOURS(13));
	check_int(outcome_due(&sketch), OUT + HOURS(13));
}

TEST(a_first_reaction_at_the_date_is_in_time_and_after_it_late)
{
	struct sketch sketch;

	for (int64_t late = 0; late <= 1; late++) {
		ask(&sketch, WORD_URGENCY_URGENT);
		lodge(&sketch,
		    (struct step){ KIND_ACKNOWLEDGEMENT, .at = ACK + late });
		check_int(fold_at(&sketch, minutes(DAYS(9))).is_reaction_late,
		    late);
	}
}

TEST(dates_cross_the_leap_day_and_stop_at_the_end_of_the_calendar)
{
	char text[INSTANT_TEXT_MAX];
	struct sketch sketch;
	struct casefile casefile;

	ask(&sketch, WORD_URGENCY_URGENT);
	sketch.entries[0].taken = instant_of(1835395199); /* 2028-02-28 */
	casefile = fold_at(&sketch, instant_of(1835395199));
	check_str(instant_write(casefile.acknowledge_due.at, text),
	    "2028-02-29T23:59:59Z");
	check_str(instant_write(casefile.outcome_due.at, text),
	    "2028-03-04T23:59:59Z");
	sketch.entries[0].taken = instant_of(INSTANT_S_MAX - 1);
	put_off(&sketch, 5, 0);
	give_instant(&sketch.records[1], MEMBER_DECISION_UNTIL,
	    instant_of(INSTANT_S_MAX));
	casefile = fold_at(&sketch, instant_of(INSTANT_S_MAX));
	check_str(instant_write(casefile.outcome_due.at, text),
	    "9999-12-31T23:59:59Z");
	check_int(casefile.class, CASE_UNDER_EXAMINATION);
}

TEST(evidence_is_asked_for_by_a_return_and_given_by_a_later_supplement)
{
	struct sketch sketch;
	struct casefile casefile;

	ask(&sketch, WORD_URGENCY_URGENT);
	lodge(&sketch, (struct step){ KIND_SUPPLEMENT, .at = 5 });
	sketch.records[1].documents = &sketch_evidence;
	sketch.records[1].documents_n = 1;
	lodge(&sketch,
	    (struct step){ KIND_RETURN, WORD_MISSING_EVIDENCE, 10, 0, 0 });
	lodge(&sketch, (struct step){ KIND_SUPPLEMENT, .at = 15 });
	casefile = fold_at(&sketch, minutes(20));
	check(casefile.is_evidence_asked && !casefile.is_evidence_given);
	sketch.records[3].documents = &sketch_evidence;
	sketch.records[3].documents_n = 1;
	check(fold_at(&sketch, minutes(20)).is_evidence_given);
	check(!fold_at(&sketch, minutes(14)).is_evidence_given);
	check(!fold_at(&sketch, minutes(9)).is_evidence_asked);
	check(!casefile.has_evidence);
}

TEST(times_differ_by_more_than_ten_minutes_either_way)
{
	static const struct {
		int64_t seconds;
		bool want;
	} apart[] = { { 600, false }, { -600, false }, { 601, true },
		{ -601, true } };

	for (size_t i = 0; i < COUNT_OF(apart); i++) {
		struct sketch sketch;

		ask(&sketch, WORD_URGENCY_URGENT);
		sketch.records[0].at = instant_of(DAY_ONE + apart[i].seconds);
		check(fold_at(&sketch, minutes(1)).are_times_different ==
		    apart[i].want);
	}
}
