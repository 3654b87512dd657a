#include "docket/documents.h"
#include "base/arena.h"
#include "base/error.h"
#include "docket/internal.h"
#include "seal/digest.h"
#include "store/blob.h"
#include "store/document.h"
#include "store/store.h"

/* Read for the digest in pieces of this size. */
#define DIGEST_CHUNK_BYTES ((size_t)1 << 20)

/* A document is of one docket: its file is named by both. */
struct hash
document_file(struct span peer, const struct hash *sha256)
{
	struct span parts[] = { peer, span_of("\n", 1), hash_span(sha256) };

	return digest_parts(parts, COUNT_OF(parts));
}

static int
check_digest(struct docket *docket, const struct hash *file, uint64_t size,
    const struct hash *name, struct error *err)
{
	const struct blob_dir *blobs = docket->parts.blobs;
	struct digest *digest = digest_new();
	struct arena *arena = arena_new();
	struct hash got;
	int rc = -1;

	for (uint64_t at = 0; at < size;) {
		struct span piece;

		arena_reset(arena);
		/* The part may be longer than what was committed of it. */
		if (blobs->read(blobs->ctx, file, true, at,
			size - at < DIGEST_CHUNK_BYTES ? (size_t)(size - at) :
							 DIGEST_CHUNK_BYTES,
			&piece, arena, err) == -1)
			goto out;
		if (piece.len == 0)
			break;
		digest_add(digest, piece);
		at += piece.len;
	}
	digest_end(digest, &got);
	if (!hash_is_equal(&got, name)) {
		error_set(err, E_DOCUMENT_DIGEST, "after %llu bytes",
		    (unsigned long long)size);
		goto out;
	}
	rc = 0;
out:
	digest_free(digest);
	arena_free(arena);
	return rc;
}

/* The row of the document, or a new one that nothing is held of. */
static int
find_or_start(struct docket *docket, struct span peer, const struct hash *name,
    bool is_ours, struct instant now, struct document_row **row,
    struct arena *arena, struct error *err)
{
	struct document_name *naming;

	if (store_document_find(docket->parts.store, peer, name, row, arena,
		err) == -1)
		return -1;
	if (*row != NULL)
		return 0;
	*row = arena_alloc(arena, sizeof(**row));
	(*row)->peer = peer;
	(*row)->sha256 = *name;
	(*row)->is_ours = is_ours;
	(*row)->since = now;
	if (store_document_naming(docket->parts.store, peer, name, &naming,
		arena, err) == -1)
		return -1;
	(*row)->is_named = naming != NULL;
	return 0;
}

static int
check_quota(struct docket *docket, const struct document_row *row, size_t more,
    struct error *err)
{
	uint64_t unnamed;

	if (row->held + more > DOCKET_DOCUMENT_MAX)
		return error_set(err, E_TOO_LARGE, "a document over %llu",
		    (unsigned long long)DOCKET_DOCUMENT_MAX);
	if (row->is_ours || row->is_named)
		return 0;
	if (store_document_unnamed(docket->parts.store, row->peer, &unnamed,
		err) == -1)
		return -1;
	if (unnamed + more > DOCKET_UNNAMED_MAX)
		return error_set(err, E_DOCUMENT_QUOTA, "%llu bytes",
		    (unsigned long long)unnamed);
	return 0;
}

/* The whole is here: it has the digest it is named by, or it goes. */
static int
finish_document(struct docket *docket, struct document_row *row,
    const struct hash *file, struct error *err)
{
	const struct blob_dir *blobs = docket->parts.blobs;
	struct error why;

	if (check_digest(docket, file, row->held, &row->sha256, &why) == -1) {
		*err = why;
		if (why.code != E_DOCUMENT_DIGEST)
			return -1;
		if (blobs->drop(blobs->ctx, file, err) == -1)
			return -1;
		row->held = 0;
		if (store_document_put(docket->parts.store, row, err) == -1)
			return -1;
		*err = why;
		return -1;
	}
	if (blobs->finish(blobs->ctx, file, err) == -1)
		return -1;
	row->size = row->held;
	row->is_complete = true;
	return store_document_put(docket->parts.store, row, err);
}

