#include "base/arena.h"
#include "base/error.h"
#include "docket/lodge.h"
#include "formats/card.h"
#include "formats/json.h"
#include "node/keeper_ask.h"
#include "node/registrar_parts.h"

/* Letters that the keeper is asked for at a time, and their bytes. */
#define AHEAD_MAX 64
#define AHEAD_BYTES_MAX ((size_t)128 << 10)

/* Sealed, or being so, in this turn; NULL if it is not.  Two equal letters
 * are two: each is taken once. */
static struct sealed_once *
find_sealed(struct registrar *r, struct span content,
    const struct hash *certificate)
{
	for (struct sealed_once *s = r->sealed; s != NULL; s = s->next)
		if (!s->is_taken && span_is_equal(s->content, content) &&
		    hash_is_equal(&s->certificate, certificate))
			return s;
	return NULL;
}

static struct sealed_once *
add_sealed(struct registrar *r, struct span content,
    const struct hash *certificate)
{
	struct sealed_once *s = arena_alloc(r->arena, sizeof(*s));

	s->content = arena_copy(r->arena, content);
	s->certificate = *certificate;
	*r->sealed_end = s;
	r->sealed_end = &s->next;
	return s;
}

/* Take the keeper's answers up to the one for ${last}, or all. */
static void
await(struct registrar *r, const struct sealed_once *last)
{
	struct keeper_ask *keeper = r->parts.keeper;

	for (struct sealed_once *s = r->sealed; s != NULL; s = s->next) {
		if (s->is_awaited) {
			s->is_awaited = false;
			s->has_failed = keeper_ask_sealed(keeper, s->id,
					    &s->der, r->arena, &s->why) == -1;
		}
		if (s == last)
			return;
	}
}

/* The certificate for a letter: what is lodged says the peer. */
static int
find_certificate(struct registrar *r, const struct asked *asked,
    struct hash *out)
{
	struct json_reader in;
	struct json *json = NULL;
	struct error err;
	struct span peer;
	int rc = -1;

	if (json_read(&json, asked->call.json, CALL_JSON_MAX, E_USAGE, &err) ==
		0 &&
	    json_reader_of(&in, json, "", E_USAGE, &err) == 0 &&
	    json_get_text(&peer, &in, "peer", JSON_REQUIRED, CARD_PARTY_MAX,
		&err) == 0)
		rc = docket_certificate(r->docket, peer, out, r->arena, &err);
	json_free(json);
	return rc;
}

static int
ask_ahead(struct registrar *r, const struct asked *asked)
{
	struct sealed_once *s;
	struct hash certificate;
	struct error err;
	uint32_t id;

	if (find_certificate(r, asked, &certificate) == -1 ||
	    keeper_ask_seal_ahead(r->parts.keeper, asked->call.bytes,
		&certificate, &id, &err) == -1)
		return -1;
	s = add_sealed(r, asked->call.bytes, &certificate);
	s->is_awaited = true;
	s->id = id;
	return 0;
}

/* A change of our seal key is lodged without a peer: then all in order. */
static bool
is_in_order(const struct registrar *r)
{
	for (size_t i = 0; i < r->batch_n; i++)
		if (r->batch[i].is_letter &&
		    span_is_text(r->batch[i].call.json, "{}"))
			return true;
	return false;
}

void
registrar_seal_ahead(struct registrar *r)
{
	size_t bytes = 0;
	unsigned n = 0;

	if (r->parts.keeper == NULL || is_in_order(r))
		return;
	for (size_t i = 0; i < r->batch_n && n < AHEAD_MAX; i++) {
		const struct asked *asked = &r->batch[i];

		if (!asked->is_letter || asked->has_failed)
			continue;
		bytes += asked->call.bytes.len;
		if (bytes > AHEAD_BYTES_MAX || ask_ahead(r, asked) == -1)
			return;
		n++;
	}
}

void
registrar_forget_sealed(struct registrar *r)
{
	await(r, NULL);
	r->sealed = NULL;
	r->sealed_end = &r->sealed;
}

static int
seal_record(struct registrar *r, struct span content,
    const struct hash *certificate, struct span *out, struct arena *arena,
    struct error *err)
{
	const struct signer *keeper = r->parts.signer;

	return keeper->seal(keeper->ctx, content, certificate, out, arena, err);
}

static int
seal_card(struct registrar *r, struct span content,
    const struct hash *certificate UNUSED, struct span *out,
    struct arena *arena, struct error *err)
{
	if (r->parts.keeper == NULL)
		return error_set(err, E_INTERNAL, "no keeper to ask");
	return keeper_ask_seal_card(r->parts.keeper, content, out, arena, err);
}

static int
seal_once(struct registrar *r, struct span content,
    const struct hash *certificate,
    int (*ask)(struct registrar *r, struct span content,
	const struct hash *certificate, struct span *out, struct arena *arena,
	struct error *err),
    struct span *out, struct arena *arena, struct error *err)
{
	struct sealed_once *s = find_sealed(r, content, certificate);

	await(r, s);
	if (s == NULL) {
		if (ask(r, content, certificate, out, arena, err) == -1)
			return -1;
		s = add_sealed(r, content, certificate);
		s->der = arena_copy(r->arena, *out);
	}
	s->is_taken = true;
	if (s->has_failed) {
		*err = s->why;
		return -1;
	}
	*out = arena_copy(arena, s->der);
	return 0;
}

/* The keeper, when it owes no answer. */
static const struct signer *
keeper_of(struct registrar *r)
{
	await(r, NULL);
	return r->parts.signer;
}

static int
seal(void *ctx, struct span content, const struct hash *certificate,
    struct span *out, struct arena *arena, struct error *err)
{
	return seal_once(ctx, content, certificate, seal_record, out, arena,
	    err);
}

int
registrar_seal_card(struct registrar *r, struct span content, struct span *out,
    struct arena *arena, struct error *err)
{
	static const struct hash none = { { 0 } };

	return seal_once(r, content, &none, seal_card, out, arena, err);
}

static int
last(void *ctx, struct span origin, uint64_t *size, struct hash *root,
    struct error *err)
{
	const struct signer *keeper = keeper_of(ctx);

	return keeper->last(keeper->ctx, origin, size, root, err);
}

static int
head(void *ctx, const struct checkpoint *checkpoint, const struct proof *proof,
    const uint8_t *key, struct span *out, struct arena *arena,
    struct error *err)
{
	const struct signer *keeper = keeper_of(ctx);

	return keeper->head(keeper->ctx, checkpoint, proof, key, out, arena,
	    err);
}

static int
cosign(void *ctx, struct span note, const struct proof *proof,
    const uint8_t *mirror, struct span *line, struct instant *at,
    struct arena *arena, struct error *err)
{
	const struct signer *keeper = keeper_of(ctx);

	return keeper->cosign(keeper->ctx, note, proof, mirror, line, at, arena,
	    err);
}

static int
follow(void *ctx, const struct signer_named *named, struct error *err)
{
	const struct signer *keeper = keeper_of(ctx);

	return keeper->follow(keeper->ctx, named, err);
}

void
registrar_signer_init(struct registrar *r)
{
	r->sealed_end = &r->sealed;
	r->signer = (struct signer){ seal, last, head, cosign, follow, r };
}
