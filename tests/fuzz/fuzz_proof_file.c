#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "ledger/proof_file.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/fuzzlog.h"
#include "tests/support/identities.h"

/*
 * A proof as a file: it has one form, and under the log's true head it proves
 * an entry at its own place and nowhere else.
 */

static const uint64_t indexes[] = { 0, 17, 255, 256, 599 };

static bool reached;

static void
judge_proof(const struct proof_file *file)
{
	struct checkpoint head = fuzzlog_head(FUZZLOG_SIZE);
	struct error err;

	for (size_t i = 0; i < COUNT_OF(indexes); i++) {
		struct hash leaf = tree_leaf_hash(fuzzlog_entry(indexes[i]));

		if (proof_file_check(file, &leaf, &head, &err) == -1)
			continue;
		fuzz_must(file->index == indexes[i]);
		reached = true;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span bytes = span_of(data, size);
	struct arena *arena = arena_new();
	struct proof_file file;
	struct error err;
	struct buf buf;

	reached = false;
	if (proof_file_parse(&file, bytes, arena, &err) == -1) {
		fuzz_must(error_fault(err.code) == FAULT_PEER);
		goto out;
	}
	fuzz_must(size <= PROOF_FILE_MAX);
	fuzz_must(file.extra.len <= PROOF_FILE_EXTRA_MAX);
	buf_init(&buf, PROOF_FILE_MAX);
	proof_file_write(&buf, &file);
	fuzz_must(span_is_equal(buf_span(&buf), bytes));
	buf_clear(&buf);
	judge_proof(&file);
out:
	arena_free(arena);
	return 0;
}

bool
fuzz_seed(unsigned n, struct buf *out)
{
	struct mirror_source source = fuzzlog_source();
	struct proof_file file = { .has_extra = n % 2 == 1,
		.extra = span_text("extra") };
	struct checkpoint head;
	struct error err;
	struct buf note;

	if (n >= COUNT_OF(indexes))
		return false;
	fuzz_begin();
	head = fuzzlog_head(FUZZLOG_SIZE);
	file.index = indexes[n];
	fuzz_done(tree_prove(&file.proof, &source.tree, file.index,
		      file.index + 1, FUZZLOG_SIZE, &err),
	    &err);
	buf_init(&note, NOTE_SIZE_MAX);
	fuzz_done(checkpoint_sign(&note, &head,
		      identity_of(IDENTITY_SOUTH)->log, &err),
	    &err);
	file.note = buf_span(&note);
	proof_file_write(out, &file);
	buf_clear(&note);
	return true;
}

bool
fuzz_reached(void)
{
	return reached;
}
