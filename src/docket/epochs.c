#include "docket/epochs.h"

#include <limits.h>

#include "base/arena.h"
#include "base/error.h"
#include "docket/internal.h"
#include "formats/card.h"
#include "keeper/origin.h"
#include "store/store.h"

int
epochs_load(struct epochs *out, struct docket *docket, struct span peer,
    struct arena *arena, struct error *err)
{
	if (store_log_peer(docket->parts.store, peer, &out->logs, &out->n,
		arena, err) == -1)
		return -1;
	if (out->n == 0)
		return error_set(err, E_PEER_UNKNOWN, "%.*s", (int)peer.len,
		    (const char *)peer.ptr);
	return 0;
}

bool
epoch_counts(const struct log_row *log)
{
	bool is_void = log->is_closed && log->closed == 0 && log->epoch > 1;

	return !log->is_announced && !is_void;
}

uint64_t
epoch_end(const struct log_row *log)
{
	return log->is_closed && log->closed < log->size ? log->closed :
							   log->size;
}

int
extent_compare(struct extent a, struct extent b)
{
	if (a.epoch != b.epoch)
		return a.epoch < b.epoch ? -1 : 1;
	if (a.size != b.size)
		return a.size < b.size ? -1 : 1;
	return 0;
}

struct log_row *
epochs_find(const struct epochs *epochs, struct span origin)
{
	for (size_t i = 0; i < epochs->n; i++)
		if (span_is_equal(epochs->logs[i].origin, origin))
			return &epochs->logs[i];
	return NULL;
}

struct log_row *
epochs_of_id(const struct epochs *epochs, int64_t id)
{
	for (size_t i = 0; i < epochs->n; i++)
		if (epochs->logs[i].id == id)
			return &epochs->logs[i];
	return NULL;
}

struct log_row *
epochs_of(const struct epochs *epochs, unsigned side, unsigned epoch)
{
	for (size_t i = 0; i < epochs->n; i++)
		if (epochs->logs[i].side == side &&
		    epochs->logs[i].epoch == epoch)
			return &epochs->logs[i];
	return NULL;
}

struct log_row *
epochs_before(const struct epochs *epochs, unsigned side, unsigned epoch)
{
	struct log_row *before = NULL;

	for (size_t i = 0; i < epochs->n; i++) {
		struct log_row *log = &epochs->logs[i];

		if (log->side == side && log->epoch < epoch &&
		    epoch_counts(log))
			before = log;
	}
	return before;
}

struct log_row *
epochs_first(const struct epochs *epochs, unsigned side)
{
	struct log_row *log = epochs->logs;

	while (log->side != side)
		log++;
	return log;
}

struct log_row *
epochs_newest(const struct epochs *epochs, unsigned side)
{
	return epochs_before(epochs, side, UINT_MAX);
}

struct log_row *
epochs_after(const struct epochs *epochs, const struct log_row *log)
{
	for (size_t i = 0; i < epochs->n; i++) {
		struct log_row *next = &epochs->logs[i];

		if (next->side == log->side && next->epoch > log->epoch &&
		    epoch_counts(next))
			return next;
	}
	return NULL;
}

uint64_t
epochs_base(const struct epochs *epochs, const struct log_row *log)
{
	uint64_t base = 0;

	for (size_t i = 0; i < epochs->n; i++) {
		const struct log_row *before = &epochs->logs[i];

		if (before->side == log->side && before->epoch < log->epoch &&
		    epoch_counts(before))
			base += epoch_end(before);
	}
	return base;
}

struct extent
epochs_extent(const struct epochs *epochs, unsigned side, uint64_t place)
{
	const struct log_row *log = epochs_first(epochs, side);
	const struct log_row *next;

	while (place > epoch_end(log) &&
	    (next = epochs_after(epochs, log)) != NULL) {
		place -= epoch_end(log);
		log = next;
	}
	return (struct extent){ log->epoch, place };
}

bool
epochs_is_past(const struct epochs *epochs, const struct log_row *log,
    uint64_t at, struct extent seen, int64_t id, uint64_t index)
{
	const struct log_row *of = epochs_of_id(epochs, id);
	struct extent to = { log->epoch, at };

	if (id == log->id)
		return index < at;
	if (of == NULL || !epoch_counts(of) || index >= epoch_end(of))
		return false;
	if (of->side != log->side)
		to = seen;
	return of->epoch < to.epoch ||
	    (of->epoch == to.epoch && index < to.size);
}

static int
see_anchor(void *ctx, const struct entry_row *entry, struct error *err)
{
	struct extent *seen = ctx;

	(void)err;
	if (entry->verdict == E_NONE)
		*seen =
		    (struct extent){ entry->anchor_epoch, entry->anchor_size };
	return 0;
}

int
epochs_seen(struct extent *out, struct docket *docket,
    const struct epochs *epochs, const struct log_row *log, uint64_t size,
    struct error *err)
{
	*out = (struct extent){ 0, 0 };
	while (log != NULL) {
		for (uint64_t to = size; to > 0; to--) {
			if (store_entry_range(docket->parts.store, log->id,
				to - 1, to, see_anchor, out, err) == -1)
				return -1;
			if (out->epoch > 0)
				return 0;
		}
		log = epochs_before(epochs, log->side, log->epoch);
		size = log == NULL ? 0 : epoch_end(log);
	}
	return 0;
}

int
epochs_announced(struct log_row **out, struct docket *docket, struct span peer,
    struct span origin, struct arena *arena, struct error *err)
{
	struct log_row *log = arena_alloc(arena, sizeof(*log));
	const struct log_row *newest;
	struct epochs epochs;
	struct origin parts;
	struct error bad;

	if (origin_parse(&parts, origin, &bad) == -1 ||
	    !span_is_equal(parts.author, peer) ||
	    !span_is_equal(parts.reader, docket->self->party))
		return error_set(err, E_CHECKPOINT_ORIGIN, "not theirs");
	if (epochs_load(&epochs, docket, peer, arena, err) == -1)
		return -1;
	newest = epochs.logs[0].is_own ? &epochs.logs[epochs.n - 1] :
					 &epochs.logs[0];
	newest = epochs_newest(&epochs, newest->side);
	if (parts.epoch <= newest->epoch || parts.epoch > EPOCHS_MAX ||
	    parts.epoch > newest->epoch + EPOCHS_AHEAD_MAX)
		return error_set(err, E_CHECKPOINT_ORIGIN,
		    "no next epoch after %u", newest->epoch);
	*log = (struct log_row){
		.origin = arena_copy(arena, origin),
		.peer = newest->peer,
		.epoch = (unsigned)parts.epoch,
		.side = newest->side,
		.is_announced = true,
	};
	*out = log;
	return 0;
}
