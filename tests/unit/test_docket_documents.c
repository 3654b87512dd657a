/*
 * Documents as a peer sends them, resumed, spoilt, too many: what was good is
 * kept, and nobody else sees it.
 */

#include <string.h>

#include "base/arena.h"
#include "docket/documents.h"
#include "seal/digest.h"
#include "store/document.h"
#include "store/store.h"
#include "tests/support/faultblobs.h"
#include "tests/support/twonodes.h"
#include "tests/tap.h"

/* SOUTH sends, NORTH takes. */
struct scene {
	struct two two;
	struct two_node *north, *south;
};

static void
scene_open(struct scene *scene, unsigned parties)
{
	two_open(&scene->two, parties);
	scene->north = &scene->two.nodes[TWO_NORTH];
	scene->south = &scene->two.nodes[TWO_SOUTH];
	check(two_talk(&scene->two));
}

static struct log_row *
held(struct scene *scene)
{
	return two_log(scene->north, scene->south, false);
}

/* Refused, and whose fault it is said to be. */
static void
check_refused(const struct serve_reply *reply, enum error_code code)
{
	check_str(error_name(reply->code), error_name(code));
	check_int(reply->status, error_http(code));
	check_int(error_fault(code), FAULT_PEER);
}

/* A blob that SOUTH makes up, and what it is called. */
struct blob {
	struct span bytes;
	struct hash name;
	const char *path;
};

static struct blob
blob_of(struct scene *scene, size_t size, uint8_t salt)
{
	uint8_t *bytes = arena_alloc(scene->two.arena, size + 1);
	struct blob blob = { span_of(bytes, size), { { 0 } }, NULL };
	char hex[HASH_TEXT_MAX];

	memset(bytes, salt, size);
	blob.name = digest_of(blob.bytes);
	blob.path = arena_printf(scene->two.arena, "/documents/%s",
	    hash_write(&blob.name, hex));
	return blob;
}

static struct serve_reply
ask(struct scene *scene, const struct two_node *from, enum serve_method method,
    const char *path)
{
	struct serve_request request = { .method = method,
		.path = span_text(path) };
	struct serve_reply reply;

	two_serve(scene->north, from, &request, &reply, scene->two.arena);
	return reply;
}

static struct serve_reply
patch(struct scene *scene, const struct blob *blob, uint64_t offset,
    struct span bytes, bool is_complete)
{
	struct serve_request request = { .method = SERVE_PATCH,
		.path = span_text(blob->path),
		.has_offset = true,
		.offset = offset,
		.is_complete = is_complete,
		.body = bytes };
	struct serve_reply reply;

	two_serve(scene->north, scene->south, &request, &reply,
	    scene->two.arena);
	return reply;
}

static void
check_at(struct scene *scene, const struct blob *blob, int status,
    uint64_t offset, bool is_complete)
{
	struct serve_reply reply =
	    ask(scene, scene->south, SERVE_HEAD, blob->path);

	check_int(reply.status, status);
	check(reply.has_offset && reply.offset == offset);
	check(reply.is_complete == is_complete);
}

static void
check_whole(struct scene *scene, const struct blob *blob)
{
	struct serve_reply reply =
	    ask(scene, scene->south, SERVE_GET, blob->path);

	check_int(reply.status, 200);
	check(span_is_equal(reply.body, blob->bytes));
}

TEST(a_document_is_resumed_wherever_it_was_cut)
{
	struct scene scene;

	scene_open(&scene, 2);
	for (size_t cut = 0; cut <= 40; cut++) {
		struct blob blob = blob_of(&scene, 40, (uint8_t)(cut + 1));
		struct span first = span_of(blob.bytes.ptr, cut);

		check_at(&scene, &blob, 404, 0, false);
		check_int(patch(&scene, &blob, 0, first, false).status, 204);
		check_at(&scene, &blob, 204, cut, false);
		check_int(ask(&scene, scene.south, SERVE_GET, blob.path).status,
		    404);
		if (cut % 8 == 3)
			two_restart(scene.north, true);
		check_int(patch(&scene, &blob, cut, span_skip(blob.bytes, cut),
			      true)
			      .status,
		    204);
		check_at(&scene, &blob, 204, 40, true);
		check_whole(&scene, &blob);
		/* Once more, whole, is as once. */
		check_int(patch(&scene, &blob, 0, blob.bytes, true).status,
		    204);
		check_at(&scene, &blob, 204, 40, true);
	}
	two_close(&scene.two);
}

