#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/error.h"
#include "base/mem.h"
#include "docket/epochs.h"
#include "docket/internal.h"
#include "formats/card.h"
#include "formats/record_json.h"
#include "seal/certificate.h"
#include "store/store.h"

void
keys_clear(struct docket_keys *keys)
{
	for (size_t i = 0; i < keys->seals_n; i++)
		certificate_free(keys->seals[i].certificate);
	free(keys->seals);
	free(keys->mirrors);
	free(keys->pins);
	free(keys->nexts);
	keys->seals = NULL;
	keys->mirrors = NULL;
	keys->pins = NULL;
	keys->nexts = NULL;
	keys->seals_n = keys->mirrors_n = keys->pins_n = keys->nexts_n = 0;
}

static void
keys_free(struct docket_keys *keys)
{
	keys_clear(keys);
	free(keys);
}

void
keys_forget(struct docket *docket)
{
	struct docket_keys *next;

	for (struct docket_keys *k = docket->keys; k != NULL; k = next) {
		next = k->next;
		keys_free(k);
	}
	docket->keys = NULL;
	pins_forget(docket);
}

void
keys_drop(struct docket *docket, int64_t log)
{
	struct docket_keys **at = &docket->keys, *dropped;

	while (*at != NULL && (*at)->log != log)
		at = &(*at)->next;
	if ((dropped = *at) == NULL)
		return;
	*at = dropped->next;
	keys_free(dropped);
	pins_forget(docket);
}

static void
push_seal(struct docket_keys *keys, uint64_t from,
    struct certificate *certificate)
{
	keys->seals =
	    mem_resize(keys->seals, keys->seals_n + 1, sizeof(*keys->seals));
	keys->seals[keys->seals_n++] =
	    (struct docket_seal){ from, certificate };
}

static void
push_mirror(struct docket_keys *keys, uint64_t from,
    const uint8_t public_key[NOTE_PUBLIC_BYTES])
{
	keys->mirrors = mem_resize(keys->mirrors, keys->mirrors_n + 1,
	    sizeof(*keys->mirrors));
	keys->mirrors[keys->mirrors_n++] = (struct docket_mirror){ from,
		UINT64_MAX,
		note_key_of(NOTE_KEY_COSIGNER, keys->mirror_name, public_key) };
}

static void
push_pin(struct docket_keys *keys, uint64_t from, const struct hash *pin)
{
	keys->pins =
	    mem_resize(keys->pins, keys->pins_n + 1, sizeof(*keys->pins));
	keys->pins[keys->pins_n++] =
	    (struct docket_pin){ from, UINT64_MAX, *pin };
}

static void
push_next(struct docket_keys *keys, uint64_t from,
    const uint8_t public_key[NOTE_PUBLIC_BYTES])
{
	struct docket_next *next;

	keys->nexts =
	    mem_resize(keys->nexts, keys->nexts_n + 1, sizeof(*keys->nexts));
	next = &keys->nexts[keys->nexts_n++];
	next->from = from;
	memcpy(next->key, public_key, sizeof(next->key));
}

const uint8_t *
keys_next_at(const struct docket_keys *keys, uint64_t size)
{
	const uint8_t *at = keys->writer.public_key;

	for (size_t i = 0; i < keys->nexts_n; i++)
		if (keys->nexts[i].from <= size)
			at = keys->nexts[i].key;
	return at;
}

const struct certificate *
keys_seal_at(const struct docket_keys *keys, uint64_t index)
{
	const struct certificate *at = NULL;

	for (size_t i = 0; i < keys->seals_n; i++)
		if (keys->seals[i].from <= index)
			at = keys->seals[i].certificate;
	return at;
}

size_t
keys_mirrors_at(const struct docket_keys *keys, uint64_t view,
    struct note_key **out, struct arena *arena)
{
	size_t n = 0;

	*out = arena_array(arena, keys->mirrors_n, sizeof(**out));
	for (size_t i = 0; i < keys->mirrors_n; i++)
		if (keys->mirrors[i].from <= view &&
		    view < keys->mirrors[i].until)
			(*out)[n++] = keys->mirrors[i].key;
	return n;
}

const struct note_key *
keys_mirror_for(const struct docket_keys *keys, uint64_t size, uint64_t shown)
{
	const struct docket_mirror *newest = NULL, *known = NULL;

	for (size_t i = 0; i < keys->mirrors_n; i++) {
		const struct docket_mirror *mirror = &keys->mirrors[i];

		if (size >= mirror->until)
			continue;
		newest = mirror;
		if (mirror->from <= shown)
			known = mirror;
	}
	if (known != NULL)
		newest = known;
	return newest == NULL ? NULL : &newest->key;
}

