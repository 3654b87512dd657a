#include "tests/tap.h"
#include "tests/unit/test_domain_sketch.h"

/*
 * An urgent request is to be acknowledged in 24 hours and to have an outcome
 * in 5 days; all these cases are of one, taken at DAY_ONE.
 */
#define ACK HOURS(24)
#define OUT DAYS(5)

#define APPROVED WORD_DECISION_APPROVED
#define DENIED WORD_DECISION_DENIED
#define PENDING WORD_DECISION_PENDING
#define SATISFIED WORD_OUTCOME_SATISFIED
#define PARTLY WORD_OUTCOME_PARTLY_SATISFIED
#define NOT WORD_OUTCOME_NOT_SATISFIED
#define CONFIRMED WORD_APPRAISAL_CONFIRMED
#define CONTESTED WORD_APPRAISAL_CONTESTED

#define STEPS_MAX 6

static const struct story {
	const char *name;
	int64_t as_of;
	enum case_class want;
	struct step steps[STEPS_MAX]; /* up to the first request: kind 0 */
} stories[] = {
	/* clang-format off */
	{ "nothing yet", 1, CASE_AWAITING, { { 0 } } },
	{ "nothing at the date", ACK, CASE_AWAITING, { { 0 } } },
	{ "nothing a minute after", ACK + 1, CASE_WITHOUT_REACTION, { { 0 } } },
	{ "nothing for months", DAYS(90), CASE_WITHOUT_REACTION, { { 0 } } },
	{ "acknowledged", 30, CASE_UNDER_EXAMINATION,
	    { { KIND_ACKNOWLEDGEMENT, 0, 10, 0, 0 } } },
	{ "not yet shown", 9, CASE_AWAITING,
	    { { KIND_ACKNOWLEDGEMENT, 0, 10, 0, 0 } } },
	{ "acknowledged, never shown", ACK + 1, CASE_WITHOUT_REACTION,
	    { { KIND_ACKNOWLEDGEMENT, 0, NEVER, 0, 0 } } },
	{ "acknowledged late", ACK + 20, CASE_UNDER_EXAMINATION,
	    { { KIND_ACKNOWLEDGEMENT, 0, ACK + 10, 0, 0 } } },
	{ "acknowledged, at the outcome date", OUT, CASE_UNDER_EXAMINATION,
	    { { KIND_ACKNOWLEDGEMENT, 0, 10, 0, 0 } } },
	{ "acknowledged, after it", OUT + 1, CASE_OVERDUE,
	    { { KIND_ACKNOWLEDGEMENT, 0, 10, 0, 0 } } },
	{ "approved, after it", OUT + 1, CASE_OVERDUE,
	    { { KIND_DECISION, APPROVED, 10, 0, 0 } } },
	{ "denied", 20, CASE_DENIED,
	    { { KIND_DECISION, DENIED, 10, 0, 0 } } },
	{ "denied, then approved", 30, CASE_UNDER_EXAMINATION,
	    { { KIND_DECISION, DENIED, 10, 0, 0 },
	      { KIND_DECISION, APPROVED, 20, 0, 0 } } },
	{ "denied, then a final result", 30, CASE_SATISFIED_CLAIMED,
	    { { KIND_DECISION, DENIED, 10, 0, 0 },
	      { KIND_RESULT, SATISFIED, 20, 0, 0 } } },
	{ "a final result, then denied", 30, CASE_NOT_SATISFIED,
	    { { KIND_RESULT, NOT, 10, 0, 0 },
	      { KIND_DECISION, DENIED, 20, 0, 0 } } },
	{ "interim result", 20, CASE_UNDER_EXAMINATION,
	    { { KIND_RESULT, SATISFIED, 10, 0, true } } },
	{ "satisfied", 20, CASE_SATISFIED_CLAIMED,
	    { { KIND_RESULT, SATISFIED, 10, 0, 0 } } },
	{ "satisfied late is satisfied", DAYS(80), CASE_SATISFIED_CLAIMED,
	    { { KIND_RESULT, SATISFIED, DAYS(70), 0, 0 } } },
	{ "confirmed", 30, CASE_SATISFIED_CONFIRMED,
	    { { KIND_RESULT, SATISFIED, 10, 0, 0 },
	      { KIND_APPRAISAL, CONFIRMED, 20, 0, 0 } } },
	{ "confirmed in the same second", 10, CASE_SATISFIED_CONFIRMED,
	    { { KIND_RESULT, SATISFIED, 10, 0, 0 },
	      { KIND_APPRAISAL, CONFIRMED, 10, 0, 0 } } },
	{ "contested", 30, CASE_SATISFIED_CONTESTED,
	    { { KIND_RESULT, SATISFIED, 10, 0, 0 },
	      { KIND_APPRAISAL, CONTESTED, 20, 0, 0 } } },
	{ "contested, then confirmed", 40, CASE_SATISFIED_CONFIRMED,
	    { { KIND_RESULT, SATISFIED, 10, 0, 0 },
	      { KIND_APPRAISAL, CONTESTED, 20, 0, 0 },
	      { KIND_APPRAISAL, CONFIRMED, 30, 0, 0 } } },
	{ "a new result undoes the appraisal", 40, CASE_SATISFIED_CLAIMED,
	    { { KIND_RESULT, SATISFIED, 10, 0, 0 },
	      { KIND_APPRAISAL, CONTESTED, 20, 0, 0 },
	      { KIND_RESULT, SATISFIED, 30, 0, 0 } } },
	{ "appraised before any result", 40, CASE_SATISFIED_CLAIMED,
	    { { KIND_APPRAISAL, CONTESTED, 10, 0, 0 },
	      { KIND_RESULT, SATISFIED, 30, 0, 0 } } },
	{ "partly satisfied, confirmed", 40, CASE_PARTLY_SATISFIED,
	    { { KIND_RESULT, PARTLY, 10, 0, 0 },
	      { KIND_APPRAISAL, CONFIRMED, 30, 0, 0 } } },
	{ "the last final result counts", 40, CASE_PARTLY_SATISFIED,
	    { { KIND_RESULT, NOT, 10, 0, 0 },
	      { KIND_RESULT, PARTLY, 10, 0, 0 },
	      { KIND_RESULT, SATISFIED, 20, 0, true } } },
	{ "withdrawn", 20, CASE_WITHDRAWN,
	    { { KIND_WITHDRAWAL, 0, 10, 0, 0 } } },
	{ "withdrawn after an acknowledgement", 20, CASE_WITHDRAWN,
	    { { KIND_ACKNOWLEDGEMENT, 0, 5, 0, 0 },
	      { KIND_WITHDRAWAL, 0, 10, 0, 0 } } },
	{ "withdrawn, then a result", 40, CASE_WITHDRAWN,
	    { { KIND_WITHDRAWAL, 0, 10, 0, 0 },
	      { KIND_RESULT, SATISFIED, 20, 0, 0 } } },
	{ "withdrawn when the result was shown", 40, CASE_NOT_SATISFIED,
	    { { KIND_RESULT, NOT, 10, 0, 0 },
	      { KIND_WITHDRAWAL, 0, 10, 0, 0 } } },
	{ "withdrawn after the denial", 40, CASE_DENIED,
	    { { KIND_DECISION, DENIED, 10, 0, 0 },
	      { KIND_WITHDRAWAL, 0, 20, 0, 0 } } },
	{ "withdrawn when the denial no longer stood", 40, CASE_WITHDRAWN,
	    { { KIND_DECISION, DENIED, 10, 0, 0 },
	      { KIND_DECISION, APPROVED, 20, 0, 0 },
	      { KIND_WITHDRAWAL, 0, 30, 0, 0 } } },
	{ "returned", DAYS(50), CASE_RETURNED,
	    { { KIND_RETURN, 0, 10, 0, 0 } } },
	{ "supplemented before the return", DAYS(50), CASE_RETURNED,
	    { { KIND_SUPPLEMENT, 0, 5, 0, 0 },
	      { KIND_RETURN, 0, 10, 0, 0 } } },
	{ "returned and supplemented", 30, CASE_UNDER_EXAMINATION,
	    { { KIND_RETURN, 0, 10, 0, 0 },
	      { KIND_SUPPLEMENT, 0, 20, 0, 0 } } },
	{ "returned again", 40, CASE_RETURNED,
	    { { KIND_RETURN, 0, 10, 0, 0 },
	      { KIND_SUPPLEMENT, 0, 20, 0, 0 },
	      { KIND_RETURN, 0, 30, 0, 0 } } },
	{ "returned, then denied", 40, CASE_DENIED,
	    { { KIND_RETURN, 0, 10, 0, 0 },
	      { KIND_DECISION, DENIED, 20, 0, 0 } } },
	/* clang-format on */
};

