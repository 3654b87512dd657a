#pragma once

/*
 * crl: lists of revoked certificates (RFC 5280, 5), and what they say of a
 * certificate at a time.
 *
 * A list says what its issuer knew from thisUpdate until just before
 * nextUpdate; at any other time it says nothing.  Nothing is fetched.  What
 * is found decides no figure: a record is valid or not whatever a list says
 * (protocol section 6), so this may hang on the version of libcrypto.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/instant.h"
#include "base/span.h"

struct arena;
struct buf;
struct certificate;
struct error;

/* Largest list accepted, in bytes of DER; most of them looked at at once. */
#define CRL_SIZE_MAX ((size_t)4 << 20)
#define CRLS_MAX ((size_t)64)

/* Bytes of a file that holds one, in PEM or DER. */
#define CRL_FILE_MAX (2 * CRL_SIZE_MAX)

struct crl;

/*
 * Parse ${der}, one DER list and nothing after it, with a nextUpdate.
 *
 * Owns: the caller, until crl_free(); NULL is harmless there.
 * Fails: E_CRL, E_SEAL_CRYPTO.
 */
NODISCARD int crl_parse(struct crl **out, struct span der, struct error *err);
void crl_free(struct crl *crl);

/*
 * The DER of the list in ${file}, which is PEM or DER.
 *
 * Owns: ${out} is in ${arena}.
 * Fails: E_CRL, also for what is more than one; E_SEAL_CRYPTO.
 */
NODISCARD int crl_read(struct span *out, struct span file, struct arena *arena,
    struct error *err);

/* Append the PEM text of ${crl}. */
void crl_write(struct buf *out, const struct crl *crl);

/* The issuer as one line, "CN = Sealing CA".  Owns: ${crl}. */
const char *crl_issuer(const struct crl *crl);

/* What the issuer knew from the first until just before the second. */
struct instant crl_this_update(const struct crl *crl);
struct instant crl_next_update(const struct crl *crl);
bool crl_is_of_time(const struct crl *crl, struct instant at);

/*
 * One of the ${n} DER certificates ${issuers} issued the list and its key
 * signed it.
 *
 * Fails: E_CRL, E_CERTIFICATE, E_SEAL_CRYPTO.
 */
NODISCARD int crl_check_issuer(const struct crl *crl,
    const struct span *issuers, size_t n, struct error *err);

/* A certificate and those above it, of which a list may speak. */
enum revocation_state {
	REVOCATION_NOT_SHOWN, /* no list of its issuer and of that time */
	REVOCATION_NONE,      /* a list of its issuer does not have it */
	REVOCATION_REVOKED,
};

struct revocation {
	enum revocation_state state; /* of the certificate, or REVOKED above */
	bool is_whole_chain;         /* NONE for those above it too */
	const struct crl *crl;       /* the list that says so, or NULL */
	struct instant since;        /* REVOKED: the list says, since then */
};

/*
 * What the ${crls_n} lists say of ${certificate} at ${at}, whose chain is
 * among the ${n} ${anchors}.  Lists of other issuers or times say nothing.
 *
 * Owns: ${out} borrows ${crls}.
 * Fails: E_CERTIFICATE if there is no chain, E_SEAL_CRYPTO.
 */
NODISCARD int crl_judge(struct revocation *out,
    const struct certificate *certificate, const struct span *anchors, size_t n,
    const struct crl *const *crls, size_t crls_n, struct instant at,
    struct error *err);
