#include "base/arena.h"
#include "base/error.h"
#include "docket/epochs.h"
#include "docket/internal.h"
#include "formats/card.h"
#include "formats/record_json.h"
#include "ledger/tree.h"
#include "seal/seal.h"
#include "store/store.h"

/* Everything that the checks of one entry share. */
struct trial {
	struct docket *docket;
	const struct log_row *log;
	struct epochs epochs; /* all logs of the docket */
	struct extent seen;   /* of the other party's; once checked */
	uint64_t index;
	const struct record *record;
	struct entry_row *row;
	struct arena *arena;
};

/* The cards that entry 0 has to quote: in the order of the parties' names. */
static int
check_opening(struct trial *t, struct error *err)
{
	const struct docket_peer *state =
	    docket_peer_state(t->docket, t->log->peer);
	const struct card *peer = state->card, *self = state->own;
	bool self_first = (t->log->side == 0) == t->log->is_own;
	const struct card *first = self_first ? self : peer;
	const struct card *second = self_first ? peer : self;
	const struct fact *cards;

	if ((t->index == 0) != (t->record->kind == KIND_OPENING))
		return error_set(err, E_RECORD_OPENING,
		    "entry %llu is of kind %s", (unsigned long long)t->index,
		    kind_row(t->record->kind)->name);
	if (t->index > 0)
		return 0;
	if (t->log->epoch == 1 &&
	    record_fact(t->record, MEMBER_OPENING_PREVIOUS)->is_given)
		return error_set(err, E_RECORD_PREVIOUS, "before the first");
	cards = record_fact(t->record, MEMBER_OPENING_CARDS);
	if (cards->n != 2 ||
	    !hash_is_equal(&cards->hashes[0], &first->fingerprint) ||
	    !hash_is_equal(&cards->hashes[1], &second->fingerprint))
		return error_set(err, E_RECORD_OPENING, "other cards");
	return 0;
}

/* Anchors never fall along the epochs of a writer. */
static int
check_not_below(const struct trial *t, struct extent least, struct error *err)
{
	if (extent_compare(t->seen, least) >= 0)
		return 0;
	return error_set(err, E_RECORD_ANCHOR_FELL, "%u/%llu after %u/%llu",
	    t->seen.epoch, (unsigned long long)t->seen.size, least.epoch,
	    (unsigned long long)least.size);
}

static int
check_anchor(struct trial *t, struct error *err)
{
	const struct anchor *anchor = &t->record->anchor;
	const struct log_row *other = epochs_find(&t->epochs, anchor->log);
	struct hash root;

	if (other == NULL || other->side == t->log->side ||
	    !epoch_counts(other) || (other->epoch > 1 && anchor->size == 0))
		return error_set(err, E_RECORD_ANCHOR, "another log");
	if (anchor->size > epoch_end(other))
		return error_set(err, E_RECORD_ANCHOR, "size %llu of %llu",
		    (unsigned long long)anchor->size,
		    (unsigned long long)epoch_end(other));
	t->seen = (struct extent){ other->epoch, anchor->size };
	if (check_not_below(t,
		(struct extent){ t->log->anchored_epoch, t->log->anchored },
		err) == -1 ||
	    docket_root(t->docket, other->id, anchor->size, &root, err) == -1)
		return -1;
	if (!hash_is_equal(&root, &anchor->root))
		return error_set(err, E_RECORD_ANCHOR, "another root");
	return 0;
}

/*
 * A later log goes on where the one before is closed: what its writer had
 * seen by then it has seen still, and the other party's records, as far as it
 * has seen them, had not seen more of that log than is kept.
 */
static int
check_previous(struct trial *t, struct error *err)
{
	const struct log_row *other;
	struct previous previous;
	struct extent seen, kept = { 0, 0 };

	if (t->index > 0 || t->log->epoch == 1)
		return 0;
	if (previous_read(&previous, t->docket, t->log, t->record, t->arena,
		err) == -1)
		return -1;
	if (previous.log != NULL) {
		kept = (struct extent){ previous.log->epoch, previous.size };
		if (epochs_seen(&seen, t->docket, &t->epochs, previous.log,
			previous.size, err) == -1 ||
		    check_not_below(t, seen, err) == -1)
			return -1;
	}
	other = epochs_find(&t->epochs, t->record->anchor.log);
	if (epochs_seen(&seen, t->docket, &t->epochs, other, t->seen.size,
		err) == -1)
		return -1;
	if (seen.size > 0 && extent_compare(seen, kept) > 0)
		return error_set(err, E_RECORD_PREVIOUS,
		    "the other party has seen %u/%llu", seen.epoch,
		    (unsigned long long)seen.size);
	return 0;
}

