#include "keeper/local.h"
#include "seal/certificate.h"
#include "seal/seal.h"
#include "tests/unit/test_keeper_asks.h"

/* Does the current seal certificate of the keeper verify ${der}? */
static bool
is_sealed(struct bench *bench, struct span der, struct span content)
{
	struct certificate *certificate = NULL;
	struct keeper_public keys;
	struct sealed got = { .at = { 0 } };
	bool is_good;

	keeper_public(bench->keeper, &keys, bench->arena);
	if (certificate_parse(&certificate,
		keeper_key_current(&keys, KEEPER_SEAL)->bytes,
		&bench->err) == -1)
		return false;
	is_good =
	    seal_open(&got, der, certificate, bench->arena, &bench->err) == 0 &&
	    span_is_equal(got.content, content);
	certificate_free(certificate);
	return is_good;
}

TEST(a_letter_is_sealed_once_for_each_authorisation)
{
	struct bench *bench = bench_open(false);
	struct span letter = bench_letter(bench, "other"), sealed;

	check_int(bench_seal(bench, letter, NULL), E_KEEPER_AUTHORISATION);
	check_int(bench_authorise(bench, letter), E_NONE);
	require(bench_seal(bench, letter, &sealed) == E_NONE);
	check(is_sealed(bench, sealed, letter));
	check_int(bench_seal(bench, letter, NULL), E_KEEPER_AUTHORISATION);
	bench_close(bench);
}

TEST(authorising_a_letter_twice_still_seals_it_once)
{
	struct bench *bench = bench_open(false);
	struct span letter = bench_letter(bench, "other");

	check_int(bench_authorise(bench, letter), E_NONE);
	check_int(bench_authorise(bench, letter), E_NONE);
	check_int(bench_seal(bench, letter, NULL), E_NONE);
	check_int(bench_seal(bench, letter, NULL), E_KEEPER_AUTHORISATION);
	bench_close(bench);
}

TEST(an_authorisation_is_for_one_content_and_no_other)
{
	struct bench *bench = bench_open(false);
	struct span letter = bench_letter(bench, "other");
	struct span second = bench_letter(bench, "elections");

	check_int(bench_authorise(bench, letter), E_NONE);
	check_int(bench_seal(bench, second, NULL), E_KEEPER_AUTHORISATION);
	check_int(bench_seal(bench, letter, NULL), E_NONE);
	bench_close(bench);
}

TEST(an_authorisation_ends_after_ten_minutes)
{
	struct bench *bench = bench_open(false);
	struct instant start = bench->now;
	struct span letter;

	/* The letter's own time is as old: a later one, authorised early. */
	bench->now.s = start.s + KEEPER_GRANT_S;
	letter = bench_letter(bench, "other");
	bench->now = start;
	check_int(bench_authorise(bench, letter), E_NONE);
	bench->now.s = start.s + KEEPER_GRANT_S + 1;
	check_int(bench_seal(bench, letter, NULL), E_KEEPER_AUTHORISATION);
	bench->now.s--;
	check_int(bench_seal(bench, letter, NULL), E_NONE);
	bench_close(bench);
}

TEST(authorisations_do_not_outlive_a_restart)
{
	struct bench *bench = bench_open(false);
	struct span letter = bench_letter(bench, "other");

	check_int(bench_authorise(bench, letter), E_NONE);
	require(bench_restart(bench));
	check_int(bench_seal(bench, letter, NULL), E_KEEPER_AUTHORISATION);
	bench_close(bench);
}

TEST(only_so_many_authorisations_wait_and_old_ones_make_room)
{
	struct bench *bench = bench_open(false);
	struct hash digest = digest_of(span_text("x"));

	for (size_t i = 0; i < KEEPER_GRANTS_MAX; i++) {
		digest.bytes[0] = (uint8_t)i;
		check(keeper_authorise(bench->keeper, &digest, bench->now,
			  &bench->err) == 0);
	}
	digest.bytes[0] = 200;
	check(keeper_authorise(bench->keeper, &digest, bench->now,
		  &bench->err) == -1);
	check_int(bench->err.code, E_BUSY);
	bench->now.s += KEEPER_GRANT_S + 1;
	check(keeper_authorise(bench->keeper, &digest, bench->now,
		  &bench->err) == 0);
	bench_close(bench);
}

