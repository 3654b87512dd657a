#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "ledger/checkpoint.h"
#include "ledger/note.h"
#include "ledger/witness.h"
#include "seal/ed25519.h"
#include "tests/lab.h"
#include "tests/support/ledger.h"
#include "tests/tap.h"

#define WORKED "vectors/worked/"

/* A witness that knows one log. */
struct witness {
	struct arena *arena;
	struct note_key log;
	struct witness_known known;
	struct buf stored;            /* the newest note, as it keeps it */
	enum witness_outcome outcome; /* of the last 200 */
};

static int
take(struct witness *w, struct span body, struct error *err)
{
	struct witness_request req;
	struct checkpoint head;
	struct span origin;
	struct note note;

	if (witness_request_parse(&req, body, w->arena, err) == -1)
		return -1;
	if (checkpoint_claimed_origin(&origin, req.note, err) == -1)
		return -1;
	if (!span_is_equal(origin, w->log.name))
		return error_set(err, E_CHECKPOINT_ORIGIN, "not known");
	if (checkpoint_open(&head, &note, req.note, &w->log, NULL, 0, w->arena,
		err) == -1)
		return -1;
	if (witness_decide(&w->outcome, &w->known, &req, &head, err) == -1)
		return -1;
	w->known.is_known = true;
	w->known.size = head.size;
	w->known.root = head.root;
	buf_drop(&w->stored, w->stored.len);
	note_write_subset(&w->stored, &note, &w->log, 1);
	return 0;
}

/* What it answers, as an HTTP status. */
static int
answer(struct witness *w, struct span body)
{
	struct error err = { .code = E_NONE };

	(void)!take(w, body, &err);
	return error_http(err.code);
}

static struct witness
witness_of(struct arena *arena, struct note_key log)
{
	struct witness w = { .arena = arena, .log = log };

	buf_init(&w.stored, NOTE_SIZE_MAX);
	return w;
}

TEST(the_worked_requests_are_answered_as_the_specification_says)
{
	static const struct {
		const char *request;
		int want;
		enum witness_outcome outcome; /* of a 200 */
	} series[] = {
		/* clang-format off */
		{ "5-to-5",            409, 0 },
		{ "3-to-5",            409, 0 },
		{ "5-to-3",            400, 0 },
		{ "unknown-log",       404, 0 },
		{ "0-to-0",            200, WITNESS_ADVANCE },
		{ "0-to-0",            200, WITNESS_REFRESH },
		{ "0-to-3-withproof",  422, 0 },
		{ "0-to-3-ext",        400, 0 },
		{ "0-to-3-crlf",       400, 0 },
		{ "0-to-3",            200, WITNESS_ADVANCE },
		{ "0-to-3",            409, 0 },
		{ "0-to-0",            409, 0 },
		{ "3-to-5-badproof",   422, 0 },
		{ "3-to-5-noproof",    422, 0 },
		{ "3-to-5-badsig",     403, 0 },
		{ "leading-zero-old",  400, 0 },
		{ "leading-zero-size", 400, 0 },
		{ "64-proof-lines",    400, 0 },
		{ "5-to-5",            409, 0 },
		{ "3-to-5",            200, WITNESS_ADVANCE },
		{ "3-to-5-fork",       409, 0 },
		{ "3-to-5",            409, 0 },
		{ "5-to-5-fork",       422, 0 },
		{ "5-to-5",            200, WITNESS_REFRESH },
		{ "5-to-3",            400, 0 },
		/* clang-format on */
	};
	struct arena *arena = lab_arena();
	struct witness w;

	if (!lab_has_shared(WORKED))
		skip("no shared vectors");
	w = witness_of(arena, ledger_key(arena, "logA"));
	for (size_t i = 0; i < COUNT_OF(series); i++) {
		struct span body = lab_shared(arena,
		    arena_printf(arena, WORKED "add-checkpoint/%s",
			series[i].request));

		tap_note("%s", series[i].request);
		check_int(answer(&w, body), series[i].want);
		if (series[i].want == 200)
			check_int(w.outcome, series[i].outcome);
	}
	check_int((long long)w.known.size, 5);
	buf_clear(&w.stored);
}

