#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "docket/epochs.h"
#include "docket/internal.h"
#include "docket/recover.h"
#include "keeper/signer.h"
#include "ledger/checkpoint.h"
#include "ledger/tree.h"
#include "store/document.h"
#include "store/head.h"
#include "store/store.h"
#include "store/tile.h"

/* Turns of the loop: heads, receipts, their heads, nothing; one to spare. */
#define SETTLE_TURNS_MAX 5

/* What is signed outside the transaction and is to be stored in one. */
struct signing {
	struct log_row *log;
	bool is_line;       /* a mirror line on theirs, else a head of ours */
	const uint8_t *key; /* to use: our mirror key, or of the log */
	struct head_row head;
	struct line_row line; /* if is_line */
};

struct settling {
	struct docket *docket;
	struct instant now;
	struct arena *arena;
	struct log_row *logs;
	size_t n;
	struct signing *signings;
	size_t signings_n;
	bool has_lodged; /* so that there is a new head to sign */
};

/* Have ${made} signed; ${from} is what the keeper is thought to have signed. */
static int
sign_from(struct settling *s, struct signing *made, uint64_t from,
    struct error *err)
{
	const struct signer *signer = s->docket->parts.signer;
	struct store_tree tree = { s->docket->parts.store, made->log->id };
	struct tree_reader reader = store_tree_reader(&tree);
	struct checkpoint head = { made->log->origin, made->head.size,
		made->head.root };
	struct proof *proof = arena_alloc(s->arena, sizeof(*proof));

	if (from > 0 && from < head.size &&
	    tree_prove(proof, &reader, 0, from, head.size, err) == -1)
		return -1;
	if (made->is_line)
		return signer->cosign(signer->ctx, made->head.note, proof,
		    made->key, &made->line.line, &made->line.time, s->arena,
		    err);
	return signer->head(signer->ctx, &head, proof, made->key,
	    &made->head.note, s->arena, err);
}

/* The keeper last signed something else than is stored. */
static bool
is_surprised(enum error_code code)
{
	return code == E_PROOF || code == E_PROOF_USELESS ||
	    code == E_KEEPER_ROLLBACK;
}

/* Sign what goes on from ${stored}, the largest signed that is stored. */
static int
sign(struct settling *s, struct signing *made, uint64_t stored,
    struct error *err)
{
	const struct signer *signer = s->docket->parts.signer;
	struct hash root;
	uint64_t last;

	if (sign_from(s, made, stored, err) == 0) {
		s->signings_n++;
		return 0;
	}
	/* A crash came between signing and storing: it knows. */
	if (!is_surprised(err->code) ||
	    signer->last(signer->ctx, made->log->origin, &last, &root, err) ==
		-1)
		return -1;
	if (last > made->head.size)
		return error_set(err, E_TAIL_LOST,
		    "signed up to %llu, held to %llu", (unsigned long long)last,
		    (unsigned long long)made->head.size);
	if (sign_from(s, made, last, err) == -1)
		return -1;
	s->signings_n++;
	return 0;
}

static int
sign_head(struct settling *s, struct log_row *log, struct error *err)
{
	struct store_tree tree = { s->docket->parts.store, log->id };
	struct tree_reader reader = store_tree_reader(&tree);
	struct signing *made = &s->signings[s->signings_n];
	struct docket_keys *keys;

	if (log->is_closed || log->size == log->head)
		return 0;
	if (keys_of_log(s->docket, log, &keys, err) == -1)
		return -1;
	*made = (struct signing){ .log = log, .key = keys->writer.public_key };
	made->head = (struct head_row){ .log = log->id,
		.size = log->size,
		.seen_at = s->now };
	/* The root is computed from what is stored, never carried along. */
	if (tree_root_at(&made->head.root, &reader, log->size, err) == -1)
		return -1;
	return sign(s, made, log->head, err);
}

/*
 * What the keeper or a peer's false head keeps from being signed in one log
 * must not stop the others; what the store cannot do stops the turn.
 */
