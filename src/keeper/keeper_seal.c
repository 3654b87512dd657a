#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/error.h"
#include "domain/record.h"
#include "formats/card.h"
#include "formats/record_json.h"
#include "keeper/state.h"
#include "seal/certificate.h"
#include "seal/digest.h"
#include "seal/ed25519.h"
#include "seal/identity.h"
#include "seal/seal.h"

/* A record or card on its way. */
struct sealing {
	struct keeper *keeper;
	struct instant now;
	struct arena *arena;
};

/* What a record changes in the keys that are in force for its reader. */
struct turn {
	struct span peer;
	const struct state_key *with; /* that seals it */
	const struct state_key *next; /* in force afterwards; or NULL */
	bool is_opening;              /* from our card on */
};

static int
check_at(const struct sealing *sealing, struct instant at, struct error *err)
{
	int64_t off = instant_since(at, sealing->now).s;

	if (state_check_clock(sealing->keeper, sealing->now, err) == -1)
		return -1;
	if (off < -KEEPER_AT_S || off > KEEPER_AT_S)
		return error_set(err, E_KEEPER_CLOCK,
		    "the time in the record is %jd s from now", (intmax_t)off);
	return 0;
}

/* A key of ${use} whose public half is ${bytes}; NULL if none. */
static const struct state_key *
find_key(const struct sealing *sealing, enum keeper_use use, struct span bytes)
{
	const struct keeper *keeper = sealing->keeper;

	for (size_t i = 0; i < keeper->keys_n; i++) {
		const struct state_key *key = &keeper->keys[i];

		if (key->use == use &&
		    span_is_equal(state_key_public(key, sealing->arena), bytes))
			return key;
	}
	return NULL;
}

/* The key that a credential introduces; NULL if it is not about ours. */
static int
find_introduced(const struct sealing *sealing, const struct record *record,
    const struct state_key **out, struct error *err)
{
	static const struct {
		enum word word;
		enum keeper_use use;
		enum member member;
	} uses[] = {
		/* clang-format off */
		{ WORD_KEY_USE_SEAL, KEEPER_SEAL,
		    MEMBER_CREDENTIAL_CERTIFICATE },
		{ WORD_KEY_USE_ENCRYPTION, KEEPER_ENCRYPTION,
		    MEMBER_CREDENTIAL_CERTIFICATE },
		{ WORD_KEY_USE_MIRROR, KEEPER_MIRROR, MEMBER_CREDENTIAL_KEY },
		{ WORD_KEY_USE_LOG, KEEPER_LOG, MEMBER_CREDENTIAL_KEY },
		/* clang-format on */
	};
	enum word word = record_word(record, MEMBER_CREDENTIAL_USE);
	struct span bytes;

	*out = NULL;
	/* A compromise that names a new key puts it in force all the same. */
	if (record_word(record, MEMBER_CREDENTIAL_CHANGE) ==
	    WORD_CHANGE_RETIRED)
		return 0;
	for (size_t i = 0; i < COUNT_OF(uses); i++) {
		if (uses[i].word != word)
			continue;
		bytes = record_fact(record, uses[i].member)->text;
		if (uses[i].use != KEEPER_MIRROR &&
		    decode_base64(&bytes, bytes, sealing->arena, err) == -1)
			return error_set(err, E_KEY, "not base64");
		*out = find_key(sealing, uses[i].use, bytes);
		if (*out == NULL)
			return error_set(err, E_KEY,
			    "the record names a key that is not here");
	}
	return 0;
}

/*
 * The key to seal with.  A credential for the seal key already in force is
 * there once more because the first was lost before it was stored.
 */
static int
find_turn(const struct sealing *sealing, const struct record *record,
    struct turn *out, struct error *err)
{
	const struct keeper *keeper = sealing->keeper;
	struct origin origin;
	const struct state_use *use;
	unsigned number;

	if (origin_parse(&origin, record->log, err) == -1)
		return -1;
	if (!span_is_text(origin.author, keeper->party)) {
		error_set(err, E_KEEPER_ORIGIN, "not our log");
		return -1;
	}
	*out = (struct turn){ .peer = origin.reader };
	number = state_in_force(keeper, out->peer, KEEPER_SEAL);
	if (record->kind == KIND_CREDENTIAL) {
		if (find_introduced(sealing, record, &out->next, err) == -1)
			return -1;
		use = state_use(keeper, out->peer, KEEPER_SEAL);
		if (out->next != NULL && out->next->use == KEEPER_SEAL &&
		    out->next->number == number && use != NULL)
			number = use->previous;
	}
	/* A later log of ours goes on with the keys of the one before. */
	if (record->kind == KIND_OPENING && origin.epoch == 1) {
		out->is_opening = true;
		number = state_in_force(keeper, span_text(STATE_OUR_CARD),
		    KEEPER_SEAL);
	}
	out->with = state_key(keeper, KEEPER_SEAL, number);
	return 0;
}

