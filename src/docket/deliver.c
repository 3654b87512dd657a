#include "base/arena.h"
#include "base/buf.h"
#include "base/encode.h"
#include "base/error.h"
#include "docket/deliver_internal.h"
#include "docket/documents.h"
#include "docket/internal.h"
#include "docket/recover.h"
#include "formats/card.h"
#include "ledger/mirror.h"
#include "ledger/tiles.h"
#include "ledger/tree.h"
#include "ledger/witness.h"
#include "seal/digest.h"
#include "store/delivery.h"
#include "store/document.h"
#include "store/head.h"
#include "store/store.h"
#include "store/tile.h"

/* Documents that are not larger go several in one call. */
#define DELIVER_SMALL_MAX ((uint64_t)1 << 20)

/* Documents looked at for one call. */
#define DELIVER_BATCH_MAX 256

/* Bytes of one add-entries. */
#define DELIVER_ENTRIES_MAX ((size_t)2 << 20)

/* One POST of small documents, or the next step of a large one. */
static int
send_small(struct delivery *d, const struct document_row *rows, size_t n,
    struct error *err)
{
	struct buf buf;
	int rc = -1;

	buf_init(&buf, SERVE_CHUNK_MAX);
	for (size_t i = 0; i < n; i++) {
		struct span blob;

		if (rows[i].size > DELIVER_SMALL_MAX ||
		    buf.len + 4 + rows[i].size > SERVE_CHUNK_MAX)
			continue;
		if (docket_document_read(d->docket, d->own->peer,
			&rows[i].sha256, 0, (size_t)rows[i].size, &blob,
			d->arena, err) == -1)
			goto out;
		buf_u32(&buf, (uint32_t)blob.len);
		buf_add(&buf, blob);
	}
	d->job->kind = JOB_DOCUMENTS;
	d->job->method = SERVE_POST;
	d->job->path = "/documents";
	d->job->type = "application/octet-stream";
	d->job->body = arena_copy(d->arena, buf_span(&buf));
	rc = buf_check(&buf, err);
out:
	buf_clear(&buf);
	return rc;
}

static int
send_large(struct delivery *d, const struct document_row *row,
    struct error *err)
{
	char hex[HASH_TEXT_MAX];
	uint64_t at = d->peer->patch_offset;

	d->job->path = arena_printf(d->arena, "/documents/%s",
	    hash_write(&row->sha256, hex));
	if (!d->peer->is_patching ||
	    !hash_is_equal(&d->peer->patching, &row->sha256)) {
		d->job->kind = JOB_OFFSET;
		d->job->method = SERVE_HEAD;
		return 0;
	}
	d->job->kind = JOB_PATCH;
	d->job->method = SERVE_PATCH;
	d->job->type = "application/partial-upload";
	d->job->has_offset = true;
	d->job->offset = at;
	if (docket_document_read(d->docket, d->own->peer, &row->sha256, at,
		SERVE_CHUNK_MAX, &d->job->body, d->arena, err) == -1)
		return -1;
	d->job->is_complete = at + d->job->body.len >= row->size;
	return 0;
}

static int
send_documents(struct delivery *d, bool only_first, bool *is_job,
    struct error *err)
{
	struct document_row *rows;
	size_t n, due = 0;

	*is_job = false;
	if (store_document_due(d->docket->parts.store, d->own->peer,
		DELIVER_BATCH_MAX, &rows, &n, d->arena, err) == -1)
		return -1;
	while (due < n && (!only_first || rows[due].is_first))
		due++;
	if (due == 0)
		return 0;
	*is_job = true;
	if (rows[0].size <= DELIVER_SMALL_MAX)
		return send_small(d, rows, due, err);
	return send_large(d, &rows[0], err);
}

/* All that we have signed stands over there, under a line or not. */
static bool
has_sent_entries(const struct delivery *d)
{
	return d->peer->pending >= d->own->head &&
	    d->peer->mirror_next >= d->peer->pending;
}

/*
 * Before the records that name them; unless they are more than the peer takes
 * unnamed: then after these, which it does not cosign meanwhile.
 */
