/*
 * The unfair counterparty (protocol section 8, 9): each trick of SOUTH's
 * leaves the figures the same on both nodes, and fair to NORTH.
 */

#include <stdlib.h>

#include "base/arena.h"
#include "base/encode.h"
#include "docket/internal.h"
#include "keeper/keeper.h"
#include "keeper/state.h"
#include "seal/certificate.h"
#include "seal/identity.h"
#include "seal/seal.h"
#include "store/store.h"
#include "tests/support/twonodes.h"
#include "tests/tap.h"

#define HOUR 3600
#define DAY (24 * HOUR)

/* NORTH is side 0, SOUTH side 1. */
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

/* A request of ${node}'s, urgent; the other acknowledges within a day. */
static struct hash
request(struct scene *scene, struct two_node *node)
{
	struct record record = two_record(&scene->two, KIND_REQUEST, NULL);

	two_word(&scene->two, &record, MEMBER_REQUEST_URGENCY,
	    WORD_URGENCY_URGENT);
	return two_lodge_record(node,
	    node == scene->north ? scene->south : scene->north, &record);
}

/* What NORTH asked of SOUTH, as both count it now. */
static struct direction
asked(struct scene *scene)
{
	struct instant now = scene->two.now;
	struct statement figures;

	check(two_talk(&scene->two));
	check(two_statement(&scene->two, instant_of(TWO_BEGIN_S - DAY),
	    instant_add(now, period_of(1)), now, &figures));
	return figures.directions[0];
}

static void
check_class(const struct direction *direction, enum case_class class,
    long long n)
{
	check_int((long long)direction->all.classes[class], n);
}

TEST(withheld_receipts_do_not_make_requests_not_taken)
{
	struct direction north;
	struct scene scene;

	scene_open(&scene);
	scene.south->is_withholding = true;
	two_later(&scene.two, HOUR);
	request(&scene, scene.north);
	north = asked(&scene);
	check_class(&north, CASE_NOT_TAKEN, 1);
	two_later(&scene.two, DAY);
	two_lodge(scene.north, scene.south, KIND_REPORT, NULL);
	north = asked(&scene);
	check_int((long long)north.all.total, 1);
	check_class(&north, CASE_AWAITING, 1);
	/* The day began when SOUTH's mirror took it, a day ago. */
	two_later(&scene.two, 1);
	north = asked(&scene);
	check_class(&north, CASE_WITHOUT_REACTION, 1);
	check(two_agree(&scene.two, scene.north, scene.south));
	two_close(&scene.two);
}

TEST(a_late_answer_is_late_and_ends_being_without_reaction)
{
	struct direction north;
	struct scene scene;
	struct hash name;

	scene_open(&scene);
	name = request(&scene, scene.north);
	check(two_talk(&scene.two));
	two_later(&scene.two, DAY);
	north = asked(&scene);
	check_class(&north, CASE_AWAITING, 1);
	two_later(&scene.two, 1);
	north = asked(&scene);
	check_class(&north, CASE_WITHOUT_REACTION, 1);
	check_int((long long)north.reactions_late, 0);
	/* Dated within the day: `at` meets no deadline. */
	scene.south->skew_s = -30;
	two_lodge(scene.south, scene.north, KIND_ACKNOWLEDGEMENT, &name);
	two_later(&scene.two, 40);
	north = asked(&scene);
	check_class(&north, CASE_WITHOUT_REACTION, 0);
	check_class(&north, CASE_UNDER_EXAMINATION, 1);
	check_int((long long)north.reactions_late, 1);
	check(two_agree(&scene.two, scene.north, scene.south));
	two_close(&scene.two);
}

TEST(a_receipt_stamped_years_ahead_does_not_stop_the_clock)
{
	struct direction north;
	struct scene scene;

	scene_open(&scene);
	scene.south->is_withholding = true;
	two_later(&scene.two, HOUR);
	request(&scene, scene.north);
	check(two_talk(&scene.two));
	two_stamp(scene.south, scene.north,
	    instant_add(scene.two.now, period_of(400 * DAY)));
	two_later(&scene.two, DAY);
	/* SOUTH's true line, which NORTH holds, counts once it is quoted. */
	two_lodge(scene.north, scene.south, KIND_REPORT, NULL);
	two_later(&scene.two, 1);
	north = asked(&scene);
	check_class(&north, CASE_NOT_TAKEN, 0);
	check_class(&north, CASE_WITHOUT_REACTION, 1);
	check(two_agree(&scene.two, scene.north, scene.south));
	two_close(&scene.two);
}

