#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/random.h"
#include "desk/check.h"
#include "formats/card.h"
#include "formats/draft.h"
#include "formats/json.h"
#include "ledger/tree.h"
#include "tests/lab.h"
#include "tests/support/cards.h"
#include "tests/tap.h"

#define SELF "cert.north.example"
#define PEER "cert.south.example"
#define OWN SELF "/docket/" PEER "/1"
#define THEIRS PEER "/docket/" SELF "/1"
#define CASE "96ed8743f19e8b65e4052079aef23db6dd491c9d8527046f3c1b066e6de4bbe0"
#define ANCHOR(log)                                                       \
	"{\"log\":\"" log "\",\"root\":\"47DEQpj8HBSa+/TImW+5JCeuQeRkm5N" \
	"MpJWZG3hSuFU=\",\"size\":0}"
#define CONTENT(anchor, at, by, case_of, exercise, kind, log, facts)     \
	"{\"anchor\":" anchor ",\"at\":\"" at "\",\"by\":\"" by          \
	"\"," case_of facts "\"exercise\":" exercise ",\"kind\":\"" kind \
	"\",\"log\":\"" log "\",\"v\":1}"
#define AT "2026-11-22T10:00:00Z"
#define IN_CASE "\"case\":\"" CASE "\","
#define DENIED "\"decision\":{\"decision\":\"denied\",\"reason\":\"capacity\"},"

/* What the operator wrote: a denial. */
#define DRAFT                                                       \
	"{\"kind\":\"decision\",\"by\":\"head\",\"case\":\"96ed\"," \
	"\"decision\":{\"decision\":\"denied\",\"reason\":\"capacity\"}}"

/* What the registrar gives back for it. */
#define HONEST                                                                 \
	CONTENT(ANCHOR(THEIRS), AT, "head", IN_CASE, "false", "decision", OWN, \
	    DENIED)

static const struct card us = {
	.party = { (const uint8_t *)SELF, sizeof(SELF) - 1 },
};

static int
check_draft(const char *draft, const char *peer, const char *content,
    struct error *err)
{
	struct arena *arena = lab_arena();
	struct json_reader in;
	struct json *json;
	int rc;

	if (json_read(&json, span_text(draft), 4096, E_USAGE, err) == -1 ||
	    json_reader_of(&in, json, "", E_USAGE, err) == -1)
		return -1;
	rc = desk_check_letter(&us, &in, span_text(peer), span_text(content),
	    arena, err);
	json_free(json);
	return rc;
}

TEST(the_letter_that_was_written_passes)
{
	struct error err = { .code = E_NONE };

	check(check_draft(DRAFT, PEER, HONEST, &err) == 0);
	check(check_draft(DRAFT, "", HONEST, &err) == 0);
	tap_note("%s", err.detail);
}

/* A registrar that was taken over answers these to the denial above. */
TEST(a_registrar_that_swaps_anything_is_found_out)
{
	static const struct {
		const char *what, *content;
	} swaps[] = {
		/* clang-format off */
		{ "approved instead of denied",
		    CONTENT(ANCHOR(THEIRS), AT, "head", IN_CASE, "false",
			"decision", OWN,
			"\"decision\":{\"decision\":\"approved\"},") },
		{ "another reason",
		    CONTENT(ANCHOR(THEIRS), AT, "head", IN_CASE, "false",
			"decision", OWN, "\"decision\":{\"decision\":"
			"\"denied\",\"reason\":\"legal-bar\"},") },
		{ "another kind",
		    CONTENT(ANCHOR(THEIRS), AT, "head", IN_CASE, "false",
			"acknowledgement", OWN, "") },
		{ "another role",
		    CONTENT(ANCHOR(THEIRS), AT, "analyst", IN_CASE, "false",
			"decision", OWN, DENIED) },
		{ "another case",
		    CONTENT(ANCHOR(THEIRS), AT, "head",
			"\"case\":\"a6ed8743f19e8b65e4052079aef23db6dd491c9d85"
			"27046f3c1b066e6de4bbe0\",", "false", "decision", OWN,
			DENIED) },
		{ "an exercise",
		    CONTENT(ANCHOR(THEIRS), AT, "head", IN_CASE, "true",
			"decision", OWN, DENIED) },
		{ "to another peer",
		    CONTENT(ANCHOR("cert.west.example/docket/" SELF "/1"), AT,
			"head", IN_CASE, "false", "decision",
			SELF "/docket/cert.west.example/1", DENIED) },
		{ "in the peer's log",
		    CONTENT(ANCHOR(OWN), AT, "head", IN_CASE, "false",
			"decision", THEIRS, DENIED) },
		{ "with an anchor in another docket",
		    CONTENT(ANCHOR("cert.west.example/docket/" SELF "/1"), AT,
			"head", IN_CASE, "false", "decision", OWN, DENIED) },
		{ "with a member more",
		    CONTENT(ANCHOR(THEIRS), AT, "head", IN_CASE, "false",
			"decision", OWN "\",\"note\":\"agreed", DENIED) },
		{ "with a space more", HONEST " " },
		{ "with TLP",
		    CONTENT(ANCHOR(THEIRS), AT, "head", IN_CASE, "false",
			"decision", OWN "\",\"tlp\":\"TLP:CLEAR", DENIED) },
		{ "nothing", "" },
		/* clang-format on */
	};

	for (size_t i = 0; i < COUNT_OF(swaps); i++) {
		struct error err = { .code = E_NONE };

		tap_note("%s", swaps[i].what);
		check(check_draft(DRAFT, PEER, swaps[i].content, &err) == -1);
		check_int(err.code, E_DESK_CHECK);
	}
}

