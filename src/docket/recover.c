#include "docket/recover.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "docket/deliver_internal.h"
#include "docket/epochs.h"
#include "docket/recover_parts.h"
#include "formats/card.h"
#include "keeper/signer.h"
#include "ledger/checkpoint.h"
#include "ledger/tiles.h"
#include "ledger/tree.h"
#include "ledger/witness.h"
#include "seal/digest.h"
#include "store/head.h"
#include "store/store.h"
#include "store/tile.h"

enum stage { STAGE_OWN_HEAD, STAGE_THEIR_HEAD, STAGE_FETCH, STAGE_LATER };

/* Numbers of later logs that are asked for: one may have been left out. */
#define LATER_MAX 2

struct recovery {
	enum stage stage;
	struct arena *arena;
	size_t bytes;
	uint64_t seen;  /* the largest head of ours that it was shown */
	unsigned epoch; /* of the log that this was of */
	struct lost logs[LOST_MAX]; /* OWN, THEIRS, and so on by turns */
	size_t n;
	unsigned which, ahead, missed; /* which later log is asked for */
};

void
recovery_end(struct docket_peer *peer)
{
	if (peer->recovery == NULL)
		return;
	arena_free(peer->recovery->arena);
	free(peer->recovery);
	peer->recovery = NULL;
}

static void
recovery_begin(struct docket_peer *peer, enum stage stage,
    const struct log_row *own, uint64_t seen)
{
	recovery_end(peer);
	peer->recovery = mem_new(sizeof(*peer->recovery));
	*peer->recovery = (struct recovery){ .stage = stage,
		.arena = arena_new(),
		.epoch = own->epoch,
		.seen = seen };
}

/* Nothing is lost, once the transaction is committed. */
static void
set_checked(struct docket_peer *peer, const struct log_row *own)
{
	recovery_end(peer);
	peer->is_checked = true;
	peer->is_unstored = true;
	peer->is_short = false;
	peer->is_tail_lost = false;
	recover_search_again(peer);
	forget_guesses(peer, own);
}

/* What was fetched so far is in memory, and stays good. */
void
recover_rolled_back(struct docket_peer *peer)
{
	if (!peer->search.is_done)
		recover_search_again(peer);
	if (!peer->is_unstored)
		return;
	peer->is_unstored = false;
	peer->is_checked = false;
	peer->is_given_up = false;
	peer->is_measured = false;
	peer->is_tail_lost = false;
}

static void
give_up(struct docket_peer *peer)
{
	if (peer->is_given_up || peer->is_checked || peer->is_short ||
	    peer->is_contradicted)
		return;
	peer->is_given_up = true;
	log_line(LOG_LEVEL_WARNING,
	    "%.*s does not say how much of our log it holds: what our keeper "
	    "agrees to is signed; it is asked first when it is back",
	    (int)peer->card->party.len, (const char *)peer->card->party.ptr);
}

void
recover_unanswered(struct docket_peer *peer)
{
	if (++peer->tries >= RECOVER_TRIES_MAX)
		give_up(peer);
}

/* The patience with a peer begins when it is first missed. */
static void
wait_for_answer(struct docket_peer *peer, struct instant now)
{
	if (!peer->is_asking || instant_is_before(now, peer->asked)) {
		peer->is_asking = true;
		peer->asked = now;
	}
	if (now.s - peer->asked.s >= RECOVER_PATIENCE_S)
		give_up(peer);
}

/* Has our keeper signed more of ${log} than is held? */
static int
is_cut(struct docket *docket, const struct log_row *log, bool *out,
    struct error *err)
{
	const struct signer *signer = docket->parts.signer;
	struct hash root;
	uint64_t size;

	if (signer->last(signer->ctx, log->origin, &size, &root, err) == -1)
		return -1;
	*out = size > log->size;
	return 0;
}

/* The same of both logs of a docket. */
static int
is_docket_cut(struct docket *docket, struct span peer, bool *out,
    struct error *err)
{
	struct arena *arena = arena_new();
	struct epochs epochs;
	int rc = -1;

	*out = false;
	if (epochs_load(&epochs, docket, peer, arena, err) == -1)
		goto out;
	for (unsigned side = 0; side < 2 && !*out; side++)
		if (is_cut(docket, epochs_newest(&epochs, side), out, err) ==
		    -1)
			goto out;
	rc = 0;
out:
	arena_free(arena);
	return rc;
}

int
recover_measure(struct docket *docket, struct docket_peer *peer,
    struct instant now, struct error *err)
{
	wait_for_answer(peer, now);
	if (peer->is_measured)
		return 0;
	if (is_docket_cut(docket, peer->card->party, &peer->is_short, err) ==
	    -1)
		return -1;
	peer->is_measured = true;
	if (peer->is_short)
		log_line(LOG_LEVEL_ALARM,
		    "our keeper has signed more than is held of the logs with "
		    "%.*s",
		    (int)peer->card->party.len,
		    (const char *)peer->card->party.ptr);
	return 0;
}