TEST(a_receipt_stamped_in_the_past_makes_no_request_older_than_it_can_be)
{
	struct direction north;
	struct scene scene;

	scene_open(&scene);
	two_later(&scene.two, 10 * DAY);
	request(&scene, scene.north);
	check(two_talk(&scene.two));
	/* A first request, receipted truly; NORTH has seen that. */
	two_later(&scene.two, DAY / 2);
	request(&scene, scene.north);
	check(two_talk(&scene.two));
	two_stamp(scene.south, scene.north,
	    instant_of(TWO_BEGIN_S - 1000 * DAY));
	north = asked(&scene);
	check_int((long long)north.all.total, 2);
	/* It is SOUTH's own clock that SOUTH set back: the first was taken
	 * when NORTH had last heard of it, the second when the first was. */
	check_class(&north, CASE_NOT_TAKEN, 0);
	check_int((long long)north.all.classes[CASE_AWAITING] +
		(long long)north.all.classes[CASE_WITHOUT_REACTION],
	    2);
	check_class(&north, CASE_AWAITING, 1);
	check(two_agree(&scene.two, scene.north, scene.south));
	two_close(&scene.two);
}

TEST(calling_a_valid_record_malformed_changes_nothing)
{
	struct hash *name;
	struct record refusal;
	struct direction north;
	struct scene scene;

	scene_open(&scene);
	name = arena_alloc(scene.two.arena, sizeof(*name));
	*name = request(&scene, scene.north);
	check(two_talk(&scene.two));
	refusal = two_record(&scene.two, KIND_REFUSAL, NULL);
	refusal.facts[0] =
	    (struct fact){ .is_given = true, .n = 1, .hashes = name };
	refusal.facts[1] = (struct fact){ .is_given = true,
		.n = 1,
		.text = span_text("record-member") };
	(void)two_content(scene.south, scene.north, &refusal);
	two_put(scene.south, scene.north,
	    two_seal(scene.south, two_written(&scene.two, &refusal)));
	north = asked(&scene);
	check_int((int)two_count(scene.north, scene.south, false, KIND_REFUSAL),
	    1);
	check_class(&north, CASE_AWAITING, 1);
	two_later(&scene.two, DAY + 1);
	north = asked(&scene);
	check_class(&north, CASE_WITHOUT_REACTION, 1);
	check_class(&north, CASE_DENIED, 0);
	check(two_agree(&scene.two, scene.north, scene.south));
	two_close(&scene.two);
}

TEST(stale_anchors_hide_nothing_and_change_no_figure)
{
	struct direction north;
	struct record record;
	struct anchor stale;
	struct scene scene;
	struct hash name;

	scene_open(&scene);
	record = two_record(&scene.two, KIND_REPORT, NULL);
	(void)two_content(scene.south, scene.north, &record);
	stale = record.anchor;
	name = request(&scene, scene.north);
	scene.south->is_withholding = true;
	check(two_talk(&scene.two));
	/* As if it had not seen the request: valid, and no reaction. */
	two_later(&scene.two, HOUR);
	(void)two_content(scene.south, scene.north, &record);
	record.anchor = stale;
	two_put(scene.south, scene.north,
	    two_seal(scene.south, two_written(&scene.two, &record)));
	/* A reaction that anchors below its request is not valid. */
	record = two_record(&scene.two, KIND_ACKNOWLEDGEMENT, &name);
	(void)two_content(scene.south, scene.north, &record);
	record.anchor = stale;
	two_put(scene.south, scene.north,
	    two_seal(scene.south, two_written(&scene.two, &record)));
	check(two_talk(&scene.two));
	check_int((int)two_count(scene.north, scene.south, false, KIND_REPORT),
	    1);
	check_int((int)two_count(scene.north, scene.south, false, KIND_COUNT),
	    1);
	two_later(&scene.two, DAY);
	two_lodge(scene.north, scene.south, KIND_REPORT, NULL);
	north = asked(&scene);
	check_class(&north, CASE_WITHOUT_REACTION, 1);
	check(two_agree(&scene.two, scene.north, scene.south));
	two_close(&scene.two);
}

TEST(of_45_requests_one_of_which_is_bad_44_are_counted)
{
	struct statement figures;
	struct scene scene;

	scene_open(&scene);
	for (unsigned i = 0; i < 45; i++) {
		struct record record =
		    two_record(&scene.two, KIND_REQUEST, NULL);

		(void)two_content(scene.south, scene.north, &record);
		if (i == 20)
			record.anchor.root.bytes[0] ^= 1;
		two_put(scene.south, scene.north,
		    two_seal(scene.south, two_written(&scene.two, &record)));
	}
	check(two_talk(&scene.two));
	check(two_statement(&scene.two, instant_of(TWO_BEGIN_S),
	    instant_add(scene.two.now, period_of(1)), scene.two.now, &figures));
	check_int((long long)figures.directions[1].all.total, 44);
	check_class(&figures.directions[1], CASE_AWAITING, 44);
	check_int((int)two_count(scene.north, scene.south, true, KIND_REFUSAL),
	    1);
	check(two_agree(&scene.two, scene.north, scene.south));
	two_close(&scene.two);
}

