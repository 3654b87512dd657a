/*
 * Entries as a peer sends them, whole, cut, twice, out of order and spoilt:
 * what was good is kept, and it ends well.
 */

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "ledger/mirror.h"
#include "ledger/tiles.h"
#include "seal/digest.h"
#include "store/store.h"
#include "store/tile.h"
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

/* Let SOUTH go on until it would do ${kind}; the body of that. */
static struct span
body_of(struct scene *scene, enum job_kind kind)
{
	struct job job;

	for (unsigned i = 0; i < 100; i++) {
		if (two_job(scene->south, scene->north, &job,
			scene->two.arena) == kind)
			return job.body;
		two_step(scene->south, scene->north);
	}
	abort();
}

static struct serve_reply
send(struct scene *scene, struct span body)
{
	return two_post(scene->north, scene->south, "/add-entries", body);
}

static struct log_row *
held(struct scene *scene)
{
	return two_log(scene->north, scene->south, false);
}

struct source {
	struct two_node *node;
	struct log_row *log;
	struct store_tree tree;
};

static int
read_entry(void *ctx, uint64_t index, struct span *out, struct error *err)
{
	struct source *source = ctx;
	struct entry_row *entry;

	two_must(store_entry_get(source->node->store, source->log->id, index,
		     &entry, source->node->two->arena, err),
	    err, "entry");
	*out = entry->der;
	return 0;
}

/* The upload of [${start}, ${end}) as SOUTH would write it. */
static struct span
upload(struct scene *scene, uint64_t start, uint64_t end)
{
	struct log_row *log = two_log(scene->south, scene->north, true);
	struct source source = { scene->south, log,
		{ scene->south->store, log->id } };
	struct mirror_source entries = { read_entry, &source,
		store_tree_reader(&source.tree) };
	struct mirror_header header = { .origin = log->origin,
		.start = start,
		.end = end };
	struct span body;
	struct error err;
	struct buf buf;
	uint64_t next;

	buf_init(&buf, MIRROR_REQUEST_MAX);
	two_must(mirror_request_write(&buf, &next, &header, &entries,
		     MIRROR_REQUEST_MAX, &err),
	    &err, "upload");
	body = arena_copy(scene->two.arena, buf_span(&buf));
	buf_clear(&buf);
	return body;
}

static struct mirror_info
info_of(struct scene *scene, const struct serve_reply *reply)
{
	struct mirror_info info = { .size = 0 };
	struct error err;

	check_str(reply->type, MIRROR_INFO_TYPE);
	check(
	    mirror_info_parse(&info, reply->body, scene->two.arena, &err) == 0);
	return info;
}

/* Refused, and whose fault it is said to be. */
static void
check_refused(const struct serve_reply *reply, enum error_code code)
{
	check_str(error_name(reply->code), error_name(code));
	check_int(reply->status, error_http(code));
	check_int(error_fault(code), FAULT_PEER);
}

TEST(an_upload_cut_at_every_byte_does_no_harm_and_is_resumed)
{
	struct scene scene;
	struct span body;
	uint64_t before;

	scene_open(&scene, 2);
	two_lodge_many(scene.south, scene.north, KIND_REPORT, 2);
	before = held(&scene)->size;
	body = body_of(&scene, JOB_ENTRIES);
	for (size_t cut = 0; cut < body.len; cut++) {
		struct serve_reply reply = send(&scene, span_of(body.ptr, cut));

		/* Between header and first package nothing is wrong, and
		 * nothing is new. */
		if (reply.status == 202)
			check(info_of(&scene, &reply).next == before);
		else if (!tap_check(reply.status == 400 || reply.status == 404,
			     __FILE__, __LINE__, "status"))
			tap_note("cut at %zu: %d", cut, reply.status);
		if (held(&scene)->size != before)
			tap_note("cut at %zu", cut);
	}
	check(held(&scene)->size == before);
	check(two_talk(&scene.two));
	check(held(&scene)->mirrored >= before + 2);
	check(two_agree(&scene.two, scene.north, scene.south));
	two_close(&scene.two);
}

