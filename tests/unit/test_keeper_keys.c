#include <string.h>

#include "base/encode.h"
#include "formats/card.h"
#include "seal/certificate.h"
#include "seal/seal.h"
#include "tests/unit/test_keeper_asks.h"

static struct keeper_public
keys_of(struct bench *bench)
{
	struct keeper_public keys;

	keeper_public(bench->keeper, &keys, bench->arena);
	return keys;
}

/* The bytes of key ${number}. */
static struct span
key_bytes(struct bench *bench, enum keeper_use use, unsigned number)
{
	struct keeper_public keys = keys_of(bench);

	for (size_t i = 0; i < keys.n; i++)
		if (keys.keys[i].use == use && keys.keys[i].number == number)
			return keys.keys[i].bytes;
	return span_of(NULL, 0);
}

/* The number of the seal key that sealed ${der}, or 0. */
static unsigned
sealer(struct bench *bench, struct span der)
{
	struct keeper_public keys = keys_of(bench);

	for (size_t i = 0; i < keys.n; i++) {
		struct certificate *certificate = NULL;
		struct sealed got = { .at = { 0 } };
		bool is_it;

		if (keys.keys[i].use != KEEPER_SEAL)
			continue;
		if (certificate_parse(&certificate, keys.keys[i].bytes,
			&bench->err) == -1)
			return 0;
		is_it = seal_open(&got, der, certificate, bench->arena,
			    &bench->err) == 0;
		certificate_free(certificate);
		if (is_it)
			return keys.keys[i].number;
	}
	return 0;
}

static unsigned
renew(struct bench *bench, enum keeper_use use)
{
	unsigned number = 0;

	if (keeper_renew(bench->keeper, use, bench->now,
		instant_of(IDENTITIES_NOT_AFTER_S), &number, &bench->err) == -1)
		tap_note("%s", bench->err.detail);
	return number;
}

/* The credential for key ${number}, authorised, for the log ${origin}. */
static struct span
credential(struct bench *bench, const char *origin, enum keeper_use use,
    unsigned number)
{
	struct span bytes = key_bytes(bench, use, number);
	const char *facts, *text;
	struct span content;

	bool is_key = use == KEEPER_MIRROR || use == KEEPER_LOG;

	if (use == KEEPER_MIRROR)
		text = arena_text(bench->arena, bytes);
	else
		text = encode_base64_text(bench->arena, bytes);
	facts = arena_printf(bench->arena,
	    "{\"change\":\"new\",\"use\":\"%s\",\"%s\":\"%s\"}",
	    keeper_use_name(use), is_key ? "key" : "certificate", text);
	content = bench_record(bench, "credential", "system-administrator",
	    origin, bench->now, facts);
	check_int(bench_authorise(bench, content), E_NONE);
	return content;
}

static void
mirror_key(struct bench *bench, unsigned number, uint8_t out[NOTE_PUBLIC_BYTES])
{
	struct note_key key;

	if (note_key_parse(&key, key_bytes(bench, KEEPER_MIRROR, number),
		bench->arena, &bench->err) == -1)
		mem_die(bench->err.detail);
	memcpy(out, key.public_key, NOTE_PUBLIC_BYTES);
}

/* The key that seals an automatic record for the log ${origin}. */
static unsigned
in_force(struct bench *bench, const char *origin)
{
	struct span der;

	if (bench_seal(bench, bench_refusal(bench, origin, bench->now), &der) !=
	    E_NONE)
		return 0;
	return sealer(bench, der);
}

TEST(what_is_made_at_first_can_be_opened_and_shown)
{
	struct bench *bench = bench_open(true);
	struct keeper_public keys = keys_of(bench);

	check(span_is_text(keys.party, BENCH_PARTY));
	check(span_is_text(keys.country, "XN"));
	check(keys.is_exercise);
	check_int((long long)keys.n, KEEPER_USE_COUNT);
	for (int i = 0; i < KEEPER_USE_COUNT; i++) {
		enum keeper_use use = (enum keeper_use)i;
		const struct keeper_key_public *key =
		    keeper_key_current(&keys, use);

		require(key != NULL);
		check_int(key->number, 1);
		check(key->bytes.len > 0);
		check(keeper_key_newest(&keys, use) == key);
	}
	bench_close(bench);
}

