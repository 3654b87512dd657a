#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/log.h"
#include "docket/epochs.h"
#include "docket/internal.h"
#include "keeper/signer.h"
#include "ledger/checkpoint.h"
#include "ledger/tree.h"
#include "seal/certificate.h"
#include "store/cases.h"
#include "store/entry.h"
#include "store/head.h"
#include "store/store.h"
#include "store/tile.h"

/* How a new epoch takes the place of the one before. */

static int
check_root(struct docket *docket, const struct previous *previous,
    struct error *err)
{
	struct store_tree tree = { docket->parts.store, previous->log->id };
	struct tree_reader reader = store_tree_reader(&tree);
	struct hash root;

	if (previous->size > previous->log->size)
		return error_set(err, E_RECORD_PREVIOUS, "size %llu of %llu",
		    (unsigned long long)previous->size,
		    (unsigned long long)previous->log->size);
	if (tree_root_at(&root, &reader, previous->size, err) == -1)
		return -1;
	if (!hash_is_equal(&root, &previous->root))
		return error_set(err, E_RECORD_PREVIOUS, "another root");
	return 0;
}

int
previous_read(struct previous *out, struct docket *docket,
    const struct log_row *log, const struct record *opening,
    struct arena *arena, struct error *err)
{
	const struct fact *fact = record_fact(opening, MEMBER_OPENING_PREVIOUS);
	struct view view = { log, 0, { 0, 0 } };
	struct log_row *other;
	struct quoted quoted;
	struct error bad;

	*out = (struct previous){ .log = NULL };
	if (!fact->is_given)
		return 0;
	if (store_log_find(docket->parts.store, opening->anchor.log, &other,
		arena, err) == -1)
		return -1;
	if (other != NULL)
		view.seen =
		    (struct extent){ other->epoch, opening->anchor.size };
	if (receipt_read(docket, &view, fact->text, &quoted, arena, &bad) ==
	    -1) {
		if (error_fault(bad.code) == FAULT_PEER)
			error_set(&bad, E_RECORD_PREVIOUS, "its lines");
		*err = bad;
		return -1;
	}
	if (quoted.log->side != log->side || quoted.log->epoch >= log->epoch ||
	    quoted.log->is_announced || quoted.size == 0)
		return error_set(err, E_RECORD_PREVIOUS, "not a log before it");
	*out = (struct previous){ quoted.log, quoted.size, quoted.root,
		quoted.head, quoted.line, quoted.time };
	return check_root(docket, out, err);
}

/* What was ever cosigned of ${log}, even if the line was never stored. */
static int
cosigned(struct docket *docket, const struct log_row *log, uint64_t *out,
    struct error *err)
{
	const struct signer *signer = docket->parts.signer;
	struct hash root;

	if (signer->last(signer->ctx, log->origin, out, &root, err) == -1)
		return -1;
	if (*out < log->mirrored)
		*out = log->mirrored;
	return 0;
}

static int
check_key(struct docket *docket, const struct log_row *log,
    const struct log_row *before, struct error *err)
{
	struct docket_keys *keys, *then;

	if (!before->is_forked)
		return 0;
	if (keys_of_log(docket, before, &then, err) == -1 ||
	    keys_of_log(docket, log, &keys, err) == -1)
		return -1;
	if (span_is_equal(span_of(keys->writer.public_key,
			      sizeof(keys->writer.public_key)),
		span_of(then->writer.public_key,
		    sizeof(then->writer.public_key))))
		return error_set(err, E_FORKED,
		    "under the key that forked the log before");
	return 0;
}

int
epochs_check_begin(struct docket *docket, const struct log_row *log,
    const struct record *opening, struct arena *arena, struct error *err)
{
	struct previous previous;
	struct epochs epochs;

	if (previous_read(&previous, docket, log, opening, arena, err) == -1 ||
	    epochs_load(&epochs, docket, log->peer, arena, err) == -1)
		return -1;
	for (size_t i = 0; i < epochs.n; i++) {
		const struct log_row *before = &epochs.logs[i];
		uint64_t size, quoted = 0;

		if (before->side != log->side || before->epoch >= log->epoch ||
		    (previous.log != NULL &&
			before->epoch < previous.log->epoch))
			continue;
		if (previous.log != NULL && before->id == previous.log->id)
			quoted = previous.size;
		if (cosigned(docket, before, &size, err) == -1)
			return -1;
		if (size > quoted)
			return error_set(err, E_EPOCH_BELOW,
			    "%.*s: it quotes %llu, %llu were cosigned",
			    (int)before->origin.len,
			    (const char *)before->origin.ptr,
			    (unsigned long long)quoted,
			    (unsigned long long)size);
		if (check_key(docket, log, before, err) == -1)
			return -1;
	}
	return 0;
}

int
epochs_keep_line(struct docket *docket, struct log_row *log,
    const struct head_row *head, struct span line, struct instant at,
    struct error *err)
{
	struct store *store = docket->parts.store;
	struct line_row row = { log->id, head->size, head->root, { NULL, 0 },
		at, line };
	struct docket_keys *keys;

