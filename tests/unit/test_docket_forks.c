/*
 * Of two versions of a log exactly one gets through, and both are evidence.
 */

#include "base/arena.h"
#include "ledger/witness.h"
#include "seal/digest.h"
#include "store/store.h"
#include "tests/lab.h"
#include "tests/support/ledger.h"
#include "tests/unit/test_docket_asks.h"

#define WORKED "vectors/worked/"

/* SOUTH's log up to ${size} as it is, and then something else. */
struct fork {
	struct ledger_log *log;
	struct span note;
	struct span body; /* an add-checkpoint from the size before */
};

static struct fork
fork_at(struct scene *scene, uint64_t common, uint64_t old, uint64_t size)
{
	struct fork fork = { ledger_log_new(scene->two.arena, 64), { NULL, 0 },
		{ NULL, 0 } };
	struct witness_request request = { .old = old };
	struct tree_reader reader = ledger_log_reader(fork.log);
	struct hash root;
	struct error err;
	struct buf buf;

	for (uint64_t i = 0; i < size; i++)
		ledger_log_append(fork.log,
		    i < common ?
			two_entry(scene->south, scene->north, true, i)->der :
			ledger_entry(scene->two.arena, i));
	root = ledger_log_root(fork.log, size);
	fork.note = signed_head(scene, size, &root);
	if (old < size)
		two_must(tree_prove(&request.proof, &reader, 0, old, size,
			     &err),
		    &err, "proof");
	request.note = fork.note;
	buf_init(&buf, WITNESS_REQUEST_MAX);
	witness_request_write(&buf, &request);
	fork.body = arena_copy(scene->two.arena, buf_span(&buf));
	buf_clear(&buf);
	return fork;
}

/* Both heads of ${size} are kept, and what is good can still be had. */
static void
check_evidence(struct scene *scene, uint64_t size, struct span first,
    struct span second)
{
	struct log_row *log = two_log(scene->north, scene->south, false);
	struct serve_reply reply;
	char hex[HASH_TEXT_MAX];
	struct head_row *heads;
	struct error err;
	struct hash key;
	size_t n;

	check(log->is_forked);
	check(two_delivery(scene->north, scene->south).is_forked);
	two_must(store_head_all(scene->north->store, log->id, size, &heads, &n,
		     scene->two.arena, &err),
	    &err, "heads");
	require(n == 2);
	check(span_is_equal(heads[0].note, first));
	check(span_is_equal(heads[1].note, second));
	check(log->size == scene->old && log->mirrored == scene->old);
	check(two_entry(scene->north, scene->south, false, 1)->kind ==
	    KIND_REQUEST);
	key = digest_of(log->origin);
	reply = two_get(scene->north, scene->south,
	    arena_printf(scene->two.arena, "/%s/checkpoint",
		hash_write(&key, hex)));
	check_int(reply.status, 200);
	check(span_has_prefix(reply.body, true_head(scene, scene->old)));
	reply = ask(scene, good(scene));
	check_refused(&reply, 409, E_FORKED);
}

TEST(of_two_valid_forks_exactly_one_gets_through_and_both_are_evidence)
{
	for (int order = 0; order < 2; order++) {
		struct serve_reply replies[2];
		struct scene scene;
		struct fork fork;
		struct span bodies[2], notes[2];

		scene_open(&scene);
		fork = fork_at(&scene, scene.old, scene.old, scene.size);
		bodies[order] = good(&scene);
		notes[order] = scene.note;
		bodies[1 - order] = fork.body;
		notes[1 - order] = fork.note;
		replies[0] = ask(&scene, bodies[0]);
		replies[1] = ask(&scene, bodies[1]);
		check_int(replies[0].status, 200);
		check_refused(&replies[1], 422, E_CHECKPOINT_FORK);
		check_evidence(&scene, scene.size, notes[0], notes[1]);
		two_restart(scene.north, true);
		check(two_log(scene.north, scene.south, false)->is_forked);
		two_close(&scene.two);
	}
}

TEST(a_fork_of_the_known_head_is_seen_whatever_else_is_wrong_with_the_request)
{
	static const uint64_t olds[] = { 0, 1 };

	for (size_t i = 0; i < COUNT_OF(olds) + 1; i++) {
		struct serve_reply reply;
		struct scene scene;
		struct fork fork;

		scene_open(&scene);
		fork = fork_at(&scene, 1,
		    i < COUNT_OF(olds) ? olds[i] : scene.old, scene.old);
		reply = ask(&scene, fork.body);
		check_refused(&reply, 422, E_CHECKPOINT_FORK);
		check_evidence(&scene, scene.old, true_head(&scene, scene.old),
		    fork.note);
		two_close(&scene.two);
	}
}

