/*
 * A node that was set back: nothing is forked, nothing is lost that the peer
 * holds, and where it cannot go on it says so.
 */

#include <string.h>

#include "base/arena.h"
#include "docket/internal.h"
#include "ledger/checkpoint.h"
#include "store/store.h"
#include "tests/support/twonodes.h"
#include "tests/tap.h"

struct scene {
	struct two two;
	struct two_node *north, *south;
	struct hash norths; /* NORTH's case before the backup */
	struct buf journal; /* NORTH's, at the backup */
};

/* What is in the backup: some of everything. */
static void
scene_open(struct scene *scene)
{
	struct error err;

	two_open(&scene->two, 2);
	scene->north = &scene->two.nodes[TWO_NORTH];
	scene->south = &scene->two.nodes[TWO_SOUTH];
	check(two_talk(&scene->two));
	scene->norths =
	    two_lodge(scene->north, scene->south, KIND_REQUEST, NULL);
	check(two_talk(&scene->two));
	two_must(store_backup(scene->north->store, "backup.db", &err), &err,
	    "backup");
	buf_init(&scene->journal, (size_t)1 << 20);
	buf_add(&scene->journal, buf_span(&scene->north->journal));
}

static void
scene_close(struct scene *scene)
{
	buf_clear(&scene->journal);
	two_close(&scene->two);
}

/* Go on from the backup; with the keeper's journal of then, or of now. */
static void
restore(struct scene *scene, bool with_journal, bool is_declared)
{
	struct two_node *north = scene->north;

	two_stop(north);
	memcpy(north->path, "backup.db", sizeof("backup.db"));
	if (with_journal) {
		buf_drop(&north->journal, north->journal.len);
		buf_add(&north->journal, buf_span(&scene->journal));
	}
	north->is_restored = is_declared;
	two_start(north);
}

static void
settle(struct scene *scene)
{
	struct error err;

	two_must(docket_settle(scene->north->docket, two_now(scene->north),
		     &err),
	    &err, "settle");
}

/* A conversation after the backup: ${n} records, each having seen the last. */
static void
converse(struct scene *scene, unsigned n)
{
	two_lodge(scene->south, scene->north, KIND_ACKNOWLEDGEMENT,
	    &scene->norths);
	check(two_talk(&scene->two));
	for (unsigned i = 0; i < n; i++) {
		two_later(&scene->two, 10);
		two_lodge(scene->north, scene->south, KIND_SUPPLEMENT,
		    &scene->norths);
		check(two_talk(&scene->two));
		two_lodge(scene->south, scene->north, KIND_RESULT,
		    &scene->norths);
		check(two_talk(&scene->two));
	}
	/* And one that is set aside and was refused. */
	two_put(scene->south, scene->north, span_text("nonsense"));
	check(two_talk(&scene->two));
}

static uint64_t
size_of(struct two_node *node, struct two_node *peer, bool is_own)
{
	return two_log(node, peer, is_own)->size;
}

/* Both go on as if nothing had been. */
static void
check_goes_on(struct scene *scene)
{
	struct statement figures;

	two_later(&scene->two, 100);
	two_lodge(scene->north, scene->south, KIND_REQUEST, NULL);
	two_lodge(scene->south, scene->north, KIND_REQUEST, NULL);
	check(two_talk(&scene->two));
	check(!two_log(scene->south, scene->north, false)->is_forked);
	check(!two_log(scene->north, scene->south, false)->is_forked);
	check(two_log(scene->south, scene->north, false)->mirrored ==
	    size_of(scene->north, scene->south, true));
	check(two_log(scene->north, scene->south, false)->mirrored ==
	    size_of(scene->south, scene->north, true));
	check(two_agree(&scene->two, scene->north, scene->south));
	check(two_statement(&scene->two, instant_of(TWO_BEGIN_S),
	    scene->two.now, scene->two.now, &figures));
}

