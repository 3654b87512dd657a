#pragma once

/*
 * chain: certificates that stand above one another, for libcrypto.  Not for
 * other modules.
 */

#include <openssl/x509_vfy.h>

#include "base/attr.h"
#include "base/instant.h"
#include "base/span.h"

struct certificate;
struct error;

/*
 * Put into ${store} the certificates that may stand above ${certificate}: the
 * ${n} ${anchors}, or itself if it is self-signed.
 *
 * Fails: E_CERTIFICATE, E_SEAL_CRYPTO.
 */
NODISCARD int chain_fill(X509_STORE *store,
    const struct certificate *certificate, const struct span *anchors, size_t n,
    struct error *err);

/* How a chain is looked for, as of ${at}. */
void chain_set(X509_STORE_CTX *chain, struct instant at);

/* Why there is none.  Always returns -1. */
int chain_error(struct error *err, X509_STORE_CTX *chain);
