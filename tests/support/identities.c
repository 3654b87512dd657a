#include <err.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/span.h"
#include "seal/digest.h"
#include "tests/support/identities.h"

static struct identity identities[IDENTITY_COUNT] = {
	/* clang-format off */
	[IDENTITY_NORTH] = { .party = "cert.north.example", .country = "XN" },
	[IDENTITY_SOUTH] = { .party = "cert.south.example", .country = "XS" },
	[IDENTITY_EAST]  = { .party = "cert.east.example",  .country = "XE" },
	/* clang-format on */
};

/* The country of a party of ours, or none. */
static const char *
country_of(const char *party)
{
	for (size_t i = 0; i < IDENTITY_COUNT; i++) {
		if (span_is_text(span_text(party), identities[i].party))
			return identities[i].country;
	}
	return NULL;
}

struct seal_key *
identity_key(const char *party, enum seal_role role, const char *seed,
    struct instant not_before, struct instant not_after)
{
	struct span parts[] = { span_text(party), span_text(seed) };
	struct hash hash = digest_parts(parts, 2);
	struct seal_holder holder = {
		.party = party,
		.country = country_of(party),
		.not_before = not_before,
		.not_after = not_after,
		.seed = hash_span(&hash),
	};
	struct seal_key *key;
	struct error err;

	if (seal_key_generate(&key, role, &holder, &err) == -1)
		errx(1, "key of %s: %s", party, err.detail);
	return key;
}

struct ed25519_key *
identity_log_key(const char *seed)
{
	struct hash hash = digest_of(span_text(seed));
	struct ed25519_key *key;
	struct error err;

	if (ed25519_key_new(&key, hash_span(&hash), &err) == -1)
		errx(1, "key of %s: %s", seed, err.detail);
	return key;
}

static struct ed25519_key *
note_key(const char *party, const char *role, uint8_t *public)
{
	struct span parts[] = { span_text(party), span_text(role) };
	struct hash hash = digest_parts(parts, 2);
	struct ed25519_key *key;
	struct error err;

	if (ed25519_key_new(&key, hash_span(&hash), &err) == -1)
		errx(1, "key of %s: %s", party, err.detail);
	ed25519_public(key, public);
	return key;
}

static void
give_back(void)
{
	for (size_t i = 0; i < IDENTITY_COUNT; i++) {
		struct identity *id = &identities[i];

		seal_key_free(id->seal);
		seal_key_free(id->encryption);
		seal_key_free(id->tls);
		ed25519_key_free(id->log);
		ed25519_key_free(id->mirror);
		ed25519_key_free(id->witness);
	}
}

static void
fill(struct identity *id)
{
	struct instant first = instant_of(IDENTITIES_NOT_BEFORE_S);
	struct instant last = instant_of(IDENTITIES_NOT_AFTER_S);

	id->seal = identity_key(id->party, SEAL_ROLE_SEAL, "", first, last);
	id->encryption =
	    identity_key(id->party, SEAL_ROLE_ENCRYPTION, "", first, last);
	id->tls = identity_key(id->party, SEAL_ROLE_TLS, "", first, last);
	id->log = note_key(id->party, "/log", id->log_public);
	id->mirror = note_key(id->party, "/mirror", id->mirror_public);
	id->witness = note_key(id->party, "/witness", id->witness_public);
}

const struct identity *
identity_of(enum identity_name name)
{
	if (identities[0].seal == NULL) {
		for (size_t i = 0; i < IDENTITY_COUNT; i++)
			fill(&identities[i]);
		atexit(give_back);
	}
	return &identities[name];
}
