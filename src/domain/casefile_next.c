#include <assert.h>

#include "base/attr.h"
#include "domain/casefile.h"

_Static_assert(KIND_COUNT <= 64, "a set of kinds fits its type");

#define SET(kind) ((uint64_t)1 << (KIND_##kind))

/* What is of use in a request of each class.  Answers: where one is owed. */
static const struct {
	enum case_class class;
	uint64_t requester, responder;
} uses[] = {
	/* clang-format off */
	{ CASE_NOT_TAKEN,
	    SET(SUPPLEMENT) | SET(WITHDRAWAL) | SET(QUERY),
	    0 },
	{ CASE_WITHDRAWN,
	    SET(QUERY),
	    SET(QUERY) },
	{ CASE_SATISFIED_CONFIRMED,
	    SET(APPRAISAL) | SET(QUERY),
	    SET(RESULT) | SET(QUERY) },
	{ CASE_SATISFIED_CONTESTED,
	    SET(SUPPLEMENT) | SET(APPRAISAL) | SET(QUERY),
	    SET(RESULT) | SET(QUERY) },
	{ CASE_SATISFIED_CLAIMED,
	    SET(APPRAISAL) | SET(QUERY),
	    SET(RESULT) | SET(QUERY) },
	{ CASE_PARTLY_SATISFIED,
	    SET(SUPPLEMENT) | SET(APPRAISAL) | SET(QUERY),
	    SET(RESULT) | SET(QUERY) },
	{ CASE_NOT_SATISFIED,
	    SET(SUPPLEMENT) | SET(APPRAISAL) | SET(QUERY),
	    SET(RESULT) | SET(QUERY) },
	{ CASE_DENIED,
	    SET(SUPPLEMENT) | SET(QUERY),
	    SET(DECISION) | SET(RESULT) | SET(QUERY) },
	{ CASE_RETURNED,
	    SET(SUPPLEMENT) | SET(WITHDRAWAL) | SET(QUERY),
	    SET(DECISION) | SET(RESULT) | SET(QUERY) },
	{ CASE_OVERDUE,
	    SET(SUPPLEMENT) | SET(WITHDRAWAL) | SET(QUERY),
	    SET(RETURN) | SET(DECISION) | SET(RESULT) | SET(QUERY) },
	{ CASE_UNDER_EXAMINATION,
	    SET(SUPPLEMENT) | SET(WITHDRAWAL) | SET(QUERY),
	    SET(RETURN) | SET(DECISION) | SET(RESULT) | SET(QUERY) },
	{ CASE_WITHOUT_REACTION,
	    SET(SUPPLEMENT) | SET(WITHDRAWAL) | SET(QUERY),
	    SET(ACKNOWLEDGEMENT) | SET(RETURN) | SET(DECISION) | SET(RESULT) |
	    SET(QUERY) },
	{ CASE_AWAITING,
	    SET(SUPPLEMENT) | SET(WITHDRAWAL) | SET(QUERY),
	    SET(ACKNOWLEDGEMENT) | SET(RETURN) | SET(DECISION) | SET(RESULT) |
	    SET(QUERY) },
	/* clang-format on */
};

_Static_assert(COUNT_OF(uses) == CASE_CLASS_COUNT, "a row for every class");

/* What is of use where nothing is asked: a report or a query of its own. */
static uint64_t
uses_without_class(const struct casefile *casefile, bool is_requester)
{
	uint64_t set = SET(QUERY);

	if (!is_requester && !casefile->taken.has)
		return 0;
	if (casefile->kind == KIND_REPORT && is_requester)
		set |= SET(SUPPLEMENT);
	if (casefile->kind == KIND_REPORT && !is_requester &&
	    !casefile->reaction.has)
		set |= SET(ACKNOWLEDGEMENT);
	return set;
}

