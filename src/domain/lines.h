#pragma once

/*
 * lines: the times that count (protocol 4), from the lines that receipts
 * quote.
 *
 * taken and shown of a record are least times over all lines that cover it;
 * the floor of taken is the greatest time over all lines quoted in its causal
 * past.  Only lines that can still decide something are kept, in order, so a
 * question costs O(log n) and so does a line that comes in its order.
 *
 * A set of lines is for one instant: a line later than it is no line.  For
 * figures, add the lines of the receipts below the heads and no others.
 *
 * A log is named by the side that writes it, 0 or 1, and its epoch.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/instant.h"

#define LINES_SIDES 2

/* A line further ahead of a clock is not believed by it. */
#define LINES_AHEAD_S 300

/*
 * Is a line of ${time} none to a clock of ${at}?  Judged by the own clock when
 * a line comes; and by the time of the record that quotes it, so that it is
 * the same for all: such a line neither covers nor delays anything.
 */
bool lines_is_ahead(struct instant time, struct instant at);

/* Who signed it, seen from the log that the checkpoint is of. */
enum line_by {
	LINE_COUNTERPARTY, /* the other party's mirror */
	LINE_DEPOSITARY,   /* a mirror that the terms name: counts with grace */
	LINE_WITNESS,      /* named in the terms: never sets taken */
};

/* One cosignature on a checkpoint, quoted in a receipt. */
struct line {
	unsigned about_side, about_epoch; /* the log the checkpoint is of */
	uint64_t size;                    /* covers the entries below it */
	struct instant time;
	enum line_by by;
	unsigned quoting_side, quoting_epoch; /* where the receipt stands */
	uint64_t quoting_index;
};

/* Where a record stands and how far it had seen the other log. */
struct place {
	unsigned side, epoch;
	uint64_t index;
	unsigned anchor_epoch;
	uint64_t anchor_size;
};

/* Steps that rise in key and in time; which, lines.c says. */
struct stairs {
	struct step {
		uint64_t key;
		struct instant time;
	} * steps;
	size_t n, cap;
};

struct lines {
	struct instant as_of;
	struct period grace;
	struct lines_log {
		unsigned side, epoch;
		struct stairs taken, shown; /* about this log, by size */
		struct stairs quoted;       /* in this log, by index */
	} * logs;
	size_t logs_n;
};

/*
 * An empty set for the instant ${as_of}: INSTANT_S_MAX for no limit.
 * ${grace} comes from the terms.
 *
 * Owns: the caller, until lines_clear().
 */
void lines_init(struct lines *lines, struct instant as_of, struct period grace);
void lines_clear(struct lines *lines);

/* In any order; the same line twice is as once. */
void lines_add(struct lines *lines, const struct line *line);

/*
 * The instant at which the counterparty took the record at ${place}: the
 * least time of a counterparty's line that covers it, or of a depositary's
 * plus grace, but not before the latest line quoted in its causal past.
 * False if there is none.
 */
bool lines_taken(const struct lines *lines, const struct place *place,
    struct instant *out);

/* The least time of any line that covers the record.  False if none. */
bool lines_shown(const struct lines *lines, const struct place *place,
    struct instant *out);
