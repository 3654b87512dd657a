#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "desk/desk_parts.h"
#include "proc/channel.h"
#include "proc/http.h"

struct visit *
visit_new(struct caller *caller, struct span body)
{
	struct desk *desk = caller->desk;
	struct arena *arena = arena_new();
	struct visit *v = arena_alloc(arena, sizeof(*v));

	v->desk = desk;
	v->caller = caller;
	v->arena = arena;
	v->raw = arena_copy(arena, body);
	caller->visit = v;
	TAILQ_INSERT_TAIL(&desk->visits, v, link);
	desk->visits_n++;
	return v;
}

void
visit_free(struct visit *v)
{
	if (v->caller != NULL)
		v->caller->visit = NULL;
	TAILQ_REMOVE(&v->desk->visits, v, link);
	v->desk->visits_n--;
	json_free(v->json);
	json_free(v->leaves);
	arena_free(v->arena);
}

static void
send_reply(struct visit *v, const char *type, struct span body)
{
	if (v->caller != NULL)
		http_answer(v->caller->http, 200, type, body);
	visit_free(v);
}

void
visit_reply(struct visit *v, struct span json)
{
	send_reply(v, "application/json", json);
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
	if (v->caller != NULL)
		http_add_field(v->caller->http, "Upload-Complete",
		    is_complete ? "?1" : "?0");
	send_reply(v, "application/octet-stream", bytes);
}

void
visit_fail(struct visit *v, const struct error *why)
{
	if (v->caller != NULL)
		http_refuse(v->caller->http, why);
	visit_free(v);
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