/* Who asks knows what the log says.  Any of ours does no harm: only what is
 * authorised is sealed, and a wrong key makes a record of no effect. */
static int
choose_seal(const struct keeper *keeper, const struct hash *certificate,
    struct turn *turn, struct error *err)
{
	if (certificate == NULL)
		return 0;
	for (size_t i = 0; i < keeper->keys_n; i++) {
		const struct state_key *key = &keeper->keys[i];
		struct hash digest;

		if (key->use != KEEPER_SEAL)
			continue;
		digest =
		    digest_of(certificate_der(seal_key_certificate(key->pair)));
		if (!hash_is_equal(&digest, certificate))
			continue;
		turn->with = key;
		return 0;
	}
	return error_set(err, E_KEY, "no such seal key");
}

/* Put in force what ${turn} brings. */
static int
make_turn(struct keeper *keeper, const struct turn *turn, struct error *err)
{
	struct span card = span_text(STATE_OUR_CARD);

	for (int i = 0; turn->is_opening && i < KEEPER_USE_COUNT; i++) {
		enum keeper_use use = (enum keeper_use)i;

		if (state_bind(keeper, turn->peer, use,
			state_in_force(keeper, card, use), err) == -1)
			return -1;
	}
	if (turn->next == NULL)
		return 0;
	/* The peer has to know it first: keeper_cosign(), keeper_head(). */
	if (turn->next->use == KEEPER_MIRROR || turn->next->use == KEEPER_LOG)
		return state_put(keeper, err, "named %.*s %s %u",
		    (int)turn->peer.len, (const char *)turn->peer.ptr,
		    keeper_use_name(turn->next->use), turn->next->number);
	return state_bind(keeper, turn->peer, turn->next->use,
	    turn->next->number, err);
}

int
keeper_seal(struct keeper *keeper, struct span content,
    const struct hash *certificate, struct instant now, struct span *out,
    struct arena *arena, struct error *err)
{
	struct sealing sealing = { keeper, now, arena };
	struct record *record;
	struct span sealed;
	struct hash digest;
	struct turn turn = { .with = NULL };
	bool is_automatic;

	if (content.len > RECORD_CONTENT_MAX)
		return error_set(err, E_SEAL_TOO_LARGE, "%zu bytes",
		    content.len);
	if (record_read(&record, content, arena, err) == -1 ||
	    find_turn(&sealing, record, &turn, err) == -1 ||
	    choose_seal(keeper, certificate, &turn, err) == -1 ||
	    check_at(&sealing, record->at, err) == -1)
		return -1;
	is_automatic = kind_row(record->kind)->lodged == LODGED_NODE;
	digest = digest_of(content);
	if (!is_automatic && state_check_grant(keeper, &digest, now, err) == -1)
		return -1;
	if (seal_sign(&sealed, content, turn.with->pair, record->at, arena,
		err) == -1 ||
	    make_turn(keeper, &turn, err) == -1)
		return -1;
	if (!is_automatic)
		state_use_grant(keeper, &digest);
	state_signed(keeper, now);
	*out = sealed;
	return 0;
}

/* The card is about us, and each key in it is here: ${keys} by use. */
static int
check_card(const struct sealing *sealing, const struct card *card,
    const struct state_key *keys[KEEPER_USE_COUNT], struct error *err)
{
	const struct keeper *keeper = sealing->keeper;

	if (!span_is_text(card->party, keeper->party) ||
	    !span_is_text(card->country, keeper->country) ||
	    card->is_exercise != keeper->is_exercise) {
		error_set(err, E_CARD, "it is not %s's", keeper->party);
		return -1;
	}
	keys[KEEPER_SEAL] = find_key(sealing, KEEPER_SEAL, card->seal);
	keys[KEEPER_MIRROR] = find_key(sealing, KEEPER_MIRROR, card->mirror);
	keys[KEEPER_ENCRYPTION] =
	    find_key(sealing, KEEPER_ENCRYPTION, card->encryption);
	keys[KEEPER_LOG] = find_key(sealing, KEEPER_LOG,
	    span_of(card->log, sizeof(card->log)));
	for (int use = 0; use < KEEPER_USE_COUNT; use++) {
		if (keys[use] != NULL)
			continue;
		error_set(err, E_KEY,
		    "the card names a key that is not here (%s)",
		    keeper_use_name((enum keeper_use)use));
		return -1;
	}
	return 0;
}

