#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "docket/epochs.h"
#include "docket/fork.h"
#include "docket/internal.h"
#include "docket/serve_internal.h"
#include "domain/lines.h"
#include "ledger/checkpoint.h"
#include "ledger/mirror.h"
#include "ledger/tree.h"
#include "ledger/witness.h"
#include "store/document.h"
#include "store/head.h"
#include "store/store.h"
#include "store/tile.h"

/* Digests named in one Demarche-Missing. */
#define SERVE_MISSING_MAX ((size_t)100)

/*
 * The peer's log of that origin: only its writer may show it to us.  One of
 * the next epoch, if it ${may_begin}, is not in the store before it was
 * signed for: its id is 0.
 */
static int
find_theirs(struct docket *docket, struct serve_call *call, struct span origin,
    bool may_begin, struct log_row **log, struct error *err)
{
	struct docket_peer *peer;

	if (store_log_find(docket->parts.store, origin, log, call->arena,
		err) == -1)
		return -1;
	if (*log == NULL && may_begin &&
	    epochs_announced(log, docket, call->request->peer, origin,
		call->arena, err) == -1)
		return -1;
	if (*log == NULL || (*log)->is_own ||
	    !span_is_equal((*log)->peer, call->request->peer))
		return error_set(err, E_CHECKPOINT_ORIGIN, "not theirs");
	/* What anchors in entries of ours that are lost would seem wrong. */
	peer = docket_peer_state(docket, call->request->peer);
	if (docket_is_held_back(docket, peer)) {
		/* It is there, so it can be asked at once. */
		peer->is_hurried = true;
		return error_set(err, E_BUSY, "still asking what it holds");
	}
	if ((*log)->is_closed)
		return error_set(err, E_EPOCH_CLOSED, "at %llu",
		    (unsigned long long)(*log)->closed);
	if ((*log)->is_forked)
		return error_set(err, E_FORKED, "%.*s", (int)origin.len,
		    (const char *)origin.ptr);
	return 0;
}

/* The checkpoint with the log's own line and no other: trap 6. */
static struct span
own_lines_only(const struct note *note, const struct note_key *writer,
    struct arena *arena)
{
	struct buf buf;
	struct span kept;

	buf_init(&buf, NOTE_SIZE_MAX);
	note_write_subset(&buf, note, writer, 1);
	kept = arena_copy(arena, buf_span(&buf));
	buf_clear(&buf);
	return kept;
}

static int
known_head(struct docket *docket, struct serve_call *call,
    const struct log_row *log, struct witness_known *known, struct error *err)
{
	struct head_row *row;

	*known = (struct witness_known){ .is_known = false };
	if (log->head == 0)
		return 0;
	if (store_head_get(docket->parts.store, log->id, log->head, &row,
		call->arena, err) == -1)
		return -1;
	if (row == NULL)
		return error_set(err, E_STORE_CORRUPT, "no head of %llu",
		    (unsigned long long)log->head);
	*known = (struct witness_known){ true, row->size, row->root };
	return 0;
}

/* What a wrong old size is answered with. */
static void
tell_size(struct serve_call *call, uint64_t size)
{
	struct buf buf;

	buf_init(&buf, WITNESS_SIZE_MAX + 1);
	witness_size_write(&buf, size);
	call->reply->type = WITNESS_SIZE_TYPE;
	call->reply->body = arena_copy(call->arena, buf_span(&buf));
	buf_clear(&buf);
}

static int
judge_checkpoint(struct docket *docket, struct serve_call *call,
    struct log_row *log, const struct witness_request *request,
    struct error *err)
{
	struct note *note = arena_alloc(call->arena, sizeof(*note));
	struct witness_known known;
	enum witness_outcome outcome;
	struct checkpoint head;
	struct docket_keys *keys;
	struct head_row row;
	struct error fault;
	struct span kept;

