#include "base/arena.h"
#include "domain/record.h"
#include "ledger/checkpoint.h"
#include "proof/evidence.h"
#include "proof/evidence_parts.h"
#include "proof/position.h"

/*
 * Where one log of a writer ends and the next begins follows from the
 * openings (docs/PROTOCOL.md, 3.8), as far as they are shown.
 */

struct span
evidence_origin(const struct evidence *ev, unsigned side, unsigned epoch)
{
	const struct proof_party_row *rows = ev->manifest->parties;
	struct span writer = rows[side].party, reader = rows[1 - side].party;

	if (epoch == 1)
		return rows[side].origin;
	return span_text(arena_printf(ev->arena, "%.*s/docket/%.*s/%u",
	    (int)writer.len, (const char *)writer.ptr, (int)reader.len,
	    (const char *)reader.ptr, epoch));
}

bool
evidence_epoch_of(const struct evidence *ev, unsigned side, struct span origin,
    unsigned *epoch)
{
	for (*epoch = 1; *epoch <= POSITION_EPOCHS_MAX; (*epoch)++)
		if (span_is_equal(origin, evidence_origin(ev, side, *epoch)))
			return true;
	return false;
}

struct note_key
evidence_writer(const struct evidence *ev, unsigned side, unsigned epoch)
{
	const struct evidence_keys *keys = &ev->keys[side];
	const struct evidence_epoch *begun = &keys->epochs[epoch - 1];
	const uint8_t *key = keys->logs[0].key;

	for (size_t i = 1; epoch > 1 && i < keys->logs_n; i++)
		if (!begun->is_said || keys->logs[i].from <= begun->previous)
			key = keys->logs[i].key;
	return note_key_of(NOTE_KEY_LOG, evidence_origin(ev, side, epoch), key);
}

bool
evidence_is_void(const struct evidence *ev, unsigned side, uint64_t position)
{
	return chain_without(ev->keys[side].epochs, position) != 0;
}

uint64_t
evidence_next(const struct evidence *ev, unsigned side, uint64_t position)
{
	return chain_next(ev->keys[side].epochs, position);
}

uint64_t
evidence_segment_end(const struct evidence *ev, unsigned side, uint64_t from,
    uint64_t size)
{
	return chain_segment_end(ev->keys[side].epochs, from, size);
}

/* More of the log before was taken than the opening says. */
static bool
is_below_taken(const struct evidence *ev, unsigned side, unsigned epoch,
    uint64_t previous)
{
	for (size_t i = 0; i < ev->heads_n; i++)
		if (ev->heads[i].side == side && ev->heads[i].has_line &&
		    position_epoch(ev->heads[i].size) < epoch &&
		    ev->heads[i].size > previous)
			return true;
	return false;
}

int
evidence_see_opening(struct evidence *ev, const struct evidence_record *entry,
    const struct record *record, struct error *err)
{
	unsigned epoch = position_epoch(entry->index);
	struct evidence_epoch *out = &ev->found[entry->side].epochs[epoch - 1];
	struct evidence_head head = { .side = entry->side };
	const struct fact *fact;

	if (record->kind != KIND_OPENING)
		return 0;
	fact = record_fact(record, MEMBER_OPENING_PREVIOUS);
	if (epoch == 1)
		return fact->is_given ?
		    error_set(err, E_RECORD_OPENING, "a log before the first") :
		    0;
	head.bytes = fact->text;
	if (fact->is_given) {
		evidence_open_head(ev, &head, entry->anchor_at);
		if (head.fault != E_NONE || !head.has_line ||
		    position_epoch(head.size) >= epoch ||
		    position_n(head.size) == 0)
			return error_set(err, E_RECORD_OPENING,
			    "previous: no head of a log before, with both "
			    "lines");
	}
	if (is_below_taken(ev, entry->side, epoch, head.size))
		return error_set(err, E_RECORD_OPENING,
		    "previous: more of the log before was taken");
	*out = (struct evidence_epoch){ .is_said = true,
		.is_begun = evidence_is_placed(entry),
		.previous = head.size,
		.root = head.root };
	return 0;
}

bool
evidence_is_end(const struct evidence *ev, unsigned side, uint64_t position)
{
	unsigned epoch = chain_without(ev->keys[side].epochs, position);
	const struct evidence_head *head = evidence_head(ev, side, position);
	const struct evidence_epoch *begun;

	if (epoch == 0 || head == NULL || head->fault != E_NONE)
		return false;
	begun = &ev->keys[side].epochs[epoch - 1];
	return begun->previous == position &&
	    hash_is_equal(&begun->root, &head->root);
}