TEST(keys_are_never_made_where_there_are_some)
{
	struct bench *bench = bench_open(false);
	struct keeper_holder holder = bench_holder(false);

	check(keeper_create(&bench->ops, &holder, &bench->err) == -1);
	check_int(bench->err.code, E_KEEPER_EXISTS);
	buf_clear(&bench->journal);
	buf_init(&bench->journal, 100);
	check(keeper_create(&bench->ops, &holder, &bench->err) == -1);
	check_int(bench->err.code, E_KEEPER_EXISTS);
	bench_close(bench);
}

TEST(keys_are_made_only_for_a_party_with_a_name_and_a_country)
{
	static const char *const holders[][2] = { { "North", "XN" },
		{ "", "XN" }, { BENCH_PARTY, "xn" }, { BENCH_PARTY, "X" },
		{ BENCH_PARTY, NULL }, { "a b.example", "XN" } };

	for (size_t i = 0; i < COUNT_OF(holders); i++) {
		struct bench *bench = bench_new();
		struct keeper_holder holder = bench_holder(false);

		holder.party = holders[i][0];
		holder.country = holders[i][1];
		tap_note("%zu", i);
		check(keeper_create(&bench->ops, &holder, &bench->err) == -1);
		check_int(bench->err.code, E_CARD);
		check_int((long long)bench->journal.len, 0);
		bench_close(bench);
	}
}

TEST(a_new_seal_key_is_in_force_once_the_old_one_has_sealed_its_credential)
{
	struct bench *bench = bench_open(false);
	struct span der;

	check_int(renew(bench, KEEPER_SEAL), 2);
	check_int(in_force(bench, BENCH_OURS), 1);
	require(bench_seal(bench, credential(bench, BENCH_OURS, KEEPER_SEAL, 2),
		    &der) == E_NONE);
	check_int(sealer(bench, der), 1);
	check_int(in_force(bench, BENCH_OURS), 2);
	require(bench_restart(bench));
	check_int(in_force(bench, BENCH_OURS), 2);
	check_int(renew(bench, KEEPER_SEAL), 3);
	bench_close(bench);
}

TEST(a_credential_that_got_lost_is_sealed_with_the_old_key_again)
{
	struct bench *bench = bench_open(false);
	struct span der;

	check_int(renew(bench, KEEPER_SEAL), 2);
	for (int i = 0; i < 3; i++) {
		struct span content =
		    credential(bench, BENCH_OURS, KEEPER_SEAL, 2);

		require(bench_seal(bench, content, &der) == E_NONE);
		check_int(sealer(bench, der), 1);
		check_int(in_force(bench, BENCH_OURS), 2);
	}
	bench_close(bench);
}

TEST(each_peer_changes_to_the_new_key_by_itself)
{
	static const char east[] = BENCH_PARTY "/docket/cert.east.example/1";
	struct bench *bench = bench_open(false);

	check_int(renew(bench, KEEPER_SEAL), 2);
	check_int(bench_seal(bench,
		      credential(bench, BENCH_OURS, KEEPER_SEAL, 2), NULL),
	    E_NONE);
	check_int(in_force(bench, BENCH_OURS), 2);
	check_int(in_force(bench, east), 1);
	check_int(bench_seal(bench, credential(bench, east, KEEPER_SEAL, 2),
		      NULL),
	    E_NONE);
	check_int(in_force(bench, east), 2);
	bench_close(bench);
}

