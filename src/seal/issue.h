#pragma once

/*
 * issue: make keys and self-signed certificates.  Not for other modules.
 */

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/span.h"
#include "seal/identity.h"

/* A P-256 key: random, or made from ${seed} and ${role}.  NULL: ask ERR. */
EVP_PKEY *issue_key(enum seal_role role, struct span seed);

/* The certificate of ${key}, signed with it.  NULL: ask ERR. */
X509 *issue_certificate(enum seal_role role, const struct seal_holder *holder,
    EVP_PKEY *key);
