#pragma once

/*
 * http: the server's side of HTTP/1.1 (RFC 9110, 9112) on one connection, in
 * a libevent loop: for the peers and for the operators.
 *
 * One request at a time; those sent ahead wait.  Whatever a client sends that
 * is no request of ours is answered with problem details (RFC 9457), its
 * connection closed if the next request could not be found.  How long a
 * client may take and how much all of them may send is the owner's affair.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"
#include "proc/http_head.h"

struct bufferevent;
struct error;
struct http;

/* Bytes of further requests that are read while one is being answered. */
#define HTTP_AHEAD_MAX ((size_t)64 << 10)

/* Bytes of the fields of an answer. */
#define HTTP_FIELDS_SIZE_MAX ((size_t)16 << 10)

/* A client that was refused before it had sent all is read, and what it sends
 * thrown away, for so many milliseconds: else it may lose the answer (RFC
 * 9112, 9.6). */
#define HTTP_LINGER_MS 2000

/* What the owner of a connection does.  ${ctx} is what http_new() was given. */
struct http_handler {
	/*
	 * A head has come: how many bytes may its body have?  To refuse it
	 * here spares reading that.
	 */
	int (*head)(void *ctx, const struct http_head *head, size_t *max,
	    struct error *err);

	/*
	 * The whole request; head and body last until this returns.  It is
	 * answered by http_answer() or http_refuse(), once, now or later.
	 */
	void (*request)(void *ctx, const struct http_head *head,
	    struct span body);

	/* The answer is with the kernel.  May be NULL. */
	void (*answered)(void *ctx);

	/*
	 * The last call: the client has gone, or was silent for too long.  The
	 * owner has to call http_free().
	 */
	void (*closed)(void *ctx);

	bool tells_detail; /* of errors */
};

/*
 * Serve ${bev}, whose callbacks are deferred (BEV_OPT_DEFER_CALLBACKS).
 *
 * Owns: ${bev} is the connection's from here on, and freed with it.
 * ${handler} lives longer.
 * Units: ${idle_ms} in milliseconds, between two reads or writes.
 */
struct http *http_new(struct bufferevent *bev,
    const struct http_handler *handler, void *ctx, int64_t idle_ms);
void http_free(struct http *http);

/* A field of the answer to come; ${value} is ASCII without control bytes. */
void http_add_field(struct http *http, const char *name, const char *value);

/* Answer; ${type} is NULL if there is no body. */
void http_answer(struct http *http, int status, const char *type,
    struct span body);

/* Answer ${why} as problem details, with Retry-After if we are busy. */
void http_refuse(struct http *http, const struct error *why);

/* The client's end, for a look at it. */
int http_fd(const struct http *http);

/* Bytes that have come and belong to a later request. */
size_t http_ahead(const struct http *http);
