#include "docket/lodge.h"

#include <limits.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "docket/epochs.h"
#include "docket/internal.h"
#include "docket/recover.h"
#include "formats/card.h"
#include "formats/record_json.h"
#include "keeper/signer.h"
#include "seal/certificate.h"
#include "seal/digest.h"
#include "store/document.h"
#include "store/head.h"
#include "store/party.h"
#include "store/store.h"

int
lodge_view(struct docket *docket, const struct log_row *own, struct view *out,
    struct arena *arena, struct error *err)
{
	struct extent floor = { own->anchored_epoch, own->anchored };
	const struct log_row *other;
	struct epochs epochs;

	if (epochs_load(&epochs, docket, own->peer, arena, err) == -1)
		return -1;
	other = epochs_newest(&epochs, 1 - own->side);
	/* What has begun and is not under our line yet is not seen yet. */
	while (other->mirrored == 0 && other->epoch > 1)
		other = epochs_before(&epochs, other->side, other->epoch);
	*out = (struct view){ own, own->size,
		{ other->epoch,
		    other->is_closed ? other->closed : other->mirrored } };
	/* A receipt of a smaller head must not make the anchor fall. */
	if (extent_compare(out->seen, floor) < 0)
		out->seen = floor;
	return 0;
}

/* The newest head of the other log under our mirror line. */
int
lodge_anchor(struct docket *docket, const struct view *view,
    struct anchor *anchor, struct arena *arena, struct error *err)
{
	const struct log_row *other;
	struct epochs epochs;

	if (epochs_load(&epochs, docket, view->log->peer, arena, err) == -1)
		return -1;
	other = epochs_of(&epochs, 1 - view->log->side, view->seen.epoch);
	anchor->log = arena_copy(arena, other->origin);
	anchor->size = view->seen.size;
	return docket_root(docket, other->id, anchor->size, &anchor->root, err);
}

int
lodge_content(struct docket *docket, struct log_row *own, struct record *record,
    struct instant now, struct span *content, struct arena *arena,
    struct error *err)
{
	struct view view;
	struct buf buf;
	int rc = -1;

	record->log = own->origin;
	record->at = now;
	if (lodge_view(docket, own, &view, arena, err) == -1 ||
	    lodge_anchor(docket, &view, &record->anchor, arena, err) == -1)
		return -1;
	buf_init(&buf, RECORD_CONTENT_MAX);
	if (record_write(&buf, record, err) == -1)
		goto out;
	*content = arena_copy(arena, buf_span(&buf));
	rc = 0;
out:
	buf_clear(&buf);
	return rc;
}

/* That has to have sealed the next record of ${own}. */
static int
find_certificate(struct docket *docket, const struct log_row *own,
    struct hash *out, struct error *err)
{
	struct docket_keys *keys;

	if (keys_of_log(docket, own, &keys, err) == -1)
		return -1;
	*out = digest_of(certificate_der(keys_seal_at(keys, own->size)));
	return 0;
}

int
docket_certificate(struct docket *docket, struct span peer, struct hash *out,
    struct arena *arena, struct error *err)
{
	struct log_row *own;

	if (store_log_of(docket->parts.store, peer, true, &own, arena, err) ==
	    -1)
		return -1;
	if (own == NULL)
		return error_set(err, E_PEER_UNKNOWN, "no docket with it");
	return find_certificate(docket, own, out, err);
}

/*
 * Our own records pass the same judge as the peer's; what would not be valid
 * never gets into our log.
 */
static int
seal_and_append(struct docket *docket, struct log_row *own, struct span content,
    struct hash *leaf, struct arena *arena, struct error *err)
{
	const struct signer *signer = docket->parts.signer;
	struct hash certificate;
	struct judged judged;
	struct span der;

	if (find_certificate(docket, own, &certificate, err) == -1 ||
	    signer->seal(signer->ctx, content, &certificate, &der, arena,
		err) == -1 ||
	    judge_entry(docket, own, own->size, der, &judged, arena, err) == -1)
		return -1;
	if (judged.row.verdict != E_NONE)
		return error_set(err, judged.row.verdict,
		    "our own record would not be valid");
	*leaf = judged.row.leaf;
	return append_judged(docket, own, &judged, arena, err);
}

int
lodge_automatic(struct docket *docket, struct log_row *own,
    struct record *record, struct instant now, struct arena *arena,
    struct error *err)
{
	struct span content;
	struct hash leaf;

	record->by = WORD_ROLE_NODE;
	record->is_exercise = docket->self->is_exercise;
	if (lodge_content(docket, own, record, now, &content, arena, err) == -1)
		return -1;
	return seal_and_append(docket, own, content, &leaf, arena, err);
}

/* The documents a draft names are here, for this peer. */
static int
check_documents(struct docket *docket, const struct draft *draft,
    struct arena *arena, struct error *err)
{
	for (unsigned i = 0; i < draft->record.documents_n; i++) {
		const struct document *d = &draft->record.documents[i];
		struct document_row *row;
		char text[HASH_TEXT_MAX];

		if (store_document_find(docket->parts.store, draft->peer,
			&d->sha256, &row, arena, err) == -1)
			return -1;
		if (row == NULL || !row->is_complete || row->size != d->size)
			return error_set(err, E_DOCUMENT_UNKNOWN, "%s",
			    hash_write(&d->sha256, text));
	}
	return 0;
}

