#include "base/arena.h"
#include "base/error.h"
#include "domain/record.h"
#include "ledger/tree.h"
#include "proof/evidence.h"
#include "proof/position.h"
#include "proof/trial.h"
#include "proof/verify.h"

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
	    entry->anchor == ANCHOR_TRUE && entry->anchor_at >= s->anchored;
	if (entry->anchor_at > s->anchored)
		s->anchored = entry->anchor_at;
	if (record->kind == KIND_CREDENTIAL && !is_sure)
		s->is_history_sure = false;
	/* What names the record without having seen it is not valid. */
	if (!kind_has_effect(record->kind, EFFECT_REACTION) ||
	    !trial_is_about(record, s->asked) ||
	    entry->anchor_at <= s->asked->index)
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
	root =
	    frontier == NULL ? tree_empty_root() : tree_root(&frontier->tree);
	if (record->anchor_at != t->row->from ||
	    !hash_is_equal(&root, &record->record->anchor.root))
		return trial_fails(t, PROOF_NOT_PROVEN,
		    "the range does not begin where the record is anchored");
	return true;
}

static bool
is_range_silent(struct trial *t, const struct evidence_record *record)
{
	unsigned other = 1 - record->side;
	struct sweep s = { .asked = record,
		.is_history_sure = t->row->from == 0 };

	for (uint64_t i = t->row->from; i < t->row->size;
	     i = evidence_next(t->ev, other, i + 1))
		sweep_entry(&s, evidence_entry(t->ev, other, i));
	if (s.reaction != NULL)
		return trial_fails(t, PROOF_REFUTED,
		    arena_printf(t->arena, "%s reacts to it: %s",
			trial_entry(t, s.reaction->index),
			trial_name(t, other, &s.reaction->leaf)));
	if (s.doubtful != NULL)
		return trial_fails(t, PROOF_NOT_PROVEN,
		    arena_printf(t->arena,
			"%s may be a reaction: whether its anchor is true "
			"is not shown",
			trial_entry(t, s.doubtful->index)));
	if (s.unsealed != NULL && !s.is_history_sure)
		return trial_fails(t, PROOF_NOT_PROVEN,
		    arena_printf(t->arena,
			"%s is sealed by a certificate that is not "
			"shown; a change of keys may have been left out",
			trial_entry(t, s.unsealed->index)));
	return true;
}

/* "size 17", "size 3 of epoch 2". */
static const char *
size_text(const struct trial *t, uint64_t size)
{
	unsigned long long n = position_n(size);

	if (position_epoch(size) == 1)
		return arena_printf(t->arena, "size %llu", n);
	return arena_printf(t->arena, "size %llu of epoch %u", n,
	    position_epoch(size));
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
		    trial_instant(t, last->record->at));
	}
	t->line->is_short = true;
	return trial_fails(t, PROOF_NOT_PROVEN,
	    arena_printf(t->arena,
		"%s of that time or later; shown is: no reaction in %s's log "
		"up to %s",
		shown, trial_party(t, side), size_text(t, t->row->size)));
}

bool
trial_no_reaction(struct trial *t)
{
	const struct proof_claim_row *row = t->row;
	const struct evidence_record *record;
	unsigned other = 1 - row->side;

	t->line->text = arena_printf(t->arena,
	    "no reaction to %s of %s in %s's log up to %s",
	    trial_name(t, row->side, &row->record), trial_party(t, row->side),
	    trial_party(t, other), trial_instant(t, row->time));
	if (!trial_is_shown(t, row->side, &row->record, &record) ||
	    !trial_is_taken(t, record))
		return false;
	if (!record_opens_case(record->record))
		return trial_fails(t, PROOF_NOT_PROVEN, "it opens no case");
	if (t->ev->ranges[t->i] != E_NONE)
		return trial_fails(t, PROOF_NOT_PROVEN,
		    arena_printf(t->arena,
			"%s's log from %s up to %s is not shown to be "
			"complete",
			trial_party(t, other), trial_entry(t, row->from),
			size_text(t, row->size)));
	trial_rests(t,
	    arena_printf(t->arena,
		"%s's log and seal keys; witnesses: none agreed",
		trial_party(t, other)));
	return trial_is_opened(t, other, 1) && is_range_old_enough(t, record) &&
	    is_range_silent(t, record) && is_range_late_enough(t, other);
}
