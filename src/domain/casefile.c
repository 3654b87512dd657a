#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "domain/casefile.h"
#include "domain/record.h"
#include "domain/terms.h"

/* A list of records of one party in the order of its logs. */
struct row {
	const struct case_record **records;
	size_t n;
};

struct fold {
	struct casefile *out;
	const struct terms *terms;
	struct row requester, responder;
	struct moment withdrawal; /* the first */
	struct moment asked;      /* first return that asks for evidence */
	bool was_stopped, was_moved;
	bool is_standing; /* the outcome clock, at as_of */
};

static struct moment
moment_of(struct instant at)
{
	return (struct moment){ .has = true, .at = at };
}

/* ${event} happened, and not after ${by}. */
static bool
is_by(const struct moment *moment, struct instant by)
{
	return moment->has && !instant_is_before(by, moment->at);
}

static void
keep_first(struct moment *moment, struct instant at)
{
	if (!moment->has)
		*moment = moment_of(at);
}

/*
 * When ${one} counts, if it does by as_of: what the requester sends from
 * taken, what the responder sends from shown; queries and answers, which both
 * send, likewise by what they are.
 */
static struct moment
counts_from(const struct casefile *casefile, const struct case_record *one)
{
	bool from_shown = one->side != casefile->requester;
	struct moment moment;

	if (one->record->kind == KIND_QUERY)
		from_shown = false;
	if (one->record->kind == KIND_ANSWER)
		from_shown = true;
	moment = from_shown ? (struct moment){ one->has_shown, one->shown } :
			      (struct moment){ one->has_taken, one->taken };
	moment.has = is_by(&moment, casefile->as_of);
	return moment;
}

static bool
has_evidence(const struct record *record)
{
	for (unsigned i = 0; i < record->documents_n; i++)
		if (record->documents[i].role == WORD_DOCUMENT_EVIDENCE ||
		    record->documents[i].role == WORD_DOCUMENT_MANIFEST)
			return true;
	return false;
}

/* The first supplement that counts from ${from} or later. */
static struct moment
find_supplement(const struct fold *fold, struct instant from, bool evidence)
{
	for (size_t i = 0; i < fold->requester.n; i++) {
		const struct case_record *one = fold->requester.records[i];

		if (!kind_has_effect(one->record->kind, EFFECT_SUPPLEMENT) ||
		    instant_is_before(one->taken, from) ||
		    (evidence && !has_evidence(one->record)))
			continue;
		return moment_of(one->taken);
	}
	return (struct moment){ 0 };
}

/*
 * The first return stops the outcome clock, if that has not run out, until
 * the next supplement; then at least the time to acknowledge is left.
 */
static void
stop_clock(struct fold *fold, struct instant at)
{
	struct moment *due = &fold->out->outcome_due;
	struct moment supplement;

	if (fold->was_stopped || !due->has || instant_is_before(due->at, at))
		return;
	fold->was_stopped = true;
	supplement = find_supplement(fold, at, false);
	if (!supplement.has) {
		fold->is_standing = true;
		return;
	}
	due->at = instant_greatest(instant_add(due->at,
				       instant_since(at, supplement.at)),
	    instant_add(supplement.at,
		terms_acknowledge(fold->terms, fold->out->urgency)));
}

/*
 * A date named while the clock runs moves the outcome date there, once, by
 * at most the period of the terms, and never forward to an earlier date.
 */
static void
move_date(struct fold *fold, struct instant at, const struct fact *until)
{
	struct moment *due = &fold->out->outcome_due;

	if (!until->is_given)
		return;
	fold->out->extensions++;
	if (fold->was_moved || !due->has || instant_is_before(due->at, at) ||
	    !instant_is_before(due->at, until->instant))
		return;
	fold->was_moved = true;
	due->at = instant_least(until->instant,
	    instant_add(due->at,
		terms_outcome(fold->terms, fold->out->urgency)));
}

static void
do_reaction(struct fold *fold, const struct case_record *one)
{
	keep_first(&fold->out->reaction, one->shown);
}

static void
do_acknowledgement(struct fold *fold, const struct case_record *one)
{
	keep_first(&fold->out->acknowledged, one->shown);
}

static void
do_return(struct fold *fold, const struct case_record *one)
{
	const struct fact *missing =
	    record_fact(one->record, MEMBER_RETURN_MISSING);

	fold->out->returns++;
	fold->out->returned = moment_of(one->shown);
	for (unsigned i = 0; i < missing->n; i++)
		if (missing->words[i] == WORD_MISSING_EVIDENCE)
			keep_first(&fold->asked, one->shown);
	stop_clock(fold, one->shown);
}

static void
do_decision(struct fold *fold, const struct case_record *one)
{
	enum word decision = record_word(one->record, MEMBER_DECISION_DECISION);

	fold->out->denied = (struct moment){ 0 };
	if (decision == WORD_DECISION_DENIED)
		fold->out->denied = moment_of(one->shown);
	if (decision == WORD_DECISION_PENDING)
		move_date(fold, one->shown,
		    record_fact(one->record, MEMBER_DECISION_UNTIL));
}