TEST(a_piece_that_does_not_fit_is_refused_and_what_is_held_stays)
{
	static const uint64_t wrong[] = { 0, 9, 11, 40, UINT64_MAX,
		UINT64_MAX - 5 };
	struct serve_request request = { .method = SERVE_PATCH };
	struct serve_reply reply;
	struct scene scene;
	struct blob blob;

	scene_open(&scene, 2);
	blob = blob_of(&scene, 40, 1);
	reply = patch(&scene, &blob, 0, span_of(blob.bytes.ptr, 10), false);
	check_int(reply.status, 204);
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		reply = patch(&scene, &blob, wrong[i],
		    span_skip(blob.bytes, 10), true);
		check_refused(&reply, E_DOCUMENT_OFFSET);
		check(reply.has_offset && reply.offset == 10);
		check_at(&scene, &blob, 204, 10, false);
	}
	request.path = span_text(blob.path);
	request.body = blob.bytes;
	two_serve(scene.north, scene.south, &request, &reply, scene.two.arena);
	check_refused(&reply, E_SYNTAX);
	reply = patch(&scene, &blob, 10,
	    span_of(arena_alloc(scene.two.arena, SERVE_CHUNK_MAX + 1),
		SERVE_CHUNK_MAX + 1),
	    false);
	check_refused(&reply, E_TOO_LARGE);
	check_at(&scene, &blob, 204, 10, false);
	reply = patch(&scene, &blob, 10, span_skip(blob.bytes, 10), true);
	check_int(reply.status, 204);
	check_whole(&scene, &blob);
	two_close(&scene.two);
}

TEST(a_document_of_another_digest_is_dropped_and_may_come_again)
{
	struct serve_reply reply;
	struct blob blob, other;
	struct scene scene;

	scene_open(&scene, 2);
	blob = blob_of(&scene, 40, 1);
	other = blob_of(&scene, 40, 2);
	reply = patch(&scene, &blob, 0, other.bytes, true);
	check_refused(&reply, E_DOCUMENT_DIGEST);
	check_at(&scene, &blob, 204, 0, false);
	check(faultblobs_count(scene.north->disk) == 0);
	reply = ask(&scene, scene.south, SERVE_GET, blob.path);
	check_refused(&reply, E_DOCUMENT_UNKNOWN);
	check_int(patch(&scene, &blob, 0, blob.bytes, true).status, 204);
	check_whole(&scene, &blob);
	two_close(&scene.two);
}

TEST(an_empty_document_is_one_and_its_digest_is_checked)
{
	struct serve_reply reply;
	struct blob empty, other;
	struct scene scene;

	scene_open(&scene, 2);
	empty = blob_of(&scene, 0, 1);
	other = blob_of(&scene, 1, 1);
	reply = patch(&scene, &other, 0, empty.bytes, true);
	check_refused(&reply, E_DOCUMENT_DIGEST);
	check_int(patch(&scene, &empty, 0, empty.bytes, true).status, 204);
	check_at(&scene, &empty, 204, 0, true);
	check_whole(&scene, &empty);
	two_close(&scene.two);
}

