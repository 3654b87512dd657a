#pragma once

/*
 * message: framed messages between our processes, over a stream socketpair.
 *
 * A frame is a head of ten bytes, most significant byte first: the payload's
 * length (32 bits), the type (16), an id that an answer repeats (32); then the
 * payload.  What a less trusted process sends is hostile input: type,
 * direction and length are checked against messages.def before the first
 * byte of a payload is kept.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/span.h"
#include "proc/role.h"

struct arena;
struct error;

#define MESSAGE_KIB ((size_t)1 << 10)
#define MESSAGE_MIB ((size_t)1 << 20)

/* Ceiling of every maximum in messages.def, in bytes of payload. */
#define MESSAGE_SIZE_MAX (20 * MESSAGE_MIB)

/* Bytes before the payload. */
#define MESSAGE_HEAD_SIZE ((size_t)10)

enum message_type {
	MESSAGE_NONE = 0,
#define MESSAGE(name, number, from, to, max) MESSAGE_##name = (number),
#include "proc/messages.def"
#undef MESSAGE
};

struct message {
	enum message_type type;
	uint32_t id;
	struct span payload; /* borrowed; until when, the giver says */
};

/* A head, already checked. */
struct message_head {
	enum message_type type;
	uint32_t id;
	size_t size; /* bytes of payload */
};

/* "PEER_REQUEST"; never NULL. */
const char *message_name(enum message_type type);

/*
 * May ${from} send ${to} a ${type} of ${size} bytes?
 *
 * Fails: E_PROC_MESSAGE.
 */
NODISCARD int message_check(unsigned int type, size_t size, enum role from,
    enum role to, struct error *err);

/* Write the head of a message that message_check() let pass. */
void message_head_write(uint8_t out[MESSAGE_HEAD_SIZE],
    const struct message_head *head);

/* Fails: E_PROC_MESSAGE, as message_check(). */
NODISCARD int message_head_parse(struct message_head *out,
    const uint8_t bytes[MESSAGE_HEAD_SIZE], enum role from, enum role to,
    struct error *err);

/*
 * A decoder of the stream that ${from} sends ${to}.  Once it has failed it
 * fails for ever: there is no finding the next frame.
 */
struct message_reader {
	enum role from, to;
	struct buf buf;
	size_t taken; /* bytes of buf already handed out */
	bool is_broken;
};

void message_reader_init(struct message_reader *reader, enum role from,
    enum role to);
void message_reader_clear(struct message_reader *reader);

/*
 * Add bytes, at most MESSAGE_SIZE_MAX; then call message_reader_next() until
 * it has no more, which keeps the memory used to one message and one read.
 *
 * Fails: E_PROC_MESSAGE if the frame begun is not allowed.
 */
NODISCARD int message_reader_add(struct message_reader *reader,
    struct span bytes, struct error *err);

/*
 * Read once from the socket ${fd} what is there, without waiting, and add it.
 * ${is_end} is set when the other side has closed.
 *
 * Fails: E_PROC_GONE at an end in mid-message; E_PROC_MESSAGE; E_PROC.
 */
NODISCARD int message_reader_fill(struct message_reader *reader, int fd,
    bool *is_end, struct error *err);

/*
 * The next whole message; of type MESSAGE_NONE if there is none yet.
 *
 * Owns: the payload is the reader's, until it is next called.
 * Fails: E_PROC_MESSAGE.
 */
NODISCARD int message_reader_next(struct message_reader *reader,
    struct message *out, struct error *err);

/*
 * One end of a connection used without an event loop: ${self} asks ${peer}
 * and waits for the answer.
 */
struct message_pipe {
	int fd; /* a stream socket, blocking or not */
	enum role self, peer;
	struct message_reader reader;
	uint32_t last_id;
	bool is_broken; /* cut in mid-frame: of no more use */
};

/* Owns: ${fd}, until message_pipe_clear(). */
void message_pipe_init(struct message_pipe *pipe, int fd, enum role self,
    enum role peer);
void message_pipe_clear(struct message_pipe *pipe);

/*
 * Send ${message}, whole.
 *
 * Units: ${timeout_ms} in milliseconds, for all of it.
 * Blocks: until it is with the kernel.
 * Fails: E_PROC_TIMEOUT, E_PROC, E_PROC_GONE, E_PROC_MESSAGE if it is not
 * allowed.
 */
NODISCARD int message_send(struct message_pipe *pipe,
    const struct message *message, int64_t timeout_ms, struct error *err);

/*
 * Wait for the next message, whatever its id.
 *
 * Owns: the payload is in ${arena}.
 * Blocks: up to ${timeout_ms}.
 * Fails: E_PROC_TIMEOUT, E_PROC, E_PROC_GONE when the other side has closed,
 * E_PROC_MESSAGE.
 */
NODISCARD int message_receive(struct message_pipe *pipe, struct message *out,
    int64_t timeout_ms, struct arena *arena, struct error *err);

/*
 * Ask: send a ${type} under a new id and wait for the message with that id.
 * The late answer to an earlier call that timed out is thrown away; after a
 * timeout the pipe can be used again unless it is_broken.
 *
 * Owns, Units, Blocks: as message_receive(); the timeout is for both ways.
 * Fails: as message_send() and message_receive(); E_PROC_MESSAGE for an answer
 * to nothing.
 */
NODISCARD int message_call(struct message_pipe *pipe, enum message_type type,
    struct span payload, struct message *reply, int64_t timeout_ms,
    struct arena *arena, struct error *err);

/*
 * The two halves of it, for several questions at a time: their answers are to
 * be taken in the order in which they were asked, all before the next call.
 */
NODISCARD int message_ask(struct message_pipe *pipe, enum message_type type,
    struct span payload, uint32_t *id, int64_t timeout_ms, struct error *err);
NODISCARD int message_answer(struct message_pipe *pipe, uint32_t id,
    struct message *reply, int64_t timeout_ms, struct arena *arena,
    struct error *err);

/* The payload of REFUSED: the error's number and its detail. */
void message_refusal_write(struct buf *out, const struct error *why);

/* Set ${why} to what a REFUSED says.  Fails: E_PROC_MESSAGE. */
NODISCARD int message_refusal_parse(struct error *why, struct span payload,
    struct error *err);
