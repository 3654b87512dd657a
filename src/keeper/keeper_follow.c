#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/error.h"
#include "domain/record.h"
#include "formats/record_json.h"
#include "keeper/signer.h"
#include "keeper/state.h"
#include "ledger/tree.h"
#include "seal/certificate.h"
#include "seal/seal.h"

/* The log keys of peers after the one that an operator named. */

/* ${origin} is a log of the same writer to the same reader as ${name}. */
static bool
is_beside(struct origin *out, const struct origin *origin, const char *name)
{
	struct error bad;

	return origin_parse(out, span_text(name), &bad) == 0 &&
	    span_is_equal(out->author, origin->author) &&
	    span_is_equal(out->reader, origin->reader);
}

const uint8_t *
keeper_peer_key(const struct keeper *keeper, const struct state_peer *peer,
    struct span origin)
{
	const uint8_t *key = peer->log;
	struct origin name, other;
	uint64_t newest = 0;
	struct error bad;

	if (origin_parse(&name, origin, &bad) == -1)
		return key;
	for (size_t i = 0; i < keeper->nexts_n; i++) {
		const struct state_next *next = &keeper->nexts[i];

		if (!is_beside(&other, &name, next->origin) ||
		    other.epoch >= name.epoch || other.epoch < newest)
			continue;
		newest = other.epoch;
		key = next->log;
	}
	return key;
}

/* No head of a log after ${origin} was cosigned: its key would change. */
static int
check_unused(const struct keeper *keeper, const struct origin *origin,
    struct error *err)
{
	struct origin other;

	for (size_t i = 0; i < keeper->heads_n; i++)
		if (is_beside(&other, origin, keeper->heads[i].origin) &&
		    other.epoch > origin->epoch)
			return error_set(err, E_KEEPER_EPOCH, "%s was cosigned",
			    keeper->heads[i].origin);
	return 0;
}

/* It stands in the largest head that was cosigned. */
static int
check_stands(const struct keeper *keeper, const struct signer_named *named,
    struct error *err)
{
	const struct state_head *head = state_head(keeper, named->origin);
	struct hash leaf = tree_leaf_hash(named->entry);

	if (head == NULL || named->index >= head->size)
		return error_set(err, E_KEEPER_ORIGIN, "not cosigned so far");
	return tree_check_inclusion(&leaf, named->index, head->size,
	    named->proof, &head->root, err);
}

/* The log key that the credential names. */
static int
read_key(const struct signer_named *named, uint8_t out[32], struct arena *arena,
    struct error *err)
{
	struct certificate *certificate = NULL;
	struct record *record;
	struct sealed sealed;
	struct span key;
	int rc = -1;

	if (certificate_parse(&certificate, named->certificate, err) == -1 ||
	    seal_open(&sealed, named->entry, certificate, arena, err) == -1 ||
	    record_read(&record, sealed.content, arena, err) == -1)
		goto out;
	if (record->kind != KIND_CREDENTIAL ||
	    !span_is_equal(record->log, named->origin) ||
	    record_word(record, MEMBER_CREDENTIAL_USE) != WORD_KEY_USE_LOG ||
	    record_word(record, MEMBER_CREDENTIAL_CHANGE) ==
		WORD_CHANGE_RETIRED ||
	    decode_base64(&key,
		record_fact(record, MEMBER_CREDENTIAL_KEY)->text, arena,
		err) == -1 ||
	    key.len != NOTE_PUBLIC_BYTES) {
		error_set(err, E_KEY, "it names no log key");
		goto out;
	}
	memcpy(out, key.ptr, NOTE_PUBLIC_BYTES);
	rc = 0;
out:
	certificate_free(certificate);
	return rc;
}

/* The next log of the peer would be signed with ${key} already. */
static bool
is_known(const struct keeper *keeper, struct span origin, const uint8_t key[32])
{
	for (size_t i = 0; i < keeper->nexts_n; i++)
		if (span_is_text(origin, keeper->nexts[i].origin))
			return memcmp(keeper->nexts[i].log, key, 32) == 0;
	return false;
}

int
keeper_follow(struct keeper *keeper, const struct signer_named *named,
    struct error *err)
{
	struct arena *arena = arena_new();
	struct origin origin;
	uint8_t key[NOTE_PUBLIC_BYTES];
	int rc = -1;

	if (origin_parse(&origin, named->origin, err) == -1)
		goto out;
	if (!span_is_text(origin.reader, keeper->party) ||
	    state_peer(keeper, origin.author) == NULL) {
		error_set(err, E_KEEPER_ORIGIN, "not a log for us");
		goto out;
	}
	if (check_stands(keeper, named, err) == -1 ||
	    read_key(named, key, arena, err) == -1)
		goto out;
	if (is_known(keeper, named->origin, key)) {
		rc = 0;
		goto out;
	}
	if (check_unused(keeper, &origin, err) == -1)
		goto out;
	if (keeper->nexts_n == KEEPER_HEADS_MAX) {
		error_set(err, E_BUSY, "%zu logs", keeper->nexts_n);
		goto out;
	}
	rc = state_put_next(keeper, named->origin, key, err);
out:
	arena_free(arena);
	return rc;
}
