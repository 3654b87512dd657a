#pragma once

/*
 * internal: what the files of docket/ share and nobody else sees.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/hash.h"
#include "base/instant.h"
#include "docket/docket.h"
#include "docket/roots.h"
#include "docket/serve.h"
#include "domain/record.h"
#include "ledger/note.h"
#include "store/entry.h"
#include "store/log.h"

struct arena;
struct certificate;
struct checkpoint;
struct line_row;
struct note;
struct note_line;
struct proof;

/* A certificate of a party, in force in its log from an index on. */
struct docket_seal {
	uint64_t from;
	struct certificate *certificate;
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
	size_t seals_n, mirrors_n, pins_n;
};

/* A peer, with what is believed of its node.  The rest is in the store. */
struct docket_peer {
	struct docket_peer *next;
	const struct card *card;
	const struct card *own;            /* ours, that this docket quotes */
	struct hash pins[DOCKET_PINS_MAX]; /* as docket_pins() says */
	unsigned pins_n;
	bool has_pins;        /* these are known */
	bool is_checked;      /* it told us the largest head of our log */
	bool is_unstored;     /* what it gave back is not committed yet */
	bool is_given_up;     /* it does not, and is not waited for */
	bool is_asking;       /* the next is known */
	struct instant asked; /* when its answer was first missed */
	unsigned tries;       /* that failed */
	bool is_asked;        /* something was sent since the last ping */
	uint64_t pending;     /* size of the pending checkpoint over there */
	uint64_t mirror_next; /* first entry that it does not hold */
	struct recovery *recovery; /* recover.h; or NULL */
	bool is_contradicted;      /* it holds another version of our log */
	bool is_measured;          /* the next is known */
	bool is_short;             /* we hold less than we have signed */
	struct hash patching;      /* a large document whose offset is known */
	uint64_t patch_offset;
	bool is_patching;
	struct instant pinged;
	bool is_hurried;      /* the next job is not to wait */
	unsigned corrections; /* in a row, of what is believed of it */
	bool has_flooded;     /* more unproven heads than are kept; told once */
	unsigned refusals;    /* lodged since something valid came */
};

struct docket {
	struct docket_parts parts;
	struct arena *arena; /* cards; as long as the docket */
	const struct card *self;
	struct span mirror_name; /* of our mirror key */
	struct docket_peer *peers;
	struct docket_keys *keys;
	struct docket_roots roots;
	bool has_new_pins; /* since docket_pins_changed() was asked */
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
void keys_clear(struct docket_keys *keys);
void keys_forget(struct docket *docket);

/* pins.c: who has which may have changed. */
void pins_forget(struct docket *docket);

/* Our newest TLS key. */
struct hash pins_newest(const struct docket *docket);

/* After a rollback: the peer was never added. */
void docket_forget_peer(struct docket *docket, struct docket_peer *peer);

struct docket_peer *docket_peer_state(const struct docket *docket,
    struct span name);

/* Nothing of ours may be signed for it, nor anything of its taken, yet. */
bool docket_is_held_back(const struct docket *docket,
    const struct docket_peer *peer);

/* Only because it was not asked yet: that ends within seconds. */
bool docket_is_unasked(const struct docket *docket,
    const struct docket_peer *peer);

/* "<party>/mirror", ours. */
struct span docket_mirror_name(const struct docket *docket);

/* The log of the docket with ${log}'s peer that the other party writes. */
NODISCARD int docket_other_log(struct docket *docket, const struct log_row *log,
    struct log_row **out, struct arena *arena, struct error *err);

/*
 * judge.c: all that decides whether an entry of ${log} at ${index} is valid,
 * from its bytes and what stands below it.  A fault of the record is a
 * verdict in ${out}, not an error.
 */
struct judged {
	struct entry_row row;
	struct record *record; /* NULL if it is not valid */
	bool has_anchor;       /* its seal is good and it can be read */
	struct anchor anchor;  /* then what it claims, true or not */
};
NODISCARD int judge_entry(struct docket *docket, const struct log_row *log,
    uint64_t index, struct span der, struct judged *out, struct arena *arena,
    struct error *err);

/*
 * What a record, or who would write it, has seen: ${index} entries of the log
 * that it stands in, ${anchor} of the other.
 */
struct view {
	const struct log_row *log;
	uint64_t index, anchor;
};

/* receipt.c: the checkpoint that a receipt quotes. */
struct quoted {
	struct log_row *log; /* that it is a head of */
	uint64_t size;
	struct hash root;
	struct instant time; /* of the mirror line */
};
NODISCARD int receipt_read(struct docket *docket, const struct view *view,
    struct span note, struct quoted *out, struct arena *arena,
    struct error *err);

/* What the next record of ours in ${own} would see. */
NODISCARD int lodge_view(struct docket *docket, const struct log_row *own,
    struct view *out, struct arena *arena, struct error *err);

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

/*
 * append.c: judge ${der}, add it as the next entry of ${log}, and write all
 * projections.  Within.  Updates ${log} and its row.
 */
NODISCARD int append_entry(struct docket *docket, struct log_row *log,
    struct span der, struct judged *out, struct arena *arena,
    struct error *err);

/* The same for an entry that was judged as the next one. */
NODISCARD int append_judged(struct docket *docket, struct log_row *log,
    const struct judged *judged, struct arena *arena, struct error *err);

/* The projections of an entry that is stored already. */
NODISCARD int append_project(struct docket *docket, struct log_row *log,
    const struct judged *judged, struct arena *arena, struct error *err);

/* lodge.c: fill in log, at and anchor, write the content. */
NODISCARD int lodge_content(struct docket *docket, struct log_row *own,
    struct record *record, struct instant now, struct span *content,
    struct arena *arena, struct error *err);

/* Seal and append a record of the node itself.  Within. */
NODISCARD int lodge_automatic(struct docket *docket, struct log_row *own,
    struct record *record, struct instant now, struct arena *arena,
    struct error *err);

/* receipt.c: lodge a receipt of the head of ${about} at ${size}.  Within. */
NODISCARD int lodge_receipt(struct docket *docket, struct log_row *own,
    struct log_row *about, uint64_t size, struct instant now,
    struct arena *arena, struct error *err);

/* heads.c: the largest size of ${logs[side]} that belongs to a closed pair. */
uint64_t heads_newest(struct log_row *const logs[2], unsigned side);

/* heads.c: both logs of the docket, by side */
NODISCARD int heads_logs(struct docket *docket, struct span peer,
    struct log_row *out[2], struct arena *arena, struct error *err);

/* The name of the blob file of a document of that docket. */
struct hash document_file(struct span peer, const struct hash *sha256);

NODISCARD int document_restart(struct docket *docket, struct span peer,
    const struct hash *name, struct error *err);

/* serve_log.c, serve_document.c, serve_read.c */
struct serve_call {
	const struct serve_request *request;
	struct serve_reply *reply;
	struct instant now;
	struct arena *arena;
};
NODISCARD int serve_add_checkpoint(struct docket *docket,
    struct serve_call *call, struct error *err);
NODISCARD int serve_add_entries(struct docket *docket, struct serve_call *call,
    struct error *err);
NODISCARD int serve_documents(struct docket *docket, struct serve_call *call,
    struct error *err);
NODISCARD int serve_document(struct docket *docket, struct serve_call *call,
    struct error *err);
NODISCARD int serve_card(struct docket *docket, struct serve_call *call,
    struct error *err);
NODISCARD int serve_log_file(struct docket *docket, struct serve_call *call,
    struct error *err);
