#pragma once

/*
 * serve: what a peer asks of this node (protocol section 4), one function for
 * all calls.  Bytes are hostile until checked.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/span.h"

struct arena;
struct docket;

enum serve_method { SERVE_GET, SERVE_HEAD, SERVE_POST, SERVE_PATCH };

/* Bytes of one PATCH and of one batch of small documents. */
#define SERVE_CHUNK_MAX ((size_t)8 << 20)

/* A request, framed by the gate; all borrowed. */
struct serve_request {
	struct span peer; /* by its pin, checked in the handshake */
	enum serve_method method;
	struct span path; /* "/add-checkpoint", no query */
	uint64_t offset;  /* Upload-Offset, PATCH only */
	bool has_offset;
	bool is_complete; /* Upload-Complete: ?1 */
	bool is_gzip;     /* never: the gate has decompressed */
	struct span body;
};

struct serve_reply {
	int status;          /* HTTP */
	const char *type;    /* media type, NULL if there is no body */
	struct span body;    /* in the request's arena */
	struct span missing; /* Demarche-Missing, digests with commas */
	bool has_offset;     /* Upload-Offset and Upload-Complete */
	uint64_t offset;
	bool is_complete;
	enum error_code code; /* of a refusal: body is its problem+json */
	/* 200 of add-entries: filled in by docket_serve_finish() */
	bool wants_line;
	int64_t log;
	struct span peer; /* who writes it */
	uint64_t size;
};

/* The methods of an address, a set of 1 << enum serve_method; pure. */
unsigned serve_methods(struct span path);

/*
 * Do what ${request} asks and say what to answer.  Within: what it changed
 * has to be committed, and docket_settle() done, before the answer is sent.
 * Refusals are answers, not errors.
 *
 * Fails: only when this node does (E_STORE and the like).
 */
NODISCARD int docket_serve(struct docket *docket,
    const struct serve_request *request, struct instant now,
    struct serve_reply *reply, struct arena *arena, struct error *err);

/*
 * After docket_settle(): put the mirror lines in an answer that wants them.
 * Without a line (the keeper refused, say) it becomes a 503.
 */
NODISCARD int docket_serve_finish(struct docket *docket,
    struct serve_reply *reply, struct arena *arena, struct error *err);
