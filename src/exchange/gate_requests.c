#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "exchange/gate_parts.h"
#include "exchange/gunzip.h"
#include "formats/problem.h"
#include "node/peer_wire.h"
#include "proc/channel.h"
#include "proc/clock.h"

/* Bytes that may wait for the registrar before the gate says it is busy. */
#define HIGH_WATER (CHANNEL_PENDING_MAX / 2)

/* RFC 9651, 3.3.1: an integer has up to 15 digits. */
#define OFFSET_DIGITS_MAX 15

/* What a busy node asks for, in seconds. */
#define RETRY_AFTER "2"

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

/* NULL if its connection has gone. */
static struct guest *
guest_of(struct evhttp_request *http)
{
	struct evhttp_connection *connection =
	    evhttp_request_get_connection(http);
	struct bufferevent *bev;

	if (connection == NULL)
		return NULL;
	bev = evhttp_connection_get_bufferevent(connection);
	return (struct guest *)tls_guest_of(bufferevent_openssl_get_ssl(bev));
}

static void
on_complete(struct evhttp_request *http, void *ctx UNUSED)
{
	struct guest *guest = guest_of(http);

	if (guest != NULL)
		gate_guest_rest(guest);
}

static void
add_header(struct evhttp_request *http, const char *name, const char *value)
{
	if (evhttp_add_header(evhttp_request_get_output_headers(http), name,
		value) == -1)
		log_line(LOG_LEVEL_WARNING, "no %s in an answer", name);
}

/* The body is left out where HTTP has none.  The request is gone then. */
static void
respond(struct evhttp_request *http, int status, const char *type,
    struct span body, bool is_head)
{
	struct evbuffer *out = evbuffer_new();

	if (out == NULL)
		mem_die("out of memory");
	if (type != NULL)
		add_header(http, "Content-Type", type);
	if (!is_head && status != HTTP_NOCONTENT &&
	    status != HTTP_NOTMODIFIED && status >= HTTP_OK &&
	    evbuffer_add(out, body.ptr, body.len) == -1)
		mem_die("out of memory");
	evhttp_request_set_on_complete_cb(http, on_complete, NULL);
	evhttp_send_reply(http, status, NULL, out);
	evbuffer_free(out);
}

static void
refuse(struct evhttp_request *http, const struct error *why)
{
	bool is_head = evhttp_request_get_command(http) == EVHTTP_REQ_HEAD;
	struct buf problem;

	buf_init(&problem, PROBLEM_MAX);
	problem_write(&problem, why, false);
	if (why->code == E_BUSY)
		add_header(http, "Retry-After", RETRY_AFTER);
	respond(http, error_http(why->code), PROBLEM_MEDIA_TYPE,
	    buf_span(&problem), is_head);
	buf_clear(&problem);
}

static int
read_method(enum serve_method *out, struct evhttp_request *http,
    struct error *err)
{
	enum evhttp_cmd_type command = evhttp_request_get_command(http);

	if (command == EVHTTP_REQ_GET)
		*out = SERVE_GET;
	else if (command == EVHTTP_REQ_HEAD)
		*out = SERVE_HEAD;
	else if (command == EVHTTP_REQ_POST)
		*out = SERVE_POST;
	else if (command == EVHTTP_REQ_PATCH)
		*out = SERVE_PATCH;
	else
		return error_set(err, E_METHOD, "method %d", (int)command);
	return 0;
}

/* A plain path: no query, no host, nothing that is encoded. */
static int
read_path(struct span *out, struct evhttp_request *http, struct error *err)
{
	const char *uri = evhttp_request_get_uri(http);
	struct span path = uri == NULL ? span_of(NULL, 0) : span_text(uri);

	if (path.len == 0 || path.len > PEER_PATH_MAX || path.ptr[0] != '/')
		return error_set(err, E_ROUTE, "no path");
	for (size_t i = 0; i < path.len; i++)
		if (path.ptr[i] <= 0x20 || path.ptr[i] >= 0x7f ||
		    strchr("?#%", path.ptr[i]) != NULL)
			return error_set(err, E_ROUTE, "not a plain path");
	*out = path;
	return 0;
}

/* Upload-Offset and Upload-Complete, structured fields of RFC 9651. */
static int
read_upload(struct serve_request *out, struct evhttp_request *http,
    struct error *err)
{
	struct evkeyvalq *headers = evhttp_request_get_input_headers(http);
	const char *offset = evhttp_find_header(headers, "Upload-Offset");
	const char *complete = evhttp_find_header(headers, "Upload-Complete");
	size_t digits;

	if (offset != NULL) {
		digits = strspn(offset, "0123456789");
		if (digits == 0 || digits > OFFSET_DIGITS_MAX ||
		    offset[digits] != '\0')
			return error_set(err, E_SYNTAX, "Upload-Offset");
		out->offset = strtoull(offset, NULL, 10);
		out->has_offset = true;
	}
	if (complete != NULL) {
		if (strcmp(complete, "?0") != 0 && strcmp(complete, "?1") != 0)
			return error_set(err, E_SYNTAX, "Upload-Complete");
		out->is_complete = complete[1] == '1';
	}
	return 0;
}