TEST(a_credential_needs_an_operator_and_a_key_that_is_here)
{
	struct bench *bench = bench_open(false);
	struct span content, der;

	check_int(renew(bench, KEEPER_SEAL), 2);
	content = credential(bench, BENCH_OURS, KEEPER_SEAL, 2);
	require(bench_restart(bench));
	check_int(bench_seal(bench, content, NULL), E_KEEPER_AUTHORISATION);
	check_int(in_force(bench, BENCH_OURS), 1);
	content = credential(bench, BENCH_OURS, KEEPER_ENCRYPTION, 1);
	require(bench_seal(bench, content, &der) == E_NONE);
	content = bench_record(bench, "credential", "system-administrator",
	    BENCH_OURS, bench->now,
	    "{\"change\":\"new\",\"use\":\"seal\",\"certificate\":\"AAAA\"}");
	check_int(bench_authorise(bench, content), E_NONE);
	check_int(bench_seal(bench, content, NULL), E_KEY);
	bench_close(bench);
}

TEST(a_new_mirror_key_cosigns_once_it_is_asked_for_and_no_older_one_then)
{
	struct bench *bench = bench_open(false);
	struct ledger_log *log = bench_log(bench, BENCH_ENTRIES);
	uint8_t old[NOTE_PUBLIC_BYTES], new[NOTE_PUBLIC_BYTES];
	static const uint8_t none[NOTE_PUBLIC_BYTES] = { 1 };
	struct span first, second, third;

	check_int(bench_cosign(bench, log, 0, 4, &first), E_NONE);
	check_int(renew(bench, KEEPER_MIRROR), 2);
	check_int(bench_cosign(bench, log, 4, 4, &second), E_NONE);
	check(span_is_equal(first, second));
	check_int(bench_seal(bench,
		      credential(bench, BENCH_OURS, KEEPER_MIRROR, 2), NULL),
	    E_NONE);
	/* The peer is still to learn of it. */
	check_int(bench_cosign(bench, log, 4, 4, &third), E_NONE);
	check(span_is_equal(first, third));
	check_int(renew(bench, KEEPER_MIRROR), 3);
	mirror_key(bench, 1, old);
	mirror_key(bench, 2, new);
	check_int(bench_cosign_by(bench, log, 4, 4, old, &third), E_NONE);
	check(span_is_equal(first, third));
	check_int(bench_cosign_by(bench, log, 4, 4, new, &third), E_NONE);
	check(!span_is_equal(first, third));
	check_int(bench_cosign_by(bench, log, 4, 4, old, &second), E_KEY);
	require(bench_restart(bench));
	check_int(bench_cosign(bench, log, 4, 4, &second), E_NONE);
	check(span_is_equal(second, third));
	check_int(bench_cosign_by(bench, log, 4, 4, old, &second), E_KEY);
	check_int(bench_cosign_by(bench, log, 4, 4, none, &second), E_KEY);
	bench_close(bench);
}

TEST(a_key_that_waits_for_its_credential_is_not_made_twice)
{
	struct bench *bench = bench_open(false);

	for (int i = 0; i < KEEPER_USE_COUNT; i++) {
		check_int(renew(bench, (enum keeper_use)i), 2);
		check_int(renew(bench, (enum keeper_use)i), 2);
	}
	check_int((long long)keys_of(bench).n, 2 * KEEPER_USE_COUNT);
	require(bench_restart(bench));
	check_int(renew(bench, KEEPER_SEAL), 2);
	bench_close(bench);
}

TEST(a_key_whose_line_could_not_be_written_was_never_there)
{
	struct bench *bench = bench_open(false);

	bench->is_full = true;
	check_int(renew(bench, KEEPER_SEAL), 0);
	check_int(bench->err.code, E_DISK_FULL);
	bench->is_full = false;
	check_int((long long)keys_of(bench).n, KEEPER_USE_COUNT);
	check_int(renew(bench, KEEPER_SEAL), 2);
	require(bench_restart(bench));
	check_int((long long)keys_of(bench).n, KEEPER_USE_COUNT + 1);
	bench_close(bench);
}