static bool
is_local(const struct error *err)
{
	return error_fault(err->code) != FAULT_ENVIRONMENT ||
	    err->code == E_KEEPER_CLOCK || err->code == E_TAIL_LOST;
}

/* The largest head that all stored entries and their documents reach. */
static int
find_complete(struct settling *s, const struct log_row *log,
    struct head_row **head, struct error *err)
{
	struct hash *missing;
	size_t n;

	if (store_head_below(s->docket->parts.store, log->id, log->size, head,
		s->arena, err) == -1)
		return -1;
	if (*head == NULL || (*head)->size <= log->mirrored) {
		*head = NULL;
		return 0;
	}
	if (store_document_missing(s->docket->parts.store, log->id,
		(*head)->size, 1, &missing, &n, s->arena, err) == -1)
		return -1;
	if (n > 0)
		*head = NULL;
	return 0;
}

/* Our newest log to that peer: the row at hand if there is one. */
static int
own_log_beside(const struct settling *s, const struct log_row *theirs,
    struct log_row **out, struct error *err)
{
	if (store_log_of(s->docket->parts.store, theirs->peer, true, out,
		s->arena, err) == -1)
		return -1;
	for (size_t i = 0; i < s->n && *out != NULL; i++)
		if (s->logs[i].id == (*out)->id)
			*out = &s->logs[i];
	return 0;
}

/*
 * The head to cosign: the largest that is complete, or once more the one
 * cosigned last, if the key of that line is declared compromised.
 */
static int
find_head(struct settling *s, const struct log_row *log,
    const struct log_row *own, struct head_row **head, struct error *err)
{
	struct view view = { own, own->size, { 0, 0 } };
	struct line_row *line;
	struct note_key *keys;
	size_t n;

	*head = NULL;
	if (log->head > log->mirrored && find_complete(s, log, head, err) == -1)
		return -1;
	if (*head != NULL || !log->wants_line || log->mirrored == 0)
		return 0;
	if (lines_keys(s->docket, &view, log, &keys, &n, s->arena, err) == -1 ||
	    lines_pick(s->docket, log, log->mirrored, keys, n, &line, s->arena,
		err) == -1)
		return -1;
	if (line != NULL)
		return 0;
	return store_head_get(s->docket->parts.store, log->id, log->mirrored,
	    head, s->arena, err);
}

static int
cosign_head(struct settling *s, struct log_row *log, struct error *err)
{
	struct signing *made = &s->signings[s->signings_n];
	const struct note_key *key;
	struct docket_keys *keys;
	struct head_row *head;
	struct log_row *own;

	if (log->is_forked || log->is_closed || log->is_announced ||
	    (log->head <= log->mirrored && !log->wants_line))
		return 0;
	if (own_log_beside(s, log, &own, err) == -1)
		return -1;
	if (own == NULL)
		return 0;
	if (keys_of_log(s->docket, own, &keys, err) == -1 ||
	    find_head(s, log, own, &head, err) == -1)
		return -1;
	if (head == NULL)
		return 0;
	if (log->epoch > 1 && log->mirrored == 0 &&
	    epochs_follow(s->docket, log, s->arena, err) == -1)
		return -1;
	key = keys_mirror_for(keys, own->size, own->mirrored);
	if (key == NULL)
		return error_set(err, E_KEY, "no mirror key");
	*made = (struct signing){ .log = log,
		.is_line = true,
		.head = *head,
		.key = key->public_key };
	made->line = (struct line_row){ .log = log->id,
		.size = head->size,
		.root = head->root,
		.name = keys->mirror_name };
	return sign(s, made, log->mirrored, err);
}

/*
 * Anchors of ours are about to go beyond a record that declares the peer's
 * mirror key compromised: lines of that key are quoted before, or never.
 */
static int
quote_in_time(struct settling *s, const struct signing *made, struct error *err)
{
	struct docket_keys *keys;
	struct log_row *own;
	uint64_t before;

	if (keys_of_log(s->docket, made->log, &keys, err) == -1)
		return -1;
	if (!keys_has_compromise(keys, made->log->mirrored, made->line.size))
		return 0;
	if (own_log_beside(s, made->log, &own, err) == -1)
		return -1;
	if (own == NULL)
		return 0;
	before = own->size;
	if (lodge_late_lines(s->docket, own, s->now, true, s->arena, err) == -1)
		return -1;
	s->has_lodged = s->has_lodged || own->size > before;
	return 0;
}

