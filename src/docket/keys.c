#include <stdlib.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/error.h"
#include "base/mem.h"
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
	keys->seals = NULL;
	keys->seals_n = 0;
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

const struct certificate *
keys_seal_at(const struct docket_keys *keys, uint64_t index)
{
	const struct certificate *at = NULL;

	for (size_t i = 0; i < keys->seals_n; i++)
		if (keys->seals[i].from <= index)
			at = keys->seals[i].certificate;
	return at;
}

/* A credential that names a new seal certificate acts from the next entry. */
int
keys_add_seal(struct docket_keys *keys, uint64_t index,
    const struct record *credential, struct error *err)
{
	const struct fact *text =
	    record_fact(credential, MEMBER_CREDENTIAL_CERTIFICATE);
	struct certificate *certificate = NULL;
	struct arena *arena = NULL;
	struct span der;
	int rc = -1;

	/* A retired one is named to be known, and no more. */
	if (record_word(credential, MEMBER_CREDENTIAL_USE) !=
		WORD_KEY_USE_SEAL ||
	    record_word(credential, MEMBER_CREDENTIAL_CHANGE) ==
		WORD_CHANGE_RETIRED ||
	    !text->is_given)
		return 0;
	arena = arena_new();
	if (decode_base64(&der, text->text, arena, err) == -1 ||
	    certificate_parse(&certificate, der, err) == -1)
		goto out;
	push_seal(keys, index + 1, certificate);
	rc = 0;
out:
	arena_free(arena);
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
	return keys_add_seal(load->keys, entry->index, record, err);
}

/* The keys follow from the card and the credential records of the log. */
static int
keys_load(struct docket *docket, const struct log_row *log,
    struct docket_keys *keys, struct error *err)
{
	const struct card *peer = docket_peer(docket, log->peer);
	const struct card *writer = log->is_own ? docket->self : peer;
	const struct card *mirror = log->is_own ? peer : docket->self;
	struct load load = { keys, NULL };
	struct certificate *certificate;
	struct span origin;
	int rc;

	if (peer == NULL)
		return error_set(err, E_STORE_CORRUPT, "a log without peer");
	origin = arena_copy(docket->arena, log->origin);
	keys->log = log->id;
	keys->writer = note_key_of(NOTE_KEY_LOG, origin, writer->log);
	keys->mirror = note_key_of(NOTE_KEY_COSIGNER,
	    span_text(arena_printf(docket->arena, "%.*s/mirror",
		(int)mirror->party.len, (const char *)mirror->party.ptr)),
	    mirror->mirror_key);
	if (certificate_parse(&certificate, writer->seal, err) == -1)
		return -1;
	push_seal(keys, 0, certificate);
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
