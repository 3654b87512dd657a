#pragma once

/*
 * ed25519: signatures of notes and cosignatures (RFC 8032, pure Ed25519).
 */

#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"

struct error;

#define ED25519_SEED_BYTES ((size_t)32)
#define ED25519_PUBLIC_BYTES ((size_t)32)
#define ED25519_SIGNATURE_BYTES ((size_t)64)

/* A private key. */
struct ed25519_key;

/*
 * The key made from the 32 bytes of ${seed} (RFC 8032, 5.1.5), which the
 * caller wipes.
 *
 * Owns: the caller, until ed25519_key_free(); NULL is harmless there.
 * Fails: E_KEY if ${seed} is not 32 bytes long, E_SEAL_CRYPTO.
 */
NODISCARD int ed25519_key_new(struct ed25519_key **out, struct span seed,
    struct error *err);
void ed25519_key_free(struct ed25519_key *key);

/* The public key that belongs to ${key}. */
void ed25519_public(const struct ed25519_key *key,
    uint8_t out[ED25519_PUBLIC_BYTES]);

/* Fails: E_SEAL_CRYPTO. */
NODISCARD int ed25519_sign(uint8_t out[ED25519_SIGNATURE_BYTES],
    const struct ed25519_key *key, struct span message, struct error *err);

/*
 * Check that ${signature} over ${message} was made with the private half of
 * ${public}.  A key in another form than RFC 8032's or of small order verifies
 * nothing.
 *
 * Fails: E_NOTE_SIGNATURE, E_SEAL_CRYPTO.
 */
NODISCARD int ed25519_verify(const uint8_t public[ED25519_PUBLIC_BYTES],
    struct span message, const uint8_t signature[ED25519_SIGNATURE_BYTES],
    struct error *err);