int
docket_document_write(struct docket *docket, struct span peer,
    const struct hash *name, bool is_ours, uint64_t offset, struct span bytes,
    bool is_last, struct instant now, struct error *err)
{
	const struct blob_dir *blobs = docket->parts.blobs;
	struct hash file = document_file(peer, name);
	struct arena *arena = arena_new();
	struct document_row *row;
	int rc = -1;

	if (find_or_start(docket, peer, name, is_ours, now, &row, arena, err) ==
	    -1)
		goto out;
	if (row->is_complete && !row->is_erased) {
		rc = 0;
		goto out;
	}
	if (row->is_erased) {
		error_set(err, E_DOCUMENT_UNKNOWN, "erased here");
		goto out;
	}
	if (offset != row->held) {
		error_set(err, E_DOCUMENT_OFFSET, "at %llu, not %llu",
		    (unsigned long long)row->held, (unsigned long long)offset);
		goto out;
	}
	/* The first write makes the part, if it is of no bytes. */
	if (check_quota(docket, row, bytes.len, err) == -1 ||
	    ((bytes.len > 0 || offset == 0) &&
		blobs->write(blobs->ctx, &file, offset, bytes, err) == -1))
		goto out;
	row->held += bytes.len;
	if (is_last)
		rc = finish_document(docket, row, &file, err);
	else
		rc = store_document_put(docket->parts.store, row, err);
out:
	arena_free(arena);
	return rc;
}

/* A part that was left behind gives way to the whole. */
int
document_restart(struct docket *docket, struct span peer,
    const struct hash *name, struct error *err)
{
	struct arena *arena = arena_new();
	struct document_row *row;
	int rc = -1;

	if (store_document_find(docket->parts.store, peer, name, &row, arena,
		err) == -1)
		goto out;
	if (row != NULL && !row->is_complete && row->held > 0) {
		row->held = 0;
		if (store_document_put(docket->parts.store, row, err) == -1)
			goto out;
	}
	rc = 0;
out:
	arena_free(arena);
	return rc;
}

int
docket_document_put(struct docket *docket, struct span peer, struct span blob,
    struct instant now, struct hash *name, struct error *err)
{
	*name = digest_of(blob);
	if (document_restart(docket, peer, name, err) == -1)
		return -1;
	return docket_document_write(docket, peer, name, true, 0, blob, true,
	    now, err);
}

int
docket_document_read(struct docket *docket, struct span peer,
    const struct hash *name, uint64_t offset, size_t len, struct span *out,
    struct arena *arena, struct error *err)
{
	const struct blob_dir *blobs = docket->parts.blobs;
	struct hash file = document_file(peer, name);
	struct document_row *row;

	if (store_document_find(docket->parts.store, peer, name, &row, arena,
		err) == -1)
		return -1;
	if (row == NULL || !row->is_complete || row->is_erased)
		return error_set(err, E_DOCUMENT_UNKNOWN, "not held");
	return blobs->read(blobs->ctx, &file, false, offset, len, out, arena,
	    err);
}

int
docket_document_erase(struct docket *docket, struct span peer,
    const struct hash *name, struct instant now, struct error *err)
{
	const struct blob_dir *blobs = docket->parts.blobs;
	struct hash file = document_file(peer, name);
	struct arena *arena = arena_new();
	struct document_row *row;
	int rc = -1;

	if (store_document_find(docket->parts.store, peer, name, &row, arena,
		err) == -1)
		goto out;
	if (row == NULL) {
		error_set(err, E_DOCUMENT_UNKNOWN, "not of this docket");
		goto out;
	}
	row->is_erased = true;
	row->held = 0;
	row->since = now;
	if (store_document_put(docket->parts.store, row, err) == -1 ||
	    blobs->drop(blobs->ctx, &file, err) == -1)
		goto out;
	rc = 0;
out:
	arena_free(arena);
	return rc;
}

int
docket_documents_sweep(struct docket *docket, struct instant now,
    struct error *err)
{
	const struct blob_dir *blobs = docket->parts.blobs;
	struct instant before = instant_add(now, period_of(-DOCKET_UNNAMED_S));
	struct arena *arena = arena_new();
	struct document_row *rows;
	size_t n;
	int rc = -1;

	if (store_document_stale(docket->parts.store, before, &rows, &n, arena,
		err) == -1)
		goto out;
	for (size_t i = 0; i < n; i++) {
		struct hash file = document_file(rows[i].peer, &rows[i].sha256);

		if (store_document_drop(docket->parts.store, rows[i].peer,
			&rows[i].sha256, err) == -1 ||
		    blobs->drop(blobs->ctx, &file, err) == -1)
			goto out;
	}
	rc = 0;
out:
	arena_free(arena);
	return rc;
}
