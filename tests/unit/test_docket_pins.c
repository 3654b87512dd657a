/*
 * TLS keys by their pins: which of a peer's are let in, which of ours are
 * shown to whom; and the card that goes with them.
 */

#include <string.h>

#include "base/arena.h"
#include "docket/lodge.h"
#include "formats/card.h"
#include "seal/digest.h"
#include "store/store.h"
#include "tests/support/twonodes.h"
#include "tests/tap.h"

static struct hash
pin(const char *text)
{
	return digest_of(span_text(text));
}

/* NODE names the pin of ${text} in its log to ${peer}. */
static void
name_pin(struct two_node *node, const struct two_node *peer, const char *text,
    enum word change)
{
	struct record record = two_record(node->two, KIND_CREDENTIAL, NULL);
	struct hash hash = pin(text);
	char hex[HASH_TEXT_MAX];

	record.by = WORD_ROLE_SYSTEM_ADMINISTRATOR;
	two_word(node->two, &record, MEMBER_CREDENTIAL_CHANGE, change);
	two_word(node->two, &record, MEMBER_CREDENTIAL_USE, WORD_KEY_USE_TLS);
	*two_fact(&record, MEMBER_CREDENTIAL_KEY) = (struct fact){
		.is_given = true,
		.n = 1,
		.text = arena_copy(node->two->arena,
		    span_text(hash_write(&hash, hex))),
	};
	*two_fact(&record, MEMBER_CREDENTIAL_SINCE) =
	    (struct fact){ .is_given = change == WORD_CHANGE_COMPROMISED,
		    .n = 1,
		    .instant = instant_of(TWO_BEGIN_S) };
	two_lodge_record(node, peer, &record);
}

/* Does ${node} let who has that key in as ${peer}? */
static bool
admits(struct two_node *node, const struct two_node *peer, const char *text)
{
	struct hash hash = pin(text);
	const struct card *card;
	struct error err;

	two_must(docket_peer_of_pin(node->docket, &hash, &card, &err), &err,
	    "pin");
	return card != NULL && span_is_text(card->party, peer->party);
}

/* Our card with the pin of ${text}, as an operator has it made. */
static void
renew_card(struct two_node *node, const char *text, bool is_alone)
{
	struct arena *arena = node->two->arena;
	struct card card = *docket_self(node->docket);
	struct hash hash = pin(text), digest;
	struct buf content, file;
	struct error err;
	struct span der;

	card.at = two_now(node);
	card_put_pin(&card, &hash, is_alone);
	buf_init(&content, CARD_CONTENT_MAX);
	two_must(card_write(&content, &card, &err), &err, "card");
	digest = digest_of(buf_span(&content));
	two_must(keeper_authorise(node->keeper, &digest, two_now(node), &err),
	    &err, "card");
	two_must(keeper_seal_card(node->keeper, buf_span(&content),
		     two_now(node), &der, arena, &err),
	    &err, "card");
	buf_init(&file, CARD_FILE_MAX);
	card_armour(&file, card.seal, der);
	two_turn_begin(node);
	two_must(docket_renew_card(node->docket, buf_span(&file), &err), &err,
	    "card");
	two_turn_end(node);
	buf_clear(&content);
	buf_clear(&node->card);
	node->card = file;
}

static bool
shows(struct two_node *node, const char *text)
{
	struct hash shown, want = pin(text);
	struct error err;

	two_must(docket_pin_shown(node->docket, &shown, &err), &err, "pin");
	return hash_is_equal(&shown, &want);
}

static bool
calls_with(struct two_node *node, const struct two_node *peer, const char *text)
{
	struct hash own, want = pin(text);
	struct error err;

	two_must(docket_pin_for(node->docket, span_text(peer->party), &own,
		     &err),
	    &err, "pin");
	return hash_is_equal(&own, &want);
}

TEST(a_new_pin_is_let_in_beside_the_last_until_the_next)
{
	struct two_node *north, *south;
	struct two two;

	two_open(&two, 2);
	north = &two.nodes[TWO_NORTH];
	south = &two.nodes[TWO_SOUTH];
	check(two_talk(&two));
	check(admits(south, north, "cert.north.example"));
	name_pin(north, south, "second", WORD_CHANGE_NEW);
	check(!admits(south, north, "second"));
	check(calls_with(north, south, "cert.north.example"));
	check(two_talk(&two));
	check(admits(south, north, "cert.north.example"));
	check(admits(south, north, "second"));
	check(calls_with(north, south, "second"));
	name_pin(north, south, "third", WORD_CHANGE_NEW);
	check(two_talk(&two));
	two_restart(south, true);
	two_ask(south);
	check(!admits(south, north, "cert.north.example"));
	check(admits(south, north, "second"));
	check(admits(south, north, "third"));
	check(two_agree(&two, north, south));
	two_close(&two);
}

