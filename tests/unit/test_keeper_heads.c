#include "ledger/cosignature.h"
#include "seal/ed25519.h"
#include "tests/unit/test_keeper_asks.h"

TEST(a_head_of_our_log_that_goes_on_from_the_last_is_signed)
{
	struct bench *bench = bench_open(false);
	struct ledger_log *log = bench_log(bench, BENCH_ENTRIES);
	struct checkpoint head = bench_head(log, BENCH_OURS, 7), got;
	struct proof proof = bench_proof(log, 3, 7);
	struct keeper_public keys;
	struct note note;
	struct note_key key;
	struct span bytes;

	check_int(bench_sign(bench, log, 0, 3), E_NONE);
	require(keeper_head(bench->keeper, &head, &proof, NULL, bench->now,
		    &bytes, bench->arena, &bench->err) == 0);
	keeper_public(bench->keeper, &keys, bench->arena);
	key = note_key_of(NOTE_KEY_LOG, span_text(BENCH_OURS), keys.log);
	require(checkpoint_open(&got, &note, bytes, &key, NULL, 0, bench->arena,
		    &bench->err) == 0);
	check_int((long long)got.size, 7);
	check(hash_is_equal(&got.root, &head.root));
	bench_close(bench);
}

TEST(every_size_can_follow_every_smaller_one)
{
	for (uint64_t from = 0; from < 20; from++) {
		struct bench *bench = bench_open(false);
		struct ledger_log *log = bench_log(bench, BENCH_ENTRIES);

		check_int(bench_sign(bench, log, 0, from), E_NONE);
		check_int(bench_sign(bench, log, from, 33), E_NONE);
		bench_close(bench);
	}
}

TEST(no_two_roots_of_one_size_are_signed)
{
	struct bench *bench = bench_open(false);
	struct ledger_log *log = bench_log(bench, BENCH_ENTRIES);
	struct ledger_log *fork = bench_log(bench, 5);

	check_int(bench_sign(bench, log, 0, 9), E_NONE);
	check_int(bench_sign(bench, fork, 9, 9), E_KEEPER_FORK);
	check_int(bench_sign(bench, fork, 0, 9), E_KEEPER_FORK);
	require(bench_restart(bench));
	check_int(bench_sign(bench, fork, 9, 9), E_KEEPER_FORK);
	check_int(bench_sign(bench, log, 9, 10), E_NONE);
	bench_close(bench);
}

TEST(nothing_of_an_epoch_is_signed_after_a_later_one)
{
	struct bench *bench = bench_open(false);
	struct ledger_log *log = bench_log(bench, BENCH_ENTRIES);
	struct checkpoint next =
	    bench_head(log, BENCH_PARTY "/docket/" BENCH_PEER "/2", 1);
	struct checkpoint other =
	    bench_head(log, BENCH_PARTY "/docket/" BENCH_PEER "x/1", 1);
	struct proof none = { .n = 0 };
	struct span note;

	check_int(bench_sign(bench, log, 0, 9), E_NONE);
	check(keeper_head(bench->keeper, &next, &none, NULL, bench->now, &note,
		  bench->arena, &bench->err) == 0);
	check_int(bench_sign(bench, log, 9, 10), E_KEEPER_EPOCH);
	check_int(bench_sign(bench, log, 9, 9), E_KEEPER_EPOCH);
	require(bench_restart(bench));
	check_int(bench_sign(bench, log, 9, 10), E_KEEPER_EPOCH);
	/* Another reader's log is another matter. */
	check(keeper_head(bench->keeper, &other, &none, NULL, bench->now, &note,
		  bench->arena, &bench->err) == 0);
	bench_close(bench);
}

TEST(no_smaller_head_is_signed_even_of_the_same_log)
{
	struct bench *bench = bench_open(false);
	struct ledger_log *log = bench_log(bench, BENCH_ENTRIES);

	check_int(bench_sign(bench, log, 0, 9), E_NONE);
	check_int(bench_sign(bench, log, 0, 8), E_KEEPER_ROLLBACK);
	check_int(bench_sign(bench, log, 0, 0), E_KEEPER_ROLLBACK);
	require(bench_restart(bench));
	check_int(bench_sign(bench, log, 0, 8), E_KEEPER_ROLLBACK);
	bench_close(bench);
}