TEST(a_head_below_what_is_held_that_is_not_its_past_is_a_fork_as_well)
{
	struct serve_reply reply;
	struct scene scene;
	struct fork fork;

	scene_open(&scene);
	/* No head of that size was ever seen, but the entries are here. */
	fork = fork_at(&scene, 1, 0, 2);
	reply = ask(&scene, fork.body);
	check_refused(&reply, 422, E_CHECKPOINT_FORK);
	check(two_log(scene.north, scene.south, false)->is_forked);
	reply = ask(&scene, good(&scene));
	check_refused(&reply, 409, E_FORKED);
	two_close(&scene.two);
}

static struct head_row *
unproven(struct scene *scene, size_t *n)
{
	struct head_row *heads;
	struct error err;

	two_must(store_head_unproven(scene->north->store,
		     two_log(scene->north, scene->south, false)->id, &heads, n,
		     scene->two.arena, &err),
	    &err, "heads");
	return heads;
}

TEST(a_signed_head_that_was_refused_is_kept_and_used_for_nothing)
{
	static const struct {
		uint64_t old;
		int status;
		enum error_code code;
	} cases[] = {
		{ 0, 409, E_CHECKPOINT_OLD },
		{ UINT64_MAX, 422, E_PROOF }, /* the right one */
		{ 9999, 400, E_CHECKPOINT_RANGE },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct serve_reply reply;
		struct head_row *heads;
		struct scene scene;
		size_t n;

		scene_open(&scene);
		reply = ask(&scene,
		    bare(&scene,
			cases[i].old == UINT64_MAX ? scene.old : cases[i].old,
			scene.note));
		check_refused(&reply, cases[i].status, cases[i].code);
		heads = unproven(&scene, &n);
		require(n == 1);
		check(span_is_equal(heads[0].note, scene.note));
		check(two_log(scene.north, scene.south, false)->head ==
		    scene.old);
		/* Then it is proven, and nothing stands in its way. */
		check(two_talk(&scene.two));
		unproven(&scene, &n);
		check_int((int)n, 0);
		check(two_agree(&scene.two, scene.north, scene.south));
		two_close(&scene.two);
	}
}

TEST(a_refused_head_and_a_proven_one_of_its_size_are_a_fork)
{
	struct serve_reply reply;
	struct scene scene;
	struct fork fork;

	scene_open(&scene);
	fork = fork_at(&scene, scene.old, scene.old, scene.size);
	reply = ask(&scene, bare(&scene, 0, fork.note));
	check_refused(&reply, 409, E_CHECKPOINT_OLD);
	reply = ask(&scene, good(&scene));
	check_refused(&reply, 422, E_CHECKPOINT_FORK);
	check_evidence(&scene, scene.size, fork.note, scene.note);
	two_close(&scene.two);
}

TEST(a_refused_head_is_compared_with_the_entries_when_they_come)
{
	struct serve_reply reply;
	struct scene scene;
	struct fork fork;

	scene_open(&scene);
	/* Of a size that no other head is ever shown of. */
	fork = fork_at(&scene, scene.old, scene.old, scene.size - 1);
	reply = ask(&scene, bare(&scene, 0, fork.note));
	check_refused(&reply, 409, E_CHECKPOINT_OLD);
	check(!two_log(scene.north, scene.south, false)->is_forked);
	check_int(two_step(scene.south, scene.north), JOB_CHECKPOINT);
	check_int(two_step(scene.south, scene.north), JOB_ENTRIES);
	check(two_log(scene.north, scene.south, false)->is_forked);
	two_close(&scene.two);
}

TEST(a_flood_of_heads_that_prove_nothing_is_bounded)
{
	struct scene scene;
	struct hash root = { { 7 } };
	size_t n;

	scene_open(&scene);
	for (uint64_t i = 0; i < STORE_UNPROVEN_MAX + 10; i++) {
		struct serve_reply reply = ask(&scene,
		    bare(&scene, 0, signed_head(&scene, 100 + i, &root)));

		check_refused(&reply, 409, E_CHECKPOINT_OLD);
	}
	unproven(&scene, &n);
	check_int((int)n, STORE_UNPROVEN_MAX);
	check(two_talk(&scene.two));
	check(two_agree(&scene.two, scene.north, scene.south));
	two_close(&scene.two);
}

