#include <string.h>

#include "base/buf.h"
#include "base/cursor.h"
#include "base/error.h"
#include "node/keeper_wire.h"

static int
refuse(struct error *err, const char *what)
{
	return error_set(err, E_PROC_MESSAGE, "%s", what);
}

static int
end(const struct cursor *cursor, struct error *err)
{
	return cursor_end(cursor, err) == -1 ?
	    refuse(err, "bytes missing or left over") :
	    0;
}

static void
write_text(struct buf *out, struct span text)
{
	buf_u16(out, (uint16_t)text.len);
	buf_add(out, text);
}

static struct span
take_text(struct cursor *cursor)
{
	return cursor_bytes(cursor, cursor_u16(cursor));
}

static struct span
take_rest(struct cursor *cursor)
{
	return cursor_bytes(cursor, cursor->rest.len);
}

static void
take_bytes(struct cursor *cursor, uint8_t out[32])
{
	struct span bytes = cursor_bytes(cursor, 32);

	if (bytes.len == 32)
		memcpy(out, bytes.ptr, 32);
}

static int
take_instant(struct instant *out, struct cursor *cursor, struct error *err)
{
	uint64_t s = cursor_u64(cursor);

	if (s > INSTANT_S_MAX)
		return refuse(err, "no year of ours");
	*out = instant_of((int64_t)s);
	return 0;
}

static int
take_use(enum keeper_use *out, struct cursor *cursor, struct error *err)
{
	unsigned use = cursor_u8(cursor);

	if (use >= KEEPER_USE_COUNT)
		return refuse(err, "no such use of a key");
	*out = (enum keeper_use)use;
	return 0;
}

static int
take_flag(bool *out, struct cursor *cursor, struct error *err)
{
	unsigned flag = cursor_u8(cursor);

	if (flag > 1)
		return refuse(err, "neither 0 nor 1");
	*out = flag == 1;
	return 0;
}

static void
write_proof(struct buf *out, const struct proof *proof)
{
	buf_u8(out, (uint8_t)proof->n);
	for (size_t i = 0; i < proof->n; i++)
		buf_add(out, hash_span(&proof->hashes[i]));
}

static int
take_proof(struct proof *out, struct cursor *cursor, struct error *err)
{
	out->n = cursor_u8(cursor);
	if (out->n > TREE_PROOF_MAX)
		return refuse(err, "a proof of too many hashes");
	for (size_t i = 0; i < out->n; i++)
		take_bytes(cursor, out->hashes[i].bytes);
	return 0;
}

void
wire_seal_write(struct buf *out, const struct wire_seal *seal)
{
	buf_u8(out, (uint8_t)seal->what);
	if (seal->what == WIRE_RECORD)
		buf_u8(out, seal->has_certificate);
	if (seal->what == WIRE_RECORD && seal->has_certificate)
		buf_add(out, hash_span(&seal->certificate));
	buf_add(out, seal->content);
}

int
wire_seal_parse(struct wire_seal *out, struct span in, struct error *err)
{
	struct cursor cursor = cursor_of(in);
	bool is_card = false;

	if (take_flag(&is_card, &cursor, err) == -1)
		return -1;
	out->what = is_card ? WIRE_CARD : WIRE_RECORD;
	if (!is_card && take_flag(&out->has_certificate, &cursor, err) == -1)
		return -1;
	if (!is_card && out->has_certificate)
		take_bytes(&cursor, out->certificate.bytes);
	out->content = take_rest(&cursor);
	return end(&cursor, err);
}

void
wire_head_write(struct buf *out, const struct wire_head *head)
{
	write_text(out, head->head.origin);
	buf_u64(out, head->head.size);
	buf_add(out, hash_span(&head->head.root));
	buf_u8(out, head->has_key);
	if (head->has_key)
		buf_add(out, span_of(head->key, sizeof(head->key)));
	write_proof(out, &head->proof);
}

int
wire_head_parse(struct wire_head *out, struct span in, struct error *err)
{
	struct cursor cursor = cursor_of(in);

	out->head.origin = take_text(&cursor);
	out->head.size = cursor_u64(&cursor);
	take_bytes(&cursor, out->head.root.bytes);
	if (take_flag(&out->has_key, &cursor, err) == -1)
		return -1;
	if (out->has_key)
		take_bytes(&cursor, out->key);
	if (take_proof(&out->proof, &cursor, err) == -1)
		return -1;
	return end(&cursor, err);
}

void
wire_cosign_write(struct buf *out, const struct wire_cosign *cosign)
{
	buf_u8(out, cosign->has_mirror);
	if (cosign->has_mirror)
		buf_add(out, span_of(cosign->mirror, sizeof(cosign->mirror)));
	write_proof(out, &cosign->proof);
	buf_add(out, cosign->note);
}

int
wire_cosign_parse(struct wire_cosign *out, struct span in, struct error *err)
{
	struct cursor cursor = cursor_of(in);

	if (take_flag(&out->has_mirror, &cursor, err) == -1)
		return -1;
	if (out->has_mirror)
		take_bytes(&cursor, out->mirror);
	if (take_proof(&out->proof, &cursor, err) == -1)
		return -1;
	out->note = take_rest(&cursor);
	return end(&cursor, err);
}

void
wire_cosigned_write(struct buf *out, const struct wire_cosigned *signed_)
{
	buf_u64(out, (uint64_t)signed_->at.s);
	buf_add(out, signed_->line);
}

int
wire_cosigned_parse(struct wire_cosigned *out, struct span in,
    struct error *err)
{
	struct cursor cursor = cursor_of(in);

