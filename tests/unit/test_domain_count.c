#include "domain/count.h"
#include "tests/tap.h"
#include "tests/unit/test_domain_sketch.h"

/* January 2026, as of its end. */
static const struct statement_scope january = {
	.rule = 1,
	.from = { DAY_ONE },
	.to = { DAY_ONE + 31 * 86400 },
	.as_of = { DAY_ONE + 31 * 86400 },
};

static struct count count;
static struct statement statement;

static void
begin(const struct statement_scope *scope)
{
	struct terms terms = terms_default();

	count_init(&count, scope, &terms);
}

static void
add(const struct sketch *sketch)
{
	count_add(&count, sketch->entries, sketch->n);
}

static void
end(void)
{
	count_end(&count, &statement);
	count_clear(&count);
}

static int64_t
total(unsigned side)
{
	return (int64_t)statement.directions[side].all.total;
}

static int64_t in_class(enum case_class class)
{
	return (int64_t)statement.directions[0].all.classes[class];
}

TEST(a_request_taken_as_the_period_begins_is_in_it_and_as_it_ends_is_not)
{
	static const struct {
		int64_t s;
		int64_t want;
	} rows[] = { { -1, 0 }, { 0, 1 }, { 31 * 86400 - 1, 1 },
		{ 31 * 86400, 0 } };

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct sketch sketch;

		ask(&sketch, WORD_URGENCY_URGENT);
		sketch.entries[0].taken = instant_of(DAY_ONE + rows[i].s);
		begin(&january);
		add(&sketch);
		end();
		check_int(total(0), rows[i].want);
	}
}

TEST(a_request_not_taken_is_in_the_period_of_its_own_time)
{
	struct sketch sketch;

	ask(&sketch, WORD_URGENCY_URGENT);
	sketch.entries[0].has_taken = false;
	begin(&january);
	add(&sketch);
	sketch.records[0].at = minutes(DAYS(31));
	add(&sketch);
	end();
	check_int(total(0), 1);
	check_int(in_class(CASE_NOT_TAKEN), 1);
	check_int((int64_t)statement.directions[0].times_differ, 0);
}

TEST(what_was_taken_after_the_instant_is_not_taken)
{
	struct statement_scope scope = january;
	struct sketch sketch;

	scope.as_of = minutes(10);
	ask(&sketch, WORD_URGENCY_URGENT);
	sketch.entries[0].taken = minutes(11);
	begin(&scope);
	add(&sketch);
	end();
	check_int(in_class(CASE_NOT_TAKEN), 1);
}

TEST(exercises_and_tests_are_counted_apart_from_all_else)
{
	struct statement_scope exercise = january;

	exercise.is_exercise = true;
	for (unsigned i = 0; i < 2; i++) {
		struct sketch sketch;

		begin(i == 0 ? &january : &exercise);
		ask(&sketch, WORD_URGENCY_URGENT);
		add(&sketch);
		sketch.records[0].is_exercise = true;
		add(&sketch);
		ask(&sketch, WORD_URGENCY_URGENT);
		give_word(&sketch.records[0], MEMBER_REQUEST_RSIT,
		    WORD_RSIT_TEST_TEST);
		add(&sketch);
		give_word(&sketch.records[0], MEMBER_REQUEST_RSIT,
		    WORD_RSIT_OTHER_OTHER);
		add(&sketch);
		end();
		check_int(total(0), 2);
	}
}

TEST(each_direction_has_its_own_figures)
{
	struct sketch sketch;

	begin(&january);
	ask(&sketch, WORD_URGENCY_URGENT);
	add(&sketch);
	add(&sketch);
	sketch.entries[0].side = 1;
	add(&sketch);
	end();
	check_int(total(0), 2);
	check_int(total(1), 1);
}

TEST(times_are_over_the_cases_that_have_the_event)
{
	const struct direction *d = &statement.directions[0];
	struct sketch sketch;

	begin(&january);
	for (int64_t i = 1; i <= 10; i++) {
		ask(&sketch, WORD_URGENCY_URGENT);
		lodge(&sketch,
		    (struct step){ KIND_ACKNOWLEDGEMENT, .at = 11 - i });
		add(&sketch);
	}
	ask(&sketch, WORD_URGENCY_URGENT);
	lodge(&sketch, (struct step){ KIND_DECISION, .at = 500 });
	lodge(&sketch,
	    (struct step){ KIND_RESULT, .at = 600, .is_interim = true });
	lodge(&sketch, (struct step){ KIND_RESULT, .at = 700 });
	lodge(&sketch, (struct step){ KIND_RESULT, .at = 800 });
	add(&sketch);
	end();
	check_int((int64_t)d->acknowledge.n, 10);
	check_int(d->acknowledge.median.s, 5 * 60);
	check_int(d->acknowledge.ninetieth.s, 9 * 60);
	check_int((int64_t)d->outcome.n, 1);
	check_int(d->outcome.median.s, 700 * 60);
}

TEST(a_reaction_shown_before_the_request_was_taken_took_no_time)
{
	struct sketch sketch;

	ask(&sketch, WORD_URGENCY_URGENT);
	lodge(&sketch, (struct step){ KIND_ACKNOWLEDGEMENT, .at = -5 });
	begin(&january);
	add(&sketch);
	end();
	check_int((int64_t)statement.directions[0].acknowledge.n, 1);
	check_int(statement.directions[0].acknowledge.median.s, 0);
}

