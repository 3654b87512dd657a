#pragma once

/*
 * evidence: the files of a bundle, read strictly and checked as far as each
 * goes by itself.  What a claim makes of it is verify_claims.c's.
 *
 * Private to proof/.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/span.h"
#include "ledger/note.h"
#include "ledger/proof_file.h"
#include "ledger/tree.h"
#include "proof/manifest.h"

struct arena;
struct bundle;
struct card;
struct certificate;
struct record;

/* A head, with its writer's signature unless ${fault} says otherwise. */
struct evidence_head {
	unsigned side;
	uint64_t size;
	struct span bytes;
	struct hash root;
	enum error_code fault;
	bool has_line;       /* of the other party's mirror */
	struct instant time; /* of that line */
	size_t writer_line;  /* which lines of the note these are, from 0 */
	size_t mirror_line;
};

enum evidence_state {
	EVIDENCE_VALID,    /* as far as the bundle shows */
	EVIDENCE_INVALID,  /* by its own bytes, whatever else there is */
	EVIDENCE_UNSEALED, /* no certificate shown for it verifies it */
};

enum evidence_anchor {
	ANCHOR_UNKNOWN, /* no head of that size is shown */
	ANCHOR_TRUE,    /* the other log's writer signed that head */
	ANCHOR_FALSE,   /* its own author cosigned another */
};

struct evidence_record {
	unsigned side;
	uint64_t index;
	struct span der;
	struct hash leaf;
	enum evidence_state state;
	enum error_code fault;       /* unless valid */
	const struct record *record; /* if valid */
	struct span content;
	enum evidence_anchor anchor;
	bool is_sealed; /* the certificate in force verifies it */
	size_t seal;    /* which of the side's seals was in force */
	bool has_proof;
	struct proof_file proof;
	const struct evidence_head *head; /* that it is included under */
	bool is_in_range;                 /* shown by a complete range */
};

struct evidence_seal {
	uint64_t from;
	struct certificate *certificate;
};

struct evidence_frontier {
	unsigned side;
	struct tree tree;
	struct span bytes;
};

struct evidence {
	struct arena *arena;
	const struct bundle *bundle;
	const struct manifest *manifest;
	const struct card *cards[2];
	struct note_key writers[2]; /* of the log of each side */
	struct note_key mirrors[2]; /* who mirrors the log of that side */
	struct evidence_head *heads;
	size_t heads_n;
	struct evidence_head forks[2][2]; /* bytes empty: none */
	struct evidence_frontier *frontiers;
	size_t frontiers_n;
	struct evidence_record *records; /* by side and index */
	size_t records_n;
	struct evidence_seal *seals[2];
	size_t seals_n[2];
	enum error_code *ranges; /* of each claim: E_NONE if it is complete */
};

/*
 * Read all files that ${manifest} lists.
 *
 * Owns: the caller, until evidence_close(), also after a failure.
 * Fails: E_BUNDLE for what no honest maker makes; bad signatures and proofs
 * are no failure, the claims fail by them.
 */
NODISCARD int evidence_open(struct evidence *out, const struct bundle *bundle,
    const struct manifest *manifest, struct arena *arena, struct error *err);
void evidence_close(struct evidence *evidence);

/*
 * All that a person needs who has no program but openssl is there: each seal
 * certificate and its anchors.
 *
 * Fails: E_BUNDLE.
 */
NODISCARD int evidence_check(const struct evidence *evidence,
    struct error *err);

/* NULL if there is none; the first in the log of ${side}. */
const struct evidence_record *evidence_find(const struct evidence *evidence,
    unsigned side, const struct hash *leaf);
const struct evidence_record *evidence_entry(const struct evidence *evidence,
    unsigned side, uint64_t index);
const struct evidence_head *evidence_head(const struct evidence *evidence,
    unsigned side, uint64_t size);
const struct evidence_frontier *evidence_frontier(const struct evidence
						      *evidence,
    unsigned side, uint64_t size);

/* evidence_judge.c: states of all records, in order, and the seals. */
NODISCARD int evidence_judge(struct evidence *evidence, struct error *err);

/* A note quoted in a receipt: a head of the log of ${side}. */
void evidence_open_head(const struct evidence *evidence,
    struct evidence_head *head);