TEST(a_document_exists_only_in_the_docket_in_which_it_came)
{
	struct serve_reply reply;
	struct two_node *east;
	struct record record;
	struct scene scene;
	struct blob blob;
	struct hash name;

	scene_open(&scene, 3);
	east = &scene.two.nodes[TWO_EAST];
	blob = blob_of(&scene, 40, 1);
	check_int(patch(&scene, &blob, 0, blob.bytes, true).status, 204);
	reply = ask(&scene, east, SERVE_HEAD, blob.path);
	check_int(reply.status, 404);
	check(reply.has_offset && reply.offset == 0 && !reply.is_complete);
	reply = ask(&scene, east, SERVE_GET, blob.path);
	check_refused(&reply, E_DOCUMENT_UNKNOWN);
	/* What NORTH sends SOUTH is there for SOUTH, and for nobody else. */
	record = two_record(&scene.two, KIND_REPORT, NULL);
	name = digest_of(two_document(scene.north, scene.south, &record,
	    WORD_DOCUMENT_BODY, 64));
	blob.path = arena_printf(scene.two.arena, "/documents/%s",
	    hash_write(&name, (char[HASH_TEXT_MAX]){ 0 }));
	check_int(ask(&scene, scene.south, SERVE_GET, blob.path).status, 200);
	check_int(ask(&scene, east, SERVE_GET, blob.path).status, 404);
	reply = ask(&scene, scene.south, SERVE_GET, "/documents/abc");
	check_refused(&reply, E_ROUTE);
	two_close(&scene.two);
}

TEST(a_batch_is_taken_up_to_what_is_wrong_in_it)
{
	static const uint8_t tails[][6] = { { 0 }, { 0, 0, 0, 9, 1, 2 },
		{ 255, 255, 255, 255, 0, 0 } };
	static const size_t lens[] = { 3, 6, 6 };
	struct serve_reply reply;
	struct scene scene;

	scene_open(&scene, 2);
	for (size_t i = 0; i < COUNT_OF(lens); i++) {
		struct blob blob = blob_of(&scene, 40, (uint8_t)i);
		struct buf batch;

		buf_init(&batch, SERVE_CHUNK_MAX);
		buf_u32(&batch, (uint32_t)blob.bytes.len);
		buf_add(&batch, blob.bytes);
		buf_add(&batch, span_of(tails[i], lens[i]));
		reply = two_post(scene.north, scene.south, "/documents",
		    buf_span(&batch));
		check_refused(&reply, E_SYNTAX);
		check_whole(&scene, &blob);
		buf_clear(&batch);
	}
	reply =
	    two_post(scene.north, scene.south, "/documents", span_of(NULL, 0));
	check_int(reply.status, 204);
	reply = two_post(scene.north, scene.south, "/documents",
	    span_of(arena_alloc(scene.two.arena, SERVE_CHUNK_MAX + 1),
		SERVE_CHUNK_MAX + 1));
	check_refused(&reply, E_TOO_LARGE);
	two_close(&scene.two);
}

TEST(what_no_record_names_has_a_quota_and_what_one_names_has_none)
{
	struct document_row full = { .sha256 = { { 1 } },
		.held = DOCKET_UNNAMED_MAX - 50 };
	struct serve_reply reply;
	struct scene scene;
	struct blob blob, other;
	struct error err;

	scene_open(&scene, 3);
	full.peer = span_text(scene.south->party);
	full.since = scene.two.now;
	two_must(store_begin(scene.north->store, &err), &err, "begin");
	two_must(store_document_put(scene.north->store, &full, &err), &err,
	    "full");
	two_must(store_commit(scene.north->store, &err), &err, "commit");
	blob = blob_of(&scene, 40, 1);
	other = blob_of(&scene, 40, 2);
	check_int(patch(&scene, &blob, 0, blob.bytes, true).status, 204);
	reply = patch(&scene, &other, 0, other.bytes, true);
	check_refused(&reply, E_DOCUMENT_QUOTA);
	check_at(&scene, &other, 404, 0, false);
	/* It is SOUTH's quota and not EAST's. */
	two_must(store_begin(scene.north->store, &err), &err, "begin");
	two_must(docket_document_write(scene.north->docket,
		     span_text("cert.east.example"), &other.name, false, 0,
		     other.bytes, true, scene.two.now, &err),
	    &err, "east");
	/* A week later it is gone, and there is room again. */
	two_later(&scene.two, DOCKET_UNNAMED_S + 1);
	two_must(docket_documents_sweep(scene.north->docket, scene.two.now,
		     &err),
	    &err, "sweep");
	two_must(store_commit(scene.north->store, &err), &err, "commit");
	check_at(&scene, &blob, 404, 0, false);
	check_int(patch(&scene, &other, 0, other.bytes, true).status, 204);
	two_close(&scene.two);
}

