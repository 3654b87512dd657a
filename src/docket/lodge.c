#include "docket/lodge.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "docket/internal.h"
#include "docket/recover.h"
#include "formats/card.h"
#include "formats/record_json.h"
#include "keeper/signer.h"
#include "ledger/tree.h"
#include "seal/certificate.h"
#include "seal/digest.h"
#include "store/document.h"
#include "store/head.h"
#include "store/party.h"
#include "store/store.h"
#include "store/tile.h"

int
lodge_view(struct docket *docket, const struct log_row *own, struct view *out,
    struct arena *arena, struct error *err)
{
	struct log_row *other;

	if (docket_other_log(docket, own, &other, arena, err) == -1)
		return -1;
	*out = (struct view){ own, own->size, other->mirrored };
	/* A receipt of a smaller head must not make the anchor fall. */
	if (out->anchor < own->anchored)
		out->anchor = own->anchored;
	return 0;
}

/* The newest head of the other log under our mirror line. */
static int
fill_anchor(struct docket *docket, const struct log_row *own,
    struct anchor *anchor, struct arena *arena, struct error *err)
{
	struct log_row *other;
	struct store_tree tree;
	struct tree_reader reader;
	struct view view;

	if (docket_other_log(docket, own, &other, arena, err) == -1 ||
	    lodge_view(docket, own, &view, arena, err) == -1)
		return -1;
	anchor->log = other->origin;
	anchor->size = view.anchor;
	tree = (struct store_tree){ docket->parts.store, other->id };
	reader = store_tree_reader(&tree);
	return tree_root_at(&anchor->root, &reader, anchor->size, err);
}

int
lodge_content(struct docket *docket, struct log_row *own, struct record *record,
    struct instant now, struct span *content, struct arena *arena,
    struct error *err)
{
	struct buf buf;
	int rc = -1;

	record->log = own->origin;
	record->at = now;
	if (fill_anchor(docket, own, &record->anchor, arena, err) == -1)
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

/*
 * Our own records pass the same judge as the peer's; what would not be valid
 * never gets into our log.
 */
static int
seal_and_append(struct docket *docket, struct log_row *own, struct span content,
    struct hash *leaf, struct arena *arena, struct error *err)
{
	const struct signer *signer = docket->parts.signer;
	struct docket_keys *keys;
	struct hash certificate;
	struct judged judged;
	struct span der;

	if (keys_of_log(docket, own, &keys, err) == -1)
		return -1;
	certificate = digest_of(certificate_der(keys_seal_at(keys, own->size)));
	if (signer->seal(signer->ctx, content, &certificate, &der, arena,
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

	if (!draft->record.has_case)
		return 0;
	if (store_entry_find(docket->parts.store, draft->peer,
		&draft->record.case_hash, &opening, arena, err) == -1)
		return -1;
	if (opening == NULL || opening->verdict != E_NONE)
		return error_set(err, E_CASE_UNKNOWN, "not in this docket");
	if ((sender == SENDER_REQUESTER && opening->log != own->id) ||
	    (sender == SENDER_RESPONDER && opening->log == own->id))
		return error_set(err, E_NOT_YOURS, "%s",
		    kind_row(draft->record.kind)->name);
	return 0;
}

static int
check_heard(const struct docket *docket, const struct docket_peer *peer,
    struct error *err)
{
	if (peer == NULL || !docket_is_held_back(docket, peer))
		return 0;
	return error_set(err, E_BUSY,
	    "restored from a backup: the peer is still to say what it holds "
	    "of our log");
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
	if (check_heard(docket, docket_peer_state(docket, draft->peer), err) ==
		-1 ||
	    check_documents(docket, draft, arena, err) == -1 ||
	    check_draft_case(docket, draft, own, arena, err) == -1)
		return -1;
	return lodge_content(docket, own, &record, now, content, arena, err);
}

int
docket_lodge(struct docket *docket, struct span content, struct instant now,
    struct hash *leaf, struct error *err)
{
	struct arena *arena = arena_new();
	struct docket_peer *peer;
	struct record *record;
	struct log_row *own;
	int rc = -1;

	if (record_read(&record, content, arena, err) == -1 ||
	    store_log_find(docket->parts.store, record->log, &own, arena,
		err) == -1)
		goto out;
	if (own == NULL || !own->is_own) {
		error_set(err, E_RECORD_LOG, "not a log of ours");
		goto out;
	}
	peer = docket_peer_state(docket, own->peer);
	if (peer == NULL) {
		error_set(err, E_STORE_CORRUPT, "a log without peer");
		goto out;
	}
	if (recover_measure(docket, peer, err) == -1)
		goto out;
	if (record->kind != KIND_OPENING &&
	    check_heard(docket, peer, err) == -1)
		goto out;
	if (lodge_late_lines(docket, own, now, false, arena, err) == -1)
		goto out;
	if (record->anchor.size < own->anchored) {
		error_set(err, E_ANCHOR_STALE, "%llu is behind %llu",
		    (unsigned long long)record->anchor.size,
		    (unsigned long long)own->anchored);
		goto out;
	}
	rc = seal_and_append(docket, own, content, leaf, arena, err);
out:
	arena_free(arena);
	return rc;
}
