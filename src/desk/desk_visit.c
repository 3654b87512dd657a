#include <event2/buffer.h>
#include <event2/http.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "desk/desk_parts.h"
#include "formats/problem.h"
#include "proc/channel.h"

/* The caller has gone: the request is no more, the visit goes on. */
static void
on_gone(struct evhttp_connection *connection, void *ctx)
{
	struct desk *desk = ctx;
	struct visit *v;

	TAILQ_FOREACH (v, &desk->visits, link)
		if (v->http != NULL &&
		    evhttp_request_get_connection(v->http) == connection)
			v->http = NULL;
}

struct visit *
visit_new(struct desk *desk, struct evhttp_request *http)
{
	struct evbuffer *in = evhttp_request_get_input_buffer(http);
	struct arena *arena = arena_new();
	struct visit *v = arena_alloc(arena, sizeof(*v));
	size_t len = evbuffer_get_length(in);

	v->desk = desk;
	v->http = http;
	v->arena = arena;
	if (len > 0)
		v->raw = span_of(evbuffer_pullup(in, -1), len);
	v->raw = arena_copy(arena, v->raw);
	evhttp_connection_set_closecb(evhttp_request_get_connection(http),
	    on_gone, desk);
	TAILQ_INSERT_TAIL(&desk->visits, v, link);
	desk->visits_n++;
	return v;
}

void
visit_free(struct visit *v)
{
	TAILQ_REMOVE(&v->desk->visits, v, link);
	v->desk->visits_n--;
	json_free(v->json);
	json_free(v->leaves);
	arena_free(v->arena);
}

static void
send_reply(struct visit *v, int status, const char *type, struct span body)
{
	struct evkeyvalq *headers;
	struct evbuffer *out;

	if (v->http != NULL) {
		headers = evhttp_request_get_output_headers(v->http);
		out = evhttp_request_get_output_buffer(v->http);
		if (evhttp_add_header(headers, "Content-Type", type) == -1 ||
		    evbuffer_add(out, body.ptr, body.len) == -1)
			mem_die("out of memory");
		evhttp_send_reply(v->http, status, NULL, NULL);
	}
	visit_free(v);
}

void
visit_reply(struct visit *v, struct span json)
{
	send_reply(v, 200, "application/json", json);
}

void
visit_reply_json(struct visit *v, const struct json *json)
{
	struct error err;
	struct buf buf;

	buf_init(&buf, CALL_JSON_MAX);
	json_write(&buf, json);
	if (buf_check(&buf, &err) == -1)
		visit_fail(v, &err);
	else
		visit_reply(v, buf_span(&buf));
	buf_clear(&buf);
}

void
visit_reply_bytes(struct visit *v, struct span bytes, bool is_complete)
{
	if (v->http != NULL)
		evhttp_add_header(evhttp_request_get_output_headers(v->http),
		    "Upload-Complete", is_complete ? "?1" : "?0");
	send_reply(v, 200, "application/octet-stream", bytes);
}

void
visit_fail(struct visit *v, const struct error *why)
{
	struct buf buf;

	buf_init(&buf, PROBLEM_MAX);
	problem_write(&buf, why, true);
	send_reply(v, error_http(why->code), PROBLEM_MEDIA_TYPE,
	    buf_span(&buf));
	buf_clear(&buf);
}

int
visit_read(struct visit *v, struct error *err)
{
	if (v->raw.len == 0)
		v->raw = span_text("{}");
	if (json_read(&v->json, v->raw, DESK_BODY_MAX, E_USAGE, err) == -1)
		return -1;
	return json_reader_of(&v->body, v->json, "", E_USAGE, err);
}

struct span
visit_json(struct visit *v, struct json *json)
{
	struct buf buf;
	struct span out;

	buf_init(&buf, CALL_JSON_MAX);
	json_write(&buf, json);
	out = arena_copy(v->arena, buf_span(&buf));
	buf_clear(&buf);
	json_free(json);
	return out;
}

void
visit_call(struct visit *v, const char *name, struct span json,
    struct span bytes,
    void (*next)(struct visit *v, const struct call_reply *reply,
	const struct error *why))
{
	struct call call = { span_text(name), json, bytes };
	struct error err;
	struct buf buf;
	int rc = -1;

	v->id = ++v->desk->last_id;
	v->next = next;
	buf_init(&buf, CALL_WIRE_MAX);
	if (call_write(&buf, &call, &err) == 0)
		rc = channel_send(v->desk->registrar, MESSAGE_CALL, v->id,
		    buf_span(&buf), &err);
	buf_clear(&buf);
	if (rc == -1)
		visit_fail(v, &err);
}

void
visit_pass(struct visit *v, const struct call_reply *reply,
    const struct error *why)
{
	if (why != NULL)
		visit_fail(v, why);
	else
		visit_reply(v, reply->json);
}