/* NORTH holds so much of SOUTH's unnamed that there is ${room} for more. */
static void
fill_quota(struct scene *scene, uint64_t room)
{
	struct document_row full = { .sha256 = { { 1 } },
		.held = DOCKET_UNNAMED_MAX - room };
	struct error err;

	full.peer = span_text(scene->south->party);
	full.since = scene->two.now;
	two_must(store_begin(scene->north->store, &err), &err, "begin");
	two_must(store_document_put(scene->north->store, &full, &err), &err,
	    "full");
	two_must(store_commit(scene->north->store, &err), &err, "commit");
}

/*
 * As for a document that is larger than the quota: what fits is sent, then
 * the record that names it, then the rest.
 */
static void
send_first(size_t size, uint64_t room)
{
	struct record record;
	struct scene scene;
	uint64_t before;
	struct span bytes, got;

	scene_open(&scene, 2);
	before = held(&scene)->mirrored;
	fill_quota(&scene, room);
	record = two_record(&scene.two, KIND_REPORT, NULL);
	bytes = two_document(scene.south, scene.north, &record,
	    WORD_DOCUMENT_EVIDENCE, size);
	two_lodge_record(scene.south, scene.north, &record);
	for (unsigned i = 0; i < 20; i++) {
		struct error err;
		bool is_whole = docket_document_read(scene.north->docket,
				    span_text(scene.south->party),
				    &record.documents[0].sha256, 0, size, &got,
				    scene.two.arena, &err) == 0;

		/* Nothing is cosigned whose document is not here. */
		check(is_whole || held(&scene)->mirrored == before);
		two_step(scene.south, scene.north);
	}
	check(two_talk(&scene.two));
	check(held(&scene)->mirrored == held(&scene)->size);
	check(held(&scene)->size > before);
	check(span_is_equal(got, bytes));
	check_int((int)two_delivery(scene.south, scene.north).failures, 0);
	check(two_agree(&scene.two, scene.north, scene.south));
	two_close(&scene.two);
}

TEST(a_first_document_beyond_the_quota_follows_the_record_that_names_it)
{
	send_first(100, 0);
	send_first(2 * SERVE_CHUNK_MAX + 1, 0);
	send_first(2 * SERVE_CHUNK_MAX + 1, SERVE_CHUNK_MAX + 1);
}

/* SOUTH can never be sent it, and takes the log all the same. */
TEST(a_first_document_that_its_writer_erased_is_waited_for_no_more)
{
	struct scene scene;
	struct record record, erasure;
	struct hash erased;
	struct error err;
	uint64_t before;

	scene_open(&scene, 2);
	check(two_talk(&scene.two));
	record = two_record(&scene.two, KIND_REQUEST, NULL);
	(void)two_document(scene.north, scene.south, &record,
	    WORD_DOCUMENT_EVIDENCE, 1000);
	erased = record.documents[0].sha256;
	check(record.documents[0].is_first);
	two_lodge_record(scene.north, scene.south, &record);
	two_turn_begin(scene.north);
	two_must(docket_document_erase(scene.north->docket,
		     span_text(scene.south->party), &erased,
		     two_now(scene.north), &err),
	    &err, "erase");
	two_turn_end(scene.north);
	for (unsigned i = 0; i < 6; i++)
		two_step(scene.north, scene.south);
	before = two_log(scene.south, scene.north, false)->mirrored;
	check(before < two_log(scene.north, scene.south, true)->size);
	erasure = two_record(&scene.two, KIND_ERASURE, NULL);
	*two_fact(&erasure, MEMBER_ERASURE_DOCUMENTS) =
	    (struct fact){ .is_given = true, .n = 1, .hashes = &erased };
	two_lodge_record(scene.north, scene.south, &erasure);
	two_later(&scene.two, 61);
	check(two_talk(&scene.two));
	check(two_log(scene.south, scene.north, false)->mirrored ==
	    two_log(scene.north, scene.south, true)->size);
	check(two_agree(&scene.two, scene.north, scene.south));
	two_close(&scene.two);
}
