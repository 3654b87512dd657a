#pragma once

/*
 * count: the figures of a docket for a period (domain 5, docs/COUNTING.md).
 *
 * A statement is a function of a closed pair of heads, an instant and the
 * rule's number.  Whose node makes it is no input, so both get the same.
 * Here is its meaning; formats/ writes it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/instant.h"
#include "base/span.h"
#include "domain/casefile.h"
#include "domain/terms.h"
#include "domain/vocabulary.h"

#define STATEMENT_SIDES 2
#define STATEMENT_TOPICS (WORD_TOPIC_OTHER - WORD_TOPIC_RANSOMWARE_BUSINESS + 1)
#define STATEMENT_URGENCIES TERMS_URGENCIES

/* The newest head of one log that the figures rest on. */
struct statement_head {
	unsigned side, epoch; /* the log */
	uint64_t size;
	struct hash root;
	bool is_newest; /* shown to be the newest at T; else "as far as" */
};

/* Which cases are counted, and when. */
struct statement_scope {
	unsigned rule;
	struct instant from, to; /* from <= taken < to */
	struct instant as_of;    /* T; the default is to */
	bool is_exercise;        /* exercises and tests, or all but those */
};

struct tally {
	uint64_t total;
	uint64_t classes[CASE_CLASS_COUNT]; /* they sum to total */
};

/* Nearest rank, over the cases that have the event. */
struct spread {
	uint64_t n;
	struct period median, ninetieth; /* if n > 0 */
};

/* Records of a kind that no answer is counted for. */
struct apart {
	uint64_t taken, not_taken;
};

/* What one side asked of the other. */
struct direction {
	struct tally all;
	struct tally topics[STATEMENT_TOPICS];
	struct tally urgencies[STATEMENT_URGENCIES];
	uint64_t reactions_late;
	uint64_t with_evidence, without_evidence; /* sum to all.total */
	uint64_t evidence_asked, evidence_given;
	uint64_t returns, extensions; /* records, not cases */
	uint64_t emergencies, emergencies_called_routine;
	uint64_t times_differ;
	struct spread acknowledge, outcome;
	struct apart reports, queries, answers; /* sent by that side */
};

struct statement {
	struct statement_scope scope;
	/* In the byte order of the names: side 0, side 1. */
	struct span parties[STATEMENT_SIDES];
	const struct statement_head *heads;
	size_t heads_n;
	struct direction directions[STATEMENT_SIDES]; /* by requester */
};

/* A sequence of lengths of time that grows. */
struct periods {
	struct period *values;
	size_t n, cap;
};

struct count {
	struct statement_scope scope;
	struct terms terms;
	struct direction directions[STATEMENT_SIDES];
	struct periods acknowledge[STATEMENT_SIDES], outcome[STATEMENT_SIDES];
};

/* Owns: the caller, until count_clear(). */
void count_init(struct count *count, const struct statement_scope *scope,
    const struct terms *terms);
void count_clear(struct count *count);

/*
 * Count one case: ${records} as for casefile_fold(), with the times that
 * count at the scope's as_of.  Each case once, in any order.
 */
void count_add(struct count *count, const struct case_record *records,
    size_t n);

/* A record that is counted by itself: a report, a query or an answer. */
struct count_apart {
	enum kind kind;
	unsigned side;
	struct instant at;   /* what it says */
	struct moment taken; /* when it counts */
};

/* Is ${one} such a record? */
bool count_is_apart(struct count_apart *out, const struct case_record *one);

/* As count_add(), of a case that was folded, at the scope's as_of. */
void count_add_folded(struct count *count, const struct casefile *casefile,
    const struct count_apart *apart, size_t n);

/* Is a request that was taken so, or else says ${at}, within the period? */
bool count_is_within(const struct count *count, const struct moment *taken,
    struct instant at);

/*
 * The scope and the figures in ${out}; the names and heads are the caller's
 * to fill in.
 */
void count_end(struct count *count, struct statement *out);

/*
 * The value at the nearest rank: the ${percent}th percentile of the ${n}
 * sorted ${values}, n > 0.
 */
struct period count_nearest_rank(const struct period *values, size_t n,
    unsigned percent);
