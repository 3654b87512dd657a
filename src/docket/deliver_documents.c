#include "base/arena.h"
#include "base/error.h"
#include "docket/deliver_internal.h"
#include "ledger/checkpoint.h"
#include "ledger/note.h"
#include "ledger/witness.h"
#include "store/document.h"
#include "store/store.h"

static int
set_taken(struct docket *docket, struct span peer, const struct hash *name,
    bool is_taken, struct arena *arena, struct error *err)
{
	struct document_row *row;

	if (store_document_find(docket->parts.store, peer, name, &row, arena,
		err) == -1)
		return -1;
	/* They may name what we never had: nothing to do. */
	if (row == NULL || !row->is_ours)
		return 0;
	/* Looked for, and not found (recover_documents.c). */
	if (!row->is_complete && !row->is_erased) {
		char text[HASH_TEXT_MAX];

		return error_set(err, E_DOCUMENT_LOST, "%s",
		    hash_write(name, text));
	}
	if (row->is_taken == is_taken)
		return 0;
	row->is_taken = is_taken;
	return store_document_put(docket->parts.store, row, err);
}

int
document_taken(struct docket *docket, struct span peer, const struct hash *name,
    struct arena *arena, struct error *err)
{
	return set_taken(docket, peer, name, true, arena, err);
}

int
documents_missed(struct docket *docket, struct span peer, struct span list,
    struct arena *arena, struct error *err)
{
	while (list.len > 0) {
		size_t n = span_find(list, ',');
		struct hash name;

		if (hash_parse(&name, span_of(list.ptr, n), err) == -1 ||
		    set_taken(docket, peer, &name, false, arena, err) == -1)
			return -1;
		list = span_skip(list, n + 1);
	}
	return 0;
}

int
job_head_size(const struct job *job, uint64_t *size, struct error *err)
{
	struct witness_request request;
	struct arena *arena = arena_new();
	struct checkpoint head;
	struct note *note = arena_alloc(arena, sizeof(*note));
	int rc = -1;

	if (witness_request_parse(&request, job->body, arena, err) == -1 ||
	    note_parse(note, request.note, arena, err) == -1 ||
	    checkpoint_parse(&head, note->text, arena, err) == -1)
		goto out;
	*size = head.size;
	rc = 0;
out:
	arena_free(arena);
	return rc;
}

int
job_document(const struct delivery *d, struct hash *name, struct error *err)
{
	return hash_parse(name,
	    span_skip(span_text(d->job->path), sizeof("/documents/") - 1), err);
}
