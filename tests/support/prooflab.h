#pragma once

/*
 * prooflab: bundles for tests, made by real dockets, and ways to spoil them.
 *
 * Failures here end the test program.
 */

#include "base/hash.h"
#include "proof/bundle.h"
#include "proof/make.h"
#include "proof/verify.h"
#include "tests/support/twonodes.h"

struct manifest;
struct proof_file_row;

/*
 * North asks south for something, with a body and evidence; the request is
 * taken.
 */
struct prooflab {
	struct two two;
	struct two_node *north, *south;
	struct hash request;
	struct arena *arena; /* until prooflab_close() */
};
void prooflab_open(struct prooflab *lab);

/* The same with other keys: what a forger can make. */
void prooflab_open_forged(struct prooflab *lab);

/* The same; an authority issued the seal of north. */
struct authority_seal;
void prooflab_open_issued(struct prooflab *lab,
    const struct authority_seal *issued);
void prooflab_close(struct prooflab *lab);

/* South reacts, and both have it.  Returns the reaction. */
struct hash prooflab_react(struct prooflab *lab, enum kind kind);

/* The order of north: ${claims} of the request. */
struct proof_order prooflab_order(const struct prooflab *lab, unsigned claims);

/* The bundle of it; it has to be one. */
void prooflab_make(struct prooflab *lab, const struct proof_order *order,
    struct bundle *out);

/* Both cards, as a verifier has them from the parties. */
struct proof_trust prooflab_trust(const struct prooflab *lab);

/* The report; the bundle has to be whole. */
void prooflab_verify(struct prooflab *lab, const struct bundle *bundle,
    const struct proof_trust *trust, struct proof_report *out);

/* The verdict on the first claim of that sort. */
enum proof_verdict prooflab_verdict(const struct proof_report *report,
    enum proof_claim claim);

/* The first file whose name ends so. */
const struct bundle_file *prooflab_file(const struct bundle *bundle,
    const char *end);

/* A copy in which ${name} has those bytes; or no file of that name at all. */
void prooflab_swap(struct prooflab *lab, struct bundle *out,
    const struct bundle *bundle, struct span name, struct span bytes);
void prooflab_drop(struct prooflab *lab, struct bundle *out,
    const struct bundle *bundle, struct span name);

/*
 * A copy whose manifest and sums fit the files that are there: what a forger
 * hands over.  ${edit}, if not NULL, may change the manifest before.
 */
void prooflab_list(struct prooflab *lab, struct bundle *out,
    const struct bundle *bundle,
    void (*edit)(struct manifest *manifest, void *ctx), void *ctx);

/*
 * A copy of ${bundle} with those files of ${other} that it does not have, and
 * their rows; nothing more is claimed.
 */
void prooflab_merge(struct prooflab *lab, struct bundle *out,
    const struct bundle *bundle, const struct bundle *other);

/* A copy with an entry of north's log and its path to the head of ${size}. */
void prooflab_add_entry(struct prooflab *lab, struct bundle *out,
    const struct bundle *bundle, uint64_t index, uint64_t size);

/* A copy with one file more, and its row. */
void prooflab_add_file(struct prooflab *lab, struct bundle *out,
    const struct bundle *bundle, const struct proof_file_row *row,
    struct span bytes);

/* A copy whose sums, and nothing else, fit the files. */
void prooflab_sum(struct prooflab *lab, struct bundle *out,
    const struct bundle *bundle);

/*
 * Put ${bytes} in place of the file ${name}, and of its bytes wherever else
 * they stand at the end of a path, and write the lists anew.
 */
void prooflab_swap_head(struct prooflab *lab, struct bundle *out,
    const struct bundle *bundle, struct span name, struct span bytes);

/* The text of a head and the line of its log, no other. */
struct span prooflab_unmirrored(struct span head);

/* A mirror's line on ${head} by ${key}, named so, at the lab's time. */
struct ed25519_key;
struct span prooflab_line(struct prooflab *lab, struct span head,
    const char *name, const struct ed25519_key *key);

/*
 * Run the HOWTO of ${bundle} as its reader would, with sh and openssl: what it
 * prints, and its exit status.
 */
int prooflab_howto(struct prooflab *lab, const struct bundle *bundle,
    const char **said);
