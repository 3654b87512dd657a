#pragma once

/*
 * keeper_wire: the payloads of the messages to and from the keeper.
 *
 * Integers are most significant byte first; a text or list is its length and
 * its bytes.  Each side reads what the other wrote as hostile input.
 *
 *   SEAL          u8 0, u8 1 and SHA-256 of a certificate, or u8 0;
 *                 content of a record; or
 *                 u8 1, content of the card      SEALED       DER
 *   HEAD          origin (u16), u64 size, root,
 *                 u8 1 and key, or u8 0; proof
 *                                                HEAD_SIGNED  note
 *   COSIGN        u8 1 and key, or u8 0; proof, note
 *                                                COSIGNED     u64 time, line
 *   KEYS          u8 0                           KEYS_REPLY   public keys
 *                 u8 1, origin                                u64 size, root
 *   RENEW         u8 use, u64 time               RENEWED      u32 number
 *   FOLLOW        origin (u16), u64 index, certificate (u16), proof,
 *                 entry                        FOLLOWED     nothing
 *   AUTHORISE     u8 0, digest; or u8 1          AUTHORISED   nothing
 *   PIN_PEER      name (u16), key, card          AUTHORISED   nothing
 *
 * A proof is u8 n and n hashes.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/span.h"
#include "keeper/keeper.h"
#include "ledger/checkpoint.h"
#include "ledger/tree.h"

struct buf;
struct error;

/* Bytes of any payload here. */
#define KEEPER_WIRE_MAX ((size_t)128 << 10)

/* What is to be sealed. */
enum wire_content { WIRE_RECORD, WIRE_CARD };

struct wire_seal {
	enum wire_content what;
	bool has_certificate; /* wants its key; WIRE_RECORD */
	struct hash certificate;
	struct span content;
};

struct wire_head {
	struct checkpoint head;
	struct proof proof;
	bool has_key; /* wants this log key */
	uint8_t key[32];
};

struct wire_cosign {
	bool has_mirror; /* wants this key */
	uint8_t mirror[32];
	struct proof proof;
	struct span note;
};

struct wire_cosigned {
	struct instant at;
	struct span line;
};

struct wire_keys {
	bool is_last;       /* asks for the head last signed for: */
	struct span origin; /* empty otherwise */
};

struct wire_last {
	uint64_t size;
	struct hash root;
};

struct wire_follow {
	struct span origin;
	uint64_t index;
	struct span certificate, entry;
	struct proof proof;
};

struct wire_renew {
	enum keeper_use use;
	struct instant not_after;
};

struct wire_authorise {
	bool is_clock; /* confirms that it is now; no digest */
	struct hash digest;
};

struct wire_pin {
	struct span peer;
	uint8_t log[32];
	struct hash card;
};

/*
 * Each _write appends, each _parse takes all of the payload.
 *
 * Owns: what comes out borrows ${in}.
 * Fails: E_PROC_MESSAGE.
 */
void wire_seal_write(struct buf *out, const struct wire_seal *seal);
NODISCARD int wire_seal_parse(struct wire_seal *out, struct span in,
    struct error *err);

void wire_head_write(struct buf *out, const struct wire_head *head);
NODISCARD int wire_head_parse(struct wire_head *out, struct span in,
    struct error *err);

void wire_cosign_write(struct buf *out, const struct wire_cosign *cosign);
NODISCARD int wire_cosign_parse(struct wire_cosign *out, struct span in,
    struct error *err);

void wire_cosigned_write(struct buf *out, const struct wire_cosigned *signed_);
NODISCARD int wire_cosigned_parse(struct wire_cosigned *out, struct span in,
    struct error *err);

void wire_keys_write(struct buf *out, const struct wire_keys *keys);
NODISCARD int wire_keys_parse(struct wire_keys *out, struct span in,
    struct error *err);

void wire_last_write(struct buf *out, const struct wire_last *last);
NODISCARD int wire_last_parse(struct wire_last *out, struct span in,
    struct error *err);

void wire_public_write(struct buf *out, const struct keeper_public *keys);
NODISCARD int wire_public_parse(struct keeper_public *out, struct span in,
    struct error *err);

void wire_follow_write(struct buf *out, const struct wire_follow *follow);
NODISCARD int wire_follow_parse(struct wire_follow *out, struct span in,
    struct error *err);

void wire_renew_write(struct buf *out, const struct wire_renew *renew);
NODISCARD int wire_renew_parse(struct wire_renew *out, struct span in,
    struct error *err);

void wire_renewed_write(struct buf *out, unsigned number);
NODISCARD int wire_renewed_parse(unsigned *out, struct span in,
    struct error *err);

void wire_authorise_write(struct buf *out, const struct wire_authorise *word);
NODISCARD int wire_authorise_parse(struct wire_authorise *out, struct span in,
    struct error *err);

void wire_pin_write(struct buf *out, const struct wire_pin *pin);
NODISCARD int wire_pin_parse(struct wire_pin *out, struct span in,
    struct error *err);
