#include "base/arena.h"
#include "base/error.h"
#include "node/keeper_ask.h"
#include "node/registrar_parts.h"

/* Letters that the keeper is asked for at a time, and their bytes. */
#define AHEAD_MAX 64
#define AHEAD_BYTES_MAX ((size_t)128 << 10)

/* Sealed, or being so, in this turn; NULL if it is not.  Two equal letters
 * are two: each is taken once. */
static struct sealed_once *
find_sealed(struct registrar *r, struct span content)
{
	for (struct sealed_once *s = r->sealed; s != NULL; s = s->next)
		if (!s->is_taken && span_is_equal(s->content, content))
			return s;
	return NULL;
}

static struct sealed_once *
add_sealed(struct registrar *r, struct span content)
{
	struct sealed_once *s = arena_alloc(r->arena, sizeof(*s));

	s->content = arena_copy(r->arena, content);
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

void
registrar_seal_ahead(struct registrar *r)
{
	struct error err;
	size_t bytes = 0;
	unsigned n = 0;

	if (r->parts.keeper == NULL)
		return;
	for (size_t i = 0; i < r->batch_n && n < AHEAD_MAX; i++) {
		const struct asked *asked = &r->batch[i];
		struct sealed_once *s;
		uint32_t id;

		bytes += asked->is_letter ? asked->call.bytes.len : 0;
		if (!asked->is_letter || asked->has_failed)
			continue;
		if (bytes > AHEAD_BYTES_MAX ||
		    keeper_ask_seal_ahead(r->parts.keeper, asked->call.bytes,
			&id, &err) == -1)
			return;
		s = add_sealed(r, asked->call.bytes);
		s->is_awaited = true;
		s->id = id;
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
seal(void *ctx, struct span content, struct span *out, struct arena *arena,
    struct error *err)
{
	struct registrar *r = ctx;
	const struct signer *keeper = r->parts.signer;
	struct sealed_once *s = find_sealed(r, content);

	await(r, s);
	if (s == NULL) {
		if (keeper->seal(keeper->ctx, content, out, arena, err) == -1)
			return -1;
		s = add_sealed(r, content);
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
last(void *ctx, struct span origin, uint64_t *size, struct hash *root,
    struct error *err)
{
	const struct signer *keeper = keeper_of(ctx);

	return keeper->last(keeper->ctx, origin, size, root, err);
}

static int
head(void *ctx, const struct checkpoint *checkpoint, const struct proof *proof,
    struct span *out, struct arena *arena, struct error *err)
{
	const struct signer *keeper = keeper_of(ctx);

	return keeper->head(keeper->ctx, checkpoint, proof, out, arena, err);
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

void
registrar_signer_init(struct registrar *r)
{
	r->sealed_end = &r->sealed;
	r->signer = (struct signer){ seal, last, head, cosign, r };
}
