#include "ledger/cosignature.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "base/error.h"
#include "ledger/note.h"
#include "seal/ed25519.h"

/* The lines before the checkpoint's text, in bytes */
#define PREFIX_MAX ((size_t)64)

void
cosignature_message(struct buf *out, struct span text, struct instant at)
{
	buf_printf(out, "cosignature/v1\ntime %jd\n", (intmax_t)at.s);
	buf_add(out, text);
}

int
cosignature_sign(struct buf *out, const struct note_key *name,
    const struct ed25519_key *secret, struct span text, struct instant at,
    struct error *err)
{
	uint8_t signature[ED25519_SIGNATURE_BYTES];
	struct buf message, timed;
	int rc = -1;

	buf_init(&message, NOTE_SIZE_MAX + PREFIX_MAX);
	buf_init(&timed, COSIGNATURE_BYTES);
	if (at.s < 0) {
		error_set(err, E_RANGE, "a time before 1970");
		goto out;
	}
	cosignature_message(&message, text, at);
	if (buf_check(&message, err) == -1)
		goto out;
	if (ed25519_sign(signature, secret, buf_span(&message), err) == -1)
		goto out;
	buf_u64(&timed, (uint64_t)at.s);
	buf_add(&timed, span_of(signature, sizeof(signature)));
	note_write_line(out, name, buf_span(&timed));
	rc = 0;
out:
	buf_clear(&message);
	buf_clear(&timed);
	return rc;
}

int
cosignature_check(struct instant *at, const struct note_key *key,
    struct span text, struct span signature, struct error *err)
{
	struct cursor cursor = cursor_of(signature);
	struct instant time;
	struct buf message;
	uint64_t s;
	int rc = -1;

	buf_init(&message, NOTE_SIZE_MAX + PREFIX_MAX);
	s = cursor_u64(&cursor);
	if (signature.len != COSIGNATURE_BYTES || s > INSTANT_S_MAX) {
		error_set(err, E_NOTE_SIGNATURE, "no good time or length");
		goto out;
	}
	time = instant_of((int64_t)s);
	cosignature_message(&message, text, time);
	if (buf_check(&message, err) == -1)
		goto out;
	if (ed25519_verify(key->public_key, buf_span(&message), cursor.rest.ptr,
		err) == -1)
		goto out;
	*at = time;
	rc = 0;
out:
	buf_clear(&message);
	return rc;
}
