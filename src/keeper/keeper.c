#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "formats/card.h"
#include "keeper/state.h"
#include "ledger/tree.h"
#include "seal/ed25519.h"
#include "seal/identity.h"

/* The clock is written down after so many seconds without a head. */
#define KEPT_S 3600

/* There are neither keys nor a journal. */
static int
check_empty(const struct keeper_ops *ops, struct error *err)
{
	char log_file[STATE_FILE_MAX];
	struct buf bytes;
	struct error why;
	int rc = -1;

	buf_init(&bytes, JOURNAL_SIZE_MAX);
	if (ops->load(ops->ctx, &bytes, err) == -1)
		goto out;
	if (bytes.len > 0 || bytes.is_over) {
		error_set(err, E_KEEPER_EXISTS, "the journal");
		goto out;
	}
	state_key_file(log_file, KEEPER_LOG, 1, "key");
	if (ops->key_read(ops->ctx, log_file, &bytes, &why) == 0) {
		error_set(err, E_KEEPER_EXISTS, "%s", log_file);
		goto out;
	}
	if (why.code != E_NOT_FOUND) {
		*err = why;
		goto out;
	}
	rc = 0;
out:
	buf_clear(&bytes);
	return rc;
}

static int
check_holder(const struct keeper_holder *holder, struct error *err)
{
	const char *country = holder->country;

	if (card_check_party(span_text(holder->party), err) == -1)
		return -1;
	if (country == NULL || strlen(country) != 2 || country[0] < 'A' ||
	    country[0] > 'Z' || country[1] < 'A' || country[1] > 'Z')
		return error_set(err, E_CARD,
		    "the country is two capitals (ISO 3166-1)");
	return 0;
}

/* The first lines; durable in one step. */
static int
write_first(const struct keeper_ops *ops, const struct keeper_holder *holder,
    struct error *err)
{
	struct journal_chain chain = { 0 };
	struct arena *arena = arena_new();
	char at[INSTANT_TEXT_MAX];
	struct buf bytes;
	int rc;

	buf_init(&bytes, JOURNAL_SIZE_MAX);
	instant_write(holder->not_before, at);
	journal_write(&bytes, &chain,
	    span_text(arena_printf(arena, "keeper %s %s %s", holder->party,
		holder->country, holder->is_exercise ? "exercise" : "real")));
	for (int use = 0; use < KEEPER_USE_COUNT; use++)
		journal_write(&bytes, &chain,
		    span_text(arena_printf(arena, "key %s 1 %s",
			keeper_use_name((enum keeper_use)use), at)));
	rc = ops->replace(ops->ctx, buf_span(&bytes), err);
	buf_clear(&bytes);
	arena_free(arena);
	return rc;
}

int
keeper_create(const struct keeper_ops *ops, const struct keeper_holder *holder,
    struct error *err)
{
	if (check_holder(holder, err) == -1 || check_empty(ops, err) == -1)
		return -1;
	for (int use = 0; use < KEEPER_USE_COUNT; use++)
		if (state_key_make(ops, holder, (enum keeper_use)use, 1, err) ==
		    -1)
			return -1;
	return write_first(ops, holder, err);
}

int
keeper_open(struct keeper **out, const struct keeper_ops *ops,
    const char *party, struct error *err)
{
	struct keeper *keeper = mem_new(sizeof(*keeper));
	int rc = -1;

	keeper->ops = *ops;
	if (state_load(keeper, err) == -1)
		goto out;
	if (strcmp(keeper->party, party) != 0) {
		error_set(err, E_KEEPER_JOURNAL, "it is the journal of %s",
		    keeper->party);
		goto out;
	}
	for (size_t i = 0; i < keeper->keys_n; i++)
		if (state_key_load(keeper, &keeper->keys[i], err) == -1)
			goto out;
	*out = keeper;
	keeper = NULL;
	rc = 0;
out:
	keeper_free(keeper);
	return rc;
}

