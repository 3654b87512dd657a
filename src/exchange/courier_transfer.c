#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/mem.h"
#include "exchange/courier_parts.h"
#include "exchange/tls.h"
#include "node/peer_wire.h"

/* Idle connections kept beside those in use. */
#define CONNECTIONS_KEPT 64L

struct transfers {
	CURLM *multi;
	struct event_base *base;
	struct event *timer;
	const struct courier_parts *parts;
	struct watch *watches;
};

/* A socket of libcurl's in our loop. */
struct watch {
	struct event *event;
	struct transfers *of;
	struct watch *next, **prev;
};

/* A peer that waits for its next request needs none of it; what keeps the
 * connection is the object of all transfers. */
static void
drop_easy(struct transfer *transfer, struct transfers *transfers)
{
	if (transfer->easy == NULL)
		return;
	curl_multi_remove_handle(transfers->multi, transfer->easy);
	curl_easy_cleanup(transfer->easy);
	transfer->easy = NULL;
}

/* Hand over what is finished. */
static void
collect(struct transfers *transfers)
{
	struct transfer *transfer;
	CURLMsg *message;
	CURLcode code;
	CURL *easy;
	int left;

	while (
	    (message = curl_multi_info_read(transfers->multi, &left)) != NULL) {
		if (message->msg != CURLMSG_DONE)
			continue;
		easy = message->easy_handle;
		code = message->data.result;
		curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
		transfer_conclude(transfer, code);
		drop_easy(transfer, transfers);
		transfer->done(transfer->ctx);
	}
}

static void
act(struct transfers *transfers, curl_socket_t fd, int what)
{
	int running;

	curl_multi_socket_action(transfers->multi, fd, what, &running);
	collect(transfers);
}

static void
on_socket(evutil_socket_t fd, short what, void *ctx)
{
	struct watch *watch = ctx;

	act(watch->of, fd,
	    ((what & EV_READ) != 0 ? CURL_CSELECT_IN : 0) |
		((what & EV_WRITE) != 0 ? CURL_CSELECT_OUT : 0));
}

static void
on_timer(evutil_socket_t fd UNUSED, short what UNUSED, void *ctx)
{
	act(ctx, CURL_SOCKET_TIMEOUT, 0);
}

static void
watch_free(struct watch *watch)
{
	event_free(watch->event);
	*watch->prev = watch->next;
	if (watch->next != NULL)
		watch->next->prev = watch->prev;
	free(watch);
}

static struct watch *
watch_new(struct transfers *transfers)
{
	struct watch *watch = mem_new(sizeof(*watch));

	watch->of = transfers;
	watch->next = transfers->watches;
	watch->prev = &transfers->watches;
	if (watch->next != NULL)
		watch->next->prev = &watch->next;
	transfers->watches = watch;
	return watch;
}

/* libcurl says which sockets to watch, and for what. */
static int
watch_socket(CURL *easy UNUSED, curl_socket_t fd, int what, void *ctx,
    void *socket)
{
	struct transfers *transfers = ctx;
	struct watch *watch = socket;
	short events =
	    (short)(EV_PERSIST | ((what & CURL_POLL_IN) != 0 ? EV_READ : 0) |
		((what & CURL_POLL_OUT) != 0 ? EV_WRITE : 0));

	if (what == CURL_POLL_REMOVE) {
		if (watch != NULL)
			watch_free(watch);
		curl_multi_assign(transfers->multi, fd, NULL);
		return 0;
	}
	if (watch == NULL)
		watch = watch_new(transfers);
	else
		event_free(watch->event);
	watch->event = event_new(transfers->base, fd, events, on_socket, watch);
	if (watch->event == NULL || event_add(watch->event, NULL) == -1)
		mem_die("out of memory");
	curl_multi_assign(transfers->multi, fd, watch);
	return 0;
}

static int
set_timer(CURLM *multi UNUSED, long ms, void *ctx)
{
	struct transfers *transfers = ctx;
	struct timeval after = { ms / 1000, (ms % 1000) * 1000 };

	if (ms < 0)
		event_del(transfers->timer);
	else
		event_add(transfers->timer, &after);
	return 0;
}

