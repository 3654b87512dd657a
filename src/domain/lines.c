#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "domain/lines.h"

#define FIRST_STEPS 16

bool
lines_is_ahead(struct instant time, struct instant at)
{
	return instant_is_before(instant_add(at, period_of(LINES_AHEAD_S)),
	    time);
}

void
lines_init(struct lines *lines, struct instant as_of, struct period grace)
{
	*lines = (struct lines){ .as_of = as_of, .grace = grace };
}

void
lines_clear(struct lines *lines)
{
	for (size_t i = 0; i < lines->logs_n; i++) {
		free(lines->logs[i].taken.steps);
		free(lines->logs[i].shown.steps);
		free(lines->logs[i].quoted.steps);
	}
	free(lines->logs);
	*lines = (struct lines){ 0 };
}

static struct lines_log *
find_log(const struct lines *lines, unsigned side, unsigned epoch)
{
	for (size_t i = 0; i < lines->logs_n; i++)
		if (lines->logs[i].side == side &&
		    lines->logs[i].epoch == epoch)
			return &lines->logs[i];
	return NULL;
}

static struct stairs
stairs_new(void)
{
	return (struct stairs){
		.steps = mem_resize(NULL, FIRST_STEPS, sizeof(struct step)),
		.cap = FIRST_STEPS,
	};
}

static struct lines_log *
need_log(struct lines *lines, unsigned side, unsigned epoch)
{
	struct lines_log *log = find_log(lines, side, epoch);

	assert(side < LINES_SIDES);
	if (log != NULL)
		return log;
	lines->logs =
	    mem_resize(lines->logs, lines->logs_n + 1, sizeof(*lines->logs));
	log = &lines->logs[lines->logs_n++];
	*log = (struct lines_log){
		.side = side,
		.epoch = epoch,
		.taken = stairs_new(),
		.shown = stairs_new(),
		.quoted = stairs_new(),
	};
	return log;
}

/* How many steps have a key below ${key}. */
static size_t
steps_below(const struct stairs *stairs, uint64_t key)
{
	size_t from = 0, to = stairs->n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (stairs->steps[middle].key < key)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/* Put ${step} in the place of the steps [from, to). */
static void
replace(struct stairs *stairs, size_t from, size_t to, struct step step)
{
	size_t after = stairs->n - to;

	if (stairs->n == stairs->cap) {
		stairs->cap *= 2;
		stairs->steps = mem_resize(stairs->steps, stairs->cap,
		    sizeof(*stairs->steps));
	}
	memmove(&stairs->steps[from + 1], &stairs->steps[to],
	    after * sizeof(*stairs->steps));
	stairs->steps[from] = step;
	stairs->n = from + 1 + after;
}

/*
 * Steps for "the least time among keys of at least k": a step is worth
 * keeping if no step of the same or a greater key is as early.
 */
static void
add_least(struct stairs *stairs, uint64_t key, struct instant time)
{
	size_t at = steps_below(stairs, key), from = at, to = at;

	if (at < stairs->n && stairs->steps[at].time.s <= time.s)
		return;
	while (from > 0 && stairs->steps[from - 1].time.s >= time.s)
		from--;
	if (at < stairs->n && stairs->steps[at].key == key)
		to++;
	replace(stairs, from, to, (struct step){ key, time });
}

/*
 * Steps for "the greatest time among keys below k": a step is worth keeping
 * if no step of the same or a smaller key is as late.
 */
static void
add_greatest(struct stairs *stairs, uint64_t key, struct instant time)
{
	size_t from = steps_below(stairs, key), to = from;

	if (from > 0 && stairs->steps[from - 1].time.s >= time.s)
		return;
	if (from < stairs->n && stairs->steps[from].key == key &&
	    stairs->steps[from].time.s >= time.s)
		return;
	while (to < stairs->n && stairs->steps[to].time.s <= time.s)
		to++;
	replace(stairs, from, to, (struct step){ key, time });
}

/* When ${line} says its entries were taken, if it says so by ${as_of}. */
static bool
sets_taken(const struct lines *lines, const struct line *line,
    struct instant *out)
{
	switch (line->by) {
	case LINE_COUNTERPARTY:
		*out = line->time;
		return true;
	case LINE_DEPOSITARY:
		*out = instant_add(line->time, lines->grace);
		return !instant_is_before(lines->as_of, *out);
	case LINE_WITNESS:
		break;
	}
	return false;
}

void
lines_add(struct lines *lines, const struct line *line)
{
	struct lines_log *about, *quoting;
	struct instant taken;

	if (instant_is_before(lines->as_of, line->time))
		return;
	if (line->size > 0) {
		about = need_log(lines, line->about_side, line->about_epoch);
		add_least(&about->shown, line->size, line->time);
		if (sets_taken(lines, line, &taken))
			add_least(&about->taken, line->size, taken);
	}
	quoting = need_log(lines, line->quoting_side, line->quoting_epoch);
	add_greatest(&quoting->quoted, line->quoting_index, line->time);
}

/* The least time of a line that covers entry ${index}. */
static bool
least(const struct stairs *stairs, uint64_t index, struct instant *out)
{
	size_t at;

	if (index == UINT64_MAX)
		return false;
	at = steps_below(stairs, index + 1);
	if (at == stairs->n)
		return false;
	*out = stairs->steps[at].time;
	return true;
}

/*
 * Raise ${floor} to the latest line quoted by the log of ${side} below
 * ${size} in ${epoch}, or anywhere in an earlier epoch.
 */
static void
raise_floor(const struct lines *lines, unsigned side, unsigned epoch,
    uint64_t size, struct instant *floor)
{
	for (size_t i = 0; i < lines->logs_n; i++) {
		const struct lines_log *log = &lines->logs[i];
		size_t n = log->quoted.n;

		if (log->side != side || log->epoch > epoch)
			continue;
		if (log->epoch == epoch)
			n = steps_below(&log->quoted, size);
		if (n > 0)
			*floor = instant_greatest(*floor,
			    log->quoted.steps[n - 1].time);
	}
}

bool
lines_taken(const struct lines *lines, const struct place *place,
    struct instant *out)
{
	const struct lines_log *log =
	    find_log(lines, place->side, place->epoch);
	struct instant taken;

	assert(place->side < LINES_SIDES);
	if (log == NULL || !least(&log->taken, place->index, &taken))
		return false;
	raise_floor(lines, place->side, place->epoch, place->index, &taken);
	raise_floor(lines, 1 - place->side, place->anchor_epoch,
	    place->anchor_size, &taken);
	*out = taken;
	return true;
}

bool
lines_shown(const struct lines *lines, const struct place *place,
    struct instant *out)
{
	const struct lines_log *log =
	    find_log(lines, place->side, place->epoch);

	assert(place->side < LINES_SIDES);
	return log != NULL && least(&log->shown, place->index, out);
}