static void
draw(struct sketch *sketch, const struct story *story)
{
	ask(sketch, WORD_URGENCY_URGENT);
	for (size_t i = 0; i < STEPS_MAX && story->steps[i].kind != 0; i++)
		lodge(sketch, story->steps[i]);
}

TEST(every_story_ends_in_its_class)
{
	for (size_t i = 0; i < COUNT_OF(stories); i++) {
		struct sketch sketch;

		draw(&sketch, &stories[i]);
		if (!check(
			class_at(&sketch, stories[i].as_of) == stories[i].want))
			tap_note("%s: %s, want %s", stories[i].name,
			    case_class_name(
				class_at(&sketch, stories[i].as_of)),
			    case_class_name(stories[i].want));
	}
}

TEST(a_request_that_the_other_node_did_not_take_is_not_taken_whatever_follows)
{
	for (size_t i = 0; i < COUNT_OF(stories); i++) {
		struct sketch sketch;

		draw(&sketch, &stories[i]);
		sketch.entries[0].has_taken = false;
		check_str(case_class_name(class_at(&sketch, stories[i].as_of)),
		    "not-taken");
	}
}

TEST(what_is_of_no_use_to_a_case_leaves_its_class_as_it_is)
{
	for (size_t i = 0; i < COUNT_OF(stories); i++)
		for (enum kind k = KIND_SUPPLEMENT; k < KIND_COUNT; k++) {
			const struct story *story = &stories[i];
			struct step step = { k, .at = story->as_of };
			struct sketch sketch;
			struct casefile before;

			if (kind_row(k)->opens == OPENS_ALWAYS)
				continue;
			draw(&sketch, story);
			before = fold_at(&sketch, minutes(story->as_of));
			unsigned side = lodge(&sketch, step)->side;
			if (casefile_allows(&before, side, k))
				continue;
			check_str(case_class_name(
				      class_at(&sketch, story->as_of)),
			    case_class_name(before.class));
		}
}

