#include "tests/unit/test_keeper_asks.h"

/* What the keeper says it signed last. */
static uint64_t
last_size(struct bench *bench)
{
	struct hash root;
	uint64_t size;

	if (keeper_last(bench->keeper, span_text(BENCH_OURS), &size, &root,
		&bench->err) == -1)
		mem_die(bench->err.detail);
	return size;
}

/* Put ${bytes} in place of the journal. */
static void
set_journal(struct bench *bench, struct span bytes)
{
	buf_clear(&bench->journal);
	buf_init(&bench->journal, (size_t)1 << 24);
	buf_add(&bench->journal, bytes);
}

/* The line of the head of ${size}, that was the last to be written. */
static size_t
line_length(struct bench *bench, struct ledger_log *log, uint64_t size)
{
	size_t before = bench->journal.len;

	if (bench_sign(bench, log, size - 1, size) != E_NONE)
		mem_die(bench->err.detail);
	return bench->journal.len - before;
}

TEST(a_write_cut_at_any_byte_leaves_the_old_state_or_the_new)
{
	struct bench *bench = bench_open(false);
	struct ledger_log *log = bench_log(bench, BENCH_ENTRIES);
	struct ledger_log *fork = bench_log(bench, 5);
	struct span before;
	size_t length;

	check_int(bench_sign(bench, log, 0, 7), E_NONE);
	length = line_length(bench, log, 8);
	before = arena_copy(bench->arena, buf_span(&bench->journal));
	for (size_t n = 0; n <= length; n++) {
		set_journal(bench, before);
		require(bench_restart(bench));
		bench->is_full = true;
		bench->torn = n;
		check_int(bench_sign(bench, log, 8, 9), E_DISK_FULL);
		check_int((long long)last_size(bench), 8);
		bench->is_full = false;

		require(bench_restart(bench));
		check_int((long long)last_size(bench), n == length ? 9 : 8);
		check_int(bench_sign(bench, fork, 8, 8),
		    n == length ? E_KEEPER_ROLLBACK : E_KEEPER_FORK);
		check_int(bench_sign(bench, log, last_size(bench), 10), E_NONE);
		require(bench_restart(bench));
		check_int((long long)last_size(bench), 10);
	}
	bench_close(bench);
}

TEST(after_a_write_that_failed_the_journal_is_written_anew)
{
	struct bench *bench = bench_open(false);
	struct ledger_log *log = bench_log(bench, BENCH_ENTRIES);
	int replaces = bench->replaces;

	check_int(bench_sign(bench, log, 0, 7), E_NONE);
	bench->is_full = true;
	bench->torn = 20;
	check_int(bench_sign(bench, log, 7, 8), E_DISK_FULL);
	check_int(bench_sign(bench, log, 7, 8), E_DISK_FULL);
	bench->is_full = false;
	check_int(bench_sign(bench, log, 7, 9), E_NONE);
	check_int(bench->replaces, replaces + 2);
	require(bench_restart(bench));
	check_int((long long)last_size(bench), 9);
	bench_close(bench);
}

TEST(nothing_is_signed_that_is_not_written_down_first)
{
	struct bench *bench = bench_open(false);
	struct ledger_log *log = bench_log(bench, BENCH_ENTRIES);
	struct span line = { NULL, 0 };

	bench->is_full = true;
	check_int(bench_sign(bench, log, 0, 7), E_DISK_FULL);
	check_int(bench_cosign(bench, log, 0, 7, &line), E_DISK_FULL);
	check_int((long long)line.len, 0);
	bench_close(bench);
}