TEST(three_hundred_entries_cut_in_the_second_package_keep_the_first)
{
	struct serve_reply reply;
	struct scene scene;
	struct span body;
	uint64_t end;
	size_t n = 0;

	scene_open(&scene, 2);
	two_lodge_many(scene.south, scene.north, KIND_REPORT, 300);
	body = body_of(&scene, JOB_ENTRIES);
	end = two_log(scene.south, scene.north, true)->head;
	reply = send(&scene, span_of(body.ptr, body.len - 1));
	check_int(reply.status, 202);
	check(info_of(&scene, &reply).next == 256);
	check(info_of(&scene, &reply).size == end);
	check(held(&scene)->size == 256 && held(&scene)->mirrored < 256);
	for (size_t cut = 1; cut < body.len; cut += 4999, n++) {
		reply = send(&scene, span_of(body.ptr, body.len - cut));
		check(reply.status == 400 || reply.status == 202);
		check(held(&scene)->size == 256);
	}
	check(n > 30);
	reply = send(&scene, upload(&scene, 256, end));
	check_int(reply.status, 200);
	check(held(&scene)->mirrored == end);
	check(two_talk(&scene.two));
	check(two_agree(&scene.two, scene.north, scene.south));
	check_int((int)two_count(scene.north, scene.south, false, KIND_REPORT),
	    300);
	two_close(&scene.two);
}

TEST(uploads_may_overlap_and_repeat_and_nothing_is_there_twice)
{
	static const uint64_t starts[] = { 0, 3, 1, 5, 0, 4 };
	struct scene scene;
	uint64_t end, size = 0;

	scene_open(&scene, 2);
	two_lodge_many(scene.south, scene.north, KIND_REPORT, 4);
	(void)body_of(&scene, JOB_ENTRIES);
	end = two_log(scene.south, scene.north, true)->head;
	for (size_t i = 0; i < COUNT_OF(starts); i++) {
		struct serve_reply reply = send(&scene,
		    upload(&scene, starts[i] < end ? starts[i] : end, end));

		if (i == 1)
			size = held(&scene)->size;
		check_int(reply.status, 200);
		check(reply.wants_line);
		if (i > 1)
			check(held(&scene)->size == size);
	}
	check(held(&scene)->size == end);
	check(two_talk(&scene.two));
	check(two_agree(&scene.two, scene.north, scene.south));
	two_close(&scene.two);
}

TEST(an_upload_that_does_not_fit_is_told_where_the_mirror_stands)
{
	struct serve_reply reply;
	struct mirror_info info;
	struct scene scene;
	uint64_t end, next;

	scene_open(&scene, 2);
	next = held(&scene)->size;
	two_lodge_many(scene.south, scene.north, KIND_REPORT, 4);
	end = two_log(scene.south, scene.north, true)->head;
	/* Beyond the next entry; to a head that was never shown. */
	reply = send(&scene, upload(&scene, next, end));
	check_refused(&reply, E_UPLOAD_POSITION);
	info = info_of(&scene, &reply);
	check(info.size == next && info.next == next);
	(void)body_of(&scene, JOB_ENTRIES);
	reply = send(&scene, upload(&scene, next + 1, end));
	check_refused(&reply, E_UPLOAD_POSITION);
	info = info_of(&scene, &reply);
	check(info.size == end && info.next == next);
	reply = send(&scene, upload(&scene, next, end - 1));
	check_refused(&reply, E_UPLOAD_POSITION);
	/* Below what is mirrored. */
	check_int(send(&scene, upload(&scene, next, end)).status, 200);
	reply = send(&scene, upload(&scene, 0, next));
	check_refused(&reply, E_UPLOAD_POSITION);
	check(held(&scene)->size == end);
	two_close(&scene.two);
}

