#pragma once

/*
 * wire: TLS by hand, for clients and servers that misbehave; and commands.
 */

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

struct arena;
struct seal_key;

/* One end of a TLS connection, blocking, each read at most 10 s. */
struct wire {
	SSL_CTX *context;
	SSL *ssl;
	int fd;
};

/* A TCP connection to ${port} on the loopback; -1 if there is none. */
int wire_tcp(uint16_t port);

/* With the certificate of ${key}, or none.  False if the handshake fails. */
bool wire_connect(struct wire *wire, uint16_t port, const struct seal_key *key);

/*
 * The server's end of the next connection; clients need not show anything.
 * ${prepare}, if not NULL, changes what it is ready to do.
 */
bool wire_accept(struct wire *wire, int listener, const struct seal_key *key,
    void (*prepare)(SSL_CTX *context));
void wire_close(struct wire *wire);

/* False if it could not be sent. */
bool wire_send(struct wire *wire, struct span bytes);

/*
 * Read until ${end} came, the other side closed, or ${max} - 1 bytes are
 * there.  Returns how many; ${out} ends with a NUL.
 */
size_t wire_read(struct wire *wire, char *out, size_t max, const char *end);

/* PEM texts.  Owns: ${arena}. */
struct span wire_key(struct arena *arena, const struct seal_key *key);
struct span wire_certificate(struct arena *arena, const struct seal_key *key);

/*
 * Run the command ${argv}, which ends with NULL, with ${input} to read.  What
 * it prints, on both outputs, is put in ${said}.  Returns its exit status; 127
 * if there is no such command.
 *
 * Owns: ${said} is in ${arena}.
 */
int wire_run(char **said, struct arena *arena, struct span input,
    const char *const argv[]);

/* The port of a listening socket. */
uint16_t wire_port(int listener);
