#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "domain/record.h"
#include "formats/record_json.h"
#include "seal/seal.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/identities.h"
#include "tests/support/samples.h"

/*
 * Behind the signature: whatever the content, it is sealed, and opened again
 * as what was sealed, and then read.
 */

static bool reached;

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span content = span_of(data, size), der;
	struct arena *arena = arena_new();
	const struct seal_key *key;
	struct sealed sealed;
	struct record *record;
	struct error err;
	struct buf buf;

	reached = false;
	fuzz_begin();
	fuzz_rewind();
	key = identity_of(IDENTITY_NORTH)->seal;
	buf_init(&buf, RECORD_CONTENT_MAX);
	if (seal_sign(&der, content, key, fuzz_now(), arena, &err) == -1) {
		fuzz_must(err.code == E_SEAL_TOO_LARGE);
		fuzz_must(size > RECORD_CONTENT_MAX);
		goto out;
	}
	fuzz_done(seal_open(&sealed, der, seal_key_certificate(key), arena,
		      &err),
	    &err);
	fuzz_must(span_is_equal(sealed.content, content));
	fuzz_must(sealed.at.s == fuzz_now().s);
	if (record_read(&record, sealed.content, arena, &err) == -1) {
		fuzz_must(error_fault(err.code) == FAULT_PEER);
		goto out;
	}
	fuzz_done(record_write(&buf, record, &err), &err);
	reached = true;
out:
	buf_clear(&buf);
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