TEST(the_nearest_rank_is_a_value_that_occurred)
{
	static const struct {
		size_t n;
		unsigned percent;
		int64_t want;
	} rows[] = {
		/* clang-format off */
		{ 1, 50, 1 }, { 1, 90, 1 }, { 2, 50, 1 }, { 2, 90, 2 },
		{ 3, 50, 2 }, { 9, 90, 9 }, { 10, 50, 5 }, { 10, 90, 9 },
		{ 11, 50, 6 }, { 11, 90, 10 }, { 200, 50, 100 },
		{ 200, 90, 180 }, { 201, 90, 181 }, { 201, 100, 201 },
		/* clang-format on */
	};
	struct period values[201];

	for (size_t i = 0; i < COUNT_OF(values); i++)
		values[i] = period_of((int64_t)i + 1);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_int(count_nearest_rank(values, rows[i].n, rows[i].percent)
			      .s,
		    rows[i].want);
}

TEST(reports_queries_and_answers_are_counted_apart_by_sender)
{
	struct sketch sketch = { .n = 0 };

	begin(&january);
	lodge_by(&sketch, 1, (struct step){ KIND_REPORT, .at = 0 });
	lodge_by(&sketch, 0, (struct step){ KIND_QUERY, .at = 1 });
	lodge_by(&sketch, 1, (struct step){ KIND_ANSWER, .at = 2 });
	lodge_by(&sketch, 0, (struct step){ KIND_QUERY, .at = NEVER });
	lodge_by(&sketch, 0, (struct step){ KIND_QUERY, .at = DAYS(40) });
	add(&sketch);
	end();
	check_int(total(0) + total(1), 0);
	check_int((int64_t)statement.directions[1].reports.taken, 1);
	check_int((int64_t)statement.directions[0].queries.taken, 1);
	check_int((int64_t)statement.directions[0].queries.not_taken, 1);
	check_int((int64_t)statement.directions[1].answers.taken, 1);
}

TEST(returns_and_extensions_are_counted_each_and_cases_once)
{
	const struct direction *d = &statement.directions[0];
	struct sketch sketch;

	ask(&sketch, WORD_URGENCY_EMERGENCY);
	for (int64_t i = 1; i <= 3; i++) {
		lodge(&sketch,
		    (struct step){ KIND_RETURN, WORD_MISSING_EVIDENCE, HOURS(i),
			0, 0 });
		lodge(&sketch,
		    (struct step){ KIND_DECISION, WORD_DECISION_PENDING,
			HOURS(i), HOURS(40), 0 });
	}
	lodge(&sketch,
	    (struct step){ KIND_SUPPLEMENT, WORD_URGENCY_ROUTINE, HOURS(5), 0,
		0 });
	begin(&january);
	add(&sketch);
	end();
	check_int((int64_t)d->returns, 3);
	check_int((int64_t)d->extensions, 3);
	check_int((int64_t)d->evidence_asked, 1);
	check_int((int64_t)d->evidence_given, 0);
	check_int((int64_t)d->emergencies, 1);
	check_int((int64_t)d->emergencies_called_routine, 1);
	check_int((int64_t)d
		      ->topics[WORD_TOPIC_DDOS - WORD_TOPIC_RANSOMWARE_BUSINESS]
		      .total,
	    1);
	check_int((int64_t)d->urgencies[0].classes[CASE_OVERDUE], 1);
}

/* Seconds from DAY_ONE of a time on a day of January 2026. */
static struct instant
on(int64_t day, int64_t hour, int64_t minute, int64_t second)
{
	return instant_of(
	    DAY_ONE + (day - 1) * 86400 + hour * 3600 + minute * 60 + second);
}

static void
add_taken(struct sketch *sketch, struct instant at)
{
	ask(sketch, WORD_URGENCY_URGENT);
	sketch->records[0].at = at;
	sketch->entries[0].taken = at;
}

static void
lodge_shown(struct sketch *sketch, enum kind kind, struct instant at)
{
	lodge(sketch, (struct step){ kind, .at = 0 })->shown = at;
}

/* docs/COUNTING.md, example 4. */
TEST(the_worked_example_has_the_figures_that_the_manual_gives)
{
	const struct direction *d = &statement.directions[0];
	struct sketch sketch;

	begin(&january);
	add_taken(&sketch, on(5, 10, 0, 0));
	lodge_shown(&sketch, KIND_ACKNOWLEDGEMENT, on(5, 10, 31, 0));
	lodge_shown(&sketch, KIND_RESULT, on(6, 10, 0, 0));
	add(&sketch);
	add_taken(&sketch, on(9, 8, 0, 0));
	lodge_shown(&sketch, KIND_ACKNOWLEDGEMENT, on(10, 8, 0, 1));
	add(&sketch);
	add_taken(&sketch, on(31, 23, 59, 59));
	add(&sketch);
	add_taken(&sketch, on(20, 12, 0, 0));
	sketch.entries[0].has_taken = false;
	add(&sketch);
	add_taken(&sketch, on(32, 0, 0, 0));
	add(&sketch);
	end();
	check_int(total(0), 4);
	check_int(in_class(CASE_SATISFIED_CLAIMED), 1);
	check_int(in_class(CASE_OVERDUE), 1);
	check_int(in_class(CASE_AWAITING), 1);
	check_int(in_class(CASE_NOT_TAKEN), 1);
	check_int((int64_t)d->reactions_late, 1);
	check_int((int64_t)d->without_evidence, 4);
	check_int((int64_t)d->acknowledge.n, 2);
	check_int(d->acknowledge.median.s, 1860);
	check_int(d->acknowledge.ninetieth.s, 86401);
	check_int((int64_t)d->outcome.n, 1);
	check_int(d->outcome.median.s, 86400);
}
