#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "formats/draft.h"
#include "formats/json.h"
#include "formats/record_json.h"
#include "ledger/tree.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/samples.h"

/*
 * A draft as the operator's JSON: what it makes can be signed, is read again
 * as the same, and has from the frame what is not the operator's to say.
 */

static const char *const seeds[] = {
	"{\"kind\":\"request\",\"request\":{\"purpose\":\"mitigation\","
	"\"actions\":[\"block-host\",\"preserve\"],"
	"\"topic\":\"ransomware-business\",\"urgency\":\"urgent\"},"
	"\"tlp\":\"TLP:AMBER\"}",
	"{\"kind\":\"acknowledgement\",\"case\":\"00\",\"by\":\"analyst\"}",
	"{\"kind\":\"report\",\"report\":{\"topic\":\"ransomware-business\"},"
	"\"documents\":[{\"role\":\"body\",\"size\":100,\"first\":true,"
	"\"type\":\"application/json\",\"sha256\":\"aaaaaaaaaaaaaaaaaaaaaaaaaa"
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}]}",
};

static bool reached;

static void
judge(const struct json_reader *draft, struct arena *arena)
{
	const struct hash name = tree_empty_root();
	struct draft_frame frame = {
		.log = span_text(SAMPLES_NORTH),
		.at = fuzz_now(),
		.anchor = { .log = span_text(SAMPLES_SOUTH),
		    .root = tree_empty_root() },
		.is_exercise = true,
	};
	struct record *record, *again;
	struct span once, twice;
	struct error err;

	if (json_has(draft, "case"))
		frame.case_of = &name;
	if (json_has(draft, "re"))
		frame.re = &name;
	if (draft_read(&record, draft, &frame, arena, &err) == -1) {
		fuzz_must(err.code == E_DRAFT);
		return;
	}
	fuzz_must(span_is_equal(record->log, frame.log));
	fuzz_must(record->at.s == frame.at.s && record->is_exercise);
	fuzz_must(record->anchor.size == 0);
	fuzz_must(record->has_case == (frame.case_of != NULL));
	fuzz_done(draft_content(&once, record, arena, &err), &err);
	fuzz_done(record_read(&again, once, arena, &err), &err);
	fuzz_done(draft_content(&twice, again, arena, &err), &err);
	fuzz_must(span_is_equal(once, twice));
	reached = true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct json *json = NULL;
	struct json_reader draft;
	struct draft_names names;
	struct error err;

	reached = false;
	if (json_read(&json, span_of(data, size), RECORD_CONTENT_MAX, E_DRAFT,
		&err) == -1 ||
	    json_reader_of(&draft, json, "", E_DRAFT, &err) == -1)
		goto out;
	if (draft_names(&names, &draft, &err) == -1)
		fuzz_must(err.code == E_DRAFT);
	judge(&draft, arena);
out:
	json_free(json);
	arena_free(arena);
	return 0;
}

bool
fuzz_seed(unsigned n, struct buf *out)
{
	if (n >= COUNT_OF(seeds))
		return false;
	buf_text(out, seeds[n]);
	return true;
}

bool
fuzz_reached(void)
{
	return reached;
}
