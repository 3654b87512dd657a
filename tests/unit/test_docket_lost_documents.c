/*
 * Documents that a node has lost with its database: the peer gives them back,
 * or it is said that nobody has them; nothing is cosigned before.
 */

#include <string.h>

#include "base/arena.h"
#include "docket/documents.h"
#include "docket/internal.h"
#include "seal/digest.h"
#include "store/document.h"
#include "store/store.h"
#include "tests/support/twonodes.h"
#include "tests/tap.h"

/* In three pieces, the last of one byte. */
#define LARGE_BYTES (2 * SERVE_CHUNK_MAX + 1)

/* A record each, with a document, that NORTH loses. */
struct scene {
	struct two two;
	struct two_node *north, *south;
	struct span ours, theirs;
	uint64_t size; /* of SOUTH's log, in the backup */
};

static struct span
say(struct two_node *node, struct two_node *peer, size_t size)
{
	struct record record = two_record(node->two, KIND_REQUEST, NULL);
	struct span bytes =
	    two_document(node, peer, &record, WORD_DOCUMENT_EVIDENCE, size);

	two_lodge_record(node, peer, &record);
	return bytes;
}

static void
scene_open(struct scene *scene, size_t ours, size_t theirs)
{
	struct error err;

	two_open(&scene->two, 2);
	scene->north = &scene->two.nodes[TWO_NORTH];
	scene->south = &scene->two.nodes[TWO_SOUTH];
	check(two_talk(&scene->two));
	two_must(store_backup(scene->north->store, "backup.db", &err), &err,
	    "backup");
	scene->size = two_log(scene->north, scene->south, false)->size;
	scene->ours = say(scene->north, scene->south, ours);
	scene->theirs = say(scene->south, scene->north, theirs);
	check(two_talk(&scene->two));
}

static void
set_back(struct scene *scene)
{
	two_stop(scene->north);
	memcpy(scene->north->path, "backup.db", sizeof("backup.db"));
	two_start(scene->north);
	two_later(&scene->two, 100);
}

/* Nobody there has it any more. */
static void
lose(struct two_node *node, struct two_node *peer, struct span bytes)
{
	struct hash name = digest_of(bytes), file;
	struct error err;

	file = document_file(span_text(peer->party), &name);
	two_turn_begin(node);
	two_must(store_document_drop(node->store, span_text(peer->party), &name,
		     &err),
	    &err, "drop");
	two_must(node->blobs.drop(node->blobs.ctx, &file, &err), &err, "drop");
	two_turn_end(node);
}

static bool
holds(struct two_node *node, struct two_node *peer, struct span bytes)
{
	struct arena *arena = node->two->arena;
	struct hash name = digest_of(bytes);
	struct span got;
	struct error err;

	for (size_t at = 0; at < bytes.len; at += got.len)
		if (docket_document_read(node->docket, span_text(peer->party),
			&name, at, bytes.len, &got, arena, &err) == -1 ||
		    got.len == 0 ||
		    memcmp(got.ptr, bytes.ptr + at, got.len) != 0)
			return false;
	return true;
}

static bool
is_cosigned(struct scene *scene)
{
	struct log_row *log = two_log(scene->north, scene->south, false);

	return log->mirrored == log->size;
}

/* All of NORTH's log is under SOUTH's line. */
static bool
is_delivered(struct scene *scene)
{
	struct log_row *log = two_log(scene->north, scene->south, true);

	return log->mirrored == log->size;
}

TEST(lost_documents_come_back_before_anything_that_needs_them_is_cosigned)
{
	struct scene scene;
	unsigned pieces = 0;

	scene_open(&scene, LARGE_BYTES, LARGE_BYTES);
	set_back(&scene);
	check(!holds(scene.north, scene.south, scene.ours));
	for (unsigned i = 0; i < 60; i++) {
		if (two_step(scene.north, scene.south) == JOB_LOST)
			pieces++;
		if (two_log(scene.north, scene.south, false)->size > scene.size)
			check(is_cosigned(&scene) ==
			    holds(scene.north, scene.south, scene.theirs));
	}
	check_int((int)pieces, 6);
	/* At once, and with no new letter of SOUTH's. */
	check(is_cosigned(&scene));
	check(holds(scene.north, scene.south, scene.ours));
	check(two_talk(&scene.two));
	check_int((int)two_delivery(scene.north, scene.south).documents_lost,
	    0);
	check(two_agree(&scene.two, scene.north, scene.south));
	two_close(&scene.two);
}