static void
do_result(struct fold *fold, const struct case_record *one)
{
	if (!record_fact(one->record, MEMBER_RESULT_FINAL)->flag) {
		move_date(fold, one->shown,
		    record_fact(one->record, MEMBER_RESULT_UNTIL));
		return;
	}
	keep_first(&fold->out->outcome, one->shown);
	fold->out->final = moment_of(one->shown);
	fold->out->final_outcome =
	    record_word(one->record, MEMBER_RESULT_OUTCOME);
}

static void
do_supplement(struct fold *fold, const struct case_record *one)
{
	const struct fact *urgency =
	    record_fact(one->record, MEMBER_SUPPLEMENT_URGENCY);

	if (fold->out->is_emergency && urgency->is_given &&
	    urgency->words[0] == WORD_URGENCY_ROUTINE)
		fold->out->is_emergency_called_routine = true;
}

static void
do_appraisal(struct fold *fold, const struct case_record *one)
{
	if (!is_by(&fold->out->final, one->taken))
		return;
	fold->out->appraised = moment_of(one->taken);
	fold->out->appraisal =
	    record_word(one->record, MEMBER_APPRAISAL_APPRAISAL);
}

static void
do_withdrawal(struct fold *fold, const struct case_record *one)
{
	keep_first(&fold->withdrawal, one->taken);
}

/* What a record does to a case of a request, by the effects of its kind. */
static const struct {
	enum kind_effect effect;
	void (*apply)(struct fold *fold, const struct case_record *one);
} effects[] = {
	/* clang-format off */
	{ EFFECT_REACTION,        do_reaction },
	{ EFFECT_ACKNOWLEDGEMENT, do_acknowledgement },
	{ EFFECT_RETURN,          do_return },
	{ EFFECT_DECISION,        do_decision },
	{ EFFECT_RESULT,          do_result },
	{ EFFECT_SUPPLEMENT,      do_supplement },
	{ EFFECT_APPRAISAL,       do_appraisal },
	{ EFFECT_WITHDRAWAL,      do_withdrawal },
	/* clang-format on */
};

static void
apply(struct fold *fold, const struct row *row)
{
	for (size_t i = 0; i < row->n; i++)
		for (size_t k = 0; k < COUNT_OF(effects); k++)
			if (kind_has_effect(row->records[i]->record->kind,
				effects[k].effect))
				effects[k].apply(fold, row->records[i]);
}

/* What the case had come to when it was withdrawn decides if it was. */
static void
settle_withdrawal(struct fold *fold)
{
	const struct moment *withdrawal = &fold->withdrawal;
	bool is_denied = false, is_final = false;

	if (!withdrawal->has)
		return;
	for (size_t i = 0; i < fold->responder.n; i++) {
		const struct case_record *one = fold->responder.records[i];

		if (instant_is_before(withdrawal->at, one->shown))
			break;
		if (kind_has_effect(one->record->kind, EFFECT_DECISION))
			is_denied = record_word(one->record,
					MEMBER_DECISION_DECISION) ==
			    WORD_DECISION_DENIED;
		if (kind_has_effect(one->record->kind, EFFECT_RESULT) &&
		    record_fact(one->record, MEMBER_RESULT_FINAL)->flag)
			is_final = true;
	}
	if (!is_denied && !is_final)
		fold->out->withdrawn = *withdrawal;
}

/* What can be said only when all records have been applied. */
static void
settle(struct fold *fold)
{
	struct casefile *out = fold->out;

	settle_withdrawal(fold);
	if (out->returned.has &&
	    find_supplement(fold, out->returned.at, false).has)
		out->returned = (struct moment){ 0 };
	if (fold->is_standing)
		out->outcome_due = (struct moment){ 0 };
	out->is_evidence_asked = fold->asked.has;
	out->is_evidence_given =
	    fold->asked.has && find_supplement(fold, fold->asked.at, true).has;
	out->is_reaction_late = out->acknowledge_due.has && out->reaction.has &&
	    instant_is_before(out->acknowledge_due.at, out->reaction.at);
	if (out->has_class)
		out->class = casefile_class(out);
}

static void
start_clocks(struct fold *fold, const struct case_record *opening)
{
	struct casefile *out = fold->out;
	struct period apart;

	if (!out->taken.has)
		return;
	apart = instant_since(opening->record->at, out->taken.at);
	out->are_times_different = apart.s > CASEFILE_TIMES_DIFFER_S ||
	    apart.s < -CASEFILE_TIMES_DIFFER_S;
	if (!out->has_class)
		return;
	out->acknowledge_due = moment_of(instant_add(out->taken.at,
	    terms_acknowledge(fold->terms, out->urgency)));
	out->outcome_due = moment_of(instant_add(out->taken.at,
	    terms_outcome(fold->terms, out->urgency)));
	if (out->purpose == WORD_PURPOSE_PRESERVATION)
		out->preserve_until = moment_of(
		    instant_add(out->taken.at, fold->terms->preservation));
}

