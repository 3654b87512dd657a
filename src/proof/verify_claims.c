#include "proof/verify_claims.h"
#include "base/arena.h"
#include "base/error.h"
#include "domain/record.h"
#include "formats/card.h"
#include "ledger/tree.h"
#include "proof/evidence.h"

/* Hex digits by which a record is called in a sentence */
#define SHORT_DIGITS 12

/* A claim on trial. */
struct trial {
	const struct evidence *ev;
	const struct proof_claim_row *row;
	size_t i;
	struct proof_line *line;
	struct arena *arena;
};

static const char *
party(const struct trial *t, unsigned side)
{
	return arena_text(t->arena, t->ev->manifest->parties[side].party);
}

static const char *
instant(const struct trial *t, struct instant at)
{
	char text[INSTANT_TEXT_MAX];

	return arena_printf(t->arena, "%s", instant_write(at, text));
}

/* "the request 0123456789ab" */
static const char *
name(const struct trial *t, unsigned side, const struct hash *leaf)
{
	const struct evidence_record *record = evidence_find(t->ev, side, leaf);
	const char *kind = "record";
	char digits[HASH_TEXT_MAX];

	if (record != NULL && record->record != NULL)
		kind = kind_row(record->record->kind)->name;
	return arena_printf(t->arena, "the %s %.*s", kind, SHORT_DIGITS,
	    hash_write(leaf, digits));
}

static bool
fails(struct trial *t, enum proof_verdict verdict, const char *why)
{
	t->line->verdict = verdict;
	t->line->why = why;
	return false;
}

static void
needs(struct trial *t, unsigned side)
{
	t->line->needs[side] = true;
}

static void
rests(struct trial *t, const char *what)
{
	t->line->rests = t->line->rests[0] == '\0' ?
	    what :
	    arena_printf(t->arena, "%s; %s", t->line->rests, what);
}

/*
 * Entry 0 of a log quotes both cards: the two are parties of one docket.
 */
static bool
is_opened(struct trial *t, unsigned side)
{
	const struct evidence_record *first = evidence_entry(t->ev, side, 0);

	if (first == NULL || (first->head == NULL && !first->is_in_range) ||
	    first->state != EVIDENCE_VALID)
		return fails(t, PROOF_NOT_PROVEN,
		    arena_printf(t->arena,
			"entry 0 of %s's log does not quote these cards",
			party(t, side)));
	return true;
}

/* Whose seal it is, and what that hangs on. */
static void
rest_on_seal(struct trial *t, const struct evidence_record *record)
{
	unsigned long long from = t->ev->seals[record->side][record->seal].from;

	if (from == 0)
		rests(t,
		    arena_printf(t->arena,
			"%s's seal certificate of its card, if no change "
			"of it below entry %llu was left out",
			party(t, record->side),
			(unsigned long long)record->index));
	else
		rests(t,
		    arena_printf(t->arena,
			"%s's seal certificate of entry %llu, if no "
			"later change below entry %llu was left out",
			party(t, record->side), from - 1,
			(unsigned long long)record->index));
}

/* A valid record that stands in the log of ${side}. */
static bool
is_shown(struct trial *t, unsigned side, const struct hash *leaf,
    const struct evidence_record **out)
{
	const struct evidence_record *record = evidence_find(t->ev, side, leaf);
	const char *what = name(t, side, leaf);

	*out = record;
	if (record == NULL)
		return fails(t, PROOF_NOT_PROVEN,
		    arena_printf(t->arena, "%s is not in the bundle", what));
	if (record->head == NULL && !record->is_in_range)
		return fails(t, PROOF_NOT_PROVEN,
		    arena_printf(t->arena,
			"no path leads from %s to a head that %s signed", what,
			party(t, side)));
	if (record->state == EVIDENCE_UNSEALED)
		return fails(t, PROOF_NOT_PROVEN,
		    arena_printf(t->arena,
			"%s is not sealed by the certificate shown", what));
	if (record->state == EVIDENCE_INVALID)
		return fails(t, PROOF_REFUTED,
		    arena_printf(t->arena, "%s is no valid record: %s", what,
			error_text(record->fault)));
	if (!is_opened(t, side))
		return false;
	needs(t, side);
	if (record->record->is_exercise)
		t->line->is_exercise = true;
	if (record->anchor == ANCHOR_UNKNOWN)
		rests(t,
		    arena_printf(t->arena,
			"the anchor of %s, of which no head is shown", what));
	rests(t, arena_printf(t->arena, "%s's log key", party(t, side)));
	rest_on_seal(t, record);
	return true;
}