bool
keys_has_compromise(const struct docket_keys *keys, uint64_t from, uint64_t to)
{
	for (size_t i = 0; i < keys->mirrors_n; i++)
		if (keys->mirrors[i].until > from &&
		    keys->mirrors[i].until <= to)
			return true;
	return false;
}

bool
keys_has_pin(const struct docket_keys *keys, uint64_t from, uint64_t to)
{
	for (size_t i = 0; i < keys->pins_n; i++)
		if (keys->pins[i].from > from && keys->pins[i].from <= to)
			return true;
	return false;
}

/* What a credential names, read as its use wants it. */
struct named {
	struct arena *arena;
	struct certificate *certificate;
	struct note_key mirror;
	struct hash pin;
	struct span log;
};

static int
read_seal(struct named *named, const struct fact *text, struct error *err)
{
	struct span der;

	if (decode_base64(&der, text->text, named->arena, err) == -1)
		return -1;
	return certificate_parse(&named->certificate, der, err);
}

static int
read_mirror(struct named *named, const struct fact *text, struct error *err)
{
	struct error bad;

	if (note_key_parse(&named->mirror, text->text, named->arena, &bad) ==
	    -1)
		return error_set(err, E_RECORD_MEMBER, "key: %s", bad.detail);
	if (named->mirror.type != NOTE_KEY_COSIGNER)
		return error_set(err, E_RECORD_MEMBER, "key: not a mirror key");
	return 0;
}

static int
read_pin(struct named *named, const struct fact *text, struct error *err)
{
	struct error bad;

	if (hash_parse(&named->pin, text->text, &bad) == -1)
		return error_set(err, E_RECORD_MEMBER, "key: not a pin");
	return 0;
}

static int
read_log(struct named *named, const struct fact *text, struct error *err)
{
	struct error bad;

	if (decode_base64(&named->log, text->text, named->arena, &bad) == -1 ||
	    named->log.len != NOTE_PUBLIC_BYTES)
		return error_set(err, E_RECORD_MEMBER, "key: not a log key");
	return 0;
}

static void
add_seal(struct docket_keys *keys, uint64_t from, struct named *named,
    bool is_compromise UNUSED)
{
	push_seal(keys, from, named->certificate);
	named->certificate = NULL;
}

static void
add_mirror(struct docket_keys *keys, uint64_t from, struct named *named,
    bool is_compromise)
{
	for (size_t i = 0; is_compromise && i < keys->mirrors_n; i++)
		if (keys->mirrors[i].until > from)
			keys->mirrors[i].until = from;
	push_mirror(keys, from, named->mirror.public_key);
}

/* Beside a new pin the last one holds on, for those who still show it. */
static void
add_pin(struct docket_keys *keys, uint64_t from, struct named *named,
    bool is_compromise)
{
	size_t keep = is_compromise ? 0 : 1;

	for (size_t i = 0; i + keep < keys->pins_n; i++)
		if (keys->pins[i].until > from)
			keys->pins[i].until = from;
	push_pin(keys, from, &named->pin);
}

/* It signs the next log, not this one. */
static void
add_log(struct docket_keys *keys, uint64_t from, struct named *named,
    bool is_compromise UNUSED)
{
	push_next(keys, from, named->log.ptr);
}

/* Uses that a record changes.  A retired key is named to be known, no more. */
static const struct use {
	enum word use;
	enum member member;
	int (*read)(struct named *named, const struct fact *text,
	    struct error *err);
	void (*add)(struct docket_keys *keys, uint64_t from,
	    struct named *named, bool is_compromise);
} uses[] = {
	/* clang-format off */
	{ WORD_KEY_USE_SEAL, MEMBER_CREDENTIAL_CERTIFICATE, read_seal,
	    add_seal },
	{ WORD_KEY_USE_MIRROR, MEMBER_CREDENTIAL_KEY, read_mirror,
	    add_mirror },
	{ WORD_KEY_USE_TLS, MEMBER_CREDENTIAL_KEY, read_pin, add_pin },
	{ WORD_KEY_USE_LOG, MEMBER_CREDENTIAL_KEY, read_log, add_log },
	/* clang-format on */
};

static const struct use *
use_of(const struct record *credential)
{
	enum word use = record_word(credential, MEMBER_CREDENTIAL_USE);

	if (record_word(credential, MEMBER_CREDENTIAL_CHANGE) ==
	    WORD_CHANGE_RETIRED)
		return NULL;
	for (size_t i = 0; i < COUNT_OF(uses); i++)
		if (uses[i].use == use)
			return &uses[i];
	return NULL;
}

