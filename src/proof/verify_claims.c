#include "proof/verify_claims.h"
#include "base/arena.h"
#include "base/error.h"
#include "domain/record.h"
#include "formats/card.h"
#include "ledger/tree.h"
#include "proof/evidence.h"
#include "proof/trial.h"

static bool
try_taken(struct trial *t)
{
	const struct proof_claim_row *row = t->row;
	const struct evidence_record *record;

	t->line->text = arena_printf(t->arena,
	    "%s of %s was delivered to %s by %s",
	    trial_name(t, row->side, &row->record), trial_party(t, row->side),
	    trial_party(t, 1 - row->side), trial_instant(t, row->time));
	if (!trial_is_shown(t, row->side, &row->record, &record) ||
	    !trial_is_taken(t, record))
		return false;
	if (record->head->time.s != row->time.s)
		return trial_fails(t, PROOF_REFUTED,
		    arena_printf(t->arena, "the line says %s",
			trial_instant(t, record->head->time)));
	return true;
}

static bool
try_record(struct trial *t)
{
	const struct proof_claim_row *row = t->row;
	const struct evidence_record *record;

	t->line->text = arena_printf(t->arena,
	    "%s was sealed by %s and stands in its log to %s",
	    trial_name(t, row->side, &row->record), trial_party(t, row->side),
	    trial_party(t, 1 - row->side));
	return trial_is_shown(t, row->side, &row->record, &record);
}

static bool
try_reacted(struct trial *t)
{
	const struct proof_claim_row *row = t->row;
	const struct evidence_record *record, *reaction;
	unsigned other = 1 - row->side;

	t->line->text = arena_printf(t->arena, "%s reacted to %s of %s by %s",
	    trial_party(t, other), trial_name(t, row->side, &row->record),
	    trial_party(t, row->side), trial_name(t, other, &row->other));
	if (!trial_is_shown(t, row->side, &row->record, &record) ||
	    !trial_is_shown(t, other, &row->other, &reaction))
		return false;
	if (!kind_has_effect(reaction->record->kind, EFFECT_REACTION) ||
	    !trial_is_about(reaction->record, record))
		return trial_fails(t, PROOF_REFUTED,
		    "that is no reaction to it");
	if (reaction->anchor_at <= record->index)
		return trial_fails(t, PROOF_REFUTED,
		    "its author had not seen the record yet");
	return true;
}

/* The receipt is below the anchor of the record, which names that root. */
static bool
is_below_anchor(struct trial *t, const struct evidence_record *record,
    const struct evidence_record *receipt)
{
	const struct anchor *anchor = &record->record->anchor;

	if (receipt->head == NULL || receipt->head->size != record->anchor_at ||
	    !hash_is_equal(&receipt->head->root, &anchor->root))
		return trial_fails(t, PROOF_NOT_PROVEN,
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

	t->line->text =
	    arena_printf(t->arena, "%s of %s was not made before %s",
		trial_name(t, row->side, &row->record),
		trial_party(t, row->side), trial_instant(t, row->time));
	if (!trial_is_shown(t, row->side, &row->record, &record) ||
	    !trial_is_shown(t, other, &row->other, &receipt) ||
	    !is_below_anchor(t, record, receipt))
		return false;
	if (receipt->record->kind != KIND_RECEIPT)
		return trial_fails(t, PROOF_REFUTED, "that is no receipt");
	quoted.bytes =
	    record_fact(receipt->record, MEMBER_RECEIPT_CHECKPOINT)->text;
	evidence_open_head(t->ev, &quoted, receipt->index);
	if (quoted.fault != E_NONE || !quoted.has_line ||
	    quoted.size != row->size)
		return trial_fails(t, PROOF_NOT_PROVEN,
		    "the receipt does not quote such a line");
	if (quoted.time.s != row->time.s)
		return trial_fails(t, PROOF_REFUTED,
		    arena_printf(t->arena, "the line says %s",
			trial_instant(t, quoted.time)));
	trial_rest_on_line(t, &quoted);
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
		[PROOF_NO_REACTION] = trial_no_reaction,
		[PROOF_NOT_EARLIER] = try_not_earlier,
		[PROOF_FORK] = trial_fork,
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