/*
 * The body as it was before any compression, in ${plain} if there was one.
 */
static int
read_body(struct serve_request *out, struct evhttp_request *http,
    struct buf *plain, struct error *err)
{
	struct evbuffer *input = evhttp_request_get_input_buffer(http);
	struct evkeyvalq *headers = evhttp_request_get_input_headers(http);
	const char *coding = evhttp_find_header(headers, "Content-Encoding");
	size_t len = evbuffer_get_length(input), max = body_max(out);
	struct span body;

	if (len > max)
		return error_set(err, E_TOO_LARGE, "%zu bytes", len);
	body = span_of(evbuffer_pullup(input, -1), len);
	if (len > 0 && body.ptr == NULL)
		mem_die("out of memory");
	if (coding == NULL) {
		out->body = body;
		return 0;
	}
	if (evutil_ascii_strcasecmp(coding, "gzip") != 0)
		return error_set(err, E_HTTP_ENCODING, "not gzip");
	plain->max = max;
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
ask(struct gate *gate, struct guest *guest, struct evhttp_request *http,
    bool is_head)
{
	struct asked *asked = mem_new(sizeof(*asked));

	*asked = (struct asked){ .id = gate->last_id,
		.http = http,
		.guest = guest,
		.peer = guest->peer,
		.since_ms = clock_monotonic_ms(),
		.is_head = is_head };
	guest->asked = asked;
	guest->peer->requests++;
	TAILQ_INSERT_TAIL(&gate->asked, asked, next);
	gate->asked_n++;
}

/* Frame the request and pass it on. */
static int
pass_on(struct gate *gate, struct guest *guest, struct evhttp_request *http,
    struct error *err)
{
	struct serve_request request = { .offset = 0 };
	struct buf plain, payload;
	int rc = -1;

	buf_init(&plain, GATE_BODY_MAX);
	buf_init(&payload, PEER_WIRE_MAX);
	request.peer = span_text(guest->peer->name);
	if (read_method(&request.method, http, err) == -1 ||
	    read_path(&request.path, http, err) == -1 ||
	    read_upload(&request, http, err) == -1 ||
	    check_room(gate, guest->peer, err) == -1 ||
	    read_body(&request, http, &plain, err) == -1 ||
	    peer_request_write(&payload, &request, err) == -1)
		goto out;
	gate->last_id++;
	if (channel_send(gate->registrar, MESSAGE_PEER_REQUEST, gate->last_id,
		buf_span(&payload), err) == -1)
		goto out;
	ask(gate, guest, http, request.method == SERVE_HEAD);
	rc = 0;
out:
	buf_clear(&payload);
	buf_clear(&plain);
	return rc;
}

void
gate_request(struct evhttp_request *http, void *ctx)
{
	struct gate *gate = ctx;
	struct guest *guest = guest_of(http);
	struct error err;

	if (guest == NULL || guest->peer == NULL || guest->is_cut) {
		error_set(&err, E_PEER_UNKNOWN, "no peer any more");
		refuse(http, &err);
		return;
	}
	if (pass_on(gate, guest, http, &err) == -1)
		refuse(http, &err);
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
	struct evhttp_request *http = asked->http;
	struct error err;

	error_set(&err, code, "request of %s", asked->peer->name);
	log_error("gate", &err);
	asked_free(gate, asked);
	refuse(http, &err);
}

void
gate_asked_clear(struct gate *gate)
{
	struct asked *asked, *next;

	for (asked = TAILQ_FIRST(&gate->asked); asked != NULL; asked = next) {
		next = TAILQ_NEXT(asked, next);
		gate_asked_refuse(gate, asked, E_BUSY);
	}
}

static void
answer(struct gate *gate, struct asked *asked, const struct serve_reply *reply,
    struct arena *arena)
{
	struct evhttp_request *http = asked->http;
	bool is_head = asked->is_head;

	if (reply->missing.len > 0)
		add_header(http, "Demarche-Missing",
		    arena_text(arena, reply->missing));
	if (reply->has_offset) {
		add_header(http, "Upload-Offset",
		    arena_printf(arena, "%" PRIu64, reply->offset));
		add_header(http, "Upload-Complete",
		    reply->is_complete ? "?1" : "?0");
	}
	asked_free(gate, asked);
	respond(http, reply->status, reply->type, reply->body, is_head);
}

/* An answer to a request that was given up is thrown away. */
void
gate_reply(struct gate *gate, const struct message *message)
{
	struct arena *arena = NULL;
	struct serve_reply reply;
	struct asked *asked;
	struct error err;

	asked = TAILQ_FIRST(&gate->asked);
	while (asked != NULL && asked->id != message->id)
		asked = TAILQ_NEXT(asked, next);
	if (asked == NULL)
		return;
	arena = arena_new();
	if (peer_reply_parse(&reply, message->payload, arena, &err) == 0) {
		answer(gate, asked, &reply, arena);
	} else {
		log_error("registrar's reply", &err);
		gate_asked_refuse(gate, asked, E_PROC_MESSAGE);
	}
	arena_free(arena);
}
