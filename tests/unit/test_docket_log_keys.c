/*
 * A log key that a credential names signs the next log of its writer, and the
 * one before it nothing that counts.
 */

#include <string.h>

#include "base/arena.h"
#include "docket/internal.h"
#include "keeper/state.h"
#include "ledger/checkpoint.h"
#include "ledger/tree.h"
#include "seal/digest.h"
#include "seal/ed25519.h"
#include "store/store.h"
#include "tests/support/twonodes.h"
#include "tests/tap.h"

struct scene {
	struct two two;
	struct two_node *north, *south;
	struct hash norths; /* a case */
};

static void
scene_open(struct scene *scene)
{
	two_open(&scene->two, 2);
	scene->north = &scene->two.nodes[TWO_NORTH];
	scene->south = &scene->two.nodes[TWO_SOUTH];
	check(two_talk(&scene->two));
	scene->norths =
	    two_lodge(scene->north, scene->south, KIND_REQUEST, NULL);
	check(two_talk(&scene->two));
}

/* NORTH names its next log key. */
static void
renew(struct scene *scene, enum word change)
{
	struct record record = two_credential(scene->north, KEEPER_LOG, change);

	two_lodge_record(scene->north, scene->south, &record);
	check(two_talk(&scene->two));
	check_int((int)two_count(scene->south, scene->north, false, KIND_COUNT),
	    0);
}

/* SOUTH's keeper is told of NORTH's log key ${number}, by an operator. */
static void
pin(struct scene *scene, unsigned number)
{
	const struct state_key *key =
	    state_key(scene->north->keeper, KEEPER_LOG, number);
	struct hash card = digest_of(span_text("the next card"));
	struct instant now = two_now(scene->south);
	struct keeper *keeper = scene->south->keeper;
	struct error err;

	two_must(keeper_authorise(keeper, &card, now, &err), &err, "authorise");
	two_must(keeper_pin_peer(keeper, span_text(scene->north->party),
		     key->log, &card, now, &err),
	    &err, "pin");
}

static void
reopen(struct scene *scene)
{
	struct error err;

	two_later(&scene->two, 61);
	if (two_reopen(scene->north, scene->south, &err) == 0)
		return;
	check_int(err.code, E_UNASKED);
	two_later(&scene->two, 61);
	check(two_talk(&scene->two));
	two_must(two_reopen(scene->north, scene->south, &err), &err, "reopen");
}

/* Both for a while; what fails is tried again. */
static void
knock(struct scene *scene)
{
	for (unsigned i = 0; i < 20; i++) {
		two_later(&scene->two, 61);
		two_step(scene->north, scene->south);
		two_step(scene->south, scene->north);
	}
}

/* The log key of ${node}'s keeper that signs its newest log, on both sides. */
static bool
is_signed_by(struct scene *scene, unsigned number)
{
	const struct state_key *key =
	    state_key(scene->north->keeper, KEEPER_LOG, number);

	for (unsigned i = 0; i < 2; i++) {
		struct two_node *node = i == 0 ? scene->north : scene->south;
		struct two_node *peer = i == 0 ? scene->south : scene->north;
		struct docket_keys *keys;
		struct error err;

		two_must(keys_of_log(node->docket, two_log(node, peer, i == 0),
			     &keys, &err),
		    &err, "keys");
		if (memcmp(keys->writer.public_key, key->log,
			sizeof(key->log)) != 0)
			return false;
	}
	return true;
}

/* The old case goes on, and both count the same. */
static void
check_goes_on(struct scene *scene)
{
	struct statement figures;

	knock(scene);
	two_lodge(scene->north, scene->south, KIND_SUPPLEMENT, &scene->norths);
	two_lodge(scene->south, scene->north, KIND_ACKNOWLEDGEMENT,
	    &scene->norths);
	knock(scene);
	check(two_talk(&scene->two));
	check(two_log(scene->north, scene->south, true)->mirrored ==
	    two_log(scene->north, scene->south, true)->size);
	check(two_agree(&scene->two, scene->north, scene->south));
	check(two_statement(&scene->two, instant_of(TWO_BEGIN_S),
	    instant_of(scene->two.now.s + 1), scene->two.now, &figures));
}

TEST(the_next_log_is_signed_with_the_key_that_a_credential_named)
{
	for (unsigned i = 0; i < 2; i++) {
		struct scene scene;

		scene_open(&scene);
		renew(&scene,
		    i == 0 ? WORD_CHANGE_NEW : WORD_CHANGE_COMPROMISED);
		check(is_signed_by(&scene, 1));
		pin(&scene, 2);
		reopen(&scene);
		check_goes_on(&scene);
		check_int((int)two_log(scene.south, scene.north, false)->epoch,
		    2);
		check(is_signed_by(&scene, 2));
		two_close(&scene.two);
	}
}

TEST(a_crash_between_the_credential_and_the_opening_changes_nothing)
{
	struct scene scene;

	scene_open(&scene);
	renew(&scene, WORD_CHANGE_NEW);
	two_restart(scene.north, true);
	two_ask(scene.north);
	check(two_talk(&scene.two));
	pin(&scene, 2);
	reopen(&scene);
	two_restart(scene.north, true);
	two_restart(scene.south, true);
	knock(&scene);
	check_goes_on(&scene);
	check(is_signed_by(&scene, 2));
	two_close(&scene.two);
}

TEST(a_key_that_was_named_and_lost_again_does_not_sign_the_next_log)
{
	struct record record;
	struct scene scene;

	scene_open(&scene);
	/* Sealed, and then the turn comes to nothing. */
	record = two_credential(scene.north, KEEPER_LOG, WORD_CHANGE_NEW);
	two_turn_begin(scene.north);
	(void)two_seal(scene.north,
	    two_content(scene.north, scene.south, &record));
	two_restart(scene.north, true);
	check(two_talk(&scene.two));
	reopen(&scene);
	check_goes_on(&scene);
	check_int((int)two_log(scene.south, scene.north, false)->epoch, 2);
	check(is_signed_by(&scene, 1));
	two_close(&scene.two);
}

TEST(a_thief_of_the_old_log_key_adds_nothing_after_the_change)
{
	struct log_row *old, *next;
	struct serve_reply reply;
	struct scene scene;
	struct hash root;

	scene_open(&scene);
	renew(&scene, WORD_CHANGE_COMPROMISED);
	old = two_log(scene.north, scene.south, true);
	pin(&scene, 2);
	reopen(&scene);
	check_goes_on(&scene);
	next = two_log(scene.north, scene.south, true);
	/* A longer log than the closed one, and a head of the next. */
	root = digest_of(span_text("anything"));
	reply = two_post(scene.south, scene.north, "/add-checkpoint",
	    two_checkpoint(scene.north, old, old->size, old->size,
		two_head(scene.north, old->origin, old->size, &root)));
	check_int(reply.code, E_EPOCH_CLOSED);
	reply = two_post(scene.south, scene.north, "/add-checkpoint",
	    two_checkpoint(scene.north, next, next->size, next->size,
		two_head(scene.north, next->origin, next->size, &root)));
	check_int(reply.code, E_NOTE_UNSIGNED);
	check(!two_log(scene.south, scene.north, false)->is_forked);
	check(two_agree(&scene.two, scene.north, scene.south));
	two_close(&scene.two);
}
