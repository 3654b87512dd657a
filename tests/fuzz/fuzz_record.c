#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "domain/record.h"
#include "formats/record_json.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/samples.h"

/*
 * The content of a record: what is read is written in one form, which is read
 * as the same record.
 */

static bool reached;

static struct span
written(const struct record *record, struct arena *arena)
{
	struct span content;
	struct error err;
	struct buf buf;

	buf_init(&buf, RECORD_CONTENT_MAX);
	fuzz_done(record_write(&buf, record, &err), &err);
	content = arena_copy(arena, buf_span(&buf));
	buf_clear(&buf);
	return content;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct record *first, *second;
	struct span once, twice;
	struct error err;

	reached = false;
	if (record_read(&first, span_of(data, size), arena, &err) == -1) {
		fuzz_must(error_fault(err.code) == FAULT_PEER);
		goto out;
	}
	fuzz_must(size <= RECORD_CONTENT_MAX);
	fuzz_done(record_check(first, &err), &err);
	once = written(first, arena);
	fuzz_done(record_read(&second, once, arena, &err), &err);
	twice = written(second, arena);
	fuzz_must(span_is_equal(once, twice));
	fuzz_must(first->kind == second->kind && first->at.s == second->at.s);
	reached = true;
out:
	arena_free(arena);
	return 0;
}

bool
fuzz_seed(unsigned n, struct buf *out)
{
	struct arena *arena;

	if (n >= KIND_COUNT)
		return false;
	arena = arena_new();
	buf_add(out, samples_content((enum kind)n, fuzz_now(), arena));
	arena_free(arena);
	return true;
}

bool
fuzz_reached(void)
{
	return reached;
}
