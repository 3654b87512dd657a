#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/listener.h>

#include "base/log.h"
#include "base/mem.h"
#include "exchange/gate_parts.h"
#include "proc/clock.h"
#include "proc/http.h"

/* While the pool of handshakes is full: milliseconds for those who have said
 * nothing (a client's first bytes follow its connection at once), and for
 * the others (two round trips). */
#define SILENT_MS 200
#define HURRY_MS 1000

/* Without descriptors, milliseconds until the next attempt. */
#define REST_MS 1000

/* Bytes of one request as sent: chunks of a byte each are no way to send. */
#define REQUEST_MAX (2 * GATE_BODY_MAX + GATE_HEADERS_MAX)

static struct guest *
guest_of(struct tls_guest *tls)
{
	return (struct guest *)tls;
}

/* NULL if it is nobody's. */
static struct gate_peer *
find_peer(struct gate *gate, const struct hash *pin)
{
	for (struct gate_peer *p = gate->peers; p != NULL; p = p->next)
		for (unsigned i = 0; i < p->pins_n; i++)
			if (hash_is_equal(&p->pins[i], pin))
				return p;
	return NULL;
}

void
gate_listeners_set(struct gate *gate)
{
	const struct gate_limits *limits = gate->limits;
	bool has_room = gate->has_pins && gate->shy_n < limits->handshakes &&
	    gate->shy_n + gate->known_n < limits->connections &&
	    clock_monotonic_ms() >= gate->accept_after_ms;

	for (size_t i = 0; i < gate->listeners_n; i++)
		if (has_room)
			evconnlistener_enable(gate->listeners[i]);
		else
			evconnlistener_disable(gate->listeners[i]);
}

void
gate_listeners_rest(struct gate *gate)
{
	gate->accept_after_ms = clock_monotonic_ms() + REST_MS;
	gate_listeners_set(gate);
}

/* In the middle of a read, maybe: let that find the socket at its end. */
void
gate_guest_cut(struct guest *guest)
{
	int fd = guest->http == NULL ? -1 : http_fd(guest->http);

	guest->is_cut = true;
	if (fd != -1)
		shutdown(fd, SHUT_RDWR);
}

static bool
on_admits(struct tls_guest *tls, const struct hash *pin)
{
	return find_peer(guest_of(tls)->gate, pin) != NULL;
}

/* From here on it counts as that peer's, which has proved to hold the key. */
static void
on_joined(struct tls_guest *tls)
{
	struct guest *guest = guest_of(tls);
	struct gate *gate = guest->gate;
	struct gate_peer *peer = find_peer(gate, &tls->pin);

	if (peer == NULL ||
	    peer->connections >= gate->limits->peer_connections) {
		gate_guest_cut(guest);
		return;
	}
	guest->peer = peer;
	peer->connections++;
	TAILQ_REMOVE(&gate->shy, guest, next);
	gate->shy_n--;
	TAILQ_INSERT_TAIL(&gate->known, guest, next);
	gate->known_n++;
	gate_listeners_set(gate);
}

static void
on_strayed(struct tls_guest *tls)
{
	gate_guest_cut(guest_of(tls));
}

static void
release_bytes(struct guest *guest)
{
	guest->gate->bytes -= guest->bytes;
	if (guest->peer != NULL)
		guest->peer->bytes -= guest->bytes;
	guest->bytes = 0;
}

static void
on_left(struct tls_guest *tls)
{
	struct guest *guest = guest_of(tls);
	struct gate *gate = guest->gate;

	release_bytes(guest);
	if (guest->peer == NULL) {
		TAILQ_REMOVE(&gate->shy, guest, next);
		gate->shy_n--;
	} else {
		guest->peer->connections--;
		TAILQ_REMOVE(&gate->known, guest, next);
		gate->known_n--;
	}
	free(guest);
	gate_listeners_set(gate);
}

static const struct tls_events events = { on_admits, on_joined, on_strayed,
	on_left };

/* ${n} bytes came in. */
static void
count_bytes(struct guest *guest, size_t n)
{
	struct gate *gate = guest->gate;

	if (guest->request_ms == -1)
		guest->request_ms = clock_monotonic_ms();
	guest->bytes += n;
	gate->bytes += n;
	if (guest->peer != NULL)
		guest->peer->bytes += n;
	if (guest->peer == NULL || guest->bytes > REQUEST_MAX ||
	    guest->peer->bytes > GATE_PEER_BYTES_MAX ||
	    gate->bytes > GATE_BYTES_MAX)
		gate_guest_cut(guest);
}

static void
on_input(struct evbuffer *input UNUSED, const struct evbuffer_cb_info *info,
    void *ctx)
{
	if (info->n_added > 0)
		count_bytes(ctx, info->n_added);
}

