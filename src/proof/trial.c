#include "proof/trial.h"
#include "base/arena.h"
#include "base/error.h"
#include "domain/record.h"
#include "proof/evidence.h"
#include "proof/position.h"
#include "proof/verify.h"

/* Hex digits by which a record is called in a sentence */
#define SHORT_DIGITS 12

const char *
trial_party(const struct trial *t, unsigned side)
{
	return arena_text(t->arena, t->ev->manifest->parties[side].party);
}

const char *
trial_instant(const struct trial *t, struct instant at)
{
	char text[INSTANT_TEXT_MAX];

	return arena_printf(t->arena, "%s", instant_write(at, text));
}

/* "the request 0123456789ab" */
const char *
trial_name(const struct trial *t, unsigned side, const struct hash *leaf)
{
	const struct evidence_record *record = evidence_find(t->ev, side, leaf);
	const char *kind = "record";
	char digits[HASH_TEXT_MAX];

	if (record != NULL && record->record != NULL)
		kind = kind_row(record->record->kind)->name;
	return arena_printf(t->arena, "the %s %.*s", kind, SHORT_DIGITS,
	    hash_write(leaf, digits));
}

const char *
trial_entry(const struct trial *t, uint64_t index)
{
	unsigned long long n = position_n(index);

	if (position_epoch(index) == 1)
		return arena_printf(t->arena, "entry %llu", n);
	return arena_printf(t->arena, "entry %llu of epoch %u", n,
	    position_epoch(index));
}

bool
trial_fails(struct trial *t, enum proof_verdict verdict, const char *why)
{
	t->line->verdict = verdict;
	t->line->why = why;
	return false;
}

void
trial_needs(struct trial *t, unsigned side)
{
	t->line->needs[side] = true;
}

void
trial_rests(struct trial *t, const char *what)
{
	t->line->rests = t->line->rests[0] == '\0' ?
	    what :
	    arena_printf(t->arena, "%s; %s", t->line->rests, what);
}

/*
 * Entry 0 of a log quotes both cards: the two are parties of one docket.
 */
bool
trial_is_opened(struct trial *t, unsigned side, unsigned epoch)
{
	const struct evidence_record *first =
	    evidence_entry(t->ev, side, position_of(epoch, 0));

	if (first == NULL || !evidence_is_placed(first) ||
	    first->state != EVIDENCE_VALID)
		return trial_fails(t, PROOF_NOT_PROVEN,
		    arena_printf(t->arena,
			"entry 0 of %s's log does not quote these cards",
			trial_party(t, side)));
	return true;
}

/* Whose seal it is, and what that hangs on. */
static void
rest_on_seal(struct trial *t, const struct evidence_record *record)
{
	uint64_t from = t->ev->seals[record->side][record->seal].from;
	const char *below = trial_entry(t, record->index);

	if (from == 0)
		trial_rests(t,
		    arena_printf(t->arena,
			"%s's seal certificate of its card, if no change "
			"of it below %s was left out",
			trial_party(t, record->side), below));
	else
		trial_rests(t,
		    arena_printf(t->arena,
			"%s's seal certificate of %s, if no later change "
			"below %s was left out",
			trial_party(t, record->side), trial_entry(t, from - 1),
			below));
}

/*
 * What the lists shown say of the certificate.  A record stays what it is in
 * the docket, where both nodes must judge alike; but a seal made after its
 * certificate was revoked proves nothing of who made it.
 */
static bool
is_unrevoked(struct trial *t, const struct evidence_record *record)
{
	const struct revocation *told = &record->revocation;
	const char *at, *list = "";

	if (!record->is_issued)
		return true;
	at = trial_instant(t, record->record->at);
	if (told->crl != NULL)
		list = arena_printf(t->arena,
		    "the list of revoked certificates of %s, %s",
		    crl_issuer(told->crl),
		    trial_instant(t, crl_this_update(told->crl)));
	switch (told->state) {
	case REVOCATION_REVOKED:
		return trial_fails(t, PROOF_NOT_PROVEN,
		    arena_printf(t->arena,
			"%s has %s's seal certificate, or one above it, since "
			"%s; the seal is of %s",
			list, trial_party(t, record->side),
			trial_instant(t, told->since), at));
	case REVOCATION_NONE:
		trial_rests(t,
		    arena_printf(t->arena, "%s, which does not have it%s", list,
			told->is_whole_chain ?
			    "" :
			    "; none is shown for the authorities above"));
		return true;
	case REVOCATION_NOT_SHOWN:
		break;
	}
	trial_rests(t,
	    arena_printf(t->arena,
		"that its issuer had not revoked it by %s: no list of revoked "
		"certificates shows it",
		at));
	return true;
}

