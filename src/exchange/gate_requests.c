#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "exchange/gate_parts.h"
#include "exchange/gunzip.h"
#include "node/peer_wire.h"
#include "proc/channel.h"
#include "proc/clock.h"
#include "proc/http.h"

/* Bytes that may wait for the registrar before the gate says it is busy. */
#define HIGH_WATER (CHANNEL_PENDING_MAX / 2)

/* RFC 9651, 3.3.1: an integer has up to 15 digits. */
#define OFFSET_DIGITS_MAX 15

/* Bodies, by method and path; NULL is any other path.  The first fits. */
static const struct body_limit {
	enum serve_method method;
	const char *path;
	size_t max; /* bytes */
} body_limits[] = {
	/* clang-format off */
	{ SERVE_GET,   NULL,              0 },
	{ SERVE_HEAD,  NULL,              0 },
	{ SERVE_PATCH, NULL,              GATE_CHUNK_MAX },
	{ SERVE_POST,  "/add-checkpoint", GATE_CHECKPOINT_MAX },
	{ SERVE_POST,  "/documents",      GATE_CHUNK_MAX },
	{ SERVE_POST,  NULL,              GATE_BODY_MAX },
	/* clang-format on */
};

static size_t
body_max(const struct serve_request *request)
{
	for (size_t i = 0; i < COUNT_OF(body_limits); i++) {
		const struct body_limit *limit = &body_limits[i];

		if (limit->method == request->method &&
		    (limit->path == NULL ||
			span_is_text(request->path, limit->path)))
			return limit->max;
	}
	return 0;
}

/* What HTTP calls the methods of a node. */
static const struct {
	enum http_method method;
	enum serve_method serve;
	const char *name;
} methods[] = {
	{ HTTP_GET, SERVE_GET, "GET" },
	{ HTTP_HEAD, SERVE_HEAD, "HEAD" },
	{ HTTP_POST, SERVE_POST, "POST" },
	{ HTTP_PATCH, SERVE_PATCH, "PATCH" },
};

static int
read_method(enum serve_method *out, const struct http_head *head,
    struct error *err)
{
	for (size_t i = 0; i < COUNT_OF(methods); i++) {
		if (methods[i].method == head->method) {
			*out = methods[i].serve;
			return 0;
		}
	}
	return error_set(err, E_METHOD, "not a method of ours");
}

/* A plain path: no query, no host, nothing that is encoded. */
static int
read_path(struct span *out, const struct http_head *head, struct error *err)
{
	struct span path = head->target;

	if (path.len > PEER_PATH_MAX || path.ptr[0] != '/')
		return error_set(err, E_ROUTE, "no path");
	for (size_t i = 0; i < path.len; i++)
		if (strchr("?#%", path.ptr[i]) != NULL)
			return error_set(err, E_ROUTE, "not a plain path");
	*out = path;
	return 0;
}

static int
read_offset(struct serve_request *out, struct span digits, struct error *err)
{
	if (digits.len == 0 || digits.len > OFFSET_DIGITS_MAX)
		return error_set(err, E_SYNTAX, "Upload-Offset");
	for (size_t i = 0; i < digits.len; i++) {
		if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
			return error_set(err, E_SYNTAX, "Upload-Offset");
		out->offset =
		    10 * out->offset + (uint64_t)(digits.ptr[i] - '0');
	}
	out->has_offset = true;
	return 0;
}

/* Upload-Offset and Upload-Complete, structured fields of RFC 9651. */
static int
read_upload(struct serve_request *out, const struct http_head *head,
    struct error *err)
{
	const struct span *offset, *complete;

	if (http_head_find(&offset, head, "Upload-Offset", err) == -1 ||
	    http_head_find(&complete, head, "Upload-Complete", err) == -1)
		return -1;
	if (offset != NULL && read_offset(out, *offset, err) == -1)
		return -1;
	if (complete == NULL)
		return 0;
	out->is_complete = span_is_text(*complete, "?1");
	if (!out->is_complete && !span_is_text(*complete, "?0"))
		return error_set(err, E_SYNTAX, "Upload-Complete");
	return 0;
}

/* Everything but the body. */
static int
read_head(struct serve_request *out, const struct guest *guest,
    const struct http_head *head, struct error *err)
{
	if (guest->peer == NULL || guest->is_cut)
		return error_set(err, E_PEER_UNKNOWN, "no peer any more");
	*out = (struct serve_request){ .peer = span_text(guest->peer->name) };
	if (read_path(&out->path, head, err) == -1 ||
	    read_method(&out->method, head, err) == -1 ||
	    read_upload(out, head, err) == -1)
		return -1;
	return 0;
}

/*
 * The body as it was before any compression, in ${plain} if there was one.
 */
static int
read_body(struct serve_request *out, const struct http_head *head,
    struct span body, struct buf *plain, struct error *err)
{
	const struct span *coding;

	out->body = body;
	if (http_head_find(&coding, head, "Content-Encoding", err) == -1)
		return -1;
	if (coding == NULL)
		return 0;
	if (coding->len != 4 ||
	    strncasecmp((const char *)coding->ptr, "gzip", 4) != 0)
		return error_set(err, E_HTTP_ENCODING, "not gzip");
	plain->max = body_max(out);
	if (gunzip(plain, body, err) == -1)
		return -1;
	out->body = buf_span(plain);
	return 0;
}