/* Its taker may not have shown its own log yet; if it has, it is opened. */
static bool
is_taken(struct trial *t, const struct evidence_record *record)
{
	unsigned other = 1 - record->side;

	needs(t, other);
	if (record->head == NULL || !record->head->has_line)
		return fails(t, PROOF_NOT_PROVEN,
		    arena_printf(t->arena, "no line of %s's mirror covers it",
			party(t, other)));
	rests(t,
	    arena_printf(t->arena, "%s's mirror key, and its clock",
		party(t, other)));
	return evidence_entry(t->ev, other, 0) == NULL || is_opened(t, other);
}

static bool
try_taken(struct trial *t)
{
	const struct proof_claim_row *row = t->row;
	const struct evidence_record *record;

	t->line->text =
	    arena_printf(t->arena, "%s of %s was delivered to %s by %s",
		name(t, row->side, &row->record), party(t, row->side),
		party(t, 1 - row->side), instant(t, row->time));
	if (!is_shown(t, row->side, &row->record, &record) ||
	    !is_taken(t, record))
		return false;
	if (record->head->time.s != row->time.s)
		return fails(t, PROOF_REFUTED,
		    arena_printf(t->arena, "the line says %s",
			instant(t, record->head->time)));
	return true;
}

static bool
try_record(struct trial *t)
{
	const struct proof_claim_row *row = t->row;
	const struct evidence_record *record;

	t->line->text = arena_printf(t->arena,
	    "%s was sealed by %s and stands in its log to %s",
	    name(t, row->side, &row->record), party(t, row->side),
	    party(t, 1 - row->side));
	return is_shown(t, row->side, &row->record, &record);
}

/* It names the record, or the case that the record opens or is of. */
static bool
is_about(const struct record *reaction, const struct evidence_record *record)
{
	if (reaction->has_re && hash_is_equal(&reaction->re, &record->leaf))
		return true;
	if (!reaction->has_case)
		return false;
	if (record->record->has_case)
		return hash_is_equal(&reaction->case_hash,
		    &record->record->case_hash);
	return hash_is_equal(&reaction->case_hash, &record->leaf);
}

static bool
try_reacted(struct trial *t)
{
	const struct proof_claim_row *row = t->row;
	const struct evidence_record *record, *reaction;
	unsigned other = 1 - row->side;

	t->line->text = arena_printf(t->arena, "%s reacted to %s of %s by %s",
	    party(t, other), name(t, row->side, &row->record),
	    party(t, row->side), name(t, other, &row->other));
	if (!is_shown(t, row->side, &row->record, &record) ||
	    !is_shown(t, other, &row->other, &reaction))
		return false;
	if (!kind_has_effect(reaction->record->kind, EFFECT_REACTION) ||
	    !is_about(reaction->record, record))
		return fails(t, PROOF_REFUTED, "that is no reaction to it");
	if (reaction->record->anchor.size <= record->index)
		return fails(t, PROOF_REFUTED,
		    "its author had not seen the record yet");
	return true;
}

/* What the entries of a range come to, in their order. */
struct sweep {
	const struct evidence_record *asked;
	uint64_t anchored;    /* largest anchor of a valid record so far */
	bool is_history_sure; /* no key change could be missing or void */
	const struct evidence_record *unsealed, *reaction, *doubtful;
};

