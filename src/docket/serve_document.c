#include "base/arena.h"
#include "base/cursor.h"
#include "base/error.h"
#include "docket/documents.h"
#include "docket/internal.h"
#include "docket/serve_internal.h"
#include "seal/digest.h"
#include "store/blob.h"
#include "store/document.h"
#include "store/store.h"

/* POST /documents: u32 length and blob, one behind the other. */
int
serve_documents(struct docket *docket, struct serve_call *call,
    struct error *err)
{
	struct cursor cursor = cursor_of(call->request->body);

	if (call->request->body.len > SERVE_CHUNK_MAX)
		return error_set(err, E_TOO_LARGE, "a batch of %zu bytes",
		    call->request->body.len);
	while (cursor.rest.len > 0) {
		uint32_t len = cursor_u32(&cursor);
		struct span blob = cursor_bytes(&cursor, len);
		struct hash name;

		if (cursor.is_short)
			return error_set(err, E_SYNTAX, "a blob is cut off");
		name = digest_of(blob);
		if (document_restart(docket, call->request->peer, &name, err) ==
			-1 ||
		    docket_document_write(docket, call->request->peer, &name,
			false, 0, blob, true, call->now, err) == -1)
			return -1;
	}
	call->reply->status = 204;
	return 0;
}

/* The resumable upload's state, for HEAD and after PATCH. */
static int
tell_offset(struct docket *docket, struct serve_call *call,
    const struct hash *name, struct error *err)
{
	struct document_row *row;

	if (store_document_find(docket->parts.store, call->request->peer, name,
		&row, call->arena, err) == -1)
		return -1;
	call->reply->has_offset = true;
	call->reply->status = row == NULL ? 404 : 204;
	if (row != NULL) {
		call->reply->offset = row->held;
		call->reply->is_complete = row->is_complete;
	}
	return 0;
}

static int
patch(struct docket *docket, struct serve_call *call, const struct hash *name,
    struct error *err)
{
	const struct serve_request *request = call->request;
	struct error why;

	if (!request->has_offset)
		return error_set(err, E_SYNTAX, "no Upload-Offset");
	if (request->body.len > SERVE_CHUNK_MAX)
		return error_set(err, E_TOO_LARGE, "a piece of %zu bytes",
		    request->body.len);
	if (docket_document_write(docket, request->peer, name, false,
		request->offset, request->body, request->is_complete, call->now,
		&why) == 0)
		return tell_offset(docket, call, name, err);
	/* Where the sender has to go on. */
	if (why.code == E_DOCUMENT_OFFSET &&
	    tell_offset(docket, call, name, err) == -1)
		return -1;
	*err = why;
	return -1;
}

static int
get(struct docket *docket, struct serve_call *call, const struct hash *name,
    struct error *err)
{
	if (docket_document_read(docket, call->request->peer, name,
		call->request->has_offset ? call->request->offset : 0,
		SERVE_CHUNK_MAX, &call->reply->body, call->arena, err) == -1)
		return -1;
	call->reply->type = "application/octet-stream";
	if (tell_offset(docket, call, name, err) == -1)
		return -1;
	call->reply->status = 200;
	return 0;
}

int
serve_document(struct docket *docket, struct serve_call *call,
    struct error *err)
{
	struct span name =
	    span_skip(call->request->path, sizeof("/documents/") - 1);
	struct error bad;
	struct hash hash;

	if (hash_parse(&hash, name, &bad) == -1)
		return error_set(err, E_ROUTE, "not a digest");
	if (call->request->method == SERVE_HEAD)
		return tell_offset(docket, call, &hash, err);
	if (call->request->method == SERVE_PATCH)
		return patch(docket, call, &hash, err);
	return get(docket, call, &hash, err);
}
