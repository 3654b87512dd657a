#include "base/arena.h"
#include "base/buf.h"
#include "base/encode.h"
#include "base/error.h"
#include "docket/docket.h"
#include "docket/lodge.h"
#include "formats/card.h"
#include "formats/draft.h"
#include "formats/record_json.h"
#include "keeper/origin.h"
#include "ledger/tree.h"
#include "node/calls.h"
#include "node/keeper_ask.h"
#include "node/registrar_parts.h"
#include "store/entry.h"
#include "store/log.h"

static int
find_named(struct calling *c, struct span name, bool is_case,
    struct found *found, const struct hash **out, struct error *err)
{
	if (name.len == 0)
		return 0;
	if (calling_find(c, name, is_case, found, err) == -1)
		return -1;
	*out = &found->leaf;
	return 0;
}

/* What the draft's short names stand for, and whose docket that is. */
static int
resolve(struct calling *c, const struct json_reader *draft,
    struct draft_frame *frame, struct span *peer, struct error *err)
{
	struct found *found = arena_array(c->arena, 2, sizeof(*found));
	struct draft_names names;

	if (draft_names(&names, draft, err) == -1 ||
	    find_named(c, names.case_of, true, &found[0], &frame->case_of,
		err) == -1 ||
	    find_named(c, names.re, false, &found[1], &frame->re, err) == -1)
		return -1;
	if (found[0].entry != NULL)
		*peer = found[0].peer;
	else if (found[1].entry != NULL)
		*peer = found[1].peer;
	else
		return calling_peer(c, peer, err);
	return 0;
}

int
call_prepare(struct calling *c, struct error *err)
{
	/* Log, time and anchor are docket_prepare()'s. */
	struct draft_frame frame = { .log = span_text("-"),
		.at = c->now,
		.anchor = { .log = span_text("-"), .root = tree_empty_root() },
		.is_exercise = docket_self(c->docket)->is_exercise };
	struct json_reader draft;
	struct draft letter;
	struct record *record;
	struct span content;

	if (json_get_object(&draft, &c->in, "draft", JSON_REQUIRED, err) ==
		-1 ||
	    resolve(c, &draft, &frame, &letter.peer, err) == -1 ||
	    draft_read(&record, &draft, &frame, c->arena, err) == -1)
		return -1;
	letter.record = *record;
	if (docket_prepare(c->docket, &letter, c->now, &content, c->arena,
		err) == -1)
		return -1;
	json_set_text(c->out, "peer", letter.peer);
	c->out_bytes = content;
	return 0;
}

/* The peer in whose docket ${record} stands. */
static int
peer_of(struct calling *c, const struct record *record, struct span *peer,
    struct error *err)
{
	struct origin origin;

	if (origin_parse(&origin, record->log, err) == -1)
		return -1;
	*peer = arena_copy(c->arena, origin.reader);
	return 0;
}

int
call_lodge(struct calling *c, struct error *err)
{
	const struct record *record;
	struct lodged lodged;

	if (c->bytes.len > RECORD_CONTENT_MAX)
		return error_set(err, E_TOO_LARGE, "%zu bytes of content",
		    c->bytes.len);
	if (docket_lodge_content(c->docket, c->bytes, c->now, &lodged, c->arena,
		err) == -1 ||
	    peer_of(c, lodged.record, &c->asked->wake, err) == -1)
		return -1;
	record = lodged.record;
	json_set_hash(c->out, "leaf", &lodged.leaf);
	if (record->has_case)
		json_set_hash(c->out, "case", &record->case_hash);
	else if (record_opens_case(record))
		json_set_hash(c->out, "case", &lodged.leaf);
	json_set_instant(c->out, "at", record->at);
	json_set_text(c->out, "peer", c->asked->wake);
	return 0;
}

int
call_peer_prepare(struct calling *c, struct error *err)
{
	struct span card, content;

	if (json_get_text(&card, &c->in, "card", JSON_REQUIRED, CARD_FILE_MAX,
		err) == -1 ||
	    docket_prepare_opening(c->docket, card, c->now, &content, c->arena,
		err) == -1)
		return -1;
	json_set_text(c->out, "content", content);
	return 0;
}

int
call_peer_lodge(struct calling *c, struct error *err)
{
	struct span file, content;
	struct entry_row *opening;
	struct log_row *own;
	struct card *card;

	if (json_get_text(&file, &c->in, "card", JSON_REQUIRED, CARD_FILE_MAX,
		err) == -1 ||
	    json_get_text(&content, &c->in, "content", JSON_REQUIRED,
		RECORD_CONTENT_MAX, err) == -1 ||
	    card_open(&card, file, c->arena, err) == -1)
		return -1;
	c->asked->has_peer = true;
	if (docket_lodge_opening(c->docket, file, content, c->now, err) == -1 ||
	    store_log_of(c->store, card->party, true, &own, c->arena, err) ==
		-1)
		return -1;
	if (own == NULL)
		return error_set(err, E_INTERNAL, "no log was made");
	if (store_entry_get(c->store, own->id, 0, &opening, c->arena, err) ==
	    -1)
		return -1;
	if (opening == NULL)
		return error_set(err, E_INTERNAL, "no opening was lodged");
	json_set_text(c->out, "party", card->party);
	json_set_hash(c->out, "opening", &opening->leaf);
	c->asked->wake = card->party;
	return 0;
}

