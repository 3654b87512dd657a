#pragma once

/*
 * trial: a claim on trial, and the steps that several claims have in common.
 * A step that returns false has said in the line why the claim fails.
 * Private to proof/.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/instant.h"
#include "proof/claim.h"

struct arena;
struct evidence;
struct evidence_head;
struct evidence_record;
struct proof_claim_row;
struct proof_line;
struct record;

struct trial {
	const struct evidence *ev;
	const struct proof_claim_row *row;
	size_t i; /* in the manifest */
	struct proof_line *line;
	struct arena *arena;
};

/* Words for a sentence: "cert.north.example", an instant, "the request
 * 0123456789ab". */
const char *trial_party(const struct trial *trial, unsigned side);
const char *trial_instant(const struct trial *trial, struct instant at);
const char *trial_name(const struct trial *trial, unsigned side,
    const struct hash *leaf);

/* "entry 17", "entry 3 of epoch 2". */
const char *trial_entry(const struct trial *trial, uint64_t index);

/* Always false. */
bool trial_fails(struct trial *trial, enum proof_verdict verdict,
    const char *why);

/* It needs the card of that party; it rests on that too. */
void trial_needs(struct trial *trial, unsigned side);
void trial_rests(struct trial *trial, const char *what);

/* Entry 0 of that epoch of its log quotes both cards. */
bool trial_is_opened(struct trial *trial, unsigned side, unsigned epoch);

/* A valid record that stands in the log of ${side}. */
bool trial_is_shown(struct trial *trial, unsigned side, const struct hash *leaf,
    const struct evidence_record **out);

/* A line of the other party's mirror covers it. */
bool trial_is_taken(struct trial *trial, const struct evidence_record *record);

/* It rests on the key of the line on that head. */
void trial_rest_on_line(struct trial *trial, const struct evidence_head *head);

/* The reaction names the record, or the case that it opens or is of. */
bool trial_is_about(const struct record *reaction,
    const struct evidence_record *record);

/* Each a claim: verify_silence.c, verify_fork.c. */
bool trial_no_reaction(struct trial *trial);
bool trial_fork(struct trial *trial);