static int
store_signing(struct settling *s, const struct signing *made, struct error *err)
{
	struct store *store = s->docket->parts.store;

	if (made->is_line) {
		struct error why;

		if (quote_in_time(s, made, &why) == -1) {
			*err = why;
			/* Then the head is not cosigned yet. */
			if (is_local(&why))
				log_error("quoting in time", &why);
			return is_local(&why) ? 0 : -1;
		}
		if (store_line_add(store, &made->line, err) == -1)
			return -1;
		made->log->mirrored = made->line.size;
		made->log->wants_line = false;
	} else {
		if (store_head_add(store, &made->head, err) == -1)
			return -1;
		made->log->head = made->head.size;
	}
	return store_log_update(store, made->log, err);
}

/* What the entries that were just covered ask of us. */
struct owed {
	struct settling *settling;
	struct log_row *own;
	struct docket_peer *peer;
	bool wants_receipt;
	uint64_t done; /* entries below it are answered */
};

static int
see_owed(void *ctx, const struct entry_row *entry, struct error *err)
{
	struct owed *owed = ctx;

	(void)err;
	if (entry->verdict == E_NONE && entry->kind != KIND_RECEIPT)
		owed->wants_receipt = true;
	return 0;
}

static int
refuse_entry(void *ctx, const struct entry_row *entry, struct error *err)
{
	struct owed *owed = ctx;
	struct record refusal = { .kind = KIND_REFUSAL };
	struct fact *facts = refusal.facts;
	struct settling *s = owed->settling;

	if (entry->verdict == E_NONE)
		owed->peer->refusals = 0;
	/* Two nodes that refuse each other's refusals come to an end. */
	if (entry->verdict != E_NONE &&
	    owed->peer->refusals < DOCKET_REFUSALS_MAX) {
		facts[0] = (struct fact){ .is_given = true,
			.n = 1,
			.hashes = &entry->leaf };
		facts[1] = (struct fact){ .is_given = true,
			.n = 1,
			.text = span_text(error_name(entry->verdict)) };
		if (lodge_automatic(s->docket, owed->own, &refusal, s->now,
			s->arena, err) == -1)
			return -1;
		owed->peer->refusals++;
	}
	owed->done = entry->index + 1;
	return 0;
}

/*
 * Lodge what is owed for entries of ${theirs} that our line now covers: the
 * receipt, then a refusal for each that was set aside.  What fails half way
 * is gone on with from there.
 */
static int
answer_log(struct settling *s, struct log_row *theirs, struct log_row *own,
    struct error *err)
{
	struct store *store = s->docket->parts.store;
	struct owed owed = {
		.settling = s,
		.own = own,
		.peer = docket_peer_state(s->docket, theirs->peer),
		.done = theirs->settled,
	};
	struct error why;
	int rc;

	if (theirs->settled >= theirs->mirrored)
		return 0;
	if (store_entry_range(store, theirs->id, theirs->settled,
		theirs->mirrored, see_owed, &owed, err) == -1)
		return -1;
	if (owed.wants_receipt && theirs->receipted < theirs->mirrored) {
		if (lodge_receipt(s->docket, own, theirs, theirs->mirrored,
			s->now, s->arena, err) == -1)
			return -1;
		/* The projection wrote it through a row of its own. */
		theirs->receipted = theirs->mirrored;
	}
	rc = store_entry_range(store, theirs->id, theirs->settled,
	    theirs->mirrored, refuse_entry, &owed, &why);
	theirs->settled = owed.done;
	if (store_log_update(store, theirs, err) == -1)
		return -1;
	if (rc == -1)
		*err = why;
	return rc;
}

/* The docket of ${log} waits for what its peer holds. */
static bool
must_wait(const struct settling *s, const struct log_row *log)
{
	const struct docket_peer *peer =
	    docket_peer_state(s->docket, log->peer);

	return peer == NULL || docket_is_held_back(s->docket, peer);
}

