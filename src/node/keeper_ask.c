#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "node/keeper_ask.h"
#include "node/keeper_wire.h"
#include "proc/message.h"

/* What the keeper answered: ${want}, or why it refused. */
static int
take_answer(const struct message *message, enum message_type type,
    enum message_type want, struct span *reply, struct error *err)
{
	struct error why;

	if (message->type == MESSAGE_REFUSED) {
		if (message_refusal_parse(&why, message->payload, err) == 0)
			*err = why;
		return -1;
	}
	if (message->type != want)
		return error_set(err, E_PROC_MESSAGE, "%s in answer to %s",
		    message_name(message->type), message_name(type));
	*reply = message->payload;
	return 0;
}

/*
 * Ask ${type} with ${payload}, which is cleared, and wait for ${want}.
 * ${reply} is in ${arena}.
 */
static int
ask_for(struct keeper_ask *ask, enum message_type type, struct buf *payload,
    enum message_type want, struct span *reply, struct arena *arena,
    struct error *err)
{
	struct message message;
	int rc = -1;

	if (buf_check(payload, err) == 0 &&
	    message_call(ask->pipe, type, buf_span(payload), &message,
		ask->timeout_ms, arena, err) == 0)
		rc = take_answer(&message, type, want, reply, err);
	buf_clear(payload);
	return rc;
}

int
keeper_ask_seal_ahead(struct keeper_ask *ask, struct span content,
    const struct hash *certificate, uint32_t *id, struct error *err)
{
	struct wire_seal seal = { .what = WIRE_RECORD,
		.has_certificate = true,
		.certificate = *certificate,
		.content = content };
	struct buf payload;
	int rc = -1;

	buf_init(&payload, KEEPER_WIRE_MAX);
	wire_seal_write(&payload, &seal);
	if (buf_check(&payload, err) == 0)
		rc = message_ask(ask->pipe, MESSAGE_SEAL, buf_span(&payload),
		    id, ask->timeout_ms, err);
	buf_clear(&payload);
	return rc;
}

int
keeper_ask_sealed(struct keeper_ask *ask, uint32_t id, struct span *out,
    struct arena *arena, struct error *err)
{
	struct message message;

	if (message_answer(ask->pipe, id, &message, ask->timeout_ms, arena,
		err) == -1)
		return -1;
	return take_answer(&message, MESSAGE_SEAL, MESSAGE_SEALED, out, err);
}

static int
ask_seal(void *ctx, struct span content, const struct hash *certificate,
    struct span *out, struct arena *arena, struct error *err)
{
	struct wire_seal seal = { .what = WIRE_RECORD, .content = content };
	struct buf payload;

	seal.has_certificate = certificate != NULL;
	if (certificate != NULL)
		seal.certificate = *certificate;
	buf_init(&payload, KEEPER_WIRE_MAX);
	wire_seal_write(&payload, &seal);
	return ask_for(ctx, MESSAGE_SEAL, &payload, MESSAGE_SEALED, out, arena,
	    err);
}

int
keeper_ask_seal_card(struct keeper_ask *ask, struct span content,
    struct span *out, struct arena *arena, struct error *err)
{
	struct wire_seal seal = { .what = WIRE_CARD, .content = content };
	struct buf payload;

	buf_init(&payload, KEEPER_WIRE_MAX);
	wire_seal_write(&payload, &seal);
	return ask_for(ask, MESSAGE_SEAL, &payload, MESSAGE_SEALED, out, arena,
	    err);
}

static int
ask_last(void *ctx, struct span origin, uint64_t *size, struct hash *root,
    struct error *err)
{
	struct wire_keys keys = { true, origin };
	struct arena *arena = arena_new();
	struct wire_last last;
	struct buf payload;
	struct span reply;
	int rc = -1;

	buf_init(&payload, KEEPER_WIRE_MAX);
	wire_keys_write(&payload, &keys);
	if (ask_for(ctx, MESSAGE_KEYS, &payload, MESSAGE_KEYS_REPLY, &reply,
		arena, err) == -1 ||
	    wire_last_parse(&last, reply, err) == -1)
		goto out;
	*size = last.size;
	*root = last.root;
	rc = 0;
out:
	arena_free(arena);
	return rc;
}

static int
ask_head(void *ctx, const struct checkpoint *head, const struct proof *proof,
    const uint8_t *key, struct span *out, struct arena *arena,
    struct error *err)
{
	struct wire_head wire = { .head = *head, .proof = *proof };
	struct buf payload;

	wire.has_key = key != NULL;
	if (key != NULL)
		memcpy(wire.key, key, sizeof(wire.key));
	buf_init(&payload, KEEPER_WIRE_MAX);
	wire_head_write(&payload, &wire);
	return ask_for(ctx, MESSAGE_HEAD, &payload, MESSAGE_HEAD_SIGNED, out,
	    arena, err);
}

