#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "proc/http.h"
#include "tests/fuzz/fuzz.h"

/*
 * What a client sends on a connection: the requests found in it, and how they
 * are answered, do not depend on the pieces in which it comes.
 *
 * The first byte is the size of the pieces.
 */

#define BODY_MAX ((size_t)64 << 10)
#define HEARD_MAX ((size_t)4 << 20)

static const char *const seeds[] = {
	"\3GET /card HTTP/1.1\r\nHost: a\r\n\r\n"
	"\r\nHEAD /b HTTP/1.1\r\nHost: a\r\n\r\n",
	"\7POST /add-entries HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
	"Expect: 100-continue\r\n\r\nhelloGET /c HTTP/1.0\r\n\r\n",
	"\1PATCH /d HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
	"5;a=b\r\nhello\r\n1\r\n!\r\n0\r\nA: b\r\n\r\n"
	"DELETE /e HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
};

static bool reached;

/* One connection and what it came to. */
struct scene {
	struct event_base *base;
	struct bufferevent *client;
	struct http *http;
	struct buf heard, answers;
	unsigned requests;
	bool is_closed;
};

static int
on_head(void *ctx, const struct http_head *head, size_t *max, struct error *err)
{
	struct scene *scene = ctx;

	if (head->method == HTTP_OTHER) {
		http_add_field(scene->http, "Allow", "GET");
		return error_set(err, E_METHOD, "no");
	}
	*max = BODY_MAX;
	return 0;
}

static void
on_request(void *ctx, const struct http_head *head, struct span body)
{
	struct scene *scene = ctx;

	fuzz_must(body.len <= BODY_MAX);
	fuzz_must(head->is_chunked || body.len == head->length);
	buf_u8(&scene->heard, (uint8_t)head->method);
	buf_u32(&scene->heard, (uint32_t)head->target.len);
	buf_add(&scene->heard, head->target);
	buf_u32(&scene->heard, (uint32_t)body.len);
	buf_add(&scene->heard, body);
	scene->requests++;
	http_answer(scene->http, 200, "text/plain", span_text("ok"));
}

static void
on_closed(void *ctx)
{
	struct scene *scene = ctx;

	scene->is_closed = true;
	http_free(scene->http);
	scene->http = NULL;
}

static const struct http_handler handler = {
	.head = on_head,
	.request = on_request,
	.closed = on_closed,
};

/* Statuses only: "200 200 400 ". */
static void
on_answer(struct bufferevent *bev, void *ctx)
{
	struct evbuffer *in = bufferevent_get_input(bev);
	struct scene *scene = ctx;
	char *line;

	while ((line = evbuffer_readln(in, NULL, EVBUFFER_EOL_CRLF)) != NULL) {
		if (strncmp(line, "HTTP/1.1 ", 9) == 0 &&
		    strncmp(line + 9, "100", 3) != 0)
			buf_printf(&scene->answers, "%.3s ", line + 9);
		free(line);
	}
}

static void
turn(struct scene *scene)
{
	for (int i = 0; i < 8; i++)
		event_base_loop(scene->base, EVLOOP_NONBLOCK);
}

static void
play(struct scene *scene, struct span bytes, size_t piece)
{
	struct bufferevent *pair[2];

	memset(scene, 0, sizeof(*scene));
	buf_init(&scene->heard, HEARD_MAX);
	buf_init(&scene->answers, HEARD_MAX);
	scene->base = event_base_new();
	if (scene->base == NULL ||
	    bufferevent_pair_new(scene->base, BEV_OPT_DEFER_CALLBACKS, pair) ==
		-1)
		mem_die("a pair");
	scene->client = pair[0];
	bufferevent_setcb(pair[0], on_answer, NULL, NULL, scene);
	bufferevent_enable(pair[0], EV_READ | EV_WRITE);
	scene->http = http_new(pair[1], &handler, scene, 1000);
	while (bytes.len > 0 && !scene->is_closed) {
		size_t n = bytes.len < piece ? bytes.len : piece;

		bufferevent_write(scene->client, bytes.ptr, n);
		bytes = span_skip(bytes, n);
		turn(scene);
	}
	turn(scene);
}

static void
end(struct scene *scene)
{
	http_free(scene->http);
	bufferevent_free(scene->client);
	event_base_loop(scene->base, EVLOOP_NONBLOCK);
	event_base_free(scene->base);
	buf_clear(&scene->heard);
	buf_clear(&scene->answers);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span bytes = span_skip(span_of(data, size), 1);
	struct scene whole, cut;

	fuzz_begin();
	reached = false;
	if (size < 2 || size > 4096)
		return 0;
	play(&whole, bytes, bytes.len);
	play(&cut, bytes, data[0] == 0 ? 1 : data[0]);
	fuzz_must(span_is_equal(buf_span(&whole.heard), buf_span(&cut.heard)));
	fuzz_must(
	    span_is_equal(buf_span(&whole.answers), buf_span(&cut.answers)));
	reached = whole.requests > 0;
	end(&whole);
	end(&cut);
	return 0;
}

bool
fuzz_seed(unsigned n, struct buf *out)
{
	if (n >= COUNT_OF(seeds))
		return false;
	buf_text(out, seeds[n]);
	return true;
}

bool
fuzz_reached(void)
{
	return reached;
}