TEST(what_the_node_fills_in_cannot_be_drafted)
{
	static const char *const drafts[] = { "{\"kind\":\"decision\",\"at\":"
					      "\"" AT "\"}",
		"{\"kind\":\"decision\",\"case\":\"96\"}",
		"{\"kind\":\"decision\",\"case\":\"xyzw\"}" };

	for (size_t i = 0; i < COUNT_OF(drafts); i++) {
		struct error err = { .code = E_NONE };

		check(check_draft(drafts[i], PEER, HONEST, &err) == -1);
		tap_note("%s", err.detail);
	}
}

/* The opening of a docket, honest and with another card. */
TEST(an_opening_quotes_the_cards_that_were_compared)
{
	struct card ours = us, theirs = { .country = { NULL, 0 } };
	struct arena *arena = lab_arena();
	struct record record = { .kind = KIND_OPENING };
	struct hash cards[2] = { { { 1 } }, { { 2 } } };
	struct error err = { .code = E_NONE };
	struct span content;

	theirs.party = span_text(PEER);
	ours.fingerprint = cards[0];
	theirs.fingerprint = cards[1];
	record.facts[0] =
	    (struct fact){ .is_given = true, .n = 2, .hashes = cards };
	record.log = span_text(OWN);
	record.by = WORD_ROLE_SYSTEM_ADMINISTRATOR;
	record.anchor.log = span_text(THEIRS);
	record.anchor.root = tree_empty_root();
	require(draft_content(&content, &record, arena, &err) == 0);
	check(desk_check_opening(&ours, &theirs, content, arena, &err) == 0);
	cards[1].bytes[0] = 3;
	require(draft_content(&content, &record, arena, &err) == 0);
	check(desk_check_opening(&ours, &theirs, content, arena, &err) == -1);
	check_int(err.code, E_DESK_CHECK);
}

#define PIN "96ed8743f19e8b65e4052079aef23db6dd491c9d8527046f3c1b066e6de4bbe0"
#define TLS_NEW "{\"use\":\"tls\",\"change\":\"new\",\"pin\":\"" PIN "\""

/* What the desk says to a card of ours that the registrar gives back. */
static enum error_code
check_next(const char *asked, const struct card *self, const struct card *next)
{
	struct arena *arena = lab_arena();
	struct json_reader in;
	struct json *json;
	struct error err = { .code = E_NONE };
	struct buf content;

	buf_init(&content, CARD_CONTENT_MAX);
	check(json_read(&json, span_text(asked), 4096, E_USAGE, &err) == 0);
	check(json_reader_of(&in, json, "", E_USAGE, &err) == 0);
	check(card_write(&content, next, &err) == 0);
	if (desk_check_card(self, &in, buf_span(&content), arena, &err) == 0)
		err.code = E_NONE;
	buf_clear(&content);
	json_free(json);
	return err.code;
}

TEST(a_card_with_another_key_has_that_and_nothing_else_new)
{
	struct arena *arena = lab_arena();
	struct card *self, *south, next;
	struct hash pin, other = { { 7 } };
	struct error err;
	struct buf content;

	buf_init(&content, CARD_CONTENT_MAX);
	cards_content(&content, IDENTITY_NORTH);
	require(card_read(&self, buf_span(&content), arena, &err) == 0);
	buf_clear(&content);
	buf_init(&content, CARD_CONTENT_MAX);
	cards_content(&content, IDENTITY_SOUTH);
	require(card_read(&south, buf_span(&content), arena, &err) == 0);
	buf_clear(&content);
	require(hash_parse(&pin, span_text(PIN), &err) == 0);

	next = *self;
	next.at = instant_add(self->at, period_of(60));
	card_put_pin(&next, &pin, false);
	check_int((int)next.tls_n, 2);
	check_int(check_next(TLS_NEW "}", self, &next), E_NONE);
	check_int(check_next(TLS_NEW ",\"now\":true}", self, &next),
	    E_DESK_CHECK);
	card_put_pin(&next, &pin, true);
	check_int(check_next(TLS_NEW ",\"now\":true}", self, &next), E_NONE);
	check_int(check_next(TLS_NEW "}", self, &next), E_DESK_CHECK);
	card_put_pin(&next, &other, true);
	check_int(check_next(TLS_NEW ",\"now\":true}", self, &next),
	    E_DESK_CHECK);

	next = *self;
	next.seal = south->seal;
	check_int(check_next("{\"use\":\"seal\",\"change\":\"new\"}", self,
		      &next),
	    E_NONE);
	check_int(check_next("{\"use\":\"encryption\",\"change\":\"new\"}",
		      self, &next),
	    E_DESK_CHECK);
	next.endpoints[0] = span_text("https://192.0.2.1:1");
	check_int(check_next("{\"use\":\"seal\",\"change\":\"new\"}", self,
		      &next),
	    E_DESK_CHECK);
}
