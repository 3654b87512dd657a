#include "base/error.h"
#include "domain/record.h"
#include "formats/record_json.h"
#include "proof/make.h"
#include "proof/make_files.h"
#include "store/entry.h"
#include "store/log.h"
#include "store/quote.h"

struct search {
	struct making *making;
	bool is_there;
};

static int
see_credential(void *ctx, const struct entry_row *entry, struct error *err)
{
	struct search *search = ctx;
	struct record *record;

	if (record_read(&record, entry->content, search->making->arena, err) ==
	    -1)
		return -1;
	if (record_word(record, MEMBER_CREDENTIAL_USE) == WORD_KEY_USE_MIRROR &&
	    record_word(record, MEMBER_CREDENTIAL_CHANGE) ==
		WORD_CHANGE_COMPROMISED)
		search->is_there = true;
	return 0;
}

/* Of those that cover the entry, the one on the smallest head. */
static int
find_quote(struct making *m, unsigned side, uint64_t index,
    const struct quote_row **out, struct error *err)
{
	const struct log_row *log = making_log(m, side, index);
	struct quote_row *rows;
	size_t n;

	*out = NULL;
	if (store_quote_all(m->store, m->order->peer, &rows, &n, m->arena,
		err) == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (rows[i].log == log->id &&
		    rows[i].size > position_n(index) &&
		    (*out == NULL || rows[i].size < (*out)->size))
			*out = &rows[i];
	return 0;
}

static int
find_compromise(struct making *m, unsigned side, bool *is_there,
    struct error *err)
{
	struct search search = { m, false };

	for (unsigned e = 1; e <= POSITION_EPOCHS_MAX; e++)
		if (m->chains[side][e - 1] != NULL &&
		    store_entry_kind(m->store, m->chains[side][e - 1]->id,
			KIND_CREDENTIAL, see_credential, &search, err) == -1)
			return -1;
	*is_there = search.is_there;
	return 0;
}

int
making_add_quote(struct making *m, unsigned side, uint64_t index,
    uint64_t *under, struct error *err)
{
	const struct quote_row *quote;
	struct making_head head;
	bool is_compromised;

	*under = 0;
	if (find_compromise(m, 1 - side, &is_compromised, err) == -1)
		return -1;
	if (!is_compromised)
		return 0;
	if (find_quote(m, side, index, &quote, err) == -1)
		return -1;
	if (quote == NULL)
		return 0;
	*under = making_position(m, quote->log, quote->size);
	return making_add_record(m, making_side(m, quote->quoting_log),
	    making_position(m, quote->quoting_log, quote->quoting_index), 0,
	    &head, err);
}
