#include "proof/make.h"
#include "base/arena.h"
#include "base/error.h"
#include "proof/bundle.h"
#include "proof/evidence.h"
#include "proof/make_files.h"
#include "proof/verify_claims.h"
#include "store/entry.h"
#include "store/head.h"
#include "store/log.h"
#include "store/quote.h"

static bool
is_wanted(const struct making *m, enum proof_claim claim)
{
	if (m->order->claims != 0)
		return (m->order->claims & (1u << claim)) != 0;
	return claim != PROOF_NO_REACTION || m->order->has_until;
}

static uint64_t
index_of(const struct making *m, const struct entry_row *entry)
{
	return making_position(m, entry->log, entry->index);
}

static unsigned
side_of(const struct making *m, const struct entry_row *entry)
{
	return making_side(m, entry->log);
}

/* Of a record: that it was taken, or at least that it is there. */
static int
claim_record(struct making *m, const struct entry_row *entry, struct error *err)
{
	struct proof_claim_row claim = { .record = entry->leaf,
		.side = side_of(m, entry) };
	struct making_head head;
	uint64_t under;

	if (making_add_quote(m, claim.side, index_of(m, entry), &under, err) ==
		-1 ||
	    making_add_record(m, claim.side, index_of(m, entry), under, &head,
		err) == -1 ||
	    making_add_documents(m, entry, err) == -1)
		return -1;
	claim.claim = PROOF_TAKEN;
	claim.time = head.time;
	if (is_wanted(m, PROOF_TAKEN) && head.has_line)
		making_claim(m, &claim);
	claim.claim = PROOF_RECORD;
	claim.time = instant_of(0);
	if (is_wanted(m, PROOF_RECORD) && head.is_there &&
	    (m->order->claims != 0 || !head.has_line))
		making_claim(m, &claim);
	return 0;
}

/* Each reaction of the other side in the case of the record. */
static int
claim_reactions(struct making *m, const struct entry_row *entry,
    struct error *err)
{
	struct proof_claim_row claim = { .claim = PROOF_REACTED,
		.record = entry->leaf,
		.side = side_of(m, entry) };
	struct making_head head;
	struct entry_row *rows;
	size_t n;

	if (!entry->has_case || !is_wanted(m, PROOF_REACTED))
		return 0;
	if (store_entry_case(m->store, m->order->peer, &entry->case_hash, &rows,
		&n, m->arena, err) == -1)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (side_of(m, &rows[i]) == claim.side ||
		    !kind_has_effect(rows[i].kind, EFFECT_REACTION))
			continue;
		if (making_add_record(m, 1 - claim.side, index_of(m, &rows[i]),
			0, &head, err) == -1)
			return -1;
		claim.other = rows[i].leaf;
		if (head.is_there)
			making_claim(m, &claim);
	}
	return 0;
}

