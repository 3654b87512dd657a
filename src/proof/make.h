#pragma once

/*
 * make: put together a bundle from what the store holds.
 *
 * The files, <P> being a party's name:
 *
 *   HOWTO.txt               a shell script with comments that checks all this
 *                           with openssl and coreutils
 *   manifest.json           parties, origins, claims; each file's use, digest
 *   SHA256SUMS              of all files, for "sha256sum -c"
 *   card-<P>.pem            the card by which the docket was opened
 *   anchors-<P>.pem         the issuers of its seal certificate, if any
 *   seal-<P>-<I>.pem        the seal certificate in force from entry I on
 *   <P>-<I>.p7m             entry I of <P>'s log, a record
 *   <P>-<I>.tlog-proof      that it stands there, under a head (C2SP)
 *   <P>-head-<N>.checkpoint a head of <P>'s log of N entries, with <P>'s line
 *                           and, if it is held, the other party's mirror line
 *   <P>-frontier-<N>.txt    the hashes of the log's first N entries, folded
 *   fork-<P>-<1|2>.checkpoint
 *                           two heads that cannot both be true
 *   fork-<P>-prefix.txt     the root that the second log has at the size of
 *                           the first, and the path from it to the second's
 *   fork-<P>-<1|2>.tlog-proof  or two leaves (their extra) at one index
 *   crl-<P>-<I>.pem         a list of revoked certificates by an issuer of its
 *                           seal certificate
 *   document-<SHA-256>      a document's blob: 16 random bytes, the content
 */

#include <stdbool.h>

#include "base/attr.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/span.h"
#include "proof/claim.h"

struct arena;
struct bundle;
struct docket;
struct error;
struct store;

/* What is to be proven. */
struct proof_order {
	struct span peer;   /* the docket */
	struct hash record; /* leaf hash; not looked at for a fork alone */
	/* The record opens a case: show all records of that case. */
	bool is_case;
	/*
	 * A set of 1 << enum proof_claim.  0: all that can be shown, but
	 * no-reaction only if there is ${until}.
	 */
	unsigned claims;
	bool has_until;
	struct instant until; /* no reaction up to then */
	bool with_text;       /* with the bodies of the records shown */
	bool with_documents;  /* with all their documents that are held */
};

/*
 * Make the bundle.  Only reads; the store may be in a transaction or not.
 *
 * For no-reaction the bundle is made also where it will not be PROVEN because
 * the last entry held of the other log is too old: it then shows that there is
 * no reaction up to that size.
 *
 * Owns: ${out} is initialised here and lives in ${arena}.
 * Fails: E_PEER_UNKNOWN; E_NOT_FOUND if there is no such valid record;
 * E_BUNDLE_CLAIM if a claim asked for is not so, or cannot be shown, from what
 * is held here; E_BUNDLE above the limits of bundle.h.
 */
NODISCARD int proof_make(struct bundle *out, struct docket *docket,
    struct store *store, const struct proof_order *order, struct arena *arena,
    struct error *err);

/*
 * A copy of ${bundle}, which this program made, with the ${n} lists of revoked
 * certificates ${crls}, in DER: each by an issuer that stands above the seal
 * certificate of one of the two cards, and good at the time of a record shown
 * that it sealed.
 *
 * Owns: ${out} is initialised here, lives in ${arena} and borrows ${bundle}.
 * Fails: E_CRL; E_BUNDLE_CLAIM if a list has a certificate that a claim rests
 * on; E_BUNDLE.
 */
NODISCARD int proof_add_crls(struct bundle *out, const struct bundle *bundle,
    const struct span *crls, size_t n, struct arena *arena, struct error *err);