int
transfers_new(struct transfers **out, struct event_base *base,
    const struct courier_parts *parts, struct error *err)
{
	struct transfers *transfers;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return error_set(err, E_INTERNAL, "libcurl");
	transfers = mem_new(sizeof(*transfers));
	transfers->base = base;
	transfers->parts = parts;
	transfers->multi = curl_multi_init();
	transfers->timer = event_new(base, -1, 0, on_timer, transfers);
	if (transfers->multi == NULL || transfers->timer == NULL)
		mem_die("out of memory");
	curl_multi_setopt(transfers->multi, CURLMOPT_SOCKETFUNCTION,
	    watch_socket);
	curl_multi_setopt(transfers->multi, CURLMOPT_SOCKETDATA, transfers);
	curl_multi_setopt(transfers->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(transfers->multi, CURLMOPT_TIMERDATA, transfers);
	curl_multi_setopt(transfers->multi, CURLMOPT_MAXCONNECTS,
	    CONNECTIONS_KEPT);
	curl_multi_setopt(transfers->multi, CURLMOPT_PIPELINING,
	    CURLPIPE_NOTHING);
	*out = transfers;
	return 0;
}

void
transfers_free(struct transfers *transfers)
{
	struct watch *next;

	if (transfers == NULL)
		return;
	curl_multi_cleanup(transfers->multi);
	for (struct watch *w = transfers->watches; w != NULL; w = next) {
		next = w->next;
		event_free(w->event);
		free(w);
	}
	event_free(transfers->timer);
	free(transfers);
	curl_global_cleanup();
}

void
transfer_init(struct transfer *transfer, void (*done)(void *ctx), void *ctx)
{
	*transfer = (struct transfer){ .done = done, .ctx = ctx };
	buf_init(&transfer->body, DELIVER_ANSWER_MAX);
}

void
transfer_clear(struct transfer *transfer, struct transfers *transfers)
{
	drop_easy(transfer, transfers);
	curl_slist_free_all(transfer->headers);
	buf_clear(&transfer->body);
}

static void
add_header(struct transfer *transfer, const char *name, const char *value)
{
	char line[PEER_TYPE_MAX + 64];
	struct curl_slist *list;

	snprintf(line, sizeof(line), "%s: %s", name, value);
	if ((list = curl_slist_append(transfer->headers, line)) == NULL)
		mem_die("out of memory");
	transfer->headers = list;
}

/* "Expect:" alone takes it out: it would cost a round trip. */
static void
set_headers(struct transfer *transfer, const struct job *job)
{
	char offset[24];

	curl_slist_free_all(transfer->headers);
	transfer->headers = curl_slist_append(NULL, "Expect:");
	if (transfer->headers == NULL)
		mem_die("out of memory");
	add_header(transfer, "Content-Type",
	    job->type == NULL ? "application/octet-stream" : job->type);
	if (job->has_offset) {
		snprintf(offset, sizeof(offset), "%llu",
		    (unsigned long long)job->offset);
		add_header(transfer, "Upload-Offset", offset);
		add_header(transfer, "Upload-Complete",
		    job->is_complete ? "?1" : "?0");
	}
	curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers);
}

/* RFC 7469's pins in libcurl's form: sha256//BASE64;sha256//BASE64 */
static void
set_pins(struct transfer *transfer, const struct job *job)
{
	struct buf pins;

	buf_init(&pins, sizeof(transfer->pins) - 1);
	for (unsigned i = 0; i < job->pins_n; i++) {
		buf_text(&pins, i == 0 ? "sha256//" : ";sha256//");
		encode_base64(&pins, hash_span(&job->pins[i]));
	}
	if (pins.is_over)
		mem_die("pins do not fit");
	memcpy(transfer->pins, pins.ptr, pins.len);
	transfer->pins[pins.len] = '\0';
	buf_clear(&pins);
	curl_easy_setopt(transfer->easy, CURLOPT_PINNEDPUBLICKEY,
	    transfer->pins);
}