/* The content of our card with the keys made last. */
static struct span
card_content(struct bench *bench)
{
	struct keeper_public keys = keys_of(bench);
	struct card card = {
		.party = keys.party,
		.country = keys.country,
		.endpoints = { span_text("https://node.north.example:4590") },
		.endpoints_n = 1,
		.mirror = keeper_key_newest(&keys, KEEPER_MIRROR)->bytes,
		.seal = keeper_key_newest(&keys, KEEPER_SEAL)->bytes,
		.encryption =
		    keeper_key_newest(&keys, KEEPER_ENCRYPTION)->bytes,
		.tls = { digest_of(span_text("tls")) },
		.tls_n = 1,
		.is_exercise = keys.is_exercise,
		.at = bench->now,
	};
	struct span content;
	struct buf out;

	memcpy(card.log, keys.log, sizeof(card.log));
	buf_init(&out, CARD_CONTENT_MAX);
	if (card_write(&out, &card, &bench->err) == -1)
		mem_die(bench->err.detail);
	content = arena_copy(bench->arena, buf_span(&out));
	buf_clear(&out);
	return content;
}

static enum error_code
seal_card(struct bench *bench, struct span content, struct span *der)
{
	*der = span_of(NULL, 0);
	return keeper_seal_card(bench->keeper, content, bench->now, der,
		   bench->arena, &bench->err) == -1 ?
	    bench->err.code :
	    E_NONE;
}

TEST(the_first_card_is_sealed_and_the_next_one_needs_an_operator)
{
	struct bench *bench = bench_open(false);
	struct span der, content;

	check_int(seal_card(bench, card_content(bench), &der), E_NONE);
	check_int(sealer(bench, der), 1);
	bench->now.s++;
	check_int(seal_card(bench, card_content(bench), &der),
	    E_KEEPER_AUTHORISATION);
	require(bench_restart(bench));
	content = card_content(bench);
	check_int(seal_card(bench, content, &der), E_KEEPER_AUTHORISATION);
	check_int(bench_authorise(bench, content), E_NONE);
	check_int(seal_card(bench, content, &der), E_NONE);
	check_int(seal_card(bench, content, &der), E_KEEPER_AUTHORISATION);
	bench_close(bench);
}

TEST(a_card_that_names_keys_from_elsewhere_is_not_sealed)
{
	struct bench *bench = bench_open(false);
	struct bench *other = bench_new();
	struct keeper_holder holder = bench_holder(false);
	struct span der;

	other->seed = 100;
	require(keeper_create(&other->ops, &holder, &other->err) == 0);
	require(bench_restart(other));
	check_int(seal_card(bench, card_content(other), &der), E_KEY);
	bench_close(other);
	bench_close(bench);
}

TEST(a_new_card_makes_its_keys_current_and_an_opening_begins_with_them)
{
	static const char east[] = BENCH_PARTY "/docket/cert.east.example/1";
	static const char cards[] =
	    "{\"cards\":[\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495"
	    "991b7852b855\",\"03b0c44298fc1c149afbf4c8996fb92427ae41e4649b934c"
	    "a495991b7852b855\"]}";
	struct bench *bench = bench_open(false);
	struct keeper_public keys;
	struct span der, opening, card;

	check_int(renew(bench, KEEPER_SEAL), 2);
	check_int(seal_card(bench, card_content(bench), &card), E_NONE);
	check_int(sealer(bench, card), 2);
	keys = keys_of(bench);
	check_int(keeper_key_current(&keys, KEEPER_SEAL)->number, 2);
	check_int(in_force(bench, BENCH_OURS), 1);
	opening = bench_record(bench, "opening", "system-administrator", east,
	    bench->now, cards);
	check_int(bench_authorise(bench, opening), E_NONE);
	require(bench_seal(bench, opening, &der) == E_NONE);
	check_int(sealer(bench, der), 2);
	require(bench_restart(bench));
	check_int(in_force(bench, east), 2);
	check_int(in_force(bench, BENCH_OURS), 1);
	bench_close(bench);
}