static int
claim_case(struct making *m, const struct entry_row *entry, struct error *err)
{
	struct entry_row *rows;
	size_t n;

	if (store_entry_case(m->store, m->order->peer, &entry->case_hash, &rows,
		&n, m->arena, err) == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (!hash_is_equal(&rows[i].leaf, &entry->leaf) &&
		    claim_record(m, &rows[i], err) == -1)
			return -1;
	return 0;
}

static int
find_reaction(struct making *m, const struct entry_row *entry, bool *is_there,
    struct error *err)
{
	struct entry_row *rows;
	size_t n;

	*is_there = false;
	if (store_entry_case(m->store, m->order->peer, &entry->case_hash, &rows,
		&n, m->arena, err) == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (side_of(m, &rows[i]) != side_of(m, entry) &&
		    kind_has_effect(rows[i].kind, EFFECT_REACTION))
			*is_there = true;
	return 0;
}

/* What the choice of a range looks at. */
struct choice {
	struct making *making;
	unsigned side;
	bool is_late;     /* an entry of the time asked for ends a head */
	bool is_doubtful; /* an entry whose seal a key change might explain */
	uint64_t size;
};

static int
see_entry(void *ctx, const struct entry_row *entry, struct error *err)
{
	struct choice *choice = ctx;
	struct making *m = choice->making;
	struct head_row *head;

	if (choice->is_late)
		return 0;
	if (entry->verdict != E_NONE) {
		if (entry->kind == KIND_COUNT)
			choice->is_doubtful = true;
		return 0;
	}
	if (instant_is_before(entry->at, m->order->until))
		return 0;
	if (store_head_get(m->store, entry->log, entry->index + 1, &head,
		m->arena, err) == -1)
		return -1;
	if (head == NULL)
		return 0;
	choice->is_late = true;
	choice->size = index_of(m, entry) + 1;
	return 0;
}

/* Log by log, up to the end of the chain. */
static int
see_chain(struct choice *choice, uint64_t from, uint64_t end, struct error *err)
{
	struct making *m = choice->making;
	const struct evidence_epoch *epochs = m->epochs[choice->side];
	uint64_t stop;

	do {
		stop = chain_segment_end(epochs, from, end);
		if (store_entry_range(m->store,
			making_log(m, choice->side, from)->id, position_n(from),
			position_n(stop), see_entry, choice, err) == -1)
			return -1;
		from = chain_next(epochs, stop);
	} while (stop < end && from > stop);
	return 0;
}

/*
 * The range begins at the record's anchor and ends with the first head whose
 * last entry is late enough; if there is none, with the last head.
 */
static int
choose_range(struct making *m, const struct entry_row *entry,
    struct proof_claim_row *claim, struct error *err)
{
	struct choice choice = { .making = m, .side = 1 - claim->side };
	uint64_t end = making_end_of(m, choice.side);
	const struct log_row *log = making_log(m, choice.side, end);
	struct head_row *head;

	if (making_anchor(m, entry, &claim->from, err) == -1 ||
	    see_chain(&choice, claim->from, end, err) == -1)
		return -1;
	if (!choice.is_late) {
		if (store_head_below(m->store, log->id, log->size, &head,
			m->arena, err) == -1)
			return -1;
		choice.size =
		    head == NULL ? 0 : making_position(m, log->id, head->size);
	}
	if (choice.is_doubtful)
		claim->from = 0;
	claim->size = choice.size;
	if (choice.size == 0 || choice.size < claim->from)
		return error_set(err, E_BUNDLE_CLAIM,
		    "no head of the other log is held");
	return 0;
}

static int
claim_silence(struct making *m, const struct entry_row *entry,
    struct error *err)
{
	struct proof_claim_row claim = { .claim = PROOF_NO_REACTION,
		.record = entry->leaf,
		.side = side_of(m, entry),
		.time = m->order->until };
	bool is_answered, opens_case;

	if (!is_wanted(m, PROOF_NO_REACTION))
		return 0;
	if (!m->order->has_until)
		return error_set(err, E_BUNDLE_CLAIM,
		    "no reaction up to when?");
	if (find_reaction(m, entry, &is_answered, err) == -1)
		return -1;
	opens_case =
	    entry->has_case && hash_is_equal(&entry->case_hash, &entry->leaf);
	if (is_answered || !opens_case) {
		if (m->order->claims == 0)
			return 0;
		return error_set(err, E_BUNDLE_CLAIM, "%s",
		    opens_case ? "there is a reaction" : "it opens no case");
	}
	if (choose_range(m, entry, &claim, err) == -1 ||
	    making_add_range(m, 1 - claim.side, claim.from, claim.size, err) ==
		-1)
		return -1;
	making_claim(m, &claim);
	return 0;
}

/*
 * The newest line of the other party on the log of ${entry} that a receipt
 * below ${seen}, in the log that the entry is anchored in, quotes.
 */
static int
find_age(struct making *m, const struct entry_row *entry, uint64_t seen,
    const struct quote_row **best, struct error *err)
{
	const struct log_row *anchored =
	    making_log(m, 1 - side_of(m, entry), seen);
	struct quote_row *quotes;
	size_t n;

	*best = NULL;
	if (store_quote_all(m->store, m->order->peer, &quotes, &n, m->arena,
		err) == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (quotes[i].quoting_log == anchored->id &&
		    quotes[i].quoting_index < position_n(seen) &&
		    quotes[i].log == entry->log &&
		    (*best == NULL ||
			instant_is_before((*best)->time, quotes[i].time)))
			*best = &quotes[i];
	return 0;
}

static int
claim_age(struct making *m, const struct entry_row *entry, struct error *err)
{
	struct proof_claim_row claim = { .claim = PROOF_NOT_EARLIER,
		.record = entry->leaf,
		.side = side_of(m, entry) };
	struct making_head head, quoted;
	const struct quote_row *best;
	struct entry_row *receipt;
	uint64_t seen, index;

	if (!is_wanted(m, PROOF_NOT_EARLIER))
		return 0;
	if (making_anchor(m, entry, &seen, err) == -1 ||
	    find_age(m, entry, seen, &best, err) == -1)
		return -1;
	if (best == NULL)
		return 0;
	index = making_position(m, best->quoting_log, best->quoting_index);
	claim.size = making_position(m, best->log, best->size);
	claim.time = best->time;
	if (making_add_record(m, 1 - claim.side, index, seen, &head, err) ==
		-1 ||
	    making_add_head(m, claim.side, claim.size, &quoted, err) == -1 ||
	    store_entry_get(m->store, best->quoting_log, best->quoting_index,
		&receipt, m->arena, err) == -1)
		return -1;
	claim.other = receipt->leaf;
	if (head.is_there && quoted.is_there)
		making_claim(m, &claim);
	return 0;
}

static int
claim_forks(struct making *m, struct error *err)
{
	for (unsigned side = 0; side < 2; side++)
		if (is_wanted(m, PROOF_FORK) &&
		    making_add_fork(m, side, err) == -1)
			return -1;
	return 0;
}

static int
claim_ordered(struct making *m, struct error *err)
{
	struct entry_row *entry;

	if (m->order->claims == 1u << PROOF_FORK)
		return 0;
	if (store_entry_find(m->store, m->order->peer, &m->order->record,
		&entry, m->arena, err) == -1)
		return -1;
	if (entry == NULL || entry->verdict != E_NONE)
		return error_set(err, E_NOT_FOUND, "no such record");
	/* First: its receipt has to be shown under a head of its own. */
	if (claim_age(m, entry, err) == -1 ||
	    claim_record(m, entry, err) == -1 ||
	    claim_reactions(m, entry, err) == -1 ||
	    claim_silence(m, entry, err) == -1)
		return -1;
	return m->order->is_case ? claim_case(m, entry, err) : 0;
}

/* Only what will come out as claimed is claimed. */
static unsigned
drop_claims(struct making *m, const struct evidence *ev, const char **why)
{
	struct manifest *manifest = &m->manifest;
	unsigned shown = 0;
	size_t kept = 0;

	*why = "nothing of that is held here";
	for (size_t i = 0; i < manifest->claims_n; i++) {
		const struct proof_claim_row *claim = &manifest->claims[i];
		struct proof_line line = { .why = "" };

		verify_claim(&line, ev, i, m->arena);
		if (line.verdict != PROOF_PROVEN && !line.is_short) {
			*why = line.why;
			continue;
		}
		if (claim->claim == PROOF_FORK ||
		    hash_is_equal(&claim->record, &m->order->record))
			shown |= 1u << claim->claim;
		ev->ranges[kept] = ev->ranges[i];
		manifest->claims[kept++] = *claim;
	}
	manifest->claims_n = kept;
	return shown;
}

static int
settle_claims(struct making *m, const struct evidence *ev, struct error *err)
{
	const char *why;
	unsigned shown = drop_claims(m, ev, &why);

	for (enum proof_claim c = 0; c < PROOF_CLAIM_COUNT; c++)
		if ((m->order->claims & (1u << c)) != 0 &&
		    (shown & (1u << c)) == 0)
			return error_set(err, E_BUNDLE_CLAIM, "%s: %s",
			    proof_claim_name(c), why);
	if (m->manifest.claims_n == 0)
		return error_set(err, E_BUNDLE_CLAIM, "%s", why);
	return 0;
}

int
proof_make(struct bundle *out, struct docket *docket, struct store *store,
    const struct proof_order *order, struct arena *arena, struct error *err)
{
	struct making *m = arena_alloc(arena, sizeof(*m));
	struct evidence *ev = arena_alloc(arena, sizeof(*ev));
	int rc = -1;

	*m = (struct making){ .docket = docket,
		.store = store,
		.order = order,
		.arena = arena,
		.bundle = out };
	bundle_init(out, arena);
	if (making_begin(m, err) == -1 || claim_ordered(m, err) == -1 ||
	    claim_forks(m, err) == -1 || making_add_credentials(m, err) == -1 ||
	    evidence_open(ev, out, &m->manifest, arena, err) == -1)
		goto out;
	if (settle_claims(m, ev, err) == -1 || making_end(m, ev, err) == -1)
		goto out;
	rc = 0;
out:
	evidence_close(ev);
	return rc;
}