static int
answer_one(struct settling *s, struct log_row *theirs, struct error *err)
{
	struct error why = { .code = E_NONE };
	struct log_row *own;
	uint64_t before;
	int rc;

	if (own_log_beside(s, theirs, &own, err) == -1)
		return -1;
	/* Nothing of ours before our own opening record. */
	if (own == NULL || own->size == 0)
		return 0;
	before = own->size;
	rc = answer_log(s, theirs, own, &why);
	s->has_lodged = s->has_lodged || own->size > before;
	if (rc == -1 && !is_local(&why)) {
		*err = why;
		return -1;
	}
	if (rc == -1)
		log_error("answering", &why);
	return 0;
}

static int
store_signings(struct settling *s, struct error *err)
{
	for (size_t i = 0; i < s->signings_n; i++)
		if (store_signing(s, &s->signings[i], err) == -1)
			return -1;
	return 0;
}

static int
answer_all(struct settling *s, struct error *err)
{
	for (size_t i = 0; i < s->n; i++)
		if (!s->logs[i].is_own && !must_wait(s, &s->logs[i]) &&
		    answer_one(s, &s->logs[i], err) == -1)
			return -1;
	return 0;
}

static bool
has_owed(const struct settling *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (!s->logs[i].is_own && !must_wait(s, &s->logs[i]) &&
		    s->logs[i].settled < s->logs[i].mirrored)
			return true;
	return false;
}

static int
sign_all(struct settling *s, struct error *err)
{
	s->signings = arena_array(s->arena, s->n, sizeof(*s->signings));
	for (size_t i = 0; i < s->n; i++) {
		struct log_row *log = &s->logs[i];
		struct error why = { .code = E_NONE };

		if (must_wait(s, log) ||
		    (log->is_own ? sign_head : cosign_head)(s, log, &why) == 0)
			continue;
		if (!is_local(&why)) {
			*err = why;
			return -1;
		}
		log_error("signing", &why);
	}
	return 0;
}

/*
 * Sign and store that; or, if there was nothing to sign, lodge what is owed
 * for what was signed before.
 */
static int
turn(struct settling *s, struct error *err)
{
	struct store *store = s->docket->parts.store;
	int rc;

	if (store_log_unsettled(store, &s->logs, &s->n, s->arena, err) == -1)
		return -1;
	if (s->n == 0)
		return 0;
	/* Nothing is signed that a power cut could take. */
	if (store_sync(store, err) == -1 || sign_all(s, err) == -1)
		return -1;
	if (s->signings_n == 0 && !has_owed(s))
		return 0;
	/*
	 * Lazily: what the keeper signed it signs again, and what is owed
	 * follows from the logs.
	 */
	if (store_begin_lazy(store, err) == -1)
		return -1;
	rc = s->signings_n > 0 ? store_signings(s, err) : answer_all(s, err);
	if (rc == 0)
		return store_commit(store, err);
	store_rollback(store);
	keys_forget(s->docket);
	docket_roots_forget(s->docket);
	return -1;
}

int
docket_settle_once(struct docket *docket, struct instant now, bool *is_more,
    struct error *err)
{
	struct settling s = { .docket = docket, .now = now };
	int rc;

	*is_more = false;
	for (struct docket_peer *p = docket->peers; p != NULL; p = p->next) {
		p->is_unstored = false; /* no transaction is open */
		if (recover_measure(docket, p, now, err) == -1)
			return -1;
	}
	s.arena = arena_new();
	rc = turn(&s, err);
	*is_more =
	    rc == 0 && (s.has_lodged || (s.signings_n > 0 && has_owed(&s)));
	arena_free(s.arena);
	return rc;
}

int
docket_settle(struct docket *docket, struct instant now, struct error *err)
{
	bool is_more = true;

	for (int i = 0; i < SETTLE_TURNS_MAX && is_more; i++)
		if (docket_settle_once(docket, now, &is_more, err) == -1)
			return -1;
	return 0;
}
