#include "base/error.h"
#include "seal/digest.h"
#include "store/delivery.h"
#include "store/head.h"
#include "store/log.h"
#include "store/party.h"
#include "store/quote.h"
#include "store/setting.h"
#include "tests/lab.h"
#include "tests/support/storelab.h"
#include "tests/tap.h"

#define check_span(got, want) \
	check_mem((got).ptr, (got).len, (want).ptr, (want).len)

static struct storelab lab;

static struct store *
fresh(void)
{
	struct error err;

	storelab_close(&lab);
	storelab_open(&lab);
	storelab_must(store_begin(lab.store, &err), &err, "begin");
	return lab.store;
}

TEST(a_party_comes_back_as_it_was_added)
{
	struct store *store = fresh();
	struct arena *arena = lab_arena();
	struct party_row *got, *peers;
	struct party_row party = { .name = span_text("cert.east.example"),
		.card = span_of("\0\1\2", 3),
		.certificate = span_of("", 0),
		.fingerprint = storelab_hash(7),
		.added_at = instant_of(-5) };
	struct error err;
	size_t n;

	require(store_party_add(store, &party, &err) == 0);
	require(store_party_find(store, party.name, &got, arena, &err) == 0);
	require(got != NULL);
	check_span(got->name, party.name);
	check_span(got->card, party.card);
	check_size(got->certificate.len, 0);
	check(hash_is_equal(&got->fingerprint, &party.fingerprint));
	check_int(got->added_at.s, -5);
	check(!got->is_self);

	require(store_party_self(store, &got, arena, &err) == 0);
	check(span_is_text(got->name, "cert.north.example") && got->is_self);
	require(
	    store_party_find(store, span_text("x"), &got, arena, &err) == 0);
	check(got == NULL);
	require(store_party_peers(store, &peers, &n, arena, &err) == 0);
	require(n == 3);
	check(span_is_text(peers[0].name, "cert.east.example"));
	check(span_is_text(peers[2].name, STORELAB_OTHER));
}

TEST(there_is_one_self_and_one_party_of_a_name)
{
	struct store *store = fresh();
	struct party_row party = { .name = span_text(STORELAB_PEER) };
	struct error err;

	check(store_party_add(store, &party, &err) == -1);
	check_int(err.code, E_INTERNAL);
	party.name = span_text("second.self.example");
	party.is_self = true;
	check(store_party_add(store, &party, &err) == -1);
}

TEST(a_log_is_found_by_origin_by_key_and_by_docket)
{
	struct store *store = fresh();
	struct arena *arena = lab_arena();
	struct hash key = digest_of(lab.own.origin);
	struct log_row *got, next = lab.own;
	struct error err;

	next.origin = span_text("cert.north.example/docket/"
				"cert.south.example/2");
	next.epoch = 2;
	require(store_log_add(store, &next, &err) == 0);
	check(next.id != lab.own.id);
	require(store_log_find(store, next.origin, &got, arena, &err) == 0);
	require(got != NULL);
	check_int(got->id, next.id);
	check_size(got->epoch, 2);
	require(store_log_find_key(store, &key, &got, arena, &err) == 0);
	require(got != NULL);
	check_int(got->id, lab.own.id);
	require(store_log_of(store, span_text(STORELAB_PEER), true, &got, arena,
		    &err) == 0);
	check_int(got->id, next.id);
	require(store_log_of(store, span_text(STORELAB_PEER), false, &got,
		    arena, &err) == 0);
	check_int(got->id, lab.theirs.id);
	require(
	    store_log_of(store, span_text("x"), true, &got, arena, &err) == 0);
	check(got == NULL);
}

TEST(what_changes_in_a_log_is_kept)
{
	struct store *store = fresh();
	struct arena *arena = lab_arena();
	struct log_row *got, log = lab.theirs;
	struct error err;
	size_t n;

	log.size = 1;
	log.head = 2;
	log.mirrored = 3;
	log.receipted = 4;
	log.anchored = 5;
	log.settled = INT64_MAX;
	log.is_forked = true;
	require(store_log_update(store, &log, &err) == 0);
	require(store_log_all(store, &got, &n, arena, &err) == 0);
	require(n == 3);
	check_int(got[0].id, lab.own.id);
	check_int(got[1].id, log.id);
	check_int(got[2].id, lab.other.id);
	check_size(got[1].size, 1);
	check_size(got[1].head, 2);
	check_size(got[1].mirrored, 3);
	check_size(got[1].receipted, 4);
	check_size(got[1].anchored, 5);
	check_size(got[1].settled, INT64_MAX);
	check(got[1].is_forked && !got[1].is_own);
	check_size(got[1].side, 1);
	check_span(got[1].peer, span_text(STORELAB_PEER));

	log.id = 99;
	check(store_log_update(store, &log, &err) == -1);
	check_int(err.code, E_INTERNAL);
}

