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
#include "proof/evidence_keys.h"
#include "proof/manifest.h"
#include "seal/crl.h"

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
	bool has_line;             /* of the other party's mirror */
	struct instant time;       /* of that line */
	struct note_key mirror;    /* that made it */
	struct evidence_term term; /* of that key */
	size_t writer_line; /* which lines of the note these are, from 0 */
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
	uint64_t index; /* a position, like all indexes and sizes here */
	uint64_t anchor_at;
	struct span der;
	struct hash leaf;
	enum evidence_state state;
	enum error_code fault;       /* unless valid */
	const struct record *record; /* if valid */
	struct span content;
	enum evidence_anchor anchor;
	bool is_sealed; /* the certificate in force verifies it */
	size_t seal;    /* which of the side's seals was in force */
	bool is_issued; /* by an authority, which may revoke it */
	struct revocation revocation; /* what the lists shown say of that */
	bool has_proof;
	struct proof_file proof;
	const struct evidence_head *head; /* that it is included under */
	bool is_in_range;                 /* shown by a complete range */
	bool is_void; /* a later log of its writer leaves it out */
};

struct evidence_frontier {
	unsigned side;
	uint64_t at;
	struct tree tree;
	struct span bytes;
};

/* A list of revoked certificates. */
struct evidence_crl {
	unsigned side;
	uint64_t n;
	struct crl *crl;
	bool is_used; /* of the time of a record that is shown */
};

/* What a set of them, a bit for each, says of the card's certificate. */
struct evidence_told {
	uint64_t set;
	struct revocation revocation;
};

/*
 * Two heads of one log, and what shows that they cannot both be true: two
 * roots of one size; or the root that the larger tree had at the size of the
 * smaller; or two leaves at one index.
 */
struct evidence_fork {
	struct evidence_head heads[2]; /* bytes empty: none */
	bool has_prefix;
	struct hash prefix; /* so says the proof, under the second head */
	struct proof prefix_proof;
	bool has_path[2];
	struct hash leaves[2];
	struct proof_file paths[2];
};

struct evidence {
	struct arena *arena;
	const struct bundle *bundle;
	const struct manifest *manifest;
	const struct card *cards[2];
	struct evidence_keys keys[2];  /* of each party, for lines */
	struct evidence_keys found[2]; /* while the records are judged */
	struct evidence_head *heads;
	size_t heads_n;
	struct evidence_fork forks[2]; /* of the log of each side */
	struct evidence_frontier *frontiers;
	size_t frontiers_n;
	struct evidence_record *records; /* by side and index */
	size_t records_n;
	struct evidence_seal *seals[2];
	size_t seals_n[2];
	struct evidence_crl *crls;
	size_t crls_n;
	struct evidence_told told[2];
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

/* Does it stand in its log?  What does not changes no key. */
bool evidence_is_placed(const struct evidence_record *record);

/* evidence_epochs.c: the name of a log, and who signs it. */
struct span evidence_origin(const struct evidence *evidence, unsigned side,
    unsigned epoch);
struct note_key evidence_writer(const struct evidence *evidence, unsigned side,
    unsigned epoch);

/* Where the chain goes on: there, or at the beginning of the epoch that leaves
 * out what stands there. */
uint64_t evidence_next(const struct evidence *evidence, unsigned side,
    uint64_t position);

/* Where the part of the chain from ${from} on that stands in one log ends: at
 * ${size}, or where a later log begins. */
uint64_t evidence_segment_end(const struct evidence *evidence, unsigned side,
    uint64_t from, uint64_t size);

/* Is the head of that size the one behind which a later log begins? */
bool evidence_is_end(const struct evidence *evidence, unsigned side,
    uint64_t position);

/*
 * A note quoted in a record that has seen ${view} entries of the log of who
 * mirrors: a head of the log of ${side}.
 */
#define EVIDENCE_ANY_VIEW UINT64_MAX
void evidence_open_head(const struct evidence *evidence,
    struct evidence_head *head, uint64_t view);