TEST(a_larger_head_needs_a_true_proof_from_the_last_one_signed)
{
	struct bench *bench = bench_open(false);
	struct ledger_log *log = bench_log(bench, BENCH_ENTRIES);
	struct ledger_log *fork = bench_log(bench, 5);
	struct checkpoint head = bench_head(log, BENCH_OURS, 12);
	struct proof proof = bench_proof(log, 9, 12);
	struct span note;

	check_int(bench_sign(bench, log, 0, 9), E_NONE);
	check_int(bench_sign(bench, fork, 9, 12), E_PROOF);
	check_int(bench_sign(bench, log, 8, 12), E_PROOF);
	check_int(bench_sign(bench, log, 0, 12), E_PROOF);
	for (size_t i = 0; i < proof.n; i++) {
		struct proof wrong = proof;

		wrong.hashes[i].bytes[31] ^= 1;
		check(keeper_head(bench->keeper, &head, &wrong, NULL,
			  bench->now, &note, bench->arena, &bench->err) == -1);
		check_int(bench->err.code, E_PROOF);
	}
	proof.n--;
	check(keeper_head(bench->keeper, &head, &proof, NULL, bench->now, &note,
		  bench->arena, &bench->err) == -1);
	check_int(bench->err.code, E_PROOF);
	check_int(bench_sign(bench, log, 9, 12), E_NONE);
	bench_close(bench);
}

TEST(the_same_head_is_signed_again)
{
	struct bench *bench = bench_open(false);
	struct ledger_log *log = bench_log(bench, BENCH_ENTRIES);
	struct span first, second;

	check_int(bench_sign(bench, log, 0, 9), E_NONE);
	check_int(bench_sign(bench, log, 9, 9), E_NONE);
	check_int(bench_cosign(bench, log, 0, 4, &first), E_NONE);
	bench->now.s += 300;
	check_int(bench_cosign(bench, log, 4, 4, &second), E_NONE);
	check(!span_is_equal(first, second));
	bench_close(bench);
}

TEST(only_our_own_logs_get_a_head)
{
	static const char *const others[] = { BENCH_THEIRS,
		"cert.east.example/docket/" BENCH_PARTY "/1",
		BENCH_PARTY "/docket/" BENCH_PARTY "/1",
		BENCH_PARTY "/docket/" BENCH_PEER, BENCH_PARTY, "",
		BENCH_PARTY "/docket/" BENCH_PEER "/0",
		BENCH_PARTY "/docket/" BENCH_PEER "/01",
		BENCH_PARTY "/docket/" BENCH_PEER "/1/2",
		BENCH_PARTY "/docket/" BENCH_PEER "/1000000",
		BENCH_PARTY "/docket/" BENCH_PEER "/1\nhead",
		BENCH_PARTY "/docket//1", BENCH_PARTY "/mirror",
		"x" BENCH_PARTY "/docket/" BENCH_PEER "/1 2 3",
		BENCH_PARTY "/dockets/" BENCH_PEER "/1" };
	struct bench *bench = bench_open(false);
	struct ledger_log *log = bench_log(bench, BENCH_ENTRIES);
	struct proof none = { .n = 0 };
	int appends = bench->appends;
	struct span note;

	for (size_t i = 0; i < COUNT_OF(others); i++) {
		struct checkpoint head = bench_head(log, others[i], 3);

		tap_note("%zu", i);
		check(keeper_head(bench->keeper, &head, &none, NULL, bench->now,
			  &note, bench->arena, &bench->err) == -1);
		check_int(bench->err.code, E_KEEPER_ORIGIN);
	}
	check_int(bench->appends, appends);
	bench_close(bench);
}

TEST(the_last_head_is_told_and_is_empty_at_first)
{
	struct bench *bench = bench_open(false);
	struct ledger_log *log = bench_log(bench, BENCH_ENTRIES);
	struct hash root, empty = tree_empty_root();
	uint64_t size = 9;

	require(keeper_last(bench->keeper, span_text(BENCH_OURS), &size, &root,
		    &bench->err) == 0);
	check_int((long long)size, 0);
	check(hash_is_equal(&root, &empty));
	check_int(bench_sign(bench, log, 0, 6), E_NONE);
	require(keeper_last(bench->keeper, span_text(BENCH_OURS), &size, &root,
		    &bench->err) == 0);
	check_int((long long)size, 6);
	check(keeper_last(bench->keeper, span_text("x"), &size, &root,
		  &bench->err) == -1);
	bench_close(bench);
}

TEST(a_cosignature_is_our_mirrors_with_the_time_of_now)
{
	struct bench *bench = bench_open(false);
	struct ledger_log *log = bench_log(bench, BENCH_ENTRIES);
	struct keeper_public keys;
	struct note_key mirror;
	struct note note;
	struct span line, text;

	check_int(bench_cosign(bench, log, 0, 4, &line), E_NONE);
	keeper_public(bench->keeper, &keys, bench->arena);
	require(note_key_parse(&mirror,
		    keeper_key_current(&keys, KEEPER_MIRROR)->bytes,
		    bench->arena, &bench->err) == 0);
	check(span_is_text(mirror.name, BENCH_PARTY "/mirror"));
	text = bench_note(bench, log, BENCH_THEIRS, 4,
	    identity_of(IDENTITY_SOUTH)->log);
	require(note_parse(&note, text, bench->arena, &bench->err) == 0);
	require(note_open_lines(&note, note.text, line, &mirror, 1,
		    bench->arena, &bench->err) == 0);
	check_int((long long)note.n, 1);
	check_int(note.lines[0].at.s, bench->now.s);
	bench_close(bench);
}

