#pragma once

/*
 * write: put a seal together from its parts.  Not for other modules.
 */

#include "base/instant.h"
#include "base/span.h"

struct buf;
struct certificate;
struct hash;

/* Append RFC 5035's IssuerSerial of ${certificate}. */
void write_issuer_serial(struct buf *out,
    const struct certificate *certificate);

/* Append the signed attributes as a SET OF: what a signature is made over. */
void write_attributes(struct buf *out, const struct hash *content,
    struct instant at, const struct certificate *certificate);

/* Append the whole; ${attributes} are those that were signed. */
void write_signed_data(struct buf *out, struct span content,
    struct span attributes, struct span signature,
    const struct certificate *certificate);