static void
get(struct delivery *d, enum job_kind kind, struct span origin,
    const char *rest)
{
	struct hash key = digest_of(origin);
	char hex[HASH_TEXT_MAX];

	d->job->kind = kind;
	d->job->method = SERVE_GET;
	d->job->path =
	    arena_printf(d->arena, "/%s/%s", hash_write(&key, hex), rest);
}

/* The log of which entries are wanted; NULL if none are. */
static struct lost *
wanted(struct recovery *recovery)
{
	for (size_t i = 0; i < recovery->n; i++) {
		struct lost *lost = &recovery->logs[i];

		if (lost->from + lost->n < lost->to)
			return lost;
	}
	return NULL;
}

static struct tile
wanted_tile(const struct lost *lost)
{
	struct tile tile = { .kind = TILE_ENTRIES };

	tile.index = (lost->from + lost->n) / TILE_WIDTH;
	tile.width = tile_width(0, tile.index, lost->to);
	return tile;
}

int
recover_next(struct delivery *d, bool *is_job, struct error *err)
{
	struct recovery *recovery = d->peer->recovery;
	const struct lost *lost;
	struct log_row *log;
	char path[TILE_PATH_MAX];
	struct tile tile;

	*is_job = !d->peer->is_checked;
	if (!*is_job)
		return 0;
	if (recovery == NULL || recovery->stage == STAGE_OWN_HEAD) {
		get(d, JOB_HEAD, d->own->origin,
		    recovery == NULL ? "seen" : "checkpoint");
		return 0;
	}
	if (recovery->stage == STAGE_FETCH) {
		lost = wanted(recovery);
		if (lost == NULL)
			return error_set(err, E_INTERNAL, "nothing to fetch");
		tile = wanted_tile(lost);
		get(d, JOB_FETCH, lost->origin, tile_write(&tile, path));
		return 0;
	}
	if ((recovery->stage == STAGE_LATER ?
		    recover_later(d, recovery->which, recovery->ahead, &log,
			err) :
		    docket_other_log(d->docket, d->own, &log, d->arena, err)) ==
	    -1)
		return -1;
	get(d, JOB_HEAD, log->origin, "checkpoint");
	return 0;
}

/* A head of a size that we have must be ours, or somebody has forked. */
static int
check_root(struct delivery *d, const struct log_row *log,
    const struct checkpoint *head, struct error *err)
{
	struct store_tree tree = { d->docket->parts.store, log->id };
	struct tree_reader reader = store_tree_reader(&tree);
	struct hash root;

	if (tree_root_at(&root, &reader, head->size, err) == -1)
		return -1;
	if (hash_is_equal(&root, &head->root))
		return 0;
	if (!log->is_own)
		return error_set(err, E_CHECKPOINT_FORK, "size %llu",
		    (unsigned long long)head->size);
	if (!d->peer->is_contradicted)
		log_line(LOG_LEVEL_ALARM,
		    "%.*s holds another version of our log: nothing is "
		    "signed for it any more",
		    (int)log->peer.len, (const char *)log->peer.ptr);
	d->peer->is_contradicted = true;
	return error_set(err, E_KEEPER_FORK,
	    "the peer holds another version of our log at %llu",
	    (unsigned long long)head->size);
}

/*
 * The head in the answer: of size 0 if there is none; its note has its
 * writer's line only.
 */
static int
read_head(struct delivery *d, const struct log_row *log, struct lost *out,
    struct error *err)
{
	struct note *note = arena_alloc(d->arena, sizeof(*note));
	const struct note_line *line;
	struct docket_keys *keys;
	struct note_key *mirrors;
	struct view view;
	struct buf buf;
	size_t n;

	*out = (struct lost){ .from = log->size, .to = log->size };
	if (d->answer->status == 404)
		return 0;
	if (d->answer->status != 200)
		return unexpected(d, err);
	if (keys_of_log(d->docket, log, &keys, err) == -1 ||
	    lodge_view(d->docket, d->own, &view, d->arena, err) == -1 ||
	    lines_keys(d->docket, &view, log, &mirrors, &n, d->arena, err) ==
		-1 ||
	    checkpoint_open(&out->head, note, d->answer->body, &keys->writer,
		mirrors, n, d->arena, err) == -1)
		return -1;
	buf_init(&buf, NOTE_SIZE_MAX);
	note_write_subset(&buf, note, &keys->writer, 1);
	out->note = arena_copy(d->arena, buf_span(&buf));
	buf_clear(&buf);
	line = lines_first(note);
	if (line != NULL && log->is_own) {
		out->line = arena_copy(d->arena, line->text);
		out->line_at = line->at;
	}
	return 0;
}

