#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "docket/cases.h"
#include "docket/docket.h"
#include "docket/documents.h"
#include "formats/card.h"
#include "node/calls.h"
#include "node/home.h"
#include "node/registrar_parts.h"
#include "proc/clock.h"
#include "store/store.h"

/* A restored node has to hear from these first; how many. */
static int
count_unheard(struct registrar *r, size_t *n, struct error *err)
{
	size_t peers_n = docket_peers(r->docket, NULL, 0);
	struct arena *arena = arena_new();
	const struct card **peers = arena_array(arena, peers_n, sizeof(*peers));
	int rc = -1;

	*n = 0;
	docket_peers(r->docket, peers, peers_n);
	for (size_t i = 0; i < peers_n; i++) {
		struct delivery_state state;

		if (docket_delivery(r->docket, peers[i]->party, &state, arena,
			err) == -1)
			goto out;
		*n += !state.is_checked;
	}
	rc = 0;
out:
	arena_free(arena);
	return rc;
}

/*
 * After a declared restore the docket signs nothing for a peer that has not
 * said how much of our log it holds (protocol section 7).  When all have, the
 * mark goes.
 */
static int
forget_restore(struct registrar *r, struct error *err)
{
	size_t unheard;

	if (!r->is_restored)
		return 0;
	if (count_unheard(r, &unheard, err) == -1)
		return -1;
	if (unheard > 0)
		return 0;
	log_line(LOG_LEVEL_NOTE, "restored: every peer has been heard");
	if (unlink(r->parts.home->restored) == -1)
		log_line(LOG_LEVEL_WARNING, "%s stays",
		    r->parts.home->restored);
	r->is_restored = false;
	return 0;
}

int
registrar_settle(struct registrar *r, struct error *err)
{
	r->settled = r->now;
	if (forget_restore(r, err) == -1)
		return -1;
	return docket_settle_once(r->docket, r->now, &r->is_owing, err);
}

/* What was learned in the transaction is forgotten with it. */
static void
roll_back(struct registrar *r, const struct asked *asked, size_t n)
{
	struct docket_parts parts = registrar_docket_parts(r);
	struct error err;
	bool has_peer = false;

	store_rollback(r->parts.store);
	docket_rolled_back(r->docket);
	for (struct sealed_once *s = r->sealed; s != NULL; s = s->next)
		s->is_taken = false;
	for (size_t i = 0; i < n; i++)
		has_peer = has_peer || asked[i].has_peer;
	if (!has_peer)
		return;
	/* A peer that was never added. */
	docket_close(r->docket);
	r->docket = NULL;
	r->late_n = 0;
	if (docket_open(&r->docket, &parts, &err) == -1)
		registrar_fail(r, &err);
}

static void
refuse_all(struct asked *asked, size_t n, const struct error *why)
{
	for (size_t i = 0; i < n; i++) {
		if (asked[i].has_failed)
			continue;
		asked[i].has_failed = true;
		asked[i].err = *why;
	}
}

/* What it did so far is void. */
static void
start_over(struct asked *asked, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		asked[i].wake = span_of(NULL, 0);
		asked[i].has_peer = false;
	}
}

/*
 * All in one transaction.  Reading calls fail alone; where a writer fails
 * nothing of the batch is kept.
 */
static int
attempt(struct registrar *r, struct asked *asked, size_t n, bool is_writing,
    struct error *err)
{
	if (is_writing && store_begin(r->parts.store, err) == -1)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct error why;

		if (asked[i].has_failed ||
		    registrar_do(r, &asked[i], &why) == 0)
			continue;
		if (asked[i].is_writer) {
			*err = why;
			return -1;
		}
		refuse_all(&asked[i], 1, &why);
	}
	if (is_writing) {
		int64_t begun_ms = clock_monotonic_ms();
		int rc = store_commit(r->parts.store, err);

		r->is_dirty = true;
		r->sync_ms = clock_monotonic_ms() - begun_ms;
		return rc;
	}
	return 0;
}

/* Who is to blame for it is not the next in the queue. */
static void
one_by_one(struct registrar *r, struct asked *asked, size_t n)
{
	for (size_t i = 0; i < n && !r->is_failed; i++) {
		struct error err;

		if (attempt(r, &asked[i], 1, asked[i].is_writer, &err) == 0)
			continue;
		roll_back(r, &asked[i], 1);
		start_over(&asked[i], 1);
		refuse_all(&asked[i], 1, &err);
	}
}

/* Ours to mend, and not only this request's affair. */
static bool
is_ours(enum error_code code)
{
	enum fault fault = error_fault(code);

	return (fault == FAULT_ENVIRONMENT || fault == FAULT_SELF) &&
	    code != E_ANCHOR_STALE && code != E_BUSY && code != E_UNASKED &&
	    code != E_PROC_GONE && code != E_KEEPER_AUTHORISATION;
}

static void
note_failure(struct registrar *r, const struct error *err)
{
	if (!is_ours(err->code))
		return;
	r->rest_until = instant_add(r->now, period_of(REGISTRAR_REST_S));
	if (r->is_alarmed)
		return;
	r->is_alarmed = true;
	log_line(LOG_LEVEL_ALARM,
	    "nothing can be stored or signed: %s (%s); what was acknowledged "
	    "is kept, all else is refused until this is mended",
	    error_text(err->code), err->detail);
}

/* Not with every turn: under load a case is folded once for many of them. */
static void
project(struct registrar *r)
{
	struct error err;

	r->unprojected = 0;
	if (docket_cases_settle(r->docket, &err) == -1)
		note_failure(r, &err);
}

