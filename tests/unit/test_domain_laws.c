#include "domain/count.h"
#include "tests/tap.h"
#include "tests/unit/test_domain_sketch.h"

#define TRIALS 5000
#define RECORDS_MAX 14

/* xorshift64: the same sequence on every machine. */
static uint64_t seed = 20260722;

static uint64_t
any(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % below;
}

static enum word
any_word(void)
{
	static const enum vocabulary vocabularies[] = { VOCABULARY_DECISION,
		VOCABULARY_OUTCOME, VOCABULARY_APPRAISAL, VOCABULARY_URGENCY,
		VOCABULARY_MISSING };
	enum vocabulary v = vocabularies[any(COUNT_OF(vocabularies))];

	return vocabulary_first(v) + (enum word)any(vocabulary_size(v));
}

static const enum kind steps[] = { KIND_SUPPLEMENT, KIND_WITHDRAWAL,
	KIND_ACKNOWLEDGEMENT, KIND_RETURN, KIND_RETURN, KIND_DECISION,
	KIND_DECISION, KIND_RESULT, KIND_RESULT, KIND_APPRAISAL, KIND_QUERY,
	KIND_ANSWER };

/* A case of some records; times never fall along a log, and often tie. */
static void
draw_any(struct sketch *sketch)
{
	static const enum word urgencies[] = { WORD_URGENCY_EMERGENCY,
		WORD_URGENCY_URGENT, WORD_URGENCY_ROUTINE };
	int64_t at[2] = { 0, 0 };
	size_t n = any(RECORDS_MAX);

	ask(sketch, urgencies[any(3)]);
	if (any(20) == 0)
		sketch->entries[0].has_taken = false;
	for (size_t i = 0; i < n; i++) {
		struct step step = { steps[any(COUNT_OF(steps))], any_word(), 0,
			(int64_t)(any(2) * any(DAYS(80))), any(2) > 0 };
		unsigned side = any(10) == 0 ?
		    (unsigned)any(2) :
		    kind_row(step.kind)->sender == SENDER_RESPONDER;

		if (any(3) > 0)
			at[side] += (int64_t)any(any(2) ? 60 : DAYS(9));
		step.at = at[side];
		lodge_by(sketch, side, step);
	}
}

static struct instant
any_instant(void)
{
	return minutes((int64_t)any(any(2) ? HOURS(4) : DAYS(70)));
}

static bool
moments_are_equal(struct moment a, struct moment b)
{
	return a.has == b.has && (!a.has || a.at.s == b.at.s);
}

static bool
casefiles_are_equal(const struct casefile *a, const struct casefile *b)
{
	return a->class == b->class && a->returns == b->returns &&
	    a->extensions == b->extensions &&
	    moments_are_equal(a->taken, b->taken) &&
	    moments_are_equal(a->acknowledge_due, b->acknowledge_due) &&
	    moments_are_equal(a->outcome_due, b->outcome_due) &&
	    moments_are_equal(a->reaction, b->reaction) &&
	    moments_are_equal(a->acknowledged, b->acknowledged) &&
	    moments_are_equal(a->outcome, b->outcome) &&
	    a->is_reaction_late == b->is_reaction_late &&
	    a->is_evidence_asked == b->is_evidence_asked &&
	    a->is_evidence_given == b->is_evidence_given &&
	    a->is_emergency_called_routine == b->is_emergency_called_routine;
}

static void
shuffle(struct sketch *sketch)
{
	for (size_t i = sketch->n - 1; i > 0; i--) {
		size_t k = any(i + 1);
		struct case_record one = sketch->entries[i];

		sketch->entries[i] = sketch->entries[k];
		sketch->entries[k] = one;
	}
}

TEST(the_order_in_which_records_are_given_changes_nothing)
{
	for (unsigned trial = 0; trial < TRIALS; trial++) {
		struct sketch sketch;
		struct casefile before, after;
		struct instant as_of = any_instant();

		draw_any(&sketch);
		before = fold_at(&sketch, as_of);
		shuffle(&sketch);
		after = fold_at(&sketch, as_of);
		require(casefiles_are_equal(&before, &after));
	}
}

/* When ${one} counts: the rule's words, not the program's. */
static struct moment
counted(const struct case_record *one)
{
	return one->side == 0 ? (struct moment){ one->has_taken, one->taken } :
				(struct moment){ one->has_shown, one->shown };
}

