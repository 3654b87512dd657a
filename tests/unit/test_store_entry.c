#include "base/error.h"
#include "store/entry.h"
#include "store/log.h"
#include "tests/lab.h"
#include "tests/support/storelab.h"
#include "tests/tap.h"

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

static bool
is_same(const struct entry_row *a, const struct entry_row *b)
{
	return a->log == b->log && a->index == b->index &&
	    hash_is_equal(&a->leaf, &b->leaf) &&
	    span_is_equal(a->der, b->der) && a->verdict == b->verdict &&
	    a->kind == b->kind && a->has_case == b->has_case &&
	    a->has_re == b->has_re &&
	    hash_is_equal(&a->case_hash, &b->case_hash) &&
	    hash_is_equal(&a->re, &b->re) && a->is_exercise == b->is_exercise &&
	    a->at.s == b->at.s && a->anchor_size == b->anchor_size &&
	    span_is_equal(a->content, b->content);
}

/* An acknowledgement in the case of ${request} that answers it. */
static struct entry_row
answer(int64_t log, uint64_t index, const struct entry_row *request)
{
	struct entry_row entry = storelab_request(log, index);

	entry.kind = KIND_ACKNOWLEDGEMENT;
	entry.case_hash = request->leaf;
	entry.has_re = true;
	entry.re = request->leaf;
	return entry;
}

TEST(a_valid_entry_comes_back_as_it_was_added)
{
	struct store *store = fresh();
	struct arena *arena = lab_arena();
	struct entry_row *got, first = storelab_request(lab.own.id, 0);
	struct entry_row second = answer(lab.own.id, 1, &first);
	struct error err;

	second.is_exercise = true;
	second.anchor_size = INT64_MAX;
	storelab_add(&lab, &first);
	storelab_add(&lab, &second);
	require(store_entry_get(store, lab.own.id, 0, &got, arena, &err) == 0);
	require(got != NULL);
	check(is_same(got, &first));
	require(store_entry_get(store, lab.own.id, 1, &got, arena, &err) == 0);
	require(got != NULL);
	check(is_same(got, &second));
	require(store_entry_get(store, lab.own.id, 2, &got, arena, &err) == 0);
	check(got == NULL);
	require(
	    store_entry_get(store, lab.theirs.id, 0, &got, arena, &err) == 0);
	check(got == NULL);
}

TEST(every_kind_and_verdict_survives_storing)
{
	struct store *store = fresh();
	struct arena *arena = lab_arena();
	struct entry_row *got;
	struct error err;
	uint64_t index = 0;

	for (enum kind kind = 0; kind < KIND_COUNT; kind++) {
		struct entry_row entry = storelab_request(lab.own.id, index);

		entry.kind = kind;
		storelab_add(&lab, &entry);
		require(store_entry_get(store, lab.own.id, index++, &got, arena,
			    &err) == 0);
		check_size(got->kind, kind);
	}
	for (int number = E_RECORD_SYNTAX; number <= E_RECORD_DOCUMENTS;
	     number++) {
		struct entry_row entry = storelab_invalid(lab.own.id, index);

		entry.verdict = error_of_number(number);
		storelab_add(&lab, &entry);
		require(store_entry_get(store, lab.own.id, index++, &got, arena,
			    &err) == 0);
		check_int(got->verdict, number);
	}
}

TEST(the_content_of_an_invalid_entry_is_not_stored)
{
	struct store *store = fresh();
	struct arena *arena = lab_arena();
	struct entry_row *got, entry = storelab_request(lab.theirs.id, 0);
	struct error err;

	entry.verdict = E_SEAL_SIGNATURE;
	storelab_add(&lab, &entry);
	require(
	    store_entry_get(store, lab.theirs.id, 0, &got, arena, &err) == 0);
	require(got != NULL);
	check_int(got->verdict, E_SEAL_SIGNATURE);
	check_size(got->kind, KIND_COUNT);
	check_size(got->content.len, 0);
	check(!got->has_case);
	check(span_is_equal(got->der, entry.der));
}

TEST(a_log_has_neither_gaps_nor_two_entries_at_one_index)
{
	struct store *store = fresh();
	struct entry_row entry = storelab_request(lab.own.id, 1);
	struct error err;

	check(store_entry_add(store, &entry, &err) == -1);
	check_int(err.code, E_INTERNAL);
	entry.index = 0;
	check(store_entry_add(store, &entry, &err) == 0);
	check(store_entry_add(store, &entry, &err) == -1);
	check_int(err.code, E_INTERNAL);
	entry.log = 99;
	check(store_entry_add(store, &entry, &err) == -1);
}