	if (take_instant(&out->at, &cursor, err) == -1)
		return -1;
	out->line = take_rest(&cursor);
	return end(&cursor, err);
}

void
wire_keys_write(struct buf *out, const struct wire_keys *keys)
{
	buf_u8(out, keys->is_last);
	buf_add(out, keys->origin);
}

int
wire_keys_parse(struct wire_keys *out, struct span in, struct error *err)
{
	struct cursor cursor = cursor_of(in);

	if (take_flag(&out->is_last, &cursor, err) == -1)
		return -1;
	out->origin = out->is_last ? take_rest(&cursor) : span_of(NULL, 0);
	return end(&cursor, err);
}

void
wire_last_write(struct buf *out, const struct wire_last *last)
{
	buf_u64(out, last->size);
	buf_add(out, hash_span(&last->root));
}

int
wire_last_parse(struct wire_last *out, struct span in, struct error *err)
{
	struct cursor cursor = cursor_of(in);

	out->size = cursor_u64(&cursor);
	take_bytes(&cursor, out->root.bytes);
	if (out->size > TREE_SIZE_MAX)
		return refuse(err, "a size above all sizes");
	return end(&cursor, err);
}

void
wire_public_write(struct buf *out, const struct keeper_public *keys)
{
	write_text(out, keys->party);
	write_text(out, keys->country);
	buf_u8(out, keys->is_exercise);
	buf_add(out, span_of(keys->log, sizeof(keys->log)));
	buf_u8(out, (uint8_t)keys->n);
	for (size_t i = 0; i < keys->n; i++) {
		const struct keeper_key_public *key = &keys->keys[i];

		buf_u8(out, (uint8_t)key->use);
		buf_u32(out, key->number);
		buf_u64(out, (uint64_t)key->made.s);
		buf_u8(out, key->is_current);
		write_text(out, key->bytes);
	}
}

static int
take_key(struct keeper_key_public *out, struct cursor *cursor,
    struct error *err)
{
	if (take_use(&out->use, cursor, err) == -1)
		return -1;
	out->number = cursor_u32(cursor);
	if (take_instant(&out->made, cursor, err) == -1 ||
	    take_flag(&out->is_current, cursor, err) == -1)
		return -1;
	out->bytes = take_text(cursor);
	return 0;
}

int
wire_public_parse(struct keeper_public *out, struct span in, struct error *err)
{
	struct cursor cursor = cursor_of(in);

	out->party = take_text(&cursor);
	out->country = take_text(&cursor);
	if (take_flag(&out->is_exercise, &cursor, err) == -1)
		return -1;
	take_bytes(&cursor, out->log);
	out->n = cursor_u8(&cursor);
	if (out->n > KEEPER_KEYS_MAX)
		return refuse(err, "too many keys");
	for (size_t i = 0; i < out->n; i++)
		if (take_key(&out->keys[i], &cursor, err) == -1)
			return -1;
	return end(&cursor, err);
}

void
wire_follow_write(struct buf *out, const struct wire_follow *follow)
{
	write_text(out, follow->origin);
	buf_u64(out, follow->index);
	write_text(out, follow->certificate);
	write_proof(out, &follow->proof);
	buf_add(out, follow->entry);
}

int
wire_follow_parse(struct wire_follow *out, struct span in, struct error *err)
{
	struct cursor cursor = cursor_of(in);

	out->origin = take_text(&cursor);
	out->index = cursor_u64(&cursor);
	out->certificate = take_text(&cursor);
	if (take_proof(&out->proof, &cursor, err) == -1)
		return -1;
	out->entry = take_rest(&cursor);
	if (out->index >= TREE_SIZE_MAX)
		return refuse(err, "an index above all sizes");
	return end(&cursor, err);
}

void
wire_renew_write(struct buf *out, const struct wire_renew *renew)
{
	buf_u8(out, (uint8_t)renew->use);
	buf_u64(out, (uint64_t)renew->not_after.s);
}

int
wire_renew_parse(struct wire_renew *out, struct span in, struct error *err)
{
	struct cursor cursor = cursor_of(in);

	if (take_use(&out->use, &cursor, err) == -1 ||
	    take_instant(&out->not_after, &cursor, err) == -1)
		return -1;
	return end(&cursor, err);
}

void
wire_renewed_write(struct buf *out, unsigned number)
{
	buf_u32(out, number);
}

int
wire_renewed_parse(unsigned *out, struct span in, struct error *err)
{
	struct cursor cursor = cursor_of(in);

	*out = cursor_u32(&cursor);
	return end(&cursor, err);
}

void
wire_authorise_write(struct buf *out, const struct wire_authorise *word)
{
	buf_u8(out, word->is_clock);
	if (!word->is_clock)
		buf_add(out, hash_span(&word->digest));
}

int
wire_authorise_parse(struct wire_authorise *out, struct span in,
    struct error *err)
{
	struct cursor cursor = cursor_of(in);

	if (take_flag(&out->is_clock, &cursor, err) == -1)
		return -1;
	if (!out->is_clock)
		take_bytes(&cursor, out->digest.bytes);
	return end(&cursor, err);
}

void
wire_pin_write(struct buf *out, const struct wire_pin *pin)
{
	write_text(out, pin->peer);
	buf_add(out, span_of(pin->log, sizeof(pin->log)));
	buf_add(out, hash_span(&pin->card));
}

int
wire_pin_parse(struct wire_pin *out, struct span in, struct error *err)
{
	struct cursor cursor = cursor_of(in);

	out->peer = take_text(&cursor);
	take_bytes(&cursor, out->log);
	take_bytes(&cursor, out->card.bytes);
	return end(&cursor, err);
}