/* A valid record that stands in the log of ${side}. */
bool
trial_is_shown(struct trial *t, unsigned side, const struct hash *leaf,
    const struct evidence_record **out)
{
	const struct evidence_record *record = evidence_find(t->ev, side, leaf);
	const char *what = trial_name(t, side, leaf);

	*out = record;
	if (record == NULL)
		return trial_fails(t, PROOF_NOT_PROVEN,
		    arena_printf(t->arena, "%s is not in the bundle", what));
	if (record->is_void)
		return trial_fails(t, PROOF_NOT_PROVEN,
		    arena_printf(t->arena,
			"%s's next log leaves %s out: it was never taken",
			trial_party(t, side), what));
	if (!evidence_is_placed(record))
		return trial_fails(t, PROOF_NOT_PROVEN,
		    arena_printf(t->arena,
			"no path leads from %s to a head that %s signed", what,
			trial_party(t, side)));
	if (record->state == EVIDENCE_UNSEALED)
		return trial_fails(t, PROOF_NOT_PROVEN,
		    arena_printf(t->arena,
			"%s is not sealed by the certificate shown", what));
	if (record->state == EVIDENCE_INVALID)
		return trial_fails(t, PROOF_REFUTED,
		    arena_printf(t->arena, "%s is no valid record: %s", what,
			error_text(record->fault)));
	if (!trial_is_opened(t, side, 1) ||
	    !trial_is_opened(t, side, position_epoch(record->index)))
		return false;
	trial_needs(t, side);
	if (record->record->is_exercise)
		t->line->is_exercise = true;
	if (record->anchor == ANCHOR_UNKNOWN)
		trial_rests(t,
		    arena_printf(t->arena,
			"the anchor of %s, of which no head is shown", what));
	trial_rests(t,
	    arena_printf(t->arena, "%s's log key", trial_party(t, side)));
	rest_on_seal(t, record);
	return is_unrevoked(t, record);
}

/* The receipt quotes that line, and its author could. */
static bool
is_quoted_by(const struct trial *t, const struct evidence_head *head,
    const struct evidence_record *receipt)
{
	struct evidence_head quoted = { .side = head->side };

	if (receipt->state != EVIDENCE_VALID || !evidence_is_placed(receipt) ||
	    receipt->record->kind != KIND_RECEIPT)
		return false;
	quoted.bytes =
	    record_fact(receipt->record, MEMBER_RECEIPT_CHECKPOINT)->text;
	evidence_open_head(t->ev, &quoted,
	    receipt->side == head->side ? receipt->anchor_at : receipt->index);
	return quoted.fault == E_NONE && quoted.has_line &&
	    quoted.size == head->size &&
	    hash_is_equal(&quoted.root, &head->root) &&
	    quoted.term.from == head->term.from &&
	    quoted.time.s == head->time.s;
}

/*
 * A line of a key that was declared compromised counts if a record quotes it
 * whose author had not seen that yet; anybody may have made another.
 */
static bool
is_line_sound(struct trial *t, const struct evidence_head *head)
{
	if (head->term.until == UINT64_MAX)
		return true;
	for (size_t i = 0; i < t->ev->records_n; i++)
		if (is_quoted_by(t, head, &t->ev->records[i]))
			return true;
	return trial_fails(t, PROOF_NOT_PROVEN,
	    arena_printf(t->arena,
		"%s of %s's log declares the key of that line "
		"compromised, and no receipt from before shows it",
		trial_entry(t, head->term.until - 1),
		trial_party(t, 1 - head->side)));
}

void
trial_rest_on_line(struct trial *t, const struct evidence_head *head)
{
	const char *of = "its card";

	if (head->term.from > 0)
		of = trial_entry(t, head->term.from - 1);
	trial_rests(t,
	    arena_printf(t->arena, "%s's mirror key of %s%s, and its clock",
		trial_party(t, 1 - head->side), of,
		head->term.until == UINT64_MAX ?
		    ", if it was not declared compromised" :
		    ""));
}

/* Its taker may not have shown its own log yet; if it has, it is opened. */
bool
trial_is_taken(struct trial *t, const struct evidence_record *record)
{
	unsigned other = 1 - record->side;

	trial_needs(t, other);
	if (record->head == NULL || !record->head->has_line)
		return trial_fails(t, PROOF_NOT_PROVEN,
		    arena_printf(t->arena, "no line of %s's mirror covers it",
			trial_party(t, other)));
	if (!is_line_sound(t, record->head))
		return false;
	trial_rest_on_line(t, record->head);
	return evidence_entry(t->ev, other, 0) == NULL ||
	    trial_is_opened(t, other, 1);
}

/* It names the record, or the case that the record opens or is of. */
bool
trial_is_about(const struct record *reaction,
    const struct evidence_record *record)
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