TEST(a_journal_with_any_byte_changed_is_not_believed)
{
	struct bench *bench = bench_open(false);
	struct ledger_log *log = bench_log(bench, BENCH_ENTRIES);
	struct span good;

	check_int(bench_sign(bench, log, 0, 7), E_NONE);
	check_int(bench_sign(bench, log, 7, 9), E_NONE);
	good = arena_copy(bench->arena, buf_span(&bench->journal));
	/* Without its last byte, the LF, the last line was never finished. */
	for (size_t i = 0; i + 1 < good.len; i++) {
		set_journal(bench, good);
		bench->journal.ptr[i] ^= 1;
		check(!bench_restart(bench));
		check_int(bench->err.code, E_KEEPER_JOURNAL);
	}
	bench_close(bench);
}

TEST(a_journal_with_a_line_lost_or_doubled_is_not_believed)
{
	struct bench *bench = bench_open(false);
	struct ledger_log *log = bench_log(bench, BENCH_ENTRIES);
	struct span good, rest;

	check_int(bench_sign(bench, log, 0, 7), E_NONE);
	check_int(bench_sign(bench, log, 7, 9), E_NONE);
	good = arena_copy(bench->arena, buf_span(&bench->journal));
	rest = good;
	while (rest.len > 0) {
		struct span head = { good.ptr, good.len - rest.len };
		size_t line = span_find(rest, '\n') + 1;

		if (line < rest.len) {
			set_journal(bench, head);
			buf_add(&bench->journal, span_skip(rest, line));
			check(!bench_restart(bench));
			check_int(bench->err.code, E_KEEPER_JOURNAL);
		}
		set_journal(bench, head);
		buf_add(&bench->journal, span_of(rest.ptr, line));
		buf_add(&bench->journal, rest);
		check(!bench_restart(bench));
		rest = span_skip(rest, line);
	}
	set_journal(bench, good);
	check(bench_restart(bench));
	bench_close(bench);
}

TEST(a_keeper_without_its_journal_does_not_start)
{
	struct bench *bench = bench_open(false);

	set_journal(bench, span_of(NULL, 0));
	check(!bench_restart(bench));
	check_int(bench->err.code, E_KEEPER_JOURNAL);
	bench_close(bench);
}

TEST(the_journal_of_another_party_is_refused)
{
	struct bench *bench = bench_open(false);
	struct keeper *other = NULL;

	check(keeper_open(&other, &bench->ops, BENCH_PEER, &bench->err) == -1);
	check_int(bench->err.code, E_KEEPER_JOURNAL);
	check(other == NULL);
	bench_close(bench);
}

TEST(a_long_journal_is_written_anew_and_says_the_same)
{
	struct bench *bench = bench_open(false);
	struct ledger_log *log = bench_log(bench, BENCH_ENTRIES);
	struct span line;
	size_t largest = 0;

	bench->ops.compact = 4096;
	require(bench_restart(bench));
	check_int(bench_cosign(bench, log, 0, 5, &line), E_NONE);
	check_int(bench_sign(bench, log, 0, 1), E_NONE);
	for (int i = 0; i < 200; i++) {
		check_int(bench_sign(bench, log, 1, 1), E_NONE);
		if (bench->journal.len > largest)
			largest = bench->journal.len;
	}
	check(largest < 6000);
	check(bench->replaces > 2);
	require(bench_restart(bench));
	check_int((long long)last_size(bench), 1);
	check_int(bench_cosign(bench, log, 0, 4, &line), E_KEEPER_ROLLBACK);
	check_int(bench_cosign(bench, log, 5, 9, &line), E_NONE);
	bench_close(bench);
}

TEST(the_journal_is_text_with_one_line_a_head)
{
	struct bench *bench = bench_open(false);
	struct ledger_log *log = bench_log(bench, BENCH_ENTRIES);
	struct span journal, last;

	check_int(bench_sign(bench, log, 0, 7), E_NONE);
	journal = buf_span(&bench->journal);
	check(span_has_prefix(journal,
	    span_text("keeper " BENCH_PARTY " XN real ")));
	for (last = journal; span_find(last, '\n') + 1 < last.len;)
		last = span_skip(last, span_find(last, '\n') + 1);
	check(span_has_prefix(last, span_text("head " BENCH_OURS " 7 ")));
	bench_close(bench);
}