TEST(of_two_valid_forks_the_second_is_refused_whichever_came_first)
{
	static const char *const orders[2][3] = {
		{ "0-to-3", "3-to-5", "3-to-5-fork" },
		{ "0-to-3", "3-to-5-fork", "3-to-5" },
	};
	struct arena *arena = lab_arena();

	if (!lab_has_shared(WORKED))
		skip("no shared vectors");
	for (size_t i = 0; i < COUNT_OF(orders); i++) {
		struct witness w = witness_of(arena, ledger_key(arena, "logA"));

		for (size_t k = 0; k < 3; k++) {
			struct span body = lab_shared(arena,
			    arena_printf(arena, WORKED "add-checkpoint/%s",
				orders[i][k]));

			check_int(answer(&w, body), k < 2 ? 200 : 409);
		}
		buf_clear(&w.stored);
	}
}

TEST(the_requests_of_litewitness_are_answered_as_it_does)
{
	struct arena *arena = lab_arena();
	json_t *file, *one;
	struct note_key log;
	struct error err;
	struct witness w;
	size_t i;

	if (!lab_has_shared("vectors/witness"))
		skip("no shared vectors");
	file = ledger_json("vectors/witness/litewitness-0.9.0.json");
	require(note_key_parse(&log, ledger_text(file, "log_vkey"), arena,
		    &err) == 0);
	w = witness_of(arena, log);
	json_array_foreach(json_object_get(file, "requests"), i, one)
	{
		int want = (int)ledger_number(one, "status");

		/* Spoilt in bits that base64 drops: malformed when strict. */
		if (want == 403)
			want = 400;
		tap_note("request %zu", i);
		check_int(answer(&w, ledger_text(one, "body")), want);
	}
	check(i == 9);
	buf_clear(&w.stored);
	json_decref(file);
}

/* A request from the parts that transparency-dev's vectors give. */
static struct span
request_of(struct arena *arena, const json_t *file, uint64_t old,
    bool has_proof, const char *note)
{
	struct witness_request req = { .old = old };
	struct span bytes, hex;
	struct error err;
	struct buf body;
	const json_t *hash;
	size_t i;

	json_array_foreach(json_object_get(file, "consistency_5_to_8_hex"), i,
	    hash)
	{
		hex = span_text(json_string_value(hash));
		if (has_proof &&
		    hash_parse(&req.proof.hashes[req.proof.n], hex, &err) == 0)
			req.proof.n++;
	}
	req.note = ledger_text(file, note);
	buf_init(&body, WITNESS_REQUEST_MAX);
	witness_request_write(&body, &req);
	bytes = arena_copy(arena, buf_span(&body));
	buf_clear(&body);
	return bytes;
}

TEST(the_cases_of_transparency_dev_are_answered_as_the_specification_says)
{
	static const char five[] = "checkpoint_size5";
	static const char eight[] = "checkpoint_size8";
	struct arena *arena = lab_arena();
	struct note_key log;
	struct error err;
	struct witness w;
	json_t *f;

	if (!lab_has_shared("vectors/witness"))
		skip("no shared vectors");
	f = ledger_json("vectors/witness/transparency-dev-witness.json");
	require(
	    note_key_parse(&log, ledger_text(f, "log_vkey"), arena, &err) == 0);
	w = witness_of(arena, log);
	check_int(answer(&w, request_of(arena, f, 0, true, five)), 422);
	check_int(answer(&w, request_of(arena, f, 0, false, five)), 200);
	check_int(answer(&w, request_of(arena, f, 2, true, eight)), 409);
	check_int(answer(&w, request_of(arena, f, 5, false, five)), 200);
	check_int(answer(&w, request_of(arena, f, 5, false, eight)), 422);
	check_int(answer(&w, request_of(arena, f, 5, true, five)), 422);
	w.known.root.bytes[0] ^= 1;
	check_int(answer(&w, request_of(arena, f, 5, false, five)), 422);
	w.known.size = 4;
	check_int(answer(&w, request_of(arena, f, 4, false, five)), 422);
	w.known.size = 5;
	w.known.root.bytes[0] ^= 1;
	check_int(answer(&w, request_of(arena, f, 5, true, eight)), 200);
	check_int(answer(&w, request_of(arena, f, 8, false, five)), 400);
	buf_clear(&w.stored);
	json_decref(f);
}

TEST(an_empty_log_has_one_root_whoever_signs_another)
{
	struct witness_request req = { .old = 0 };
	struct witness_known known = { .is_known = false };
	struct checkpoint head = { .origin = span_text("log"), .size = 0 };
	enum witness_outcome outcome;
	struct error err;

	check(witness_decide(&outcome, &known, &req, &head, &err) == -1);
	check_int(err.code, E_PROOF);
	head.root = tree_empty_root();
	check(witness_decide(&outcome, &known, &req, &head, &err) == 0);
	check_int(outcome, WITNESS_ADVANCE);
	req.proof.n = 1;
	check(witness_decide(&outcome, &known, &req, &head, &err) == -1);
	check_int(err.code, E_PROOF_USELESS);
}

