#include "docket/reopen.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "docket/deliver_internal.h"
#include "docket/epochs.h"
#include "docket/internal.h"
#include "docket/lodge.h"
#include "docket/recover.h"
#include "formats/card.h"
#include "formats/record_json.h"
#include "keeper/origin.h"
#include "store/store.h"

/* What a new epoch of our log towards one peer is made from. */
struct reopening {
	unsigned next; /* the epoch to begin */
	struct docket *docket;
	struct docket_peer *peer;
	struct epochs epochs;
	unsigned side;
	const struct log_row *newest;
	const struct log_row
	    *previous; /* the last that was mirrored; or NULL */
};

static int
find_logs(struct reopening *r, struct docket *docket, struct span peer,
    struct arena *arena, struct error *err)
{
	*r = (struct reopening){ .docket = docket };
	if ((r->peer = docket_peer_state(docket, peer)) == NULL)
		return error_set(err, E_PEER_UNKNOWN, "%.*s", (int)peer.len,
		    (const char *)peer.ptr);
	if (epochs_load(&r->epochs, docket, peer, arena, err) == -1)
		return -1;
	r->side = epochs_first(&r->epochs, 0)->is_own ? 0 : 1;
	r->newest = epochs_newest(&r->epochs, r->side);
	for (size_t i = 0; i < r->epochs.n; i++)
		if (r->epochs.logs[i].is_own &&
		    r->epochs.logs[i].epoch >= r->next)
			r->next = r->epochs.logs[i].epoch + 1;
	r->previous = r->newest;
	while (r->previous != NULL && r->previous->mirrored == 0)
		r->previous =
		    epochs_before(&r->epochs, r->side, r->previous->epoch);
	return 0;
}

/* What the peer holds of ours has to be known, and what it has seen. */
static int
check_known(const struct reopening *r, struct error *err)
{
	const struct log_row *theirs = epochs_newest(&r->epochs, 1 - r->side);
	struct extent seen, kept = { 0, 0 };

	if (!r->peer->is_checked && !r->peer->is_tail_lost)
		return error_set(err, E_BUSY,
		    "the peer is still to say what it holds of our log");
	/* A snapshot may have set back what was begun: it must not be twice. */
	if (!r->peer->has_later) {
		r->peer->wants_later = true;
		r->peer->is_checked = false;
		r->peer->is_given_up = false;
		r->peer->is_hurried = true;
		return error_set(err, E_UNASKED, "for later logs of ours");
	}
	if (r->next > EPOCHS_MAX)
		return error_set(err, E_TOO_LARGE, "%u logs one after another",
		    r->next - 1);
	if (r->previous != NULL)
		kept = (struct extent){ r->previous->epoch,
			r->previous->mirrored };
	if (epochs_seen(&seen, r->docket, &r->epochs, theirs, theirs->size,
		err) == -1)
		return -1;
	if (seen.size > 0 && extent_compare(seen, kept) > 0)
		return error_set(err, E_EPOCH_AHEAD,
		    "its records have seen %llu, its line covers %llu",
		    (unsigned long long)seen.size,
		    (unsigned long long)kept.size);
	return 0;
}

/* A log that can go on is not left with records that are on their way. */
static int
check_need(const struct reopening *r, struct error *err)
{
	if (r->peer->is_tail_lost || r->peer->is_refused ||
	    r->newest->size == r->newest->mirrored)
		return 0;
	return error_set(err, E_EPOCH_OPEN,
	    "%llu of %llu records are delivered; what is not would be left "
	    "behind",
	    (unsigned long long)r->newest->mirrored,
	    (unsigned long long)r->newest->size);
}

static int
fill(const struct reopening *r, struct record *record, struct instant now,
    struct arena *arena, struct error *err)
{
	struct fact *fact = &record->facts[MEMBER_OPENING_PREVIOUS -
	    kind_first_member(KIND_OPENING)];
	struct log_row next = { .peer = r->newest->peer, .side = r->side };
	struct extent floor = { 0, 0 };
	struct view view;

