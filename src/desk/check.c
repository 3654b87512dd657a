#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "desk/check.h"
#include "formats/card.h"
#include "formats/draft.h"
#include "formats/json.h"
#include "formats/record_json.h"
#include "keeper/origin.h"
#include "ledger/tree.h"

/* It stands in a log of ours, and looks at the other log of that docket. */
static int
check_docket(const struct card *self, const struct record *record,
    struct span peer, struct error *err)
{
	struct origin own, other;
	struct error bad;

	if (origin_parse(&own, record->log, &bad) == -1 ||
	    !span_is_equal(own.author, self->party))
		return error_set(err, E_DESK_CHECK, "not in a log of ours");
	if (peer.len > 0 && !span_is_equal(own.reader, peer))
		return error_set(err, E_DESK_CHECK, "to %.*s, not to %.*s",
		    (int)own.reader.len, (const char *)own.reader.ptr,
		    (int)peer.len, (const char *)peer.ptr);
	if (origin_parse(&other, record->anchor.log, &bad) == -1 ||
	    !span_is_equal(other.author, own.reader) ||
	    !span_is_equal(other.reader, self->party))
		return error_set(err, E_DESK_CHECK, "an anchor of another log");
	return 0;
}

/* What comes back begins with the digits that the operator gave. */
static int
check_name(const char *what, struct span given, bool has,
    const struct hash *name, struct error *err)
{
	char text[HASH_TEXT_MAX];

	if (has != (given.len > 0))
		return error_set(err, E_DESK_CHECK, "%s was %s", what,
		    has ? "added" : "left out");
	if (has && !span_has_prefix(span_text(hash_write(name, text)), given))
		return error_set(err, E_DESK_CHECK, "another %s", what);
	return 0;
}

static int
read_content(struct record **out, struct span content, struct arena *arena,
    struct error *err)
{
	struct error bad;

	if (record_read(out, content, arena, &bad) == -1)
		return error_set(err, E_DESK_CHECK, "%s", bad.detail);
	return 0;
}

static int
compare(const struct record *record, struct span content, struct arena *arena,
    struct error *err)
{
	struct span made;

	if (draft_content(&made, record, arena, err) == -1)
		return -1;
	if (!span_is_equal(made, content))
		return error_set(err, E_DESK_CHECK,
		    "%zu bytes differ from the %zu that were made here",
		    content.len, made.len);
	return 0;
}

int
desk_check_letter(const struct card *self, const struct json_reader *draft,
    struct span peer, struct span content, struct arena *arena,
    struct error *err)
{
	struct record *theirs, *ours;
	struct draft_frame frame;
	struct draft_names names;

	if (draft_names(&names, draft, err) == -1 ||
	    read_content(&theirs, content, arena, err) == -1 ||
	    check_docket(self, theirs, peer, err) == -1 ||
	    check_name("case", names.case_of, theirs->has_case,
		&theirs->case_hash, err) == -1 ||
	    check_name("re", names.re, theirs->has_re, &theirs->re, err) == -1)
		return -1;
	frame = (struct draft_frame){
		.log = theirs->log,
		.at = theirs->at,
		.anchor = theirs->anchor,
		.is_exercise = self->is_exercise,
		.case_of = theirs->has_case ? &theirs->case_hash : NULL,
		.re = theirs->has_re ? &theirs->re : NULL,
	};
	if (draft_read(&ours, draft, &frame, arena, err) == -1)
		return -1;
	return compare(ours, content, arena, err);
}

/* Parties stand in the byte order of their names. */
static unsigned
side_of(struct span name, struct span other)
{
	size_t n = name.len < other.len ? name.len : other.len;
	int order = memcmp(name.ptr, other.ptr, n);

	if (order == 0)
		return name.len < other.len ? 0 : 1;
	return order < 0 ? 0 : 1;
}

int
desk_check_opening(const struct card *self, const struct card *peer,
    struct span content, struct arena *arena, struct error *err)
{
	struct record ours = { .kind = KIND_OPENING };
	unsigned side = side_of(self->party, peer->party);
	struct hash cards[2];
	struct record *theirs;

	if (read_content(&theirs, content, arena, err) == -1 ||
	    check_docket(self, theirs, peer->party, err) == -1)
		return -1;
	cards[side] = self->fingerprint;
	cards[1 - side] = peer->fingerprint;
	ours.facts[0] =
	    (struct fact){ .is_given = true, .n = 2, .hashes = cards };
	ours.log = theirs->log;
	ours.at = theirs->at;
	ours.by = WORD_ROLE_SYSTEM_ADMINISTRATOR;
	ours.is_exercise = self->is_exercise;
	ours.anchor.log = theirs->anchor.log;
	ours.anchor.root = tree_empty_root();
	return compare(&ours, content, arena, err);
}

int
desk_check_reopening(const struct card *self, struct span peer,
    struct span content, struct arena *arena, struct error *err)
{
	struct record *theirs, ours;
	struct origin origin;
	struct error bad;

