#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/instant.h"
#include "base/mem.h"
#include "formats/problem.h"
#include "proc/clock.h"
#include "proc/http.h"

/* What a busy node asks for, in seconds. */
#define RETRY_AFTER "2"

/* "Sun, 06 Nov 1994 08:49:37 GMT" */
#define DATE_SIZE 30
#define DAY_S 86400
#define THURSDAY 4 /* 1970-01-01 */

enum state {
	STATE_HEAD,
	STATE_BODY,       /* of a length that was told */
	STATE_CHUNK_LINE, /* before a chunk */
	STATE_CHUNK,      /* and its CRLF */
	STATE_TRAILER,    /* lines after the last chunk */
	STATE_ASKED,      /* the owner has the request */
	STATE_ANSWER,     /* is being written */
	STATE_LINGER,     /* what comes is thrown away */
	STATE_CLOSED,     /* the owner was told */
	STATE_COUNT,
};

struct http {
	struct bufferevent *bev;
	const struct http_handler *handler;
	void *ctx;
	int64_t idle_ms;
	enum state state;
	struct buf text;       /* of the head */
	struct http_head head; /* in it */
	struct buf body;       /* of chunks */
	size_t body_max, chunk, trailer;
	size_t looked; /* bytes of a head not yet whole that were looked at */
	struct buf fields; /* of the answer */
	bool has_line;     /* the request line was looked at */
	bool is_short;     /* part of the request is not read */
	int64_t linger_end_ms;
};

static struct evbuffer *
input(const struct http *http)
{
	return bufferevent_get_input(http->bev);
}

/* The first ${size} bytes that came, in one piece. */
static struct span
first(const struct http *http, size_t size)
{
	const uint8_t *ptr =
	    size == 0 ? NULL : evbuffer_pullup(input(http), (ev_ssize_t)size);

	if (size > 0 && ptr == NULL)
		mem_die("out of memory");
	return span_of(ptr, size);
}

static void
drain(struct http *http, size_t size)
{
	if (evbuffer_drain(input(http), size) == -1)
		mem_die("an evbuffer");
}

static void
set_idle(struct http *http, int64_t ms)
{
	struct timeval tv = { ms / 1000, (ms % 1000) * 1000 };

	bufferevent_set_timeouts(http->bev, &tv, &tv);
}

static void
tell_closed(struct http *http)
{
	if (http->state == STATE_CLOSED)
		return;
	http->state = STATE_CLOSED;
	bufferevent_disable(http->bev, EV_READ | EV_WRITE);
	http->handler->closed(http->ctx);
}

/* The rest of the request is not looked at: nothing can follow it. */
static bool
refuse_short(struct http *http, const struct error *why)
{
	http->is_short = true;
	http_refuse(http, why);
	return true;
}

/* The size of the first line, its LF included; 0 if it has not come. */
static size_t
line_size(struct http *http)
{
	struct evbuffer_ptr end = evbuffer_search(input(http), "\n", 1, NULL);

	return end.pos == -1 ? 0 : (size_t)end.pos + 1;
}

/* Bytes of the head with its blank line, 0 if that has not come. */
static size_t
head_size(struct http *http)
{
	size_t len = evbuffer_get_length(input(http));
	size_t from = http->looked < 2 ? 0 : http->looked - 2;
	const uint8_t *at;

	if (len > HTTP_HEAD_MAX)
		len = HTTP_HEAD_MAX;
	at = first(http, len).ptr;
	for (size_t i = from; i + 1 < len; i++) {
		if (at[i] != '\n')
			continue;
		if (at[i + 1] == '\n')
			return i + 2;
		if (i + 2 < len && at[i + 1] == '\r' && at[i + 2] == '\n')
			return i + 3;
	}
	http->looked = len;
	return 0;
}

/* RFC 9112, 2.2: empty lines before a request do not count. */
static void
skip_blank(struct http *http)
{
	while (evbuffer_get_length(input(http)) >= 2 &&
	    memcmp(first(http, 2).ptr, "\r\n", 2) == 0) {
		drain(http, 2);
		http->looked = 0;
	}
}

