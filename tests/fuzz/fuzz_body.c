#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "formats/body.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/samples.h"

/*
 * The body document: what is understood of a peer's stays within its limits,
 * and what we would write of it is understood without a fault.
 */

static bool reached;

static void
judge(const struct body *body, struct arena *arena)
{
	struct body *again;
	struct error err;
	struct buf buf;

	fuzz_must(body->subject.len <= BODY_SUBJECT_MAX);
	fuzz_must(body->text.len <= BODY_TEXT_MAX);
	fuzz_must(body->translations_n <= BODY_TRANSLATIONS_MAX);
	fuzz_must(body->evidence_n <= BODY_EVIDENCE_MAX);
	buf_init(&buf, BODY_CONTENT_MAX);
	if (body_write(&buf, body, &err) == -1) {
		/* No subject, say: ours have one. */
		fuzz_must(err.code == E_DRAFT || err.code == E_TOO_LARGE);
	} else {
		fuzz_done(body_read(&again, buf_span(&buf), arena, &err), &err);
		fuzz_must(!again->has_faults);
		fuzz_must(span_is_equal(again->subject, body->subject));
		fuzz_must(span_is_equal(again->text, body->text));
		fuzz_must(again->evidence_n == body->evidence_n);
		reached = !body->has_faults;
	}
	buf_clear(&buf);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct error err;
	struct body *body;

	reached = false;
	if (body_read(&body, span_of(data, size), arena, &err) == 0)
		judge(body, arena);
	arena_free(arena);
	return 0;
}

bool
fuzz_seed(unsigned n, struct buf *out)
{
	struct arena *arena;

	if (n > 1)
		return false;
	if (n == 1) {
		buf_text(out, "{\"subject\":\"x\",\"v\":1}");
		return true;
	}
	arena = arena_new();
	buf_add(out, samples_body(arena));
	arena_free(arena);
	return true;
}

bool
fuzz_reached(void)
{
	return reached;
}
