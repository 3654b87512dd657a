#pragma once

/*
 * http_head: what a client says before the body of its request (RFC 9112,
 * sections 2 to 6), and the lines between the chunks of one (7.1).
 *
 * Pure and strict: where the standard lets a server refuse, this one does, so
 * that no two readers of the same bytes can differ.  Lines end with CRLF, no
 * field goes on in the next line, no length is told twice.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"

struct error;

/* Bytes of a head, with its blank line; fields in it. */
#define HTTP_HEAD_MAX ((size_t)16 << 10)
#define HTTP_FIELDS_MAX ((size_t)64)

/* Bytes of the line before a chunk, its end included. */
#define HTTP_CHUNK_LINE_MAX ((size_t)256)

enum http_method {
	HTTP_GET,
	HTTP_HEAD,
	HTTP_POST,
	HTTP_PUT,
	HTTP_PATCH,
	HTTP_OTHER, /* in RFC 9110, and of no use here */
};

struct http_field {
	struct span name, value;
};

/* All borrowed from the bytes that were parsed. */
struct http_head {
	enum http_method method;
	struct span target; /* printable ASCII, not empty */
	struct http_field fields[HTTP_FIELDS_MAX];
	size_t fields_n;
	uint64_t length;     /* of the body, in bytes; 0 if is_chunked */
	bool is_chunked;     /* the body's length shows at its end */
	bool expects_answer; /* Expect: 100-continue */
	bool is_last;        /* no request follows on the connection */
};

/*
 * The request line, "GET /card HTTP/1.1" CRLF: for an answer before the rest
 * has come.
 *
 * Fails: E_HTTP_REQUEST, E_HTTP_METHOD, E_HTTP_VERSION.
 */
NODISCARD int http_line_check(struct span line, struct error *err);

/*
 * A whole head, its blank line included.
 *
 * Fails: as http_line_check(); E_HTTP_HEAD, E_HTTP_TRANSFER, E_HTTP_EXPECT.
 */
NODISCARD int http_head_parse(struct http_head *out, struct span bytes,
    struct error *err);

/*
 * The value of the field ${name}.  ${out} is NULL if there is none.
 *
 * Fails: E_HTTP_REQUEST if there are several.
 */
NODISCARD int http_head_find(const struct span **out,
    const struct http_head *head, const char *name, struct error *err);

/*
 * The line before a chunk, "1a2b;extension" CRLF; 0 is the last one's.
 *
 * Fails: E_HTTP_REQUEST.
 */
NODISCARD int http_chunk_parse(size_t *out, struct span line,
    struct error *err);