static void
deliver(struct http *http, struct span body)
{
	http->state = STATE_ASKED;
	http->handler->request(http->ctx, &http->head, body);
}

/* What follows a head that was taken. */
static bool
begin_body(struct http *http)
{
	const struct http_head *head = &http->head;

	if (!head->is_chunked && head->length == 0) {
		deliver(http, span_of(NULL, 0));
		return true;
	}
	if (head->expects_answer && evbuffer_get_length(input(http)) == 0 &&
	    bufferevent_write(http->bev, "HTTP/1.1 100 Continue\r\n\r\n", 25) ==
		-1)
		mem_die("out of memory");
	http->state = head->is_chunked ? STATE_CHUNK_LINE : STATE_BODY;
	http->trailer = 0;
	buf_init(&http->body, http->body_max);
	return true;
}

/* Refused now, a request without a body leaves the connection as it is. */
static bool
take_head(struct http *http)
{
	struct http_head *head = &http->head;
	struct error err;

	if (http_head_parse(head, buf_span(&http->text), &err) == -1)
		return refuse_short(http, &err);
	http->body_max = 0;
	if (http->handler->head(http->ctx, head, &http->body_max, &err) == -1) {
		http->is_short = head->is_chunked || head->length > 0;
		http_refuse(http, &err);
		return true;
	}
	if (head->length > http->body_max) {
		error_set(&err, E_TOO_LARGE, "%llu bytes, at most %zu",
		    (unsigned long long)head->length, http->body_max);
		return refuse_short(http, &err);
	}
	return begin_body(http);
}

/* A request line that is none is answered before the rest comes. */
static int
look_at_line(struct http *http, struct error *err)
{
	size_t size = line_size(http);

	if (http->has_line || size == 0 || size > HTTP_HEAD_MAX)
		return 0;
	http->has_line = true;
	return http_line_check(first(http, size), err);
}

static bool
read_head(struct http *http)
{
	struct error err;
	size_t size;

	if (!http->has_line)
		skip_blank(http);
	if (look_at_line(http, &err) == -1)
		return refuse_short(http, &err);
	size = head_size(http);
	if (size == 0) {
		if (evbuffer_get_length(input(http)) < HTTP_HEAD_MAX)
			return false;
		error_set(&err, E_HTTP_HEAD, "over %zu bytes", HTTP_HEAD_MAX);
		return refuse_short(http, &err);
	}
	buf_add(&http->text, first(http, size));
	drain(http, size);
	return take_head(http);
}

static bool
read_body(struct http *http)
{
	size_t size = (size_t)http->head.length;

	if (evbuffer_get_length(input(http)) < size)
		return false;
	deliver(http, first(http, size));
	drain(http, size);
	return true;
}

/* A line of at most ${max} bytes, not drained; false if there is none yet. */
static bool
read_line(struct http *http, size_t max, struct span *line, bool *is_refused)
{
	size_t size = line_size(http);
	struct error err;

	*is_refused =
	    size > max || (size == 0 && evbuffer_get_length(input(http)) > max);
	if (*is_refused) {
		error_set(&err, E_HTTP_REQUEST, "a line of over %zu bytes",
		    max);
		return refuse_short(http, &err);
	}
	*line = first(http, size);
	return size > 0;
}

static bool
read_chunk_line(struct http *http)
{
	struct span line;
	struct error err;
	bool is_refused;

	if (!read_line(http, HTTP_CHUNK_LINE_MAX, &line, &is_refused))
		return false;
	if (is_refused)
		return true;
	if (http_chunk_parse(&http->chunk, line, &err) == -1)
		return refuse_short(http, &err);
	drain(http, line.len);
	if (http->chunk > http->body_max - http->body.len) {
		error_set(&err, E_TOO_LARGE, "over %zu bytes", http->body_max);
		return refuse_short(http, &err);
	}
	http->state = http->chunk == 0 ? STATE_TRAILER : STATE_CHUNK;
	return true;
}

