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
#include "docket/epochs.h"
#include "docket/keys.h"
#include "docket/roots.h"
#include "docket/serve.h"
#include "domain/record.h"
#include "ledger/note.h"
#include "store/entry.h"
#include "store/log.h"

struct arena;
struct checkpoint;
struct note;
struct proof;

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
	struct recovery *recovery;   /* recover.h; or NULL */
	bool is_contradicted;        /* it holds another version of our log */
	bool is_measured;            /* the next is known */
	bool is_short;               /* we hold less than we have signed */
	bool is_tail_lost;           /* of our log, and nobody holds it */
	bool is_refused;             /* our newest log may not begin there */
	bool wants_later, has_later; /* asked for later logs: to be, was */
	struct {
		struct hash at; /* all up to here were looked for */
		unsigned back, gone;
		bool is_done;
	} search;             /* for documents lost here, recover.h */
	struct hash patching; /* a large document whose offset is known */
	uint64_t patch_offset;
	bool is_patching;
	bool is_full; /* it takes no more that no record over there names */
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
	struct span mirror_name;      /* of our mirror key */
	struct docket_peer *peers;    /* in the order of their names */
	struct docket_peer **by_name; /* the same, to be looked up */
	size_t peers_n;
	struct docket_keys *keys;
	struct docket_roots roots;
	bool has_new_pins; /* since docket_pins_changed() was asked */
};

void docket_index_peers(struct docket *docket); /* the list has changed */

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

/* The newest log of the docket with ${log}'s peer of the other writer. */
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

/* receipt.c: the checkpoint that a receipt quotes. */
struct quoted {
	struct log_row *log; /* that it is a head of */
	uint64_t size;
	struct hash root;
	struct instant time;    /* of the mirror line */
	struct span head, line; /* with the writer's line only; the other */
};
NODISCARD int receipt_read(struct docket *docket, const struct view *view,
    struct span note, struct quoted *out, struct arena *arena,
    struct error *err);

/* What the next record of ours in ${own} would see. */
NODISCARD int lodge_view(struct docket *docket, const struct log_row *own,
    struct view *out, struct arena *arena, struct error *err);

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

/* receipt.c: the head of ${about} at ${size} with a line that counts. */
NODISCARD int receipt_quote(struct docket *docket, const struct view *view,
    const struct log_row *about, uint64_t size, struct span *note,
    struct arena *arena, struct error *err);

/* lodge.c: the anchor of who has seen ${view}. */
NODISCARD int lodge_anchor(struct docket *docket, const struct view *view,
    struct anchor *anchor, struct arena *arena, struct error *err);

/* receipt.c: lodge a receipt of the head of ${about} at ${size}.  Within. */
NODISCARD int lodge_receipt(struct docket *docket, struct log_row *own,
    struct log_row *about, uint64_t size, struct instant now,
    struct arena *arena, struct error *err);

/* heads.c: the largest size of ${log} that belongs to closed heads; and what
 * ${heads} have of one writer's, counted through. */
struct heads;
uint64_t heads_newest(const struct epochs *epochs, const struct log_row *log);
uint64_t heads_total(const struct heads *heads, unsigned side);

/* The name of the blob file of a document of that docket. */
struct hash document_file(struct span peer, const struct hash *sha256);

/* Give up what was received of it, if it is not whole.  Within. */
NODISCARD int document_restart(struct docket *docket, struct span peer,
    const struct hash *name, struct error *err);