TEST(no_two_forks_of_a_peers_log_are_cosigned)
{
	struct bench *bench = bench_open(false);
	struct ledger_log *log = bench_log(bench, BENCH_ENTRIES);
	struct ledger_log *fork = bench_log(bench, 2);
	struct span line;

	check_int(bench_cosign(bench, log, 0, 4, &line), E_NONE);
	check_int(bench_cosign(bench, fork, 4, 4, &line), E_KEEPER_FORK);
	check_int(bench_cosign(bench, fork, 4, 6, &line), E_PROOF);
	check_int(bench_cosign(bench, log, 0, 3, &line), E_KEEPER_ROLLBACK);
	require(bench_restart(bench));
	check_int(bench_cosign(bench, fork, 4, 4, &line), E_KEEPER_FORK);
	check_int(bench_cosign(bench, log, 4, 6, &line), E_NONE);
	bench_close(bench);
}

/* What each note lacks to be cosigned. */
TEST(nothing_is_cosigned_without_the_pinned_peers_signature)
{
	const struct identity *south = identity_of(IDENTITY_SOUTH);
	const struct identity *east = identity_of(IDENTITY_EAST);
	static const char unknown[] =
	    "cert.east.example/docket/" BENCH_PARTY "/1";
	static const char elsewhere[] =
	    BENCH_PEER "/docket/cert.east.example/1";
	const struct {
		const char *origin;
		const struct ed25519_key *key;
		enum error_code want;
	} refused[] = {
		/* clang-format off */
		{ BENCH_THEIRS, east->log,     E_NOTE_SIGNATURE },
		{ BENCH_THEIRS, south->mirror, E_NOTE_SIGNATURE },
		{ unknown,      east->log,     E_KEEPER_ORIGIN },
		{ elsewhere,    south->log,    E_KEEPER_ORIGIN },
		{ BENCH_OURS,   south->log,    E_KEEPER_ORIGIN },
		/* clang-format on */
	};
	struct bench *bench = bench_open(false);
	struct ledger_log *log = bench_log(bench, BENCH_ENTRIES);
	struct proof none = { .n = 0 };
	int appends = bench->appends;
	struct span line;

	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct span note = bench_note(bench, log, refused[i].origin, 4,
		    refused[i].key);

		tap_note("%zu", i);
		check(keeper_cosign(bench->keeper, note, &none, NULL,
			  bench->now, &line, bench->arena, &bench->err) == -1);
		check(bench->err.code == refused[i].want ||
		    (refused[i].want == E_NOTE_SIGNATURE &&
			bench->err.code == E_NOTE_UNSIGNED));
	}
	check(keeper_cosign(bench->keeper, span_text("x"), &none, NULL,
		  bench->now, &line, bench->arena, &bench->err) == -1);
	check_int(bench->appends, appends);
	bench_close(bench);
}

TEST(a_tampered_note_is_not_cosigned_whichever_byte_was_changed)
{
	struct bench *bench = bench_open(false);
	struct ledger_log *log = bench_log(bench, BENCH_ENTRIES);
	struct span note = bench_note(bench, log, BENCH_THEIRS, 4,
	    identity_of(IDENTITY_SOUTH)->log);
	struct proof none = { .n = 0 };
	struct span line;

	for (size_t i = 0; i < note.len; i++) {
		struct span copy = arena_copy(bench->arena, note);

		((uint8_t *)(uintptr_t)copy.ptr)[i] ^= 1;
		check(keeper_cosign(bench->keeper, copy, &none, NULL,
			  bench->now, &line, bench->arena, &bench->err) == -1);
	}
	bench_close(bench);
}

TEST(a_second_log_key_of_a_peer_needs_an_authorisation_of_the_new_card)
{
	const struct identity *east = identity_of(IDENTITY_EAST);
	struct bench *bench = bench_open(false);
	struct hash card = digest_of(span_text("another card"));
	struct span peer = span_text(BENCH_PEER);

	check(keeper_pin_peer(bench->keeper, peer,
		  identity_of(IDENTITY_SOUTH)->log_public, &card, bench->now,
		  &bench->err) == 0);
	card.bytes[0] ^= 1;
	check(keeper_pin_peer(bench->keeper, peer, east->log_public, &card,
		  bench->now, &bench->err) == -1);
	check_int(bench->err.code, E_KEEPER_AUTHORISATION);
	require(keeper_authorise(bench->keeper, &card, bench->now,
		    &bench->err) == 0);
	check(keeper_pin_peer(bench->keeper, peer, east->log_public, &card,
		  bench->now, &bench->err) == 0);
	check(keeper_pin_peer(bench->keeper, span_text(BENCH_PARTY),
		  east->log_public, &card, bench->now, &bench->err) == -1);
	check_int(bench->err.code, E_KEEPER_ORIGIN);
	bench_close(bench);
}