/* Remember the card ${sealed}, and that its keys are the current ones. */
static int
put_card(const struct sealing *sealing, struct span sealed,
    const struct state_key *keys[KEEPER_USE_COUNT], struct error *err)
{
	struct keeper *keeper = sealing->keeper;
	struct hash fingerprint = digest_of(sealed);
	char hex[HASH_TEXT_MAX], at[INSTANT_TEXT_MAX];

	for (int use = 0; use < KEEPER_USE_COUNT; use++)
		if (state_bind(keeper, span_text(STATE_OUR_CARD),
			keys[use]->use, keys[use]->number, err) == -1)
			return -1;
	return state_put(keeper, err, "card %s %s",
	    hash_write(&fingerprint, hex), instant_write(sealing->now, at));
}

int
keeper_seal_card(struct keeper *keeper, struct span content, struct instant now,
    struct span *out, struct arena *arena, struct error *err)
{
	struct sealing sealing = { keeper, now, arena };
	const struct state_key *keys[KEEPER_USE_COUNT];
	struct hash digest;
	struct card *card;
	struct span sealed;

	if (content.len > CARD_CONTENT_MAX)
		return error_set(err, E_SEAL_TOO_LARGE, "%zu bytes",
		    content.len);
	if (card_read(&card, content, arena, err) == -1 ||
	    check_card(&sealing, card, keys, err) == -1 ||
	    check_at(&sealing, card->at, err) == -1)
		return -1;
	digest = digest_of(content);
	if (keeper->is_carded &&
	    state_check_grant(keeper, &digest, now, err) == -1)
		return -1;
	if (seal_sign(&sealed, content, keys[KEEPER_SEAL]->pair, card->at,
		arena, err) == -1 ||
	    put_card(&sealing, sealed, keys, err) == -1)
		return -1;
	state_use_grant(keeper, &digest);
	state_signed(keeper, now);
	*out = sealed;
	return 0;
}

/* The last key of ${use}, if it is nowhere in use and is not known to end. */
static const struct state_key *
find_spare(const struct keeper *keeper, enum keeper_use use,
    struct instant not_after)
{
	const struct state_key *last = NULL;

	for (size_t i = 0; i < keeper->keys_n; i++)
		if (keeper->keys[i].use == use)
			last = &keeper->keys[i];
	if (last == NULL || last->number == 1)
		return NULL;
	for (size_t i = 0; i < keeper->uses_n; i++)
		if (keeper->uses[i].use == use &&
		    (keeper->uses[i].number == last->number ||
			keeper->uses[i].named == last->number))
			return NULL;
	if (last->pair != NULL &&
	    instant_is_before(certificate_not_after(
				  seal_key_certificate(last->pair)),
		not_after))
		return NULL;
	return last;
}

/* Files first, then the line; what has no line was never there. */
static int
add_key(struct keeper *keeper, const struct keeper_holder *holder,
    enum keeper_use use, unsigned number, struct error *err)
{
	struct state_key fresh = { .use = use, .number = number };
	struct state_key *row;
	char at[INSTANT_TEXT_MAX];

	if (state_key_make(&keeper->ops, holder, use, number, err) == -1 ||
	    state_key_load(keeper, &fresh, err) == -1)
		return -1;
	if (state_put(keeper, err, "key %s %u %s", keeper_use_name(use), number,
		instant_write(holder->not_before, at)) == -1) {
		seal_key_free(fresh.pair);
		ed25519_key_free(fresh.signs);
		return -1;
	}
	row = state_key(keeper, use, number);
	row->pair = fresh.pair;
	row->signs = fresh.signs;
	row->vkey = fresh.vkey;
	memcpy(row->log, fresh.log, sizeof(row->log));
	return 0;
}

int
keeper_renew(struct keeper *keeper, enum keeper_use use, struct instant now,
    struct instant not_after, unsigned *number, struct error *err)
{
	struct keeper_holder holder = { .party = keeper->party,
		.country = keeper->country,
		.is_exercise = keeper->is_exercise,
		.not_before = now,
		.not_after = not_after };
	const struct state_key *spare = find_spare(keeper, use, not_after);
	unsigned made = 1;

	if (spare != NULL) {
		*number = spare->number;
		return 0;
	}
	if (state_check_clock(keeper, now, err) == -1)
		return -1;
	if (keeper->keys_n == KEEPER_KEYS_MAX)
		return error_set(err, E_BUSY, "%zu keys", keeper->keys_n);
	while (state_key(keeper, use, made) != NULL)
		made++;
	if (add_key(keeper, &holder, use, made, err) == -1)
		return -1;
	*number = made;
	return 0;
}
