#pragma once

/*
 * cosignature: a line on another's checkpoint, with a time (C2SP
 * tlog-cosignature v1.0.1, Ed25519, type 04).
 *
 * A witness's says: the largest consistent head that I had seen.  A mirror's
 * says in addition what the mirror statement of its card says.  The signed
 * message names no cosigner, so one key is one cosigner.
 */

#include "base/attr.h"
#include "base/instant.h"
#include "base/span.h"

struct buf;
struct ed25519_key;
struct error;
struct note_key;

/* u64 seconds and an Ed25519 signature */
#define COSIGNATURE_BYTES ((size_t)72)

/* The exact bytes that are signed; ${text} is a checkpoint's text. */
void cosignature_message(struct buf *out, struct span text, struct instant at);

/*
 * Write the signature line of ${name}, whose private key is ${secret}.
 *
 * Fails: E_RANGE for a time before 1970, E_SEAL_CRYPTO.
 */
NODISCARD int cosignature_sign(struct buf *out, const struct note_key *name,
    const struct ed25519_key *secret, struct span text, struct instant at,
    struct error *err);

/*
 * Verify ${signature}, what follows the key ID, and read its time.
 *
 * Fails: E_NOTE_SIGNATURE, also for a time after INSTANT_S_MAX.
 */
NODISCARD int cosignature_check(struct instant *at, const struct note_key *key,
    struct span text, struct span signature, struct error *err);