TEST(a_record_that_does_not_count_yet_might_as_well_not_be_there)
{
	for (unsigned trial = 0; trial < TRIALS; trial++) {
		struct sketch sketch, cut;
		struct casefile whole, part;
		struct instant as_of = any_instant();

		draw_any(&sketch);
		whole = fold_at(&sketch, as_of);
		cut = sketch;
		cut.n = 1;
		for (size_t i = 1; i < sketch.n; i++) {
			struct moment at = counted(&sketch.entries[i]);

			if (at.has && at.at.s <= as_of.s)
				cut.entries[cut.n++] = sketch.entries[i];
		}
		part = fold_at(&cut, as_of);
		require(casefiles_are_equal(&whole, &part));
	}
}

TEST(a_record_that_is_nothing_to_the_case_changes_nothing)
{
	static const enum kind idle[] = { KIND_QUERY, KIND_ANSWER, KIND_REFUSAL,
		KIND_ERASURE, KIND_RECEIPT };

	for (unsigned trial = 0; trial < TRIALS; trial++) {
		struct sketch sketch;
		struct casefile before, after;
		struct instant as_of = any_instant();

		draw_any(&sketch);
		before = fold_at(&sketch, as_of);
		lodge_by(&sketch, (unsigned)any(2),
		    (struct step){ idle[any(COUNT_OF(idle))], .at = DAYS(70) });
		after = fold_at(&sketch, as_of);
		require(casefiles_are_equal(&before, &after));
	}
}

/* Class by class, what docs/COUNTING.md says, without the clocks. */
struct plain {
	const struct case_record *withdrawal, *final, *decision, *returned;
	const struct case_record *appraisal, *reaction;
	bool is_supplemented, is_closed_before;
};

static void
read_plainly(struct plain *p, const struct sketch *sketch, struct instant as_of)
{
	for (size_t i = 0; i < sketch->n; i++) {
		const struct case_record *one = &sketch->entries[i];
		struct moment at = counted(one);
		enum kind kind = one->record->kind;

		if (!at.has || at.at.s > as_of.s)
			continue;
		if (one->side == 0 && kind == KIND_WITHDRAWAL &&
		    p->withdrawal == NULL)
			p->withdrawal = one;
		if (one->side == 0)
			continue;
		if (kind_has_effect(kind, EFFECT_REACTION))
			p->reaction = one;
		if (kind == KIND_DECISION)
			p->decision = one;
		if (kind == KIND_RETURN)
			p->returned = one;
		if (kind == KIND_RESULT &&
		    record_fact(one->record, MEMBER_RESULT_FINAL)->flag)
			p->final = one;
	}
}

static bool
is_denial(const struct case_record *one)
{
	return one != NULL &&
	    record_word(one->record, MEMBER_DECISION_DECISION) ==
	    WORD_DECISION_DENIED;
}

static void
read_followers(struct plain *p, const struct sketch *sketch,
    struct instant as_of)
{
	struct plain then = { 0 };

	for (size_t i = 0; i < sketch->n; i++) {
		const struct case_record *one = &sketch->entries[i];
		enum kind kind = one->record->kind;

		if (one->side != 0 || !one->has_taken || one->taken.s > as_of.s)
			continue;
		if (kind == KIND_APPRAISAL && p->final != NULL &&
		    one->taken.s >= p->final->shown.s)
			p->appraisal = one;
		if (kind == KIND_SUPPLEMENT && p->returned != NULL &&
		    one->taken.s >= p->returned->shown.s)
			p->is_supplemented = true;
	}
	if (p->withdrawal == NULL)
		return;
	read_plainly(&then, sketch, p->withdrawal->taken);
	p->is_closed_before = then.final != NULL || is_denial(then.decision);
}

static enum case_class
class_of_satisfied(const struct plain *p)
{
	if (p->appraisal == NULL)
		return CASE_SATISFIED_CLAIMED;
	return record_word(p->appraisal->record, MEMBER_APPRAISAL_APPRAISAL) ==
		WORD_APPRAISAL_CONFIRMED ?
	    CASE_SATISFIED_CONFIRMED :
	    CASE_SATISFIED_CONTESTED;
}