TEST(an_unproven_head_is_evidence_only_until_it_is_proven)
{
	struct store *store = fresh();
	struct arena *arena = lab_arena();
	struct head_row *got,
	    head = { .log = lab.theirs.id,
		    .size = 7,
		    .root = storelab_hash(3),
		    .note = span_text("note"),
		    .is_unproven = true };
	struct error err;
	size_t n;

	require(store_head_add(store, &head, &err) == 0);
	require(store_head_get(store, head.log, 7, &got, arena, &err) == 0);
	check(got == NULL);
	require(store_head_below(store, head.log, 9, &got, arena, &err) == 0);
	check(got == NULL);
	require(store_head_all(store, head.log, 7, &got, &n, arena, &err) == 0);
	check_size(n, 1);
	require(store_head_seen(store, head.log, 9, &got, arena, &err) == 0);
	require(got != NULL && got->is_unproven);
	head.is_unproven = false;
	require(store_head_add(store, &head, &err) == 0);
	require(store_head_get(store, head.log, 7, &got, arena, &err) == 0);
	require(got != NULL && !got->is_unproven);
	/* Once proven it stays so. */
	head.is_unproven = true;
	require(store_head_add(store, &head, &err) == 0);
	require(store_head_get(store, head.log, 7, &got, arena, &err) == 0);
	check(got != NULL);
	require(
	    store_head_unproven(store, head.log, &got, &n, arena, &err) == 0);
	check_size(n, 0);
	require(store_head_forked(store, head.log, &got, &n, arena, &err) == 0);
	check_size(n, 0);
}

TEST(of_unproven_heads_only_the_newest_are_kept)
{
	struct store *store = fresh();
	struct arena *arena = lab_arena();
	struct head_row *got,
	    head = { .log = lab.theirs.id,
		    .note = span_text("note"),
		    .is_unproven = true };
	struct error err;
	size_t n;

	for (unsigned i = 0; i < STORE_UNPROVEN_MAX + 3; i++) {
		head.size = 1000 - i;
		head.root = storelab_hash(i);
		require(store_head_add(store, &head, &err) == 0);
	}
	head.is_unproven = false;
	head.size = 2;
	require(store_head_add(store, &head, &err) == 0);
	require(store_head_trim(store, head.log, &n, &err) == 0);
	check_size(n, 3);
	require(
	    store_head_unproven(store, head.log, &got, &n, arena, &err) == 0);
	require(n == STORE_UNPROVEN_MAX);
	check_size(got[0].size, 997);
	require(store_head_get(store, head.log, 2, &got, arena, &err) == 0);
	check(got != NULL);
}

TEST(forked_heads_stand_beside_each_other)
{
	struct store *store = fresh();
	struct arena *arena = lab_arena();
	struct head_row head = { .log = lab.theirs.id,
		.size = 5,
		.root = storelab_hash(2),
		.note = span_text("note a"),
		.seen_at = instant_of(100) };
	struct head_row *got;
	struct error err;
	size_t n;

	require(store_head_add(store, &head, &err) == 0);
	require(store_head_add(store, &head, &err) == 0);
	head.root = storelab_hash(1);
	head.note = span_text("note b");
	require(store_head_add(store, &head, &err) == 0);
	require(store_head_all(store, head.log, 5, &got, &n, arena, &err) == 0);
	require(n == 2);
	check(span_is_text(got[0].note, "note a"));
	check(span_is_text(got[1].note, "note b"));
	check(hash_is_equal(&got[1].root, &head.root));
	check_int(got[1].seen_at.s, 100);
	require(store_head_forked(store, head.log, &got, &n, arena, &err) == 0);
	require(n == 2);
	check_size(got[0].size, 5);
	require(store_head_get(store, head.log, 5, &got, arena, &err) == 0);
	check(span_is_text(got->note, "note a"));
	require(store_head_below(store, head.log, 9, &got, arena, &err) == 0);
	check(span_is_text(got->note, "note a"));
	require(store_head_below(store, head.log, 4, &got, arena, &err) == 0);
	check(got == NULL);
	require(store_head_get(store, lab.own.id, 5, &got, arena, &err) == 0);
	check(got == NULL);
}

static void
add_line(uint64_t size, const char *name, int64_t time)
{
	struct line_row line = { .log = lab.own.id,
		.size = size,
		.root = storelab_hash(size),
		.name = span_text(name),
		.time = instant_of(time),
		.line = span_text("- line\n") };
	struct error err;

	storelab_must(store_line_add(lab.store, &line, &err), &err, "line");
}