TEST(a_fetch_that_is_cut_off_goes_on_where_it_was)
{
	struct scene scene;
	unsigned pieces = 0;

	scene_open(&scene, LARGE_BYTES, 100);
	set_back(&scene);
	for (unsigned i = 0; i < 60; i++) {
		if (two_step(scene.north, scene.south) != JOB_LOST)
			continue;
		pieces++;
		two_restart(scene.north, true);
	}
	check_int((int)pieces, 4);
	check(holds(scene.north, scene.south, scene.ours));
	check(is_cosigned(&scene));
	two_close(&scene.two);
}

static unsigned spoilt;

/* Another byte, too many, too few. */
static void
spoil(struct two *two, struct two_node *asking, const struct job *job,
    struct job_answer *answer)
{
	uint8_t *bytes;

	if (asking != &two->nodes[TWO_NORTH] || job->kind != JOB_LOST)
		return;
	bytes = arena_alloc(two->arena, answer->body.len + 1);
	memcpy(bytes, answer->body.ptr, answer->body.len);
	answer->body.ptr = bytes;
	if (spoilt == 0)
		bytes[0] ^= 1;
	else if (spoilt == 1)
		answer->body.len++;
	else
		answer->body.len = 0;
}

TEST(what_comes_back_spoilt_does_not_count)
{
	for (spoilt = 0; spoilt < 3; spoilt++) {
		struct scene scene;

		scene_open(&scene, 100, 100);
		set_back(&scene);
		scene.two.meddle = spoil;
		check(two_talk(&scene.two));
		check(!holds(scene.north, scene.south, scene.ours));
		check(!is_cosigned(&scene));
		check_int((int)two_delivery(scene.north, scene.south)
			      .documents_lost,
		    2);
		/* After the next start they are asked for again. */
		scene.two.meddle = NULL;
		two_restart(scene.north, true);
		check(two_talk(&scene.two));
		check(holds(scene.north, scene.south, scene.ours));
		check(is_cosigned(&scene));
		two_close(&scene.two);
	}
}

/* What an operator does about a document that nobody has. */
static void
erase(struct scene *scene, struct two_node *node, struct two_node *peer,
    struct span bytes)
{
	struct record record = two_record(&scene->two, KIND_ERASURE, NULL);
	struct hash name = digest_of(bytes);
	struct error err;

	*two_fact(&record, MEMBER_ERASURE_DOCUMENTS) =
	    (struct fact){ .is_given = true, .n = 1, .hashes = &name };
	two_lodge_record(node, peer, &record);
	two_turn_begin(node);
	two_must(docket_document_erase(node->docket, span_text(peer->party),
		     &name, two_now(node), &err),
	    &err, "erase");
	two_turn_end(node);
}

TEST(what_both_have_lost_is_said_and_the_log_goes_on_once_it_is_erased)
{
	struct scene scene;

	scene_open(&scene, 100, 100);
	set_back(&scene);
	lose(scene.south, scene.north, scene.ours);
	check(two_talk(&scene.two));
	check(is_cosigned(&scene));
	check_int((int)two_delivery(scene.north, scene.south).documents_lost,
	    1);
	/* SOUTH does not cosign without it: NORTH's next letter waits. */
	say(scene.north, scene.south, 100);
	for (unsigned i = 0; i < 10; i++) {
		two_step(scene.north, scene.south);
		two_later(&scene.two, 61);
	}
	check(!is_delivered(&scene));
	check_int(two_delivery(scene.north, scene.south).last_error,
	    E_DOCUMENT_LOST);
	erase(&scene, scene.north, scene.south, scene.ours);
	two_later(&scene.two, 61);
	check(two_talk(&scene.two));
	check(is_delivered(&scene));
	check(two_agree(&scene.two, scene.north, scene.south));
	two_close(&scene.two);
}