TEST(without_a_pending_checkpoint_nothing_is_taken)
{
	struct serve_reply reply;
	struct scene scene;

	two_open(&scene.two, 2);
	scene.north = &scene.two.nodes[TWO_NORTH];
	scene.south = &scene.two.nodes[TWO_SOUTH];
	reply = send(&scene, upload(&scene, 0, 1));
	check_refused(&reply, E_UPLOAD_PENDING);
	check(held(&scene)->size == 0);
	two_close(&scene.two);
}

static struct span
flip(struct scene *scene, struct span body, size_t at)
{
	uint8_t *copy = arena_alloc(scene->two.arena, body.len);

	memcpy(copy, body.ptr, body.len);
	copy[at] ^= 1;
	return span_of(copy, body.len);
}

TEST(a_flipped_byte_anywhere_is_seen_and_nothing_of_that_package_is_kept)
{
	struct serve_reply reply;
	struct scene scene;
	struct span body;
	uint64_t before;

	scene_open(&scene, 2);
	two_lodge_many(scene.south, scene.north, KIND_REPORT, 3);
	before = held(&scene)->size;
	body = body_of(&scene, JOB_ENTRIES);
	for (size_t at = 0; at < body.len; at++) {
		reply = send(&scene, flip(&scene, body, at));
		if (reply.status < 400 || reply.status > 499)
			tap_note("byte %zu: %d", at, reply.status);
		check(reply.status >= 400 && reply.status <= 499);
	}
	check(held(&scene)->size == before);
	check_int(send(&scene, body).status, 200);
	check(two_talk(&scene.two));
	check(two_agree(&scene.two, scene.north, scene.south));
	two_close(&scene.two);
}

TEST(a_flipped_byte_in_a_proof_is_seen)
{
	struct serve_reply reply;
	struct scene scene;
	struct span body;
	size_t proof, n;

	scene_open(&scene, 2);
	two_lodge_many(scene.south, scene.north, KIND_REPORT, 270);
	body = body_of(&scene, JOB_ENTRIES);
	/* The last package ends with its proof: [256, end) of end. */
	reply = send(&scene, span_of(body.ptr, body.len - 1));
	check_int(reply.status, 202);
	body =
	    upload(&scene, 256, two_log(scene.south, scene.north, true)->head);
	n = body.ptr[body.len - 1 - 32];
	check_int((int)n, 1);
	proof = body.len - 32;
	for (size_t at = proof - 1; at < body.len; at++) {
		reply = send(&scene, flip(&scene, body, at));
		check_refused(&reply, E_PROOF);
	}
	check(held(&scene)->size == 256);
	check_int(send(&scene, body).status, 200);
	two_close(&scene.two);
}

/* Nothing but SOUTH's newest head. */
static void
show_head(struct scene *scene)
{
	struct log_row *log = two_log(scene->south, scene->north, true);
	struct hash root = two_root(scene->south, log, log->head);
	struct span note =
	    two_head(scene->south, log->origin, log->head, &root);

	check_int(two_post(scene->north, scene->south, "/add-checkpoint",
		      two_checkpoint(scene->south, log, held(scene)->head,
			  log->head, note))
		      .status,
	    200);
}

