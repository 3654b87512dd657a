/*
 * Receipts, and the times that follow from them.
 */

#include "base/arena.h"
#include "docket/fold.h"
#include "docket/internal.h"
#include "domain/lines.h"
#include "store/store.h"
#include "tests/support/twonodes.h"
#include "tests/tap.h"

struct scene {
	struct two two;
	struct two_node *north, *south;
};

static void
scene_open(struct scene *scene)
{
	two_open(&scene->two, 2);
	scene->north = &scene->two.nodes[TWO_NORTH];
	scene->south = &scene->two.nodes[TWO_SOUTH];
	check(two_talk(&scene->two));
}

static unsigned
receipts(struct two_node *node, struct two_node *peer)
{
	return two_count(node, peer, true, KIND_RECEIPT);
}

/* The case as ${node} sees it, below its newest heads. */
static struct case_view
view(struct two_node *node, struct two_node *peer, const struct hash *name)
{
	struct arena *arena = node->two->arena;
	struct case_view out;
	struct heads heads;
	struct error err;

	two_must(docket_heads(node->docket, span_text(peer->party), &heads,
		     arena, &err),
	    &err, "heads");
	two_must(docket_case(node->docket, span_text(peer->party), name, &heads,
		     instant_add(node->two->now, period_of(1000000)), &out,
		     arena, &err),
	    &err, "case");
	return out;
}

/* When the record ${i} of the case was taken, in seconds from the start; -1
 * if it was not. */
static long long
taken(const struct case_view *view, size_t i)
{
	const struct case_record *record = view->entries[i].record;

	return record->has_taken ? (long long)record->taken.s - TWO_BEGIN_S :
				   -1;
}

TEST(a_batch_gets_one_receipt_and_a_batch_of_receipts_gets_none)
{
	struct scene scene;
	unsigned norths, souths;

	scene_open(&scene);
	norths = receipts(scene.north, scene.south);
	souths = receipts(scene.south, scene.north);
	/* The openings; each got one. */
	check_int((int)norths, 1);
	check_int((int)souths, 1);
	two_lodge_many(scene.north, scene.south, KIND_REPORT, 20);
	check(two_talk(&scene.two));
	check_int((int)receipts(scene.south, scene.north), (int)souths + 1);
	check_int((int)receipts(scene.north, scene.south), (int)norths);
	for (unsigned i = 0; i < 20; i++) {
		two_later(&scene.two, 30);
		check(two_talk(&scene.two));
	}
	check_int((int)receipts(scene.south, scene.north), (int)souths + 1);
	check_int((int)receipts(scene.north, scene.south), (int)norths);
	two_close(&scene.two);
}

TEST(a_batch_of_what_was_set_aside_gets_refusals_and_no_receipt)
{
	struct scene scene;

	scene_open(&scene);
	two_put(scene.north, scene.south, span_text("nonsense"));
	check(two_talk(&scene.two));
	check_int((int)receipts(scene.south, scene.north), 1);
	check_int((int)two_count(scene.south, scene.north, true, KIND_REFUSAL),
	    1);
	/* The refusal is a record: it was taken. */
	check_int((int)receipts(scene.north, scene.south), 2);
	two_close(&scene.two);
}

TEST(what_the_receiver_withholds_the_sender_lodges_when_it_next_writes)
{
	struct case_view seen[2];
	struct scene scene;
	struct hash name;

	scene_open(&scene);
	scene.south->is_withholding = true;
	two_later(&scene.two, 100);
	name = two_lodge(scene.north, scene.south, KIND_REQUEST, NULL);
	check(two_talk(&scene.two));
	check_int((int)receipts(scene.south, scene.north), 1);
	seen[0] = view(scene.north, scene.south, &name);
	check(taken(&seen[0], 0) == -1);
	/* Not before the grace is over. */
	two_later(&scene.two, DOCKET_RECEIPT_GRACE_S - 1);
	two_lodge(scene.north, scene.south, KIND_SUPPLEMENT, &name);
	check_int((int)receipts(scene.north, scene.south), 1);
	check(two_talk(&scene.two));
	two_later(&scene.two, DOCKET_RECEIPT_GRACE_S);
	two_lodge(scene.north, scene.south, KIND_SUPPLEMENT, &name);
	check_int((int)receipts(scene.north, scene.south), 3);
	check(two_talk(&scene.two));
	seen[0] = view(scene.north, scene.south, &name);
	seen[1] = view(scene.south, scene.north, &name);
	for (unsigned i = 0; i < 2; i++) {
		/* Each by its own line. */
		check_int(taken(&seen[i], 0), 100);
		check_int(taken(&seen[i], 1), 159);
		check_int(taken(&seen[i], 2), -1);
	}
	check(two_agree(&scene.two, scene.north, scene.south));
	two_close(&scene.two);
}

