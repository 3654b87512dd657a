#pragma once

/*
 * peer_wire: what the registrar and the two processes that face the peers,
 * gate and courier, say to each other: the payloads of the messages 10 to 23
 * in proc/messages.def.
 *
 * Integers are most significant byte first; a text has its length before it;
 * a body is what is left at the end.  Gate and courier read what strangers
 * send, so the registrar takes their messages as hostile: each length is
 * compared with its limit and nothing may be left over.
 *
 * A parsed struct points into the payload; where there is an arena, texts
 * that end with a NUL are in it.
 *
 * Writers fail with E_TOO_LARGE for what no reader would take, and leave the
 * buf with a part of it.  Parsers fail with E_PROC_MESSAGE.
 */

#include <stddef.h>

#include "base/attr.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/span.h"
#include "docket/deliver.h"
#include "docket/serve.h"
#include "proc/message.h"

struct arena;
struct buf;

/* For buf_init(): no payload is larger. */
#define PEER_WIRE_MAX MESSAGE_SIZE_MAX

/* Bytes of each part; paths and types are printable ASCII. */
#define PEER_NAME_MAX ((size_t)255)
#define PEER_PATH_MAX ((size_t)512)
#define PEER_ENDPOINT_MAX ((size_t)512)
#define PEER_TYPE_MAX ((size_t)127)
#define PEER_DETAIL_MAX ((size_t)239)
#define PEER_MISSING_MAX ((size_t)16 << 10) /* Demarche-Missing */
#define PEER_REQUEST_MAX ((size_t)17 << 20) /* a body to us or to a peer */
#define PEER_REPLY_MAX DELIVER_ANSWER_MAX   /* a body of an answer */

/* Peers in a list of pins; pins of one peer. */
#define PEER_PINS_PEERS_MAX ((size_t)1024)
#define PEER_PINS_MAX 2

/* Where pins are looked up: who may connect, and as whom. */
struct peer_pins {
	struct span peer;
	struct hash pins[PEER_PINS_MAX]; /* SHA-256 of the SPKI */
	unsigned pins_n;                 /* at least 1 */
};

/* PEER_REQUEST.  Read back, is_gzip is false. */
NODISCARD int peer_request_write(struct buf *out,
    const struct serve_request *request, struct error *err);
NODISCARD int peer_request_parse(struct serve_request *out, struct span payload,
    struct error *err);

/*
 * PEER_REPLY: status, type, missing, offset, completeness and body, nothing
 * else of the struct.
 */
NODISCARD int peer_reply_write(struct buf *out, const struct serve_reply *reply,
    struct error *err);
NODISCARD int peer_reply_parse(struct serve_reply *out, struct span payload,
    struct arena *arena, struct error *err);

/*
 * PINS: all ${n} peers, in place of those told before; and the pin of our key
 * to show them.
 */
NODISCARD int peer_pins_write(struct buf *out, const struct hash *own,
    const struct peer_pins *peers, size_t n, struct error *err);
NODISCARD int peer_pins_parse(struct hash *own, struct peer_pins **out,
    size_t *n, struct span payload, struct arena *arena, struct error *err);

/* JOB_NEXT and WAKE: one peer's name. */
NODISCARD int peer_name_write(struct buf *out, struct span peer,
    struct error *err);
NODISCARD int peer_name_parse(struct span *out, struct span payload,
    struct error *err);

/* JOB */
NODISCARD int peer_job_write(struct buf *out, const struct job *job,
    struct error *err);
NODISCARD int peer_job_parse(struct job *out, struct span payload,
    struct arena *arena, struct error *err);

/* JOB_DONE: what ${peer} answered to its job, under the JOB's id. */
NODISCARD int peer_answer_write(struct buf *out, struct span peer,
    const struct job_answer *answer, struct error *err);
NODISCARD int peer_answer_parse(struct span *peer, struct job_answer *out,
    struct span payload, struct error *err);
