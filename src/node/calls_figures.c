#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "docket/docket.h"
#include "domain/count.h"
#include "formats/statement_json.h"
#include "formats/statement_text.h"
#include "node/calls.h"
#include "store/entry.h"
#include "store/log.h"

/* Bytes of a statement; of two lines of heads. */
#define STATEMENT_MAX ((size_t)1 << 20)
#define HEADS_MAX ((size_t)4 << 10)

/* The whole of ${buf} as the member ${name}. */
static void
set_buf(struct json *out, const char *name, struct buf *buf)
{
	json_set_text(out, name, buf_span(buf));
	buf_clear(buf);
}

int
call_heads(struct calling *c, struct error *err)
{
	struct span peer;
	struct heads heads;
	struct buf buf;

	if (calling_peer(c, &peer, err) == -1 ||
	    docket_heads(c->docket, peer, &heads, c->arena, err) == -1)
		return -1;
	buf_init(&buf, HEADS_MAX);
	docket_heads_write(&buf, &heads);
	set_buf(c->out, "heads", &buf);
	return 0;
}

static int
read_figures(struct calling *c, struct figures *figures, struct error *err)
{
	struct span text = { NULL, 0 };

	if (calling_peer(c, &figures->peer, err) == -1 ||
	    json_get_instant(&figures->from, &c->in, "from", JSON_REQUIRED,
		err) == -1 ||
	    json_get_instant(&figures->to, &c->in, "to", JSON_REQUIRED, err) ==
		-1)
		return -1;
	figures->as_of = figures->to;
	if (json_get_instant(&figures->as_of, &c->in, "as-of", JSON_OPTIONAL,
		err) == -1 ||
	    json_get_flag(&figures->is_exercise, &c->in, "exercise",
		JSON_OPTIONAL, err) == -1 ||
	    json_get_text(&text, &c->in, "heads", JSON_OPTIONAL, HEADS_MAX,
		err) == -1)
		return -1;
	if (!instant_is_before(figures->from, figures->to))
		return error_set(err, E_USAGE, "from has to be before to");
	if (text.len > 0)
		return docket_heads_read(c->docket, figures->peer, text,
		    &figures->heads, c->arena, err);
	return docket_heads(c->docket, figures->peer, &figures->heads, c->arena,
	    err);
}

int
call_statement(struct calling *c, struct error *err)
{
	struct figures figures = { .is_exercise = false };
	struct span format = span_text("json");
	struct statement statement;
	struct buf buf;

	calling_settle(c);
	if (json_get_text(&format, &c->in, "format", JSON_OPTIONAL, 8, err) ==
		-1 ||
	    read_figures(c, &figures, err) == -1)
		return -1;
	if (!span_is_text(format, "json") && !span_is_text(format, "text"))
		return error_set(err, E_USAGE, "format: json or text");
	if (docket_statement(c->docket, &figures, &statement, c->arena, err) ==
	    -1)
		return -1;
	buf_init(&buf, STATEMENT_MAX);
	if (span_is_text(format, "json"))
		statement_json_write(&buf, &statement);
	else
		statement_text_write(&buf, &statement);
	set_buf(c->out, "statement", &buf);
	buf_init(&buf, HEADS_MAX);
	docket_heads_write(&buf, &figures.heads);
	set_buf(c->out, "heads", &buf);
	return 0;
}

static int
list_entry(void *ctx, const struct entry_row *entry, struct error *err)
{
	struct json *list = ctx, *one = json_object_new();

	(void)err;
	json_set_integer(one, "index", (int64_t)entry->index);
	json_set_hash(one, "leaf", &entry->leaf);
	json_set_integer(one, "size", (int64_t)entry->der.len);
	json_set_word(one, "verdict",
	    entry->verdict == E_NONE ? "valid" : error_name(entry->verdict));
	if (entry->verdict == E_NONE) {
		json_set_word(one, "kind", kind_row(entry->kind)->name);
		json_set_instant(one, "at", entry->at);
		if (entry->has_case)
			json_set_hash(one, "case", &entry->case_hash);
	}
	json_add_json(list, one);
	return 0;
}

static int
find_log(struct calling *c, struct log_row **log, struct error *err)
{
	struct span side = span_text("own"), peer;

	if (calling_peer(c, &peer, err) == -1 ||
	    json_get_text(&side, &c->in, "side", JSON_OPTIONAL, 8, err) == -1)
		return -1;
	if (!span_is_text(side, "own") && !span_is_text(side, "theirs"))
		return error_set(err, E_USAGE, "side: own or theirs");
	if (store_log_of(c->store, peer, span_is_text(side, "own"), log,
		c->arena, err) == -1)
		return -1;
	if (*log != NULL)
		return 0;
	error_set(err, E_STORE_CORRUPT, "half a docket");
	return -1;
}

int
call_log(struct calling *c, struct error *err)
{
	struct json *list;
	struct log_row *log;
	uint64_t from = 0, limit, to;

	if (find_log(c, &log, err) == -1 || calling_limit(c, &limit, err) == -1)
		return -1;
	if (json_has(&c->in, "from") &&
	    json_get_size(&from, &c->in, "from", JSON_REQUIRED, err) == -1)
		return -1;
	if (from > log->size)
		from = log->size;
	to = log->size - from < limit ? log->size : from + limit;
	json_set_text(c->out, "origin", log->origin);
	json_set_integer(c->out, "size", (int64_t)log->size);
	json_set_integer(c->out, "head", (int64_t)log->head);
	json_set_integer(c->out, "mirrored", (int64_t)log->mirrored);
	list = json_array_new();
	json_set_json(c->out, "entries", list);
	return store_entry_range(c->store, log->id, from, to, list_entry, list,
	    err);
}