/* A change of key, as an operator may ask for it. */
struct change {
	enum keeper_use use;
	enum word use_word, change_word;
	bool has_since;
	struct instant since;
	const struct keeper_key_public *key;
	struct hash pin; /* of TLS, whose key is not the keeper's */
	bool is_alone;   /* of TLS: no other is shown from now on */
};

static const struct {
	const char *name;
	enum keeper_use use;
	enum word word;
} uses[] = {
	{ "seal", KEEPER_SEAL, WORD_KEY_USE_SEAL },
	{ "encryption", KEEPER_ENCRYPTION, WORD_KEY_USE_ENCRYPTION },
	{ "mirror", KEEPER_MIRROR, WORD_KEY_USE_MIRROR },
	{ "tls", KEEPER_SEAL, WORD_KEY_USE_TLS },
};

static int
read_change(struct calling *c, struct change *change, struct error *err)
{
	struct span use, word;
	bool is_known = false;
	struct error bad;

	if (json_get_text(&use, &c->in, "use", JSON_REQUIRED, 32, err) == -1 ||
	    json_get_text(&word, &c->in, "change", JSON_REQUIRED, 32, err) ==
		-1 ||
	    json_get_instant(&change->since, &c->in, "since", JSON_OPTIONAL,
		err) == -1)
		return -1;
	for (size_t i = 0; i < COUNT_OF(uses); i++) {
		if (!span_is_text(use, uses[i].name))
			continue;
		change->use = uses[i].use;
		change->use_word = uses[i].word;
		is_known = true;
	}
	if (!is_known)
		return error_set(err, E_USAGE,
		    "use: seal, mirror, encryption or tls");
	if (word_find(&change->change_word, VOCABULARY_CHANGE, word, &bad) ==
		-1 ||
	    change->change_word == WORD_CHANGE_RETIRED)
		return error_set(err, E_USAGE, "change: new or compromised");
	change->has_since = json_has(&c->in, "since");
	if (change->use_word != WORD_KEY_USE_TLS)
		return 0;
	change->is_alone = change->change_word == WORD_CHANGE_COMPROMISED;
	if (json_get_hash(&change->pin, &c->in, "pin", JSON_REQUIRED, err) ==
	    -1)
		return -1;
	return change->is_alone ?
	    0 :
	    json_get_flag(&change->is_alone, &c->in, "now", JSON_OPTIONAL, err);
}

/* While a new TLS key is waited for there is no place for another. */
static int
check_waiting(struct calling *c, const struct change *change, struct error *err)
{
	const struct card *self = docket_self(c->docket);
	const struct hash *newest = &self->tls[self->tls_n - 1];
	struct hash shown;

	if (change->change_word == WORD_CHANGE_COMPROMISED ||
	    hash_is_equal(&change->pin, newest))
		return 0;
	if (docket_pin_shown(c->docket, &shown, err) == -1)
		return -1;
	if (!hash_is_equal(&shown, newest))
		return error_set(err, E_USAGE,
		    "not every peer has taken the last TLS key yet; see "
		    "status, and --now");
	return 0;
}

/* Have the keeper make the key; learn its public half. */
static int
renew(struct calling *c, struct change *change, struct error *err)
{
	struct keeper_public *keys = arena_alloc(c->arena, sizeof(*keys));
	struct instant until =
	    instant_add(c->now, period_of((int64_t)5 * 365 * 86400));
	unsigned number;

	if (c->r->parts.keeper == NULL)
		return error_set(err, E_INTERNAL, "no keeper to ask");
	if (json_get_instant(&until, &c->in, "not-after", JSON_OPTIONAL, err) ==
		-1 ||
	    keeper_ask_renew(c->r->parts.keeper, change->use, until, &number,
		err) == -1 ||
	    keeper_ask_public(c->r->parts.keeper, keys, c->arena, err) == -1)
		return -1;
	for (size_t i = 0; i < keys->n; i++)
		if (keys->keys[i].use == change->use &&
		    keys->keys[i].number == number)
			change->key = &keys->keys[i];
	return change->key == NULL ?
	    error_set(err, E_INTERNAL, "the key that was made is not there") :
	    0;
}

static void
set_word(struct record *record, enum member member, const enum word *word)
{
	struct fact *fact =
	    &record->facts[member - kind_first_member(record->kind)];

	*fact = (struct fact){ .is_given = true, .n = 1, .words = word };
}

static void
set_text(struct record *record, enum member member, struct span text)
{
	struct fact *fact =
	    &record->facts[member - kind_first_member(record->kind)];

	*fact = (struct fact){ .is_given = true, .n = 1, .text = text };
}

