#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "domain/record.h"
#include "formats/card.h"
#include "proof/evidence.h"
#include "proof/evidence_parts.h"
#include "proof/position.h"
#include "seal/certificate.h"

/*
 * The keys of a party follow from its card and the credentials in its log
 * (docs/PROTOCOL.md, 3.7): the same rule as the docket's, worked out from
 * what the bundle shows.
 */

void
evidence_keys_begin(struct evidence *ev)
{
	for (unsigned side = 0; side < 2; side++) {
		const struct card *card = ev->cards[side];
		struct evidence_keys *keys = &ev->found[side];
		size_t room = ev->manifest->files_n + 1 + CARD_TLS_MAX;

		*keys = (struct evidence_keys){
			.name = span_text(arena_printf(ev->arena, "%.*s/mirror",
			    (int)card->party.len,
			    (const char *)card->party.ptr)),
			.mirrors = arena_array(ev->arena, room,
			    sizeof(*keys->mirrors)),
			.terms =
			    arena_array(ev->arena, room, sizeof(*keys->terms)),
			.pins =
			    arena_array(ev->arena, room, sizeof(*keys->pins)),
			.logs =
			    arena_array(ev->arena, room, sizeof(*keys->logs)),
			.epochs = arena_array(ev->arena, POSITION_EPOCHS_MAX,
			    sizeof(*keys->epochs)),
		};
		memcpy(keys->logs[keys->logs_n++].key, card->log,
		    NOTE_PUBLIC_BYTES);
		keys->terms[0] = (struct evidence_term){ 0, UINT64_MAX };
		keys->mirrors[keys->mirrors_n++] =
		    note_key_of(NOTE_KEY_COSIGNER, keys->name,
			card->mirror_key);
		for (; keys->pins_n < card->tls_n; keys->pins_n++)
			keys->pins[keys->pins_n] = card->tls[keys->pins_n];
	}
}

static int
check_mirror(const struct evidence *ev, unsigned side,
    const struct note_key *key, struct error *err)
{
	const struct evidence_keys *keys = &ev->found[side];

	if (key->type != NOTE_KEY_COSIGNER ||
	    !span_is_equal(key->name, keys->name))
		return error_set(err, E_RECORD_MEMBER,
		    "key: no mirror key of that party");
	for (size_t i = 0; i < keys->logs_n; i++)
		if (memcmp(key->public_key, keys->logs[i].key,
			NOTE_PUBLIC_BYTES) == 0)
			return error_set(err, E_RECORD_MEMBER,
			    "key: the log's");
	for (size_t i = 0; i < keys->mirrors_n; i++)
		if (memcmp(key->public_key, keys->mirrors[i].public_key,
			NOTE_PUBLIC_BYTES) == 0)
			return error_set(err, E_RECORD_MEMBER,
			    "key: there was that key before");
	return 0;
}

static int
see_mirror(struct evidence *ev, const struct evidence_record *entry,
    struct span text, bool is_compromise, struct error *err)
{
	struct evidence_keys *keys = &ev->found[entry->side];
	uint64_t from = entry->index + 1;
	struct note_key key;
	struct error why;

	if (note_key_parse(&key, text, ev->arena, &why) == -1)
		return error_set(err, E_RECORD_MEMBER, "key: %s", why.detail);
	if (check_mirror(ev, entry->side, &key, err) == -1)
		return -1;
	if (!evidence_is_placed(entry))
		return 0;
	for (size_t i = 0; is_compromise && i < keys->mirrors_n; i++)
		if (keys->terms[i].until > from)
			keys->terms[i].until = from;
	keys->terms[keys->mirrors_n] =
	    (struct evidence_term){ from, UINT64_MAX };
	keys->mirrors[keys->mirrors_n++] = key;
	return 0;
}

static int
see_pin(struct evidence *ev, const struct evidence_record *entry,
    struct span text, bool is_compromise UNUSED, struct error *err)
{
	struct evidence_keys *keys = &ev->found[entry->side];
	struct hash pin;
	struct error why;

	if (hash_parse(&pin, text, &why) == -1)
		return error_set(err, E_RECORD_MEMBER, "key: not a pin");
	for (size_t i = 0; i < keys->pins_n; i++)
		if (hash_is_equal(&keys->pins[i], &pin))
			return error_set(err, E_RECORD_MEMBER,
			    "key: there was that key before");
	if (evidence_is_placed(entry))
		keys->pins[keys->pins_n++] = pin;
	return 0;
}

/* A new log key acts from the next log on. */
static int
see_log(struct evidence *ev, const struct evidence_record *entry,
    struct span text, bool is_compromise UNUSED, struct error *err)
{
	struct evidence_keys *keys = &ev->found[entry->side];
	struct evidence_log_key *next;
	struct span key;