static int
check_room(const struct gate *gate, const struct gate_peer *peer,
    struct error *err)
{
	if (peer->requests >= gate->limits->peer_requests ||
	    gate->asked_n >= gate->limits->requests ||
	    channel_pending(gate->registrar) > HIGH_WATER)
		return error_set(err, E_BUSY, "%u requests, %u of %s",
		    gate->asked_n, peer->requests, peer->name);
	return 0;
}

static void
ask(struct gate *gate, struct guest *guest)
{
	struct asked *asked = mem_new(sizeof(*asked));

	*asked = (struct asked){ .id = gate->last_id,
		.guest = guest,
		.peer = guest->peer,
		.since_ms = clock_monotonic_ms() };
	guest->asked = asked;
	guest->peer->requests++;
	TAILQ_INSERT_TAIL(&gate->asked, asked, next);
	gate->asked_n++;
}

/* Frame the request and pass it on. */
static int
pass_on(struct gate *gate, struct guest *guest, const struct http_head *head,
    struct span body, struct error *err)
{
	struct serve_request request;
	struct buf plain, payload;
	int rc = -1;

	buf_init(&plain, GATE_BODY_MAX);
	buf_init(&payload, PEER_WIRE_MAX);
	if (read_head(&request, guest, head, err) == -1 ||
	    check_room(gate, guest->peer, err) == -1 ||
	    read_body(&request, head, body, &plain, err) == -1 ||
	    peer_request_write(&payload, &request, err) == -1)
		goto out;
	gate->last_id++;
	if (channel_send(gate->registrar, MESSAGE_PEER_REQUEST, gate->last_id,
		buf_span(&payload), err) == -1)
		goto out;
	ask(gate, guest);
	rc = 0;
out:
	buf_clear(&payload);
	buf_clear(&plain);
	return rc;
}

/* RFC 9110, 10.2.1: what may be asked of that path instead. */
static void
add_allow(struct guest *guest, struct span path)
{
	unsigned allowed = serve_methods(path);
	struct buf names;

	buf_init(&names, PEER_PATH_MAX);
	for (size_t i = 0; i < COUNT_OF(methods); i++)
		if ((allowed & 1u << methods[i].serve) != 0)
			buf_printf(&names, "%s%s", names.len > 0 ? ", " : "",
			    methods[i].name);
	buf_u8(&names, '\0');
	http_add_field(guest->http, "Allow", (const char *)names.ptr);
	buf_clear(&names);
}

int
gate_head(void *ctx, const struct http_head *head, size_t *max,
    struct error *err)
{
	struct guest *guest = ctx;
	struct serve_request request;

	if (read_head(&request, guest, head, err) == -1) {
		if (err->code == E_METHOD)
			add_allow(guest, head->target);
		return -1;
	}
	if ((serve_methods(request.path) & 1u << request.method) == 0) {
		add_allow(guest, request.path);
		return error_set(err, E_METHOD, "not of that address");
	}
	*max = body_max(&request);
	return 0;
}

void
gate_request(void *ctx, const struct http_head *head, struct span body)
{
	struct guest *guest = ctx;
	struct error err;

	if (pass_on(guest->gate, guest, head, body, &err) == -1)
		http_refuse(guest->http, &err);
}

/* Take it off the list.  Its request is left to be answered. */
static void
asked_free(struct gate *gate, struct asked *asked)
{
	if (asked->guest != NULL)
		asked->guest->asked = NULL;
	asked->peer->requests--;
	TAILQ_REMOVE(&gate->asked, asked, next);
	gate->asked_n--;
	free(asked);
}

void
gate_asked_refuse(struct gate *gate, struct asked *asked, enum error_code code)
{
	struct guest *guest = asked->guest;
	struct error err;

	error_set(&err, code, "request of %s", asked->peer->name);
	log_error("gate", &err);
	asked_free(gate, asked);
	if (guest != NULL)
		http_refuse(guest->http, &err);
}

void
gate_asked_clear(struct gate *gate, enum error_code code)
{
	struct asked *asked, *next;

	for (asked = TAILQ_FIRST(&gate->asked); asked != NULL; asked = next) {
		next = TAILQ_NEXT(asked, next);
		gate_asked_refuse(gate, asked, code);
	}
}

static void
answer(struct guest *guest, const struct serve_reply *reply,
    struct arena *arena)
{
	struct http *http = guest->http;

	if (reply->missing.len > 0)
		http_add_field(http, "Demarche-Missing",
		    arena_text(arena, reply->missing));
	if (reply->has_offset) {
		http_add_field(http, "Upload-Offset",
		    arena_printf(arena, "%" PRIu64, reply->offset));
		http_add_field(http, "Upload-Complete",
		    reply->is_complete ? "?1" : "?0");
	}
	http_answer(http, reply->status, reply->type, reply->body);
}

/* An answer to a request that was given up is thrown away. */
void
gate_reply(struct gate *gate, const struct message *message)
{
	struct arena *arena = NULL;
	struct serve_reply reply;
	struct asked *asked;
	struct guest *guest;
	struct error err;

	asked = TAILQ_FIRST(&gate->asked);
	while (asked != NULL && asked->id != message->id)
		asked = TAILQ_NEXT(asked, next);
	if (asked == NULL)
		return;
	guest = asked->guest;
	arena = arena_new();
	if (peer_reply_parse(&reply, message->payload, arena, &err) == 0) {
		asked_free(gate, asked);
		if (guest != NULL)
			answer(guest, &reply, arena);
	} else {
		log_error("registrar's reply", &err);
		gate_asked_refuse(gate, asked, E_PROC_MESSAGE);
	}
	arena_free(arena);
}
