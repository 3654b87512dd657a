#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/encode.h"
#include "base/error.h"
#include "keeper/state.h"
#include "seal/certificate.h"
#include "seal/ed25519.h"
#include "seal/identity.h"
#include "seal/random.h"

/* Bytes of a file of ours; a seed in base64. */
#define FILE_SIZE_MAX ((size_t)64 << 10)
#define SEED_TEXT_BYTES ((size_t)44)

const char *
keeper_use_name(enum keeper_use use)
{
	switch (use) {
	case KEEPER_SEAL:
		return "seal";
	case KEEPER_MIRROR:
		return "mirror";
	case KEEPER_ENCRYPTION:
		return "encryption";
	case KEEPER_LOG:
		return "log";
	}
	return "unknown";
}

const char *
state_key_file(char out[STATE_FILE_MAX], enum keeper_use use, unsigned number,
    const char *end)
{
	if (number == 1)
		snprintf(out, STATE_FILE_MAX, "%s.%s", keeper_use_name(use),
		    end);
	else
		snprintf(out, STATE_FILE_MAX, "%s-%u.%s", keeper_use_name(use),
		    number, end);
	return out;
}

/* An Ed25519 seed in a file, base64: made, and read as a key. */
static int
seed_make(const struct keeper_ops *ops, const char *name, struct error *err)
{
	uint8_t seed[ED25519_SEED_BYTES];
	struct buf text;
	int rc;

	buf_init(&text, FILE_SIZE_MAX);
	ops->random.fill(ops->random.ctx, seed, sizeof(seed));
	encode_base64(&text, span_of(seed, sizeof(seed)));
	buf_u8(&text, '\n');
	rc = ops->key_write(ops->ctx, name, buf_span(&text), err);
	secret_wipe(seed, sizeof(seed));
	secret_clear(&text);
	return rc;
}

/* The seed in the ${text} of a file, to be wiped by the caller. */
static int
parse_seed(struct span *out, struct span text, struct arena *arena,
    struct error *err)
{
	if (text.len != SEED_TEXT_BYTES + 1 ||
	    text.ptr[SEED_TEXT_BYTES] != '\n')
		return -1;
	text.len = SEED_TEXT_BYTES;
	return decode_base64(out, text, arena, err);
}

static int
seed_load(struct ed25519_key **out, const struct keeper_ops *ops,
    const char *name, struct error *err)
{
	struct arena *arena = arena_new();
	struct span seed = { NULL, 0 };
	struct buf text;
	int rc = -1;

	buf_init(&text, FILE_SIZE_MAX);
	if (ops->key_read(ops->ctx, name, &text, err) == -1)
		goto out;
	if (parse_seed(&seed, buf_span(&text), arena, err) == -1) {
		error_set(err, E_KEY, "%s: not a seed in base64", name);
		goto out;
	}
	rc = ed25519_key_new(out, seed, err);
out:
	secret_wipe((void *)(uintptr_t)seed.ptr, seed.len);
	secret_clear(&text);
	arena_free(arena);
	return rc;
}

static bool
is_seed(enum keeper_use use)
{
	return use == KEEPER_MIRROR || use == KEEPER_LOG;
}

static int
make_pair(const struct keeper_ops *ops, const struct keeper_holder *holder,
    enum keeper_use use, unsigned number, struct error *err)
{
	enum seal_role role =
	    use == KEEPER_SEAL ? SEAL_ROLE_SEAL : SEAL_ROLE_ENCRYPTION;
	uint8_t seed[32] = { 0 };
	struct seal_holder who = { holder->party, holder->country,
		holder->not_before, holder->not_after,
		span_of(seed, sizeof(seed)) };
	struct seal_key *pair = NULL;
	struct buf key, pem;
	char name[STATE_FILE_MAX];
	int rc = -1;

	buf_init(&key, FILE_SIZE_MAX);
	buf_init(&pem, FILE_SIZE_MAX);
	ops->random.fill(ops->random.ctx, seed, sizeof(seed));
	if (use == KEEPER_SEAL && holder->seal_key.len > 0) {
		if (seal_key_read(&pair, holder->seal_key,
			holder->seal_certificate, err) == -1)
			goto out;
	} else if (seal_key_generate(&pair, role, &who, err) == -1) {
		goto out;
	}
	if (seal_key_write(&key, pair, err) == -1)
		goto out;
	certificate_write(&pem, seal_key_certificate(pair));
	if (ops->key_write(ops->ctx, state_key_file(name, use, number, "key"),
		buf_span(&key), err) == -1)
		goto out;
	if (ops->key_write(ops->ctx, state_key_file(name, use, number, "pem"),
		buf_span(&pem), err) == -1)
		goto out;
	rc = 0;
out:
	secret_wipe(seed, sizeof(seed));
	secret_clear(&key);
	buf_clear(&pem);
	seal_key_free(pair);
	return rc;
}

int
state_key_make(const struct keeper_ops *ops, const struct keeper_holder *holder,
    enum keeper_use use, unsigned number, struct error *err)
{
	char name[STATE_FILE_MAX];

	if (is_seed(use))
		return seed_make(ops, state_key_file(name, use, number, "key"),
		    err);
	return make_pair(ops, holder, use, number, err);
}

static int
load_pair(struct keeper *keeper, struct state_key *key, struct error *err)
{
	const struct keeper_ops *ops = &keeper->ops;
	struct arena *arena = arena_new();
	struct buf secret, pem;
	struct span der;
	char name[STATE_FILE_MAX];
	int rc = -1;

	buf_init(&secret, FILE_SIZE_MAX);
	buf_init(&pem, FILE_SIZE_MAX);
	state_key_file(name, key->use, key->number, "pem");
	if (ops->key_read(ops->ctx, name, &pem, err) == -1 ||
	    certificate_read(&der, buf_span(&pem), arena, err) == -1)
		goto out;
	state_key_file(name, key->use, key->number, "key");
	if (ops->key_read(ops->ctx, name, &secret, err) == -1)
		goto out;
	rc = seal_key_read(&key->pair, buf_span(&secret), der, err);
out:
	secret_clear(&secret);
	buf_clear(&pem);
	arena_free(arena);
	return rc;
}

int
state_key_load(struct keeper *keeper, struct state_key *key, struct error *err)
{
	uint8_t public_key[ED25519_PUBLIC_BYTES];
	char name[STATE_FILE_MAX];

	if (!is_seed(key->use))
		return load_pair(keeper, key, err);
	if (seed_load(&key->signs, &keeper->ops,
		state_key_file(name, key->use, key->number, "key"), err) == -1)
		return -1;
	ed25519_public(key->signs, public_key);
	memcpy(key->log, public_key, sizeof(key->log));
	key->vkey = note_key_of(NOTE_KEY_COSIGNER,
	    span_text(keeper->mirror_name), public_key);
	return 0;
}

struct span
state_key_public(const struct state_key *key, struct arena *arena)
{
	struct span public_key;
	struct buf text;

	if (key->use == KEEPER_LOG)
		return span_of(key->log, sizeof(key->log));
	if (!is_seed(key->use))
		return certificate_der(seal_key_certificate(key->pair));
	buf_init(&text, NOTE_VKEY_MAX);
	note_key_write(&text, &key->vkey);
	public_key = arena_copy(arena, buf_span(&text));
	buf_clear(&text);
	return public_key;
}