void
keeper_free(struct keeper *keeper)
{
	if (keeper == NULL)
		return;
	for (size_t i = 0; i < keeper->keys_n; i++) {
		seal_key_free(keeper->keys[i].pair);
		ed25519_key_free(keeper->keys[i].signs);
	}
	free(keeper->heads);
	free(keeper->peers);
	free(keeper->uses);
	free(keeper->nexts);
	free(keeper);
}

void
keeper_public(const struct keeper *keeper, struct keeper_public *out,
    struct arena *arena)
{
	*out = (struct keeper_public){
		.party = arena_copy(arena, span_text(keeper->party)),
		.country = arena_copy(arena, span_text(keeper->country)),
		.is_exercise = keeper->is_exercise,
		.n = keeper->keys_n,
	};
	for (size_t i = 0; i < keeper->keys_n; i++) {
		const struct state_key *key = &keeper->keys[i];

		out->keys[i] = (struct keeper_key_public){ key->use,
			key->number, key->made,
			key->number ==
			    state_in_force(keeper, span_text(STATE_OUR_CARD),
				key->use),
			arena_copy(arena, state_key_public(key, arena)) };
		if (key->use == KEEPER_LOG && out->keys[i].is_current)
			memcpy(out->log, key->log, sizeof(out->log));
	}
}

const struct keeper_key_public *
keeper_key_current(const struct keeper_public *keys, enum keeper_use use)
{
	for (size_t i = 0; i < keys->n; i++)
		if (keys->keys[i].use == use && keys->keys[i].is_current)
			return &keys->keys[i];
	return NULL;
}

const struct keeper_key_public *
keeper_key_newest(const struct keeper_public *keys, enum keeper_use use)
{
	const struct keeper_key_public *newest = NULL;

	for (size_t i = 0; i < keys->n; i++)
		if (keys->keys[i].use == use)
			newest = &keys->keys[i];
	return newest;
}

int
keeper_pin_peer(struct keeper *keeper, struct span peer, const uint8_t log[32],
    const struct hash *card, struct instant now, struct error *err)
{
	const struct state_peer *row = state_peer(keeper, peer);
	bool is_same_key =
	    row != NULL && memcmp(row->log, log, sizeof(row->log)) == 0;

	if (card_check_party(peer, err) == -1)
		return -1;
	if (span_is_text(peer, keeper->party))
		return error_set(err, E_KEEPER_ORIGIN, "that is ourselves");
	if (row == NULL && keeper->peers_n == KEEPER_PEERS_MAX)
		return error_set(err, E_BUSY, "%zu peers", keeper->peers_n);
	if (is_same_key && hash_is_equal(&row->card, card))
		return 0;
	if (row != NULL && !is_same_key &&
	    state_check_grant(keeper, card, now, err) == -1)
		return -1;
	if (state_put_pin(keeper, peer, log, card, err) == -1)
		return -1;
	if (row != NULL && !is_same_key)
		state_use_grant(keeper, card);
	return 0;
}

int
keeper_confirm_clock(struct keeper *keeper, struct instant now,
    struct error *err)
{
	char at[INSTANT_TEXT_MAX];

	if (now.s < 0 || now.s > INSTANT_S_MAX)
		return error_set(err, E_KEEPER_CLOCK, "no year of ours");
	return state_put(keeper, err, "clock %s", instant_write(now, at));
}

int
keeper_tick(struct keeper *keeper, struct instant now, struct error *err)
{
	char at[INSTANT_TEXT_MAX];

	if (!keeper->has_last)
		return 0;
	if (state_check_clock(keeper, now, err) == -1)
		return -1;
	state_signed(keeper, now);
	if (instant_since(keeper->kept, keeper->last).s < KEPT_S)
		return 0;
	return state_put(keeper, err, "clock %s",
	    instant_write(keeper->last, at));
}