static enum case_class
class_plainly(const struct sketch *sketch, const struct casefile *dates)
{
	struct plain p = { 0 };
	int64_t now = dates->as_of.s;
	enum word outcome;

	read_plainly(&p, sketch, dates->as_of);
	read_followers(&p, sketch, dates->as_of);
	if (!sketch->entries[0].has_taken || sketch->entries[0].taken.s > now)
		return CASE_NOT_TAKEN;
	if (p.withdrawal != NULL && !p.is_closed_before)
		return CASE_WITHDRAWN;
	if (p.final != NULL) {
		outcome = record_word(p.final->record, MEMBER_RESULT_OUTCOME);
		if (outcome == WORD_OUTCOME_SATISFIED)
			return class_of_satisfied(&p);
		return outcome == WORD_OUTCOME_NOT_SATISFIED ?
		    CASE_NOT_SATISFIED :
		    CASE_PARTLY_SATISFIED;
	}
	if (is_denial(p.decision))
		return CASE_DENIED;
	if (p.returned != NULL && !p.is_supplemented)
		return CASE_RETURNED;
	if (p.reaction != NULL)
		return now > dates->outcome_due.at.s ? CASE_OVERDUE :
						       CASE_UNDER_EXAMINATION;
	return now > dates->acknowledge_due.at.s ? CASE_WITHOUT_REACTION :
						   CASE_AWAITING;
}

TEST(the_class_is_the_one_that_a_plain_reading_of_the_rule_gives)
{
	size_t seen[CASE_CLASS_COUNT] = { 0 };

	for (unsigned trial = 0; trial < TRIALS; trial++) {
		struct sketch sketch;
		struct casefile casefile;

		draw_any(&sketch);
		casefile = fold_at(&sketch, any_instant());
		require(casefile.class == class_plainly(&sketch, &casefile));
		seen[casefile.class]++;
	}
	for (enum case_class c = 0; c < CASE_CLASS_COUNT; c++)
		if (!check(seen[c] > 0))
			tap_note("never %s", case_class_name(c));
}

TEST(no_expiry_is_declared_before_its_date_and_no_date_is_too_far)
{
	for (unsigned trial = 0; trial < TRIALS; trial++) {
		struct terms terms = terms_default();
		struct sketch sketch;
		struct casefile c;
		int64_t period, stopped;

		draw_any(&sketch);
		c = fold_at(&sketch, any_instant());
		if (c.class == CASE_OVERDUE)
			require(c.as_of.s > c.outcome_due.at.s);
		if (c.class == CASE_WITHOUT_REACTION)
			require(c.as_of.s > c.acknowledge_due.at.s);
		if (!c.outcome_due.has)
			continue;
		/* Never earlier than the terms; later by one move and one
		 * stop, which a supplement ended by as_of. */
		period = terms_outcome(&terms, c.urgency).s;
		stopped = c.as_of.s - c.taken.at.s +
		    terms_acknowledge(&terms, c.urgency).s;
		require(c.outcome_due.at.s >= c.taken.at.s + period);
		require(
		    c.outcome_due.at.s <= c.taken.at.s + 2 * period + stopped);
	}
}

static uint64_t
sum(const struct tally *tally)
{
	uint64_t n = 0;

	for (enum case_class c = 0; c < CASE_CLASS_COUNT; c++)
		n += tally->classes[c];
	return n;
}

TEST(classes_topics_urgencies_and_evidence_sum_to_the_total)
{
	struct terms terms = terms_default();
	struct statement_scope scope = {
		.rule = 1,
		.from = minutes(0),
		.to = minutes(DAYS(365)),
		.as_of = minutes(DAYS(20)),
	};
	struct statement statement;
	const struct direction *d = &statement.directions[0];
	uint64_t topics = 0, urgencies = 0;
	struct count count;

	count_init(&count, &scope, &terms);
	for (unsigned trial = 0; trial < TRIALS; trial++) {
		struct sketch sketch;

		draw_any(&sketch);
		count_add(&count, sketch.entries, sketch.n);
	}
	count_end(&count, &statement);
	for (size_t i = 0; i < STATEMENT_TOPICS; i++) {
		check(sum(&d->topics[i]) == d->topics[i].total);
		topics += d->topics[i].total;
	}
	for (size_t i = 0; i < STATEMENT_URGENCIES; i++) {
		check(sum(&d->urgencies[i]) == d->urgencies[i].total);
		urgencies += d->urgencies[i].total;
	}
	check(d->all.total == TRIALS && sum(&d->all) == TRIALS);
	check(topics == TRIALS && urgencies == TRIALS);
	check(d->with_evidence + d->without_evidence == TRIALS);
	check(statement.directions[1].all.total == 0);
	count_clear(&count);
}