static void
lose_and_recover(bool with_journal, bool is_declared)
{
	uint64_t before[2], refusals;
	struct scene scene;
	struct record record;
	struct hash leaf;
	struct error err;

	scene_open(&scene);
	converse(&scene, 3);
	before[0] = size_of(scene.north, scene.south, true);
	before[1] = size_of(scene.north, scene.south, false);
	refusals = two_count(scene.north, scene.south, true, KIND_REFUSAL);
	check(refusals == 1);
	two_later(&scene.two, 120);
	restore(&scene, with_journal, is_declared);
	check(size_of(scene.north, scene.south, true) < before[0]);
	settle(&scene);
	check(size_of(scene.north, scene.south, true) < before[0]);
	/* Nothing is lodged before SOUTH was heard. */
	record = two_record(&scene.two, KIND_SUPPLEMENT, &scene.norths);
	check(two_try(scene.north, scene.south, &record, &leaf, &err) == -1);
	check_int(err.code, E_BUSY);
	check(!two_delivery(scene.north, scene.south).is_checked);
	/* Nor is anything taken of SOUTH's that builds on what is lost. */
	two_lodge(scene.south, scene.north, KIND_REPORT, NULL);
	check_int(two_step(scene.south, scene.north), JOB_CHECKPOINT);
	check_int(two_delivery(scene.south, scene.north).last_error, E_HTTP);
	two_later(&scene.two, 61);
	check(two_talk(&scene.two));
	check(two_delivery(scene.north, scene.south).is_checked);
	check(size_of(scene.north, scene.south, true) >= before[0]);
	check(size_of(scene.north, scene.south, false) > before[1]);
	/* What was refused before is not refused again. */
	check(two_count(scene.north, scene.south, true, KIND_REFUSAL) ==
	    refusals);
	check_goes_on(&scene);
	scene_close(&scene);
}

TEST(database_and_keeper_set_back_together_are_brought_forward_by_the_peer)
{
	lose_and_recover(true, true);
}

TEST(a_database_older_than_its_keeper_is_brought_forward)
{
	lose_and_recover(false, true);
}

TEST(a_database_older_than_its_keeper_is_noticed_though_nobody_declared_it)
{
	lose_and_recover(false, false);
}

TEST(more_than_256_lost_entries_come_back)
{
	struct scene scene;
	uint64_t before;

	scene_open(&scene);
	two_lodge_many(scene.north, scene.south, KIND_REPORT, 300);
	two_lodge_many(scene.south, scene.north, KIND_REPORT, 270);
	check(two_talk(&scene.two));
	before = size_of(scene.north, scene.south, true);
	check(before > 300);
	restore(&scene, true, true);
	check(size_of(scene.north, scene.south, true) < 10);
	settle(&scene);
	check(two_talk(&scene.two));
	check(size_of(scene.north, scene.south, true) >= before);
	check_int((int)two_count(scene.north, scene.south, true, KIND_REPORT),
	    300);
	check_goes_on(&scene);
	scene_close(&scene);
}

TEST(a_restored_node_signs_nothing_before_its_peer_was_heard)
{
	struct scene scene;
	uint64_t at;

	scene_open(&scene);
	two_lodge(scene.south, scene.north, KIND_REQUEST, NULL);
	check(two_talk(&scene.two));
	/* Nothing was lost; it cannot know. */
	restore(&scene, false, true);
	at = two_log(scene.north, scene.south, true)->head;
	settle(&scene);
	check(two_log(scene.north, scene.south, true)->head == at);
	check(two_talk(&scene.two));
	check(two_delivery(scene.north, scene.south).is_checked);
	check_goes_on(&scene);
	scene_close(&scene);
}

TEST(a_normal_start_signs_before_anybody_was_asked)
{
	struct scene scene;
	uint64_t at;

	scene_open(&scene);
	two_restart(scene.north, true);
	check(!two_delivery(scene.north, scene.south).is_checked);
	at = two_log(scene.north, scene.south, true)->head;
	two_lodge(scene.north, scene.south, KIND_REQUEST, NULL);
	check(two_log(scene.north, scene.south, true)->head == at + 1);
	check_goes_on(&scene);
	scene_close(&scene);
}

TEST(a_head_that_was_shown_but_never_delivered_stops_the_log)
{
	struct scene scene;
	struct record record;
	struct hash leaf;
	struct error err;
	uint64_t head;

	scene_open(&scene);
	/* SOUTH sees the head, and never the entries. */
	two_lodge(scene.north, scene.south, KIND_REQUEST, NULL);
	check_int(two_step(scene.north, scene.south), JOB_CHECKPOINT);
	head = two_log(scene.south, scene.north, false)->head;
	check(head > two_log(scene.south, scene.north, false)->size);
	restore(&scene, true, true);
	settle(&scene);
	for (unsigned i = 0; i < 30; i++) {
		two_later(&scene.two, 61);
		two_step(scene.north, scene.south);
		two_step(scene.south, scene.north);
		settle(&scene);
	}
	check(!two_delivery(scene.north, scene.south).is_checked);
	check_int(two_delivery(scene.north, scene.south).last_error,
	    E_TAIL_LOST);
	record = two_record(&scene.two, KIND_REQUEST, NULL);
	check(two_try(scene.north, scene.south, &record, &leaf, &err) == -1);
	check_int(err.code, E_BUSY);
	check(two_log(scene.north, scene.south, true)->head < head);
	check(!two_log(scene.south, scene.north, false)->is_forked);
	scene_close(&scene);
}

