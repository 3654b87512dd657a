#pragma once

/*
 * courier: the process that calls the peers: it asks the registrar for the
 * next request to a peer (JOB_NEXT), makes it over mutual TLS 1.3, and tells
 * what came back (JOB_DONE), one at a time for each peer.
 *
 * It learns of a peer by WAKE; it asks again at once after each job, and
 * sleeps when told that there is none.  The pins in the job are the whole
 * check of the server.  It knows no proxies, redirects, cookies or names.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"

struct clock;
struct error;
struct tls_pair;

#define COURIER_PEERS_MAX 1024

/* Bytes of all headers of an answer, those of 1xx answers with them. */
#define COURIER_HEADERS_MAX ((size_t)32 << 10)

/* Milliseconds: to connect with the TLS handshake; for the rest of a
 * request, and so much more for each MiB of its body; without a byte
 * either way. */
#define COURIER_CONNECT_MS 10000
#define COURIER_REQUEST_MS 120000
#define COURIER_REQUEST_MIB_MS 10000
#define COURIER_SILENCE_MS 60000

/* The registrar is asked again after so long, whatever it said; sooner when
 * the clock is scripted, since that may leap. */
#define COURIER_SLEEP_MS 30000
#define COURIER_SLEEP_SCRIPTED_MS 1000

struct courier_limits {
	int64_t connect_ms, request_ms, silence_ms;
};

extern const struct courier_limits courier_limits_default;

/* What the process is given.  All borrowed but the descriptors. */
struct courier_parts {
	int supervisor, registrar;    /* channels */
	const struct tls_pair *pairs; /* our keys of TLS, the newest last */
	size_t pairs_n;               /* at least 1 */
	struct span ready;            /* what READY says */
	struct clock *clock;
	const struct courier_limits *limits;
};

/*
 * Be the courier until the supervisor says STOP or is gone.
 *
 * The process ignores SIGPIPE and may be in its sandbox.
 *
 * Owns: both descriptors in ${parts}, from the call on.
 * Blocks: until then.
 * Fails: E_PROC_GONE and E_PROC_MESSAGE when the registrar is gone or talks
 * nonsense; E_INTERNAL if libcurl cannot be had.
 */
NODISCARD int courier_process(const struct courier_parts *parts,
    struct error *err);