/* Its request is answered.  What is there belongs to the next. */
static void
on_answered(void *ctx)
{
	struct guest *guest = ctx;
	size_t more = http_ahead(guest->http);

	release_bytes(guest);
	guest->request_ms = -1;
	if (more > 0)
		count_bytes(guest, more);
}

/* The guest is freed with its TLS connection, a little later. */
static void
on_closed(void *ctx)
{
	struct guest *guest = ctx;

	if (guest->asked != NULL)
		guest->asked->guest = NULL;
	guest->asked = NULL;
	http_free(guest->http);
	guest->http = NULL;
}

static const struct http_handler handler = {
	.head = gate_head,
	.request = gate_request,
	.answered = on_answered,
	.closed = on_closed,
};

void
gate_guest_new(struct gate *gate, int fd)
{
	struct guest *guest = mem_new(sizeof(*guest));
	struct bufferevent *bev;
	struct ssl_st *ssl;
	struct error err;

	guest->tls.events = &events;
	guest->gate = gate;
	guest->since_ms = clock_monotonic_ms();
	guest->request_ms = -1;
	if (tls_server_accept(&ssl, gate->tls, &guest->tls, &err) == -1)
		mem_die(err.detail);
	bev = bufferevent_openssl_socket_new(gate->base, fd, ssl,
	    BUFFEREVENT_SSL_ACCEPTING,
	    BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	if (bev == NULL ||
	    evbuffer_add_cb(bufferevent_get_input(bev), on_input, guest) ==
		NULL)
		mem_die("out of memory");
	TAILQ_INSERT_TAIL(&gate->shy, guest, next);
	gate->shy_n++;
	guest->http = http_new(bev, &handler, guest, gate->limits->idle_ms);
	gate_listeners_set(gate);
}

void
gate_guests_close(struct gate *gate)
{
	struct guest *const firsts[] = { TAILQ_FIRST(&gate->shy),
		TAILQ_FIRST(&gate->known) };

	for (size_t i = 0; i < COUNT_OF(firsts); i++)
		for (struct guest *g = firsts[i]; g != NULL;
		     g = TAILQ_NEXT(g, next))
			on_closed(g);
}

/* Milliseconds that this handshake may take. */
static int64_t
patience(const struct guest *guest)
{
	const struct gate *gate = guest->gate;

	if (gate->shy_n < gate->limits->handshakes)
		return gate->limits->handshake_ms;
	return guest->tls.has_spoken ? HURRY_MS : SILENT_MS;
}

/* Cutting frees later, so the lists stay as they are meanwhile. */
void
gate_guests_sweep(struct gate *gate)
{
	const struct gate_limits *limits = gate->limits;
	int64_t now = clock_monotonic_ms();
	struct guest *guest;
	struct asked *asked, *next;

	TAILQ_FOREACH (guest, &gate->shy, next)
		if (!guest->is_cut && now - guest->since_ms >= patience(guest))
			gate_guest_cut(guest);
	TAILQ_FOREACH (guest, &gate->known, next)
		if (!guest->is_cut && guest->request_ms != -1 &&
		    now - guest->request_ms >= limits->request_ms)
			gate_guest_cut(guest);
	for (asked = TAILQ_FIRST(&gate->asked); asked != NULL; asked = next) {
		next = TAILQ_NEXT(asked, next);
		if (now - asked->since_ms >= limits->reply_ms ||
		    (asked->guest != NULL && asked->guest->is_cut))
			gate_asked_refuse(gate, asked, E_PROC_TIMEOUT);
	}
	gate_listeners_set(gate);
}

static struct gate_peer *
peer_named(struct gate *gate, struct span name)
{
	struct gate_peer *peer;

	for (peer = gate->peers; peer != NULL; peer = peer->next)
		if (span_is_text(name, peer->name))
			return peer;
	peer = mem_new(sizeof(*peer));
	peer->name = mem_new(name.len + 1);
	memcpy(peer->name, name.ptr, name.len);
	peer->next = gate->peers;
	gate->peers = peer;
	return peer;
}

void
gate_peers_set(struct gate *gate, const struct peer_pins *peers, size_t n)
{
	struct gate_peer *peer;
	struct guest *guest;

	for (peer = gate->peers; peer != NULL; peer = peer->next)
		peer->pins_n = 0;
	for (size_t i = 0; i < n; i++) {
		peer = peer_named(gate, peers[i].peer);
		peer->pins_n = peers[i].pins_n;
		memcpy(peer->pins, peers[i].pins, sizeof(peer->pins));
	}
	TAILQ_FOREACH (guest, &gate->known, next)
		if (find_peer(gate, &guest->tls.pin) != guest->peer)
			gate_guest_cut(guest);
}

void
gate_peers_free(struct gate *gate)
{
	struct gate_peer *next;

	for (struct gate_peer *p = gate->peers; p != NULL; p = next) {
		next = p->next;
		free(p->name);
		free(p);
	}
}