	if (read_content(&theirs, content, arena, err) == -1 ||
	    check_docket(self, theirs, peer, err) == -1)
		return -1;
	if (theirs->kind != KIND_OPENING ||
	    origin_parse(&origin, theirs->log, &bad) == -1 || origin.epoch < 2)
		return error_set(err, E_DESK_CHECK, "not a later log");
	/* Its cards and where it goes on as the registrar has them. */
	ours = (struct record){ .kind = KIND_OPENING,
		.log = theirs->log,
		.at = theirs->at,
		.by = WORD_ROLE_SYSTEM_ADMINISTRATOR,
		.is_exercise = self->is_exercise,
		.anchor = theirs->anchor };
	ours.facts[0] = theirs->facts[0];
	ours.facts[1] = theirs->facts[1];
	return compare(&ours, content, arena, err);
}

/* The word that ${in} has under ${name}. */
static int
asked_word(enum word *out, const struct json_reader *in, const char *name,
    enum vocabulary vocabulary, struct error *err)
{
	struct span text;
	struct error bad;

	if (json_get_text(&text, in, name, JSON_REQUIRED, 64, err) == -1)
		return -1;
	if (word_find(out, vocabulary, text, &bad) == -1)
		return error_set(err, E_USAGE, "%s: %s", name, bad.detail);
	return 0;
}

/* The pin that the operator's program made, as a record names it. */
static int
asked_pin(const struct json_reader *in, struct hash *pin, struct fact *fact,
    struct arena *arena, struct error *err)
{
	char hex[HASH_TEXT_MAX];

	if (json_get_hash(pin, in, "pin", JSON_REQUIRED, err) == -1)
		return -1;
	*fact = (struct fact){ .is_given = true,
		.n = 1,
		.text = arena_copy(arena, span_text(hash_write(pin, hex))) };
	return 0;
}

int
desk_check_credential(const struct card *self, const struct json_reader *in,
    struct span peer, struct span content, struct arena *arena,
    struct error *err)
{
	struct fact since = { .is_given = json_has(in, "since"), .n = 1 };
	struct record *theirs, ours;
	enum word use, change;
	struct hash pin;

	if (asked_word(&use, in, "use", VOCABULARY_KEY_USE, err) == -1 ||
	    asked_word(&change, in, "change", VOCABULARY_CHANGE, err) == -1 ||
	    json_get_instant(&since.instant, in, "since", JSON_OPTIONAL, err) ==
		-1 ||
	    read_content(&theirs, content, arena, err) == -1 ||
	    check_docket(self, theirs, peer, err) == -1)
		return -1;
	if (theirs->kind != KIND_CREDENTIAL)
		return error_set(err, E_DESK_CHECK, "not a change of key");
	/* All but the key itself as it was asked for. */
	ours = *theirs;
	ours.has_tlp = ours.has_pap = ours.has_re = ours.has_case = false;
	ours.documents_n = 0;
	ours.by = WORD_ROLE_SYSTEM_ADMINISTRATOR;
	ours.is_exercise = self->is_exercise;
	ours.facts[MEMBER_CREDENTIAL_USE - MEMBER_CREDENTIAL_CHANGE] =
	    (struct fact){ .is_given = true, .n = 1, .words = &use };
	ours.facts[0] =
	    (struct fact){ .is_given = true, .n = 1, .words = &change };
	ours.facts[MEMBER_CREDENTIAL_SINCE - MEMBER_CREDENTIAL_CHANGE] = since;
	if (use == WORD_KEY_USE_TLS &&
	    asked_pin(in, &pin,
		&ours.facts[MEMBER_CREDENTIAL_KEY - MEMBER_CREDENTIAL_CHANGE],
		arena, err) == -1)
		return -1;
	return compare(&ours, content, arena, err);
}

int
desk_check_card(const struct card *self, const struct json_reader *in,
    struct span content, struct arena *arena, struct error *err)
{
	struct card *theirs, ours = *self;
	struct hash pin = { { 0 } };
	enum word use, change;
	bool is_alone = false;
	struct fact unused;
	struct buf made;
	int rc = -1;

	if (asked_word(&use, in, "use", VOCABULARY_KEY_USE, err) == -1 ||
	    asked_word(&change, in, "change", VOCABULARY_CHANGE, err) == -1 ||
	    json_get_flag(&is_alone, in, "now", JSON_OPTIONAL, err) == -1 ||
	    card_read(&theirs, content, arena, err) == -1)
		return -1;
	ours.at = theirs->at;
	if (use == WORD_KEY_USE_TLS) {
		if (asked_pin(in, &pin, &unused, arena, err) == -1)
			return -1;
		card_put_pin(&ours, &pin,
		    is_alone || change == WORD_CHANGE_COMPROMISED);
	}
	card_put_key(&ours, use, card_key_bytes(theirs, use));
	buf_init(&made, CARD_CONTENT_MAX);
	if (card_write(&made, &ours, err) == -1)
		goto out;
	if (!span_is_equal(buf_span(&made), content)) {
		error_set(err, E_DESK_CHECK,
		    "the card says more than was asked for");
		goto out;
	}
	rc = 0;
out:
	buf_clear(&made);
	return rc;
}
