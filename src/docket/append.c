#include "base/arena.h"
#include "base/error.h"
#include "docket/epochs.h"
#include "docket/internal.h"
#include "domain/lines.h"
#include "store/document.h"
#include "store/quote.h"
#include "store/store.h"
#include "store/tile.h"

/* The times that a receipt brings into the logs. */
static int
project_quote(struct docket *docket, struct log_row *log,
    const struct judged *judged, struct arena *arena, struct error *err)
{
	struct span note =
	    record_fact(judged->record, MEMBER_RECEIPT_CHECKPOINT)->text;
	struct quote_row row = {
		.quoting_log = log->id,
		.quoting_index = judged->row.index,
	};
	struct view view = { log, judged->row.index,
		{ judged->row.anchor_epoch, judged->row.anchor_size } };
	struct log_row *about;
	struct quoted quoted;

	if (receipt_read(docket, &view, note, &quoted, arena, err) == -1)
		return -1;
	row.log = quoted.log->id;
	row.size = quoted.size;
	row.time = quoted.time;
	if (!lines_is_ahead(quoted.time, judged->record->at) &&
	    store_quote_add(docket->parts.store, &row, err) == -1)
		return -1;
	about = quoted.log->id == log->id ? log : quoted.log;
	if (about->receipted >= quoted.size)
		return 0;
	about->receipted = quoted.size;
	if (about == log)
		return 0;
	return store_log_update(docket->parts.store, about, err);
}

static int
project_documents(struct docket *docket, struct log_row *log,
    const struct judged *judged, struct error *err)
{
	for (unsigned i = 0; i < judged->record->documents_n; i++) {
		const struct document *document = &judged->record->documents[i];

		if (store_document_name(docket->parts.store, log->peer,
			&document->sha256, log->id, judged->row.index,
			document->is_first, err) == -1)
			return -1;
	}
	return 0;
}

/* A line of ours by a compromised key is to be made once more. */
static int
want_line(struct docket *docket, const struct log_row *log,
    const struct record *credential, struct arena *arena, struct error *err)
{
	struct log_row *other;

	if (!log->is_own ||
	    record_word(credential, MEMBER_CREDENTIAL_USE) !=
		WORD_KEY_USE_MIRROR ||
	    record_word(credential, MEMBER_CREDENTIAL_CHANGE) !=
		WORD_CHANGE_COMPROMISED)
		return 0;
	if (docket_other_log(docket, log, &other, arena, err) == -1)
		return -1;
	other->wants_line = other->mirrored > 0;
	return store_log_update(docket->parts.store, other, err);
}

/* What its writer has erased will not come. */
static int
project_erasure(struct docket *docket, struct log_row *log,
    const struct judged *judged, struct error *err)
{
	const struct fact *erased =
	    record_fact(judged->record, MEMBER_ERASURE_DOCUMENTS);

	for (unsigned i = 0; i < erased->n; i++)
		if (store_document_excuse(docket->parts.store, log->peer,
			&erased->hashes[i], log->id, judged->row.index,
			err) == -1)
			return -1;
	return 0;
}

static int
project_credential(struct docket *docket, struct log_row *log,
    const struct judged *judged, struct arena *arena, struct error *err)
{
	struct docket_keys *keys;

	if (keys_of_log(docket, log, &keys, err) == -1 ||
	    want_line(docket, log, judged->record, arena, err) == -1)
		return -1;
	pins_forget(docket);
	return keys_add(keys, judged->row.index, judged->record, err);
}

int
append_project(struct docket *docket, struct log_row *log,
    const struct judged *judged, struct arena *arena, struct error *err)
{
	if (judged->record == NULL)
		return 0;
	if (judged->record->kind == KIND_RECEIPT &&
	    project_quote(docket, log, judged, arena, err) == -1)
		return -1;
	if (judged->record->kind == KIND_CREDENTIAL &&
	    project_credential(docket, log, judged, arena, err) == -1)
		return -1;
	if (judged->record->kind == KIND_ERASURE &&
	    project_erasure(docket, log, judged, err) == -1)
		return -1;
	if (project_documents(docket, log, judged, err) == -1)
		return -1;
	log->anchored_epoch = judged->row.anchor_epoch;
	log->anchored = judged->row.anchor_size;
	return 0;
}

int
append_judged(struct docket *docket, struct log_row *log,
    const struct judged *judged, struct arena *arena, struct error *err)
{
	bool is_beginning = log->epoch > 1 && judged->row.index == 0;

	if (is_beginning && judged->record == NULL)
		return error_set(err, E_EPOCH_OPENING, "%s",
		    error_name(judged->row.verdict));
	if (store_tree_append(docket->parts.store, log->id, log->size,
		&judged->row.leaf, 1, err) == -1 ||
	    store_entry_add(docket->parts.store, &judged->row, err) == -1)
		return -1;
	/* Before the projections: they compare with this row. */
	log->size++;
	if (append_project(docket, log, judged, arena, err) == -1 ||
	    (is_beginning &&
		epochs_begin(docket, log, judged->record, arena, err) == -1))
		return -1;
	return store_log_update(docket->parts.store, log, err);
}

int
append_entry(struct docket *docket, struct log_row *log, struct span der,
    struct judged *out, struct arena *arena, struct error *err)
{
	if (judge_entry(docket, log, log->size, der, out, arena, err) == -1)
		return -1;
	return append_judged(docket, log, out, arena, err);
}