static int
next_first_documents(struct delivery *d, bool *is_job, struct error *err)
{
	*is_job = false;
	if (d->peer->is_full && !has_sent_entries(d))
		return 0;
	return send_documents(d, true, is_job, err);
}

static int
next_documents(struct delivery *d, bool *is_job, struct error *err)
{
	return send_documents(d, false, is_job, err);
}

/* An add-checkpoint of our newest head, from the one pending over there. */
static int
next_checkpoint(struct delivery *d, bool *is_job, struct error *err)
{
	struct store_tree tree = { d->docket->parts.store, d->own->id };
	struct tree_reader reader = store_tree_reader(&tree);
	struct witness_request request = { .old = d->peer->pending };
	struct head_row *head;
	struct buf buf;
	int rc = -1;

	*is_job = d->own->head > d->peer->pending;
	if (!*is_job)
		return 0;
	if (store_head_get(d->docket->parts.store, d->own->id, d->own->head,
		&head, d->arena, err) == -1)
		return -1;
	if (head == NULL)
		return error_set(err, E_STORE_CORRUPT, "no head of our own");
	if (request.old > 0 &&
	    tree_prove(&request.proof, &reader, 0, request.old, head->size,
		err) == -1)
		return -1;
	request.note = head->note;
	buf_init(&buf, WITNESS_REQUEST_MAX);
	witness_request_write(&buf, &request);
	if (buf_check(&buf, err) == -1)
		goto out;
	d->job->kind = JOB_CHECKPOINT;
	d->job->method = SERVE_POST;
	d->job->path = "/add-checkpoint";
	d->job->type = "text/plain";
	d->job->body = arena_copy(d->arena, buf_span(&buf));
	rc = 0;
out:
	buf_clear(&buf);
	return rc;
}

struct entry_source {
	struct delivery *d;
	struct store_tree tree;
};

static int
read_entry(void *ctx, uint64_t index, struct span *out, struct error *err)
{
	struct entry_source *source = ctx;
	struct entry_row *row;

	if (store_entry_get(source->d->docket->parts.store, source->d->own->id,
		index, &row, source->d->arena, err) == -1)
		return -1;
	if (row == NULL)
		return error_set(err, E_STORE_CORRUPT, "no entry %llu",
		    (unsigned long long)index);
	*out = row->der;
	return 0;
}

static int
next_entries(struct delivery *d, bool *is_job, struct error *err)
{
	struct entry_source source = { d,
		{ d->docket->parts.store, d->own->id } };
	struct mirror_source entries = { read_entry, &source,
		store_tree_reader(&source.tree) };
	struct mirror_header header = { .origin = d->own->origin };
	struct buf buf;
	uint64_t next;
	int rc = -1;

	*is_job = d->peer->pending > d->own->mirrored;
	if (!*is_job)
		return 0;
	header.end = d->peer->pending;
	header.start = d->peer->mirror_next < header.end ?
	    d->peer->mirror_next :
	    header.end;
	buf_init(&buf, MIRROR_REQUEST_MAX);
	if (mirror_request_write(&buf, &next, &header, &entries,
		DELIVER_ENTRIES_MAX, err) == -1)
		goto out;
	d->job->kind = JOB_ENTRIES;
	d->job->method = SERVE_POST;
	d->job->path = "/add-entries";
	d->job->type = "application/octet-stream";
	d->job->body = arena_copy(d->arena, buf_span(&buf));
	rc = 0;
out:
	buf_clear(&buf);
	return rc;
}

static int
next_ping(struct delivery *d, bool *is_job, struct error *err)
{
	struct instant due =
	    instant_add(d->peer->pinged, period_of(DELIVER_PING_S));

	(void)err;
	*is_job = !instant_is_before(d->now, due);
	if (!*is_job) {
		d->job->until = due;
		return 0;
	}
	d->job->kind = JOB_PING;
	d->job->method = SERVE_GET;
	d->job->path = "/card";
	return 0;
}

/* In this order: whatever is first due is done first. */
static int (*const steps[])(struct delivery *d, bool *is_job,
    struct error *err) = {
	recover_next,
	recover_next_document,
	next_first_documents,
	next_checkpoint,
	next_entries,
	next_documents,
	next_ping,
};

