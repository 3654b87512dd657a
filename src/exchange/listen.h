#pragma once

/*
 * listen: the sockets on which the gate takes connections.  The supervisor
 * binds them, because no child may.
 */

#include <stdint.h>

#include "base/attr.h"

struct error;

/* Connections that wait to be accepted, at most. */
#define LISTEN_BACKLOG 512

/* The port between nodes: RFC 6546's. */
#define LISTEN_PORT 4590

/*
 * A TCP socket bound to ${host}, an IPv4 or IPv6 address or a name, NULL for
 * all addresses, and ${port} (0: any free one), listening; non-blocking,
 * close-on-exec, and with TCP_NODELAY, which what it accepts inherits.
 *
 * Owns: the caller, who closes ${fd}.
 * Blocks: while a name is resolved.
 * Fails: E_NET.
 */
NODISCARD int gate_listen(const char *host, uint16_t port, int *fd,
    struct error *err);