static bool
read_chunk(struct http *http)
{
	struct span bytes;
	struct error err;

	if (evbuffer_get_length(input(http)) < http->chunk + 2)
		return false;
	bytes = first(http, http->chunk + 2);
	if (memcmp(bytes.ptr + http->chunk, "\r\n", 2) != 0) {
		error_set(&err, E_HTTP_REQUEST, "a chunk without its end");
		return refuse_short(http, &err);
	}
	buf_add(&http->body, span_of(bytes.ptr, http->chunk));
	drain(http, bytes.len);
	http->state = STATE_CHUNK_LINE;
	return true;
}

/* RFC 9112, 7.1.2: what they say is of no use here. */
static bool
read_trailer(struct http *http)
{
	struct span line;
	bool is_refused, is_end;

	if (!read_line(http, HTTP_HEAD_MAX - http->trailer, &line, &is_refused))
		return false;
	if (is_refused)
		return true;
	is_end = span_is_text(line, "\r\n");
	http->trailer += line.len;
	drain(http, line.len);
	if (!is_end)
		return true;
	deliver(http, buf_span(&http->body));
	buf_clear(&http->body);
	return true;
}

/* Requests sent ahead wait; many of them wait with their sender. */
static bool
hold(struct http *http)
{
	if (evbuffer_get_length(input(http)) > HTTP_AHEAD_MAX)
		bufferevent_disable(http->bev, EV_READ);
	return false;
}

static bool
throw_away(struct http *http)
{
	drain(http, evbuffer_get_length(input(http)));
	if (clock_monotonic_ms() >= http->linger_end_ms)
		tell_closed(http);
	return false;
}

static bool
do_nothing(struct http *http UNUSED)
{
	return false;
}

/* What is done with what came; false: no more for now. */
static bool (*const steps[STATE_COUNT])(struct http *http) = {
	[STATE_HEAD] = read_head,
	[STATE_BODY] = read_body,
	[STATE_CHUNK_LINE] = read_chunk_line,
	[STATE_CHUNK] = read_chunk,
	[STATE_TRAILER] = read_trailer,
	[STATE_ASKED] = hold,
	[STATE_ANSWER] = hold,
	[STATE_LINGER] = throw_away,
	[STATE_CLOSED] = do_nothing,
};

static void
on_read(struct bufferevent *bev UNUSED, void *ctx)
{
	struct http *http = ctx;

	while (steps[http->state](http))
		;
}

static void
expect_head(struct http *http)
{
	http->state = STATE_HEAD;
	http->looked = 0;
	http->has_line = false;
	memset(&http->head, 0, sizeof(http->head));
	buf_clear(&http->text);
	buf_init(&http->text, HTTP_HEAD_MAX);
}

/* The answer has left. */
static void
on_write(struct bufferevent *bev, void *ctx)
{
	struct http *http = ctx;

	if (http->state != STATE_ANSWER ||
	    evbuffer_get_length(bufferevent_get_output(bev)) > 0)
		return;
	if (http->handler->answered != NULL)
		http->handler->answered(http->ctx);
	if (http->is_short) {
		http->state = STATE_LINGER;
		http->linger_end_ms = clock_monotonic_ms() + HTTP_LINGER_MS;
		set_idle(http, HTTP_LINGER_MS);
	} else if (http->head.is_last) {
		tell_closed(http);
		return;
	} else {
		expect_head(http);
	}
	bufferevent_enable(bev, EV_READ);
	on_read(bev, http);
}

