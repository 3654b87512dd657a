/*
 * New mirror keys, and old ones declared compromised: which lines count, for
 * both nodes alike.
 */

#include <string.h>

#include "base/arena.h"
#include "docket/lodge.h"
#include "keeper/state.h"
#include "ledger/note.h"
#include "seal/digest.h"
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

static void
renew(struct two_node *node, struct two_node *peer, enum word change)
{
	struct record record = two_credential(node, KEEPER_MIRROR, change);

	two_lodge_record(node, peer, &record);
}

/* The number of NORTH's mirror key in the newest line on SOUTH's log. */
static unsigned
last_line(struct scene *scene)
{
	struct log_row *log = two_log(scene->south, scene->north, true);
	struct line_row *line;
	struct note note;
	struct error err;

	two_must(store_line_last(scene->south->store, log->id,
		     span_text("cert.north.example/mirror"), &line,
		     scene->two.arena, &err),
	    &err, "line");
	check_int((long long)line->size, (long long)log->mirrored);
	two_must(note_parse(&note,
		     span_text(arena_printf(scene->two.arena, "-\n\n%.*s",
			 (int)line->line.len, (const char *)line->line.ptr)),
		     scene->two.arena, &err),
	    &err, "line");
	for (unsigned number = 1; number < 9; number++) {
		const struct state_key *key =
		    state_key(scene->north->keeper, KEEPER_MIRROR, number);

		if (key != NULL &&
		    memcmp(key->vkey.id, note.lines[0].id, 4) == 0)
			return number;
	}
	return 0;
}

static bool
agree(struct scene *scene)
{
	return two_agree(&scene->two, scene->north, scene->south);
}

TEST(a_new_mirror_key_signs_once_the_peer_has_taken_its_credential)
{
	struct scene scene;

	scene_open(&scene);
	check_int((int)last_line(&scene), 1);
	renew(scene.north, scene.south, WORD_CHANGE_NEW);
	/* SOUTH writes before it has heard of it. */
	two_lodge(scene.south, scene.north, KIND_REQUEST, NULL);
	for (int i = 0; i < 4; i++)
		two_step(scene.south, scene.north);
	check_int((int)last_line(&scene), 1);
	check(two_talk(&scene.two));
	two_lodge(scene.south, scene.north, KIND_REQUEST, NULL);
	check(two_talk(&scene.two));
	check_int((int)last_line(&scene), 2);
	renew(scene.north, scene.south, WORD_CHANGE_NEW);
	check(two_talk(&scene.two));
	two_restart(scene.north, true);
	two_restart(scene.south, true);
	two_ask(scene.north);
	two_ask(scene.south);
	two_lodge(scene.south, scene.north, KIND_REQUEST, NULL);
	check(two_talk(&scene.two));
	check_int((int)last_line(&scene), 3);
	check_int((int)two_count(scene.north, scene.south, true, KIND_COUNT),
	    0);
	check_int((int)two_count(scene.north, scene.south, false, KIND_COUNT),
	    0);
	check(agree(&scene));
	two_close(&scene.two);
}

/* SOUTH's log at ${size} with a line of NORTH's key ${number}, quoted by a
 * receipt of SOUTH's that is put in its log as it is. */
static enum error_code
quote(struct scene *scene, unsigned number, uint64_t size, uint64_t anchor)
{
	struct two_node *north = scene->north, *south = scene->south;
	struct log_row *log = two_log(south, north, true);
	struct log_row *other = two_log(south, north, false);
	struct hash root = two_root(south, log, size);
	struct span note = two_head(south, log->origin, size, &root);
	struct span line = two_line_by(north, number, note, scene->two.now);
	struct record record = two_record(&scene->two, KIND_RECEIPT, NULL);
	uint64_t index = log->size;

	*two_fact(&record, MEMBER_RECEIPT_CHECKPOINT) =
	    (struct fact){ .is_given = true,
		    .n = 1,
		    .text = span_text(arena_printf(scene->two.arena, "%.*s%.*s",
			(int)note.len, (const char *)note.ptr, (int)line.len,
			(const char *)line.ptr)) };
	(void)two_content(south, north, &record);
	record.anchor.size = anchor;
	record.anchor.root = two_root(south, other, anchor);
	two_put(south, north,
	    two_seal(south, two_written(&scene->two, &record)));
	check(two_talk(&scene->two));
	check_int(two_entry(north, south, false, index)->verdict,
	    two_entry(south, north, true, index)->verdict);
	return two_entry(north, south, false, index)->verdict;
}