	if (keys_of_log(docket, log, &keys, err) == -1 ||
	    checkpoint_open(&head, note, request->note, &keys->writer, NULL, 0,
		call->arena, err) == -1 ||
	    known_head(docket, call, log, &known, err) == -1)
		return -1;
	kept = own_lines_only(note, &keys->writer, call->arena);
	row = (struct head_row){ log->id, head.size, head.root, kept, call->now,
		false };
	if (fork_find(docket, log, &row, call->arena, err) == -1)
		return -1;
	if (witness_decide(&outcome, &known, request, &head, &fault) == -1) {
		if (fault.code == E_CHECKPOINT_OLD)
			tell_size(call, known.size);
		/* Its signature is good, so it may be evidence one day. */
		if (log->id == 0 ||
		    fork_keep_unproven(docket, log, &row, err) == 0)
			*err = fault;
		return -1;
	}
	if (outcome == WITNESS_REFRESH)
		return 0;
	if (log->id == 0 && store_log_add(docket->parts.store, log, err) == -1)
		return -1;
	row.log = log->id;
	if (store_head_add(docket->parts.store, &row, err) == -1)
		return -1;
	log->head = head.size;
	return store_log_update(docket->parts.store, log, err);
}

/* tlog-witness add-checkpoint; moves the pending checkpoint only. */
int
serve_add_checkpoint(struct docket *docket, struct serve_call *call,
    struct error *err)
{
	struct witness_request request;
	struct log_row *log;
	struct span origin;

	if (witness_request_parse(&request, call->request->body, call->arena,
		err) == -1 ||
	    checkpoint_claimed_origin(&origin, request.note, err) == -1 ||
	    find_theirs(docket, call, origin, true, &log, err) == -1)
		return -1;
	return judge_checkpoint(docket, call, log, &request, err);
}

static void
tell_position(struct serve_call *call, const struct log_row *log)
{
	struct mirror_info info = { .size = log->head, .next = log->size };
	struct buf buf;

	buf_init(&buf, MIRROR_INFO_MAX);
	mirror_info_write(&buf, &info);
	call->reply->type = MIRROR_INFO_TYPE;
	call->reply->body = arena_copy(call->arena, buf_span(&buf));
	buf_clear(&buf);
}

/* The head that the upload ends at; it was judged before. */
static int
upload_head(struct docket *docket, struct serve_call *call,
    const struct log_row *log, const struct mirror_upload *upload,
    struct checkpoint *head, struct error *err)
{
	uint64_t pending[2] = { log->head, upload->header.end };
	struct mirror_known known = {
		.pending = pending,
		.n = log->head > 0 ? 1 : 0,
		.next = log->size,
		.size = log->mirrored,
	};
	struct head_row *row;

	if (store_head_get(docket->parts.store, log->id, upload->header.end,
		&row, call->arena, err) == -1)
		return -1;
	if (row != NULL && known.n == 1 && upload->header.end < log->head)
		known.n = 2;
	if (mirror_upload_check(upload, &known, err) == -1) {
		if (err->code == E_UPLOAD_POSITION)
			tell_position(call, log);
		return -1;
	}
	if (row == NULL)
		return error_set(err, E_UPLOAD_PENDING, "no such head");
	*head = (struct checkpoint){ log->origin, row->size, row->root };
	return 0;
}

/* The first entry of a later log: nothing of it is kept unless it is good. */
static int
take_first(struct docket *docket, struct serve_call *call, struct log_row *log,
    struct span der, struct error *err)
{
	struct judged judged;

	if (judge_entry(docket, log, 0, der, &judged, call->arena, err) == -1)
		return -1;
	if (judged.record != NULL &&
	    epochs_check_begin(docket, log, judged.record, call->arena, err) ==
		-1)
		return -1;
	return append_judged(docket, log, &judged, call->arena, err);
}

