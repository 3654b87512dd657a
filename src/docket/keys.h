#pragma once

/*
 * keys: which keys of a docket's parties count where, and whose lines on a log
 * count for whom.  Not for other modules.
 *
 * All of it follows from the cards and the credential records of the logs.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/span.h"
#include "docket/epochs.h"
#include "ledger/note.h"

struct arena;
struct certificate;
struct docket;
struct error;
struct line_row;
struct log_row;
struct record;

/* A certificate of a party, in force in its log from an index on. */
struct docket_seal {
	uint64_t from;
	struct certificate *certificate;
};

/* The key for the next log of its writer, in force from an index on. */
struct docket_next {
	uint64_t from;
	uint8_t key[32];
};

/*
 * A key that was named at from - 1 (0: by the card), and is not accepted any
 * more once until - 1 is seen; UINT64_MAX: nothing says so.
 */
struct docket_mirror {
	uint64_t from, until;
	struct note_key key;
};

struct docket_pin {
	uint64_t from, until;
	struct hash pin;
};

/* The keys of who writes a log, as its entries change them; and the first
 * mirror key of who mirrors it. */
struct docket_keys {
	struct docket_keys *next;
	int64_t log;
	struct note_key writer;  /* the log's own line */
	struct note_key mirror;  /* the counterparty's, of its card */
	struct span mirror_name; /* of the writer's mirror keys */
	struct docket_seal *seals;
	struct docket_mirror *mirrors; /* for lines on the other log */
	struct docket_pin *pins;       /* of TLS */
	struct docket_next *nexts;
	size_t seals_n, mirrors_n, pins_n, nexts_n;
};

/*
 * What a record, or who would write it, has seen: ${index} entries of the log
 * that it stands in, and so much of the other writer's.
 */
struct view {
	const struct log_row *log;
	uint64_t index;
	struct extent seen;
};

/* keys.c: in memory, made from cards and the credential records below. */
NODISCARD int keys_of_log(struct docket *docket, const struct log_row *log,
    struct docket_keys **out, struct error *err);
const struct certificate *keys_seal_at(const struct docket_keys *keys,
    uint64_t index);

/* The writer's mirror keys that count for who has seen ${view} entries. */
size_t keys_mirrors_at(const struct docket_keys *keys, uint64_t view,
    struct note_key **out, struct arena *arena);

/*
 * The mirror key to sign with for a reader who has seen ${shown} of the
 * ${size} entries: the newest it knows; if all those were declared
 * compromised, the newest.  NULL if there is none.
 */
const struct note_key *keys_mirror_for(const struct docket_keys *keys,
    uint64_t size, uint64_t shown);

/* Does an entry in [from, to) declare a mirror key compromised? */
bool keys_has_compromise(const struct docket_keys *keys, uint64_t from,
    uint64_t to);

/* Does an entry in [from, to) name a TLS key? */
bool keys_has_pin(const struct docket_keys *keys, uint64_t from, uint64_t to);

/* May ${credential} be the next entry: can its key be read, is it new? */
NODISCARD int keys_check(const struct docket_keys *keys,
    const struct record *credential, struct error *err);

/* It is entry ${index}, and acts from the next one on. */
NODISCARD int keys_add(struct docket_keys *keys, uint64_t index,
    const struct record *credential, struct error *err);

/* The public log key with which a log after this one at ${size} is signed. */
const uint8_t *keys_next_at(const struct docket_keys *keys, uint64_t size);
void keys_drop(struct docket *docket, int64_t log);
void keys_clear(struct docket_keys *keys);
void keys_forget(struct docket *docket);

/* pins.c: who has which may have changed. */
void pins_forget(struct docket *docket);

/* Our newest TLS key. */
struct hash pins_newest(const struct docket *docket);

/* lines.c: the keys whose mirror lines on ${about} count in ${view}. */
NODISCARD int lines_keys(struct docket *docket, const struct view *view,
    const struct log_row *about, struct note_key **out, size_t *n,
    struct arena *arena, struct error *err);

/* The first mirror line that one of the keys given has verified, or NULL. */
const struct note_line *lines_first(const struct note *note);

/* The first line on the head of ${about} at ${size} that one of ${keys}
 * made; NULL if there is none. */
NODISCARD int lines_pick(struct docket *docket, const struct log_row *about,
    uint64_t size, const struct note_key *keys, size_t n, struct line_row **out,
    struct arena *arena, struct error *err);

/* Quote the lines on ${own} that nobody has quoted.  Within. */
NODISCARD int lodge_late_lines(struct docket *docket, struct log_row *own,
    struct instant now, bool is_urgent, struct arena *arena, struct error *err);