/* Tests of the taxonomy's own: excluded like exercises. */
static bool
is_test(const struct fact *rsit)
{
	return rsit->is_given &&
	    (rsit->words[0] == WORD_RSIT_TEST ||
		rsit->words[0] == WORD_RSIT_TEST_TEST);
}

static void
open_case(struct fold *fold, const struct case_record *opening)
{
	const struct record *record = opening->record;
	struct casefile *out = fold->out;

	out->leaf = opening->leaf;
	out->kind = record->kind;
	out->requester = opening->side;
	out->is_exercise = record->is_exercise;
	out->at = record->at;
	out->taken = counts_from(out, opening);
	out->has_evidence = has_evidence(record);
	out->has_class = kind_has_effect(record->kind, EFFECT_CLOCK);
	out->class = CASE_CLASS_COUNT;
	if (record->kind == KIND_REQUEST) {
		out->has_topic = true;
		out->topic = record_word(record, MEMBER_REQUEST_TOPIC);
		out->urgency = record_word(record, MEMBER_REQUEST_URGENCY);
		out->purpose = record_word(record, MEMBER_REQUEST_PURPOSE);
		out->is_emergency = out->urgency == WORD_URGENCY_EMERGENCY;
		out->is_test =
		    is_test(record_fact(record, MEMBER_REQUEST_RSIT));
	} else if (record->kind == KIND_REPORT) {
		out->has_topic = true;
		out->topic = record_word(record, MEMBER_REPORT_TOPIC);
		out->is_test = is_test(record_fact(record, MEMBER_REPORT_RSIT));
	}
	start_clocks(fold, opening);
}

static const struct case_record *
find_opening(const struct case_record *records, size_t n)
{
	const struct case_record *found = NULL;

	for (size_t i = 0; i < n; i++) {
		if (!record_opens_case(records[i].record))
			continue;
		assert(found == NULL);
		found = &records[i];
	}
	assert(found != NULL);
	return found;
}

static bool
is_for_sender(enum kind kind, bool is_requester)
{
	switch (kind_row(kind)->sender) {
	case SENDER_EITHER:
		return true;
	case SENDER_REQUESTER:
		return is_requester;
	case SENDER_RESPONDER:
		return !is_requester;
	}
	return false;
}

static int
compare_places(const void *a, const void *b)
{
	const struct case_record *const *one = a, *const *other = b;

	if ((*one)->epoch != (*other)->epoch)
		return (*one)->epoch < (*other)->epoch ? -1 : 1;
	if ((*one)->index != (*other)->index)
		return (*one)->index < (*other)->index ? -1 : 1;
	return 0;
}

/* The records of one side that count, in ${row}. */
static void
line_up(struct row *row, const struct casefile *casefile,
    const struct case_record *records, size_t n, bool is_requester)
{
	row->records = mem_new(n * sizeof(struct case_record *));
	for (size_t i = 0; i < n; i++) {
		const struct case_record *one = &records[i];

		if ((one->side == casefile->requester) == is_requester &&
		    is_for_sender(one->record->kind, is_requester) &&
		    counts_from(casefile, one).has)
			row->records[row->n++] = one;
	}
	qsort(row->records, row->n, sizeof(struct case_record *),
	    compare_places);
}

static int
compare_hashes(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct hash));
}

/* Is there a query in ${queries} that no record in ${answers} answers? */
static bool
is_owed(const struct row *queries, const struct row *answers)
{
	struct hash *answered = mem_new(answers->n * sizeof(*answered));
	size_t n = 0;
	bool found = false;

	for (size_t i = 0; i < answers->n; i++)
		if (answers->records[i]->record->kind == KIND_ANSWER)
			answered[n++] = answers->records[i]->record->re;
	qsort(answered, n, sizeof(*answered), compare_hashes);
	for (size_t i = 0; i < queries->n && !found; i++)
		found = queries->records[i]->record->kind == KIND_QUERY &&
		    bsearch(&queries->records[i]->leaf, answered, n,
			sizeof(*answered), compare_hashes) == NULL;
	free(answered);
	return found;
}

void
casefile_fold(struct casefile *out, const struct case_record *records, size_t n,
    const struct terms *terms, struct instant as_of)
{
	struct fold fold = { .out = out, .terms = terms };
	const struct case_record *opening = find_opening(records, n);

	*out = (struct casefile){ .as_of = as_of };
	open_case(&fold, opening);
	line_up(&fold.requester, out, records, n, true);
	line_up(&fold.responder, out, records, n, false);
	apply(&fold, &fold.responder);
	apply(&fold, &fold.requester);
	settle(&fold);
	out->owes_answer[1 - out->requester] =
	    is_owed(&fold.requester, &fold.responder);
	out->owes_answer[out->requester] =
	    is_owed(&fold.responder, &fold.requester);
	free(fold.requester.records);
	free(fold.responder.records);
}
