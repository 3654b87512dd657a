#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "formats/record_json.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/samples.h"
#include "tests/support/twonodes.h"

/*
 * Behind every signature: contents, with a NUL between them, that a peer
 * seals, appends to its log and delivers.  What begins like DER is appended
 * as it is.
 *
 * Whatever they say, they are mirrored, both nodes judge them alike, a
 * rebuild finds no difference, and the letter behind them is taken.
 */

#define LETTERS_MAX 6

static bool reached;

/* What names documents that nobody has is never taken: no end of talking. */
static bool
waits_for_documents(struct span content)
{
	struct arena *arena = arena_new();
	struct record *record;
	struct error err;
	bool waits = false;

	if (record_read(&record, content, arena, &err) == 0)
		for (unsigned i = 0; i < record->documents_n; i++)
			waits |= record->documents[i].is_first;
	arena_free(arena);
	return waits;
}

static void
put_letter(struct two *two, struct span bytes)
{
	struct two_node *south = &two->nodes[TWO_SOUTH];
	struct two_node *north = &two->nodes[TWO_NORTH];

	if (bytes.len == 0 || bytes.len > RECORD_CONTENT_MAX ||
	    waits_for_documents(bytes))
		return;
	if (bytes.ptr[0] != 0x30)
		bytes = two_seal(south, bytes);
	two_put(south, north, bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = span_of(data, size);
	struct two_node *north, *south;
	unsigned before, credentials;
	struct two two;

	reached = false;
	fuzz_begin();
	fuzz_rewind();
	two_open(&two, 2);
	north = &two.nodes[TWO_NORTH];
	south = &two.nodes[TWO_SOUTH];
	for (unsigned n = 0; n < LETTERS_MAX && rest.len > 0; n++)
		put_letter(&two, fuzz_part(&rest));
	fuzz_must(two_talk(&two));
	before = two_count(north, south, false, KIND_REQUEST);
	reached = two_count(north, south, false, KIND_COUNT) == 0;

	/* After a change of keys it is no more ours to seal. */
	credentials = two_count(north, south, false, KIND_CREDENTIAL);
	if (credentials == 0) {
		two_lodge(south, north, KIND_REQUEST, NULL);
		fuzz_must(two_talk(&two));
		fuzz_must(
		    two_count(north, south, false, KIND_REQUEST) == before + 1);
	}
	fuzz_must(two_agree(&two, north, south));
	two_close(&two);
	return 0;
}

bool
fuzz_seed(unsigned n, struct buf *out)
{
	static const enum kind kinds[] = { KIND_REQUEST, KIND_QUERY,
		KIND_REQUEST };
	struct arena *arena;

	if (n >= COUNT_OF(kinds))
		return false;
	arena = arena_new();
	for (unsigned i = 0; i <= n; i++) {
		if (i > 0)
			buf_u8(out, 0);
		buf_add(out, samples_content(kinds[i], fuzz_now(), arena));
	}
	arena_free(arena);
	return true;
}

bool
fuzz_reached(void)
{
	return reached;
}