TEST(a_line_counts_by_what_its_quoter_had_seen_of_the_keys)
{
	static const struct {
		enum word change;
		enum error_code old_before, old_after, new_before, new_after;
	} rows[] = {
		{ WORD_CHANGE_NEW, E_NONE, E_NONE, E_RECORD_RECEIPT, E_NONE },
		{ WORD_CHANGE_COMPROMISED, E_NONE, E_RECORD_RECEIPT,
		    E_RECORD_RECEIPT, E_NONE },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint64_t before, at;
		struct scene scene;

		scene_open(&scene);
		two_lodge(scene.south, scene.north, KIND_REQUEST, NULL);
		check(two_talk(&scene.two));
		before = two_log(scene.south, scene.north, true)->size;
		at = two_log(scene.north, scene.south, true)->size;
		/* What SOUTH's node lodges by itself would go further. */
		scene.south->is_withholding = true;
		renew(scene.north, scene.south, rows[i].change);
		check(two_talk(&scene.two));
		check_int(quote(&scene, 2, before, at), rows[i].new_before);
		check_int(quote(&scene, 1, before, at), rows[i].old_before);
		check_int(quote(&scene, 1, before, at + 1), rows[i].old_after);
		check_int(quote(&scene, 2, before, at + 1), rows[i].new_after);
		check(agree(&scene));
		two_close(&scene.two);
	}
}

TEST(lines_held_are_quoted_before_their_key_is_seen_to_be_compromised)
{
	struct log_row *souths;
	struct scene scene;
	uint64_t taken, at;

	scene_open(&scene);
	two_later(&scene.two, 100);
	scene.north->is_withholding = true;
	two_lodge(scene.south, scene.north, KIND_REQUEST, NULL);
	check(two_talk(&scene.two));
	two_later(&scene.two, 10);
	two_lodge(scene.south, scene.north, KIND_REPORT, NULL);
	check(two_talk(&scene.two));
	souths = two_log(scene.south, scene.north, true);
	taken = souths->mirrored;
	check(souths->receipted + 1 < taken);
	at = two_log(scene.north, scene.south, true)->size;
	renew(scene.north, scene.south, WORD_CHANGE_COMPROMISED);
	check(two_talk(&scene.two));
	souths = two_log(scene.south, scene.north, true);
	check_int((long long)souths->receipted, (long long)taken);
	check(two_entry(scene.south, scene.north, true, taken)->kind ==
	    KIND_RECEIPT);
	check(two_entry(scene.south, scene.north, true, taken)->anchor_size <=
	    at);
	check(two_entry(scene.south, scene.north, true, taken + 1)->kind ==
	    KIND_RECEIPT);
	two_lodge(scene.south, scene.north, KIND_REPORT, NULL);
	check(two_talk(&scene.two));
	check_int((int)last_line(&scene), 2);
	check(two_log(scene.south, scene.north, true)->anchored > at);
	check_int((int)two_count(scene.north, scene.south, false, KIND_COUNT),
	    0);
	check_int((int)two_count(scene.north, scene.south, true, KIND_COUNT),
	    0);
	check(agree(&scene));
	two_close(&scene.two);
}

TEST(a_compromised_mirror_key_signs_nothing_more)
{
	struct scene scene;

	scene_open(&scene);
	renew(scene.north, scene.south, WORD_CHANGE_COMPROMISED);
	two_lodge(scene.south, scene.north, KIND_REQUEST, NULL);
	/* SOUTH does not know the new key yet, and asks again later. */
	for (int i = 0; i < 6; i++)
		two_step(scene.south, scene.north);
	two_later(&scene.two, 60);
	check(two_talk(&scene.two));
	two_later(&scene.two, 60);
	check(two_talk(&scene.two));
	check_int((int)last_line(&scene), 2);
	check_int((long long)two_log(scene.south, scene.north, true)->mirrored,
	    (long long)two_log(scene.south, scene.north, true)->size);
	check_int((int)two_count(scene.north, scene.south, true, KIND_COUNT),
	    0);
	check(agree(&scene));
	two_close(&scene.two);
}

