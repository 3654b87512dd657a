#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "docket/deliver_internal.h"
#include "docket/documents.h"
#include "docket/recover.h"
#include "domain/record.h"
#include "formats/card.h"
#include "formats/record_json.h"
#include "store/document.h"
#include "store/entry.h"
#include "store/store.h"

void
recover_search_again(struct docket_peer *peer)
{
	memset(&peer->search, 0, sizeof(peer->search));
}

/* What the record that names it says of its size. */
static int
find_size(struct delivery *d, const struct document_name *name, uint64_t *size,
    struct error *err)
{
	struct entry_row *entry;
	struct record *record;

	if (store_entry_get(d->docket->parts.store, name->log, name->index,
		&entry, d->arena, err) == -1)
		return -1;
	if (entry == NULL)
		return error_set(err, E_STORE_CORRUPT, "no entry %llu",
		    (unsigned long long)name->index);
	if (record_read(&record, entry->content, d->arena, err) == -1)
		return -1;
	for (unsigned i = 0; i < record->documents_n; i++)
		if (hash_is_equal(&record->documents[i].sha256,
			&name->sha256)) {
			*size = record->documents[i].size;
			return 0;
		}
	return error_set(err, E_STORE_CORRUPT, "entry %llu names no such",
	    (unsigned long long)name->index);
}

static void
end_search(struct delivery *d)
{
	struct docket_peer *peer = d->peer;

	peer->search.is_done = true;
	if (peer->search.back > 0)
		log_line(LOG_LEVEL_NOTE, "%.*s gave back %u documents",
		    (int)d->own->peer.len, (const char *)d->own->peer.ptr,
		    peer->search.back);
}

int
recover_next_document(struct delivery *d, bool *is_job, struct error *err)
{
	struct store *store = d->docket->parts.store;
	struct document_name *name;
	struct document_row *row;
	char hex[HASH_TEXT_MAX];
	uint64_t size;

	*is_job = false;
	if (d->peer->search.is_done)
		return 0;
	if (store_document_lost(store, d->own->peer, &d->peer->search.at, &name,
		d->arena, err) == -1)
		return -1;
	if (name == NULL) {
		end_search(d);
		return 0;
	}
	if (find_size(d, name, &size, err) == -1 ||
	    store_document_find(store, d->own->peer, &name->sha256, &row,
		d->arena, err) == -1)
		return -1;
	*is_job = true;
	d->job->kind = JOB_LOST;
	d->job->method = SERVE_GET;
	d->job->path = arena_printf(d->arena, "/documents/%s",
	    hash_write(&name->sha256, hex));
	d->job->has_offset = true;
	if (row != NULL && row->held < size)
		d->job->offset = row->held;
	return 0;
}

/*
 * The peer does not have it either.  With a row of its own it can be declared
 * erased, which is all that can be done about it.
 */
static int
miss(struct delivery *d, const struct document_name *name, struct error *err)
{
	struct store *store = d->docket->parts.store;
	struct document_row *row;
	char hex[HASH_TEXT_MAX];

	log_line(LOG_LEVEL_ALARM,
	    "document %s, which record %llu %s names, was lost here, and %.*s "
	    "does not hold it%s",
	    hash_write(&name->sha256, hex), (unsigned long long)name->index,
	    name->is_ours ? "of ours" : "of theirs", (int)d->own->peer.len,
	    (const char *)d->own->peer.ptr,
	    name->is_ours ? ": see demarche-erase(1)" : "");
	d->peer->search.at = name->sha256;
	d->peer->search.gone++;
	if (store_document_find(store, d->own->peer, &name->sha256, &row,
		d->arena, err) == -1)
		return -1;
	if (row == NULL) {
		row = arena_alloc(d->arena, sizeof(*row));
		row->peer = d->own->peer;
		row->sha256 = name->sha256;
		row->is_ours = name->is_ours;
		row->since = d->now;
	}
	row->held = 0;
	return store_document_put(store, row, err);
}

/* One piece, at the offset that was asked for. */
static int
take_piece(struct delivery *d, const struct document_name *name, uint64_t size,
    struct error *err)
{
	struct span piece = d->answer->body;
	uint64_t at = d->job->offset;
	bool is_last = at + piece.len == size;
	struct error why;

	if (at == 0 &&
	    document_restart(d->docket, d->own->peer, &name->sha256, err) == -1)
		return -1;
	if (docket_document_write(d->docket, d->own->peer, &name->sha256,
		name->is_ours, at, piece, is_last, d->now, &why) == -1) {
		if (why.code == E_DOCUMENT_DIGEST)
			return miss(d, name, err);
		/* The peer is sending it too: go on from there. */
		if (why.code == E_DOCUMENT_OFFSET)
			return 0;
		*err = why;
		return -1;
	}
	if (!is_last)
		return 0;
	d->peer->search.at = name->sha256;
	d->peer->search.back++;
	return document_taken(d->docket, d->own->peer, &name->sha256, d->arena,
	    err);
}

int
recover_take_document(struct delivery *d, struct error *err)
{
	struct document_name *name;
	struct hash sha256;
	uint64_t size;

	if (job_document(d, &sha256, err) == -1 ||
	    store_document_naming(d->docket->parts.store, d->own->peer, &sha256,
		&name, d->arena, err) == -1)
		return -1;
	if (name == NULL)
		return error_set(err, E_HTTP, "what was not asked for");
	/* Only "no" is an answer; what passes is waited for. */
	if (d->answer->status / 100 == 4 && d->answer->status != 429)
		return miss(d, name, err);
	if (d->answer->status != 200)
		return unexpected(d, err);
	if (find_size(d, name, &size, err) == -1)
		return -1;
	if (d->job->offset + d->answer->body.len > size ||
	    (d->answer->body.len == 0 && d->job->offset < size))
		return miss(d, name, err);
	return take_piece(d, name, size, err);
}
