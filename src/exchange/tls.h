#pragma once

/*
 * tls: the server side of TLS between nodes: TLS 1.3 only (RFC 8446), mutual,
 * and the pin is the whole check: the SHA-256 of the SubjectPublicKeyInfo of
 * the client's certificate (RFC 7469, 2.4) is one of those the events know.
 * No chain, no names, no time.
 *
 * Nothing is resumed, so the check is made in every handshake.  After the
 * handshake a client may send data and alerts only: a change of keys in
 * mid-connection is of no use here and makes the server read while it writes.
 *
 * With seal/, the only code that knows OpenSSL.  The client side is libcurl's
 * (exchange/courier.c).
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/hash.h"
#include "base/span.h"

struct error;
struct ssl_st; /* OpenSSL's SSL, which libevent's bufferevents take */

/* Largest key or certificate read, in bytes of PEM. */
#define TLS_PEM_MAX ((size_t)64 << 10)

/* Bytes of certificates that a client may show. */
#define TLS_CHAIN_MAX 32768

/* A key of ours: both PEM, and the certificate's pin, H(SPKI). */
struct tls_pair {
	struct span key, certificate;
	struct hash pin;
};

/* Keys that a process may have. */
#define TLS_PAIRS_MAX 32

/* Set the pin from the certificate.  Fails: E_KEY. */
NODISCARD int tls_pair_pin(struct tls_pair *pair, struct error *err);

/* The one with that pin; the last, and a line in the log, if none is. */
const struct tls_pair *tls_pair_find(const struct tls_pair *pairs, size_t n,
    const struct hash *pin);

struct tls_server;
struct tls_guest;

/* What happens on a connection.  None of these may free it. */
struct tls_events {
	/* May the holder of this key connect?  Its proof is still to come. */
	bool (*admits)(struct tls_guest *guest, const struct hash *pin);

	/* The handshake is done: guest->pin is the client's. */
	void (*joined)(struct tls_guest *guest);

	/* It sent a handshake message after that: to be cut. */
	void (*strayed)(struct tls_guest *guest);

	/* The connection is no more; the guest may be freed. */
	void (*left)(struct tls_guest *guest);
};

/* One connection; the first member of what its owner knows of it. */
struct tls_guest {
	const struct tls_events *events;
	struct hash pin; /* once has_joined */
	bool has_spoken; /* the first message of a handshake came */
	bool has_joined;
};

/*
 * Read the private keys and the certificates; the last is shown at first.
 *
 * Owns: the caller, until tls_server_free(); ${pairs} is borrowed until then.
 * Fails: E_KEY.
 */
NODISCARD int tls_server_new(struct tls_server **out,
    const struct tls_pair *pairs, size_t n, struct error *err);
void tls_server_free(struct tls_server *server);

/* To connections to come show the key with that pin, as tls_pair_find(). */
void tls_server_show(struct tls_server *server, const struct hash *pin);

/*
 * The server's end of a new connection, known as ${guest} until
 * events->left().
 *
 * Owns: the caller; bufferevent_openssl frees it, if told so.
 * Fails: E_TLS.
 */
NODISCARD int tls_server_accept(struct ssl_st **out, struct tls_server *server,
    struct tls_guest *guest, struct error *err);

/* Who is at the other end.  NULL if it is no connection of ours. */
struct tls_guest *tls_guest_of(const struct ssl_st *ssl);
