#include "base/arena.h"
#include "base/buf.h"
#include "base/encode.h"
#include "domain/record.h"
#include "formats/blob.h"
#include "formats/card.h"
#include "formats/record_json.h"
#include "proof/bundle.h"
#include "proof/evidence.h"
#include "proof/evidence_parts.h"
#include "proof/position.h"
#include "seal/certificate.h"
#include "seal/seal.h"

/* Bytes of the PEM text of certificates */
#define PEM_MAX ((size_t)1 << 20)

/*
 * The certificate that has to have sealed the entry, as far as the bundle
 * shows; so its faults are final only if they do not hang on it.
 */
static bool
hangs_on_certificate(enum error_code code)
{
	switch ((int)code) {
	case E_SEAL_SIGNER:
	case E_SEAL_EXPIRED:
	case E_SEAL_SIGNATURE:
	case E_SEAL_ALGORITHM:
	case E_CERTIFICATE:
		return true;
	default:
		return false;
	}
}

void
evidence_push_seal(struct evidence *ev, unsigned side, uint64_t from,
    struct certificate *certificate)
{
	struct evidence_seal *seal = &ev->seals[side][ev->seals_n[side]++];

	*seal = (struct evidence_seal){ from, certificate };
}

/* What the record says of the opening and of the cards. */
static int
check_opening(const struct evidence *ev, const struct evidence_record *entry,
    const struct record *record, struct error *err)
{
	const struct fact *cards;

	if ((position_n(entry->index) == 0) != (record->kind == KIND_OPENING))
		return error_set(err, E_RECORD_OPENING, "not at entry 0");
	if (position_n(entry->index) > 0)
		return 0;
	cards = record_fact(record, MEMBER_OPENING_CARDS);
	if (cards->n != 2 ||
	    !hash_is_equal(&cards->hashes[0], &ev->cards[0]->fingerprint) ||
	    !hash_is_equal(&cards->hashes[1], &ev->cards[1]->fingerprint))
		return error_set(err, E_RECORD_OPENING, "other cards");
	return 0;
}

/* True only if a head shows it; false only if its author says otherwise. */
static enum evidence_anchor
judge_anchor(const struct evidence *ev, const struct evidence_record *entry,
    const struct anchor *anchor)
{
	struct hash empty = tree_empty_root();
	const struct evidence_head *head;

	if (entry->anchor_at == 0)
		return hash_is_equal(&anchor->root, &empty) ? ANCHOR_TRUE :
							      ANCHOR_FALSE;
	head = evidence_head(ev, 1 - entry->side, entry->anchor_at);
	if (head == NULL || head->fault != E_NONE)
		return ANCHOR_UNKNOWN;
	if (hash_is_equal(&head->root, &anchor->root))
		return ANCHOR_TRUE;
	return head->has_line ? ANCHOR_FALSE : ANCHOR_UNKNOWN;
}

static int
check_record(const struct evidence *ev, struct evidence_record *entry,
    const struct sealed *sealed, const struct record *record, struct error *err)
{
	const struct anchor *anchor = &record->anchor;
	unsigned epoch;

	if (!span_is_equal(record->log,
		evidence_origin(ev, entry->side, position_epoch(entry->index))))
		return error_set(err, E_RECORD_LOG, "another log");
	if (record->at.s != sealed->at.s)
		return error_set(err, E_RECORD_TIME, "at is not signingTime");
	if (check_opening(ev, entry, record, err) == -1)
		return -1;
	if (!evidence_epoch_of(ev, 1 - entry->side, anchor->log, &epoch) ||
	    (epoch > 1 && anchor->size == 0) ||
	    position_n(anchor->size) != anchor->size)
		return error_set(err, E_RECORD_ANCHOR, "another log");
	entry->anchor_at = position_of(epoch, anchor->size);
	entry->anchor = judge_anchor(ev, entry, &record->anchor);
	if (entry->anchor == ANCHOR_FALSE)
		return error_set(err, E_RECORD_ANCHOR, "another root");
	return 0;
}

bool
evidence_is_placed(const struct evidence_record *entry)
{
	return !entry->is_void && (entry->head != NULL || entry->is_in_range);
}

static int
try_entry(struct evidence *ev, struct evidence_record *entry, struct error *err)
{
	const struct evidence_seal *seals = ev->seals[entry->side];
	struct sealed sealed;
	struct record *record;

	for (size_t i = 0; i < ev->seals_n[entry->side]; i++)
		if (seals[i].from <= entry->index)
			entry->seal = i;
	if (seal_open(&sealed, entry->der, seals[entry->seal].certificate,
		ev->arena, err) == -1)
		return -1;
	entry->is_sealed = true;
	if (evidence_judge_crls(ev, entry, sealed.at, err) == -1)
		return -1;
	entry->is_void = evidence_is_void(ev, entry->side, entry->index);
	if (record_read(&record, sealed.content, ev->arena, err) == -1 ||
	    check_record(ev, entry, &sealed, record, err) == -1 ||
	    evidence_see_opening(ev, entry, record, err) == -1 ||
	    evidence_see_credential(ev, entry, record, err) == -1)
		return -1;
	entry->record = record;
	entry->content = sealed.content;
	return 0;
}

