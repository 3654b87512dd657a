#pragma once

/*
 * call_wire: what the desk asks of the registrar for an operator: the
 * payloads of CALL and CALL_REPLY in proc/messages.def.
 *
 * A call has a name, a JSON object and, for documents, bytes; an answer has
 * the object and bytes, or an error.  Integers are most significant byte
 * first.  Each side reads what the other wrote as hostile input.
 *
 *   CALL        u8 and name, u32 and JSON, bytes
 *   CALL_REPLY  u16 error number (0: none), u8 and detail, u32 and JSON, bytes
 */

#include <stddef.h>

#include "base/attr.h"
#include "base/error.h"
#include "base/span.h"
#include "proc/message.h"

struct buf;

/* Bytes: of the name, of the JSON, of what follows, of the payload. */
#define CALL_NAME_MAX ((size_t)32)
#define CALL_JSON_MAX ((size_t)16 << 20)
#define CALL_BYTES_MAX ((size_t)8 << 20)
#define CALL_WIRE_MAX ((size_t)18 << 20)

struct call {
	struct span name; /* "cases" */
	struct span json;
	struct span bytes;
};

struct call_reply {
	enum error_code code; /* E_NONE, or why there is no answer */
	struct span detail;   /* for our own operator */
	struct span json;
	struct span bytes;
};

/* Fails: E_TOO_LARGE for what no reader would take. */
NODISCARD int call_write(struct buf *out, const struct call *call,
    struct error *err);
NODISCARD int call_reply_write(struct buf *out, const struct call_reply *reply,
    struct error *err);

/* Owns: ${out} borrows ${payload}.  Fails: E_PROC_MESSAGE. */
NODISCARD int call_parse(struct call *out, struct span payload,
    struct error *err);
NODISCARD int call_reply_parse(struct call_reply *out, struct span payload,
    struct error *err);
