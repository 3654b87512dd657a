#include "base/arena.h"
#include "base/error.h"
#include "domain/record.h"
#include "formats/record_json.h"
#include "ledger/checkpoint.h"
#include "ledger/note.h"
#include "proof/make.h"
#include "proof/make_files.h"
#include "proof/position.h"
#include "store/entry.h"
#include "store/log.h"

/* Of a log that was only announced nothing is there. */
static int
load_chain(struct making *m, struct error *err)
{
	struct log_row *rows;
	size_t n;

	if (store_log_all(m->store, &rows, &n, m->arena, err) == -1)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct log_row *log = &rows[i];

		if (!span_is_equal(log->peer, m->order->peer) ||
		    log->epoch == 0 || log->epoch > POSITION_EPOCHS_MAX)
			continue;
		if (log->epoch == 1)
			m->manifest.parties[log->side].origin = log->origin;
		if (log->epoch == 1 || log->size > 0)
			m->chains[log->side][log->epoch - 1] = log;
	}
	return 0;
}

/* Where the opening of a later log says that the one before ended. */
static int
load_previous(struct making *m, const struct log_row *log, struct error *err)
{
	struct evidence_epoch *epoch = &m->epochs[log->side][log->epoch - 1];
	struct note *note = arena_alloc(m->arena, sizeof(*note));
	const struct fact *fact;
	struct checkpoint head;
	struct entry_row *entry;
	struct record *record;

	if (store_entry_get(m->store, log->id, 0, &entry, m->arena, err) == -1)
		return -1;
	if (entry == NULL || entry->verdict != E_NONE)
		return 0;
	if (record_read(&record, entry->content, m->arena, err) == -1)
		return -1;
	epoch->is_begun = true;
	fact = record_fact(record, MEMBER_OPENING_PREVIOUS);
	if (!fact->is_given)
		return 0;
	if (note_parse(note, fact->text, m->arena, err) == -1 ||
	    checkpoint_parse(&head, note->text, m->arena, err) == -1)
		return -1;
	for (unsigned e = 1; e < log->epoch; e++) {
		const struct log_row *before = m->chains[log->side][e - 1];

		if (before != NULL &&
		    span_is_equal(before->origin, head.origin))
			epoch->previous = position_of(e, head.size);
	}
	return 0;
}

int
making_load_logs(struct making *m, struct error *err)
{
	if (load_chain(m, err) == -1)
		return -1;
	for (unsigned side = 0; side < 2; side++)
		for (unsigned e = 2; e <= POSITION_EPOCHS_MAX; e++)
			if (m->chains[side][e - 1] != NULL &&
			    load_previous(m, m->chains[side][e - 1], err) == -1)
				return -1;
	return 0;
}

const struct log_row *
making_log(const struct making *m, unsigned side, uint64_t position)
{
	return m->chains[side][position_epoch(position) - 1];
}

unsigned
making_side(const struct making *m, int64_t log)
{
	for (unsigned e = 1; e <= POSITION_EPOCHS_MAX; e++)
		if (m->chains[0][e - 1] != NULL &&
		    m->chains[0][e - 1]->id == log)
			return 0;
	return 1;
}

uint64_t
making_position(const struct making *m, int64_t log, uint64_t n)
{
	const struct log_row *const *chain =
	    (const struct log_row *const *)m->chains[making_side(m, log)];

	for (unsigned e = 1; e <= POSITION_EPOCHS_MAX; e++)
		if (chain[e - 1] != NULL && chain[e - 1]->id == log)
			return position_of(e, n);
	return n;
}

int
making_anchor(struct making *m, const struct entry_row *entry, uint64_t *out,
    struct error *err)
{
	unsigned other = 1 - making_side(m, entry->log);
	struct record *record;

	*out = 0;
	/* An entry that is not valid anchors nowhere. */
	if (entry->verdict != E_NONE)
		return 0;
	if (record_read(&record, entry->content, m->arena, err) == -1)
		return -1;
	for (unsigned e = 1; e <= POSITION_EPOCHS_MAX; e++)
		if (m->chains[other][e - 1] != NULL &&
		    span_is_equal(m->chains[other][e - 1]->origin,
			record->anchor.log))
			*out = position_of(e, record->anchor.size);
	return 0;
}

uint64_t
making_end_of(const struct making *m, unsigned side)
{
	uint64_t end = 0;

	for (unsigned e = 1; e <= POSITION_EPOCHS_MAX; e++) {
		const struct log_row *log = m->chains[side][e - 1];

		if (log != NULL && (e == 1 || m->epochs[side][e - 1].is_begun))
			end = position_of(e, log->size);
	}
	return end;
}
