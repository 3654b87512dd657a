#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/listener.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/mem.h"
#include "exchange/gate.h"
#include "exchange/gate_parts.h"
#include "proc/channel.h"

const struct gate_limits gate_limits_default = {
	.connections = GATE_CONNECTIONS_MAX,
	.handshakes = GATE_HANDSHAKES_MAX,
	.peer_connections = GATE_PEER_CONNECTIONS_MAX,
	.requests = GATE_REQUESTS_MAX,
	.peer_requests = GATE_PEER_REQUESTS_MAX,
	.handshake_ms = GATE_HANDSHAKE_MS,
	.idle_ms = GATE_IDLE_MS,
	.request_ms = GATE_REQUEST_MS,
	.reply_ms = GATE_REPLY_MS,
};

static void
fail(struct gate *gate, const struct error *why)
{
	gate->is_failed = true;
	gate->why = *why;
	event_base_loopbreak(gate->base);
}

static void
take_pins(struct gate *gate, struct span payload)
{
	struct arena *arena = arena_new();
	struct peer_pins *peers;
	struct hash own;
	struct error err;
	size_t n;

	if (peer_pins_parse(&own, &peers, &n, payload, arena, &err) == 0) {
		tls_server_show(gate->tls, &own);
		gate_peers_set(gate, peers, n);
		gate->has_pins = true;
		gate_listeners_set(gate);
	} else {
		fail(gate, &err);
	}
	arena_free(arena);
}

static void
on_registrar(void *ctx, struct channel *channel UNUSED,
    const struct message *message)
{
	struct gate *gate = ctx;

	if (message->type == MESSAGE_PEER_REPLY)
		gate_reply(gate, message);
	else if (message->type == MESSAGE_PINS)
		take_pins(gate, message->payload);
}

static void
on_registrar_closed(void *ctx, struct channel *channel UNUSED,
    const struct error *why)
{
	fail(ctx, why);
}

static const struct channel_handler registrar_handler = {
	.message = on_registrar,
	.closed = on_registrar_closed,
};

static void
on_tick(evutil_socket_t fd UNUSED, short what UNUSED, void *ctx)
{
	gate_guests_sweep(ctx);
}

static void
on_accept(struct evconnlistener *listener UNUSED, evutil_socket_t fd,
    struct sockaddr *from UNUSED, int from_len UNUSED, void *ctx)
{
	gate_guest_new(ctx, fd);
}

/* No more descriptors, most likely. */
static void
on_accept_error(struct evconnlistener *listener UNUSED, void *ctx)
{
	log_line(LOG_LEVEL_WARNING, "a connection could not be taken");
	gate_listeners_rest(ctx);
}

/* They start disabled. */
static void
add_listener(struct gate *gate, int fd)
{
	struct evconnlistener *listener = evconnlistener_new(gate->base,
	    on_accept, gate,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_DISABLED, 0,
	    fd);

	if (listener == NULL)
		mem_die("out of memory");
	evconnlistener_set_error_cb(listener, on_accept_error);
	gate->listeners[gate->listeners_n++] = listener;
}

static void
open_tick(struct gate *gate)
{
	struct timeval tick = { GATE_TICK_MS / 1000,
		(GATE_TICK_MS % 1000) * 1000 };

	gate->tick = event_new(gate->base, -1, EV_PERSIST, on_tick, gate);
	if (gate->tick == NULL || event_add(gate->tick, &tick) == -1)
		mem_die("out of memory");
}

/* What is not handed over is closed by gate_process(). */
static int
gate_open(struct gate *gate, const struct gate_parts *parts, int *supervisor,
    int *registrar, struct error *err)
{
	if (tls_server_new(&gate->tls, parts->pairs, parts->pairs_n, err) == -1)
		return -1;
	if (channel_new(&gate->supervisor, gate->base, *supervisor, ROLE_GATE,
		ROLE_SUPERVISOR, &channel_until_stop, gate->base, err) == -1)
		return -1;
	*supervisor = -1;
	if (channel_new(&gate->registrar, gate->base, *registrar, ROLE_GATE,
		ROLE_REGISTRAR, &registrar_handler, gate, err) == -1)
		return -1;
	*registrar = -1;
	return channel_send(gate->supervisor, MESSAGE_READY, 0, parts->ready,
	    err);
}

/* A connection is freed in the loop, after whoever used it. */
static void
gate_close(struct gate *gate)
{
	size_t n = gate->listeners_n;

	gate_asked_clear(gate, E_BUSY);
	gate->has_pins = false;
	gate->listeners_n = 0;
	while (n > 0)
		evconnlistener_free(gate->listeners[--n]);
	gate_guests_close(gate);
	if (gate->tick != NULL)
		event_free(gate->tick);
	channel_free(gate->registrar);
	channel_free(gate->supervisor);
	event_base_loop(gate->base, EVLOOP_NONBLOCK);
	gate_peers_free(gate);
	tls_server_free(gate->tls);
	event_base_free(gate->base);
}

int
gate_process(const struct gate_parts *parts, struct error *err)
{
	struct gate gate = { .limits = parts->limits };
	int supervisor = parts->supervisor, registrar = parts->registrar;
	int rc = -1;

	TAILQ_INIT(&gate.shy);
	TAILQ_INIT(&gate.known);
	TAILQ_INIT(&gate.asked);
	if ((gate.base = event_base_new()) == NULL)
		mem_die("no event loop");
	if (gate_open(&gate, parts, &supervisor, &registrar, err) == -1)
		goto out;
	open_tick(&gate);
	for (size_t i = 0; i < parts->listeners_n && i < GATE_LISTENERS_MAX;
	     i++)
		add_listener(&gate, parts->listeners[i]);
	event_base_dispatch(gate.base);
	if (gate.is_failed) {
		*err = gate.why;
		goto out;
	}
	rc = 0;
out:
	gate_close(&gate);
	if (supervisor != -1)
		close(supervisor);
	if (registrar != -1)
		close(registrar);
	return rc;
}
