#include "base/arena.h"
#include "base/error.h"
#include "docket/docket.h"
#include "docket/documents.h"
#include "docket/lodge.h"
#include "node/calls.h"
#include "node/registrar_parts.h"
#include "store/document.h"

static int
read_name(struct calling *c, struct span *peer, struct hash *name,
    uint64_t *offset, struct error *err)
{
	if (calling_peer(c, peer, err) == -1 ||
	    json_get_hash(name, &c->in, "sha256", JSON_REQUIRED, err) == -1)
		return -1;
	if (!json_has(&c->in, "offset"))
		return 0;
	return json_get_size(offset, &c->in, "offset", JSON_REQUIRED, err);
}

static int
find_row(struct calling *c, struct span peer, const struct hash *name,
    struct document_row **row, struct error *err)
{
	if (store_document_find(c->store, peer, name, row, c->arena, err) == -1)
		return -1;
	return *row == NULL ?
	    error_set(err, E_DOCUMENT_UNKNOWN, "not of this docket") :
	    0;
}

int
call_document_put(struct calling *c, struct error *err)
{
	struct document_row *row;
	bool is_last = false;
	uint64_t offset = 0;
	struct hash name;
	struct span peer;

	if (read_name(c, &peer, &name, &offset, err) == -1 ||
	    json_get_flag(&is_last, &c->in, "last", JSON_OPTIONAL, err) == -1 ||
	    docket_document_write(c->docket, peer, &name, true, offset,
		c->bytes, is_last, c->now, err) == -1 ||
	    find_row(c, peer, &name, &row, err) == -1)
		return -1;
	json_set_integer(c->out, "held", (int64_t)row->held);
	json_set_flag(c->out, "complete", row->is_complete);
	return 0;
}

int
call_document_get(struct calling *c, struct error *err)
{
	struct document_row *row;
	uint64_t offset = 0;
	struct hash name;
	struct span peer;

	if (read_name(c, &peer, &name, &offset, err) == -1 ||
	    docket_document_read(c->docket, peer, &name, offset, CALL_BYTES_MAX,
		&c->out_bytes, c->arena, err) == -1 ||
	    find_row(c, peer, &name, &row, err) == -1)
		return -1;
	json_set_integer(c->out, "size", (int64_t)row->size);
	json_set_flag(c->out, "complete",
	    offset + c->out_bytes.len >= row->size);
	return 0;
}

/* The record that says so: ground and date, and no more than that. */
static int
lodge_erasure(struct calling *c, struct span peer, const struct hash *name,
    const enum word *ground, struct hash *leaf, struct error *err)
{
	struct draft draft = { .peer = peer,
		.record = { .kind = KIND_ERASURE, .by = WORD_ROLE_NODE } };
	struct fact *facts = draft.record.facts;
	struct span content;

	facts[MEMBER_ERASURE_DOCUMENTS - MEMBER_ERASURE_DOCUMENTS] =
	    (struct fact){ .is_given = true, .n = 1, .hashes = name };
	facts[MEMBER_ERASURE_GROUND - MEMBER_ERASURE_DOCUMENTS] =
	    (struct fact){ .is_given = true, .n = 1, .words = ground };
	facts[MEMBER_ERASURE_DATE - MEMBER_ERASURE_DOCUMENTS] =
	    (struct fact){ .is_given = true, .n = 1, .instant = c->now };
	if (docket_prepare(c->docket, &draft, c->now, &content, c->arena,
		err) == -1)
		return -1;
	return docket_lodge(c->docket, content, c->now, leaf, err);
}

int
call_erase(struct calling *c, struct error *err)
{
	struct document_row *row;
	uint64_t offset = 0;
	struct span peer, text;
	struct hash name, leaf;
	struct error bad;
	enum word ground;

	if (read_name(c, &peer, &name, &offset, err) == -1 ||
	    json_get_text(&text, &c->in, "ground", JSON_REQUIRED, 32, err) ==
		-1 ||
	    find_row(c, peer, &name, &row, err) == -1)
		return -1;
	if (word_find(&ground, VOCABULARY_GROUND, text, &bad) == -1)
		return error_set(err, E_USAGE, "ground: %s", bad.detail);
	if (row->is_erased)
		return error_set(err, E_DOCUMENT_UNKNOWN, "erased already");
	if (lodge_erasure(c, peer, &name, &ground, &leaf, err) == -1 ||
	    docket_document_erase(c->docket, peer, &name, c->now, err) == -1)
		return -1;
	json_set_hash(c->out, "leaf", &leaf);
	c->asked->wake = peer;
	return 0;
}
