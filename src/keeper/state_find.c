#include <string.h>

#include "base/error.h"
#include "keeper/state.h"

struct state_head *
state_head(const struct keeper *keeper, struct span origin)
{
	for (size_t i = 0; i < keeper->heads_n; i++)
		if (span_is_text(origin, keeper->heads[i].origin))
			return &keeper->heads[i];
	return NULL;
}

struct state_peer *
state_peer(const struct keeper *keeper, struct span name)
{
	for (size_t i = 0; i < keeper->peers_n; i++)
		if (span_is_text(name, keeper->peers[i].name))
			return &keeper->peers[i];
	return NULL;
}

struct state_use *
state_use(const struct keeper *keeper, struct span name, enum keeper_use use)
{
	for (size_t i = 0; i < keeper->uses_n; i++)
		if (keeper->uses[i].use == use &&
		    span_is_text(name, keeper->uses[i].name))
			return &keeper->uses[i];
	return NULL;
}

struct state_key *
state_key(const struct keeper *keeper, enum keeper_use use, unsigned number)
{
	for (size_t i = 0; i < keeper->keys_n; i++) {
		const struct state_key *key = &keeper->keys[i];

		if (key->use == use && key->number == number)
			return (struct state_key *)(uintptr_t)key;
	}
	return NULL;
}

/* A peer whose log began with the first card has no line of its own. */
unsigned
state_in_force(const struct keeper *keeper, struct span name,
    enum keeper_use use)
{
	const struct state_use *row = state_use(keeper, name, use);

	return row == NULL ? 1 : row->number;
}

int
state_bind(struct keeper *keeper, struct span name, enum keeper_use use,
    unsigned number, struct error *err)
{
	unsigned previous = state_in_force(keeper, name, use);

	if (previous == number)
		return 0;
	return state_put(keeper, err, "use %.*s %s %u %u", (int)name.len,
	    (const char *)name.ptr, keeper_use_name(use), number, previous);
}

int
state_check_clock(const struct keeper *keeper, struct instant now,
    struct error *err)
{
	char text[INSTANT_TEXT_MAX];
	int64_t ahead;

	if (now.s < 0 || now.s > INSTANT_S_MAX)
		return error_set(err, E_KEEPER_CLOCK, "no year of ours");
	if (!keeper->has_last)
		return 0;
	ahead = instant_since(keeper->last, now).s;
	if (ahead < -KEEPER_BEHIND_S)
		return error_set(err, E_KEEPER_CLOCK,
		    "%jd s behind the last signature at %s", -(intmax_t)ahead,
		    instant_write(keeper->last, text));
	if (ahead > KEEPER_AHEAD_S && !keeper->is_exercise)
		return error_set(err, E_KEEPER_CLOCK,
		    "%jd s ahead of the last signature at %s", (intmax_t)ahead,
		    instant_write(keeper->last, text));
	return 0;
}

void
state_signed(struct keeper *keeper, struct instant now)
{
	keeper->last =
	    keeper->has_last ? instant_greatest(keeper->last, now) : now;
	keeper->has_last = true;
}

static bool
is_stale(const struct state_grant *grant, struct instant now)
{
	int64_t age = instant_since(grant->at, now).s;

	return age > KEEPER_GRANT_S || age < -KEEPER_BEHIND_S;
}

static struct state_grant *
find_grant(const struct keeper *keeper, const struct hash *digest)
{
	for (size_t i = 0; i < keeper->grants_n; i++)
		if (hash_is_equal(&keeper->grants[i].digest, digest))
			return (
			    struct state_grant *)(uintptr_t)&keeper->grants[i];
	return NULL;
}

int
state_check_grant(const struct keeper *keeper, const struct hash *digest,
    struct instant now, struct error *err)
{
	const struct state_grant *grant = find_grant(keeper, digest);
	char hex[HASH_TEXT_MAX];

	if (grant == NULL)
		return error_set(err, E_KEEPER_AUTHORISATION, "digest %s",
		    hash_write(digest, hex));
	if (is_stale(grant, now))
		return error_set(err, E_KEEPER_AUTHORISATION,
		    "the one for digest %s is too old",
		    hash_write(digest, hex));
	return 0;
}

void
state_use_grant(struct keeper *keeper, const struct hash *digest)
{
	struct state_grant *grant = find_grant(keeper, digest);

	if (grant != NULL)
		*grant = keeper->grants[--keeper->grants_n];
}

static void
drop_stale(struct keeper *keeper, struct instant now)
{
	size_t kept = 0;

	for (size_t i = 0; i < keeper->grants_n; i++)
		if (!is_stale(&keeper->grants[i], now))
			keeper->grants[kept++] = keeper->grants[i];
	keeper->grants_n = kept;
}

int
keeper_authorise(struct keeper *keeper, const struct hash *digest,
    struct instant now, struct error *err)
{
	drop_stale(keeper, now);
	state_use_grant(keeper, digest);
	if (keeper->grants_n == KEEPER_GRANTS_MAX)
		return error_set(err, E_BUSY,
		    "%zu authorisations are not used yet", keeper->grants_n);
	keeper->grants[keeper->grants_n++] =
	    (struct state_grant){ *digest, now };
	return 0;
}