/* The newest line is never old: the older ones are. */
TEST(who_writes_every_few_seconds_is_not_kept_waiting_for_a_receipt)
{
	struct case_view seen;
	struct scene scene;
	struct hash name;

	scene_open(&scene);
	scene.south->is_withholding = true;
	two_later(&scene.two, 100);
	name = two_lodge(scene.north, scene.south, KIND_REQUEST, NULL);
	check(two_talk(&scene.two));
	for (unsigned i = 0; i < 20; i++) {
		two_later(&scene.two, 7);
		two_lodge(scene.north, scene.south, KIND_REPORT, NULL);
		check(two_talk(&scene.two));
	}
	seen = view(scene.south, scene.north, &name);
	check_int(taken(&seen, 0), 100);
	check(two_agree(&scene.two, scene.north, scene.south));
	two_close(&scene.two);
}

TEST(the_request_was_taken_when_the_other_node_says_and_both_say_the_same)
{
	struct case_view seen[2];
	struct scene scene;
	struct hash name;

	scene_open(&scene);
	two_later(&scene.two, 1000);
	name = two_lodge(scene.north, scene.south, KIND_REQUEST, NULL);
	two_later(&scene.two, 500);
	scene.south->skew_s = 7;
	check(two_talk(&scene.two));
	two_lodge(scene.south, scene.north, KIND_ACKNOWLEDGEMENT, &name);
	check(two_talk(&scene.two));
	seen[0] = view(scene.north, scene.south, &name);
	seen[1] = view(scene.south, scene.north, &name);
	for (unsigned i = 0; i < 2; i++) {
		check_int(taken(&seen[i], 0), 1507);
		/* NORTH's clock is behind what it has already seen: no
		 * earlier than that. */
		check_int(taken(&seen[i], 1), 1507);
		check(seen[i].casefile.are_times_different == false);
	}
	two_close(&scene.two);
}

/* A receipt of NORTH's newest mirrored head, with a line of SOUTH's at
 * ${at}. */
static void
stamp(struct scene *scene, struct instant at)
{
	two_stamp(scene->south, scene->north, at);
	check(two_talk(&scene->two));
	check_int((int)two_count(scene->north, scene->south, false, KIND_COUNT),
	    0);
}

TEST(a_line_of_a_wild_past_takes_nothing_before_what_its_author_had_seen)
{
	struct case_view seen[2];
	struct scene scene;
	struct hash first, second;

	scene_open(&scene);
	scene.south->is_withholding = true;
	two_later(&scene.two, 1000);
	first = two_lodge(scene.north, scene.south, KIND_REQUEST, NULL);
	check(two_talk(&scene.two));
	stamp(&scene, instant_of(TWO_BEGIN_S + 1000));
	two_later(&scene.two, 1000);
	/* NORTH has seen the line of 1000 when it writes this. */
	second = two_lodge(scene.north, scene.south, KIND_REQUEST, NULL);
	check(two_talk(&scene.two));
	stamp(&scene, instant_of(TWO_BEGIN_S - 5000000));
	for (unsigned i = 0; i < 2; i++) {
		struct two_node *node = i == 0 ? scene.north : scene.south;
		struct two_node *peer = i == 0 ? scene.south : scene.north;

		seen[i] = view(node, peer, &second);
		check_int(taken(&seen[i], 0), 1000);
		/* Of the first the openings' lines are in the past, no more. */
		seen[i] = view(node, peer, &first);
		check_int(taken(&seen[i], 0), 0);
	}
	check(two_agree(&scene.two, scene.north, scene.south));
	two_close(&scene.two);
}

TEST(a_line_of_a_wild_future_does_not_undo_an_earlier_one)
{
	struct case_view seen;
	struct scene scene;
	struct hash name;

	scene_open(&scene);
	two_later(&scene.two, 1000);
	name = two_lodge(scene.north, scene.south, KIND_REQUEST, NULL);
	check(two_talk(&scene.two));
	stamp(&scene, instant_of(TWO_BEGIN_S + 900000));
	seen = view(scene.north, scene.south, &name);
	check_int(taken(&seen, 0), 1000);
	seen = view(scene.south, scene.north, &name);
	check_int(taken(&seen, 0), 1000);
	two_close(&scene.two);
}

/*
 * A line is judged by the receipt that quotes it: too far ahead of its `at`
 * it neither takes what it covers nor delays what has seen it.
 */
static void
stamp_ahead(int64_t by, long long first_at, long long second_at)
{
	struct case_view seen;
	struct scene scene;
	struct hash first, second;

	scene_open(&scene);
	scene.south->is_withholding = true;
	two_later(&scene.two, 1000);
	first = two_lodge(scene.north, scene.south, KIND_REQUEST, NULL);
	check(two_talk(&scene.two));
	stamp(&scene, instant_of(TWO_BEGIN_S + 1000 + by));
	/* NORTH has seen that line, and SOUTH's next one is earlier. */
	second = two_lodge(scene.north, scene.south, KIND_REQUEST, NULL);
	check(two_talk(&scene.two));
	stamp(&scene, instant_of(TWO_BEGIN_S + 1010));
	for (unsigned i = 0; i < 2; i++) {
		struct two_node *node = &scene.two.nodes[i];
		struct two_node *peer = &scene.two.nodes[1 - i];

		seen = view(node, peer, &first);
		check_int(taken(&seen, 0), first_at);
		seen = view(node, peer, &second);
		check_int(taken(&seen, 0), second_at);
	}
	check(two_agree(&scene.two, scene.north, scene.south));
	two_close(&scene.two);
}

