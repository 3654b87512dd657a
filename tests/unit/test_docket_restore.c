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
	bool is_known_short = is_declared || !with_journal;
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
	check_int(err.code, is_known_short ? E_BUSY : E_UNASKED);
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

TEST(both_set_back_by_a_snapshot_that_nobody_declared_are_brought_forward)
{
	lose_and_recover(true, false);
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

/* SOUTH is off: the next ${n} requests of NORTH find nobody. */
static void
find_nobody(struct scene *scene, unsigned n)
{
	static const struct job_answer nobody = { .failure = E_NET };

	while (n-- > 0) {
		struct job job;

		check_int(two_job(scene->north, scene->south, &job,
			      scene->two.arena),
		    JOB_HEAD);
		two_done(scene->north, &job, &nobody);
		two_later(&scene->two, 2);
	}
}

static enum error_code
try_to_lodge(struct scene *scene)
{
	struct record record = two_record(&scene->two, KIND_REQUEST, NULL);
	struct hash leaf;
	struct error err = { .code = E_NONE };

	if (two_try(scene->north, scene->south, &record, &leaf, &err) == 0)
		return E_NONE;
	return err.code;
}

TEST(at_a_normal_start_the_peer_is_asked_before_anything_is_signed)
{
	struct scene scene;
	uint64_t at;

	scene_open(&scene);
	two_restart(scene.north, true);
	check(!two_delivery(scene.north, scene.south).is_checked);
	at = two_log(scene.north, scene.south, true)->head;
	check_int(try_to_lodge(&scene), E_UNASKED);
	check_int(two_step(scene.north, scene.south), JOB_HEAD);
	check(two_delivery(scene.north, scene.south).is_checked);
	check_int(try_to_lodge(&scene), E_NONE);
	check(two_log(scene.north, scene.south, true)->head == at + 1);
	check_goes_on(&scene);
	scene_close(&scene);
}

TEST(a_peer_that_is_off_is_waited_for_three_tries_and_asked_when_it_is_back)
{
	struct scene scene;
	uint64_t at;

	scene_open(&scene);
	two_restart(scene.north, true);
	at = two_log(scene.north, scene.south, true)->head;
	for (unsigned i = 0; i < 3; i++) {
		check_int(try_to_lodge(&scene), E_UNASKED);
		find_nobody(&scene, 1);
	}
	check_int(try_to_lodge(&scene), E_NONE);
	check(two_log(scene.north, scene.south, true)->head == at + 1);
	check(!two_delivery(scene.north, scene.south).is_checked);
	two_later(&scene.two, 61);
	check_int(two_step(scene.north, scene.south), JOB_HEAD);
	check(two_delivery(scene.north, scene.south).is_checked);
	check_goes_on(&scene);
	scene_close(&scene);
}

TEST(a_peer_that_never_answers_is_waited_for_ten_seconds)
{
	struct scene scene;

	scene_open(&scene);
	two_restart(scene.north, true);
	settle(&scene);
	two_later(&scene.two, 9);
	check_int(try_to_lodge(&scene), E_UNASKED);
	two_later(&scene.two, 1);
	check_int(try_to_lodge(&scene), E_NONE);
	scene_close(&scene);
}

/* It says what cannot be without our signature, and shows none. */
static void
boast(struct two *two, struct two_node *asking, const struct job *job,
    struct job_answer *answer)
{
	if (asking != &two->nodes[TWO_NORTH] || job->kind != JOB_CHECKPOINT)
		return;
	answer->status = 409;
	answer->type = span_text("text/x.tlog.size");
	answer->body = span_text("1000000\n");
}

TEST(a_peer_that_only_says_it_holds_more_of_our_log_does_not_silence_us)
{
	struct scene scene;
	uint64_t at;

	scene_open(&scene);
	scene.two.meddle = boast;
	at = two_log(scene.north, scene.south, true)->head;
	for (unsigned i = 1; i < 6; i++) {
		check_int(try_to_lodge(&scene), E_NONE);
		check(two_log(scene.north, scene.south, true)->head == at + i);
		two_later(&scene.two, 61);
		two_step(scene.north, scene.south);
	}
	scene.two.meddle = NULL;
	two_later(&scene.two, 61);
	check(two_talk(&scene.two));
	check_goes_on(&scene);
	scene_close(&scene);
}

static void
show_and_lose(bool is_declared)
{
	struct scene scene;
	uint64_t head;

	scene_open(&scene);
	/* SOUTH sees the head, and never the entries. */
	two_lodge(scene.north, scene.south, KIND_REQUEST, NULL);
	check_int(two_step(scene.north, scene.south), JOB_CHECKPOINT);
	head = two_log(scene.south, scene.north, false)->head;
	check(head > two_log(scene.south, scene.north, false)->size);
	restore(&scene, true, is_declared);
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
	check_int(try_to_lodge(&scene), E_TAIL_LOST);
	check(two_log(scene.north, scene.south, true)->head < head);
	check(!two_log(scene.south, scene.north, false)->is_forked);
	scene_close(&scene);
}

TEST(a_head_that_was_shown_but_never_delivered_stops_the_log)
{
	show_and_lose(true);
}

TEST(a_head_shown_but_never_delivered_stops_the_log_though_nobody_declared_it)
{
	show_and_lose(false);
}

/*
 * SOUTH is off when NORTH is set back by ${lost} entries and then signs
 * ${signed_n} others; then SOUTH is back.
 */
static void
go_on_from_the_past(unsigned lost, unsigned signed_n, enum error_code code)
{
	struct scene scene;
	uint64_t at;

	scene_open(&scene);
	two_lodge_many(scene.north, scene.south, KIND_REPORT, lost);
	check(two_talk(&scene.two));
	restore(&scene, true, false);
	find_nobody(&scene, 3);
	two_lodge_many(scene.north, scene.south, KIND_REQUEST, signed_n);
	at = two_log(scene.north, scene.south, true)->head;
	for (unsigned i = 0; i < 10; i++) {
		two_later(&scene.two, 61);
		two_step(scene.north, scene.south);
	}
	check_int(two_delivery(scene.north, scene.south).last_error, code);
	check(!two_delivery(scene.north, scene.south).is_checked);
	check_int(try_to_lodge(&scene), E_BUSY);
	settle(&scene);
	check(two_log(scene.north, scene.south, true)->head == at);
	/* Nothing of the other version was ever shown. */
	check(!two_log(scene.south, scene.north, false)->is_forked);
	scene_close(&scene);
}

TEST(a_peer_that_holds_another_version_of_our_log_is_an_alarm_and_no_more)
{
	go_on_from_the_past(1, 5, E_KEEPER_FORK);
	go_on_from_the_past(3, 3, E_KEEPER_FORK);
	go_on_from_the_past(5, 1, E_PROOF);
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