/* SOUTH is shown a version of NORTH's log that NORTH's disk never had. */
TEST(a_peer_that_holds_another_version_of_our_log_is_an_alarm_and_no_more)
{
	struct scene scene;
	struct record record;
	struct hash leaf;
	struct error err;
	uint64_t at;

	scene_open(&scene);
	/* An undeclared restore goes on from the past, and SOUTH knows. */
	two_lodge(scene.north, scene.south, KIND_REQUEST, NULL);
	check(two_talk(&scene.two));
	restore(&scene, true, false);
	two_lodge_many(scene.north, scene.south, KIND_REPORT, 5);
	at = two_log(scene.north, scene.south, true)->head;
	for (unsigned i = 0; i < 10; i++) {
		two_later(&scene.two, 61);
		two_step(scene.north, scene.south);
	}
	check_int(two_delivery(scene.north, scene.south).last_error,
	    E_KEEPER_FORK);
	check(!two_delivery(scene.north, scene.south).is_checked);
	record = two_record(&scene.two, KIND_REQUEST, NULL);
	check(two_try(scene.north, scene.south, &record, &leaf, &err) == -1);
	check_int(err.code, E_BUSY);
	settle(&scene);
	check(two_log(scene.north, scene.south, true)->head == at);
	/* Nothing of the other version was ever shown. */
	check(!two_log(scene.south, scene.north, false)->is_forked);
	scene_close(&scene);
}

/* What SOUTH gives back, spoilt ${kind} by ${kind}. */
static unsigned spoilt;

static void
spoil(struct two *two, struct two_node *asking, const struct job *job,
    struct job_answer *answer)
{
	uint8_t *bytes;

	if (asking != &two->nodes[TWO_NORTH] || job->kind != JOB_FETCH ||
	    spoilt >= 4)
		return;
	bytes = arena_alloc(two->arena, answer->body.len);
	memcpy(bytes, answer->body.ptr, answer->body.len);
	answer->body.ptr = bytes;
	switch (spoilt++) {
	case 0:
		answer->body.len /= 2;
		break;
	case 1:
		answer->status = 404;
		break;
	case 2:
		answer->failure = E_NET;
		break;
	default: /* a byte of an entry, and all that follows is good */
		bytes[answer->body.len - 3] ^= 1;
		break;
	}
}

TEST(what_is_given_back_spoilt_is_not_kept_and_asked_again)
{
	struct scene scene;
	uint64_t before;

	scene_open(&scene);
	converse(&scene, 2);
	before = size_of(scene.north, scene.south, true);
	restore(&scene, true, true);
	settle(&scene);
	spoilt = 0;
	scene.two.meddle = spoil;
	for (unsigned i = 0; i < 60; i++) {
		two_later(&scene.two, 61);
		two_step(scene.north, scene.south);
	}
	check_int((int)spoilt, 4);
	check(two_delivery(scene.north, scene.south).is_checked);
	check(size_of(scene.north, scene.south, true) >= before);
	check_goes_on(&scene);
	scene_close(&scene);
}

TEST(a_recovery_that_is_cut_off_begins_anew)
{
	struct scene scene;

	scene_open(&scene);
	converse(&scene, 2);
	restore(&scene, true, true);
	for (unsigned steps = 1; steps < 6; steps++) {
		settle(&scene);
		for (unsigned i = 0; i < steps; i++)
			two_step(scene.north, scene.south);
		two_restart(scene.north, true);
		check(!two_delivery(scene.north, scene.south).is_checked);
	}
	settle(&scene);
	check(two_talk(&scene.two));
	check_goes_on(&scene);
	scene_close(&scene);
}

TEST(one_peer_that_is_away_after_a_restore_does_not_stop_the_others)
{
	struct two two;
	struct record record;
	struct hash leaf;
	struct error err;

	two_open(&two, 3);
	check(two_talk(&two));
	two.nodes[TWO_NORTH].is_restored = true;
	two_restart(&two.nodes[TWO_NORTH], true);
	for (unsigned i = 0; i < 10; i++)
		two_step(&two.nodes[TWO_NORTH], &two.nodes[TWO_SOUTH]);
	record = two_record(&two, KIND_REQUEST, NULL);
	check(two_try(&two.nodes[TWO_NORTH], &two.nodes[TWO_SOUTH], &record,
		  &leaf, &err) == 0);
	check(two_try(&two.nodes[TWO_NORTH], &two.nodes[TWO_EAST], &record,
		  &leaf, &err) == -1);
	check_int(err.code, E_BUSY);
	two_later(&two, 61);
	check(two_talk(&two));
	check(two_try(&two.nodes[TWO_NORTH], &two.nodes[TWO_EAST], &record,
		  &leaf, &err) == 0);
	two_close(&two);
}
