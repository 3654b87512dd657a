#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/encode.h"
#include "base/error.h"
#include "keeper/state.h"
#include "ledger/checkpoint.h"

/* A journal being written anew. */
struct copy {
	struct buf *out;
	struct journal_chain *chain;
};

/* What a hash is in base64, and its NUL. */
#define BASE64_HASH_MAX ((size_t)45)

static const char *
write_base64(char out[BASE64_HASH_MAX], const uint8_t bytes[32])
{
	struct buf text;

	buf_init(&text, BASE64_HASH_MAX);
	encode_base64(&text, span_of(bytes, 32));
	snprintf(out, BASE64_HASH_MAX, "%.*s", (int)text.len,
	    (const char *)text.ptr);
	buf_clear(&text);
	return out;
}

static void copy_line(const struct copy *copy, const char *fmt, ...)
    PRINTF(2, 3);

static void
copy_line(const struct copy *copy, const char *fmt, ...)
{
	char text[JOURNAL_LINE_MAX];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	journal_write(copy->out, copy->chain, span_of(text, (size_t)len));
}

static void
copy_keys(const struct copy *copy, const struct keeper *keeper)
{
	char at[INSTANT_TEXT_MAX];

	for (size_t i = 0; i < keeper->keys_n; i++) {
		const struct state_key *key = &keeper->keys[i];

		copy_line(copy, "key %s %u %s", keeper_use_name(key->use),
		    key->number, instant_write(key->made, at));
	}
	for (size_t i = 0; i < keeper->uses_n; i++) {
		const struct state_use *use = &keeper->uses[i];

		copy_line(copy, "use %s %s %u %u", use->name,
		    keeper_use_name(use->use), use->number, use->previous);
		if (use->named != 0)
			copy_line(copy, "named %s %s %u", use->name,
			    keeper_use_name(use->use), use->named);
	}
}

static void
copy_heads(const struct copy *copy, const struct keeper *keeper)
{
	char base64[BASE64_HASH_MAX], at[INSTANT_TEXT_MAX];

	for (size_t i = 0; i < keeper->heads_n; i++) {
		const struct state_head *head = &keeper->heads[i];

		write_base64(base64, head->root.bytes);
		instant_write(head->at, at);
		if (head->key == 0)
			copy_line(copy, "head %s %" PRIu64 " %s %s",
			    head->origin, head->size, base64, at);
		else
			copy_line(copy, "began %s %" PRIu64 " %s %s %u",
			    head->origin, head->size, base64, at, head->key);
	}
	for (size_t i = 0; i < keeper->nexts_n; i++)
		copy_line(copy, "next %s %s", keeper->nexts[i].origin,
		    write_base64(base64, keeper->nexts[i].log));
	if (keeper->has_last)
		copy_line(copy, "clock %s", instant_write(keeper->last, at));
}

/* The fewest lines that make this state; chain is where they end. */
static void
write_copy(struct buf *out, struct journal_chain *chain,
    const struct keeper *keeper)
{
	struct copy copy = { out, chain };
	char base64[BASE64_HASH_MAX], hex[HASH_TEXT_MAX], at[INSTANT_TEXT_MAX];

	*chain = (struct journal_chain){ 0 };
	copy_line(&copy, "keeper %s %s %s", keeper->party, keeper->country,
	    keeper->is_exercise ? "exercise" : "real");
	copy_keys(&copy, keeper);
	if (keeper->is_carded)
		copy_line(&copy, "card %s %s", hash_write(&keeper->card, hex),
		    instant_write(keeper->carded, at));
	for (size_t i = 0; i < keeper->peers_n; i++) {
		const struct state_peer *peer = &keeper->peers[i];

		copy_line(&copy, "pin %s %s %s", peer->name,
		    write_base64(base64, peer->log),
		    hash_write(&peer->card, hex));
	}
	copy_heads(&copy, keeper);
}

static bool
has_to_copy(const struct keeper *keeper)
{
	size_t limit = keeper->ops.compact;

	if (limit == 0)
		limit = KEEPER_JOURNAL_COMPACT;
	return keeper->is_torn || keeper->journal_size > limit;
}

/* Make the line ${text} durable, by itself or in a new journal. */
static int
keep_line(struct keeper *keeper, struct span text, struct error *err)
{
	const struct keeper_ops *ops = &keeper->ops;
	struct journal_chain chain = keeper->chain;
	bool is_copy = has_to_copy(keeper);
	struct buf bytes;
	int rc = -1;

	buf_init(&bytes, JOURNAL_SIZE_MAX);
	if (is_copy)
		write_copy(&bytes, &chain, keeper);
	journal_write(&bytes, &chain, text);
	if (buf_check(&bytes, err) == -1)
		goto out;
	/* Should it fail we do not know what is there. */
	keeper->is_torn = true;
	if (is_copy)
		rc = ops->replace(ops->ctx, buf_span(&bytes), err);
	else
		rc = ops->append(ops->ctx, buf_span(&bytes), err);
	if (rc == -1)
		goto out;
	keeper->is_torn = false;
	keeper->chain = chain;
	keeper->journal_size =
	    is_copy ? bytes.len : keeper->journal_size + bytes.len;
out:
	buf_clear(&bytes);
	return rc;
}

int
state_put(struct keeper *keeper, struct error *err, const char *fmt, ...)
{
	char text[JOURNAL_LINE_MAX];
	struct journal_line line;
	struct span bytes;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (len < 0 || (size_t)len >= JOURNAL_LINE_MAX - 32)
		return error_set(err, E_KEEPER_JOURNAL, "a line of %d bytes",
		    len);
	bytes = span_of(text, (size_t)len);
	if (journal_split(&line, bytes, err) == -1 ||
	    state_try(keeper, &line, err) == -1 ||
	    keep_line(keeper, bytes, err) == -1)
		return -1;
	return state_apply(keeper, &line, err);
}

int
state_put_head(struct keeper *keeper, const struct checkpoint *head,
    unsigned key, struct instant at, struct error *err)
{
	char base64[BASE64_HASH_MAX], when[INSTANT_TEXT_MAX];

	write_base64(base64, head->root.bytes);
	instant_write(at, when);
	if (key == 0)
		return state_put(keeper, err, "head %.*s %" PRIu64 " %s %s",
		    (int)head->origin.len, (const char *)head->origin.ptr,
		    head->size, base64, when);
	return state_put(keeper, err, "began %.*s %" PRIu64 " %s %s %u",
	    (int)head->origin.len, (const char *)head->origin.ptr, head->size,
	    base64, when, key);
}

int
state_put_next(struct keeper *keeper, struct span origin, const uint8_t log[32],
    struct error *err)
{
	char base64[BASE64_HASH_MAX];

	return state_put(keeper, err, "next %.*s %s", (int)origin.len,
	    (const char *)origin.ptr, write_base64(base64, log));
}

int
state_put_pin(struct keeper *keeper, struct span peer, const uint8_t log[32],
    const struct hash *card, struct error *err)
{
	char base64[BASE64_HASH_MAX], hex[HASH_TEXT_MAX];

	return state_put(keeper, err, "pin %.*s %s %s", (int)peer.len,
	    (const char *)peer.ptr, write_base64(base64, log),
	    hash_write(card, hex));
}
