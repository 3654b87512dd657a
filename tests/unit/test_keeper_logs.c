#include <string.h>

#include "base/encode.h"
#include "keeper/journal.h"
#include "ledger/checkpoint.h"
#include "ledger/note.h"
#include "seal/ed25519.h"
#include "tests/unit/test_keeper_asks.h"

/* The log keys of the keeper, and which of them signs a log. */

#define LATER(epoch) BENCH_PARTY "/docket/" BENCH_PEER "/" #epoch

static struct span
log_key(struct bench *bench, unsigned number)
{
	struct keeper_public keys;

	keeper_public(bench->keeper, &keys, bench->arena);
	for (size_t i = 0; i < keys.n; i++)
		if (keys.keys[i].use == KEEPER_LOG &&
		    keys.keys[i].number == number)
			return keys.keys[i].bytes;
	return span_of(NULL, 0);
}

static unsigned
renew(struct bench *bench)
{
	unsigned number = 0;

	if (keeper_renew(bench->keeper, KEEPER_LOG, bench->now,
		instant_of(IDENTITIES_NOT_AFTER_S), &number, &bench->err) == -1)
		tap_note("%s", bench->err.detail);
	return number;
}

/* Seal the credential that names log key ${number}. */
static enum error_code
name_key(struct bench *bench, unsigned number)
{
	const char *facts = arena_printf(bench->arena,
	    "{\"change\":\"new\",\"use\":\"log\",\"key\":\"%s\"}",
	    encode_base64_text(bench->arena, log_key(bench, number)));
	struct span content = bench_record(bench, "credential",
	    "system-administrator", BENCH_OURS, bench->now, facts);

	check_int(bench_authorise(bench, content), E_NONE);
	return bench_seal(bench, content, NULL);
}

/* The number of the key that signs ${origin} at ${size}; 0: see bench->err. */
static unsigned
signs(struct bench *bench, const char *origin, uint64_t size, unsigned wanted)
{
	struct ledger_log *log = bench_log(bench, BENCH_ENTRIES);
	struct checkpoint head = bench_head(log, origin, size), got;
	struct proof none = { .n = 0 };
	struct span note, key = log_key(bench, wanted);

	if (keeper_head(bench->keeper, &head, &none,
		wanted == 0 ? NULL : key.ptr, bench->now, &note, bench->arena,
		&bench->err) == -1)
		return 0;
	for (unsigned number = 1; (key = log_key(bench, number)).len > 0;
	     number++) {
		struct note *opened =
		    arena_alloc(bench->arena, sizeof(*opened));
		struct note_key vkey =
		    note_key_of(NOTE_KEY_LOG, span_text(origin), key.ptr);

		if (checkpoint_open(&got, opened, note, &vkey, NULL, 0,
			bench->arena, &bench->err) == 0)
			return number;
	}
	return 0;
}

TEST(a_named_log_key_signs_the_next_log_and_never_the_one_before)
{
	struct bench *bench = bench_open(false);

	check_int(signs(bench, BENCH_OURS, 3, 0), 1);
	check_int(renew(bench), 2);
	check_int(renew(bench), 2);
	check_int(name_key(bench, 2), E_NONE);
	check_int(signs(bench, BENCH_OURS, 3, 0), 1);
	check_int(signs(bench, BENCH_OURS, 3, 2), 0);
	check_int(bench->err.code, E_KEY);
	check_int(signs(bench, LATER(2), 1, 0), 2);
	check_int(signs(bench, LATER(2), 1, 1), 0);
	check_int(bench->err.code, E_KEY);
	check_int(signs(bench, BENCH_OURS, 3, 1), 0);
	check_int(bench->err.code, E_KEEPER_EPOCH);
	bench_close(bench);
}

