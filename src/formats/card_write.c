#include "base/arena.h"
#include "base/buf.h"
#include "base/encode.h"
#include "base/error.h"
#include "formats/card.h"
#include "formats/json.h"

static struct json *
endpoints_json(const struct card *card)
{
	struct json *list = json_array_new();

	for (unsigned i = 0; i < card->endpoints_n; i++)
		json_add_text(list, card->endpoints[i]);
	return list;
}

static struct json *
anchors_json(const struct card *card)
{
	struct arena *arena = arena_new();
	struct json *list = json_array_new();

	for (unsigned i = 0; i < card->anchors_n; i++)
		json_add_word(list,
		    encode_base64_text(arena, card->anchors[i]));
	arena_free(arena);
	return list;
}

static struct json *
pins_json(const struct card *card)
{
	struct json *list = json_array_new();

	for (unsigned i = 0; i < card->tls_n; i++)
		json_add_hash(list, &card->tls[i]);
	return list;
}

static struct json *
card_json(const struct card *card)
{
	struct json *json = json_object_new();

	json_set_integer(json, "v", CARD_VERSION);
	json_set_text(json, "party", card->party);
	json_set_text(json, "country", card->country);
	json_set_json(json, "endpoints", endpoints_json(card));
	json_set_base64(json, "log", span_of(card->log, CARD_KEY_BYTES));
	json_set_text(json, "mirror", card->mirror);
	json_set_base64(json, "seal", card->seal);
	if (card->anchors_n > 0)
		json_set_json(json, "anchors", anchors_json(card));
	json_set_base64(json, "encryption", card->encryption);
	json_set_json(json, "tls", pins_json(card));
	json_set_word(json, "mirror-statement", CARD_MIRROR_STATEMENT);
	json_set_flag(json, "exercise", card->is_exercise);
	json_set_instant(json, "at", card->at);
	return json;
}

void
card_put_key(struct card *card, enum word use, struct span bytes)
{
	if (use == WORD_KEY_USE_MIRROR) {
		card->mirror = bytes;
	} else if (use == WORD_KEY_USE_ENCRYPTION) {
		card->encryption = bytes;
	} else if (use == WORD_KEY_USE_SEAL) {
		card->seal = bytes;
		card->anchors_n = 0; /* a new one is self-signed */
	}
}

struct span
card_key_bytes(const struct card *card, enum word use)
{
	if (use == WORD_KEY_USE_MIRROR)
		return card->mirror;
	if (use == WORD_KEY_USE_ENCRYPTION)
		return card->encryption;
	return card->seal;
}

void
card_put_pin(struct card *card, const struct hash *pin, bool is_alone)
{
	struct hash newest = card->tls[card->tls_n - 1];

	if (is_alone) {
		card->tls[0] = *pin;
		card->tls_n = 1;
	} else if (!hash_is_equal(&newest, pin)) {
		card->tls[0] = newest;
		card->tls[1] = *pin;
		card->tls_n = 2;
	}
}

int
card_write(struct buf *out, const struct card *card, struct error *err)
{
	struct arena *arena = NULL;
	struct json *json = NULL;
	struct card *again;
	struct buf content;
	int rc = -1;

	buf_init(&content, CARD_CONTENT_MAX);
	if (card->endpoints_n > CARD_ENDPOINTS_MAX ||
	    card->anchors_n > CARD_ANCHORS_MAX || card->tls_n > CARD_TLS_MAX) {
		error_set(err, E_CARD, "too many of something");
		goto out;
	}
	json = card_json(card);
	json_write(&content, json);
	if (content.is_over) {
		error_set(err, E_CARD, "more than %zu bytes", CARD_CONTENT_MAX);
		goto out;
	}
	/* what goes out must come in */
	arena = arena_new();
	if (card_read(&again, buf_span(&content), arena, err) == -1)
		goto out;
	buf_add(out, buf_span(&content));
	rc = buf_check(out, err);
out:
	arena_free(arena);
	json_free(json);
	buf_clear(&content);
	return rc;
}