static void
named_clear(struct named *named)
{
	certificate_free(named->certificate);
	arena_free(named->arena);
}

int
keys_add(struct docket_keys *keys, uint64_t index,
    const struct record *credential, struct error *err)
{
	const struct use *use = use_of(credential);
	struct named named = { .certificate = NULL };
	const struct fact *text;
	int rc = -1;

	if (use == NULL)
		return 0;
	text = record_fact(credential, use->member);
	if (!text->is_given)
		return 0;
	named.arena = arena_new();
	if (use->read(&named, text, err) == -1)
		goto out;
	use->add(keys, index + 1, &named,
	    record_word(credential, MEMBER_CREDENTIAL_CHANGE) ==
		WORD_CHANGE_COMPROMISED);
	rc = 0;
out:
	named_clear(&named);
	return rc;
}

static bool
is_key(const uint8_t a[NOTE_PUBLIC_BYTES], const uint8_t b[NOTE_PUBLIC_BYTES])
{
	return memcmp(a, b, NOTE_PUBLIC_BYTES) == 0;
}

/* It has served as a mirror or log key, or is named to be one. */
static bool
is_used(const struct docket_keys *keys, const uint8_t key[NOTE_PUBLIC_BYTES])
{
	for (size_t i = 0; i < keys->mirrors_n; i++)
		if (is_key(keys->mirrors[i].key.public_key, key))
			return true;
	for (size_t i = 0; i < keys->nexts_n; i++)
		if (is_key(keys->nexts[i].key, key))
			return true;
	return is_key(keys->writer.public_key, key);
}

/* A key that has served before does not come back, nor serves two uses. */
static int
check_fresh(const struct docket_keys *keys, const struct use *use,
    const struct named *named, struct error *err)
{
	bool is_there = false;

	if (use->use == WORD_KEY_USE_MIRROR) {
		if (!span_is_equal(named->mirror.name, keys->mirror_name))
			return error_set(err, E_RECORD_MEMBER,
			    "key: of another name");
		is_there = is_used(keys, named->mirror.public_key);
	}
	if (use->use == WORD_KEY_USE_LOG)
		is_there = is_used(keys, named->log.ptr);
	if (use->use == WORD_KEY_USE_TLS)
		for (size_t i = 0; i < keys->pins_n; i++)
			is_there = is_there ||
			    hash_is_equal(&keys->pins[i].pin, &named->pin);
	if (is_there)
		return error_set(err, E_RECORD_MEMBER,
		    "key: there was that key before");
	return 0;
}

int
keys_check(const struct docket_keys *keys, const struct record *credential,
    struct error *err)
{
	const struct use *use = use_of(credential);
	struct named named = { .certificate = NULL };
	const struct fact *text;
	int rc = -1;

	if (use == NULL)
		return 0;
	text = record_fact(credential, use->member);
	if (!text->is_given && use->use != WORD_KEY_USE_SEAL)
		return error_set(err, E_RECORD_MEMBER, "key: there is none");
	if (!text->is_given)
		return 0;
	named.arena = arena_new();
	if (use->read(&named, text, err) == -1 ||
	    check_fresh(keys, use, &named, err) == -1 ||
	    (named.certificate != NULL &&
		certificate_check_sealing(named.certificate, NULL, 0,
		    credential->at, err) == -1))
		goto out;
	rc = 0;
out:
	named_clear(&named);
	return rc;
}

struct load {
	struct docket_keys *keys;
	struct arena *arena;
};

static int
load_credential(void *ctx, const struct entry_row *entry, struct error *err)
{
	struct load *load = ctx;
	struct record *record;

	if (record_read(&record, entry->content, load->arena, err) == -1)
		return -1;
	return keys_add(load->keys, entry->index, record, err);
}

static struct span
mirror_name(struct docket *docket, const struct card *card)
{
	return span_text(arena_printf(docket->arena, "%.*s/mirror",
	    (int)card->party.len, (const char *)card->party.ptr));
}

/* What the card of the log's writer says. */
static int
load_card(struct docket *docket, struct docket_keys *keys,
    const struct card *writer, struct error *err)
{
	struct certificate *certificate;

	if (certificate_parse(&certificate, writer->seal, err) == -1)
		return -1;
	push_seal(keys, 0, certificate);
	keys->mirror_name = mirror_name(docket, writer);
	push_mirror(keys, 0, writer->mirror_key);
	for (unsigned i = 0; i < writer->tls_n; i++)
		push_pin(keys, 0, &writer->tls[i]);
	return 0;
}