static void
sweep_entry(struct sweep *s, const struct evidence_record *entry)
{
	const struct record *record = entry->record;
	bool is_sure;

	if (entry->state == EVIDENCE_UNSEALED && s->unsealed == NULL)
		s->unsealed = entry;
	if (entry->state != EVIDENCE_VALID)
		return;
	is_sure =
	    entry->anchor == ANCHOR_TRUE && record->anchor.size >= s->anchored;
	if (record->anchor.size > s->anchored)
		s->anchored = record->anchor.size;
	if (record->kind == KIND_CREDENTIAL && !is_sure)
		s->is_history_sure = false;
	/* What names the record without having seen it is not valid. */
	if (!kind_has_effect(record->kind, EFFECT_REACTION) ||
	    !is_about(record, s->asked) ||
	    record->anchor.size <= s->asked->index)
		return;
	if (is_sure && s->reaction == NULL)
		s->reaction = entry;
	if (!is_sure && s->doubtful == NULL)
		s->doubtful = entry;
}

/* Entries below an anchor of the record are older than the record. */
static bool
is_range_old_enough(struct trial *t, const struct evidence_record *record)
{
	const struct evidence_frontier *frontier;
	struct hash root;

	if (t->row->from == 0)
		return true;
	frontier = evidence_frontier(t->ev, 1 - record->side, t->row->from);
	root = tree_root(&frontier->tree);
	if (record->record->anchor.size != t->row->from ||
	    !hash_is_equal(&root, &record->record->anchor.root))
		return fails(t, PROOF_NOT_PROVEN,
		    "the range does not begin where the record is anchored");
	return true;
}

static bool
is_range_silent(struct trial *t, const struct evidence_record *record)
{
	unsigned other = 1 - record->side;
	struct sweep s = { .asked = record,
		.is_history_sure = t->row->from == 0 };

	for (uint64_t i = t->row->from; i < t->row->size; i++)
		sweep_entry(&s, evidence_entry(t->ev, other, i));
	if (s.reaction != NULL)
		return fails(t, PROOF_REFUTED,
		    arena_printf(t->arena, "entry %llu reacts to it: %s",
			(unsigned long long)s.reaction->index,
			name(t, other, &s.reaction->leaf)));
	if (s.doubtful != NULL)
		return fails(t, PROOF_NOT_PROVEN,
		    arena_printf(t->arena,
			"entry %llu may be a reaction: whether its anchor is "
			"true is not shown",
			(unsigned long long)s.doubtful->index));
	if (s.unsealed != NULL && !s.is_history_sure)
		return fails(t, PROOF_NOT_PROVEN,
		    arena_printf(t->arena,
			"entry %llu is sealed by a certificate that is not "
			"shown; a change of keys may have been left out",
			(unsigned long long)s.unsealed->index));
	return true;
}

/* The last entry says itself that the log was alive then. */
static bool
is_range_late_enough(struct trial *t, unsigned side)
{
	const struct evidence_record *last = NULL;
	const char *shown = "nothing there is";

	if (t->row->size > t->row->from)
		last = evidence_entry(t->ev, side, t->row->size - 1);
	if (last != NULL && last->state == EVIDENCE_VALID) {
		if (last->record->at.s >= t->row->time.s)
			return true;
		shown = arena_printf(t->arena, "the last entry is of %s, not",
		    instant(t, last->record->at));
	}
	t->line->is_short = true;
	return fails(t, PROOF_NOT_PROVEN,
	    arena_printf(t->arena,
		"%s of that time or later; shown is: no reaction in %s's log "
		"up to size %llu",
		shown, party(t, side), (unsigned long long)t->row->size));
}

static bool
try_no_reaction(struct trial *t)
{
	const struct proof_claim_row *row = t->row;
	const struct evidence_record *record;
	unsigned other = 1 - row->side;

	t->line->text = arena_printf(t->arena,
	    "no reaction to %s of %s in %s's log up to %s",
	    name(t, row->side, &row->record), party(t, row->side),
	    party(t, other), instant(t, row->time));
	if (!is_shown(t, row->side, &row->record, &record) ||
	    !is_taken(t, record))
		return false;
	if (!record_opens_case(record->record))
		return fails(t, PROOF_NOT_PROVEN, "it opens no case");
	if (t->ev->ranges[t->i] != E_NONE)
		return fails(t, PROOF_NOT_PROVEN,
		    arena_printf(t->arena,
			"entries %llu to %llu of %s's log are not shown to be "
			"complete",
			(unsigned long long)row->from,
			(unsigned long long)row->size, party(t, other)));
	rests(t,
	    arena_printf(t->arena,
		"%s's log and seal keys; witnesses: none agreed",
		party(t, other)));
	return is_opened(t, other) && is_range_old_enough(t, record) &&
	    is_range_silent(t, record) && is_range_late_enough(t, other);
}