TEST(a_line_that_was_on_its_way_is_given_again_by_the_new_key)
{
	struct job_answer answer;
	struct scene scene;
	struct job job;

	scene_open(&scene);
	two_lodge(scene.south, scene.north, KIND_REQUEST, NULL);
	while (two_job(scene.south, scene.north, &job, scene.two.arena) !=
	    JOB_ENTRIES)
		two_step(scene.south, scene.north);
	answer = two_answer(scene.north, scene.south, &job, scene.two.arena);
	check_int(answer.status, 200);
	renew(scene.north, scene.south, WORD_CHANGE_COMPROMISED);
	for (int i = 0; i < 4; i++)
		two_step(scene.north, scene.south);
	/* What SOUTH gets now is of a key that it has seen compromised. */
	two_done(scene.south, &job, &answer);
	check(two_delivery(scene.south, scene.north).failures == 1);
	two_later(&scene.two, 60);
	check(two_talk(&scene.two));
	check_int((int)last_line(&scene), 2);
	check_int((long long)two_log(scene.south, scene.north, true)->mirrored,
	    (long long)two_log(scene.south, scene.north, true)->size);
	check(agree(&scene));
	two_close(&scene.two);
}

TEST(a_credential_for_a_mirror_key_that_can_be_none_is_set_aside)
{
	static const char *const keys[] = { "", "x",
		"cert.south.example/mirror+00000000+BAAA" };
	struct record record;
	struct scene scene;
	struct fact first;

	scene_open(&scene);
	record = two_credential(scene.south, KEEPER_MIRROR, WORD_CHANGE_NEW);
	first = *two_fact(&record, MEMBER_CREDENTIAL_KEY);
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		*two_fact(&record, MEMBER_CREDENTIAL_KEY) =
		    (struct fact){ .is_given = keys[i][0] != '\0',
			    .n = 1,
			    .text = span_text(keys[i]) };
		if (keys[i][0] == '\0')
			*two_fact(&record, MEMBER_CREDENTIAL_CERTIFICATE) =
			    first;
		(void)two_content(scene.south, scene.north, &record);
		two_put(scene.south, scene.north,
		    two_seal(scene.south, two_written(&scene.two, &record)));
	}
	/* Somebody else's, and the one that is there. */
	record = two_credential(scene.north, KEEPER_MIRROR, WORD_CHANGE_NEW);
	(void)two_content(scene.south, scene.north, &record);
	two_put(scene.south, scene.north,
	    two_seal(scene.south, two_written(&scene.two, &record)));
	*two_fact(&record, MEMBER_CREDENTIAL_KEY) = first;
	two_lodge_record(scene.south, scene.north, &record);
	(void)two_content(scene.south, scene.north, &record);
	two_put(scene.south, scene.north,
	    two_seal(scene.south, two_written(&scene.two, &record)));
	check(two_talk(&scene.two));
	check_int((int)two_count(scene.north, scene.south, false, KIND_COUNT),
	    (int)COUNT_OF(keys) + 2);
	check(agree(&scene));
	two_close(&scene.two);
}

TEST(a_new_seal_key_whose_credential_was_lost_leaves_the_old_one_in_force)
{
	struct draft draft = { .peer = span_text("cert.south.example") };
	struct scene scene;
	struct span content;
	struct hash digest, leaf;
	struct error err;

	scene_open(&scene);
	draft.record =
	    two_credential(scene.north, KEEPER_SEAL, WORD_CHANGE_NEW);
	two_must(docket_prepare(scene.north->docket, &draft,
		     two_now(scene.north), &content, scene.two.arena, &err),
	    &err, "prepare");
	digest = digest_of(content);
	two_must(keeper_authorise(scene.north->keeper, &digest,
		     two_now(scene.north), &err),
	    &err, "authorise");
	two_turn_begin(scene.north);
	two_must(docket_lodge(scene.north->docket, content,
		     two_now(scene.north), &leaf, &err),
	    &err, "lodge");
	/* Sealed, and cut off before it was stored. */
	two_restart(scene.north, true);
	two_ask(scene.north);
	two_lodge(scene.north, scene.south, KIND_REQUEST, NULL);
	draft.record =
	    two_credential(scene.north, KEEPER_SEAL, WORD_CHANGE_NEW);
	two_lodge_record(scene.north, scene.south, &draft.record);
	two_lodge(scene.north, scene.south, KIND_REQUEST, NULL);
	check(two_talk(&scene.two));
	check_int((int)two_count(scene.south, scene.north, false, KIND_COUNT),
	    0);
	check_int((int)two_count(scene.south, scene.north, false, KIND_REQUEST),
	    2);
	check(agree(&scene));
	two_close(&scene.two);
}
