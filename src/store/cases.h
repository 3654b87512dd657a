#pragma once

/*
 * cases: what each case has come to below the newest heads, and how far the
 * logs have been gone through for it (a projection).
 *
 * What one writer has written is counted through, from the first entry of the
 * first epoch on: need, anchored and the place of a line are such numbers.
 *
 * Nothing in it depends on an instant: what is due is a date, and whether it
 * has passed is asked with the instant.  Which is right only from ${moved} on.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/span.h"

struct arena;
struct error;
struct store;

/* By whom something is owed. */
enum cases_who {
	CASES_US,
	CASES_THEM,
	CASES_WHO_COUNT,
};

struct cases_date {
	bool has;
	struct instant at; /* INSTANT_S_MAX: no date */
};

struct cases_row {
	int64_t log; /* the opening record */
	uint64_t index;
	uint64_t anchored;    /* how much of the other's it had seen */
	struct span peer;     /* when read */
	struct instant moved; /* the latest time that counts in it, or its at */
	uint64_t need[2];     /* entries, by side, that show all of it */
	bool is_open;
	bool is_undelivered; /* we opened it, and it was not taken */
	struct cases_date due[CASES_WHO_COUNT];  /* the earliest, or no date */
	struct cases_date keep[CASES_WHO_COUNT]; /* to be kept until */
	struct span state;                       /* the docket's */
};

NODISCARD int store_cases_put(struct store *store, const struct cases_row *row,
    struct error *err);

typedef int store_cases_each(void *ctx, const struct cases_row *row,
    struct error *err);

/* Which cases, the last moved first. */
enum cases_part {
	CASES_AFTER,   /* moved after the instant: not as they were at it */
	CASES_BY,      /* the others */
	CASES_OPEN_BY, /* of those, the open ones */
};

/*
 * Of ${peer}, or of all if that is empty; ${each} returning -1 stops.
 *
 * Owns: the row is ${each}'s until it returns.
 */
NODISCARD int store_cases_walk(struct store *store, enum cases_part part,
    struct instant at, struct span peer, store_cases_each *each, void *ctx,
    struct error *err);

/* Those opened in ${log}, in its order. */
NODISCARD int store_cases_of_log(struct store *store, int64_t log,
    store_cases_each *each, void *ctx, struct error *err);

/* Of the open cases moved by ${at}: who owes what. */
struct cases_tally {
	uint64_t open, undelivered;
	uint64_t overdue[CASES_WHO_COUNT];
	uint64_t awaiting[CASES_WHO_COUNT]; /* and nothing is overdue */
};
NODISCARD int store_cases_tally(struct store *store, struct instant at,
    struct cases_tally *out, struct error *err);

/* How much of ${log} the projection has in it. */
NODISCARD int store_cases_mark(struct store *store, int64_t log, uint64_t *out,
    struct error *err);
NODISCARD int store_cases_set_mark(struct store *store, int64_t log,
    uint64_t size, struct error *err);

/* The projection of ${peer} is not right any more: nothing is in it. */
NODISCARD int store_cases_forget(struct store *store, struct span peer,
    struct error *err);

/* The peers with whom something is signed or taken above the mark. */
NODISCARD int store_cases_behind(struct store *store, struct span **out,
    size_t *n, struct arena *arena, struct error *err);

/* The cases of which ${log} has a record in [from, to). */
NODISCARD int store_cases_touched(struct store *store, int64_t log,
    uint64_t from, uint64_t to, struct hash **out, size_t *n,
    struct arena *arena, struct error *err);

/* A valid record, as short as a case needs it. */
struct cases_record {
	int64_t log;
	uint64_t index;
	struct hash leaf;
	unsigned anchor_epoch;
	uint64_t anchor_size;
	struct span content;
};

/* All of one case, by (side, epoch, index). */
NODISCARD int store_cases_records(struct store *store, struct span peer,
    const struct hash *case_hash, struct cases_record **out, size_t *n,
    struct arena *arena, struct error *err);

/*
 * The lines about ${log} below the marks that decide when its entries count:
 * both sizes and times rise.  An entry counts from the first with a larger
 * size.
 */
struct cover_row {
	uint64_t size;
	struct instant time;
	unsigned side; /* where the line is quoted, and the place there */
	uint64_t index;
};

/* The first of at least ${size}: *has false if there is none. */
NODISCARD int store_cover_from(struct store *store, int64_t log, uint64_t size,
    struct cover_row *out, bool *has, struct error *err);

/*
 * One more line.  Entries [*from, *to) of ${log} count from another time
 * now; none if both are equal.
 */
NODISCARD int store_cover_add(struct store *store, int64_t log,
    const struct cover_row *line, uint64_t *from, uint64_t *to,
    struct error *err);
