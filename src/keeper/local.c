#include "keeper/local.h"
#include "keeper/keeper.h"

static int
local_seal(void *ctx, struct span content, const struct hash *certificate,
    struct span *out, struct arena *arena, struct error *err)
{
	struct keeper_local *local = ctx;

	return keeper_seal(local->keeper, content, certificate,
	    local->now(local->ctx), out, arena, err);
}

static int
local_last(void *ctx, struct span origin, uint64_t *size, struct hash *root,
    struct error *err)
{
	struct keeper_local *local = ctx;

	return keeper_last(local->keeper, origin, size, root, err);
}

static int
local_head(void *ctx, const struct checkpoint *head, const struct proof *proof,
    const uint8_t *key, struct span *out, struct arena *arena,
    struct error *err)
{
	struct keeper_local *local = ctx;

	return keeper_head(local->keeper, head, proof, key,
	    local->now(local->ctx), out, arena, err);
}

static int
local_cosign(void *ctx, struct span note, const struct proof *proof,
    const uint8_t *mirror, struct span *line, struct instant *at,
    struct arena *arena, struct error *err)
{
	struct keeper_local *local = ctx;
	struct instant now = local->now(local->ctx);

	if (keeper_cosign(local->keeper, note, proof, mirror, now, line, arena,
		err) == -1)
		return -1;
	*at = now;
	return 0;
}

static int
local_follow(void *ctx, const struct signer_named *named, struct error *err)
{
	struct keeper_local *local = ctx;

	return keeper_follow(local->keeper, named, err);
}

struct signer
keeper_signer(struct keeper_local *local)
{
	return (struct signer){ local_seal, local_last, local_head,
		local_cosign, local_follow, local };
}
