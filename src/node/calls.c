#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/log.h"
#include "docket/cases.h"
#include "docket/docket.h"
#include "formats/card.h"
#include "formats/draft.h"
#include "node/calls.h"
#include "node/registrar_parts.h"
#include "store/entry.h"
#include "store/log.h"

static const struct call_row rows[] = {
	/* clang-format off */
	{ "status", CALL_ALONE, call_status },
	{ "peers", CALL_READS, call_peers },
	{ "cases", CALL_ALONE, call_cases },
	{ "show", CALL_ALONE, call_show },
	{ "wait", CALL_ALONE, call_wait },
	{ "log", CALL_READS, call_log },
	{ "heads", CALL_READS, call_heads },
	{ "statement", CALL_ALONE, call_statement },
	{ "bundle", CALL_READS, call_bundle },
	{ "prepare", CALL_READS, call_prepare },
	{ "lodge", CALL_WRITES, call_lodge },
	{ "peer-prepare", CALL_READS, call_peer_prepare },
	{ "peer-lodge", CALL_WRITES, call_peer_lodge },
	{ "reopen-prepare", CALL_READS, call_reopen_prepare },
	{ "reopen-lodge", CALL_WRITES, call_reopen_lodge },
	{ "credential", CALL_READS, call_credential },
	{ "card-lodge", CALL_WRITES, call_card_lodge },
	{ "erase", CALL_WRITES, call_erase },
	{ "document-put", CALL_WRITES, call_document_put },
	{ "document-get", CALL_READS, call_document_get },
	{ "backup", CALL_ALONE, call_backup },
	{ "rebuild", CALL_ALONE, call_rebuild },
	/* clang-format on */
};

int
calls_read(struct registrar *r, struct asked *asked, struct error *err)
{
	(void)r;
	if (call_parse(&asked->call, asked->payload, err) == -1)
		return -1;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (span_is_text(asked->call.name, rows[i].name))
			asked->row = &rows[i];
	if (asked->row == NULL)
		return error_set(err, E_ROUTE, "no such call");
	asked->is_writer = asked->row->effect == CALL_WRITES;
	asked->is_letter = asked->row->act == call_lodge;
	return 0;
}

/* The answer's JSON as bytes in the turn's arena. */
static int
take_out(struct calling *c, struct error *err)
{
	struct buf buf;
	int rc = -1;

	buf_init(&buf, CALL_JSON_MAX);
	json_write(&buf, c->out);
	if (buf_check(&buf, err) == -1)
		goto out;
	c->asked->call_reply.json = arena_copy(c->arena, buf_span(&buf));
	c->asked->call_reply.bytes = c->out_bytes;
	rc = 0;
out:
	buf_clear(&buf);
	return rc;
}

static int
act(struct registrar *r, struct asked *asked, struct error *err)
{
	struct calling c = {
		.r = r,
		.asked = asked,
		.docket = r->docket,
		.store = r->parts.store,
		.now = r->now,
		.arena = r->arena,
		.bytes = asked->call.bytes,
	};
	struct json *in = NULL;
	int rc = -1;

	c.out = json_object_new();
	if (json_read(&in, asked->call.json, CALL_JSON_MAX, E_USAGE, err) ==
		-1 ||
	    json_reader_of(&c.in, in, "", E_USAGE, err) == -1 ||
	    asked->row->act(&c, err) == -1 || take_out(&c, err) == -1)
		goto out;
	rc = 0;
out:
	json_free(in);
	json_free(c.out);
	return rc;
}

int
calls_do(struct registrar *r, struct asked *asked, struct error *err)
{
	if (asked->row->effect == CALL_ALONE)
		return 0;
	return act(r, asked, err);
}

void
calls_answer(struct registrar *r, struct asked *asked)
{
	struct call_reply *reply = &asked->call_reply;
	struct error err;
	struct buf buf;

	if (!asked->has_failed && asked->row->effect == CALL_ALONE &&
	    act(r, asked, &asked->err) == -1)
		asked->has_failed = true;
	if (asked->has_failed)
		*reply = (struct call_reply){ .code = asked->err.code,
			.detail = span_text(asked->err.detail) };
	buf_init(&buf, CALL_WIRE_MAX);
	if (call_reply_write(&buf, reply, &err) == -1) {
		log_error("an answer to the desk", &err);
		buf_clear(&buf);
		buf_init(&buf, CALL_WIRE_MAX);
		*reply = (struct call_reply){ .code = err.code };
		if (call_reply_write(&buf, reply, &err) == -1)
			registrar_fail(r, &err);
	}
	registrar_send(r, ROLE_DESK, MESSAGE_CALL_REPLY, asked->id,
	    buf_span(&buf));
	buf_clear(&buf);
}