static void
sign(struct registrar *r)
{
	struct error err;

	if (++r->unprojected >= REGISTRAR_PROJECT_TURNS)
		project(r);
	if (registrar_settle(r, &err) == -1)
		note_failure(r, &err);
	else if (r->is_alarmed && !instant_is_before(r->now, r->rest_until)) {
		r->is_alarmed = false;
		log_line(LOG_LEVEL_NOTE, "storing and signing again");
	}
}

/*
 * A letter's head is signed; what a peer's request may have us lodge is not
 * yet, then its turn comes when it is.
 */
static void
wake(struct registrar *r, const struct asked *asked)
{
	const struct card *card = docket_peer(r->docket, asked->wake);

	if (asked->type != MESSAGE_PEER_REQUEST)
		registrar_wake(r, asked->wake);
	if (!r->is_owing)
		return;
	for (size_t i = 0; i < r->late_n; i++)
		if (span_is_equal(r->late[i], asked->wake))
			return;
	if (card == NULL || r->late_n == REGISTRAR_BATCH_MAX)
		return;
	r->late[r->late_n++] = card->party;
}

/* The first ${n}: what was lodged for them is signed. */
static void
wake_late(struct registrar *r, size_t n)
{
	for (size_t i = 0; i < n; i++)
		registrar_wake(r, r->late[i]);
	r->late_n -= n;
	memmove(r->late, r->late + n, r->late_n * sizeof(*r->late));
}

void
registrar_settle_rest(struct registrar *r)
{
	r->now = clock_now(r->parts.clock);
	for (int i = 0; i < REGISTRAR_SETTLES_MAX && r->is_owing; i++)
		sign(r);
	wake_late(r, r->late_n);
	r->is_owing = false;
	registrar_forget_sealed(r);
	arena_reset(r->arena);
}

static bool
has_writer(const struct asked *asked, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (asked[i].is_writer && !asked[i].has_failed)
			return true;
	return false;
}

/* True if it has signed what was committed before. */
static bool
do_batch(struct registrar *r, struct asked *asked, size_t n)
{
	bool is_writing = has_writer(asked, n);
	int64_t begun_ms;
	struct error err;

	if (attempt(r, asked, n, is_writing, &err) == -1) {
		roll_back(r, asked, n);
		start_over(asked, n);
		if (n > 1 && !r->is_failed)
			one_by_one(r, asked, n);
		else
			refuse_all(asked, n, &err);
	}
	if (r->is_failed)
		return false;
	for (size_t i = 0; i < n; i++)
		if (asked[i].has_failed)
			note_failure(r, &asked[i].err);
	if (!is_writing)
		return false;
	begun_ms = clock_monotonic_ms();
	sign(r);
	r->sync_ms += clock_monotonic_ms() - begun_ms;
	return true;
}

bool
registrar_gathers(struct registrar *r)
{
	bool has_arrived = r->has_arrived;

	r->has_arrived = false;
	return has_arrived && r->sync_ms >= REGISTRAR_SLOW_MS &&
	    r->batch_n < REGISTRAR_BATCH_MAX &&
	    has_writer(r->batch, r->batch_n) &&
	    clock_monotonic_ms() - r->begun_ms < r->sync_ms / 2;
}

void
registrar_answer_readers(struct registrar *r)
{
	size_t n = 0;

	r->now = clock_now(r->parts.clock);
	for (size_t i = 0; i < r->batch_n; i++) {
		struct asked *asked = &r->batch[i];

		if (asked->type != MESSAGE_CALL || asked->is_writer ||
		    asked->has_failed || asked->row->effect != CALL_READS) {
			r->batch[n++] = *asked;
			continue;
		}
		(void)do_batch(r, asked, 1);
		registrar_answer(r, asked);
	}
	r->batch_n = n;
}

void
registrar_turn(struct registrar *r)
{
	size_t n = r->batch_n;
	bool has_peer = false;

	r->now = clock_now(r->parts.clock);
	registrar_seal_ahead(r);
	if (do_batch(r, r->batch, n))
		wake_late(r, r->late_n);
	for (size_t i = 0; i < n && !r->is_failed; i++) {
		registrar_answer(r, &r->batch[i]);
		has_peer = has_peer ||
		    (r->batch[i].has_peer && !r->batch[i].has_failed);
	}
	if (docket_pins_changed(r->docket) || has_peer)
		registrar_send_pins(r);
	for (size_t i = 0; i < n && !r->is_failed; i++)
		if (!r->batch[i].has_failed && r->batch[i].wake.len > 0)
			wake(r, &r->batch[i]);
	r->batch_n = 0;
	r->batch_bytes = 0;
	registrar_forget_sealed(r);
	arena_reset(r->arena);
}

static void
sweep(struct registrar *r)
{
	struct error err;

	r->swept = r->now;
	if (store_begin(r->parts.store, &err) == -1) {
		log_error("sweep", &err);
		return;
	}
	if (docket_documents_sweep(r->docket, r->now, &err) == -1 ||
	    store_commit(r->parts.store, &err) == -1) {
		log_error("sweep", &err);
		roll_back(r, NULL, 0);
	}
}

void
registrar_tidy(struct registrar *r)
{
	struct error err;

	if (r->now.s - r->swept.s >= REGISTRAR_SWEEP_S || r->now.s < r->swept.s)
		sweep(r);
	if (!r->is_dirty)
		return;
	r->is_dirty = false;
	project(r);
	if (store_checkpoint(r->parts.store, &err) == -1)
		log_error("checkpoint", &err);
}