TEST(a_record_of_the_wrong_side_has_no_effect_in_any_situation)
{
	for (size_t i = 0; i < COUNT_OF(stories); i++)
		for (enum kind k = KIND_SUPPLEMENT; k < KIND_COUNT; k++) {
			const struct story *story = &stories[i];
			struct step step = { k, .at = story->as_of };
			enum kind_sender sender = kind_row(k)->sender;
			struct sketch sketch;

			if (sender == SENDER_EITHER)
				continue;
			draw(&sketch, story);
			lodge_by(&sketch, sender == SENDER_REQUESTER, step);
			check_int(class_at(&sketch, story->as_of), story->want);
		}
}

TEST(every_class_is_the_end_of_some_story)
{
	for (enum case_class c = CASE_NOT_TAKEN + 1; c < CASE_CLASS_COUNT;
	     c++) {
		size_t n = 0;

		for (size_t i = 0; i < COUNT_OF(stories); i++)
			n += stories[i].want == c;
		if (!check(n > 0))
			tap_note("%s", case_class_name(c));
	}
}

TEST(clocks_follow_the_urgency_of_the_opening_record)
{
	static const struct {
		enum word urgency;
		int64_t acknowledge, outcome;
	} want[] = {
		/* clang-format off */
		{ WORD_URGENCY_EMERGENCY, HOURS(2),  HOURS(8) },
		{ WORD_URGENCY_URGENT,    HOURS(24), DAYS(5) },
		{ WORD_URGENCY_ROUTINE,   HOURS(72), DAYS(30) },
		/* clang-format on */
	};

	for (size_t i = 0; i < COUNT_OF(want); i++) {
		struct sketch sketch;
		struct casefile casefile;

		ask(&sketch, want[i].urgency);
		lodge(&sketch,
		    (struct step){ KIND_SUPPLEMENT, WORD_URGENCY_ROUTINE, 5, 0,
			0 });
		casefile = fold_at(&sketch, minutes(10));
		check_int(casefile.acknowledge_due.at.s,
		    minutes(want[i].acknowledge).s);
		check_int(casefile.outcome_due.at.s,
		    minutes(want[i].outcome).s);
		check(casefile.is_emergency_called_routine == (i == 0));
	}
}

