#include "store/document.h"
#include "base/error.h"
#include "store/db.h"

static void
load_document(struct query *q, void *row, struct arena *arena)
{
	struct document_row *document = row;

	document->peer = query_get_bytes(q, arena);
	document->sha256 = query_get_hash(q);
	document->is_ours = query_get_bool(q);
	document->size = query_get_size(q);
	document->held = query_get_size(q);
	document->is_complete = query_get_bool(q);
	document->is_taken = query_get_bool(q);
	document->is_named = query_get_bool(q);
	document->is_first = query_get_bool(q);
	document->is_erased = query_get_bool(q);
	document->since = query_get_instant(q);
}

int
store_document_find(struct store *store, struct span peer,
    const struct hash *sha256, struct document_row **out, struct arena *arena,
    struct error *err)
{
	struct query q;
	void *row;

	query_start(&q, store, QUERY_DOCUMENT_FIND);
	query_put_text(&q, peer);
	query_put_hash(&q, sha256);
	if (query_one(&q, load_document, sizeof(**out), &row, arena, err) == -1)
		return -1;
	*out = row;
	return 0;
}

/* Tell the entries that name it as first whether they miss it. */
static int
settle_names(struct store *store, struct span peer, const struct hash *sha256,
    bool is_settled, struct error *err)
{
	struct query q;

	query_start(&q, store, QUERY_DOCUMENT_SETTLE);
	query_put_text(&q, peer);
	query_put_hash(&q, sha256);
	query_put_int(&q, is_settled);
	return query_run(&q, NULL, err);
}

int
store_document_put(struct store *store, const struct document_row *document,
    struct error *err)
{
	struct query q;

	query_start(&q, store, QUERY_DOCUMENT_PUT);
	query_put_text(&q, document->peer);
	query_put_hash(&q, &document->sha256);
	query_put_int(&q, document->is_ours);
	query_put_size(&q, document->size);
	query_put_size(&q, document->held);
	query_put_int(&q, document->is_complete);
	query_put_int(&q, document->is_taken);
	query_put_int(&q, document->is_named);
	query_put_int(&q, document->is_first);
	query_put_int(&q, document->is_erased);
	query_put_instant(&q, document->since);
	if (query_run(&q, NULL, err) == -1)
		return -1;
	return settle_names(store, document->peer, &document->sha256,
	    document->is_complete || document->is_erased, err);
}

static int
all(struct query *q, struct document_row **out, size_t *n, struct arena *arena,
    struct error *err)
{
	void *rows;

	if (query_all(q, load_document, sizeof(**out), &rows, n, arena, err) ==
	    -1)
		return -1;
	*out = rows;
	return 0;
}

int
store_document_due(struct store *store, struct span peer, size_t max,
    struct document_row **out, size_t *n, struct arena *arena,
    struct error *err)
{
	struct query q;

	query_start(&q, store, QUERY_DOCUMENT_DUE);
	query_put_text(&q, peer);
	query_put_size(&q, max);
	return all(&q, out, n, arena, err);
}

int
store_document_unnamed(struct store *store, struct span peer, uint64_t *bytes,
    struct error *err)
{
	struct query q;
	bool has;
	int rc;

	query_start(&q, store, QUERY_DOCUMENT_UNNAMED);
	query_put_text(&q, peer);
	rc = query_step(&q, &has, err);
	if (rc == 0)
		*bytes = has ? query_get_size(&q) : 0;
	query_end(&q);
	return rc;
}

int
store_document_stale(struct store *store, struct instant before,
    struct document_row **out, size_t *n, struct arena *arena,
    struct error *err)
{
	struct query q;

	query_start(&q, store, QUERY_DOCUMENT_STALE);
	query_put_instant(&q, before);
	return all(&q, out, n, arena, err);
}

int
store_document_drop(struct store *store, struct span peer,
    const struct hash *sha256, struct error *err)
{
	struct query q;

	query_start(&q, store, QUERY_DOCUMENT_DROP);
	query_put_text(&q, peer);
	query_put_hash(&q, sha256);
	if (query_run(&q, NULL, err) == -1)
		return -1;
	return settle_names(store, peer, sha256, false, err);
}

int
store_document_name(struct store *store, struct span peer,
    const struct hash *sha256, int64_t log, uint64_t index, bool is_first,
    struct error *err)
{
	struct query q;

	query_start(&q, store, QUERY_DOCUMENT_NAME);
	query_put_text(&q, peer);
	query_put_hash(&q, sha256);
	query_put_int(&q, log);
	query_put_size(&q, index);
	query_put_int(&q, is_first);
	if (query_run(&q, NULL, err) == -1)
		return -1;
	query_start(&q, store, QUERY_DOCUMENT_NAMED);
	query_put_text(&q, peer);
	query_put_hash(&q, sha256);
	query_put_int(&q, is_first);
	return query_run(&q, NULL, err);
}

static void
load_name(struct query *q, void *row, struct arena *arena UNUSED)
{
	struct document_name *name = row;

	name->sha256 = query_get_hash(q);
	name->log = query_get_int(q);
	name->index = query_get_size(q);
	name->is_ours = query_get_bool(q);
}

static int
find_name(enum query_id which, struct store *store, struct span peer,
    const struct hash *sha256, struct document_name **out, struct arena *arena,
    struct error *err)
{
	struct query q;
	void *row;

	query_start(&q, store, which);
	query_put_text(&q, peer);
	query_put_hash(&q, sha256);
	if (query_one(&q, load_name, sizeof(**out), &row, arena, err) == -1)
		return -1;
	*out = row;
	return 0;
}

int
store_document_naming(struct store *store, struct span peer,
    const struct hash *sha256, struct document_name **out, struct arena *arena,
    struct error *err)
{
	return find_name(QUERY_DOCUMENT_NAMING, store, peer, sha256, out, arena,
	    err);
}

int
store_document_lost(struct store *store, struct span peer,
    const struct hash *after, struct document_name **out, struct arena *arena,
    struct error *err)
{
	return find_name(QUERY_DOCUMENT_LOST, store, peer, after, out, arena,
	    err);
}

int
store_document_excuse(struct store *store, struct span peer,
    const struct hash *sha256, int64_t log, uint64_t index, struct error *err)
{
	struct query q;

	query_start(&q, store, QUERY_DOCUMENT_EXCUSE);
	query_put_text(&q, peer);
	query_put_hash(&q, sha256);
	query_put_int(&q, log);
	query_put_size(&q, index);
	return query_run(&q, NULL, err);
}

static void
load_hash(struct query *q, void *row, struct arena *arena UNUSED)
{
	*(struct hash *)row = query_get_hash(q);
}

int
store_document_missing(struct store *store, int64_t log, uint64_t size,
    size_t max, struct hash **out, size_t *n, struct arena *arena,
    struct error *err)
{
	struct query q;
	void *rows;

	query_start(&q, store, QUERY_DOCUMENT_MISSING);
	query_put_int(&q, log);
	query_put_size(&q, size);
	query_put_size(&q, max);
	if (query_all(&q, load_hash, sizeof(**out), &rows, n, arena, err) == -1)
		return -1;
	*out = rows;
	return 0;
}