static int
prepare_change(struct calling *c, const struct change *change, struct span peer,
    struct json *list, struct error *err)
{
	struct draft draft = { .peer = peer,
		.record = { .kind = KIND_CREDENTIAL,
		    .by = WORD_ROLE_SYSTEM_ADMINISTRATOR } };
	struct json *one = json_object_new();
	struct record *record = &draft.record;
	char hex[HASH_TEXT_MAX];
	struct span content;

	json_add_json(list, one);
	set_word(record, MEMBER_CREDENTIAL_CHANGE, &change->change_word);
	set_word(record, MEMBER_CREDENTIAL_USE, &change->use_word);
	if (change->use_word == WORD_KEY_USE_TLS)
		set_text(record, MEMBER_CREDENTIAL_KEY,
		    span_text(hash_write(&change->pin, hex)));
	else if (change->use == KEEPER_MIRROR)
		set_text(record, MEMBER_CREDENTIAL_KEY, change->key->bytes);
	else
		set_text(record, MEMBER_CREDENTIAL_CERTIFICATE,
		    span_text(
			encode_base64_text(c->arena, change->key->bytes)));
	if (change->has_since)
		record->facts[MEMBER_CREDENTIAL_SINCE -
		    MEMBER_CREDENTIAL_CHANGE] = (struct fact){ .is_given = true,
			.n = 1,
			.instant = change->since };
	if (docket_prepare(c->docket, &draft, c->now, &content, c->arena,
		err) == -1)
		return -1;
	json_set_text(one, "peer", peer);
	json_set_text(one, "content", content);
	return 0;
}

/* What is said already is not said again, when a change is gone on with. */
static int
is_told(struct calling *c, const struct change *change, struct span peer,
    bool *out, struct error *err)
{
	*out = false;
	if (change->use_word != WORD_KEY_USE_TLS)
		return 0;
	return docket_names_pin(c->docket, peer, &change->pin, out, err);
}

/* Our card with the new key in it, for peers to come. */
static int
prepare_card(struct calling *c, const struct change *change, struct error *err)
{
	struct card card = *docket_self(c->docket);
	struct buf buf;
	int rc = -1;

	card.at = c->now;
	if (change->use_word == WORD_KEY_USE_TLS)
		card_put_pin(&card, &change->pin, change->is_alone);
	else
		card_put_key(&card, change->use_word, change->key->bytes);
	buf_init(&buf, CARD_CONTENT_MAX);
	if (card_write(&buf, &card, err) == -1)
		goto out;
	json_set_text(c->out, "card", buf_span(&buf));
	rc = 0;
out:
	buf_clear(&buf);
	return rc;
}

/* One letter to each peer, to be authorised and lodged; and our new card. */
int
call_credential(struct calling *c, struct error *err)
{
	size_t n = docket_peers(c->docket, NULL, 0);
	const struct card **peers = arena_array(c->arena, n, sizeof(*peers));
	struct json *list = json_array_new();
	struct change change = { .key = NULL };

	json_set_json(c->out, "letters", list);
	if (read_change(c, &change, err) == -1 ||
	    (change.use_word == WORD_KEY_USE_TLS ?
		    check_waiting(c, &change, err) :
		    renew(c, &change, err)) == -1)
		return -1;
	docket_peers(c->docket, peers, n);
	for (size_t i = 0; i < n; i++) {
		bool is_known;

		if (is_told(c, &change, peers[i]->party, &is_known, err) ==
			-1 ||
		    (!is_known &&
			prepare_change(c, &change, peers[i]->party, list,
			    err) == -1))
			return -1;
	}
	return prepare_card(c, &change, err);
}

/* The content that an operator authorised, sealed: our card from now on. */
int
call_card_lodge(struct calling *c, struct error *err)
{
	struct hash before = docket_self(c->docket)->tls[0];
	const struct card *self;
	struct card *card;
	struct span cms;
	struct buf file;
	int rc = -1;

	if (c->bytes.len > CARD_CONTENT_MAX)
		return error_set(err, E_TOO_LARGE, "a card of %zu bytes",
		    c->bytes.len);
	if (card_read(&card, c->bytes, c->arena, err) == -1 ||
	    registrar_seal_card(c->r, c->bytes, &cms, c->arena, err) == -1)
		return -1;
	/* Should it be undone, the docket is opened anew. */
	c->asked->has_peer = true;
	buf_init(&file, CARD_FILE_MAX);
	card_armour(&file, card->seal, cms);
	if (buf_check(&file, err) == -1 ||
	    docket_renew_card(c->docket, buf_span(&file), err) == -1)
		goto out;
	self = docket_self(c->docket);
	/* Gate and courier have the key once they start again. */
	if (self->tls_n > 1 || !hash_is_equal(&before, &self->tls[0]))
		registrar_start_anew(c->r);
	json_set_text(c->out, "card", buf_span(&file));
	json_set_hash(c->out, "fingerprint", &self->fingerprint);
	rc = 0;
out:
	buf_clear(&file);
	return rc;
}
