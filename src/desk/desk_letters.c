#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "desk/check.h"
#include "desk/desk_parts.h"
#include "formats/card.h"
#include "formats/record_json.h"
#include "node/keeper_ask.h"
#include "seal/digest.h"

/* Peers to which one change of key goes, at most. */
#define LETTERS_MAX 4096

int
desk_authorise(struct visit *v, struct span content, struct error *err)
{
	struct hash digest = digest_of(content);

	return keeper_ask_authorise(v->desk->parts->keeper, &digest, err);
}

int
desk_reply_text(struct visit *v, const struct call_reply *reply,
    const char *name, struct span *out, struct error *err)
{
	struct json_reader in;
	struct json *json = NULL;
	int rc = -1;

	if (json_read(&json, reply->json, CALL_JSON_MAX, E_PROC_MESSAGE, err) ==
		-1 ||
	    json_reader_of(&in, json, "", E_PROC_MESSAGE, err) == -1 ||
	    json_get_text(out, &in, name, JSON_REQUIRED, CARD_FILE_MAX, err) ==
		-1)
		goto out;
	*out = arena_copy(v->arena, *out);
	rc = 0;
out:
	json_free(json);
	return rc;
}

/* What would be signed, exactly. */
static void
preview(struct visit *v)
{
	struct json *out = json_object_new();
	struct hash digest = digest_of(v->content);

	json_set_text(out, "content", v->content);
	json_set_hash(out, "digest", &digest);
	visit_reply_json(v, out);
	json_free(out);
}

static void lodged(struct visit *v, const struct call_reply *reply,
    const struct error *why);
static void prepared(struct visit *v, const struct call_reply *reply,
    const struct error *why);

/* Is it the operator's letter?  Then he authorises it by this. */
static int
take_content(struct visit *v, const struct call_reply *reply, struct error *err)
{
	struct json_reader draft;

	v->content = arena_copy(v->arena, reply->bytes);
	if (json_get_object(&draft, &v->body, "draft", JSON_REQUIRED, err) ==
		-1 ||
	    desk_check_letter(v->desk->self, &draft, v->peer, v->content,
		v->arena, err) == -1)
		return -1;
	return v->is_preview ? 0 : desk_authorise(v, v->content, err);
}

static void
prepared(struct visit *v, const struct call_reply *reply,
    const struct error *why)
{
	struct error err;

	if (why != NULL)
		visit_fail(v, why);
	else if (take_content(v, reply, &err) == -1)
		visit_fail(v, &err);
	else if (v->is_preview)
		preview(v);
	else
		/* The answer names the peer. */
		visit_call(v, "lodge", arena_copy(v->arena, reply->json),
		    v->content, lodged);
}

/* With what was signed, for the operator's files. */
static void
answer_letter(struct visit *v, const struct call_reply *reply)
{
	struct json *json = NULL;
	struct error err;

	if (json_read(&json, reply->json, CALL_JSON_MAX, E_PROC_MESSAGE,
		&err) == -1) {
		visit_fail(v, &err);
		return;
	}
	json_set_text(json, "content", v->content);
	visit_reply_json(v, json);
	json_free(json);
}

static void
lodged(struct visit *v, const struct call_reply *reply, const struct error *why)
{
	if (why == NULL)
		answer_letter(v, reply);
	else if (why->code == E_ANCHOR_STALE && ++v->tries < DESK_TRIES_MAX)
		visit_call(v, "prepare", v->raw, span_of(NULL, 0), prepared);
	else
		visit_fail(v, why);
}

void
desk_letter(struct visit *v)
{
	struct error err;

	if (json_get_text(&v->peer, &v->body, "peer", JSON_OPTIONAL,
		CARD_PARTY_MAX, &err) == -1 ||
	    json_get_flag(&v->is_preview, &v->body, "preview", JSON_OPTIONAL,
		&err) == -1)
		visit_fail(v, &err);
	else
		visit_call(v, "prepare", v->raw, span_of(NULL, 0), prepared);
}

/* The operator compared the fingerprint; this is that card. */
static int
check_card(struct visit *v, struct span *file, struct error *err)
{
	struct span text;
	struct hash given;

	if (json_get_text(file, &v->body, "card", JSON_REQUIRED, CARD_FILE_MAX,
		err) == -1 ||
	    json_get_text(&text, &v->body, "fingerprint", JSON_REQUIRED, 256,
		err) == -1 ||
	    card_fingerprint_parse(&given, text, err) == -1 ||
	    card_open(&v->card, *file, v->arena, err) == -1)
		return -1;
	if (!hash_is_equal(&given, &v->card->fingerprint))
		return error_set(err, E_CARD_FINGERPRINT,
		    "the card's is not the one that was given");
	return 0;
}

static int
take_opening(struct visit *v, const struct call_reply *reply, struct error *err)
{
	const struct card *card = v->card;
	struct keeper_ask *keeper = v->desk->parts->keeper;

	if (desk_reply_text(v, reply, "content", &v->content, err) == -1 ||
	    desk_check_opening(v->desk->self, card, v->content, v->arena,
		err) == -1 ||
	    keeper_ask_pin_peer(keeper, card->party, card->log,
		&card->fingerprint, err) == -1)
		return -1;
	return desk_authorise(v, v->content, err);
}

static void
opening_prepared(struct visit *v, const struct call_reply *reply,
    const struct error *why)
{
	struct json *json;
	struct error err;
	struct span file;

	if (why != NULL) {
		visit_fail(v, why);
		return;
	}
	if (take_opening(v, reply, &err) == -1 ||
	    json_get_text(&file, &v->body, "card", JSON_REQUIRED, CARD_FILE_MAX,
		&err) == -1) {
		visit_fail(v, &err);
		return;
	}
	json = json_object_new();
	json_set_text(json, "card", file);
	json_set_text(json, "content", v->content);
	visit_call(v, "peer-lodge", visit_json(v, json), span_of(NULL, 0),
	    visit_pass);
}

