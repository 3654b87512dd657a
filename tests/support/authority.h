#pragma once

/*
 * authority: certificate authorities for tests: certificates for seals, and
 * lists of those that were revoked.
 *
 * Keys are fresh in every run.  Failures here end the test program.
 */

#include <stddef.h>

#include "base/instant.h"
#include "base/span.h"

struct authority;

/*
 * An authority below ${above}, or a root if that is NULL.
 *
 * Owns: the caller, until authority_free().
 */
struct authority *authority_new(const char *name, const struct authority *above,
    struct instant not_before, struct instant not_after);
void authority_free(struct authority *authority);

/* Its certificate, in DER.  Owns: ${authority}. */
struct span authority_certificate(const struct authority *authority);

/* A seal certificate by an authority, with the key and those above it. */
struct authority_seal {
	struct span key;         /* PEM */
	struct span certificate; /* DER */
	struct span above[4];    /* DER */
	size_t above_n;
};

/*
 * Issue a seal certificate to ${party}, of country XN; ${above} are the
 * authorities, the issuer first.
 *
 * Owns: the caller, until authority_seal_clear().
 */
void authority_issue(struct authority_seal *out, const char *party,
    const struct authority *const *above, size_t n, struct instant not_before,
    struct instant not_after);
void authority_seal_clear(struct authority_seal *seal);

/*
 * A list by ${authority} of all that ${revoked} holds: DER certificates, all
 * revoked at ${since}.  Owns: the caller frees its bytes.
 */
struct span authority_list(const struct authority *authority,
    struct instant this_update, struct instant next_update,
    const struct span *revoked, size_t n, struct instant since);