	if (decode_base64(&key, text, ev->arena, err) == -1)
		return -1;
	if (key.len != NOTE_PUBLIC_BYTES)
		return error_set(err, E_SYNTAX, "a log key of %zu bytes",
		    key.len);
	if (!evidence_is_placed(entry))
		return 0;
	next = &keys->logs[keys->logs_n++];
	next->from = entry->index + 1;
	memcpy(next->key, key.ptr, NOTE_PUBLIC_BYTES);
	return 0;
}

/* A new certificate: any key that can seal, self-signed. */
static int
see_seal(struct evidence *ev, const struct evidence_record *entry,
    const struct record *record, struct span text, struct error *err)
{
	struct certificate *certificate = NULL;
	struct span der;

	if (decode_base64(&der, text, ev->arena, err) == -1 ||
	    certificate_parse(&certificate, der, err) == -1)
		return -1;
	if (certificate_check_sealing(certificate, NULL, 0, record->at, err) ==
	    -1) {
		certificate_free(certificate);
		return -1;
	}
	if (evidence_is_placed(entry))
		evidence_push_seal(ev, entry->side, entry->index + 1,
		    certificate);
	else
		certificate_free(certificate);
	return 0;
}

int
evidence_see_credential(struct evidence *ev,
    const struct evidence_record *entry, const struct record *record,
    struct error *err)
{
	const struct fact *certificate, *key;
	enum word use, change;
	bool is_compromise;

	if (record->kind != KIND_CREDENTIAL)
		return 0;
	use = record_word(record, MEMBER_CREDENTIAL_USE);
	change = record_word(record, MEMBER_CREDENTIAL_CHANGE);
	/* A retired one is named to be known, and no more. */
	if (change == WORD_CHANGE_RETIRED)
		return 0;
	certificate = record_fact(record, MEMBER_CREDENTIAL_CERTIFICATE);
	key = record_fact(record, MEMBER_CREDENTIAL_KEY);
	is_compromise = change == WORD_CHANGE_COMPROMISED;
	if (use == WORD_KEY_USE_SEAL)
		return certificate->is_given ?
		    see_seal(ev, entry, record, certificate->text, err) :
		    0;
	if (use == WORD_KEY_USE_ENCRYPTION ||
	    (use == WORD_KEY_USE_LOG && !key->is_given))
		return 0;
	if (!key->is_given)
		return error_set(err, E_RECORD_MEMBER, "key: there is none");
	if (use == WORD_KEY_USE_LOG)
		return see_log(ev, entry, key->text, is_compromise, err);
	return (use == WORD_KEY_USE_MIRROR ? see_mirror : see_pin)(ev, entry,
	    key->text, is_compromise, err);
}

static bool
are_same(const struct evidence_keys *a, const struct evidence_keys *b)
{
	if (a->mirrors_n != b->mirrors_n || a->logs_n != b->logs_n)
		return false;
	for (size_t i = 0; i < a->mirrors_n; i++)
		if (a->terms[i].from != b->terms[i].from ||
		    a->terms[i].until != b->terms[i].until ||
		    memcmp(a->mirrors[i].public_key, b->mirrors[i].public_key,
			NOTE_PUBLIC_BYTES) != 0)
			return false;
	for (size_t i = 0; i < a->logs_n; i++)
		if (a->logs[i].from != b->logs[i].from ||
		    memcmp(a->logs[i].key, b->logs[i].key, NOTE_PUBLIC_BYTES) !=
			0)
			return false;
	for (size_t i = 0; i < POSITION_EPOCHS_MAX; i++)
		if (a->epochs[i].is_said != b->epochs[i].is_said ||
		    a->epochs[i].is_begun != b->epochs[i].is_begun ||
		    a->epochs[i].previous != b->epochs[i].previous)
			return false;
	return true;
}

bool
evidence_has_settled(const struct evidence *ev)
{
	return are_same(&ev->keys[0], &ev->found[0]) &&
	    are_same(&ev->keys[1], &ev->found[1]);
}

size_t
evidence_mirrors_at(const struct evidence *ev, unsigned side, uint64_t view,
    struct note_key **out)
{
	const struct evidence_keys *keys = &ev->keys[side];
	size_t n = 0;

	*out = arena_array(ev->arena, keys->mirrors_n, sizeof(**out));
	for (size_t i = 0; i < keys->mirrors_n; i++)
		if (view == EVIDENCE_ANY_VIEW ||
		    (keys->terms[i].from <= view &&
			view < keys->terms[i].until))
			(*out)[n++] = keys->mirrors[i];
	return n;
}

/* The keys' terms, by the key. */
const struct evidence_term *
evidence_term_of(const struct evidence *ev, unsigned side,
    const struct note_key *key)
{
	const struct evidence_keys *keys = &ev->keys[side];

	for (size_t i = 0; i < keys->mirrors_n; i++)
		if (memcmp(keys->mirrors[i].public_key, key->public_key,
			NOTE_PUBLIC_BYTES) == 0)
			return &keys->terms[i];
	return &keys->terms[0];
}