TEST(a_compromised_pin_is_let_in_no_more)
{
	struct two_node *north, *south;
	struct two two;
	struct hash own, stolen = pin("cert.north.example"), new = pin("new");
	struct job job;

	two_open(&two, 2);
	north = &two.nodes[TWO_NORTH];
	south = &two.nodes[TWO_SOUTH];
	check(two_talk(&two));
	renew_card(north, "new", true);
	name_pin(north, south, "new", WORD_CHANGE_COMPROMISED);
	check(shows(north, "new"));
	/* It is delivered under the key that SOUTH knows. */
	check(two_job(north, south, &job, two.arena) == JOB_CHECKPOINT);
	check(hash_is_equal(&job.own, &stolen));
	/* Should SOUTH have taken it, and we not know, that is found out. */
	two_done(north, &job,
	    &(struct job_answer){ .failure = E_TLS,
		.detail = span_text("refused") });
	two_later(&two, 2);
	check(two_job(north, south, &job, two.arena) == JOB_CHECKPOINT);
	own = job.own;
	check(hash_is_equal(&own, &new));
	check(two_talk(&two));
	check(!admits(south, north, "cert.north.example"));
	check(admits(south, north, "new"));
	two_restart(south, true);
	two_ask(south);
	check(!admits(south, north, "cert.north.example"));
	check(two_agree(&two, north, south));
	two_close(&two);
}

TEST(a_new_key_is_shown_to_all_once_the_last_has_taken_it)
{
	struct two_node *north, *south, *east;
	struct two two;

	two_open(&two, 3);
	north = &two.nodes[TWO_NORTH];
	south = &two.nodes[TWO_SOUTH];
	east = &two.nodes[TWO_EAST];
	check(two_talk(&two));
	renew_card(north, "new", false);
	name_pin(north, south, "new", WORD_CHANGE_NEW);
	check(two_talk(&two));
	check(calls_with(north, south, "new"));
	check(calls_with(north, east, "cert.north.example"));
	check(shows(north, "cert.north.example"));
	name_pin(north, east, "new", WORD_CHANGE_NEW);
	check(shows(north, "cert.north.example"));
	check(two_talk(&two));
	check(shows(north, "new"));
	two_restart(north, true);
	two_ask(north);
	check(shows(north, "new"));
	two_close(&two);
}

TEST(a_pin_that_two_name_is_whose_card_has_it_or_nobodys)
{
	struct two_node *north, *south, *east;
	struct two two;
	struct job job;

	two_open(&two, 3);
	north = &two.nodes[TWO_NORTH];
	south = &two.nodes[TWO_SOUTH];
	east = &two.nodes[TWO_EAST];
	check(two_talk(&two));
	name_pin(south, north, "cert.east.example", WORD_CHANGE_NEW);
	check(two_talk(&two));
	check(admits(north, east, "cert.east.example"));
	check(admits(north, south, "cert.south.example"));
	name_pin(south, north, "both", WORD_CHANGE_NEW);
	name_pin(east, north, "both", WORD_CHANGE_NEW);
	check(two_talk(&two));
	check(!admits(north, east, "both"));
	check(!admits(north, south, "both"));
	/* SOUTH has no key left that is its own. */
	check(two_job(north, south, &job, two.arena) == JOB_NONE);
	check(two_agree(&two, north, east));
	two_close(&two);
}

TEST(a_peer_to_come_gets_the_card_in_force_and_the_others_keep_theirs)
{
	struct two_node *north, *south, *east;
	struct hash first, renewed;
	struct two two = { .n = 0 };

	two_begin(&two, 3);
	north = &two.nodes[TWO_NORTH];
	south = &two.nodes[TWO_SOUTH];
	east = &two.nodes[TWO_EAST];
	two_introduce(north, south);
	check(two_talk(&two));
	first = docket_self(north->docket)->fingerprint;
	renew_card(north, "new", true);
	renewed = docket_self(north->docket)->fingerprint;
	check(!hash_is_equal(&first, &renewed));
	two_introduce(north, east);
	for (int i = 0; i < 2; i++) {
		two_lodge(north, south, KIND_REPORT, NULL);
		two_lodge(north, east, KIND_REPORT, NULL);
		check(two_talk(&two));
		check(hash_is_equal(&docket_own_card(north->docket,
					span_text(south->party))
					 ->fingerprint,
		    &first));
		check(hash_is_equal(&docket_own_card(north->docket,
					span_text(east->party))
					 ->fingerprint,
		    &renewed));
		check_int(two_entry(east, north, false, 0)->verdict, E_NONE);
		check(two_agree(&two, north, south));
		check(two_agree(&two, north, east));
		two_restart(north, true);
		two_ask(north);
	}
	two_close(&two);
}

TEST(a_card_that_names_a_key_of_a_peers_log_is_refused)
{
	struct two_node *north, *south, *east;
	struct two two = { .n = 0 };
	struct span content;
	struct error err;

	two_begin(&two, 3);
	north = &two.nodes[TWO_NORTH];
	south = &two.nodes[TWO_SOUTH];
	east = &two.nodes[TWO_EAST];
	two_introduce(north, south);
	name_pin(south, north, "cert.east.example", WORD_CHANGE_NEW);
	check(two_talk(&two));
	check(docket_prepare_opening(north->docket, buf_span(&east->card),
		  two_now(north), &content, two.arena, &err) == -1);
	check_int(err.code, E_CARD);
	two_close(&two);
}
