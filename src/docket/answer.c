#include <stdio.h>

#include "base/arena.h"
#include "base/cursor.h"
#include "base/error.h"
#include "base/log.h"
#include "docket/deliver_internal.h"
#include "docket/recover.h"
#include "domain/lines.h"
#include "formats/card.h"
#include "formats/problem.h"
#include "ledger/checkpoint.h"
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

/* Their own code is no fault of ours or theirs: only its name is kept. */
int
unexpected(const struct delivery *d, struct error *err)
{
	enum error_code code = E_NONE;
	struct error bad;

	if (span_is_text(d->answer->type, PROBLEM_MEDIA_TYPE) &&
	    problem_read(&code, d->answer->body, &bad) == -1)
		code = E_NONE;
	return error_set(err, E_HTTP, "%d to %s%s%s", d->answer->status,
	    d->job->path, code == E_NONE ? "" : ": ",
	    code == E_NONE ? "" : error_name(code));
}

void
forget_guesses(struct docket_peer *peer, const struct log_row *own)
{
	peer->pending = own->mirrored;
	peer->mirror_next = own->mirrored;
	peer->is_patching = false;
}

/*
 * It takes no more bytes that none of its records names: they come after the
 * records, and what it took already stays.
 */
static bool
is_first_full(struct delivery *d)
{
	if (d->answer->status != error_http(E_DOCUMENT_QUOTA) ||
	    d->peer->is_full)
		return false;
	d->peer->is_full = true;
	return true;
}

/* What was in the batch, in the order in which send_small() took it. */
static int
answer_documents(struct delivery *d, struct error *err)
{
	struct cursor cursor = cursor_of(d->job->body);

	if (is_first_full(d))
		return 0;
	if (d->answer->status != 204 && d->answer->status != 200)
		return unexpected(d, err);
	while (cursor.rest.len > 0) {
		uint32_t len = cursor_u32(&cursor);
		struct hash name = digest_of(cursor_bytes(&cursor, len));

		if (document_taken(d->docket, d->own->peer, &name, d->arena,
			err) == -1)
			return -1;
	}
	return 0;
}

/*
 * The peer corrects what we believed of it.  One that does nothing else gets
 * nowhere, and would keep us busy.
 */
static int
correct_guess(struct delivery *d, struct error *err)
{
	if (++d->peer->corrections <= DELIVER_CORRECTIONS_MAX)
		return 0;
	d->peer->corrections = 0;
	return error_set(err, E_HTTP, "corrections without end");
}

static int
answer_offset(struct delivery *d, struct error *err)
{
	struct hash name;

	if (job_document(d, &name, err) == -1)
		return -1;
	d->peer->is_patching = true;
	d->peer->patching = name;
	d->peer->patch_offset = 0;
	if (d->answer->status == 404)
		return 0;
	if (d->answer->status / 100 != 2 || !d->answer->has_offset) {
		d->peer->is_patching = false;
		return unexpected(d, err);
	}
	d->peer->patch_offset = d->answer->offset;
	if (!d->answer->is_complete)
		return correct_guess(d, err);
	d->peer->is_patching = false;
	return document_taken(d->docket, d->own->peer, &name, d->arena, err);
}

static int
answer_patch(struct delivery *d, struct error *err)
{
	struct hash name;

	/* Whatever went wrong, the peer knows where it stands. */
	d->peer->is_patching = false;
	if (is_first_full(d))
		return 0;
	if (d->answer->status / 100 != 2)
		return unexpected(d, err);
	if (job_document(d, &name, err) == -1)
		return -1;
	if (d->answer->is_complete)
		return document_taken(d->docket, d->own->peer, &name, d->arena,
		    err);
	if (d->job->is_complete)
		return error_set(err, E_HTTP, "the last piece was not enough");
	d->peer->corrections = 0;
	d->peer->is_patching = true;
	d->peer->patching = name;
	d->peer->patch_offset = d->job->offset + d->job->body.len;
	return 0;
}

/*
 * It says that it knows more of our log than we.  Then it has a head that we
 * signed and can show it; its word alone holds nothing back.
 */
static int
ask_again(struct delivery *d, uint64_t size, struct error *err)
{
	d->peer->is_checked = false;
	d->peer->is_given_up = true;
	return error_set(err, E_TAIL_LOST, "the peer knows %llu of our log",
	    (unsigned long long)size);
}

/*
 * Our log is closed over there, by a later one of ours that we do not know:
 * it was lost, and is asked for.  Or it may not begin: another has to.
 */
