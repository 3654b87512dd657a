#pragma once

/*
 * epochs: a docket as two writers, each with a chain of logs
 * (docs/PROTOCOL.md 3.11).
 *
 * For all that counts a writer's log is the chain of its epochs one behind
 * the other: each counts up to its end, which is where it was closed if a
 * later one has begun.  A log counts unless it was only announced or was void
 * from the start: closed at 0, so that a later one has taken its place.
 *
 * Two questions are answered here and nowhere else: what is in the causal
 * past of a record, and where a log ends.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/span.h"
#include "store/log.h"

struct anchor;
struct arena;
struct card;
struct docket;
struct error;
struct head_row;
struct record;

/* Epochs of one writer in one docket; how far ahead one may be announced. */
#define EPOCHS_MAX 64
#define EPOCHS_AHEAD_MAX 8

/* All logs of one docket, by side and epoch; those that do not count too. */
struct epochs {
	struct log_row *logs;
	size_t n;
};

/* How much of one writer's logs somebody had seen. */
struct extent {
	unsigned epoch; /* 0: nothing at all */
	uint64_t size;  /* in it; all that counts of the epochs before */
};

/*
 * Owns: ${out} is in ${arena}.
 * Fails: E_PEER_UNKNOWN if there is no docket with ${peer}.
 */
NODISCARD int epochs_load(struct epochs *out, struct docket *docket,
    struct span peer, struct arena *arena, struct error *err);

/* Does anything of ${log} count? */
bool epoch_counts(const struct log_row *log);

/* Entries below it count, of those that are held. */
uint64_t epoch_end(const struct log_row *log);

/* Below 0, 0 or above 0 as ${a} is less, as much or more than ${b}. */
int extent_compare(struct extent a, struct extent b);

/* NULL if there is no such log in the docket. */
struct log_row *epochs_find(const struct epochs *epochs, struct span origin);
struct log_row *epochs_of_id(const struct epochs *epochs, int64_t id);
struct log_row *epochs_of(const struct epochs *epochs, unsigned side,
    unsigned epoch);

/*
 * Of the logs of ${side} that count: the first, which is always there; the
 * last; the last before ${epoch}, and the next after ${log}, or NULL.
 */
struct log_row *epochs_first(const struct epochs *epochs, unsigned side);
struct log_row *epochs_newest(const struct epochs *epochs, unsigned side);
struct log_row *epochs_before(const struct epochs *epochs, unsigned side,
    unsigned epoch);
struct log_row *epochs_after(const struct epochs *epochs,
    const struct log_row *log);

/*
 * One writer's entries counted through: how many there are before ${log};
 * and how far ${place} of them reach.
 */
uint64_t epochs_base(const struct epochs *epochs, const struct log_row *log);
struct extent epochs_extent(const struct epochs *epochs, unsigned side,
    uint64_t place);

/*
 * Is entry ${index} of log ${id} in the causal past of entry ${at} of ${log}
 * that has seen the other writer's logs up to ${seen}?
 */
bool epochs_is_past(const struct epochs *epochs, const struct log_row *log,
    uint64_t at, struct extent seen, int64_t id, uint64_t index);

/*
 * How far the last valid record of the writer of ${log} had seen, of those
 * below ${size} in ${log} and in the epochs before it.
 */
NODISCARD int epochs_seen(struct extent *out, struct docket *docket,
    const struct epochs *epochs, const struct log_row *log, uint64_t size,
    struct error *err);

/* Where the log before ended, as the opening of a later one quotes it. */
struct previous {
	struct log_row *log; /* of the same writer; NULL: nothing was taken */
	uint64_t size;
	struct hash root;
	struct span head, line; /* with the writer's line; the mirror's */
	struct instant time;    /* of the mirror line */
};

/*
 * Read it out of the valid form of ${opening}, and check its lines.
 *
 * Fails: E_RECORD_PREVIOUS.
 */
NODISCARD int previous_read(struct previous *out, struct docket *docket,
    const struct log_row *log, const struct record *opening,
    struct arena *arena, struct error *err);

/*
 * May the peer's ${log} begin with the valid ${opening}: have we cosigned no
 * more of the log before than it quotes?
 *
 * Fails: E_EPOCH_BELOW; E_FORKED for a log that goes on under a key that
 * signed two versions of the one before.
 */
NODISCARD int epochs_check_begin(struct docket *docket,
    const struct log_row *log, const struct record *opening,
    struct arena *arena, struct error *err);

/* ${log} has begun with the valid ${opening}: close those before.  Within. */
NODISCARD int epochs_begin(struct docket *docket, struct log_row *log,
    const struct record *opening, struct arena *arena, struct error *err);

/*
 * Our keeper is shown which key signs the log ${log} of a peer, if another
 * than the one before.  Fails: as its follow does.
 */
NODISCARD int epochs_follow(struct docket *docket, const struct log_row *log,
    struct arena *arena, struct error *err);

/* opening.c: one of our log of ${epoch} to ${peer}, but for its anchor. */
void opening_fill(struct record *record, const struct card *self,
    const struct card *peer, unsigned epoch, struct instant now,
    struct arena *arena);
NODISCARD int opening_write(struct span *content, const struct record *record,
    struct arena *arena, struct error *err);

/*
 * Keep ${head} of a log of ours, or of theirs, with the mirror line ${line}
 * of ${at} on it, if it is larger than what is known to be mirrored.  Within.
 */
NODISCARD int epochs_keep_line(struct docket *docket, struct log_row *log,
    const struct head_row *head, struct span line, struct instant at,
    struct error *err);

/*
 * The log of ${origin} that the peer may announce: not in the store yet.
 *
 * Fails: E_CHECKPOINT_ORIGIN if it is not the name of a next epoch.
 */
NODISCARD int epochs_announced(struct log_row **out, struct docket *docket,
    struct span peer, struct span origin, struct arena *arena,
    struct error *err);