	if (line.len == 0 || head->size <= log->mirrored)
		return 0;
	if (keys_of_log(docket, log, &keys, err) == -1)
		return -1;
	row.name = keys->mirror.name;
	if (store_head_add(store, head, err) == -1 ||
	    store_line_add(store, &row, err) == -1)
		return -1;
	log->mirrored = head->size;
	if (log->head < head->size)
		log->head = head->size;
	return store_log_update(store, log, err);
}

/* The line that it quotes may be one that we have lost. */
static int
keep_quoted(struct docket *docket, const struct previous *previous,
    struct instant now, struct error *err)
{
	struct head_row head = { previous->log->id, previous->size,
		previous->root, previous->head, now, false };

	return epochs_keep_line(docket, previous->log, &head, previous->line,
	    previous->time, err);
}

static int
close_log(struct docket *docket, struct log_row *log, uint64_t size,
    struct error *err)
{
	struct store *store = docket->parts.store;

	log->is_closed = true;
	log->closed = size;
	if (epoch_counts(log) || log->is_announced)
		return store_log_update(store, log, err);
	/* It was never anything: what it said is no record. */
	log->anchored_epoch = 0;
	log->anchored = 0;
	log->receipted = 0;
	if (store_log_void(store, log->id, err) == -1)
		return -1;
	return store_log_update(store, log, err);
}

int
epochs_begin(struct docket *docket, struct log_row *log,
    const struct record *opening, struct arena *arena, struct error *err)
{
	struct previous previous;
	struct epochs epochs;

	if (previous_read(&previous, docket, log, opening, arena, err) == -1 ||
	    (previous.log != NULL &&
		keep_quoted(docket, &previous, opening->at, err) == -1) ||
	    epochs_load(&epochs, docket, log->peer, arena, err) == -1)
		return -1;
	for (size_t i = 0; i < epochs.n; i++) {
		struct log_row *before = &epochs.logs[i];
		bool is_previous =
		    previous.log != NULL && before->id == previous.log->id;

		if (before->side != log->side || before->epoch >= log->epoch ||
		    (previous.log != NULL &&
			before->epoch < previous.log->epoch))
			continue;
		if (close_log(docket, before, is_previous ? previous.size : 0,
			err) == -1)
			return -1;
	}
	/* What was counted above the end of the old log has to go. */
	if (store_cases_forget(docket->parts.store, log->peer, err) == -1)
		return -1;
	log->is_announced = false;
	keys_drop(docket, log->id);
	log_line(LOG_LEVEL_NOTE, "%.*s has begun", (int)log->origin.len,
	    (const char *)log->origin.ptr);
	return 0;
}

/* The entry of ${before} that names the last key for what follows; or -1. */
static int64_t
find_naming(const struct docket_keys *keys, const struct log_row *before)
{
	uint64_t end = before->is_closed ? before->closed : before->mirrored;
	int64_t index = -1;

	for (size_t i = 0; i < keys->nexts_n; i++)
		if (keys->nexts[i].from <= end)
			index = (int64_t)keys->nexts[i].from - 1;
	return index;
}

/* Show our keeper the entry ${index} of ${log}. */
static int
show_naming(struct docket *docket, const struct log_row *log,
    const struct docket_keys *keys, uint64_t index, struct arena *arena,
    struct error *err)
{
	const struct signer *signer = docket->parts.signer;
	struct store_tree tree = { docket->parts.store, log->id };
	struct tree_reader reader = store_tree_reader(&tree);
	struct signer_named named = { .origin = log->origin, .index = index };
	struct entry_row *entry;
	struct proof proof;
	struct hash root;
	uint64_t size;

	if (store_entry_get(docket->parts.store, log->id, index, &entry, arena,
		err) == -1 ||
	    signer->last(signer->ctx, log->origin, &size, &root, err) == -1 ||
	    tree_prove(&proof, &reader, index, index + 1, size, err) == -1)
		return -1;
	if (entry == NULL)
		return error_set(err, E_STORE_CORRUPT, "a key of no entry");
	named.certificate = certificate_der(keys_seal_at(keys, index));
	named.entry = entry->der;
	named.proof = &proof;
	return signer->follow(signer->ctx, &named, err);
}

int
epochs_follow(struct docket *docket, const struct log_row *log,
    struct arena *arena, struct error *err)
{
	const struct log_row *before;
	struct epochs epochs;

	if (epochs_load(&epochs, docket, log->peer, arena, err) == -1)
		return -1;
	before = epochs_before(&epochs, log->side, log->epoch);
	while (before != NULL) {
		struct docket_keys *keys;
		int64_t index;

		if (keys_of_log(docket, before, &keys, err) == -1)
			return -1;
		index = find_naming(keys, before);
		if (index >= 0)
			return show_naming(docket, before, keys,
			    (uint64_t)index, arena, err);
		before = epochs_before(&epochs, log->side, before->epoch);
	}
	return 0;
}
