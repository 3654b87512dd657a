#include <assert.h>
#include <stdlib.h>

#include "base/attr.h"
#include "base/mem.h"
#include "domain/count.h"
#include "domain/record.h"

#define FIRST_PERIODS 64

void
count_init(struct count *count, const struct statement_scope *scope,
    const struct terms *terms)
{
	*count = (struct count){ .scope = *scope, .terms = *terms };
}

void
count_clear(struct count *count)
{
	for (unsigned side = 0; side < STATEMENT_SIDES; side++) {
		free(count->acknowledge[side].values);
		free(count->outcome[side].values);
	}
	*count = (struct count){ 0 };
}

/* What happened before its clock began took no time. */
static void
add_period(struct periods *periods, struct instant from, struct instant to)
{
	struct period period = instant_since(from, to);

	if (periods->n == periods->cap) {
		periods->cap =
		    periods->cap > 0 ? 2 * periods->cap : FIRST_PERIODS;
		periods->values = mem_resize(periods->values, periods->cap,
		    sizeof(*periods->values));
	}
	periods->values[periods->n++] = period.s > 0 ? period : period_of(0);
}

static bool
is_within(const struct statement_scope *scope, struct instant at)
{
	return !instant_is_before(at, scope->from) &&
	    instant_is_before(at, scope->to);
}

static void
add_tally(struct tally *tally, enum case_class class)
{
	tally->total++;
	tally->classes[class]++;
}

static void
add_columns(struct direction *direction, const struct casefile *casefile)
{
	direction->reactions_late += casefile->is_reaction_late;
	direction->with_evidence += casefile->has_evidence;
	direction->without_evidence += !casefile->has_evidence;
	direction->evidence_asked += casefile->is_evidence_asked;
	direction->evidence_given += casefile->is_evidence_given;
	direction->returns += casefile->returns;
	direction->extensions += casefile->extensions;
	direction->emergencies += casefile->is_emergency;
	direction->emergencies_called_routine +=
	    casefile->is_emergency_called_routine;
	direction->times_differ += casefile->are_times_different;
}

static void
add_request(struct count *count, const struct casefile *casefile)
{
	unsigned side = casefile->requester;
	struct direction *direction = &count->directions[side];
	size_t topic = casefile->topic - WORD_TOPIC_RANSOMWARE_BUSINESS;
	size_t urgency = casefile->urgency - WORD_URGENCY_EMERGENCY;

	assert(topic < STATEMENT_TOPICS && urgency < STATEMENT_URGENCIES);
	add_tally(&direction->all, casefile->class);
	add_tally(&direction->topics[topic], casefile->class);
	add_tally(&direction->urgencies[urgency], casefile->class);
	add_columns(direction, casefile);
	if (!casefile->taken.has)
		return;
	if (casefile->acknowledged.has)
		add_period(&count->acknowledge[side], casefile->taken.at,
		    casefile->acknowledged.at);
	if (casefile->outcome.has)
		add_period(&count->outcome[side], casefile->taken.at,
		    casefile->outcome.at);
}

/* Where records of ${kind} are counted, or NULL. */
static struct apart *
apart_of(struct direction *direction, enum kind kind)
{
	if (kind == KIND_REPORT)
		return &direction->reports;
	if (kind == KIND_QUERY)
		return &direction->queries;
	if (kind == KIND_ANSWER)
		return &direction->answers;
	return NULL;
}

bool
count_is_apart(struct count_apart *out, const struct case_record *one)
{
	struct direction none;

	if (apart_of(&none, one->record->kind) == NULL)
		return false;
	*out = (struct count_apart){ .kind = one->record->kind,
		.side = one->side,
		.at = one->record->at,
		.taken = { one->has_taken, one->taken } };
	return true;
}

/* Each by its own time: its case may have been taken in another period. */
static void
add_apart(struct count *count, const struct count_apart *one)
{
	const struct statement_scope *scope = &count->scope;
	struct apart *apart =
	    apart_of(&count->directions[one->side], one->kind);
	bool has_taken =
	    one->taken.has && !instant_is_before(scope->as_of, one->taken.at);

	if (has_taken && is_within(scope, one->taken.at))
		apart->taken++;
	if (!has_taken && is_within(scope, one->at))
		apart->not_taken++;
}

static bool
is_wanted(const struct count *count, const struct casefile *casefile)
{
	return (casefile->is_exercise || casefile->is_test) ==
	    count->scope.is_exercise;
}

bool
count_is_within(const struct count *count, const struct moment *taken,
    struct instant at)
{
	return is_within(&count->scope, taken->has ? taken->at : at);
}

static void
add_case(struct count *count, const struct casefile *casefile)
{
	if (casefile->has_class &&
	    count_is_within(count, &casefile->taken, casefile->at))
		add_request(count, casefile);
}

void
count_add(struct count *count, const struct case_record *records, size_t n)
{
	struct casefile casefile;
	struct count_apart apart;

	casefile_fold(&casefile, records, n, &count->terms, count->scope.as_of);
	if (!is_wanted(count, &casefile))
		return;
	for (size_t i = 0; i < n; i++)
		if (count_is_apart(&apart, &records[i]))
			add_apart(count, &apart);
	add_case(count, &casefile);
}

void
count_add_folded(struct count *count, const struct casefile *casefile,
    const struct count_apart *apart, size_t n)
{
	if (!is_wanted(count, casefile))
		return;
	for (size_t i = 0; i < n; i++)
		add_apart(count, &apart[i]);
	add_case(count, casefile);
}

static int
compare_periods(const void *a, const void *b)
{
	const struct period *one = a, *other = b;

	if (one->s == other->s)
		return 0;
	return one->s < other->s ? -1 : 1;
}

struct period
count_nearest_rank(const struct period *values, size_t n, unsigned percent)
{
	size_t rank = n / 100 * percent + (n % 100 * percent + 99) / 100;

	assert(n > 0 && percent > 0 && percent <= 100);
	return values[rank - 1];
}

static struct spread
spread_of(struct periods *periods)
{
	struct spread spread = { .n = periods->n };

	if (periods->n == 0)
		return spread;
	qsort(periods->values, periods->n, sizeof(*periods->values),
	    compare_periods);
	spread.median = count_nearest_rank(periods->values, periods->n, 50);
	spread.ninetieth = count_nearest_rank(periods->values, periods->n, 90);
	return spread;
}

void
count_end(struct count *count, struct statement *out)
{
	*out = (struct statement){ .scope = count->scope };
	for (unsigned side = 0; side < STATEMENT_SIDES; side++) {
		out->directions[side] = count->directions[side];
		out->directions[side].acknowledge =
		    spread_of(&count->acknowledge[side]);
		out->directions[side].outcome =
		    spread_of(&count->outcome[side]);
	}
}