TEST(an_automatic_record_is_sealed_without_an_operator)
{
	struct bench *bench = bench_open(false);
	struct span refusal = bench_refusal(bench, BENCH_OURS, bench->now);
	struct span sealed;

	require(bench_seal(bench, refusal, &sealed) == E_NONE);
	check(is_sealed(bench, sealed, refusal));
	bench_close(bench);
}

TEST(no_record_is_sealed_for_another_log)
{
	static const char *const others[] = { BENCH_THEIRS,
		"cert.east.example/docket/" BENCH_PEER "/1", "x",
		BENCH_PARTY "/docket/" BENCH_PEER "/one" };
	struct bench *bench = bench_open(false);

	for (size_t i = 0; i < COUNT_OF(others); i++) {
		struct span refusal =
		    bench_refusal(bench, others[i], bench->now);

		tap_note("%s", others[i]);
		check_int(bench_authorise(bench, refusal), E_NONE);
		check_int(bench_seal(bench, refusal, NULL), E_KEEPER_ORIGIN);
	}
	bench_close(bench);
}

TEST(no_record_is_sealed_whose_time_is_more_than_a_minute_from_now)
{
	static const struct {
		int64_t off;
		enum error_code want;
	} times[] = { { -61, E_KEEPER_CLOCK }, { -60, E_NONE }, { 60, E_NONE },
		{ 61, E_KEEPER_CLOCK }, { -86400 * 365, E_KEEPER_CLOCK } };
	struct bench *bench = bench_open(false);

	for (size_t i = 0; i < COUNT_OF(times); i++) {
		struct instant at =
		    instant_add(bench->now, period_of(times[i].off));

		tap_note("%jd s", (intmax_t)times[i].off);
		check_int(bench_seal(bench,
			      bench_refusal(bench, BENCH_OURS, at), NULL),
		    times[i].want);
	}
	bench_close(bench);
}

TEST(what_is_no_record_is_not_sealed_even_if_authorised)
{
	static const char *const texts[] = { "", "{}", "pay the bearer",
		"{\"v\":1,\"kind\":\"request\"}" };
	struct bench *bench = bench_open(false);
	struct span large = { arena_alloc(bench->arena, 1 << 20), 1 << 20 };

	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		check_int(bench_authorise(bench, span_text(texts[i])), E_NONE);
		check(bench_seal(bench, span_text(texts[i]), NULL) != E_NONE);
	}
	check_int(bench_seal(bench, large, NULL), E_SEAL_TOO_LARGE);
	bench_close(bench);
}

TEST(an_operators_kind_cannot_pass_as_the_nodes)
{
	struct bench *bench = bench_open(false);
	struct span letter = bench_record(bench, "report", "node", BENCH_OURS,
	    bench->now, "{\"topic\":\"other\"}");

	check_int(bench_seal(bench, letter, NULL), E_RECORD_MEMBER);
	bench_close(bench);
}

static struct instant
read_now(void *ctx)
{
	struct bench *bench = ctx;

	return bench->now;
}

TEST(the_signer_of_a_keeper_in_the_same_process_asks_the_clock_given_to_it)
{
	struct bench *bench = bench_open(false);
	struct keeper_local local = { bench->keeper, read_now, bench };
	struct signer signer = keeper_signer(&local);
	struct ledger_log *log = bench_log(bench, BENCH_ENTRIES);
	struct checkpoint head = bench_head(log, BENCH_OURS, 3);
	struct proof none = { .n = 0 };
	struct instant at;
	struct span out;
	struct hash root;
	uint64_t size;

	check(signer.head(signer.ctx, &head, &none, NULL, &out, bench->arena,
		  &bench->err) == 0);
	require(signer.last(signer.ctx, span_text(BENCH_OURS), &size, &root,
		    &bench->err) == 0);
	check_int((long long)size, 3);
	require(signer.cosign(signer.ctx,
		    bench_note(bench, log, BENCH_THEIRS, 4,
			identity_of(IDENTITY_SOUTH)->log),
		    &none, NULL, &out, &at, bench->arena, &bench->err) == 0);
	check_int(at.s, bench->now.s);
	check(signer.seal(signer.ctx,
		  bench_refusal(bench, BENCH_OURS, bench->now), NULL, &out,
		  bench->arena, &bench->err) == 0);
	check(signer.seal(signer.ctx, bench_letter(bench, "other"), NULL, &out,
		  bench->arena, &bench->err) == -1);
	bench_close(bench);
}
