/*
 * Records that are well made and not true: mirrored, set aside alike on both
 * nodes, answered by one refusal, and no burden to those behind them.
 */

#include "base/arena.h"
#include "formats/card.h"
#include "ledger/note.h"
#include "ledger/tree.h"
#include "seal/seal.h"
#include "store/party.h"
#include "store/store.h"
#include "tests/unit/test_docket_tricks.h"

static struct span
of_another_log(struct scene *scene)
{
	struct record record = good(scene, KIND_REQUEST, NULL);

	record.log = span_text("cert.south.example/docket/cert.east.example/1");
	return written(scene, &record);
}

static struct span
with_a_false_root(struct scene *scene)
{
	struct record record = good(scene, KIND_REQUEST, NULL);

	record.anchor.root.bytes[31] ^= 1;
	return written(scene, &record);
}

static struct span
anchored_in_the_future(struct scene *scene)
{
	struct record record = good(scene, KIND_REQUEST, NULL);

	record.anchor.size++;
	return written(scene, &record);
}

static struct span
anchored_in_its_own_log(struct scene *scene)
{
	struct record record = good(scene, KIND_REQUEST, NULL);

	record.anchor.log = record.log;
	return written(scene, &record);
}

static struct span
with_a_fallen_anchor(struct scene *scene)
{
	struct record record = good(scene, KIND_REQUEST, NULL);

	record.anchor.size = scene->stale;
	record.anchor.root = scene->stale_root;
	return written(scene, &record);
}

static struct span
about_an_unknown_case(struct scene *scene)
{
	struct hash none = { { 1, 2, 3 } };
	struct record record = good(scene, KIND_ACKNOWLEDGEMENT, &none);

	return written(scene, &record);
}

/* NORTH's next request, which SOUTH cannot have seen. */
static struct span
about_a_case_to_come(struct scene *scene)
{
	struct hash to_come =
	    two_lodge(scene->north, scene->south, KIND_REQUEST, NULL);
	struct record record = good(scene, KIND_ACKNOWLEDGEMENT, &to_come);

	return written(scene, &record);
}

static struct span
about_what_opens_no_case(struct scene *scene)
{
	struct hash opening =
	    two_entry(scene->south, scene->north, false, 0)->leaf;
	struct record record = good(scene, KIND_ACKNOWLEDGEMENT, &opening);

	return written(scene, &record);
}

static struct span
in_answer_to_nothing(struct scene *scene)
{
	struct record record =
	    good(scene, KIND_ACKNOWLEDGEMENT, &scene->norths);

	record.has_re = true;
	record.re.bytes[0] = 7;
	return written(scene, &record);
}

static struct span
in_answer_to_another_case(struct scene *scene)
{
	struct record record =
	    good(scene, KIND_ACKNOWLEDGEMENT, &scene->norths);

	record.has_re = true;
	record.re = scene->souths;
	return written(scene, &record);
}

static struct span
acknowledging_itself(struct scene *scene)
{
	struct record record =
	    good(scene, KIND_ACKNOWLEDGEMENT, &scene->souths);

	return written(scene, &record);
}

static struct span
withdrawing_for_the_other(struct scene *scene)
{
	struct record record = good(scene, KIND_WITHDRAWAL, &scene->norths);

	return written(scene, &record);
}

static struct span
dated_otherwise(struct scene *scene)
{
	struct record record = good(scene, KIND_REQUEST, NULL);

	record.at = instant_add(record.at, period_of(-1));
	return written(scene, &record);
}

static struct span
sent_twice(struct scene *scene)
{
	return two_entry(scene->south, scene->north, true,
	    two_log(scene->south, scene->north, true)->size - 1)
	    ->der;
}

/* A receipt by SOUTH that quotes ${note}. */
static struct span
quoting(struct scene *scene, struct span note)
{
	struct record record = two_record(&scene->two, KIND_RECEIPT, NULL);

	*two_fact(&record, MEMBER_RECEIPT_CHECKPOINT) =
	    (struct fact){ .is_given = true, .n = 1, .text = note };
	(void)two_content(scene->south, scene->north, &record);
	return written(scene, &record);
}

/* A head of the log of ${writer}, with the other's mirror line if wanted. */
static struct span
head_of(struct scene *scene, struct two_node *writer, uint64_t size,
    const struct hash *root, bool has_line)
{
	struct two_node *mirror =
	    writer == scene->north ? scene->south : scene->north;
	struct log_row *log = two_log(writer, mirror, true);
	struct span note = two_head(writer, log->origin, size, root);
	struct span line = two_line(mirror, note, scene->two.now);

	if (!has_line)
		return note;
	return span_text(
	    arena_printf(scene->two.arena, "%.*s%.*s", (int)note.len,
		(const char *)note.ptr, (int)line.len, (const char *)line.ptr));
}

