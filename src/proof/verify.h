#pragma once

/*
 * verify: what a bundle proves.  Pure, offline, no clock.
 *
 * Every file must be listed in manifest.json and in SHA256SUMS with its
 * digest, have one of the uses there, and be in the one form that this program
 * writes.  Then each claim of the manifest is worked out anew from the
 * evidence: record, seal, leaf hash, path, head, mirror line.
 *
 * Trust comes from outside the bundle: whose card it is, only a person who
 * compared the fingerprint knows.  A bundle made with fresh keys is whole in
 * itself and comes out as PROVEN_IF.
 *
 * Which seal certificate was in force at an entry follows from the credential
 * records below it.  That none was left out of the bundle could only be seen
 * from the whole log; so the report says "as far as the bundle shows", and
 * where a record left out could make silence of a reaction (an entry in the
 * range of no-reaction that verifies with no certificate shown) the claim is
 * NOT PROVEN unless the range begins at entry 0 and changes no key.  A
 * reaction there refutes the claim if its anchor is a head that both parties
 * signed.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/hash.h"
#include "base/span.h"
#include "proof/claim.h"

struct arena;
struct buf;
struct bundle;
struct error;

/* Exit statuses of "demarche verify". */
#define PROOF_EXIT_PROVEN 0
#define PROOF_EXIT_NOT_PROVEN 3
#define PROOF_EXIT_REFUTED 4
#define PROOF_EXIT_PROVEN_IF 5

/* Cards and fingerprints given to verify, in all */
#define PROOF_TRUST_MAX 16

/* A fingerprint that was compared. */
struct proof_trusted {
	struct hash fingerprint;
	/* If a card was given: whose; else empty, whoever has it. */
	struct span party;
};

struct proof_trust {
	struct proof_trusted given[PROOF_TRUST_MAX];
	size_t n;
};

/*
 * Trust the card in ${file} (formats/card.h), or a fingerprint as a person
 * writes it.
 *
 * Owns: ${trust} borrows ${arena}.
 * Fails: E_CARD and as card_open() does; E_CARD_FINGERPRINT; E_TOO_LARGE above
 * PROOF_TRUST_MAX.
 */
NODISCARD int proof_trust_card(struct proof_trust *trust, struct span file,
    struct arena *arena, struct error *err);
NODISCARD int proof_trust_fingerprint(struct proof_trust *trust,
    struct span text, struct error *err);

enum proof_standing {
	PROOF_UNKNOWN, /* nothing was given for that party */
	PROOF_TRUSTED,
	PROOF_OTHER, /* another card of that party was given */
};

/* A party of the bundle, in the byte order of the names. */
struct proof_party {
	struct span party;
	struct span origin; /* of its log in the docket */
	struct hash fingerprint;
	enum proof_standing standing;
};

/* One claim and what came of it; texts are NUL-terminated. */
struct proof_line {
	enum proof_claim claim;
	enum proof_verdict verdict;
	const char *text;   /* what is claimed, a sentence */
	const char *why;    /* why not; "" if it is proven */
	const char *rests;  /* the keys and conditions it rests on */
	bool needs[2];      /* whose card it rests on, by party */
	bool has_record;    /* claims but fork are about a record */
	struct hash record; /* its leaf hash */
	bool is_exercise;
	bool is_short; /* no-reaction: shown, but not up to that instant */
};

struct proof_report {
	struct proof_party parties[2];
	struct proof_line *lines;
	size_t n;
	const char **notes; /* what else is to be said */
	size_t notes_n;
};

/* What no bundle proves, one text a line, then NULL. */
extern const char *const proof_never[];

/*
 * Work out the claims of ${bundle}.
 *
 * Owns: ${out} is in ${arena} and borrows ${bundle}.
 * Fails: E_BUNDLE if it is not a whole and well-formed bundle: then it shows
 * nothing at all.
 */
NODISCARD int proof_verify(const struct bundle *bundle,
    const struct proof_trust *trust, struct proof_report *out,
    struct arena *arena, struct error *err);

/* The exit status: REFUTED before NOT_PROVEN before PROVEN_IF. */
int proof_report_status(const struct proof_report *report);

/* The report for people: a line a claim, then what it rests on. */
void proof_report_write(struct buf *out, const struct proof_report *report);