TEST(a_line_more_than_five_minutes_after_its_receipt_counts_for_nothing)
{
	stamp_ahead(300, 1010, 1300);
	stamp_ahead(301, 1010, 1010);
}

/*
 * SOUTH's receipt quotes only its later line; NORTH holds the earlier one and
 * quotes it, so that what was taken at 100 is not taken at 200.
 */
TEST(an_earlier_line_that_is_held_is_quoted_though_a_later_one_is)
{
	struct case_view seen[2];
	struct scene scene;
	struct hash name;
	unsigned norths;

	scene_open(&scene);
	scene.south->is_withholding = true;
	norths = receipts(scene.north, scene.south);
	two_later(&scene.two, 100);
	name = two_lodge(scene.north, scene.south, KIND_REQUEST, NULL);
	check(two_talk(&scene.two));
	two_later(&scene.two, 50);
	two_lodge(scene.north, scene.south, KIND_REPORT, NULL);
	check(two_talk(&scene.two));
	stamp(&scene, instant_of(TWO_BEGIN_S + 150));
	seen[0] = view(scene.north, scene.south, &name);
	check_int(taken(&seen[0], 0), 150);
	check_int((int)receipts(scene.north, scene.south), (int)norths);
	two_later(&scene.two, DOCKET_RECEIPT_GRACE_S);
	/* One for the line of 100; that of 150 is quoted already. */
	for (unsigned i = 0; i < 3; i++)
		two_lodge(scene.north, scene.south, KIND_REPORT, NULL);
	check_int((int)receipts(scene.north, scene.south), (int)norths + 1);
	check(two_talk(&scene.two));
	seen[0] = view(scene.north, scene.south, &name);
	seen[1] = view(scene.south, scene.north, &name);
	check_int(taken(&seen[0], 0), 100);
	check_int(taken(&seen[1], 0), 100);
	check(two_agree(&scene.two, scene.north, scene.south));
	two_close(&scene.two);
}

/* An operator has confirmed that SOUTH's clock is right now. */
TEST(a_line_too_far_ahead_is_signed_anew_when_the_clock_is_right_again)
{
	struct case_view seen;
	struct scene scene;
	struct hash name;
	uint64_t size;
	struct error err;

	scene_open(&scene);
	scene.south->skew_s = 2 * 3600;
	name = two_lodge(scene.north, scene.south, KIND_REQUEST, NULL);
	size = two_log(scene.north, scene.south, true)->size;
	for (unsigned i = 0; i < 4; i++)
		two_step(scene.north, scene.south);
	check(two_log(scene.south, scene.north, false)->mirrored == size);
	check(two_log(scene.north, scene.south, true)->mirrored < size);
	scene.south->skew_s = 0;
	two_must(keeper_confirm_clock(scene.south->keeper, two_now(scene.south),
		     &err),
	    &err, "clock");
	two_later(&scene.two, 70);
	check(two_talk(&scene.two));
	check(two_log(scene.north, scene.south, true)->mirrored >= size);
	two_later(&scene.two, DOCKET_RECEIPT_GRACE_S);
	two_lodge(scene.north, scene.south, KIND_REPORT, NULL);
	check(two_talk(&scene.two));
	seen = view(scene.north, scene.south, &name);
	check_int(taken(&seen, 0), 70);
	seen = view(scene.south, scene.north, &name);
	check_int(taken(&seen, 0), 70);
	check(two_agree(&scene.two, scene.north, scene.south));
	two_close(&scene.two);
}

TEST(a_clock_that_jumps_ahead_signs_no_line_that_is_believed)
{
	struct scene scene;
	uint64_t mirrored;

	scene_open(&scene);
	mirrored = two_log(scene.north, scene.south, true)->mirrored;
	scene.south->skew_s = LINES_AHEAD_S + 1;
	two_lodge(scene.north, scene.south, KIND_REQUEST, NULL);
	for (unsigned i = 0; i < 4; i++)
		two_step(scene.north, scene.south);
	check(two_log(scene.north, scene.south, true)->mirrored == mirrored);
	check_int(two_delivery(scene.north, scene.south).last_error, E_HTTP);
	/* When it has come to that time the line is good. */
	two_later(&scene.two, 60);
	check(two_talk(&scene.two));
	check(two_log(scene.north, scene.south, true)->mirrored > mirrored);
	two_close(&scene.two);
}
