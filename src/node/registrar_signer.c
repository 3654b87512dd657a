#include "base/arena.h"
#include "base/error.h"
#include "node/keeper_ask.h"
#include "node/registrar_parts.h"

/* Sealed in an attempt of this turn that came to nothing; NULL if it was not.
 * Two equal letters are two: each is taken once. */
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

	if (s == NULL) {
		if (ask(r, content, certificate, out, arena, err) == -1)
			return -1;
		s = arena_alloc(r->arena, sizeof(*s));
		s->content = arena_copy(r->arena, content);
		s->certificate = *certificate;
		s->der = arena_copy(r->arena, *out);
		s->next = r->sealed;
		r->sealed = s;
	}
	s->is_taken = true;
	*out = arena_copy(arena, s->der);
	return 0;
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
	const struct signer *keeper = ((struct registrar *)ctx)->parts.signer;

	return keeper->last(keeper->ctx, origin, size, root, err);
}

static int
head(void *ctx, const struct checkpoint *checkpoint, const struct proof *proof,
    struct span *out, struct arena *arena, struct error *err)
{
	const struct signer *keeper = ((struct registrar *)ctx)->parts.signer;

	return keeper->head(keeper->ctx, checkpoint, proof, out, arena, err);
}

static int
cosign(void *ctx, struct span note, const struct proof *proof,
    const uint8_t *mirror, struct span *line, struct instant *at,
    struct arena *arena, struct error *err)
{
	const struct signer *keeper = ((struct registrar *)ctx)->parts.signer;

	return keeper->cosign(keeper->ctx, note, proof, mirror, line, at, arena,
	    err);
}

void
registrar_signer_init(struct registrar *r)
{
	r->signer = (struct signer){ seal, last, head, cosign, r };
}