TEST(no_line_before_the_first_documents_are_there)
{
	struct record record;
	struct serve_reply reply;
	struct span blobs[2];
	struct scene scene;
	char hex[HASH_TEXT_MAX];
	struct hash name;
	uint64_t size;
	struct buf batch;

	scene_open(&scene, 2);
	record = two_record(&scene.two, KIND_REPORT, NULL);
	blobs[0] = two_document(scene.south, scene.north, &record,
	    WORD_DOCUMENT_BODY, 100);
	blobs[1] = two_document(scene.south, scene.north, &record,
	    WORD_DOCUMENT_EVIDENCE, 200);
	two_lodge_record(scene.south, scene.north, &record);
	size = two_log(scene.south, scene.north, true)->head;
	/* Without the documents, by hand. */
	show_head(&scene);
	reply = send(&scene, upload(&scene, held(&scene)->size, size));
	check_int(reply.status, 202);
	check(reply.missing.len == 2 * 64 + 1);
	check(held(&scene)->size == size && held(&scene)->mirrored < size);
	for (unsigned i = 0; i < 2; i++) {
		name = digest_of(blobs[i]);
		check(strstr(arena_text(scene.two.arena, reply.missing),
			  hash_write(&name, hex)) != NULL);
	}
	/* One of them: still missing the other. */
	buf_init(&batch, SERVE_CHUNK_MAX);
	buf_u32(&batch, (uint32_t)blobs[0].len);
	buf_add(&batch, blobs[0]);
	check_int(two_post(scene.north, scene.south, "/documents",
		      buf_span(&batch))
		      .status,
	    204);
	buf_clear(&batch);
	reply = send(&scene, upload(&scene, size, size));
	check_int(reply.status, 202);
	check(span_is_text(reply.missing, hash_write(&name, hex)));
	check(two_count(scene.north, scene.south, true, KIND_RECEIPT) == 1);
	/* SOUTH learns what is missing, and sends it. */
	check(two_talk(&scene.two));
	check(held(&scene)->mirrored >= size);
	check(two_delivery(scene.south, scene.north).documents == 0);
	check(two_agree(&scene.two, scene.north, scene.south));
	two_close(&scene.two);
}

/* Only what a head under the mirror line covers is shown. */
TEST(tiles_and_entries_are_served_within_signed_heads_to_the_two_parties)
{
	struct log_row *log;
	struct record record;
	struct scene scene;
	struct serve_reply reply;
	char hex[HASH_TEXT_MAX];
	const char *base;
	struct hash key;
	uint64_t old;

	scene_open(&scene, 3);
	old = held(&scene)->mirrored;
	record = two_record(&scene.two, KIND_REPORT, NULL);
	two_document(scene.south, scene.north, &record, WORD_DOCUMENT_BODY,
	    100);
	two_lodge_record(scene.south, scene.north, &record);
	show_head(&scene);
	log = two_log(scene.south, scene.north, true);
	check_int(send(&scene, upload(&scene, old, log->head)).status, 202);
	check(held(&scene)->size == old + 1 && held(&scene)->mirrored == old);

	key = digest_of(log->origin);
	base = arena_printf(scene.two.arena, "/%s/", hash_write(&key, hex));
	for (unsigned width = 1; width < 6; width++) {
		static const char *const what[] = { "0", "entries" };

		for (size_t i = 0; i < COUNT_OF(what); i++) {
			const char *path = arena_printf(scene.two.arena,
			    "%stile/%s/000.p/%u", base, what[i], width);

			reply = two_get(scene.north, scene.south, path);
			check_int(reply.status, width <= old ? 200 : 404);
			/* NORTH's third party has nothing to do with it. */
			reply = two_get(scene.north, &scene.two.nodes[TWO_EAST],
			    path);
			check_refused(&reply, E_CHECKPOINT_ORIGIN);
		}
	}
	reply = two_get(scene.north, scene.south,
	    arena_printf(scene.two.arena, "%stile/0/001.p/1", base));
	check_refused(&reply, E_TILE);
	reply = two_get(scene.north, scene.south,
	    arena_printf(scene.two.arena, "%stile/9/000", base));
	check_refused(&reply, E_TILE);
	reply = two_get(scene.north, scene.south,
	    arena_printf(scene.two.arena, "%stile/0/../checkpoint", base));
	check_refused(&reply, E_TILE);
	reply = two_get(scene.north, &scene.two.nodes[TWO_EAST],
	    arena_printf(scene.two.arena, "%scheckpoint", base));
	check_refused(&reply, E_CHECKPOINT_ORIGIN);
	reply = two_get(scene.north, scene.south,
	    arena_printf(scene.two.arena, "%scheckpoint", base));
	check_int(reply.status, 200);
	reply = two_get(scene.north, scene.south, "/");
	check_refused(&reply, E_ROUTE);
	reply = two_get(scene.north, scene.south, "/etc/passwd");
	check_refused(&reply, E_ROUTE);
	two_close(&scene.two);
}