TEST(the_same_request_45_times_is_counted_once)
{
	struct statement figures;
	struct record record;
	struct scene scene;
	struct span der;

	scene_open(&scene);
	record = two_record(&scene.two, KIND_REQUEST, NULL);
	(void)two_content(scene.south, scene.north, &record);
	der = two_seal(scene.south, two_written(&scene.two, &record));
	for (unsigned i = 0; i < 45; i++)
		two_put(scene.south, scene.north, der);
	check(two_talk(&scene.two));
	check(two_statement(&scene.two, instant_of(TWO_BEGIN_S),
	    instant_add(scene.two.now, period_of(1)), scene.two.now, &figures));
	check_int((long long)figures.directions[1].all.total, 1);
	check(two_agree(&scene.two, scene.north, scene.south));
	two_close(&scene.two);
}

TEST(a_key_declared_stolen_last_year_voids_nothing_that_was_said)
{
	struct direction north;
	struct record record;
	struct scene scene;
	struct hash name, other;

	scene_open(&scene);
	name = request(&scene, scene.north);
	other = request(&scene, scene.north);
	check(two_talk(&scene.two));
	two_lodge(scene.south, scene.north, KIND_ACKNOWLEDGEMENT, &name);
	two_lodge(scene.south, scene.north, KIND_RESULT, &other);
	north = asked(&scene);
	check_class(&north, CASE_UNDER_EXAMINATION, 1);
	check_class(&north, CASE_SATISFIED_CLAIMED, 1);
	two_later(&scene.two, HOUR);
	record =
	    two_credential(scene.south, KEEPER_SEAL, WORD_CHANGE_COMPROMISED);
	two_fact(&record, MEMBER_CREDENTIAL_SINCE)->instant =
	    instant_of(TWO_BEGIN_S - 365 * DAY);
	two_lodge_record(scene.south, scene.north, &record);
	north = asked(&scene);
	check_class(&north, CASE_UNDER_EXAMINATION, 1);
	check_class(&north, CASE_SATISFIED_CLAIMED, 1);
	/* From its index on the old key seals nothing, and the new one does. */
	record = two_record(&scene.two, KIND_REPORT, NULL);
	(void)two_content(scene.south, scene.north, &record);
	two_put(scene.south, scene.north,
	    two_seal(scene.south, two_written(&scene.two, &record)));
	two_lodge(scene.south, scene.north, KIND_RESULT, &name);
	north = asked(&scene);
	check_int((int)two_count(scene.north, scene.south, false, KIND_COUNT),
	    1);
	check_class(&north, CASE_SATISFIED_CLAIMED, 2);
	check(two_agree(&scene.two, scene.north, scene.south));
	two_restart(scene.north, true);
	two_restart(scene.south, true);
	two_ask(scene.north);
	two_ask(scene.south);
	two_lodge(scene.south, scene.north, KIND_REPORT, NULL);
	check(two_talk(&scene.two));
	check_int((int)two_count(scene.north, scene.south, false, KIND_REPORT),
	    1);
	check(two_agree(&scene.two, scene.north, scene.south));
	two_close(&scene.two);
}

TEST(a_renewed_key_seals_from_the_next_record_on)
{
	struct record record;
	struct scene scene;

	scene_open(&scene);
	record = two_credential(scene.south, KEEPER_SEAL, WORD_CHANGE_NEW);
	two_lodge_record(scene.south, scene.north, &record);
	two_lodge(scene.south, scene.north, KIND_REPORT, NULL);
	check(two_talk(&scene.two));
	check_int((int)two_count(scene.north, scene.south, false, KIND_REPORT),
	    1);
	check_int((int)two_count(scene.north, scene.south, false, KIND_COUNT),
	    0);
	check(two_agree(&scene.two, scene.north, scene.south));
	two_close(&scene.two);
}

TEST(a_retired_key_named_again_does_not_come_back_into_force)
{
	struct record record;
	struct scene scene;
	struct span old;

	scene_open(&scene);
	old = certificate_der(seal_key_certificate(two_seal_key(scene.south)));
	record = two_credential(scene.south, KEEPER_SEAL, WORD_CHANGE_NEW);
	two_lodge_record(scene.south, scene.north, &record);
	record = two_credential(scene.south, KEEPER_SEAL, WORD_CHANGE_RETIRED);
	two_fact(&record, MEMBER_CREDENTIAL_CERTIFICATE)->text =
	    span_text(encode_base64_text(scene.two.arena, old));
	two_lodge_record(scene.south, scene.north, &record);
	two_lodge(scene.south, scene.north, KIND_REPORT, NULL);
	check(two_talk(&scene.two));
	check_int((int)two_count(scene.north, scene.south, false, KIND_REPORT),
	    1);
	check(two_agree(&scene.two, scene.north, scene.south));
	two_close(&scene.two);
}