static int
refused(struct delivery *d, struct error *err)
{
	enum error_code code = E_NONE;
	struct error bad;

	if (!span_is_text(d->answer->type, PROBLEM_MEDIA_TYPE) ||
	    problem_read(&code, d->answer->body, &bad) == -1)
		return unexpected(d, err);
	if (code == E_EPOCH_CLOSED) {
		d->peer->is_checked = false;
		d->peer->is_short = true;
	}
	if (code == E_EPOCH_BELOW || code == E_EPOCH_OPENING ||
	    code == E_FORKED)
		d->peer->is_refused = true;
	return unexpected(d, err);
}

static int
answer_checkpoint(struct delivery *d, struct error *err)
{
	uint64_t size;

	if (d->answer->status == 200) {
		/* One job a peer at a time: the head is still the one sent,
		 * or a newer one was signed and this one is pending. */
		return job_head_size(d->job, &d->peer->pending, err);
	}
	if (d->answer->status != 409 ||
	    !span_is_text(d->answer->type, WITNESS_SIZE_TYPE))
		return refused(d, err);
	if (witness_size_parse(&size, d->answer->body, err) == -1)
		return -1;
	if (size > d->own->size) {
		return ask_again(d, size, err);
	}
	d->peer->pending = size;
	return correct_guess(d, err);
}

static int
store_mirror_line(struct delivery *d, const struct head_row *head,
    const struct checkpoint *checkpoint, struct error *err)
{
	struct note *note = arena_alloc(d->arena, sizeof(*note));
	struct note parsed;
	const struct note_line *line;
	struct docket_keys *keys;
	struct note_key *mirrors;
	struct view view;
	size_t n;
	struct line_row row = { d->own->id, head->size, checkpoint->root,
		{ NULL, 0 }, { 0 }, { NULL, 0 } };

	/* A line is one if a record of ours could quote it now. */
	if (lodge_view(d->docket, d->own, &view, d->arena, err) == -1 ||
	    lines_keys(d->docket, &view, d->own, &mirrors, &n, d->arena, err) ==
		-1 ||
	    note_parse(&parsed, head->note, d->arena, err) == -1 ||
	    note_open_lines(note, parsed.text, d->answer->body, mirrors, n,
		d->arena, err) == -1)
		return -1;
	line = lines_first(note);
	if (line == NULL)
		return error_set(err, E_NOTE_UNSIGNED, "no mirror line");
	if (lines_is_ahead(line->at, d->now)) {
		log_line(LOG_LEVEL_ALARM,
		    "%.*s: a mirror line from the future is no line",
		    (int)d->own->peer.len, (const char *)d->own->peer.ptr);
		return error_set(err, E_HTTP, "a line %lld s ahead",
		    (long long)(line->at.s - d->now.s));
	}
	row.name = line->name;
	row.time = line->at;
	row.line = line->text;
	if (store_line_add(d->docket->parts.store, &row, err) == -1)
		return -1;
	if (keys_of_log(d->docket, d->own, &keys, err) == -1)
		return -1;
	if (keys_has_pin(keys, d->own->mirrored, head->size))
		d->docket->has_new_pins = true;
	d->own->mirrored = head->size;
	d->peer->is_full = false;
	d->peer->corrections = 0;
	return store_log_update(d->docket->parts.store, d->own, err);
}

static int
answer_info(struct delivery *d, struct error *err)
{
	struct mirror_info info;

	if (!span_is_text(d->answer->type, MIRROR_INFO_TYPE))
		return refused(d, err);
	if (mirror_info_parse(&info, d->answer->body, d->arena, err) == -1)
		return -1;
	if (info.size > d->own->size || info.next > d->own->size) {
		return ask_again(d, info.size, err);
	}
	if (info.next <= d->peer->mirror_next && correct_guess(d, err) == -1)
		return -1;
	d->peer->pending = info.size;
	d->peer->mirror_next = info.next;
	if (d->answer->missing.len > 0)
		return documents_missed(d->docket, d->own->peer,
		    d->answer->missing, d->arena, err);
	return 0;
}

static int
answer_entries(struct delivery *d, struct error *err)
{
	struct mirror_upload upload;
	struct checkpoint checkpoint;
	struct head_row *head;

	if (mirror_upload_parse(&upload, d->job->body, err) == -1)
		return -1;
	if (d->answer->status == 202 || d->answer->status == 409)
		return answer_info(d, err);
	if (d->answer->status != 200) {
		forget_guesses(d->peer, d->own);
		return refused(d, err);
	}
	if (store_head_get(d->docket->parts.store, d->own->id,
		upload.header.end, &head, d->arena, err) == -1)
		return -1;
	if (head == NULL)
		return error_set(err, E_HTTP, "a line on an unknown head");
	checkpoint =
	    (struct checkpoint){ d->own->origin, head->size, head->root };
	d->peer->mirror_next = head->size;
	return store_mirror_line(d, head, &checkpoint, err);
}