static int
check_draft_case(struct docket *docket, const struct draft *draft,
    const struct log_row *own, struct arena *arena, struct error *err)
{
	enum kind_sender sender = kind_row(draft->record.kind)->sender;
	struct entry_row *opening;
	struct epochs epochs;
	bool is_ours;

	if (!draft->record.has_case)
		return 0;
	if (store_entry_find(docket->parts.store, draft->peer,
		&draft->record.case_hash, &opening, arena, err) == -1)
		return -1;
	if (opening == NULL || opening->verdict != E_NONE)
		return error_set(err, E_CASE_UNKNOWN, "not in this docket");
	if (epochs_load(&epochs, docket, own->peer, arena, err) == -1)
		return -1;
	is_ours = epochs_of_id(&epochs, opening->log)->is_own;
	if ((sender == SENDER_REQUESTER && !is_ours) ||
	    (sender == SENDER_RESPONDER && is_ours))
		return error_set(err, E_NOT_YOURS, "%s",
		    kind_row(draft->record.kind)->name);
	return 0;
}

static int
check_heard(struct docket *docket, struct docket_peer *peer, struct instant now,
    struct error *err)
{
	if (peer == NULL)
		return 0;
	if (recover_measure(docket, peer, now, err) == -1)
		return -1;
	if (!docket_is_held_back(docket, peer))
		return 0;
	if (docket_is_unasked(docket, peer))
		return error_set(err, E_UNASKED, "%.*s",
		    (int)peer->card->party.len,
		    (const char *)peer->card->party.ptr);
	return error_set(err, E_BUSY,
	    "%s: the peer is still to say what it holds of our log",
	    docket->parts.is_restored ? "restored from a backup" :
					"entries of ours are lost");
}

/* Why nothing can be prepared for ${peer} now, if so. */
static int
check_can_go_on(struct docket *docket, struct span peer, struct instant now,
    struct error *err)
{
	struct docket_peer *state = docket_peer_state(docket, peer);

	if (state != NULL && state->is_tail_lost)
		return error_set(err, E_TAIL_LOST,
		    "and nobody holds them: \"demarche peer reopen\" closes "
		    "the log and begins another");
	return check_heard(docket, state, now, err);
}

int
docket_prepare(struct docket *docket, const struct draft *draft,
    struct instant now, struct span *content, struct arena *arena,
    struct error *err)
{
	struct record record = draft->record;
	struct log_row *own;

	if (store_log_of(docket->parts.store, draft->peer, true, &own, arena,
		err) == -1)
		return -1;
	if (own == NULL)
		return error_set(err, E_PEER_UNKNOWN, "%.*s",
		    (int)draft->peer.len, (const char *)draft->peer.ptr);
	if (docket->self->is_exercise)
		record.is_exercise = true;
	if (check_can_go_on(docket, draft->peer, now, err) == -1 ||
	    check_documents(docket, draft, arena, err) == -1 ||
	    check_draft_case(docket, draft, own, arena, err) == -1)
		return -1;
	return lodge_content(docket, own, &record, now, content, arena, err);
}

/* Prepared before our last record, or before our log was closed. */
static int
check_stale(struct docket *docket, const struct log_row *own,
    const struct record *record, struct arena *arena, struct error *err)
{
	struct extent had = { own->anchored_epoch, own->anchored }, seen;
	const struct log_row *other;
	struct epochs epochs;

	if (own->is_closed)
		return error_set(err, E_ANCHOR_STALE, "%.*s is closed",
		    (int)own->origin.len, (const char *)own->origin.ptr);
	if (epochs_load(&epochs, docket, own->peer, arena, err) == -1)
		return -1;
	other = epochs_find(&epochs, record->anchor.log);
	seen = (struct extent){ other == NULL ? UINT_MAX : other->epoch,
		record->anchor.size };
	if (extent_compare(seen, had) < 0)
		return error_set(err, E_ANCHOR_STALE, "%llu is behind %llu",
		    (unsigned long long)seen.size,
		    (unsigned long long)had.size);
	return 0;
}

int
docket_lodge_content(struct docket *docket, struct span content,
    struct instant now, struct lodged *out, struct arena *arena,
    struct error *err)
{
	struct docket_peer *peer;
	struct record *record;
	struct log_row *own;

	if (record_read(&record, content, arena, err) == -1 ||
	    store_log_find(docket->parts.store, record->log, &own, arena,
		err) == -1)
		return -1;
	out->record = record;
	if (own == NULL || !own->is_own)
		return error_set(err, E_RECORD_LOG, "not a log of ours");
	peer = docket_peer_state(docket, own->peer);
	if (peer == NULL)
		return error_set(err, E_STORE_CORRUPT, "a log without peer");
	/* An opening goes before anything else. */
	if ((record->kind != KIND_OPENING &&
		(check_heard(docket, peer, now, err) == -1 ||
		    lodge_late_lines(docket, own, now, false, arena, err) ==
			-1)) ||
	    check_stale(docket, own, record, arena, err) == -1)
		return -1;
	return seal_and_append(docket, own, content, &out->leaf, arena, err);
}

int
docket_lodge(struct docket *docket, struct span content, struct instant now,
    struct hash *leaf, struct error *err)
{
	struct arena *arena = arena_new();
	struct lodged lodged;
	int rc;

	rc = docket_lodge_content(docket, content, now, &lodged, arena, err);
	if (rc == 0)
		*leaf = lodged.leaf;
	arena_free(arena);
	return rc;
}