static int
ask_cosign(void *ctx, struct span note, const struct proof *proof,
    const uint8_t *mirror, struct span *line, struct instant *at,
    struct arena *arena, struct error *err)
{
	struct wire_cosign cosign = { .proof = *proof, .note = note };
	struct wire_cosigned cosigned;
	struct buf payload;
	struct span reply;

	cosign.has_mirror = mirror != NULL;
	if (mirror != NULL)
		memcpy(cosign.mirror, mirror, sizeof(cosign.mirror));
	buf_init(&payload, KEEPER_WIRE_MAX);
	wire_cosign_write(&payload, &cosign);
	if (ask_for(ctx, MESSAGE_COSIGN, &payload, MESSAGE_COSIGNED, &reply,
		arena, err) == -1 ||
	    wire_cosigned_parse(&cosigned, reply, err) == -1)
		return -1;
	*line = cosigned.line;
	*at = cosigned.at;
	return 0;
}

static int
ask_follow(void *ctx, const struct signer_named *named, struct error *err)
{
	struct wire_follow wire = { named->origin, named->index,
		named->certificate, named->entry, *named->proof };
	struct arena *arena = arena_new();
	struct buf payload;
	struct span reply;
	int rc;

	buf_init(&payload, KEEPER_WIRE_MAX);
	wire_follow_write(&payload, &wire);
	rc = ask_for(ctx, MESSAGE_FOLLOW, &payload, MESSAGE_FOLLOWED, &reply,
	    arena, err);
	arena_free(arena);
	return rc;
}

struct signer
keeper_ask_signer(struct keeper_ask *ask)
{
	return (struct signer){ ask_seal, ask_last, ask_head, ask_cosign,
		ask_follow, ask };
}

int
keeper_ask_public(struct keeper_ask *ask, struct keeper_public *out,
    struct arena *arena, struct error *err)
{
	struct wire_keys keys = { false, { NULL, 0 } };
	struct buf payload;
	struct span reply;

	buf_init(&payload, KEEPER_WIRE_MAX);
	wire_keys_write(&payload, &keys);
	if (ask_for(ask, MESSAGE_KEYS, &payload, MESSAGE_KEYS_REPLY, &reply,
		arena, err) == -1)
		return -1;
	return wire_public_parse(out, reply, err);
}

int
keeper_ask_renew(struct keeper_ask *ask, enum keeper_use use,
    struct instant not_after, unsigned *number, struct error *err)
{
	struct wire_renew renew = { use, not_after };
	struct arena *arena = arena_new();
	struct buf payload;
	struct span reply;
	int rc;

	buf_init(&payload, KEEPER_WIRE_MAX);
	wire_renew_write(&payload, &renew);
	rc = ask_for(ask, MESSAGE_RENEW, &payload, MESSAGE_RENEWED, &reply,
	    arena, err);
	if (rc == 0)
		rc = wire_renewed_parse(number, reply, err);
	arena_free(arena);
	return rc;
}

/* Pass an operator's word on. */
static int
tell(struct keeper_ask *ask, enum message_type type, struct buf *payload,
    struct error *err)
{
	struct arena *arena = arena_new();
	struct span reply;
	int rc;

	rc =
	    ask_for(ask, type, payload, MESSAGE_AUTHORISED, &reply, arena, err);
	arena_free(arena);
	return rc;
}

int
keeper_ask_authorise(struct keeper_ask *ask, const struct hash *digest,
    struct error *err)
{
	struct wire_authorise word = { false, *digest };
	struct buf payload;

	buf_init(&payload, KEEPER_WIRE_MAX);
	wire_authorise_write(&payload, &word);
	return tell(ask, MESSAGE_AUTHORISE, &payload, err);
}

int
keeper_ask_confirm_clock(struct keeper_ask *ask, struct error *err)
{
	struct wire_authorise word = { .is_clock = true };
	struct buf payload;

	buf_init(&payload, KEEPER_WIRE_MAX);
	wire_authorise_write(&payload, &word);
	return tell(ask, MESSAGE_AUTHORISE, &payload, err);
}

int
keeper_ask_pin_peer(struct keeper_ask *ask, struct span peer,
    const uint8_t log[32], const struct hash *card, struct error *err)
{
	struct wire_pin pin = { .peer = peer, .card = *card };
	struct buf payload;

	memcpy(pin.log, log, sizeof(pin.log));
	buf_init(&payload, KEEPER_WIRE_MAX);
	wire_pin_write(&payload, &pin);
	return tell(ask, MESSAGE_PIN_PEER, &payload, err);
}