/* Remember what is missing up to the head ${seen}. */
static int
want(struct recovery *recovery, size_t which, const struct log_row *log,
    const struct lost *seen, struct error *err)
{
	struct lost *lost = &recovery->logs[which];

	*lost = (struct lost){ .from = log->size, .to = log->size };
	lost->origin = arena_copy(recovery->arena, log->origin);
	if (recovery->n <= which)
		recovery->n = which + 1;
	if (seen->head.size <= log->size)
		return 0;
	if (seen->head.size - log->size > RECOVER_ENTRIES_MAX)
		return error_set(err, E_TOO_LARGE, "%llu entries were lost",
		    (unsigned long long)(seen->head.size - log->size));
	*lost = *seen;
	lost->origin = arena_copy(recovery->arena, log->origin);
	lost->to = seen->head.size;
	lost->head.origin = arena_copy(recovery->arena, seen->head.origin);
	lost->note = arena_copy(recovery->arena, seen->note);
	lost->line = arena_copy(recovery->arena, seen->line);
	return 0;
}

/* A larger head of ours than can be got back: another log has to begin. */
static int
tail_lost(struct delivery *d, const char *who, struct error *err)
{
	recovery_end(d->peer);
	if (!d->peer->is_tail_lost)
		log_line(LOG_LEVEL_ALARM,
		    "%s a larger head of our log with %.*s, and nobody holds "
		    "its entries: this log cannot go on; \"demarche peer "
		    "reopen %.*s\" closes it and begins another",
		    who, (int)d->own->peer.len, (const char *)d->own->peer.ptr,
		    (int)d->own->peer.len, (const char *)d->own->peer.ptr);
	d->peer->is_tail_lost = true;
	d->peer->is_unstored = true;
	return error_set(err, E_TAIL_LOST,
	    "%s more than anybody holds: see peer reopen", who);
}

/* Is all back that was ever signed? */
static int
finish(struct delivery *d, struct error *err)
{
	struct recovery *recovery = d->peer->recovery;
	bool is_still_short, is_ours;

	if (recovery->seen > d->own->size && recovery->epoch == d->own->epoch)
		return tail_lost(d, "the peer has seen", err);
	if (is_cut(d->docket, d->own, &is_ours, err) == -1 ||
	    is_docket_cut(d->docket, d->own->peer, &is_still_short, err) == -1)
		return -1;
	if (is_ours)
		return tail_lost(d, "our keeper has signed", err);
	if (is_still_short) {
		recovery_end(d->peer);
		return error_set(err, E_TAIL_LOST,
		    "the peer holds less of its own log than we signed for");
	}
	set_checked(d->peer, d->own);
	return 0;
}

/*
 * The largest head of our log that it was ever shown.  Only our signature
 * counts: what a peer merely says holds nothing back.
 */
static int
take_seen(struct delivery *d, struct error *err)
{
	struct lost seen;
	struct checkpoint head;

	forget_guesses(d->peer, d->own);
	if (read_head(d, d->own, &seen, err) == -1)
		return -1;
	head = seen.head;
	if (head.size > d->own->size) {
		log_line(LOG_LEVEL_ALARM,
		    "%.*s has seen %llu entries of our log, we hold %llu: "
		    "fetching",
		    (int)d->own->peer.len, (const char *)d->own->peer.ptr,
		    (unsigned long long)head.size,
		    (unsigned long long)d->own->size);
		d->peer->is_short = true;
		recovery_begin(d->peer, STAGE_OWN_HEAD, d->own, head.size);
		return 0;
	}
	if (head.size > 0 && check_root(d, d->own, &head, err) == -1)
		return -1;
	d->peer->is_contradicted = false;
	if (d->docket->parts.is_restored || d->peer->is_short ||
	    d->peer->wants_later)
		recovery_begin(d->peer, STAGE_OWN_HEAD, d->own, head.size);
	else
		set_checked(d->peer, d->own);
	return 0;
}

/* What the peer's mirror holds of our own log. */
static int
take_own_head(struct delivery *d, struct error *err)
{
	struct recovery *recovery = d->peer->recovery;
	struct lost seen;

	if (read_head(d, d->own, &seen, err) == -1)
		return -1;
	if (seen.head.size > 0 && seen.head.size <= d->own->size &&
	    (check_root(d, d->own, &seen.head, err) == -1 ||
		recover_keep_line(d, d->own, &seen, err) == -1))
		return -1;
	if (want(recovery, OWN, d->own, &seen, err) == -1)
		return -1;
	recovery->stage = STAGE_THEIR_HEAD;
	return 0;
}