static int
take_package(struct docket *docket, struct serve_call *call,
    struct log_row *log, struct mirror_package *package,
    const struct checkpoint *head, struct error *err)
{
	struct store_tree tree = { docket->parts.store, log->id };
	struct tree_reader held = store_tree_reader(&tree);

	if (package->start > log->size)
		return error_set(err, E_UPLOAD_POSITION, "a gap");
	if (mirror_package_check(package, head, &held, err) == -1)
		return -1;
	for (uint64_t i = package->start; i < package->end; i++) {
		struct judged judged;

		struct span der = package->entries[i - package->start];

		if (i < log->size)
			continue;
		if ((log->is_announced ?
			    take_first(docket, call, log, der, err) :
			    append_entry(docket, log, der, &judged, call->arena,
				err)) == -1)
			return -1;
	}
	return 0;
}

/* Good packages are kept, whatever stands behind them. */
static int
take_packages(struct docket *docket, struct serve_call *call,
    struct log_row *log, struct mirror_upload *upload,
    const struct checkpoint *head, struct error *err)
{
	struct mirror_package *package =
	    arena_alloc(call->arena, sizeof(*package));
	uint64_t before = log->size;
	struct error fault;

	for (;;) {
		bool is_end;

		if (mirror_package_next(package, &is_end, upload, &fault) == -1)
			break;
		if (is_end)
			return 0;
		if (take_package(docket, call, log, package, head, &fault) ==
		    -1)
			break;
	}
	if (error_fault(fault.code) == FAULT_PEER && log->size > before)
		return 0;
	*err = fault;
	return -1;
}

/*
 * A line of a time that has not come is no line to the sender, so it asks
 * again.  Our clock was wrong and is right now: docket_settle() is to sign
 * that head once more.
 */
static int
renew_line(struct docket *docket, struct serve_call *call, struct log_row *log,
    uint64_t size, struct error *err)
{
	struct line_row *line;

	if (size == 0 || size != log->mirrored)
		return 0;
	if (store_line_first(docket->parts.store, log->id, size,
		docket_mirror_name(docket), &line, call->arena, err) == -1)
		return -1;
	if (line == NULL || !lines_is_ahead(line->time, call->now))
		return 0;
	log->mirrored = size - 1;
	return store_log_update(docket->parts.store, log, err);
}

/* All entries are here; are the documents that go first? */
static int
ask_documents(struct docket *docket, struct serve_call *call,
    struct log_row *log, uint64_t size, struct error *err)
{
	struct hash *missing;
	struct buf buf;
	size_t n;

	if (renew_line(docket, call, log, size, err) == -1)
		return -1;
	if (store_document_missing(docket->parts.store, log->id, size,
		SERVE_MISSING_MAX, &missing, &n, call->arena, err) == -1)
		return -1;
	if (n == 0) {
		call->reply->wants_line = true;
		call->reply->log = log->id;
		call->reply->peer = log->peer;
		call->reply->size = size;
		return 0;
	}
	buf_init(&buf, SERVE_MISSING_MAX * (HASH_TEXT_MAX + 1));
	for (size_t i = 0; i < n; i++) {
		char text[HASH_TEXT_MAX];

		buf_printf(&buf, "%s%s", i > 0 ? "," : "",
		    hash_write(&missing[i], text));
	}
	call->reply->missing = arena_copy(call->arena, buf_span(&buf));
	buf_clear(&buf);
	tell_position(call, log);
	call->reply->status = error_http(E_UPLOAD_DOCUMENTS);
	return 0;
}

/* tlog-mirror add-entries */
int
serve_add_entries(struct docket *docket, struct serve_call *call,
    struct error *err)
{
	struct mirror_upload upload;
	struct checkpoint head;
	struct log_row *log;

	if (mirror_upload_parse(&upload, call->request->body, err) == -1 ||
	    find_theirs(docket, call, upload.header.origin, false, &log, err) ==
		-1 ||
	    upload_head(docket, call, log, &upload, &head, err) == -1 ||
	    take_packages(docket, call, log, &upload, &head, err) == -1 ||
	    fork_check_unproven(docket, log, call->arena, err) == -1)
		return -1;
	if (log->size < upload.header.end) {
		tell_position(call, log);
		call->reply->status = error_http(E_UPLOAD_INCOMPLETE);
		return 0;
	}
	return ask_documents(docket, call, log, upload.header.end, err);
}