TEST(the_smallest_line_that_covers_and_the_largest_are_found)
{
	struct store *store = fresh();
	struct arena *arena = lab_arena();
	struct span name = span_text("b/mirror");
	struct line_row *got;
	struct error err;

	add_line(3, "b/mirror", 30);
	add_line(7, "b/mirror", 71);
	add_line(7, "b/mirror", 70);
	add_line(7, "b/mirror", 70);
	add_line(5, "c/witness", 1);
	require(store_line_first(store, lab.own.id, 4, name, &got, arena,
		    &err) == 0);
	require(got != NULL);
	check_size(got->size, 7);
	check_int(got->time.s, 70);
	check_span(got->line, span_text("- line\n"));
	require(store_line_first(store, lab.own.id, 8, name, &got, arena,
		    &err) == 0);
	check(got == NULL);
	require(
	    store_line_last(store, lab.own.id, name, &got, arena, &err) == 0);
	check_size(got->size, 7);
	check_int(got->time.s, 70);
}

static void
add_quote(int64_t quoting, uint64_t index, int64_t log, uint64_t size,
    int64_t time)
{
	struct quote_row quote = { quoting, index, log, size,
		instant_of(time) };
	struct error err;

	storelab_must(store_quote_add(lab.store, &quote, &err), &err, "quote");
}

/* What the functions under test should say, the slow way. */
static void
compare_quotes(const struct quote_row *rows, size_t n, uint64_t below)
{
	int64_t latest = INT64_MIN;
	uint64_t largest = 0, size;
	struct instant time;
	struct error err;
	bool has;

	for (size_t i = 0; i < n; i++) {
		if (rows[i].quoting_log != lab.theirs.id ||
		    rows[i].quoting_index >= below)
			continue;
		if (rows[i].time.s > latest)
			latest = rows[i].time.s;
		if (rows[i].log == lab.own.id && rows[i].size > largest)
			largest = rows[i].size;
	}
	require(store_quote_latest(lab.store, lab.theirs.id, below, &time, &has,
		    &err) == 0);
	check(has == (latest != INT64_MIN));
	if (has)
		check_int(time.s, latest);
	require(store_quote_largest(lab.store, lab.theirs.id, below, lab.own.id,
		    &size, &err) == 0);
	check_size(size, largest);
}

TEST(the_latest_time_and_largest_size_quoted_are_right_in_any_order)
{
	struct store *store = fresh();
	struct arena *arena = lab_arena();
	struct quote_row *rows;
	struct error err;
	uint64_t x = 88172645463325252U;
	size_t n;

	for (int i = 0; i < 200; i++) {
		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		add_quote(x % 5 == 0 ? lab.own.id : lab.theirs.id, x / 8 % 40,
		    x / 512 % 3 == 0 ? lab.theirs.id : lab.own.id,
		    x / 4096 % 30, (int64_t)(x / 262144 % 1000));
	}
	require(store_quote_all(store, span_text(STORELAB_PEER), &rows, &n,
		    arena, &err) == 0);
	check(n > 150);
	for (size_t i = 1; i < n; i++)
		check(rows[i - 1].quoting_log < rows[i].quoting_log ||
		    rows[i - 1].quoting_index <= rows[i].quoting_index);
	for (uint64_t below = 0; below <= 41; below++)
		compare_quotes(rows, n, below);
	require(store_quote_all(store, span_text(STORELAB_OTHER), &rows, &n,
		    arena, &err) == 0);
	check_size(n, 0);
}

TEST(delivery_and_settings_are_replaced)
{
	struct store *store = fresh();
	struct arena *arena = lab_arena();
	struct span peer = span_text(STORELAB_PEER), value;
	struct delivery_row *got,
	    row = { .peer = peer,
		    .last_ok = instant_of(1),
		    .next_try = instant_of(2),
		    .failures = 3,
		    .last_error = E_TLS,
		    .last_detail = span_text("no route"),
		    .endpoint = 4 };
	struct error err;

	require(store_delivery_get(store, peer, &got, arena, &err) == 0);
	check_int(got->last_ok.s, 0);
	check_span(got->peer, peer);
	require(store_delivery_put(store, &row, &err) == 0);
	row.failures = 5;
	require(store_delivery_put(store, &row, &err) == 0);
	require(store_delivery_get(store, peer, &got, arena, &err) == 0);
	check_int(got->last_ok.s, 1);
	check_int(got->next_try.s, 2);
	check_size(got->failures, 5);
	check_int(got->last_error, E_TLS);
	check_span(got->last_detail, row.last_detail);
	check_size(got->endpoint, 4);

	require(store_setting_get(store, "k", &value, arena, &err) == 0);
	check_size(value.len, 0);
	require(store_setting_put(store, "k", span_text("a"), &err) == 0);
	require(store_setting_put(store, "k", span_of("b\0", 2), &err) == 0);
	require(store_setting_get(store, "k", &value, arena, &err) == 0);
	check_span(value, span_of("b\0", 2));
	storelab_close(&lab);
}