uint64_t
casefile_allowed(const struct casefile *casefile, unsigned side)
{
	bool is_requester = side == casefile->requester;
	uint64_t set = 0;

	assert(side <= 1);
	if (!casefile->has_class)
		set = uses_without_class(casefile, is_requester);
	for (size_t i = 0; i < COUNT_OF(uses); i++)
		if (casefile->has_class && uses[i].class == casefile->class)
			set = is_requester ? uses[i].requester :
					     uses[i].responder;
	if (casefile->owes_answer[side])
		set |= SET(ANSWER);
	return set;
}

bool
casefile_allows(const struct casefile *casefile, unsigned side, enum kind kind)
{
	return (casefile_allowed(casefile, side) >> kind & 1) != 0;
}

const char *
due_what_name(enum due_what what)
{
	switch (what) {
	case DUE_ACKNOWLEDGEMENT:
		return "acknowledgement";
	case DUE_OUTCOME:
		return "outcome";
	case DUE_PRESERVATION:
		return "preservation";
	case DUE_SUPPLEMENT:
		return "supplement";
	case DUE_APPRAISAL:
		return "appraisal";
	case DUE_ANSWER:
		return "answer";
	}
	return "none";
}

struct dues {
	const struct casefile *casefile;
	struct due *out;
	size_t n;
};

/* Dated before undated, an earlier date before a later one. */
static bool
comes_before(const struct due *a, const struct due *b)
{
	if (a->by.has != b->by.has)
		return a->by.has;
	return a->by.has && instant_is_before(a->by.at, b->by.at);
}

static void
add(struct dues *dues, enum due_what what, unsigned side, struct moment by)
{
	struct due due = { .what = what, .side = side, .by = by };
	size_t at = dues->n++;

	assert(at < CASEFILE_DUE_MAX);
	due.is_late = by.has && instant_is_before(by.at, dues->casefile->as_of);
	for (; at > 0 && comes_before(&due, &dues->out[at - 1]); at--)
		dues->out[at] = dues->out[at - 1];
	dues->out[at] = due;
}

static bool
is_one_of(const struct casefile *casefile, uint64_t classes)
{
	return casefile->has_class && (classes >> casefile->class & 1) != 0;
}

#define CLASS_SET(class) ((uint64_t)1 << (CASE_##class))

static void
add_responders(struct dues *dues)
{
	const struct casefile *c = dues->casefile;
	unsigned side = 1 - c->requester;

	if (is_one_of(c, CLASS_SET(AWAITING) | CLASS_SET(WITHOUT_REACTION)))
		add(dues, DUE_ACKNOWLEDGEMENT, side, c->acknowledge_due);
	if (c->outcome_due.has &&
	    is_one_of(c,
		CLASS_SET(AWAITING) | CLASS_SET(WITHOUT_REACTION) |
		    CLASS_SET(UNDER_EXAMINATION) | CLASS_SET(OVERDUE) |
		    CLASS_SET(RETURNED)))
		add(dues, DUE_OUTCOME, side, c->outcome_due);
	if (c->preserve_until.has &&
	    !instant_is_before(c->preserve_until.at, c->as_of) &&
	    !is_one_of(c, CLASS_SET(WITHDRAWN) | CLASS_SET(DENIED)))
		add(dues, DUE_PRESERVATION, side, c->preserve_until);
}

size_t
casefile_due(const struct casefile *casefile, struct due out[CASEFILE_DUE_MAX])
{
	struct dues dues = { .casefile = casefile, .out = out };
	const struct moment undated = { 0 };

	add_responders(&dues);
	if (is_one_of(casefile, CLASS_SET(RETURNED)))
		add(&dues, DUE_SUPPLEMENT, casefile->requester, undated);
	if (is_one_of(casefile, CLASS_SET(SATISFIED_CLAIMED)))
		add(&dues, DUE_APPRAISAL, casefile->requester, undated);
	for (unsigned side = 0; side <= 1; side++)
		if (casefile->owes_answer[side])
			add(&dues, DUE_ANSWER, side, undated);
	return dues.n;
}
