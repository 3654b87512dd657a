#pragma once

/*
 * sketch: a case drawn in a few lines, for the tests of domain.
 *
 * Side 0 requests, side 1 responds.  Times are minutes after DAY_ONE.
 */

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "base/attr.h"
#include "domain/casefile.h"
#include "domain/record.h"
#include "domain/terms.h"

#define DAY_ONE 1767225600 /* 2026-01-01T00:00:00Z */
#define HOURS(n) (60 * (n))
#define DAYS(n) (24 * HOURS(n))
#define NEVER INT64_MIN

#define SKETCH_MAX 64

struct step {
	enum kind kind;
	enum word word; /* of the kind's first word that matters, or 0 */
	int64_t at;     /* counted then; NEVER: at no time */
	int64_t until;  /* a date it names, or 0 */
	bool is_interim;
};

struct sketch {
	struct record records[SKETCH_MAX];
	struct case_record entries[SKETCH_MAX];
	size_t n;
};

static const struct document sketch_evidence = {
	.role = WORD_DOCUMENT_EVIDENCE,
	.size = 100,
};

static inline struct instant
minutes(int64_t n)
{
	return instant_of(DAY_ONE + 60 * n);
}

static inline void
give_word(struct record *record, enum member member, enum word word)
{
	static enum word every[WORD_COUNT];
	struct fact *fact =
	    &record->facts[member - kind_first_member(record->kind)];

	every[word] = word;
	*fact =
	    (struct fact){ .is_given = true, .n = 1, .words = &every[word] };
}

static inline void
give_instant(struct record *record, enum member member, struct instant at)
{
	struct fact *fact =
	    &record->facts[member - kind_first_member(record->kind)];

	*fact = (struct fact){ .is_given = true, .instant = at };
}

static inline void
give_flag(struct record *record, enum member member, bool flag)
{
	struct fact *fact =
	    &record->facts[member - kind_first_member(record->kind)];

	*fact = (struct fact){ .is_given = true, .flag = flag };
}

/* ${word}, or ${usual} if it is of another vocabulary. */
static inline enum word
word_or(enum word word, enum word usual)
{
	return word_vocabulary(word) == word_vocabulary(usual) ? word : usual;
}

static inline void
give_facts(struct record *record, const struct step *step)
{
	enum word word = step->word;

	if (record->kind == KIND_REQUEST) {
		give_word(record, MEMBER_REQUEST_PURPOSE,
		    word_or(word, WORD_PURPOSE_MITIGATION));
		give_word(record, MEMBER_REQUEST_ACTIONS,
		    WORD_ACTION_BLOCK_HOST);
		give_word(record, MEMBER_REQUEST_TOPIC, WORD_TOPIC_DDOS);
		give_word(record, MEMBER_REQUEST_URGENCY,
		    word_or(word, WORD_URGENCY_URGENT));
	} else if (record->kind == KIND_RETURN) {
		give_word(record, MEMBER_RETURN_REASON,
		    WORD_REASON_INSUFFICIENT_INFORMATION);
		give_word(record, MEMBER_RETURN_MISSING,
		    word_or(word, WORD_MISSING_TIME));
	} else if (record->kind == KIND_DECISION) {
		give_word(record, MEMBER_DECISION_DECISION,
		    word_or(word, WORD_DECISION_APPROVED));
		give_word(record, MEMBER_DECISION_REASON, WORD_REASON_CAPACITY);
		if (step->until != 0)
			give_instant(record, MEMBER_DECISION_UNTIL,
			    minutes(step->until));
	} else if (record->kind == KIND_RESULT) {
		give_word(record, MEMBER_RESULT_OUTCOME,
		    word_or(word, WORD_OUTCOME_SATISFIED));
		give_flag(record, MEMBER_RESULT_FINAL, !step->is_interim);
		if (step->until != 0)
			give_instant(record, MEMBER_RESULT_UNTIL,
			    minutes(step->until));
	} else if (record->kind == KIND_APPRAISAL) {
		give_word(record, MEMBER_APPRAISAL_APPRAISAL,
		    word_or(word, WORD_APPRAISAL_CONFIRMED));
	} else if (record->kind == KIND_REPORT) {
		give_word(record, MEMBER_REPORT_TOPIC, WORD_TOPIC_DDOS);
	} else if (record->kind == KIND_SUPPLEMENT &&
	    word_vocabulary(word) == VOCABULARY_URGENCY) {
		give_word(record, MEMBER_SUPPLEMENT_URGENCY, word);
	}
}

/* Lodge a record in the log of ${side}, counted as ${step} says. */
static inline struct case_record *
lodge_by(struct sketch *sketch, unsigned side, struct step step)
{
	size_t i = sketch->n++;
	struct record *record = &sketch->records[i];
	struct case_record *one = &sketch->entries[i];
	bool has = step.at != NEVER;

	assert(i < SKETCH_MAX);
	*record = (struct record){
		.kind = step.kind,
		.has_case = i > 0,
		.at = minutes(has ? step.at : 0),
		.by = WORD_ROLE_DUTY_OFFICER,
	};
	give_facts(record, &step);
	*one = (struct case_record){
		.record = record,
		.side = side,
		.epoch = 1,
		.index = i,
		.has_taken = has,
		.has_shown = has,
		.taken = record->at,
		.shown = record->at,
	};
	one->leaf.bytes[0] = (uint8_t)i;
	one->leaf.bytes[1] = 1;
	return one;
}

/* The same by the side whose part it is. */
static inline struct case_record *
lodge(struct sketch *sketch, struct step step)
{
	return lodge_by(sketch, kind_row(step.kind)->sender == SENDER_RESPONDER,
	    step);
}

/* A new sketch of a request taken at DAY_ONE, its clocks those of ${word}. */
static inline void
ask(struct sketch *sketch, enum word word)
{
	memset(sketch, 0, sizeof(*sketch));
	lodge(sketch, (struct step){ KIND_REQUEST, .word = word });
}

static inline struct casefile
fold_at(const struct sketch *sketch, struct instant as_of)
{
	struct terms terms = terms_default();
	struct casefile casefile;

	casefile_fold(&casefile, sketch->entries, sketch->n, &terms, as_of);
	return casefile;
}

static inline enum case_class
class_at(const struct sketch *sketch, int64_t at)
{
	return fold_at(sketch, minutes(at)).class;
}
