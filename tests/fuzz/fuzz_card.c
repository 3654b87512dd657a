#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "formats/card.h"
#include "seal/seal.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/cards.h"

/*
 * A card: as the file that it is, or as content, which is then sealed with
 * the party's key.  What opens is written in one form, which opens again.
 */

static bool reached;

static void
judge_file(struct span file, struct arena *arena)
{
	struct card *card, *again;
	struct card_endpoint where;
	struct error err;
	struct buf buf;

	if (card_open(&card, file, arena, &err) == -1) {
		fuzz_must(error_fault(err.code) == FAULT_PEER ||
		    error_fault(err.code) == FAULT_OPERATOR);
		return;
	}
	fuzz_must(card->endpoints_n >= 1 && card->tls_n >= 1);
	fuzz_done(card_check_party(card->party, &err), &err);
	for (unsigned i = 0; i < card->endpoints_n; i++)
		fuzz_done(card_endpoint_parse(&where, card->endpoints[i], &err),
		    &err);
	buf_init(&buf, 2 * CARD_CONTENT_MAX);
	fuzz_done(card_write(&buf, card, &err), &err);
	fuzz_done(card_read(&again, buf_span(&buf), arena, &err), &err);
	fuzz_must(span_is_equal(card->party, again->party));
	fuzz_must(span_is_equal(card->mirror, again->mirror));
	fuzz_must(card->at.s == again->at.s);
	buf_clear(&buf);
	reached = true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span bytes = span_of(data, size);
	struct arena *arena = arena_new();
	struct buf file;

	reached = false;
	fuzz_begin();
	fuzz_rewind();
	buf_init(&file, 2 * CARD_FILE_MAX);
	if (size == 0 || size > CARD_CONTENT_MAX || data[0] != '{') {
		judge_file(bytes, arena);
	} else {
		cards_file(&file, IDENTITY_SOUTH, bytes);
		judge_file(buf_span(&file), arena);
	}
	buf_clear(&file);
	arena_free(arena);
	return 0;
}

bool
fuzz_seed(unsigned n, struct buf *out)
{
	struct buf content;

	if (n > 1)
		return false;
	fuzz_begin();
	fuzz_rewind();
	if (n == 0) {
		cards_content(out, IDENTITY_SOUTH);
		return true;
	}
	buf_init(&content, CARD_CONTENT_MAX);
	cards_content(&content, IDENTITY_SOUTH);
	cards_file(out, IDENTITY_SOUTH, buf_span(&content));
	buf_clear(&content);
	return true;
}

bool
fuzz_reached(void)
{
	return reached;
}