TEST(each_party_is_told_what_it_owes_the_earliest_first)
{
	struct due due[CASEFILE_DUE_MAX];
	struct sketch sketch;
	struct casefile casefile;

	ask(&sketch, WORD_PURPOSE_PRESERVATION);
	lodge_by(&sketch, 1, (struct step){ KIND_QUERY, .at = 1 });
	casefile = fold_at(&sketch, minutes(ACK + 1));
	require(casefile_due(&casefile, due) == 4);
	check_str(due_what_name(due[0].what), "acknowledgement");
	check(due[0].side == 1 && due[0].is_late);
	check_str(due_what_name(due[1].what), "outcome");
	check(due[1].side == 1 && !due[1].is_late);
	check_str(due_what_name(due[2].what), "preservation");
	check_int(due[2].by.at.s, minutes(DAYS(60)).s);
	check_str(due_what_name(due[3].what), "answer");
	check(due[3].side == 0 && !due[3].by.has);
	check(casefile_allows(&casefile, 0, KIND_ANSWER));
	check(!casefile_allows(&casefile, 1, KIND_ANSWER));
}

TEST(an_answer_settles_the_query_that_it_names_and_no_other)
{
	struct sketch sketch;
	struct hash first;
	struct case_record *one;

	ask(&sketch, WORD_URGENCY_URGENT);
	first =
	    lodge_by(&sketch, 0, (struct step){ KIND_QUERY, .at = 1 })->leaf;
	lodge_by(&sketch, 0, (struct step){ KIND_QUERY, .at = 2 });
	lodge_by(&sketch, 1, (struct step){ KIND_ANSWER, .at = 3 });
	sketch.records[3].re = first;
	check(fold_at(&sketch, minutes(9)).owes_answer[1]);
	one = lodge_by(&sketch, 1, (struct step){ KIND_ANSWER, .at = 4 });
	sketch.records[4].re = sketch.entries[2].leaf;
	check(!fold_at(&sketch, minutes(9)).owes_answer[1]);
	one->has_shown = false;
	check(fold_at(&sketch, minutes(9)).owes_answer[1]);
	check(!fold_at(&sketch, minutes(9)).owes_answer[0]);
}

TEST(a_report_asks_nothing_and_is_in_no_class)
{
	struct sketch sketch = { .n = 0 };
	struct due due[CASEFILE_DUE_MAX];
	struct casefile casefile;

	lodge_by(&sketch, 1, (struct step){ KIND_REPORT, .at = 0 });
	casefile = fold_at(&sketch, minutes(DAYS(99)));
	check(!casefile.has_class && casefile.requester == 1);
	check(casefile_due(&casefile, due) == 0);
	check(casefile_allows(&casefile, 0, KIND_ACKNOWLEDGEMENT));
	lodge_by(&sketch, 0, (struct step){ KIND_ACKNOWLEDGEMENT, .at = 5 });
	casefile = fold_at(&sketch, minutes(DAYS(99)));
	check(!casefile_allows(&casefile, 0, KIND_ACKNOWLEDGEMENT));
}