TEST(another_root_for_the_known_size_is_named_a_fork)
{
	struct witness_request req = { .old = 5 };
	struct witness_known known = { true, 5, { { 1 } } };
	struct checkpoint head = { span_text("log"), 5, { { 2 } } };
	enum witness_outcome outcome;
	struct error err;

	check(witness_decide(&outcome, &known, &req, &head, &err) == -1);
	check_int(err.code, E_CHECKPOINT_FORK);
	/* A useless proof does not hide it; another old size does, to us. */
	req.proof.n = 1;
	check(witness_decide(&outcome, &known, &req, &head, &err) == -1);
	check_int(err.code, E_CHECKPOINT_FORK);
	req.old = 3;
	check(witness_decide(&outcome, &known, &req, &head, &err) == -1);
	check_int(err.code, E_CHECKPOINT_OLD);
	check(witness_is_fork(&known, &head));
	req.old = 5;
	head.root = known.root;
	check(witness_decide(&outcome, &known, &req, &head, &err) == -1);
	check_int(err.code, E_PROOF_USELESS);
}

TEST(a_forged_line_with_our_own_name_is_not_stored)
{
	struct arena *arena = lab_arena();
	struct span body, clean;
	struct note_key ours;
	struct witness w;
	struct buf dirty;
	uint8_t forged[72] = { 0 };

	if (!lab_has_shared(WORKED))
		skip("no shared vectors");
	ours = ledger_key(arena, "wit1");
	w = witness_of(arena, ledger_key(arena, "logA"));
	body = lab_shared(arena, WORKED "add-checkpoint/0-to-3");
	clean = lab_shared(arena, WORKED "checkpoint.3");
	buf_init(&dirty, WITNESS_REQUEST_MAX);
	buf_add(&dirty, body);
	note_write_line(&dirty, &ours, span_of(forged, sizeof(forged)));
	check_int(answer(&w, buf_span(&dirty)), 200);
	check_mem(w.stored.ptr, w.stored.len, clean.ptr, clean.len);
	buf_clear(&dirty);
	buf_clear(&w.stored);
}

TEST(requests_survive_writing_and_reading_and_are_bounded)
{
	struct arena *arena = lab_arena();
	struct witness_request req = { .old = TREE_SIZE_MAX }, again;
	struct error err;
	struct buf body;

	req.proof.n = TREE_PROOF_MAX;
	memset(req.proof.hashes, 0xab, sizeof(req.proof.hashes));
	req.note = span_text("anything");
	buf_init(&body, 2 * WITNESS_REQUEST_MAX);
	witness_request_write(&body, &req);
	require(
	    witness_request_parse(&again, buf_span(&body), arena, &err) == 0);
	check(again.old == req.old && again.proof.n == req.proof.n);
	check(memcmp(again.proof.hashes, req.proof.hashes,
		  sizeof(req.proof.hashes)) == 0);
	check(span_is_text(again.note, "anything"));
	for (size_t i = 0; i < 200; i++)
		check(witness_request_parse(&again, span_of(body.ptr, i), arena,
			  &err) == -1);
	while (body.len <= WITNESS_REQUEST_MAX)
		buf_text(&body, "more and more");
	check(
	    witness_request_parse(&again, buf_span(&body), arena, &err) == -1);
	check_int(err.code, E_TOO_LARGE);
	buf_clear(&body);
}

TEST(the_size_in_a_conflict_is_read_strictly)
{
	static const char *const bad[] = { "", "5", "05\n", "5\n\n", "5\r\n",
		" 5\n", "-1\n", "9223372036854775808\n" };
	struct error err;
	struct buf body;
	uint64_t size;

	for (size_t i = 0; i < COUNT_OF(bad); i++)
		check(witness_size_parse(&size, span_text(bad[i]), &err) == -1);
	buf_init(&body, WITNESS_SIZE_MAX);
	witness_size_write(&body, TREE_SIZE_MAX);
	check(buf_check(&body, &err) == 0);
	check(witness_size_parse(&size, buf_span(&body), &err) == 0);
	check(size == TREE_SIZE_MAX);
	buf_clear(&body);
}
