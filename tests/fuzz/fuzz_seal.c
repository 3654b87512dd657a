#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "seal/seal.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/identities.h"

/*
 * A sealed record as it comes from a peer.  Nobody has the key but the seeds'
 * maker, so whatever else passes is a forgery: only they may.
 */

static const char *const contents[] = { "", "{\"v\":1}", "a" };

static bool reached;

static bool
is_ours(struct span content)
{
	for (size_t i = 0; i < COUNT_OF(contents); i++)
		if (span_is_text(content, contents[i]))
			return true;
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct seal_key *key;
	struct sealed sealed;
	struct arena *arena;
	struct error err;

	reached = false;
	fuzz_begin();
	key = identity_of(IDENTITY_NORTH)->seal;
	arena = arena_new();
	if (seal_open(&sealed, span_of(data, size), seal_key_certificate(key),
		arena, &err) == -1) {
		fuzz_must(error_fault(err.code) == FAULT_PEER);
		goto out;
	}
	fuzz_must(size <= SEAL_SIZE_MAX);
	fuzz_must(sealed.at.s == fuzz_now().s && is_ours(sealed.content));
	fuzz_must(seal_open(&sealed, span_of(data, size),
		      seal_key_certificate(identity_of(IDENTITY_SOUTH)->seal),
		      arena, &err) == -1);
	reached = true;
out:
	arena_free(arena);
	return 0;
}

bool
fuzz_seed(unsigned n, struct buf *out)
{
	struct arena *arena;
	struct error err;
	struct span der;

	if (n >= COUNT_OF(contents))
		return false;
	fuzz_begin();
	arena = arena_new();
	fuzz_done(seal_sign(&der, span_text(contents[n]),
		      identity_of(IDENTITY_NORTH)->seal, fuzz_now(), arena,
		      &err),
	    &err);
	buf_add(out, der);
	arena_free(arena);
	return true;
}

bool
fuzz_reached(void)
{
	return reached;
}