int
calling_peer(struct calling *c, struct span *peer, struct error *err)
{
	const struct card *card = NULL;
	size_t n = docket_peers(c->docket, &card, 1);
	struct span name = { NULL, 0 };

	if (json_get_text(&name, &c->in, "peer", JSON_OPTIONAL, CARD_PARTY_MAX,
		err) == -1)
		return -1;
	if (json_has(&c->in, "peer")) {
		if ((card = docket_peer(c->docket, name)) == NULL)
			return error_set(err, E_PEER_UNKNOWN, "%.*s",
			    (int)name.len, (const char *)name.ptr);
	} else if (n != 1) {
		return error_set(err, E_USAGE,
		    "say which peer: there are %zu of them", n);
	}
	*peer = card->party;
	return 0;
}

void
calling_settle(struct calling *c)
{
	struct error err;

	if (docket_cases_settle(c->docket, &err) == 0)
		return;
	log_error("the projection of cases", &err);
	json_set_flag(c->out, "behind", true);
}

int
calling_sides(struct calling *c, struct span peer, struct span names[2],
    unsigned *ours, struct error *err)
{
	struct log_row *own;

	if (store_log_of(c->store, peer, true, &own, c->arena, err) == -1)
		return -1;
	if (own == NULL)
		return error_set(err, E_PEER_UNKNOWN, "%.*s", (int)peer.len,
		    (const char *)peer.ptr);
	*ours = own->side;
	names[own->side] = docket_self(c->docket)->party;
	names[1 - own->side] = peer;
	return 0;
}

static const struct log_row *
log_of_id(const struct log_row *logs, size_t n, int64_t id)
{
	for (size_t i = 0; i < n; i++)
		if (logs[i].id == id)
			return &logs[i];
	return NULL;
}

/* Entries of one name stand for one; two names are one too many. */
#define FIND_MAX 64

static int
choose(struct calling *c, struct entry_row *entries, size_t n,
    struct span within, struct found *out, struct error *err)
{
	struct log_row *logs;
	size_t logs_n;

	if (store_log_all(c->store, &logs, &logs_n, c->arena, err) == -1)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const struct log_row *log =
		    log_of_id(logs, logs_n, entries[i].log);

		if (log == NULL ||
		    (within.len > 0 && !span_is_equal(log->peer, within)))
			continue;
		if (out->entry != NULL &&
		    !hash_is_equal(&out->leaf, &entries[i].leaf))
			return error_set(err, E_CASE_AMBIGUOUS,
			    "give more digits");
		if (out->entry != NULL && out->entry->verdict == E_NONE)
			continue;
		*out = (struct found){ entries[i].leaf, log->peer, &entries[i],
			log };
	}
	return out->entry == NULL ? error_set(err, E_CASE_UNKNOWN, "not here") :
				    0;
}

int
calling_find(struct calling *c, struct span prefix, bool only_cases,
    struct found *out, struct error *err)
{
	struct span within = { NULL, 0 };
	struct entry_row *entries;
	struct error bad;
	size_t n;

	*out = (struct found){ .entry = NULL };
	if (prefix.len < DRAFT_PREFIX_MIN)
		return error_set(err, E_USAGE,
		    "a case is named by at least %zu digits", DRAFT_PREFIX_MIN);
	if (json_has(&c->in, "peer") && calling_peer(c, &within, err) == -1)
		return -1;
	if (store_entry_search(c->store, prefix, only_cases, FIND_MAX, &entries,
		&n, c->arena, &bad) == -1) {
		if (bad.code == E_SYNTAX)
			return error_set(err, E_USAGE, "not hex digits");
		*err = bad;
		return -1;
	}
	return choose(c, entries, n, within, out, err);
}

int
calling_case(struct calling *c, const struct found *found,
    struct case_view *view, struct error *err)
{
	struct heads *heads = arena_alloc(c->arena, sizeof(*heads));

	if (docket_heads(c->docket, found->peer, heads, c->arena, err) == -1)
		return -1;
	return docket_case(c->docket, found->peer, &found->leaf, heads, c->now,
	    view, c->arena, err);
}

int
calling_limit(struct calling *c, uint64_t *limit, struct error *err)
{
	int64_t given = CALLS_LIST_DEFAULT;

	if (json_get_integer(&given, &c->in, "limit", JSON_OPTIONAL, 1,
		CALLS_LIST_MAX, err) == -1)
		return -1;
	*limit = (uint64_t)given;
	return 0;
}