/* The receipt is below the anchor of the record, which names that root. */
static bool
is_below_anchor(struct trial *t, const struct evidence_record *record,
    const struct evidence_record *receipt)
{
	const struct anchor *anchor = &record->record->anchor;

	if (receipt->head == NULL || receipt->head->size != anchor->size ||
	    !hash_is_equal(&receipt->head->root, &anchor->root))
		return fails(t, PROOF_NOT_PROVEN,
		    "the receipt is not shown below the record's anchor");
	return true;
}

static bool
try_not_earlier(struct trial *t)
{
	const struct proof_claim_row *row = t->row;
	const struct evidence_record *record, *receipt;
	struct evidence_head quoted = { .side = row->side };
	unsigned other = 1 - row->side;

	t->line->text = arena_printf(t->arena,
	    "%s of %s was not made before %s", name(t, row->side, &row->record),
	    party(t, row->side), instant(t, row->time));
	if (!is_shown(t, row->side, &row->record, &record) ||
	    !is_shown(t, other, &row->other, &receipt) ||
	    !is_below_anchor(t, record, receipt))
		return false;
	if (receipt->record->kind != KIND_RECEIPT)
		return fails(t, PROOF_REFUTED, "that is no receipt");
	quoted.bytes =
	    record_fact(receipt->record, MEMBER_RECEIPT_CHECKPOINT)->text;
	evidence_open_head(t->ev, &quoted);
	if (quoted.fault != E_NONE || !quoted.has_line ||
	    quoted.size != row->size)
		return fails(t, PROOF_NOT_PROVEN,
		    "the receipt does not quote such a line");
	if (quoted.time.s != row->time.s)
		return fails(t, PROOF_REFUTED,
		    arena_printf(t->arena, "the line says %s",
			instant(t, quoted.time)));
	rests(t,
	    arena_printf(t->arena, "%s's mirror key, and its clock",
		party(t, other)));
	return true;
}

static bool
try_fork(struct trial *t)
{
	const struct proof_claim_row *row = t->row;
	const struct evidence_head *heads = t->ev->forks[row->side];

	t->line->text = arena_printf(t->arena,
	    "%s signed two versions of its log to %s, of %llu entries each",
	    party(t, row->side), party(t, 1 - row->side),
	    (unsigned long long)row->size);
	needs(t, row->side);
	rests(t, arena_printf(t->arena, "%s's log key", party(t, row->side)));
	for (unsigned i = 0; i < 2; i++)
		if (heads[i].bytes.len == 0 || heads[i].fault != E_NONE ||
		    heads[i].size != row->size)
			return fails(t, PROOF_NOT_PROVEN,
			    "there are not two signed heads of that size");
	if (hash_is_equal(&heads[0].root, &heads[1].root))
		return fails(t, PROOF_REFUTED, "the two heads have one root");
	return true;
}

void
verify_claim(struct proof_line *out, const struct evidence *evidence, size_t i,
    struct arena *arena)
{
	static bool (*const tries[PROOF_CLAIM_COUNT])(struct trial * t) = {
		[PROOF_TAKEN] = try_taken,
		[PROOF_RECORD] = try_record,
		[PROOF_REACTED] = try_reacted,
		[PROOF_NO_REACTION] = try_no_reaction,
		[PROOF_NOT_EARLIER] = try_not_earlier,
		[PROOF_FORK] = try_fork,
	};
	struct trial t = { evidence, &evidence->manifest->claims[i], i, out,
		arena };

	*out = (struct proof_line){ .claim = t.row->claim,
		.why = "",
		.rests = "",
		.text = "",
		.has_record = t.row->claim != PROOF_FORK,
		.record = t.row->record,
		.is_exercise = evidence->cards[0]->is_exercise };
	if (tries[t.row->claim](&t))
		out->verdict = PROOF_PROVEN;
}
