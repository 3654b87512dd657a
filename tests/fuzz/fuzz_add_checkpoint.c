#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "ledger/witness.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/fuzzlog.h"
#include "tests/support/identities.h"

/*
 * The body of add-checkpoint.  Its note is signed anew by the log's own key;
 * then whatever is known of the log, only a head that extends it is taken.
 * The tree is fixed, so a head of its sizes has its roots or is a lie that
 * no proof can make good.
 */

static const uint64_t known_sizes[] = { 0, 1, 3, 256, 300, 511 };

static bool reached;

static void
decide(const struct witness_request *req, const struct checkpoint *head,
    uint64_t size)
{
	struct checkpoint held = fuzzlog_head(size);
	const struct witness_known known = { size > 0, size, held.root };
	enum witness_outcome outcome;
	struct error err, why;

	if (witness_decide(&outcome, &known, req, head, &err) == -1) {
		fuzz_must(error_fault(err.code) == FAULT_PEER);
		return;
	}
	fuzz_must(req->old == size && head->size >= size);
	if (outcome == WITNESS_REFRESH) {
		fuzz_must(head->size == size && req->proof.n == 0);
		fuzz_must(hash_is_equal(&head->root, &held.root));
		return;
	}
	fuzz_must(head->size > size || !known.is_known);
	fuzz_done(tree_check_consistency(size, &held.root, head->size,
		      &head->root, &req->proof, &why),
	    &why);
	fuzz_must(!witness_is_fork(&known, head));
	reached = true;
}

static void
judge(struct span body, struct arena *arena)
{
	struct note_key key = fuzzlog_key();
	struct witness_request req;
	struct checkpoint head;
	struct error err;
	struct note note;
	struct buf buf;

	if (witness_request_parse(&req, body, arena, &err) == -1) {
		fuzz_must(error_fault(err.code) == FAULT_PEER);
		return;
	}
	fuzz_must(body.len <= WITNESS_REQUEST_MAX);
	fuzz_must(req.proof.n <= TREE_PROOF_MAX);
	buf_init(&buf, 2 * WITNESS_REQUEST_MAX);
	witness_request_write(&buf, &req);
	fuzz_must(span_is_equal(buf_span(&buf), body));
	buf_drop(&buf, buf.len);
	fuzzlog_sign_again(&buf, req.note);
	if (checkpoint_open(&head, &note, buf_span(&buf), &key, NULL, 0, arena,
		&err) == 0)
		for (size_t i = 0; i < COUNT_OF(known_sizes); i++)
			decide(&req, &head, known_sizes[i]);
	buf_clear(&buf);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();

	reached = false;
	fuzz_begin();
	judge(span_of(data, size), arena);
	arena_free(arena);
	return 0;
}

bool
fuzz_seed(unsigned n, struct buf *out)
{
	static const uint64_t to[] = { 1, 2, 600, 300, 512, 600 };
	struct witness_request req = { .proof = { .n = 0 } };
	struct mirror_source source = fuzzlog_source();
	struct checkpoint head;
	struct error err;
	struct buf note;

	if (n >= COUNT_OF(to))
		return false;
	fuzz_begin();
	req.old = known_sizes[n];
	head = fuzzlog_head(to[n]);
	if (req.old > to[n])
		req.old = 1;
	if (req.old > 0)
		fuzz_done(tree_prove(&req.proof, &source.tree, 0, req.old,
			      to[n], &err),
		    &err);
	buf_init(&note, NOTE_SIZE_MAX);
	fuzz_done(checkpoint_sign(&note, &head,
		      identity_of(IDENTITY_SOUTH)->log, &err),
	    &err);
	req.note = buf_span(&note);
	witness_request_write(out, &req);
	buf_clear(&note);
	return true;
}

bool
fuzz_reached(void)
{
	return reached;
}