/* The pin is the check: no chain, no name, nothing resumed. */
static void
set_tls(struct transfer *transfer, const struct tls_pair *pair)
{
	struct curl_blob key = { .data = (void *)(uintptr_t)pair->key.ptr,
		.len = pair->key.len,
		.flags = CURL_BLOB_NOCOPY };
	struct curl_blob certificate = {
		.data = (void *)(uintptr_t)pair->certificate.ptr,
		.len = pair->certificate.len,
		.flags = CURL_BLOB_NOCOPY,
	};
	CURL *easy = transfer->easy;

	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION,
	    (long)CURL_SSLVERSION_TLSv1_3);
	curl_easy_setopt(easy, CURLOPT_SSLKEYTYPE, "PEM");
	curl_easy_setopt(easy, CURLOPT_SSLCERTTYPE, "PEM");
	curl_easy_setopt(easy, CURLOPT_SSLKEY_BLOB, &key);
	curl_easy_setopt(easy, CURLOPT_SSLCERT_BLOB, &certificate);
}

static void
set_limits(struct transfer *transfer, const struct courier_limits *limits,
    const struct job *job)
{
	long mib = (long)(job->body.len >> 20);
	CURL *easy = transfer->easy;

	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
	    (long)limits->connect_ms);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
	    (long)limits->request_ms + mib * COURIER_REQUEST_MIB_MS);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME,
	    (long)(limits->silence_ms / 1000));
	curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE,
	    (curl_off_t)DELIVER_ANSWER_MAX);
}

/* Also what a .curlrc, a proxy variable or a redirect would change. */
static void
set_http(struct transfer *transfer)
{
	CURL *easy = transfer->easy;

	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
	    (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->why);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, transfer_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, transfer_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
}

static void
set_method(struct transfer *transfer, const struct job *job)
{
	CURL *easy = transfer->easy;

	switch (job->method) {
	case SERVE_GET:
		curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
		return;
	case SERVE_HEAD:
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
		return;
	case SERVE_PATCH:
	case SERVE_POST:
		break;
	}
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
	    (curl_off_t)job->body.len);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
	    job->body.len == 0 ? "" : (const char *)job->body.ptr);
	if (job->method == SERVE_PATCH)
		curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "PATCH");
}

/* https://HOST:PORT, which came from a card, and the path behind it. */
static int
set_url(struct transfer *transfer, const struct job *job, struct error *err)
{
	struct span endpoint = job->endpoint;
	struct span host = span_skip(endpoint, strlen("https://"));

	if (!span_has_prefix(endpoint, span_text("https://")) || host.len == 0)
		return error_set(err, E_NET, "not an https:// endpoint");
	for (size_t i = 0; i < host.len; i++)
		if (host.ptr[i] <= 0x20 || host.ptr[i] >= 0x7f ||
		    strchr("/?#@\\%\"{}<>", host.ptr[i]) != NULL)
			return error_set(err, E_NET, "not a host and a port");
	if (endpoint.len + strlen(job->path) >= sizeof(transfer->url) ||
	    job->path[0] != '/')
		return error_set(err, E_NET, "no path or too long a one");
	snprintf(transfer->url, sizeof(transfer->url), "%.*s%s",
	    (int)endpoint.len, (const char *)endpoint.ptr, job->path);
	curl_easy_setopt(transfer->easy, CURLOPT_URL, transfer->url);
	return 0;
}

int
transfer_start(struct transfer *transfer, struct transfers *transfers,
    const struct job *job, struct error *err)
{
	const struct courier_parts *parts = transfers->parts;

	if (job->pins_n == 0 || job->pins_n > COUNT_OF(job->pins))
		return error_set(err, E_TLS_PIN, "no pin");
	drop_easy(transfer, transfers);
	if ((transfer->easy = curl_easy_init()) == NULL)
		mem_die("out of memory");
	buf_clear(&transfer->body);
	buf_init(&transfer->body, DELIVER_ANSWER_MAX);
	transfer->answer = (struct job_answer){ .failure = E_NONE };
	transfer->peer = job->peer;
	transfer->headers_len = 0;
	transfer->fault = NULL;
	transfer->why[0] = '\0';
	if (set_url(transfer, job, err) == -1)
		return -1;
	set_http(transfer);
	set_tls(transfer,
	    tls_pair_find(parts->pairs, parts->pairs_n, &job->own));
	set_pins(transfer, job);
	set_limits(transfer, parts->limits, job);
	set_method(transfer, job);
	set_headers(transfer, job);
	if (curl_multi_add_handle(transfers->multi, transfer->easy) != CURLM_OK)
		return error_set(err, E_INTERNAL, "libcurl");
	return 0;
}