/* How long the owner takes to answer is not the client's silence. */
static void
on_event(struct bufferevent *bev, short what, void *ctx)
{
	struct http *http = ctx;

	if ((what & BEV_EVENT_TIMEOUT) != 0 &&
	    (what & BEV_EVENT_READING) != 0 &&
	    (http->state == STATE_ASKED || http->state == STATE_ANSWER))
		bufferevent_enable(bev, EV_READ);
	else if ((what &
		     (BEV_EVENT_EOF | BEV_EVENT_ERROR | BEV_EVENT_TIMEOUT)) !=
	    0)
		tell_closed(http);
}

struct http *
http_new(struct bufferevent *bev, const struct http_handler *handler, void *ctx,
    int64_t idle_ms)
{
	struct http *http = mem_new(sizeof(*http));

	http->bev = bev;
	http->handler = handler;
	http->ctx = ctx;
	http->idle_ms = idle_ms;
	expect_head(http);
	buf_init(&http->fields, HTTP_FIELDS_SIZE_MAX);
	bufferevent_setcb(bev, on_read, on_write, on_event, http);
	set_idle(http, idle_ms);
	bufferevent_enable(bev, EV_READ | EV_WRITE);
	return http;
}

void
http_free(struct http *http)
{
	if (http == NULL)
		return;
	bufferevent_setcb(http->bev, NULL, NULL, NULL, NULL);
	bufferevent_free(http->bev);
	buf_clear(&http->text);
	buf_clear(&http->body);
	buf_clear(&http->fields);
	free(http);
}

void
http_add_field(struct http *http, const char *name, const char *value)
{
	buf_printf(&http->fields, "%s: %s\r\n", name, value);
}

/* IMF-fixdate of RFC 9110, 5.6.7, by the system's clock. */
static const char *
date_write(char out[DATE_SIZE])
{
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu",
		"Fri", "Sat" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May",
		"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	struct clock system = { .fd = -1 };
	struct instant now = clock_now(&system);
	char text[INSTANT_TEXT_MAX];
	int month;

	instant_write(now, text);
	month = 10 * (text[5] - '0') + text[6] - '0';
	snprintf(out, DATE_SIZE, "%s, %.2s %s %.4s %.8s GMT",
	    days[(now.s / DAY_S % 7 + 7 + THURSDAY) % 7], text + 8,
	    months[month - 1], text, text + 11);
	return out;
}

void
http_answer(struct http *http, int status, const char *type, struct span body)
{
	struct evbuffer *out = bufferevent_get_output(http->bev);
	bool is_head = http->head.method == HTTP_HEAD;
	char date[DATE_SIZE];

	assert(http->state != STATE_ANSWER);
	if (http->state == STATE_CLOSED)
		return;
	http_add_field(http, "Date", date_write(date));
	if (type != NULL)
		http_add_field(http, "Content-Type", type);
	/* A HEAD tells the length if its GET's is known, a 204 has none. */
	if (status != 204 && status != 304 && (!is_head || body.len > 0))
		buf_printf(&http->fields, "Content-Length: %zu\r\n", body.len);
	if (http->is_short || http->head.is_last)
		http_add_field(http, "Connection", "close");
	http->state = STATE_ANSWER;
	if (evbuffer_add_printf(out, "HTTP/1.1 %d \r\n%.*s\r\n", status,
		(int)http->fields.len, (const char *)http->fields.ptr) == -1 ||
	    (!is_head && body.len > 0 &&
		evbuffer_add(out, body.ptr, body.len) == -1))
		mem_die("out of memory");
	http->fields.len = 0;
}

void
http_refuse(struct http *http, const struct error *why)
{
	struct buf problem;

	buf_init(&problem, PROBLEM_MAX);
	problem_write(&problem, why, http->handler->tells_detail);
	if (why->code == E_BUSY)
		http_add_field(http, "Retry-After", RETRY_AFTER);
	http_answer(http, error_http(why->code), PROBLEM_MEDIA_TYPE,
	    buf_span(&problem));
	buf_clear(&problem);
}

int
http_fd(const struct http *http)
{
	return bufferevent_getfd(http->bev);
}

size_t
http_ahead(const struct http *http)
{
	return evbuffer_get_length(input(http));
}
