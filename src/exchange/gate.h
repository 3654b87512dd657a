#pragma once

/*
 * gate: the process that the peers talk to: mutual TLS 1.3 and HTTP/1.1.
 *
 * It frames what hostile peers send, within limits, and passes it on as
 * PEER_REQUEST; the registrar judges it.  A peer is known by its pin alone,
 * so no byte of HTTP is read from a stranger.  It holds the TLS key and no
 * other, touches no disk, and opens no connection.
 *
 * Connections that have not shown a pin share a small pool.  While it is full
 * nothing more is accepted, and those in it get less time, the silent ones
 * least: so however many strangers connect, a peer is let in after a moment.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"
#include "docket/serve.h"
#include "node/peer_wire.h"

struct error;
struct tls_pair;

/* Connections: in all, without a pin shown yet, of one peer. */
#define GATE_CONNECTIONS_MAX 1024
#define GATE_HANDSHAKES_MAX 128
#define GATE_PEER_CONNECTIONS_MAX 32

/* Requests that the registrar has before it: in all, of one peer. */
#define GATE_REQUESTS_MAX 64
#define GATE_PEER_REQUESTS_MAX 8

/* Milliseconds: for a handshake, between two reads (longer than the pause
 * between two pings), for a request until its answer is written, and until
 * the registrar has answered. */
#define GATE_HANDSHAKE_MS 10000
#define GATE_IDLE_MS 45000
#define GATE_REQUEST_MS 120000
#define GATE_REPLY_MS 60000

/* Bytes: of the headers, of bodies both as sent and decompressed. */
#define GATE_HEADERS_MAX ((size_t)16 << 10)
#define GATE_BODY_MAX PEER_REQUEST_MAX
#define GATE_CHECKPOINT_MAX ((size_t)64 << 10) /* POST /add-checkpoint */
#define GATE_CHUNK_MAX SERVE_CHUNK_MAX         /* PATCH, POST /documents */

/* Bytes of unanswered requests that are held: of one peer, in all. */
#define GATE_PEER_BYTES_MAX ((size_t)64 << 20)
#define GATE_BYTES_MAX ((size_t)512 << 20)

#define GATE_LISTENERS_MAX 8

/* The limits above, as one gate keeps them: tests have shorter ones. */
struct gate_limits {
	unsigned connections, handshakes, peer_connections;
	unsigned requests, peer_requests;
	int64_t handshake_ms, idle_ms, request_ms, reply_ms;
};

extern const struct gate_limits gate_limits_default;

/* What the process is given.  All borrowed but the descriptors. */
struct gate_parts {
	int supervisor, registrar;    /* channels */
	const int *listeners;         /* sockets of gate_listen() */
	size_t listeners_n;           /* 1 to GATE_LISTENERS_MAX */
	const struct tls_pair *pairs; /* our keys of TLS, the newest last */
	size_t pairs_n;               /* at least 1 */
	struct span ready;            /* what READY says */
	const struct gate_limits *limits;
};

/*
 * Be the gate until the supervisor says STOP or is gone.  Nothing is accepted
 * before the registrar has sent PINS.
 *
 * The process ignores SIGPIPE, may be in its sandbox, and may have as many
 * descriptors open as there are connections and 32 more.
 *
 * Owns: all descriptors in ${parts}, from the call on.
 * Blocks: until then.
 * Fails: E_KEY, E_TLS; E_PROC_GONE and E_PROC_MESSAGE when the registrar is
 * gone or talks nonsense.
 */
NODISCARD int gate_process(const struct gate_parts *parts, struct error *err);