TEST(a_copy_in_the_other_log_does_not_hide_the_record)
{
	struct store *store = fresh();
	struct arena *arena = lab_arena();
	struct span peer = span_text(STORELAB_PEER);
	struct entry_row record = storelab_request(lab.theirs.id, 0);
	struct entry_row copy = storelab_invalid(lab.own.id, 0);
	struct entry_row *got;
	struct error err;

	copy.leaf = record.leaf;
	storelab_add(&lab, &copy);
	require(store_entry_find(store, peer, &record.leaf, &got, arena,
		    &err) == 0);
	require(got != NULL);
	check_int(got->log, lab.own.id);
	storelab_add(&lab, &record);
	require(store_entry_find(store, peer, &record.leaf, &got, arena,
		    &err) == 0);
	require(got != NULL);
	check(is_same(got, &record));
	require(store_entry_find(store, span_text(STORELAB_OTHER), &record.leaf,
		    &got, arena, &err) == 0);
	check(got == NULL);
}

TEST(of_two_equal_leaves_the_first_by_side_and_index_is_found)
{
	struct store *store = fresh();
	struct arena *arena = lab_arena();
	struct entry_row entry[3], *got;
	struct error err;

	entry[0] = storelab_request(lab.theirs.id, 0);
	entry[1] = storelab_request(lab.own.id, 0);
	entry[2] = storelab_request(lab.own.id, 1);
	for (size_t i = 0; i < COUNT_OF(entry); i++) {
		entry[i].leaf = storelab_hash(1);
		storelab_add(&lab, &entry[i]);
	}
	require(store_entry_find(store, span_text(STORELAB_PEER),
		    &entry[0].leaf, &got, arena, &err) == 0);
	check(is_same(got, &entry[1]));
}

TEST(a_short_name_finds_the_leaves_that_begin_so)
{
	struct store *store = fresh();
	struct arena *arena = lab_arena();
	struct entry_row *got;
	struct error err;
	char hex[HASH_TEXT_MAX];
	size_t n;

	for (uint64_t i = 0; i < 40; i++) {
		struct entry_row entry = i % 2 == 0 ?
		    storelab_request(lab.own.id, i) :
		    storelab_invalid(lab.own.id, i);

		storelab_add(&lab, &entry);
		hash_write(&entry.leaf, hex);
	}
	require(store_entry_search(store, span_text(""), false, 100, &got, &n,
		    arena, &err) == 0);
	check_size(n, 40);
	require(store_entry_search(store, span_text(""), true, 100, &got, &n,
		    arena, &err) == 0);
	check_size(n, 20);
	require(store_entry_search(store, span_text(""), true, 3, &got, &n,
		    arena, &err) == 0);
	check_size(n, 3);
	for (size_t len = 9; len <= 64; len++) {
		require(store_entry_search(store, span_of(hex, len), false, 9,
			    &got, &n, arena, &err) == 0);
		require(n == 1);
		check_size(got->index, 39);
	}
	require(store_entry_search(store, span_of(hex, 9), true, 9, &got, &n,
		    arena, &err) == 0);
	check_size(n, 0);
	check(store_entry_search(store, span_text("G"), true, 9, &got, &n,
		  arena, &err) == -1);
	check_int(err.code, E_SYNTAX);
	check(store_entry_search(store, span_text("AB"), true, 9, &got, &n,
		  arena, &err) == -1);
}

/* Indexes seen, in order, as decimal digits. */
struct seen {
	char text[64];
	size_t len;
	size_t stop; /* refuse when so many were seen */
};

static int
see(void *ctx, const struct entry_row *entry, struct error *err)
{
	struct seen *seen = ctx;

	if (seen->stop != 0 && seen->len / 2 == seen->stop)
		return error_set(err, E_BUSY, "enough");
	seen->text[seen->len++] = entry->log == lab.own.id ? 'a' : 'b';
	seen->text[seen->len++] = (char)('0' + entry->index);
	return 0;
}

/* Cases a0, a2, b0; a1 is not valid; b1 answers a0, a3 goes on in b0. */
static void
fill_cases(void)
{
	struct entry_row a0 = storelab_request(lab.own.id, 0);
	struct entry_row b0 = storelab_request(lab.theirs.id, 0);
	struct entry_row rows[6];

	b0.kind = KIND_REPORT;
	rows[0] = b0;
	rows[1] = answer(lab.theirs.id, 1, &a0);
	rows[2] = a0;
	rows[3] = storelab_invalid(lab.own.id, 1);
	rows[4] = storelab_request(lab.own.id, 2);
	rows[5] = answer(lab.own.id, 3, &b0);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		storelab_add(&lab, &rows[i]);
}