static int
answer_ping(struct delivery *d, struct error *err)
{
	if (d->answer->status != 200)
		return unexpected(d, err);
	return 0;
}

static int
take_answer(struct delivery *d, struct error *err)
{
	static const struct {
		enum job_kind kind;
		int (*take)(struct delivery *d, struct error *err);
	} takers[] = {
		{ JOB_HEAD, recover_take_head },
		{ JOB_FETCH, recover_take_entries },
		{ JOB_LOST, recover_take_document },
		{ JOB_DOCUMENTS, answer_documents },
		{ JOB_OFFSET, answer_offset },
		{ JOB_PATCH, answer_patch },
		{ JOB_CHECKPOINT, answer_checkpoint },
		{ JOB_ENTRIES, answer_entries },
		{ JOB_PING, answer_ping },
	};

	if (d->answer->failure != E_NONE)
		return error_set(err, d->answer->failure, "%.*s",
		    (int)d->answer->detail.len,
		    (const char *)d->answer->detail.ptr);
	for (size_t i = 0; i < COUNT_OF(takers); i++)
		if (takers[i].kind == d->job->kind)
			return takers[i].take(d, err);
	return error_set(err, E_INTERNAL, "an answer to no job");
}

static int
note_success(struct delivery *d, struct delivery_row *row, struct error *err)
{
	bool was_down = row->failures > 0;

	d->peer->pinged = d->now;
	/* A recovery has gone well when it is over. */
	if (was_down && d->peer->recovery != NULL)
		return 0;
	/* Written when it matters, not with every answer. */
	if (!was_down && d->now.s - row->last_ok.s < DELIVER_PING_S / 2 &&
	    d->now.s >= row->last_ok.s)
		return 0;
	row->last_ok = d->now;
	row->failures = 0;
	row->last_error = E_NONE;
	row->last_detail = span_of(NULL, 0);
	return store_delivery_put(d->docket->parts.store, row, err);
}

static int
note_failure(struct delivery *d, struct delivery_row *row,
    const struct error *fault, struct error *err)
{
	int64_t pause = DELIVER_RETRY_MIN_S;
	char what[CARD_PARTY_MAX + 16];

	for (unsigned i = 0; i < row->failures && pause < DELIVER_RETRY_MAX_S;
	     i++)
		pause *= 2;
	if (pause > DELIVER_RETRY_MAX_S)
		pause = DELIVER_RETRY_MAX_S;
	if (row->failures == 0) {
		snprintf(what, sizeof(what), "delivery to %.*s",
		    (int)row->peer.len, (const char *)row->peer.ptr);
		log_error(what, fault);
	}
	row->failures++;
	row->endpoint++;
	row->next_try = instant_add(d->now, period_of(pause));
	row->last_error = (int)fault->code;
	row->last_detail = span_text(fault->detail);
	return store_delivery_put(d->docket->parts.store, row, err);
}

int
docket_job_done(struct docket *docket, const struct job *job,
    const struct job_answer *answer, struct instant now, struct arena *arena,
    struct error *err)
{
	struct job copy = *job;
	struct delivery d = { .docket = docket,
		.job = &copy,
		.answer = answer,
		.now = now,
		.arena = arena };
	struct delivery_row *row;
	struct error fault;

	if ((d.peer = docket_peer_state(docket, job->peer)) == NULL)
		return error_set(err, E_PEER_UNKNOWN, "no such peer");
	if (store_delivery_get(docket->parts.store, job->peer, &row, arena,
		err) == -1 ||
	    store_log_of(docket->parts.store, job->peer, true, &d.own, arena,
		err) == -1)
		return -1;
	if (d.own == NULL)
		return error_set(err, E_STORE_CORRUPT, "half a docket");
	row->peer = d.peer->card->party;
	if (take_answer(&d, &fault) == 0)
		return note_success(&d, row, err);
	if (job->kind == JOB_HEAD)
		recover_unanswered(d.peer);
	/* Our own disk is no fault of the peer's. */
	if (error_fault(fault.code) == FAULT_ENVIRONMENT &&
	    answer->failure == E_NONE && fault.code != E_TAIL_LOST) {
		*err = fault;
		return -1;
	}
	return note_failure(&d, row, &fault, err);
}