/* Is (log, index) in the causal past of the record on trial? */
static bool
is_past(const struct trial *t, int64_t log, uint64_t index)
{
	return epochs_is_past(&t->epochs, t->log, t->index, t->seen, log,
	    index);
}

/* Does the writer of the record on trial write that log too? */
static bool
is_same_writer(const struct trial *t, int64_t log)
{
	return epochs_of_id(&t->epochs, log)->side == t->log->side;
}

static int
find_past(struct trial *t, const struct hash *leaf, const char *what,
    struct entry_row **out, struct error *err)
{
	if (store_entry_find(t->docket->parts.store, t->log->peer, leaf, out,
		t->arena, err) == -1)
		return -1;
	if (*out == NULL || (*out)->verdict != E_NONE ||
	    !is_past(t, (*out)->log, (*out)->index))
		return error_set(err, E_RECORD_PAST, "%s", what);
	return 0;
}

/* The same bytes again are no second record: a case is counted once. */
static int
check_once(struct trial *t, struct error *err)
{
	struct entry_row *first;

	if (store_entry_find(t->docket->parts.store, t->log->peer,
		&t->row->leaf, &first, t->arena, err) == -1)
		return -1;
	if (first != NULL && first->verdict == E_NONE &&
	    is_past(t, first->log, first->index))
		return error_set(err, E_RECORD_TWICE, "as entry %llu",
		    (unsigned long long)first->index);
	return 0;
}

/* Requests are answered by the other side; only who asked withdraws. */
static int
check_sender(struct trial *t, const struct entry_row *opening,
    struct error *err)
{
	bool is_opener = is_same_writer(t, opening->log);
	enum kind_sender sender = kind_row(t->record->kind)->sender;

	if ((sender == SENDER_REQUESTER && !is_opener) ||
	    (sender == SENDER_RESPONDER && is_opener))
		return error_set(err, E_RECORD_SENDER, "%s",
		    kind_row(t->record->kind)->name);
	return 0;
}

static int
check_case(struct trial *t, struct error *err)
{
	const struct record *record = t->record;
	struct entry_row *opening, *answered;

	if (record->has_case) {
		if (find_past(t, &record->case_hash, "case", &opening, err) ==
		    -1)
			return -1;
		if (!opening->has_case ||
		    !hash_is_equal(&opening->case_hash, &opening->leaf))
			return error_set(err, E_RECORD_PAST,
			    "case names no opening record");
		if (check_sender(t, opening, err) == -1)
			return -1;
	}
	if (record->has_re) {
		if (find_past(t, &record->re, "re", &answered, err) == -1)
			return -1;
		if (record->has_case &&
		    (!answered->has_case ||
			!hash_is_equal(&answered->case_hash,
			    &record->case_hash)))
			return error_set(err, E_RECORD_PAST,
			    "re is of another case");
	}
	return 0;
}

/* What a receipt quotes must be true and in its past. */
static int
check_receipt(struct trial *t, struct error *err)
{
	struct span note =
	    record_fact(t->record, MEMBER_RECEIPT_CHECKPOINT)->text;
	struct view view = { t->log, t->index, t->seen };
	struct quoted quoted;
	struct hash root;

	if (receipt_read(t->docket, &view, note, &quoted, t->arena, err) == -1)
		return -1;
	if (quoted.size == 0 || !is_past(t, quoted.log->id, quoted.size - 1))
		return error_set(err, E_RECORD_RECEIPT,
		    "a head that is not in its past");
	if (docket_root(t->docket, quoted.log->id, quoted.size, &root, err) ==
	    -1)
		return -1;
	if (!hash_is_equal(&root, &quoted.root))
		return error_set(err, E_RECORD_RECEIPT, "another root");
	return 0;
}

/* A refusal names an entry, valid or not, of the other log. */
static int
check_refusal(struct trial *t, struct error *err)
{
	const struct hash *leaf =
	    record_fact(t->record, MEMBER_REFUSAL_ENTRY)->hashes;
	struct entry_row *entry;

	if (store_entry_find(t->docket->parts.store, t->log->peer, leaf, &entry,
		t->arena, err) == -1)
		return -1;
	if (entry == NULL || is_same_writer(t, entry->log) ||
	    !is_past(t, entry->log, entry->index))
		return error_set(err, E_RECORD_PAST, "refused entry");
	return 0;
}