/*
 * Where the peer is, whom to meet there and as whom to go.  A peer that has
 * taken our new key after the old one was compromised has no use for that,
 * and we may not know it: after a failure the other one is tried.
 */
static int
address(struct delivery *d, const struct delivery_row *row, struct error *err)
{
	const struct card *card = d->peer->card;

	d->job->peer = card->party;
	d->job->endpoint = card->endpoints[row->endpoint % card->endpoints_n];
	if (docket_pins(d->docket, card->party, d->job->pins, &d->job->pins_n,
		err) == -1)
		return -1;
	if (row->failures / card->endpoints_n % 2 == 1) {
		d->job->own = pins_newest(d->docket);
		return 0;
	}
	return docket_pin_for(d->docket, card->party, &d->job->own, err);
}

void
docket_job_hurry(struct docket *docket, struct span peer)
{
	struct docket_peer *state = docket_peer_state(docket, peer);

	if (state != NULL)
		state->is_hurried = true;
}

int
docket_job_next(struct docket *docket, struct span peer, struct instant now,
    struct job *out, struct arena *arena, struct error *err)
{
	struct delivery d = { .docket = docket,
		.now = now,
		.job = out,
		.arena = arena };
	struct delivery_row *row;
	bool is_job = false, is_hurried;

	*out = (struct job){ .kind = JOB_NONE };
	if ((d.peer = docket_peer_state(docket, peer)) == NULL)
		return error_set(err, E_PEER_UNKNOWN, "no such peer");
	if (store_delivery_get(docket->parts.store, peer, &row, arena, err) ==
		-1 ||
	    store_log_of(docket->parts.store, peer, true, &d.own, arena, err) ==
		-1)
		return -1;
	if (d.own == NULL)
		return error_set(err, E_STORE_CORRUPT, "half a docket");
	if (address(&d, row, err) == -1)
		return -1;
	if (out->pins_n == 0) {
		out->until = instant_add(now, period_of(DELIVER_RETRY_MAX_S));
		return 0;
	}
	is_hurried = d.peer->is_hurried;
	d.peer->is_hurried = false;
	/* A clock that was set back must not silence us. */
	if (!is_hurried && row->failures > 0 &&
	    instant_is_before(now, row->next_try) &&
	    row->next_try.s - now.s <= DELIVER_RETRY_MAX_S) {
		out->until = row->next_try;
		return 0;
	}
	for (size_t i = 0; i < COUNT_OF(steps) && !is_job; i++)
		if (steps[i](&d, &is_job, err) == -1)
			return -1;
	return 0;
}

int
docket_delivery(struct docket *docket, struct span peer,
    struct delivery_state *out, struct arena *arena, struct error *err)
{
	const struct docket_peer *state = docket_peer_state(docket, peer);
	struct log_row *own, *theirs;
	struct document_row *rows;
	struct delivery_row *row;
	size_t n;

	if (state == NULL)
		return error_set(err, E_PEER_UNKNOWN, "no such peer");
	if (store_delivery_get(docket->parts.store, peer, &row, arena, err) ==
		-1 ||
	    store_log_of(docket->parts.store, peer, true, &own, arena, err) ==
		-1 ||
	    store_document_due(docket->parts.store, peer, DELIVER_BATCH_MAX,
		&rows, &n, arena, err) == -1)
		return -1;
	if (own == NULL)
		return error_set(err, E_STORE_CORRUPT, "half a docket");
	if (docket_other_log(docket, own, &theirs, arena, err) == -1)
		return -1;
	*out = (struct delivery_state){
		.peer = state->card->party,
		.size = own->size,
		.head = own->head,
		.mirrored = own->mirrored,
		.documents = n,
		.last_ok = row->last_ok,
		.next_try = row->next_try,
		.failures = row->failures,
		.last_error = error_of_number(row->last_error),
		.is_checked = state->is_checked,
		.is_held_back = docket_is_held_back(docket, state),
		.epoch = own->epoch,
		.is_tail_lost = state->is_tail_lost,
		.documents_lost = state->search.gone,
		.is_forked = theirs->is_forked,
		.held = theirs->size,
		.theirs_mirrored = theirs->mirrored,
	};
	return 0;
}