static int
judge_entry(struct evidence *ev, struct evidence_record *entry,
    struct error *err)
{
	struct error why;

	entry->state = EVIDENCE_VALID;
	if (try_entry(ev, entry, &why) == 0)
		return 0;
	if (error_fault(why.code) != FAULT_PEER) {
		*err = why;
		return -1;
	}
	entry->fault = why.code;
	entry->state = EVIDENCE_INVALID;
	if (!entry->is_sealed && hangs_on_certificate(why.code))
		entry->state = EVIDENCE_UNSEALED;
	return 0;
}

/* The PEM files are for openssl: they must be what was used here. */
static int
check_pem(const struct evidence *ev, const struct proof_file_row *row,
    const struct certificate *const *certificates, size_t n, struct error *err)
{
	const char *name = manifest_file_name(ev->manifest, row, ev->arena);
	const struct bundle_file *file =
	    bundle_find(ev->bundle, span_text(name));
	struct buf want;
	bool is_same;

	buf_init(&want, PEM_MAX);
	for (size_t i = 0; i < n; i++)
		certificate_write(&want, certificates[i]);
	is_same = n > 0 && span_is_equal(buf_span(&want), file->bytes);
	buf_clear(&want);
	if (!is_same)
		return error_set(err, E_BUNDLE,
		    "%s: not the certificates that it is named for", name);
	return 0;
}

static int
check_anchors(const struct evidence *ev, const struct proof_file_row *row,
    struct error *err)
{
	const struct card *card = ev->cards[row->side];
	struct certificate *anchors[CARD_ANCHORS_MAX] = { NULL };
	const struct certificate *borrowed[CARD_ANCHORS_MAX];
	size_t n = 0;
	int rc = -1;

	for (; n < card->anchors_n; n++) {
		if (certificate_parse(&anchors[n], card->anchors[n], err) == -1)
			goto out;
		borrowed[n] = anchors[n];
	}
	rc = check_pem(ev, row, borrowed, n, err);
out:
	for (size_t i = 0; i < n; i++)
		certificate_free(anchors[i]);
	return rc;
}

static int
check_seal(const struct evidence *ev, const struct proof_file_row *row,
    struct error *err)
{
	const struct certificate *found = NULL;

	for (size_t i = 0; i < ev->seals_n[row->side]; i++)
		if (ev->seals[row->side][i].from == row->n)
			found = ev->seals[row->side][i].certificate;
	return check_pem(ev, row, &found, found == NULL ? 0 : 1, err);
}

/* A document belongs to a record that is shown, or does not belong here. */
static int
check_document(const struct evidence *ev, const struct proof_file_row *row,
    struct error *err)
{
	const char *name = manifest_file_name(ev->manifest, row, ev->arena);
	const struct bundle_file *file =
	    bundle_find(ev->bundle, span_text(name));

	for (size_t i = 0; i < ev->records_n; i++) {
		const struct record *record = ev->records[i].record;

		for (unsigned d = 0; record != NULL && d < record->documents_n;
		     d++)
			if (hash_is_equal(&record->documents[d].sha256,
				&row->sha256) &&
			    record->documents[d].size == file->bytes.len &&
			    file->bytes.len >= BLOB_SALT_BYTES)
				return 0;
	}
	return error_set(err, E_BUNDLE, "%s: no record shown names it", name);
}

int
evidence_judge(struct evidence *ev, struct error *err)
{
	const struct manifest *m = ev->manifest;

	for (unsigned side = 0; side < 2; side++) {
		struct certificate *first;

		ev->seals[side] = arena_array(ev->arena, ev->records_n + 1,
		    sizeof(*ev->seals[side]));
		if (certificate_parse(&first, ev->cards[side]->seal, err) == -1)
			return -1;
		evidence_push_seal(ev, side, 0, first);
	}
	for (size_t i = 0; i < ev->records_n; i++)
		if (judge_entry(ev, &ev->records[i], err) == -1)
			return -1;
	for (size_t i = 0; i < m->files_n; i++) {
		const struct proof_file_row *row = &m->files[i];

		if ((row->use == USE_SEAL && check_seal(ev, row, err) == -1) ||
		    (row->use == USE_ANCHORS &&
			check_anchors(ev, row, err) == -1) ||
		    (row->use == USE_DOCUMENT &&
			check_document(ev, row, err) == -1))
			return -1;
	}
	return evidence_check_crls(ev, err);
}

static int
check_there(const struct evidence *ev, enum proof_use use, unsigned side,
    uint64_t n, struct error *err)
{
	struct proof_file_row row = { .use = use, .side = side, .n = n };
	const char *name = manifest_file_name(ev->manifest, &row, ev->arena);

	if (bundle_find(ev->bundle, span_text(name)) == NULL)
		return error_set(err, E_BUNDLE, "%s is missing", name);
	return 0;
}

int
evidence_check(const struct evidence *ev, struct error *err)
{
	for (unsigned side = 0; side < 2; side++) {
		if (ev->cards[side]->anchors_n > 0 &&
		    check_there(ev, USE_ANCHORS, side, 0, err) == -1)
			return -1;
		for (size_t i = 0; i < ev->seals_n[side]; i++)
			if (check_there(ev, USE_SEAL, side,
				ev->seals[side][i].from, err) == -1)
				return -1;
	}
	return 0;
}
