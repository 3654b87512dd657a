#include "ledger/checkpoint.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/encode.h"
#include "base/error.h"
#include "ledger/line.h"
#include "ledger/note.h"
#include "ledger/tree.h"
#include "seal/ed25519.h"

int
checkpoint_size_parse(uint64_t *out, struct span text, struct error *err)
{
	uint64_t value = 0;

	if (text.len == 0 || (text.len > 1 && text.ptr[0] == '0'))
		return error_set(err, E_SYNTAX, "not a size");
	for (size_t i = 0; i < text.len; i++) {
		unsigned digit = (unsigned)text.ptr[i] - '0';

		if (digit > 9)
			return error_set(err, E_SYNTAX, "not a size");
		if (value > (TREE_SIZE_MAX - digit) / 10)
			return error_set(err, E_SYNTAX, "size above 2^63 - 1");
		value = value * 10 + digit;
	}
	*out = value;
	return 0;
}

int
checkpoint_hash_parse(struct hash *out, struct span text, struct arena *arena,
    struct error *err)
{
	struct span raw;

	if (decode_base64(&raw, text, arena, err) == -1)
		return -1;
	return hash_of(out, raw, err);
}

static int
parse_origin(struct span *out, struct span *rest, struct error *err)
{
	if (!line_next(out, rest) || out->len == 0 || out->len > NOTE_NAME_MAX)
		return error_set(err, E_CHECKPOINT_SYNTAX, "no origin");
	return 0;
}

int
checkpoint_claimed_origin(struct span *out, struct span bytes,
    struct error *err)
{
	struct span origin;

	if (parse_origin(&origin, &bytes, err) == -1)
		return -1;
	*out = origin;
	return 0;
}

int
checkpoint_parse(struct checkpoint *out, struct span text, struct arena *arena,
    struct error *err)
{
	struct checkpoint head = { .size = 0 };
	struct span line;

	if (parse_origin(&head.origin, &text, err) == -1)
		return -1;
	if (!line_next(&line, &text) ||
	    checkpoint_size_parse(&head.size, line, err) == -1)
		return error_set(err, E_CHECKPOINT_SYNTAX, "no good size");
	if (!line_next(&line, &text) ||
	    checkpoint_hash_parse(&head.root, line, arena, err) == -1)
		return error_set(err, E_CHECKPOINT_SYNTAX, "no good root");
	if (text.len > 0)
		return error_set(err, E_CHECKPOINT_EXTENSION, "%zu bytes",
		    text.len);
	*out = head;
	return 0;
}

void
checkpoint_write(struct buf *out, const struct checkpoint *head)
{
	buf_add(out, head->origin);
	buf_printf(out, "\n%ju\n", (uintmax_t)head->size);
	encode_base64(out, hash_span(&head->root));
	buf_text(out, "\n");
}

int
checkpoint_sign(struct buf *out, const struct checkpoint *head,
    const struct ed25519_key *key, struct error *err)
{
	uint8_t public_key[ED25519_PUBLIC_BYTES];
	uint8_t signature[ED25519_SIGNATURE_BYTES];
	struct note_key name;
	struct buf text;
	int rc = -1;

	buf_init(&text, CHECKPOINT_TEXT_MAX);
	checkpoint_write(&text, head);
	if (buf_check(&text, err) == -1)
		goto out;
	if (ed25519_sign(signature, key, buf_span(&text), err) == -1)
		goto out;
	ed25519_public(key, public_key);
	name = note_key_of(NOTE_KEY_LOG, head->origin, public_key);
	buf_add(out, buf_span(&text));
	buf_text(out, "\n");
	note_write_line(out, &name, span_of(signature, sizeof(signature)));
	rc = 0;
out:
	buf_clear(&text);
	return rc;
}

/* The keys as one array, the log's first. */
static const struct note_key *
join_keys(const struct note_key *log, const struct note_key *others, size_t n,
    struct arena *arena)
{
	struct note_key *keys = arena_array(arena, n + 1, sizeof(*keys));

	keys[0] = *log;
	for (size_t i = 0; i < n; i++)
		keys[i + 1] = others[i];
	return keys;
}

int
checkpoint_open(struct checkpoint *out, struct note *note, struct span bytes,
    const struct note_key *log, const struct note_key *others, size_t n,
    struct arena *arena, struct error *err)
{
	struct checkpoint head = { .size = 0 };

	if (note_parse(note, bytes, arena, err) == -1)
		return -1;
	if (checkpoint_parse(&head, note->text, arena, err) == -1)
		return -1;
	if (!span_is_equal(head.origin, log->name))
		return error_set(err, E_CHECKPOINT_ORIGIN, "another origin");
	if (note_check(note, join_keys(log, others, n, arena), n + 1, err) ==
	    -1)
		return -1;
	if (note_line_of(note, log) == NULL)
		return error_set(err, E_NOTE_UNSIGNED, "no line of the log");
	*out = head;
	return 0;
}
