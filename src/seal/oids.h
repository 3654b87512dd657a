#pragma once

/*
 * oids: object identifiers (the value, without tag and length) and the
 * algorithms that stand in a seal.  Not for other modules.
 */

#include "base/span.h"

extern const struct span OID_DATA;                /* RFC 5652, 4 */
extern const struct span OID_SIGNED_DATA;         /* RFC 5652, 5.1 */
extern const struct span OID_CONTENT_TYPE;        /* RFC 5652, 11.1 */
extern const struct span OID_MESSAGE_DIGEST;      /* RFC 5652, 11.2 */
extern const struct span OID_SIGNING_TIME;        /* RFC 5652, 11.3 */
extern const struct span OID_SIGNING_CERTIFICATE; /* V2; RFC 5035, 3 */
extern const struct span OID_SHA256;              /* RFC 5754, 2.2 */

/* The inside of an AlgorithmIdentifier: OID and parameters. */
extern const struct span ALGORITHM_ECDSA_SHA256; /* RFC 5754, 3.3 */
extern const struct span ALGORITHM_RSA;          /* RFC 5754, 3.2 */
extern const struct span ALGORITHM_RSA_SHA256;   /* RFC 5754, 3.2 */
