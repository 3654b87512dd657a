#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "ledger/cosignature.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/fuzzlog.h"
#include "tests/support/identities.h"

/*
 * A checkpoint, as it comes and, behind the signature, with its text signed
 * by the log's own key: what opens is the text's only form.
 */

static bool reached;

static struct note_key
witness_key(void)
{
	return note_key_of(NOTE_KEY_COSIGNER, span_text("cert.east.example/w"),
	    identity_of(IDENTITY_EAST)->witness_public);
}

static bool
judge(struct span bytes, struct arena *arena)
{
	struct note_key log = fuzzlog_key(), other = witness_key();
	struct checkpoint head;
	struct error err;
	struct note note;
	struct buf buf;

	if (checkpoint_open(&head, &note, bytes, &log, &other, 1, arena,
		&err) == -1) {
		fuzz_must(error_fault(err.code) == FAULT_PEER);
		return false;
	}
	fuzz_must(note_line_of(&note, &log) != NULL);
	fuzz_must(span_is_equal(head.origin, log.name));
	fuzz_must(head.size <= TREE_SIZE_MAX);
	buf_init(&buf, CHECKPOINT_TEXT_MAX);
	checkpoint_write(&buf, &head);
	fuzz_must(span_is_equal(buf_span(&buf), note.text));
	buf_clear(&buf);
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span bytes = span_of(data, size);
	struct arena *arena = arena_new();
	struct buf buf;

	fuzz_begin();
	judge(bytes, arena);
	buf_init(&buf, 2 * NOTE_SIZE_MAX);
	fuzzlog_sign_again(&buf, bytes);
	reached = judge(buf_span(&buf), arena);
	buf_clear(&buf);
	arena_free(arena);
	return 0;
}

bool
fuzz_seed(unsigned n, struct buf *out)
{
	struct checkpoint head = fuzzlog_head(n == 0 ? 0 : 300);
	struct note_key witness;
	struct error err;
	struct buf text;

	if (n > 2)
		return false;
	fuzz_begin();
	fuzz_done(checkpoint_sign(out, &head, identity_of(IDENTITY_SOUTH)->log,
		      &err),
	    &err);
	if (n < 2)
		return true;
	witness = witness_key();
	buf_init(&text, CHECKPOINT_TEXT_MAX);
	checkpoint_write(&text, &head);
	fuzz_done(cosignature_sign(out, &witness,
		      identity_of(IDENTITY_EAST)->witness, buf_span(&text),
		      fuzz_now(), &err),
	    &err);
	buf_clear(&text);
	return true;
}

bool
fuzz_reached(void)
{
	return reached;
}
