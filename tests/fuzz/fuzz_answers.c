#include "base/arena.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "base/error.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/twonodes.h"

/*
 * What a peer answers.  Each answer is the true one with parts put in its
 * place: a byte that says which, and those parts.
 *
 * No nonsense makes the sender fail, and once the peer answers truly again
 * all is delivered, once.
 */

#define ANSWERS_MAX 12

/* Bits of the first byte */
#define NO_ANSWER 1 /* and the peer never saw the request */
#define STATUS 2
#define BODY 4
#define MISSING 8
#define OFFSET 16
#define TYPE 32
#define IS_COMPLETE 64
#define FAILURE 128 /* the peer saw it; its answer was lost */

static bool reached;

static void
change(struct job_answer *answer, uint8_t bits, struct cursor *in)
{
	static const char *const types[] = { "text/x.tlog.size",
		"text/x.tlog.mirror-info", "text/plain; charset=utf-8",
		"application/problem+json" };

	if (bits & STATUS)
		answer->status = cursor_u16(in) % 1000;
	if (bits & TYPE)
		answer->type = span_text(types[cursor_u8(in) % 4]);
	if (bits & BODY)
		answer->body = cursor_bytes(in, cursor_u16(in));
	if (bits & MISSING)
		answer->missing = cursor_bytes(in, cursor_u8(in));
	if (bits & OFFSET) {
		answer->has_offset = true;
		answer->offset = cursor_u64(in);
	}
	if (bits & IS_COMPLETE)
		answer->is_complete = !answer->is_complete;
}

static void
exchange(struct two *two, struct cursor *in)
{
	struct two_node *north = &two->nodes[TWO_NORTH];
	struct two_node *south = &two->nodes[TWO_SOUTH];
	uint8_t bits = cursor_u8(in);
	struct arena *arena = arena_new();
	struct job_answer answer = { .failure = E_PROC_TIMEOUT,
		.detail = span_text("no answer") };
	struct job job;

	if (two_job(south, north, &job, arena) != JOB_NONE) {
		if ((bits & NO_ANSWER) == 0)
			answer = two_answer(north, south, &job, arena);
		change(&answer, bits, in);
		if (bits & FAILURE)
			answer = (struct job_answer){ .failure = E_BUSY };
		two_done(south, &job, &answer);
	}
	arena_free(arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor in = cursor_of(span_of(data, size));
	struct two_node *north, *south;
	struct record record;
	struct two two;

	reached = false;
	fuzz_begin();
	fuzz_rewind();
	two_open(&two, 2);
	north = &two.nodes[TWO_NORTH];
	south = &two.nodes[TWO_SOUTH];
	record = two_record(&two, KIND_REQUEST, NULL);
	two_document(south, north, &record, WORD_DOCUMENT_BODY, 300);
	two_lodge_record(south, north, &record);
	for (unsigned n = 0; n < ANSWERS_MAX && in.rest.len > 0; n++) {
		exchange(&two, &in);
		two_later(&two, 61);
	}
	fuzz_must(two_talk(&two));
	fuzz_must(two_count(north, south, false, KIND_REQUEST) == 1);
	fuzz_must(two_agree(&two, north, south));
	reached = true;
	two_close(&two);
	return 0;
}

bool
fuzz_seed(unsigned n, struct buf *out)
{
	static const uint8_t bits[] = { 0, NO_ANSWER, STATUS, BODY, OFFSET,
		MISSING, TYPE | STATUS | BODY, FAILURE };

	if (n >= COUNT_OF(bits))
		return false;
	for (unsigned i = 0; i < 4; i++) {
		buf_u8(out, bits[n]);
		if (bits[n] & STATUS)
			buf_u16(out, 409);
		if (bits[n] & TYPE)
			buf_u8(out, (uint8_t)(i % 2));
		if (bits[n] & BODY) {
			buf_u16(out, 2);
			buf_text(out, "1\n");
		}
		if (bits[n] & MISSING) {
			buf_u8(out, 5);
			buf_text(out, "00,11");
		}
		if (bits[n] & OFFSET)
			buf_u64(out, 7);
	}
	return true;
}

bool
fuzz_reached(void)
{
	return reached;
}
