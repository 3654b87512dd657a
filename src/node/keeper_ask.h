#pragma once

/*
 * keeper_ask: ask a keeper that runs in another process: the registrar's
 * signer, and what the desk passes on from an operator.
 */

#include <stdint.h>

#include "base/attr.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/span.h"
#include "keeper/keeper.h"
#include "keeper/signer.h"

struct arena;
struct error;
struct message_pipe;

/* A connection to the keeper: from the registrar, or from the desk. */
struct keeper_ask {
	struct message_pipe *pipe;
	int64_t timeout_ms; /* of one question */
};

/*
 * Of the registrar's ${ask}.
 *
 * Owns: ${ask} is the caller's and outlives the signer.
 * Blocks: every call, up to timeout_ms.
 * Fails: as struct signer says, with the keeper's own code and detail; E_PROC,
 * E_PROC_TIMEOUT, E_PROC_MESSAGE.
 */
struct signer keeper_ask_signer(struct keeper_ask *ask);

/*
 * The registrar's: as the functions of keeper.h named so.
 *
 * Owns: what comes out is in ${arena}.
 * Blocks, Fails: as above.
 */
NODISCARD int keeper_ask_public(struct keeper_ask *ask,
    struct keeper_public *out, struct arena *arena, struct error *err);
NODISCARD int keeper_ask_renew(struct keeper_ask *ask, enum keeper_use use,
    struct instant not_after, unsigned *number, struct error *err);
NODISCARD int keeper_ask_seal_card(struct keeper_ask *ask, struct span content,
    struct span *out, struct arena *arena, struct error *err);

/*
 * Several seals at a time: ask for each, then take each in the same order,
 * before anything else is asked of the keeper.
 */
NODISCARD int keeper_ask_seal_ahead(struct keeper_ask *ask, struct span content,
    const struct hash *certificate, uint32_t *id, struct error *err);
NODISCARD int keeper_ask_sealed(struct keeper_ask *ask, uint32_t id,
    struct span *out, struct arena *arena, struct error *err);

/* The desk's, for an operator. */
NODISCARD int keeper_ask_authorise(struct keeper_ask *ask,
    const struct hash *digest, struct error *err);
NODISCARD int keeper_ask_confirm_clock(struct keeper_ask *ask,
    struct error *err);
NODISCARD int keeper_ask_pin_peer(struct keeper_ask *ask, struct span peer,
    const uint8_t log[32], const struct hash *card, struct error *err);