	opening_fill(record, r->peer->own, r->peer->card, r->next, now, arena);
	if (r->previous != NULL &&
	    epochs_seen(&floor, r->docket, &r->epochs, r->previous,
		r->previous->mirrored, err) == -1)
		return -1;
	next.anchored_epoch = floor.epoch;
	next.anchored = floor.size;
	if (lodge_view(r->docket, &next, &view, arena, err) == -1 ||
	    lodge_anchor(r->docket, &view, &record->anchor, arena, err) == -1)
		return -1;
	if (r->previous == NULL)
		return 0;
	fact->is_given = true;
	fact->n = 1;
	return receipt_quote(r->docket, &view, r->previous,
	    r->previous->mirrored, &fact->text, arena, err);
}

int
docket_prepare_reopening(struct docket *docket, struct span peer,
    struct instant now, struct reopened *out, struct arena *arena,
    struct error *err)
{
	struct record record;
	struct reopening r;

	if (find_logs(&r, docket, peer, arena, err) == -1 ||
	    check_known(&r, err) == -1 || check_need(&r, err) == -1 ||
	    fill(&r, &record, now, arena, err) == -1)
		return -1;
	*out = (struct reopened){ .epoch = r.next };
	if (r.previous != NULL)
		out->closed = r.previous->mirrored;
	for (size_t i = 0; i < r.epochs.n; i++) {
		const struct log_row *log = &r.epochs.logs[i];

		if (!log->is_own || log->is_closed || !epoch_counts(log))
			continue;
		out->left += log->size - (log == r.previous ? out->closed : 0);
	}
	return opening_write(&out->content, &record, arena, err);
}

/* More may have been mirrored since it was prepared. */
static int
check_quoted(const struct reopening *r, const struct record *record,
    struct arena *arena, struct error *err)
{
	struct log_row log = *r->newest;
	struct previous quoted;

	log.epoch = r->next;
	if (previous_read(&quoted, r->docket, &log, record, arena, err) == -1)
		return -1;
	if ((quoted.log == NULL) != (r->previous == NULL) ||
	    (quoted.log != NULL &&
		(quoted.log->id != r->previous->id ||
		    quoted.size != r->previous->mirrored)))
		return error_set(err, E_ANCHOR_STALE,
		    "the old log has been delivered further");
	return 0;
}

int
docket_lodge_reopening(struct docket *docket, struct span content,
    struct instant now, struct hash *leaf, struct error *err)
{
	struct arena *arena = arena_new();
	struct reopening r;
	struct log_row log;
	struct record *record;
	struct origin origin;
	int rc = -1;

	if (record_read(&record, content, arena, err) == -1 ||
	    origin_parse(&origin, record->log, err) == -1 ||
	    find_logs(&r, docket, origin.reader, arena, err) == -1 ||
	    check_known(&r, err) == -1 || check_need(&r, err) == -1)
		goto out;
	if (record->kind != KIND_OPENING ||
	    !span_is_equal(origin.author, docket->self->party) ||
	    origin.epoch != r.next) {
		error_set(err, E_ANCHOR_STALE, "another log has begun");
		goto out;
	}
	if (check_quoted(&r, record, arena, err) == -1)
		goto out;
	log = (struct log_row){ .origin = record->log,
		.peer = r.peer->card->party,
		.is_own = true,
		.epoch = (unsigned)origin.epoch,
		.side = r.side };
	if (store_log_add(docket->parts.store, &log, err) == -1 ||
	    docket_lodge(docket, content, now, leaf, err) == -1)
		goto out;
	/* What was believed of the old log does not hold for this one. */
	recovery_end(r.peer);
	r.peer->is_tail_lost = false;
	r.peer->is_refused = false;
	r.peer->is_short = false;
	r.peer->is_measured = false;
	r.peer->is_contradicted = false;
	r.peer->is_checked = false;
	r.peer->is_given_up = false;
	r.peer->is_asking = false;
	r.peer->tries = 0;
	forget_guesses(r.peer, &log);
	rc = 0;
out:
	arena_free(arena);
	return rc;
}