static int
check_credential(struct trial *t, struct error *err)
{
	struct docket_keys *keys;

	if (keys_of_log(t->docket, t->log, &keys, err) == -1)
		return -1;
	return keys_check(keys, t->record, err);
}

static int
check_kind(struct trial *t, struct error *err)
{
	static const struct {
		enum kind kind;
		int (*check)(struct trial *t, struct error *err);
	} checks[] = {
		{ KIND_RECEIPT, check_receipt },
		{ KIND_REFUSAL, check_refusal },
		{ KIND_CREDENTIAL, check_credential },
	};

	for (size_t i = 0; i < COUNT_OF(checks); i++)
		if (checks[i].kind == t->record->kind)
			return checks[i].check(t, err);
	return 0;
}

/* What the anchor says, true or not. */
static struct extent
claimed(const struct trial *t)
{
	const struct anchor *anchor = &t->record->anchor;
	const struct log_row *other = epochs_find(&t->epochs, anchor->log);

	return (
	    struct extent){ other == NULL ? 0 : other->epoch, anchor->size };
}

static int
check_all(struct trial *t, const struct sealed *sealed, struct error *err)
{
	if (!span_is_equal(t->record->log, t->log->origin))
		return error_set(err, E_RECORD_LOG, "another log");
	if (t->record->at.s != sealed->at.s)
		return error_set(err, E_RECORD_TIME, "at is not signingTime");
	if (docket_peer(t->docket, t->log->peer)->is_exercise &&
	    !t->record->is_exercise)
		return error_set(err, E_RECORD_MEMBER,
		    "exercise: false between parties of an exercise");
	t->seen = claimed(t);
	if (check_opening(t, err) == -1 || check_once(t, err) == -1 ||
	    check_anchor(t, err) == -1 || check_previous(t, err) == -1 ||
	    check_case(t, err) == -1)
		return -1;
	return check_kind(t, err);
}

/* What a valid record says, for the projection. */
static void
fill_row(struct entry_row *row, const struct record *record, struct extent seen,
    struct span content)
{
	row->kind = record->kind;
	row->is_exercise = record->is_exercise;
	row->has_case = record->has_case || record_opens_case(record);
	row->case_hash = record->has_case ? record->case_hash : row->leaf;
	row->has_re = record->has_re;
	row->re = record->re;
	row->at = record->at;
	row->anchor_epoch = seen.epoch;
	row->anchor_size = seen.size;
	row->content = content;
}

static int
try_entry(struct trial *t, struct span der, struct judged *out,
    struct error *err)
{
	struct docket_keys *keys;
	struct sealed sealed;
	struct record *record;

	if (keys_of_log(t->docket, t->log, &keys, err) == -1 ||
	    seal_open(&sealed, der, keys_seal_at(keys, t->index), t->arena,
		err) == -1 ||
	    record_read(&record, sealed.content, t->arena, err) == -1)
		return -1;
	t->record = record;
	out->has_anchor = true;
	out->anchor = record->anchor;
	if (check_all(t, &sealed, err) == -1)
		return -1;
	fill_row(&out->row, record, t->seen, sealed.content);
	out->record = record;
	return 0;
}

int
judge_entry(struct docket *docket, const struct log_row *log, uint64_t index,
    struct span der, struct judged *out, struct arena *arena, struct error *err)
{
	struct trial trial = {
		.docket = docket,
		.log = log,
		.index = index,
		.row = &out->row,
		.arena = arena,
	};
	struct error fault;

	*out = (struct judged){ .row = { .log = log->id, .index = index } };
	out->row.leaf = tree_leaf_hash(der);
	out->row.der = der;
	out->row.kind = KIND_COUNT;
	if (epochs_load(&trial.epochs, docket, log->peer, arena, err) == -1)
		return -1;
	if (try_entry(&trial, der, out, &fault) == 0)
		return 0;
	/* Only what the record is to blame for is a verdict on it. */
	if (error_fault(fault.code) != FAULT_PEER) {
		*err = fault;
		return -1;
	}
	out->row.verdict = fault.code;
	return 0;
}
