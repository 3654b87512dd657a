#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "docket/internal.h"
#include "docket/serve_internal.h"
#include "formats/card.h"
#include "ledger/tiles.h"
#include "ledger/tree.h"
#include "store/head.h"
#include "store/party.h"
#include "store/store.h"
#include "store/tile.h"

int
serve_card(struct docket *docket, struct serve_call *call, struct error *err)
{
	struct party_row *self;

	if (store_party_self(docket->parts.store, &self, call->arena, err) ==
	    -1)
		return -1;
	call->reply->type = "application/pem-certificate-chain";
	call->reply->body = self->card;
	return 0;
}

/* What is shown of a log: up to where it was closed, or is signed. */
static uint64_t
shown_size(const struct log_row *log)
{
	if (log->is_closed)
		return log->closed;
	return log->is_own ? log->head : log->mirrored;
}

/* The largest head under the mirror line, with that line. */
static int
serve_checkpoint(struct docket *docket, struct serve_call *call,
    const struct log_row *log, struct error *err)
{
	struct docket_keys *keys;
	struct head_row *head;
	struct line_row *line = NULL;
	struct buf buf;

	if (store_head_below(docket->parts.store, log->id, shown_size(log),
		&head, call->arena, err) == -1)
		return -1;
	if (head == NULL || head->size == 0)
		return error_set(err, E_TILE, "no checkpoint yet");
	if (keys_of_log(docket, log, &keys, err) == -1 ||
	    store_line_first(docket->parts.store, log->id, head->size,
		keys->mirror.name, &line, call->arena, err) == -1)
		return -1;
	buf_init(&buf, NOTE_SIZE_MAX);
	buf_add(&buf, head->note);
	if (line != NULL && line->size == head->size)
		buf_add(&buf, line->line);
	call->reply->type = "text/plain; charset=utf-8";
	call->reply->body = arena_copy(call->arena, buf_span(&buf));
	buf_clear(&buf);
	return 0;
}

/*
 * For the writer of the log: the largest head that we were ever shown, with
 * its own line only.
 */
static int
serve_seen(struct docket *docket, struct serve_call *call,
    const struct log_row *log, struct error *err)
{
	struct head_row *head;

	if (log->is_own)
		return error_set(err, E_ROUTE, "a log of ours");
	if (store_head_seen(docket->parts.store, log->id, TREE_SIZE_MAX, &head,
		call->arena, err) == -1)
		return -1;
	if (head == NULL)
		return error_set(err, E_TILE, "no head yet");
	call->reply->type = "text/plain; charset=utf-8";
	call->reply->body = head->note;
	return 0;
}

static int
add_entry(void *ctx, const struct entry_row *entry, struct error *err)
{
	return tile_write_entry(ctx, entry->der, err);
}

static int
serve_tile(struct docket *docket, struct serve_call *call,
    const struct log_row *log, const struct tile *tile, struct error *err)
{
	struct store_tree tree = { docket->parts.store, log->id };
	struct tree_reader reader = store_tree_reader(&tree);
	uint64_t from = tile->index * TILE_WIDTH;
	struct buf buf;
	int rc;

	/* Only what a signed head covers is shown. */
	if (tile_check(tile, shown_size(log), err) == -1)
		return -1;
	buf_init(&buf, TILE_BUNDLE_MAX);
	if (tile->kind == TILE_ENTRIES)
		rc = store_entry_range(docket->parts.store, log->id, from,
		    from + tile->width, add_entry, &buf, err);
	else
		rc = tile_write_hashes(&buf, tile, &reader, err);
	if (rc == 0)
		rc = buf_check(&buf, err);
	if (rc == 0) {
		call->reply->type = "application/octet-stream";
		call->reply->body = arena_copy(call->arena, buf_span(&buf));
	}
	buf_clear(&buf);
	return rc;
}

/* "/<hex sha256 of the origin>/checkpoint", "/…/tile/…" (tlog-tiles), "/…/seen"
 */
int
serve_log_file(struct docket *docket, struct serve_call *call,
    struct error *err)
{
	struct span path = span_skip(call->request->path, 1);
	size_t at = span_find(path, '/');
	struct span rest = span_skip(path, at + 1);
	struct error bad;
	struct log_row *log;
	struct hash key;
	struct tile tile;

	if (hash_parse(&key, span_of(path.ptr, at), &bad) == -1)
		return error_set(err, E_ROUTE, "no such address");
	if (store_log_find_key(docket->parts.store, &key, &log, call->arena,
		err) == -1)
		return -1;
	if (log == NULL || !span_is_equal(log->peer, call->request->peer))
		return error_set(err, E_CHECKPOINT_ORIGIN,
		    "not in this docket");
	if (span_is_text(rest, "checkpoint"))
		return serve_checkpoint(docket, call, log, err);
	if (span_is_text(rest, "seen"))
		return serve_seen(docket, call, log, err);
	if (tile_parse(&tile, rest, err) == -1)
		return -1;
	return serve_tile(docket, call, log, &tile, err);
}
