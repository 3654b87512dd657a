#include "base/error.h"
#include "store/document.h"
#include "tests/lab.h"
#include "tests/support/storelab.h"

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

static struct span
peer(void)
{
	return span_text(STORELAB_PEER);
}

/* Complete, ours and due; change it and put it. */
static struct document_row
document(uint64_t number)
{
	return (struct document_row){ .peer = peer(),
		.sha256 = storelab_hash(number),
		.is_ours = true,
		.size = 100,
		.held = 100,
		.is_complete = true,
		.since = instant_of(1000 + (int64_t)number) };
}

static void
put(const struct document_row *row)
{
	struct error err;

	storelab_must(store_document_put(lab.store, row, &err), &err, "put");
}

static void
name(uint64_t number, uint64_t index, bool is_first)
{
	struct hash sha256 = storelab_hash(number);
	struct error err;

	storelab_must(store_document_name(lab.store, peer(), &sha256,
			  lab.theirs.id, index, is_first, &err),
	    &err, "name");
}

static struct document_row *
find(uint64_t number)
{
	struct hash sha256 = storelab_hash(number);
	struct document_row *row;
	struct error err;

	storelab_must(store_document_find(lab.store, peer(), &sha256, &row,
			  lab_arena(), &err),
	    &err, "find");
	return row;
}

static size_t
missing(uint64_t below, size_t max)
{
	struct hash *hashes;
	struct error err;
	size_t n;

	storelab_must(store_document_missing(lab.store, lab.theirs.id, below,
			  max, &hashes, &n, lab_arena(), &err),
	    &err, "missing");
	return n;
}

TEST(a_document_comes_back_as_it_was_put)
{
	struct store *store = fresh();
	struct document_row row = document(1), *got;
	struct error err;

	row.is_complete = row.is_ours = false;
	row.is_taken = row.is_named = row.is_first = row.is_erased = true;
	row.size = INT64_MAX;
	row.held = 7;
	put(&row);
	require((got = find(1)) != NULL);
	check(span_is_equal(got->peer, row.peer));
	check(hash_is_equal(&got->sha256, &row.sha256));
	check(!got->is_complete && !got->is_ours && got->is_taken &&
	    got->is_named && got->is_first && got->is_erased);
	check_size(got->size, INT64_MAX);
	check_size(got->held, 7);
	check_int(got->since.s, 1001);
	row.held = 8;
	put(&row);
	check_size(find(1)->held, 8);
	check(find(2) == NULL);
	require(store_document_drop(store, peer(), &row.sha256, &err) == 0);
	check(find(1) == NULL);
}

TEST(a_document_of_one_docket_is_not_in_another)
{
	struct store *store = fresh();
	struct document_row row = document(1), *got;
	struct error err;

	put(&row);
	require(store_document_find(store, span_text(STORELAB_OTHER),
		    &row.sha256, &got, lab_arena(), &err) == 0);
	check(got == NULL);
}

TEST(what_the_peer_has_not_taken_is_due_first_ones_first)
{
	struct store *store = fresh();
	struct document_row row, *due;
	struct error err;
	size_t n;

	for (uint64_t i = 0; i < 8; i++) {
		row = document(i);
		row.is_named = i != 7;
		row.is_taken = i == 0;
		row.is_complete = i != 1;
		row.is_ours = i != 2;
		row.is_erased = i == 3;
		row.is_first = i == 6;
		put(&row);
	}
	require(store_document_due(store, peer(), 10, &due, &n, lab_arena(),
		    &err) == 0);
	require(n == 3);
	check_int(due[0].since.s, 1006);
	check_int(due[1].since.s, 1004);
	check_int(due[2].since.s, 1005);
	require(store_document_due(store, peer(), 1, &due, &n, lab_arena(),
		    &err) == 0);
	check_size(n, 1);
}

TEST(bytes_that_no_record_names_are_counted_and_grow_stale)
{
	struct store *store = fresh();
	struct document_row row = document(1), *stale;
	struct error err;
	uint64_t bytes;
	size_t n;

	row.is_ours = false;
	put(&row);
	row = document(2);
	row.is_ours = false;
	row.is_complete = false;
	row.held = 11;
	put(&row);
	require(store_document_unnamed(store, peer(), &bytes, &err) == 0);
	check_size(bytes, 111);
	require(store_document_stale(store, instant_of(1002), &stale, &n,
		    lab_arena(), &err) == 0);
	require(n == 1);
	check(hash_is_equal(&stale->sha256,
	    &(struct hash[]){ storelab_hash(1) }[0]));
	name(1, 0, false);
	require(store_document_unnamed(store, peer(), &bytes, &err) == 0);
	check_size(bytes, 11);
	require(store_document_stale(store, instant_of(9999), &stale, &n,
		    lab_arena(), &err) == 0);
	check_size(n, 1);
}

TEST(a_document_is_named_whether_it_or_the_record_came_first)
{
	struct document_row row = document(1);

	(void)fresh();
	put(&row);
	name(1, 0, false);
	check(find(1)->is_named && !find(1)->is_first);
	name(1, 1, true);
	check(find(1)->is_named && find(1)->is_first);
	name(2, 1, true);
	row = document(2);
	put(&row);
	check(find(2)->is_named && find(2)->is_first);
}

TEST(first_documents_are_missing_until_complete_or_erased)
{
	struct store *store = fresh();
	struct document_row row = document(1);
	struct error err;

	name(1, 0, true);
	name(2, 1, true);
	name(3, 2, false);
	name(1, 3, true);
	check_size(missing(9, 9), 2);
	check_size(missing(1, 9), 1);
	check_size(missing(9, 1), 1);
	check_size(missing(0, 9), 0);
	row.is_complete = false;
	put(&row);
	check_size(missing(9, 9), 2);
	row.is_complete = true;
	put(&row);
	check_size(missing(9, 9), 1);
	name(1, 4, true);
	check_size(missing(9, 9), 1);
	row = document(2);
	row.is_complete = false;
	row.is_erased = true;
	put(&row);
	check_size(missing(9, 9), 0);
	require(store_document_drop(store, peer(), &row.sha256, &err) == 0);
	check_size(missing(9, 9), 1);
	storelab_close(&lab);
}
