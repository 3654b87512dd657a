#include <assert.h>

#include "base/attr.h"
#include "domain/casefile.h"

const char *case_class_name(enum case_class class)
{
	switch (class) {
#define CLASS(name, text, shown) \
	case CASE_##name:        \
		return text;
#include "domain/classes.def"
#undef CLASS
	case CASE_CLASS_COUNT:
		break;
	}
	return "none";
}

const char *case_class_shown(enum case_class class)
{
	switch (class) {
#define CLASS(name, text, shown) \
	case CASE_##name:        \
		return shown;
#include "domain/classes.def"
#undef CLASS
	case CASE_CLASS_COUNT:
		break;
	}
	return "none";
}

/* The date has passed: a tie is in time. */
static bool
has_passed(const struct casefile *c, const struct moment *date)
{
	return date->has && instant_is_before(date->at, c->as_of);
}

static bool
has_outcome(const struct casefile *c, enum word outcome)
{
	return c->final.has && c->final_outcome == outcome;
}

static bool
is_not_taken(const struct casefile *c)
{
	return !c->taken.has;
}

static bool
is_withdrawn(const struct casefile *c)
{
	return c->withdrawn.has;
}

static bool
is_confirmed(const struct casefile *c)
{
	return has_outcome(c, WORD_OUTCOME_SATISFIED) && c->appraised.has &&
	    c->appraisal == WORD_APPRAISAL_CONFIRMED;
}

static bool
is_contested(const struct casefile *c)
{
	return has_outcome(c, WORD_OUTCOME_SATISFIED) && c->appraised.has &&
	    c->appraisal == WORD_APPRAISAL_CONTESTED;
}

static bool
is_claimed(const struct casefile *c)
{
	return has_outcome(c, WORD_OUTCOME_SATISFIED);
}

static bool
is_partly_satisfied(const struct casefile *c)
{
	return has_outcome(c, WORD_OUTCOME_PARTLY_SATISFIED);
}

static bool
is_not_satisfied(const struct casefile *c)
{
	return has_outcome(c, WORD_OUTCOME_NOT_SATISFIED);
}

static bool
is_denied(const struct casefile *c)
{
	return c->denied.has;
}

static bool
is_returned(const struct casefile *c)
{
	return c->returned.has;
}

static bool
is_overdue(const struct casefile *c)
{
	return c->reaction.has && has_passed(c, &c->outcome_due);
}

static bool
is_under_examination(const struct casefile *c)
{
	return c->reaction.has;
}

static bool
is_without_reaction(const struct casefile *c)
{
	return has_passed(c, &c->acknowledge_due);
}

static bool
is_awaiting(const struct casefile *c)
{
	return c->taken.has;
}

/* Domain 5: every request is in the first class whose test it passes. */
static const struct {
	enum case_class class;
	bool (*test)(const struct casefile *casefile);
} classes[] = {
	/* clang-format off */
	{ CASE_NOT_TAKEN,           is_not_taken },
	{ CASE_WITHDRAWN,           is_withdrawn },
	{ CASE_SATISFIED_CONFIRMED, is_confirmed },
	{ CASE_SATISFIED_CONTESTED, is_contested },
	{ CASE_SATISFIED_CLAIMED,   is_claimed },
	{ CASE_PARTLY_SATISFIED,    is_partly_satisfied },
	{ CASE_NOT_SATISFIED,       is_not_satisfied },
	{ CASE_DENIED,              is_denied },
	{ CASE_RETURNED,            is_returned },
	{ CASE_OVERDUE,             is_overdue },
	{ CASE_UNDER_EXAMINATION,   is_under_examination },
	{ CASE_WITHOUT_REACTION,    is_without_reaction },
	{ CASE_AWAITING,            is_awaiting },
	/* clang-format on */
};

_Static_assert(COUNT_OF(classes) == CASE_CLASS_COUNT, "a test for every class");

enum case_class
casefile_class(const struct casefile *casefile)
{
	size_t i = 0;

	assert(casefile->has_class);
	while (!classes[i].test(casefile))
		i++;
	return classes[i].class;
}

void
casefile_move(struct casefile *casefile, struct instant as_of)
{
	casefile->as_of = as_of;
	if (casefile->has_class)
		casefile->class = casefile_class(casefile);
}

bool
casefile_is_open(const struct casefile *casefile)
{
	if (!casefile->has_class)
		return casefile->owes_answer[0] || casefile->owes_answer[1];
	switch (casefile->class) {
	case CASE_NOT_TAKEN:
	case CASE_RETURNED:
	case CASE_OVERDUE:
	case CASE_UNDER_EXAMINATION:
	case CASE_WITHOUT_REACTION:
	case CASE_AWAITING:
		return true;
	case CASE_WITHDRAWN:
	case CASE_SATISFIED_CONFIRMED:
	case CASE_SATISFIED_CONTESTED:
	case CASE_SATISFIED_CLAIMED:
	case CASE_PARTLY_SATISFIED:
	case CASE_NOT_SATISFIED:
	case CASE_DENIED:
	case CASE_CLASS_COUNT:
		break;
	}
	return false;
}