TEST(entries_are_walked_in_order_and_the_walk_can_be_stopped)
{
	struct store *store = fresh();
	struct seen seen = { .len = 0 };
	struct error err;

	fill_cases();
	check(
	    store_entry_range(store, lab.own.id, 1, 3, see, &seen, &err) == 0);
	check_str(seen.text, "a1a2");
	seen = (struct seen){ .stop = 1 };
	check(
	    store_entry_range(store, lab.own.id, 0, 9, see, &seen, &err) == -1);
	check_int(err.code, E_BUSY);
	check_str(seen.text, "a0");
	seen = (struct seen){ .len = 0 };
	check(store_entry_kind(store, lab.own.id, KIND_REQUEST, see, &seen,
		  &err) == 0);
	check_str(seen.text, "a0a2");
}

TEST(cases_come_by_side_epoch_and_index)
{
	struct store *store = fresh();
	struct arena *arena = lab_arena();
	struct span peer = span_text(STORELAB_PEER);
	struct entry_row a0 = storelab_request(lab.own.id, 0), *got;
	struct seen seen = { .len = 0 };
	struct error err;
	size_t n;

	fill_cases();
	check(
	    store_entry_cases(store, peer, KIND_COUNT, see, &seen, &err) == 0);
	check_str(seen.text, "a0a2b0");
	seen = (struct seen){ .len = 0 };
	check(
	    store_entry_cases(store, peer, KIND_REPORT, see, &seen, &err) == 0);
	check_str(seen.text, "b0");
	require(store_entry_case(store, peer, &a0.leaf, &got, &n, arena,
		    &err) == 0);
	require(n == 2);
	check(is_same(&got[0], &a0));
	check_int(got[1].log, lab.theirs.id);
	require(store_entry_answers(store, peer, &a0.leaf, &got, &n, arena,
		    &err) == 0);
	require(n == 1);
	check_size(got[0].index, 1);
	require(store_entry_case(store, span_text(STORELAB_OTHER), &a0.leaf,
		    &got, &n, arena, &err) == 0);
	check_size(n, 0);
}

static int
walk_within(void *ctx, const struct entry_row *entry, struct error *err)
{
	return store_entry_range(lab.store, entry->log, 0, 9, see, ctx, err);
}

TEST(a_walk_can_start_another_of_the_same_sort)
{
	struct store *store = fresh();
	struct seen seen = { .len = 0 };
	struct error err;

	fill_cases();
	check(store_entry_range(store, lab.theirs.id, 0, 9, walk_within, &seen,
		  &err) == 0);
	check_str(seen.text, "b0b1b0b1");
}

TEST(cleared_projections_can_be_judged_again_to_the_same_digest)
{
	struct store *store = fresh();
	struct arena *arena = lab_arena();
	struct log_row log = lab.own;
	struct entry_row *rows[4];
	char before[65], cleared[65], after[65];
	struct error err;

	fill_cases();
	log.size = 4;
	log.anchored = 3;
	require(store_log_update(store, &log, &err) == 0);
	require(store_projection_digest(store, before, &err) == 0);
	for (uint64_t i = 0; i < COUNT_OF(rows); i++)
		require(store_entry_get(store, log.id, i, &rows[i], arena,
			    &err) == 0);
	require(store_clear_projections(store, &err) == 0);
	require(store_projection_digest(store, cleared, &err) == 0);
	check(!span_is_text(span_text(before), cleared));

	struct entry_row *got;
	require(store_entry_get(store, log.id, 0, &got, arena, &err) == 0);
	check_int(got->verdict, E_RECORD_UNJUDGED);
	check_size(got->der.len, rows[0]->der.len);
	struct entry_row b0 = storelab_request(lab.theirs.id, 0);
	struct entry_row a0 = storelab_request(lab.own.id, 0);
	struct entry_row b1 = answer(lab.theirs.id, 1, &a0);

	b0.kind = KIND_REPORT;
	require(store_entry_judge(store, &b1, &err) == 0);
	require(store_entry_judge(store, &b0, &err) == 0);
	for (size_t i = COUNT_OF(rows); i-- > 0;)
		require(store_entry_judge(store, rows[i], &err) == 0);
	require(store_projection_digest(store, after, &err) == 0);
	check(!span_is_text(span_text(before), after));
	require(store_log_update(store, &log, &err) == 0);
	require(store_projection_digest(store, after, &err) == 0);
	check_str(after, before);
	storelab_close(&lab);
}
