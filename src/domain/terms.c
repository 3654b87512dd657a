#include <assert.h>

#include "domain/terms.h"

#define MINUTE ((int64_t)60)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

_Static_assert(WORD_URGENCY_ROUTINE - WORD_URGENCY_EMERGENCY + 1 ==
	TERMS_URGENCIES,
    "a period for every urgency");

static const struct terms defaults = {
	/* clang-format off */
	.rule = TERMS_RULE,
	/*               emergency    urgent       routine */
	.acknowledge = { { 2 * HOUR }, { 24 * HOUR }, { 72 * HOUR } },
	.outcome =     { { 8 * HOUR }, { 5 * DAY },   { 30 * DAY } },
	.preservation = { 60 * DAY },
	.reminder = { 7 * DAY },
	.grace = { 24 * HOUR },
	/* clang-format on */
};

struct terms
terms_default(void)
{
	return defaults;
}

static size_t
row(enum word urgency)
{
	assert(word_vocabulary(urgency) == VOCABULARY_URGENCY);
	return urgency - WORD_URGENCY_EMERGENCY;
}

struct period
terms_acknowledge(const struct terms *terms, enum word urgency)
{
	return terms->acknowledge[row(urgency)];
}

struct period
terms_outcome(const struct terms *terms, enum word urgency)
{
	return terms->outcome[row(urgency)];
}
