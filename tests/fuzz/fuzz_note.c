#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "ledger/checkpoint.h"
#include "ledger/cosignature.h"
#include "ledger/note.h"
#include "seal/digest.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/identities.h"
#include "tests/support/samples.h"

/*
 * A note and a verifier key: a note is its text and its lines, nothing else;
 * a line that verifies is the seeds' own; what is passed on verifies again.
 */

static bool reached;

static struct note_key
log_key(void)
{
	return note_key_of(NOTE_KEY_LOG, span_text(SAMPLES_NORTH),
	    identity_of(IDENTITY_NORTH)->log_public);
}

static struct note_key
mirror_key(void)
{
	return note_key_of(NOTE_KEY_COSIGNER,
	    span_text("cert.south.example/mirror"),
	    identity_of(IDENTITY_SOUTH)->mirror_public);
}

static struct checkpoint
seed_head(void)
{
	return (struct checkpoint){ span_text(SAMPLES_NORTH), 7,
		digest_of(span_text("root")) };
}

static void
judge_vkey(struct span text, struct arena *arena)
{
	struct note_key key;
	struct error err;
	struct buf buf;

	if (note_key_parse(&key, text, arena, &err) == -1)
		return;
	buf_init(&buf, NOTE_VKEY_MAX);
	note_key_write(&buf, &key);
	fuzz_must(span_is_equal(buf_span(&buf), text));
	fuzz_done(note_name_check(key.name, &err), &err);
	buf_clear(&buf);
	reached = true;
}

/* The note is exactly what its parts make. */
static void
judge_parts(const struct note *note, struct span bytes)
{
	struct buf buf;

	fuzz_must(bytes.len <= NOTE_SIZE_MAX);
	fuzz_must(note->n >= 1 && note->n <= NOTE_LINES_MAX);
	buf_init(&buf, NOTE_SIZE_MAX);
	buf_add(&buf, note->text);
	buf_text(&buf, "\n");
	for (size_t i = 0; i < note->n; i++)
		buf_add(&buf, note->lines[i].text);
	fuzz_must(span_is_equal(buf_span(&buf), bytes));
	buf_clear(&buf);
}

static void
judge_signed(struct span bytes, struct arena *arena)
{
	struct note_key keys[] = { log_key(), mirror_key() };
	struct checkpoint head = seed_head();
	struct note note, again;
	struct error err;
	struct buf buf;

	if (note_open(&note, bytes, keys, 2, arena, &err) == -1) {
		fuzz_must(err.code == E_NOTE_SIGNATURE ||
		    err.code == E_NOTE_UNSIGNED);
		return;
	}
	buf_init(&buf, NOTE_SIZE_MAX);
	checkpoint_write(&buf, &head);
	fuzz_must(span_is_equal(note.text, buf_span(&buf)));
	buf_drop(&buf, buf.len);
	note_write_subset(&buf, &note, keys, 2);
	fuzz_done(note_open(&again, buf_span(&buf), keys, 2, arena, &err),
	    &err);
	fuzz_must(again.n <= note.n && again.n <= 2);
	for (size_t i = 0; i < again.n; i++)
		fuzz_must(again.lines[i].key != NULL);
	buf_clear(&buf);
	reached = true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span bytes = span_of(data, size);
	struct arena *arena = arena_new();
	struct error err;
	struct note note;

	reached = false;
	fuzz_begin();
	judge_vkey(bytes, arena);
	if (note_parse(&note, bytes, arena, &err) == 0) {
		judge_parts(&note, bytes);
		judge_signed(bytes, arena);
	} else {
		fuzz_must(error_fault(err.code) == FAULT_PEER);
	}
	arena_free(arena);
	return 0;
}

bool
fuzz_seed(unsigned n, struct buf *out)
{
	struct checkpoint head = seed_head();
	struct note_key key;
	struct error err;
	struct buf text;

	if (n > 2)
		return false;
	fuzz_begin();
	if (n == 2) {
		key = mirror_key();
		note_key_write(out, &key);
		return true;
	}
	fuzz_done(checkpoint_sign(out, &head, identity_of(IDENTITY_NORTH)->log,
		      &err),
	    &err);
	if (n == 0)
		return true;
	key = mirror_key();
	buf_init(&text, NOTE_SIZE_MAX);
	checkpoint_write(&text, &head);
	fuzz_done(cosignature_sign(out, &key,
		      identity_of(IDENTITY_SOUTH)->mirror, buf_span(&text),
		      fuzz_now(), &err),
	    &err);
	buf_clear(&text);
	buf_text(out, "\xe2\x80\x94 other.example AAAAAAAA\n");
	return true;
}

bool
fuzz_reached(void)
{
	return reached;
}