void
desk_peer_add(struct visit *v)
{
	struct json *json;
	struct error err;
	struct span file;

	if (check_card(v, &file, &err) == -1) {
		visit_fail(v, &err);
		return;
	}
	json = json_object_new();
	json_set_text(json, "card", file);
	visit_call(v, "peer-prepare", visit_json(v, json), span_of(NULL, 0),
	    opening_prepared);
}

/* The card that came is what was authorised. */
static int
take_card(struct visit *v, const struct call_reply *reply, struct span *file,
    struct error *err)
{
	struct span certificate, cms;
	struct card *card;
	struct buf again;
	int rc = -1;

	if (desk_reply_text(v, reply, "card", file, err) == -1 ||
	    card_open(&card, *file, v->arena, err) == -1 ||
	    card_unarmour(&certificate, &cms, *file, v->arena, err) == -1)
		return -1;
	buf_init(&again, CARD_CONTENT_MAX);
	if (card_write(&again, card, err) == -1)
		goto out;
	if (!span_is_equal(buf_span(&again), v->content)) {
		error_set(err, E_DESK_CHECK, "another card came back");
		goto out;
	}
	rc = desk_take_card(v->desk, *file, err);
out:
	buf_clear(&again);
	return rc;
}

static void
card_lodged(struct visit *v, const struct call_reply *reply,
    const struct error *why)
{
	struct json *out;
	struct span file;
	struct error err;

	if (why != NULL) {
		visit_fail(v, why);
		return;
	}
	if (take_card(v, reply, &file, &err) == -1) {
		visit_fail(v, &err);
		return;
	}
	out = json_object_new();
	json_set_json(out, "letters", v->leaves);
	v->leaves = NULL;
	json_set_text(out, "card", file);
	json_set_hash(out, "fingerprint", &v->desk->self->fingerprint);
	visit_reply_json(v, out);
	json_free(out);
}

/* The peers are told; now the card for those to come. */
static void
lodge_card(struct visit *v)
{
	struct error err;

	v->content = v->next_card;
	if (desk_authorise(v, v->content, &err) == -1)
		visit_fail(v, &err);
	else
		visit_call(v, "card-lodge", span_text("{}"), v->content,
		    card_lodged);
}

/* One letter to each peer; each is checked, authorised and lodged by itself. */
static void next_letter(struct visit *v);

static void
letter_lodged(struct visit *v, const struct call_reply *reply,
    const struct error *why)
{
	struct json *leaf = NULL;
	struct error err;

	if (why != NULL) {
		visit_fail(v, why);
		return;
	}
	if (json_read(&leaf, reply->json, CALL_JSON_MAX, E_PROC_MESSAGE,
		&err) == -1) {
		visit_fail(v, &err);
		return;
	}
	json_add_json(v->leaves, leaf);
	v->letters_done++;
	next_letter(v);
}

static void
next_letter(struct visit *v)
{
	struct error err;

	if (v->letters_done == v->letters_n) {
		lodge_card(v);
		return;
	}
	v->content = v->letters[v->letters_done];
	if (desk_authorise(v, v->content, &err) == -1) {
		visit_fail(v, &err);
		return;
	}
	visit_call(v, "lodge", span_text("{}"), v->content, letter_lodged);
}

static int
check_letters(struct visit *v, const struct json_list *list, struct error *err)
{
	v->letters = arena_array(v->arena, list->n, sizeof(*v->letters));
	v->letters_n = list->n;
	for (size_t i = 0; i < list->n; i++) {
		struct span peer, content;
		struct json_reader one;

		if (json_list_object(&one, list, i, err) == -1 ||
		    json_get_text(&peer, &one, "peer", JSON_REQUIRED,
			CARD_PARTY_MAX, err) == -1 ||
		    json_get_text(&content, &one, "content", JSON_REQUIRED,
			RECORD_CONTENT_MAX, err) == -1 ||
		    desk_check_credential(v->desk->self, &v->body, peer,
			content, v->arena, err) == -1)
			return -1;
		v->letters[i] = arena_copy(v->arena, content);
	}
	return 0;
}

static int
check_next_card(struct visit *v, const struct json_reader *in,
    struct error *err)
{
	struct span content;

	if (json_get_text(&content, in, "card", JSON_REQUIRED, CARD_CONTENT_MAX,
		err) == -1 ||
	    desk_check_card(v->desk->self, &v->body, content, v->arena, err) ==
		-1)
		return -1;
	v->next_card = arena_copy(v->arena, content);
	return 0;
}

static void
credential_prepared(struct visit *v, const struct call_reply *reply,
    const struct error *why)
{
	struct json *json = NULL;
	struct json_reader in;
	struct json_list list;
	struct error err;
	int rc = -1;

	if (why != NULL) {
		visit_fail(v, why);
		return;
	}
	if (json_read(&json, reply->json, CALL_JSON_MAX, E_PROC_MESSAGE,
		&err) == 0 &&
	    json_reader_of(&in, json, "", E_PROC_MESSAGE, &err) == 0 &&
	    json_get_list(&list, &in, "letters", JSON_REQUIRED, LETTERS_MAX,
		&err) == 0 &&
	    check_letters(v, &list, &err) == 0)
		rc = check_next_card(v, &in, &err);
	json_free(json);
	if (rc == -1) {
		visit_fail(v, &err);
		return;
	}
	v->leaves = json_array_new();
	next_letter(v);
}

void
desk_credential(struct visit *v)
{
	visit_call(v, "credential", v->raw, span_of(NULL, 0),
	    credential_prepared);
}
