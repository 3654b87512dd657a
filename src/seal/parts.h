#pragma once

/*
 * parts: find the parts of a seal.  Not for other modules.
 *
 * Reads the form that seal.h describes and nothing else; believes nothing.
 */

#include "base/attr.h"
#include "base/instant.h"
#include "base/span.h"
#include "seal/der.h"

struct error;

/* All borrowed from what was parsed. */
struct seal_parts {
	struct span content;
	struct der version;     /* of the SignedData */
	struct der signer;      /* SignerIdentifier */
	struct span attributes; /* signed, with tag and length */
	struct span algorithm;  /* of the signature, without tag */
	struct span signature;
	struct span digest;             /* messageDigest */
	struct instant at;              /* signingTime */
	struct span certificate_digest; /* from signingCertificateV2, */
	struct span issuer_serial;      /* and what follows it, or empty */
};

/* Fails: all that seal_open() fails with before it looks at a key. */
NODISCARD int seal_parts_parse(struct seal_parts *out, struct span der,
    struct error *err);
