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
#include "seal/certificate.h"
#include "seal/digest.h"
#include "store/store.h"
#include "store/tile.h"
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

/* What SOUTH's keeper says to NORTH's entry ${index} and its proof. */
static enum error_code
follow(struct scene *scene, const struct log_row *log, uint64_t index,
    uint64_t shown)
{
	struct two_node *south = scene->south;
	struct store_tree tree = { south->store, log->id };
	struct tree_reader reader = store_tree_reader(&tree);
	struct entry_row *entry;
	struct docket_keys *keys;
	struct signer_named named = { .origin = log->origin, .index = index };
	struct proof proof;
	struct hash root;
	struct error err;
	uint64_t size;

	two_must(store_entry_get(south->store, log->id, shown, &entry,
		     scene->two.arena, &err),
	    &err, "entry");
	two_must(keys_of_log(south->docket, log, &keys, &err), &err, "keys");
	two_must(keeper_last(south->keeper, log->origin, &size, &root, &err),
	    &err, "last");
	two_must(tree_prove(&proof, &reader, index, index + 1, size, &err),
	    &err, "proof");
	named.certificate = certificate_der(keys_seal_at(keys, index));
	named.entry = entry->der;
	named.proof = &proof;
	return keeper_follow(south->keeper, &named, &err) == -1 ? err.code :
								  E_NONE;
}

TEST(a_keeper_follows_only_a_credential_in_a_log_that_it_cosigned)
{
	struct scene scene;
	struct log_row *log, *own;
	uint64_t first, second;

	scene_open(&scene);
	first = two_log(scene.south, scene.north, false)->size;
	renew(&scene, WORD_CHANGE_NEW);
	second = two_log(scene.south, scene.north, false)->size;
	renew(&scene, WORD_CHANGE_NEW);
	while (two_entry(scene.south, scene.north, false, first)->kind !=
	    KIND_CREDENTIAL)
		first++;
	while (two_entry(scene.south, scene.north, false, second)->kind !=
	    KIND_CREDENTIAL)
		second++;
	log = two_log(scene.south, scene.north, false);
	own = two_log(scene.south, scene.north, true);
	/* Another record, one that stands elsewhere, and our own log. */
	check_int(follow(&scene, log, 0, 0), E_KEY);
	check_int(follow(&scene, log, 0, first), E_PROOF);
	check_int(follow(&scene, own, 0, 0), E_KEEPER_ORIGIN);
	check_int(follow(&scene, log, first, first), E_NONE);
	check_int(follow(&scene, log, first, first), E_NONE);
	reopen(&scene);
	check_goes_on(&scene);
	check(is_signed_by(&scene, 3));
	/* The key of a log that was cosigned stays what it is. */
	check_int(follow(&scene, log, second, second), E_NONE);
	check_int(follow(&scene, log, first, first), E_KEEPER_EPOCH);
	check_goes_on(&scene);
	two_close(&scene.two);
}
