#pragma once

/*
 * gate_parts: what the files of the gate share.  Not for others.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/attr.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/span.h"
#include "exchange/gate.h"
#include "exchange/tls.h"
#include "proc/message.h"

struct asked;
struct bufferevent;
struct channel;
struct evconnlistener;
struct event;
struct event_base;
struct http;
struct http_head;

/* A peer, kept under its name for as long as the process lives. */
struct gate_peer {
	char *name;
	struct hash pins[PEER_PINS_MAX];
	unsigned pins_n; /* 0: may not connect any more */
	unsigned connections, requests;
	size_t bytes; /* of its requests, held here */
	struct gate_peer *next;
};

/* A connection. */
struct guest {
	struct tls_guest tls; /* has to be first */
	struct gate *gate;
	struct http *http;      /* NULL once it is closed */
	struct gate_peer *peer; /* NULL until the handshake is done */
	struct asked *asked;    /* the request before the registrar */
	int64_t since_ms;       /* of the connection */
	int64_t request_ms;     /* its first byte; -1 between requests */
	size_t bytes;           /* of the request */
	bool is_cut;
	TAILQ_ENTRY(guest) next;
};
TAILQ_HEAD(guests, guest);

/* A request before the registrar. */
struct asked {
	uint32_t id;
	struct guest *guest; /* NULL if it has gone */
	struct gate_peer *peer;
	int64_t since_ms;
	TAILQ_ENTRY(asked) next;
};
TAILQ_HEAD(asked_list, asked);

struct gate {
	const struct gate_limits *limits;
	struct event_base *base;
	struct channel *supervisor, *registrar;
	struct tls_server *tls;
	struct evconnlistener *listeners[GATE_LISTENERS_MAX];
	size_t listeners_n;
	struct event *tick;
	struct gate_peer *peers;
	struct guests shy, known; /* in their handshake; peers; oldest first */
	unsigned shy_n, known_n;
	struct asked_list asked;
	unsigned asked_n;
	size_t bytes;
	uint32_t last_id;
	int64_t accept_after_ms; /* out of descriptors until then */
	bool has_pins;
	bool is_failed;
	struct error why; /* if is_failed */
};

/* gate_guests.c: connections, their limits and their times */

/* A connection just accepted.  Owns: ${fd}. */
void gate_guest_new(struct gate *gate, int fd);

/* Take or leave connections, as there is room. */
void gate_listeners_set(struct gate *gate);

/* No descriptors are left: accept nothing for a moment. */
void gate_listeners_rest(struct gate *gate);

/* Cut whoever is over its time; called every GATE_TICK_MS. */
void gate_guests_sweep(struct gate *gate);
#define GATE_TICK_MS 200

/* End the connection; the guest is freed a little later. */
void gate_guest_cut(struct guest *guest);

/* End them all. */
void gate_guests_close(struct gate *gate);

/* The roster is replaced; cut those that are no more in it. */
void gate_peers_set(struct gate *gate, const struct peer_pins *peers, size_t n);
void gate_peers_free(struct gate *gate);

/* gate_requests.c: HTTP to messages and back */

/* Of a connection's struct http_handler; see proc/http.h. */
int gate_head(void *guest, const struct http_head *head, size_t *max,
    struct error *err);
void gate_request(void *guest, const struct http_head *head, struct span body);

/* The registrar's answer. */
void gate_reply(struct gate *gate, const struct message *message);

/* Answer instead of the registrar: ${code} as a problem. */
void gate_asked_refuse(struct gate *gate, struct asked *asked,
    enum error_code code);

/* Answer all requests that are before the registrar so. */
void gate_asked_clear(struct gate *gate, enum error_code code);