TEST(an_empty_tree_of_another_root_is_no_proof)
{
	struct hash root = { { 1 } };
	struct serve_reply reply;
	struct scene scene;

	two_open(&scene.two, 2);
	scene.north = &scene.two.nodes[TWO_NORTH];
	scene.south = &scene.two.nodes[TWO_SOUTH];
	scene.log = two_log(scene.south, scene.north, true);
	reply = ask(&scene, bare(&scene, 0, signed_head(&scene, 0, &root)));
	check_refused(&reply, 422, E_PROOF);
	root = tree_empty_root();
	reply = ask(&scene, bare(&scene, 0, signed_head(&scene, 0, &root)));
	check_int(reply.status, 200);
	check(two_talk(&scene.two));
	check(two_agree(&scene.two, scene.north, scene.south));
	two_close(&scene.two);
}

/* SOUTH with the log key of the worked example, and that log beside. */
static void
open_worked(struct scene *scene)
{
	static const uint8_t seed[32] = { 0xae, 0xf6, 0xd6, 0x0c, 0x4e, 0x06,
		0xa4, 0xea, 0xf1, 0xd3, 0x1b, 0xe4, 0xa1, 0x7f, 0xfa, 0x0c,
		0xc0, 0x1e, 0x93, 0x67, 0xb8, 0x09, 0x5c, 0xf7, 0x03, 0xa2,
		0x9c, 0x4c, 0x54, 0x10, 0xa5, 0xb3 };
	struct log_row log = {
		.origin = span_text("docket.example/xa/log1"),
		.peer = span_text("cert.south.example"),
		.epoch = 2,
		.side = 1,
	};
	struct error err;

	scene->two = (struct two){ .n = 0 };
	scene->two.nodes[TWO_SOUTH].log_seed = (const char *)seed;
	two_begin(&scene->two, 2);
	scene->north = &scene->two.nodes[TWO_NORTH];
	scene->south = &scene->two.nodes[TWO_SOUTH];
	two_introduce(scene->north, scene->south);
	two_must(store_begin(scene->north->store, &err), &err, "begin");
	two_must(store_log_add(scene->north->store, &log, &err), &err, "log");
	two_must(store_commit(scene->north->store, &err), &err, "commit");
}

TEST(the_worked_requests_are_answered_as_the_specification_says)
{
	static const struct {
		const char *request;
		int want;
		enum error_code code;
	} series[] = {
		/* clang-format off */
		{ "5-to-5",            409, E_CHECKPOINT_OLD },
		{ "3-to-5",            409, E_CHECKPOINT_OLD },
		{ "5-to-3",            400, E_CHECKPOINT_RANGE },
		{ "unknown-log",       404, E_CHECKPOINT_ORIGIN },
		{ "0-to-0",            200, E_NONE },
		{ "0-to-0",            200, E_NONE },
		{ "0-to-3-withproof",  422, E_PROOF_USELESS },
		{ "0-to-3-ext",        400, E_CHECKPOINT_EXTENSION },
		{ "0-to-3-crlf",       400, E_SYNTAX },
		{ "0-to-3",            200, E_NONE },
		{ "0-to-3",            409, E_CHECKPOINT_OLD },
		{ "0-to-0",            409, E_CHECKPOINT_OLD },
		{ "3-to-5-badproof",   422, E_PROOF },
		{ "3-to-5-noproof",    422, E_PROOF },
		{ "3-to-5-badsig",     403, E_NOTE_SIGNATURE },
		{ "leading-zero-old",  400, E_SYNTAX },
		{ "leading-zero-size", 400, E_CHECKPOINT_SYNTAX },
		{ "64-proof-lines",    400, E_SYNTAX },
		{ "5-to-5",            409, E_CHECKPOINT_OLD },
		{ "3-to-5",            200, E_NONE },
		{ "3-to-5",            409, E_CHECKPOINT_OLD },
		{ "5-to-5",            200, E_NONE },
		{ "5-to-3",            400, E_CHECKPOINT_RANGE },
		{ "3-to-5-fork",       422, E_CHECKPOINT_FORK },
		{ "5-to-5-fork",       409, E_FORKED },
		{ "5-to-5",            409, E_FORKED },
		/* clang-format on */
	};
	struct scene scene;

	if (!lab_has_shared(WORKED))
		skip("no shared vectors");
	open_worked(&scene);
	for (size_t i = 0; i < COUNT_OF(series); i++) {
		struct span body = lab_shared(scene.two.arena,
		    arena_printf(scene.two.arena, WORKED "add-checkpoint/%s",
			series[i].request));
		struct serve_reply reply = ask(&scene, body);

		tap_note("%s", series[i].request);
		check_int(reply.status, series[i].want);
		check_str(error_name(reply.code), error_name(series[i].code));
	}
	two_close(&scene.two);
}