static struct span
true_head(struct scene *scene, bool has_line)
{
	struct log_row *log = two_log(scene->south, scene->north, false);
	struct hash root = two_root(scene->south, log, log->mirrored);

	return head_of(scene, scene->north, log->mirrored, &root, has_line);
}

static struct span
a_receipt_without_a_line(struct scene *scene)
{
	return quoting(scene, true_head(scene, false));
}

static struct span
a_receipt_with_a_forged_line(struct scene *scene)
{
	char *note = arena_text(scene->two.arena, true_head(scene, true));
	size_t len = strlen(note);

	/* The last digit but the padding and a few. */
	note[len - 12] = note[len - 12] == 'A' ? 'B' : 'A';
	return quoting(scene, span_of(note, len));
}

static struct span
a_receipt_of_another_root(struct scene *scene)
{
	struct log_row *log = two_log(scene->south, scene->north, false);
	struct hash root = { { 9 } };

	return quoting(scene,
	    head_of(scene, scene->north, log->mirrored, &root, true));
}

static struct span
a_receipt_of_the_future(struct scene *scene)
{
	struct log_row *log = two_log(scene->south, scene->north, false);
	struct hash root = { { 9 } };

	return quoting(scene,
	    head_of(scene, scene->north, log->mirrored + 1, &root, true));
}

static struct span
a_receipt_of_itself(struct scene *scene)
{
	struct log_row *log = two_log(scene->south, scene->north, true);
	struct hash root = { { 9 } };

	return quoting(scene,
	    head_of(scene, scene->south, log->size + 1, &root, true));
}

static struct span
a_receipt_of_nothing(struct scene *scene)
{
	struct hash root = tree_empty_root();

	return quoting(scene, head_of(scene, scene->north, 0, &root, true));
}

static struct span
a_receipt_of_a_foreign_log(struct scene *scene)
{
	struct hash root = { { 9 } };

	return quoting(scene,
	    two_head(scene->north,
		span_text("cert.north.example/docket/cert.east.example/1"), 1,
		&root));
}

static struct span
a_receipt_that_is_no_note(struct scene *scene)
{
	return quoting(scene,
	    span_text(arena_printf(scene->two.arena, "%.*s\n1\n",
		(int)two_log(scene->south, scene->north, true)->origin.len,
		(const char *)two_log(scene->south, scene->north, true)
		    ->origin.ptr)));
}

static struct span
a_refusal_of_nothing(struct scene *scene)
{
	struct record record = two_record(&scene->two, KIND_REFUSAL, NULL);
	struct hash *none = arena_alloc(scene->two.arena, sizeof(*none));

	record.facts[0] =
	    (struct fact){ .is_given = true, .n = 1, .hashes = none };
	record.facts[1] = (struct fact){ .is_given = true,
		.n = 1,
		.text = span_text("record-member") };
	(void)two_content(scene->south, scene->north, &record);
	return written(scene, &record);
}

static struct span
a_credential_that_is_none(struct scene *scene)
{
	struct record record = two_record(&scene->two, KIND_CREDENTIAL, NULL);

	two_word(&scene->two, &record, MEMBER_CREDENTIAL_CHANGE,
	    WORD_CHANGE_NEW);
	two_word(&scene->two, &record, MEMBER_CREDENTIAL_USE,
	    WORD_KEY_USE_SEAL);
	*two_fact(&record, MEMBER_CREDENTIAL_CERTIFICATE) =
	    (struct fact){ .is_given = true,
		    .n = 1,
		    .text = span_text("MAA=") };
	(void)two_content(scene->south, scene->north, &record);
	return written(scene, &record);
}

static struct span
a_second_opening(struct scene *scene)
{
	char *text = arena_text(scene->two.arena,
	    two_entry(scene->south, scene->north, true, 0)->content);
	struct record *record;
	struct error err;

	two_must(record_read(&record, span_text(text), scene->two.arena, &err),
	    &err, "record");
	(void)two_content(scene->south, scene->north, record);
	return written(scene, record);
}

