#pragma once

/*
 * entry: the entries of logs, and what the judged ones say (a projection).
 *
 * An entry's bytes are given out with its verdict only; the content of one
 * that was not found valid is never stored.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/span.h"
#include "domain/kind.h"

struct arena;
struct store;

struct entry_row {
	int64_t log;
	uint64_t index;
	struct hash leaf;
	struct span der;         /* as it stands in the log */
	enum error_code verdict; /* E_NONE: valid; E_RECORD_UNJUDGED */
	/* the rest only if it is valid; else zero, and kind KIND_COUNT */
	enum kind kind;
	bool has_case, has_re, is_exercise;
	struct hash case_hash; /* its own leaf if it opens the case */
	struct hash re;
	struct instant at;
	unsigned anchor_epoch; /* of the other party's log */
	uint64_t anchor_size;
	struct span content; /* the verified bytes */
};

/*
 * Appends: entry->index is the log's size, which stays the caller's to
 * update (store_log_update()).
 *
 * Fails: E_INTERNAL if there is an entry already, or a gap before it.
 */
NODISCARD int store_entry_add(struct store *store,
    const struct entry_row *entry, struct error *err);

/* Owns: *out is in ${arena}; NULL if there is none. */
NODISCARD int store_entry_get(struct store *store, int64_t log, uint64_t index,
    struct entry_row **out, struct arena *arena, struct error *err);

/*
 * The entry with that leaf within the docket with ${peer}: the first by
 * (side, epoch, index) that is valid, else the first.  A copy that the other
 * party puts into its own log does not hide the record.
 */
NODISCARD int store_entry_find(struct store *store, struct span peer,
    const struct hash *leaf, struct entry_row **out, struct arena *arena,
    struct error *err);

/*
 * Leaf hashes that begin with the hex digits ${prefix}, at most ${max}, over
 * all dockets; only of openings of cases if ${only_cases}.
 *
 * Fails: E_SYNTAX if those are not lower-case hex digits, at most 64.
 */
NODISCARD int store_entry_search(struct store *store, struct span prefix,
    bool only_cases, size_t max, struct entry_row **out, size_t *n,
    struct arena *arena, struct error *err);

/*
 * Entries [from, to) of a log in order; ${each} returning -1 stops.
 *
 * Owns: here and below, the row is ${each}'s until it returns.
 */
NODISCARD int store_entry_range(struct store *store, int64_t log, uint64_t from,
    uint64_t to,
    int (*each)(void *ctx, const struct entry_row *entry, struct error *err),
    void *ctx, struct error *err);

/* Valid records of a case, both logs, by (side, epoch, index). */
NODISCARD int store_entry_case(struct store *store, struct span peer,
    const struct hash *case_hash, struct entry_row **out, size_t *n,
    struct arena *arena, struct error *err);

/* Valid records that name the leaf ${re} as answered, in the same order. */
NODISCARD int store_entry_answers(struct store *store, struct span peer,
    const struct hash *re, struct entry_row **out, size_t *n,
    struct arena *arena, struct error *err);

/*
 * Every case of the docket with ${peer} in the order of (side of the opener,
 * epoch, index): calls ${each} with the opening record.  ${kind} KIND_COUNT:
 * any.
 */
NODISCARD int store_entry_cases(struct store *store, struct span peer,
    enum kind kind,
    int (*each)(void *ctx, const struct entry_row *opening, struct error *err),
    void *ctx, struct error *err);

/* Valid records of ${kind} in ${log}, in order. */
NODISCARD int store_entry_kind(struct store *store, int64_t log, enum kind kind,
    int (*each)(void *ctx, const struct entry_row *entry, struct error *err),
    void *ctx, struct error *err);

/*
 * Put the verdict and projection of an entry that is there already; nothing
 * is ever deleted, only projections change.
 */
NODISCARD int store_entry_judge(struct store *store,
    const struct entry_row *entry, struct error *err);
