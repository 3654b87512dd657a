#pragma once

/*
 * claim: what a bundle can claim, and how a claim can come out (protocol
 * section 6).
 *
 * taken        the counterparty's node stored the record durably, by a time
 * record       the record stands in its author's log, sealed by the author
 * reacted      a reaction (acknowledgement, return, decision, result) to the
 *              record stands in the other party's log
 * no-reaction  none does, up to an instant
 * not-earlier  the record was made after a time that the other party signed
 * fork         a party signed two versions of its log
 *
 * "figures" (the statement, recomputed from all records) is no claim of a
 * bundle.
 */

#include <stdbool.h>

#include "base/attr.h"
#include "base/span.h"

struct error;

enum proof_claim {
	PROOF_TAKEN,
	PROOF_RECORD,
	PROOF_REACTED,
	PROOF_NO_REACTION,
	PROOF_NOT_EARLIER,
	PROOF_FORK,
	PROOF_CLAIM_COUNT
};

enum proof_verdict {
	PROOF_PROVEN,
	PROOF_PROVEN_IF,  /* somebody's fingerprint is what the bundle says */
	PROOF_NOT_PROVEN, /* the evidence does not show it */
	PROOF_REFUTED,    /* the evidence shows that it is not so */
};

/* "no-reaction"; never NULL. */
const char *proof_claim_name(enum proof_claim claim);

/* Fails: E_BUNDLE_CLAIM. */
NODISCARD int proof_claim_find(enum proof_claim *out, struct span name,
    struct error *err);

/* "NOT PROVEN"; never NULL. */
const char *proof_verdict_name(enum proof_verdict verdict);