static const struct trick tricks[] = {
	/* clang-format off */
	{ "wrong log", E_RECORD_LOG, of_another_log },
	{ "false root", E_RECORD_ANCHOR, with_a_false_root },
	{ "anchor beyond", E_RECORD_ANCHOR, anchored_in_the_future },
	{ "anchor in own log", E_RECORD_ANCHOR, anchored_in_its_own_log },
	{ "fallen anchor", E_RECORD_ANCHOR_FELL, with_a_fallen_anchor },
	{ "unknown case", E_RECORD_PAST, about_an_unknown_case },
	{ "case to come", E_RECORD_PAST, about_a_case_to_come },
	{ "no case", E_RECORD_PAST, about_what_opens_no_case },
	{ "re unknown", E_RECORD_PAST, in_answer_to_nothing },
	{ "re elsewhere", E_RECORD_PAST, in_answer_to_another_case },
	{ "own case", E_RECORD_SENDER, acknowledging_itself },
	{ "other's case", E_RECORD_SENDER, withdrawing_for_the_other },
	{ "other time", E_RECORD_TIME, dated_otherwise },
	{ "sent twice", E_RECORD_TWICE, sent_twice },
	{ "receipt, no line", E_RECORD_RECEIPT, a_receipt_without_a_line },
	{ "receipt, forged", E_NOTE_SIGNATURE, a_receipt_with_a_forged_line },
	{ "receipt, root", E_RECORD_RECEIPT, a_receipt_of_another_root },
	{ "receipt, future", E_RECORD_RECEIPT, a_receipt_of_the_future },
	{ "receipt, own", E_RECORD_RECEIPT, a_receipt_of_itself },
	{ "receipt, empty", E_RECORD_RECEIPT, a_receipt_of_nothing },
	{ "receipt, foreign", E_RECORD_RECEIPT, a_receipt_of_a_foreign_log },
	{ "receipt, no note", E_NOTE_SYNTAX, a_receipt_that_is_no_note },
	{ "refusal", E_RECORD_PAST, a_refusal_of_nothing },
	{ "credential", E_CERTIFICATE, a_credential_that_is_none },
	{ "second opening", E_RECORD_OPENING, a_second_opening },
	/* clang-format on */
};

TEST(a_false_record_is_mirrored_set_aside_and_refused_once)
{
	try_all(tricks, COUNT_OF(tricks), 2);
}

/* SOUTH knows NORTH, and has said nothing yet. */
static void
know_north(struct scene *scene, struct card **cards)
{
	struct two_node *south = scene->south, *north = scene->north;
	struct party_row row = { .card = buf_span(&north->card),
		.own = docket_self(south->docket)->fingerprint,
		.added_at = scene->two.now };
	struct log_row own = {
		.origin =
		    span_text("cert.south.example/docket/cert.north.example/1"),
		.is_own = true,
		.epoch = 1,
		.side = 1,
	};
	struct log_row theirs = {
		.origin =
		    span_text("cert.north.example/docket/cert.south.example/1"),
		.epoch = 1,
	};
	struct error err;

	two_must(card_open(&cards[0], buf_span(&north->card), scene->two.arena,
		     &err),
	    &err, "card");
	two_must(card_open(&cards[1], buf_span(&south->card), scene->two.arena,
		     &err),
	    &err, "card");
	own.peer = theirs.peer = row.name = cards[0]->party;
	row.certificate = cards[0]->seal;
	row.fingerprint = cards[0]->fingerprint;
	row.own = cards[1]->fingerprint;
	two_must(store_begin(south->store, &err), &err, "begin");
	two_must(store_party_add(south->store, &row, &err), &err, "party");
	two_must(store_log_add(south->store, &own, &err), &err, "log");
	two_must(store_log_add(south->store, &theirs, &err), &err, "log");
	two_must(store_commit(south->store, &err), &err, "commit");
	two_must(keeper_pin_peer(south->keeper, cards[0]->party, cards[0]->log,
		     &cards[0]->fingerprint, scene->two.now, &err),
	    &err, "pin");
	two_restart(south, false);
}

TEST(an_opening_that_quotes_other_cards_is_set_aside_and_the_docket_goes_on)
{
	struct hash quoted[2] = { { { 1 } }, { { 2 } } };
	struct record record;
	struct scene scene;
	struct card *cards[2];
	struct hash leaf;
	unsigned all;

	two_open(&scene.two, 2);
	two_close(&scene.two);
	two_begin(&scene.two, 2);
	scene.north = &scene.two.nodes[TWO_NORTH];
	scene.south = &scene.two.nodes[TWO_SOUTH];
	know_north(&scene, cards);
	two_introduce_one(scene.north, scene.south);
	two_ask(scene.south);
	record = two_record(&scene.two, KIND_OPENING, NULL);
	record.by = WORD_ROLE_SYSTEM_ADMINISTRATOR;
	quoted[0] = cards[0]->fingerprint;
	record.facts[0] =
	    (struct fact){ .is_given = true, .n = 2, .hashes = quoted };
	(void)two_content(scene.south, scene.north, &record);
	leaf = two_put(scene.south, scene.north, written(&scene, &record));
	two_lodge(scene.south, scene.north, KIND_REQUEST, NULL);
	check(two_talk(&scene.two));
	check_int(two_entry(scene.north, scene.south, false, 0)->verdict,
	    E_RECORD_OPENING);
	check_int(two_entry(scene.north, scene.south, false, 1)->kind,
	    KIND_REQUEST);
	check_int((int)refusals(&scene, &leaf, error_name(E_RECORD_OPENING),
		      &all),
	    1);
	check(two_agree(&scene.two, scene.north, scene.south));
	two_close(&scene.two);
}