static int
take_their_head(struct delivery *d, struct error *err)
{
	struct recovery *recovery = d->peer->recovery;
	struct log_row *theirs;
	struct lost seen;

	if (docket_other_log(d->docket, d->own, &theirs, d->arena, err) == -1 ||
	    read_head(d, theirs, &seen, err) == -1)
		return -1;
	if (seen.head.size > 0 && seen.head.size <= theirs->size &&
	    check_root(d, theirs, &seen.head, err) == -1)
		return -1;
	if (want(recovery, THEIRS, theirs, &seen, err) == -1)
		return -1;
	recovery->stage = STAGE_LATER;
	recovery->which = OWN;
	recovery->ahead = 1;
	return 0;
}

/* The next question about later logs; or fetch what was found. */
static int
ask_next(struct delivery *d, struct error *err)
{
	struct recovery *recovery = d->peer->recovery;

	recovery->ahead++;
	if (recovery->missed < LATER_MAX && recovery->n + 2 <= LOST_MAX)
		return 0;
	recovery->missed = 0;
	recovery->ahead = 1;
	if (recovery->which == OWN) {
		recovery->which = THEIRS;
		return 0;
	}
	d->peer->has_later = true;
	d->peer->wants_later = false;
	recovery->stage = STAGE_FETCH;
	return wanted(recovery) != NULL ? 0 : finish(d, err);
}

/* A log of a later epoch, of ours or theirs, that we have lost whole. */
static int
take_later(struct delivery *d, struct error *err)
{
	struct recovery *recovery = d->peer->recovery;
	size_t which = recovery->which;
	struct log_row *log;
	struct lost seen;

	if (recover_later(d, recovery->which, recovery->ahead, &log, err) ==
		-1 ||
	    read_head(d, log, &seen, err) == -1)
		return -1;
	if (seen.head.size == 0) {
		recovery->missed++;
		return ask_next(d, err);
	}
	recovery->missed = 0;
	if (log->id == 0 &&
	    store_log_add(d->docket->parts.store, log, err) == -1)
		return -1;
	d->peer->is_short = true;
	while (which < LOST_MAX && recovery->logs[which].origin.len > 0)
		which += 2;
	if (which >= LOST_MAX)
		return error_set(err, E_TOO_LARGE, "too many logs were lost");
	if (want(recovery, which, log, &seen, err) == -1)
		return -1;
	return ask_next(d, err);
}

int
recover_take_head(struct delivery *d, struct error *err)
{
	if (d->peer->recovery == NULL)
		return take_seen(d, err);
	if (d->peer->recovery->stage == STAGE_LATER)
		return take_later(d, err);
	if (d->peer->recovery->stage == STAGE_OWN_HEAD)
		return take_own_head(d, err);
	return take_their_head(d, err);
}

/* The entries of a bundle, those that are still wanted. */
static int
keep_entries(struct recovery *recovery, struct lost *lost, struct span bundle,
    struct arena *arena, struct error *err)
{
	struct span *entries = arena_array(arena, TILE_WIDTH, sizeof(*entries));
	struct tile tile = wanted_tile(lost);
	uint64_t first = (lost->from + lost->n) % TILE_WIDTH;

	if (tile_parse_entries(entries, &tile, bundle, err) == -1)
		return -1;
	recovery->bytes += bundle.len + TILE_WIDTH * sizeof(*lost->entries);
	if (recovery->bytes > RECOVER_BYTES_MAX)
		return error_set(err, E_TOO_LARGE,
		    "more than %zu bytes of our log were lost",
		    RECOVER_BYTES_MAX);
	if (lost->entries == NULL)
		lost->entries = arena_array(recovery->arena,
		    lost->to - lost->from, sizeof(*lost->entries));
	for (uint64_t i = first; i < tile.width; i++)
		lost->entries[lost->n++] =
		    arena_copy(recovery->arena, entries[i]);
	return 0;
}

int
recover_take_entries(struct delivery *d, struct error *err)
{
	struct recovery *recovery = d->peer->recovery;
	struct lost *lost = recovery == NULL ? NULL : wanted(recovery);

	if (lost == NULL)
		return error_set(err, E_HTTP, "entries that were not asked");
	if (d->answer->status != 200) {
		unexpected(d, err);
		goto out;
	}
	if (keep_entries(recovery, lost, d->answer->body, d->arena, err) == -1)
		goto out;
	if (wanted(recovery) != NULL)
		return 0;
	if (recover_store(d, recovery->logs, recovery->n, err) == -1 ||
	    store_log_of(d->docket->parts.store, d->own->peer, true, &d->own,
		d->arena, err) == -1)
		goto out;
	return finish(d, err);
out:
	/* Nothing of it was kept: it begins anew. */
	recovery_end(d->peer);
	return -1;
}