/* Those that the first log of a writer begins with: the cards'. */
static int
begin_with_cards(struct docket_keys *keys, struct docket *docket,
    const struct log_row *log, struct span origin, struct error *err)
{
	const struct docket_peer *peer = docket_peer_state(docket, log->peer);
	const struct card *writer, *mirror;

	if (peer == NULL)
		return error_set(err, E_STORE_CORRUPT, "a log without peer");
	writer = log->is_own ? peer->own : peer->card;
	mirror = log->is_own ? peer->card : peer->own;
	keys->writer = note_key_of(NOTE_KEY_LOG, origin, writer->log);
	keys->mirror = note_key_of(NOTE_KEY_COSIGNER,
	    mirror_name(docket, mirror), mirror->mirror_key);
	return load_card(docket, keys, writer, err);
}

/* What ${then} has in force at its entry ${end}, from the first entry on. */
static int
copy_keys(struct docket_keys *keys, const struct docket_keys *then,
    uint64_t end, struct error *err)
{
	const struct certificate *seal = keys_seal_at(then, end);
	struct certificate *certificate;

	if (certificate_parse(&certificate, certificate_der(seal), err) == -1)
		return -1;
	push_seal(keys, 0, certificate);
	keys->mirror = then->mirror;
	keys->mirror_name = then->mirror_name;
	for (size_t i = 0; i < then->mirrors_n; i++) {
		if (then->mirrors[i].from > end)
			continue;
		push_mirror(keys, 0, then->mirrors[i].key.public_key);
		if (then->mirrors[i].until <= end)
			keys->mirrors[keys->mirrors_n - 1].until = 0;
	}
	for (size_t i = 0; i < then->pins_n; i++) {
		if (then->pins[i].from > end)
			continue;
		push_pin(keys, 0, &then->pins[i].pin);
		if (then->pins[i].until <= end)
			keys->pins[keys->pins_n - 1].until = 0;
	}
	return 0;
}

/*
 * Those that a later log begins with: in force where the one before ends.  Of
 * a log that was announced only the end is not said yet: it can be no other
 * than what was cosigned.
 */
static int
begin_with_log(struct docket_keys *keys, struct docket *docket,
    const struct log_row *log, struct span origin, struct error *err)
{
	struct arena *arena = arena_new();
	const struct log_row *before;
	struct docket_keys *then;
	struct epochs epochs;
	uint64_t end;
	int rc = -1;

	if (epochs_load(&epochs, docket, log->peer, arena, err) == -1)
		goto out;
	before = epochs_before(&epochs, log->side, log->epoch);
	if (before == NULL) {
		error_set(err, E_STORE_CORRUPT, "a log after no other");
		goto out;
	}
	if (keys_of_log(docket, before, &then, err) == -1)
		goto out;
	end = before->is_closed ? before->closed : before->mirrored;
	keys->writer =
	    note_key_of(NOTE_KEY_LOG, origin, keys_next_at(then, end));
	rc = copy_keys(keys, then, end, err);
out:
	arena_free(arena);
	return rc;
}

/* The keys follow from the card and the credential records of the log. */
static int
keys_load(struct docket *docket, const struct log_row *log,
    struct docket_keys *keys, struct error *err)
{
	struct load load = { keys, NULL };
	struct span origin = arena_copy(docket->arena, log->origin);
	int rc;

	keys->log = log->id;
	if ((log->epoch == 1 ? begin_with_cards : begin_with_log)(keys, docket,
		log, origin, err) == -1)
		return -1;
	load.arena = arena_new();
	rc = store_entry_kind(docket->parts.store, log->id, KIND_CREDENTIAL,
	    load_credential, &load, err);
	arena_free(load.arena);
	return rc;
}

int
keys_of_log(struct docket *docket, const struct log_row *log,
    struct docket_keys **out, struct error *err)
{
	struct docket_keys *keys;

	/* What was announced may begin with other keys than it seemed. */
	if (log->is_announced)
		keys_drop(docket, log->id);
	for (keys = docket->keys; keys != NULL; keys = keys->next) {
		if (keys->log == log->id) {
			*out = keys;
			return 0;
		}
	}
	keys = mem_new(sizeof(*keys));
	if (keys_load(docket, log, keys, err) == -1) {
		keys_free(keys);
		return -1;
	}
	keys->next = docket->keys;
	docket->keys = keys;
	*out = keys;
	return 0;
}