TEST(the_key_of_a_log_is_kept_over_a_start_and_a_journal_made_short)
{
	struct bench *bench = bench_open(false);

	check_int(signs(bench, BENCH_OURS, 3, 0), 1);
	check_int(renew(bench), 2);
	check_int(name_key(bench, 2), E_NONE);
	check_int(signs(bench, LATER(2), 1, 0), 2);
	check_int(renew(bench), 3);
	check_int(name_key(bench, 3), E_NONE);
	require(bench_restart(bench));
	check_int(signs(bench, LATER(2), 1, 0), 2);
	/* Each append is more than is allowed: it is written anew. */
	bench->ops.compact = 1;
	require(bench_restart(bench));
	check_int(signs(bench, LATER(2), 1, 0), 2);
	check(bench->replaces > 1);
	require(bench_restart(bench));
	check_int(signs(bench, LATER(2), 1, 0), 2);
	check_int(signs(bench, LATER(3), 1, 0), 3);
	bench_close(bench);
}

TEST(a_key_that_was_named_but_lost_again_need_not_sign_the_next_log)
{
	struct bench *bench = bench_open(false);

	check_int(signs(bench, BENCH_OURS, 3, 0), 1);
	check_int(renew(bench), 2);
	check_int(signs(bench, LATER(2), 1, 2), 0);
	check_int(bench->err.code, E_KEY);
	check_int(name_key(bench, 2), E_NONE);
	check_int(signs(bench, LATER(2), 1, 1), 1);
	check_int(signs(bench, LATER(3), 1, 2), 2);
	check_int(signs(bench, LATER(4), 1, 1), 0);
	check_int(bench->err.code, E_KEY);
	bench_close(bench);
}

TEST(a_first_log_is_not_signed_with_a_key_that_only_a_credential_names)
{
	struct bench *bench = bench_open(false);

	check_int(renew(bench), 2);
	check_int(name_key(bench, 2), E_NONE);
	check_int(signs(bench, BENCH_OURS, 3, 2), 0);
	check_int(bench->err.code, E_KEY);
	check_int(signs(bench, BENCH_OURS, 3, 0), 1);
	bench_close(bench);
}

struct older {
	struct buf out;
	struct journal_chain chain;
	struct arena *arena;
};

/* A line as it was written before there were several log keys. */
static int
write_older(void *ctx, const struct journal_line *line,
    struct error *err UNUSED)
{
	struct older *older = ctx;
	struct buf text;

	if (span_is_text(line->words[0], "key") &&
	    span_is_text(line->words[1], "log"))
		return 0;
	buf_init(&text, JOURNAL_LINE_MAX);
	for (size_t i = 0; i < line->n; i++) {
		bool is_began = span_is_text(line->words[0], "began");

		if (is_began && i == 5)
			continue;
		if (i > 0)
			buf_u8(&text, ' ');
		buf_add(&text,
		    is_began && i == 0 ? span_text("head") : line->words[i]);
	}
	journal_write(&older->out, &older->chain, buf_span(&text));
	buf_clear(&text);
	return 0;
}

TEST(a_journal_from_before_there_were_several_log_keys_has_the_first)
{
	struct bench *bench = bench_open(false);
	struct older older = { .chain = { { { 0 } } } };
	struct journal_chain chain = { { { 0 } } };
	bool is_torn;

	check_int(signs(bench, BENCH_OURS, 3, 0), 1);
	buf_init(&older.out, JOURNAL_SIZE_MAX);
	require(journal_read(buf_span(&bench->journal), &chain, &is_torn,
		    write_older, &older, &bench->err) == 0);
	check(older.out.len < bench->journal.len);
	buf_clear(&bench->journal);
	bench->journal = older.out;
	require(bench_restart(bench));
	check_int(signs(bench, BENCH_OURS, 3, 0), 1);
	check_int(signs(bench, BENCH_OURS, 3, 1), 1);
	check_int(renew(bench), 2);
	check_int(name_key(bench, 2), E_NONE);
	check_int(signs(bench, LATER(2), 1, 0), 2);
	require(bench_restart(bench));
	check_int(signs(bench, LATER(2), 1, 0), 2);
	bench_close(bench);
}
