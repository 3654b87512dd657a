#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/span.h"
#include "proc/clock.h"
#include "proc/message.h"

void
message_pipe_init(struct message_pipe *pipe, int fd, enum role self,
    enum role peer)
{
	*pipe = (struct message_pipe){ .fd = fd, .self = self, .peer = peer };
	message_reader_init(&pipe->reader, peer, self);
}

void
message_pipe_clear(struct message_pipe *pipe)
{
	message_reader_clear(&pipe->reader);
	if (pipe->fd != -1)
		close(pipe->fd);
	pipe->fd = -1;
	pipe->is_broken = true;
}

static int
check_unbroken(const struct message_pipe *pipe, struct error *err)
{
	if (pipe->is_broken)
		return error_set(err, E_PROC,
		    "the connection to the %s is broken",
		    role_name(pipe->peer));
	return 0;
}

/* Wait for ${events} until ${end_ms}, by clock_monotonic_ms(). */
static int
wait_for(struct message_pipe *pipe, short events, int64_t end_ms,
    struct error *err)
{
	struct pollfd p = { .fd = pipe->fd, .events = events };

	for (;;) {
		int64_t left = end_ms - clock_monotonic_ms();
		int n;

		if (left < 0)
			left = 0;
		n = poll(&p, 1, left > INT32_MAX ? INT32_MAX : (int)left);
		if (n > 0)
			return 0;
		if (n == 0 && left == 0)
			return error_set(err, E_PROC_TIMEOUT, "the %s",
			    role_name(pipe->peer));
		if (n == -1 && errno != EINTR)
			return error_set(err, E_PROC, "poll: %s",
			    strerror(errno));
	}
}

/* Pass the first ${n} bytes of the two parts. */
static void
skip(struct iovec parts[2], size_t n)
{
	for (size_t i = 0; i < 2; i++) {
		size_t here = n < parts[i].iov_len ? n : parts[i].iov_len;

		if (here == 0) /* the base may be NULL */
			continue;
		parts[i].iov_base = (uint8_t *)parts[i].iov_base + here;
		parts[i].iov_len -= here;
		n -= here;
	}
}

static int
send_parts(struct message_pipe *pipe, struct iovec parts[2], int64_t end_ms,
    bool *has_begun, struct error *err)
{
	struct msghdr msg = { .msg_iov = parts, .msg_iovlen = 2 };

	while (parts[0].iov_len + parts[1].iov_len > 0) {
		ssize_t n =
		    sendmsg(pipe->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n >= 0) {
			*has_begun = true;
			skip(parts, (size_t)n);
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN && errno != EWOULDBLOCK)
			return error_set(err,
			    errno == EPIPE ? E_PROC_GONE : E_PROC,
			    "writing to the %s: %s", role_name(pipe->peer),
			    strerror(errno));
		if (wait_for(pipe, POLLOUT, end_ms, err) == -1)
			return -1;
	}
	return 0;
}

static int
send_until(struct message_pipe *pipe, const struct message *message,
    int64_t end_ms, struct error *err)
{
	struct message_head head = { message->type, message->id,
		message->payload.len };
	uint8_t bytes[MESSAGE_HEAD_SIZE];
	struct iovec parts[2];
	bool has_begun = false;

	if (check_unbroken(pipe, err) == -1)
		return -1;
	if (message_check(head.type, head.size, pipe->self, pipe->peer, err) ==
	    -1)
		return -1;
	message_head_write(bytes, &head);
	parts[0] = (struct iovec){ bytes, sizeof(bytes) };
	parts[1] = (struct iovec){ (void *)(uintptr_t)message->payload.ptr,
		head.size };
	if (send_parts(pipe, parts, end_ms, &has_begun, err) == -1) {
		pipe->is_broken = has_begun;
		return -1;
	}
	return 0;
}

int
message_send(struct message_pipe *pipe, const struct message *message,
    int64_t timeout_ms, struct error *err)
{
	return send_until(pipe, message, clock_monotonic_ms() + timeout_ms,
	    err);
}

/* Fill the reader once; the end of the stream is an error here. */
static int
fill(struct message_pipe *pipe, struct error *err)
{
	bool is_end;

	if (message_reader_fill(&pipe->reader, pipe->fd, &is_end, err) == -1) {
		pipe->is_broken = true;
		return -1;
	}
	if (is_end) {
		pipe->is_broken = true;
		return error_set(err, E_PROC_GONE, "the %s",
		    role_name(pipe->peer));
	}
	return 0;
}

/* The next message; its payload is the reader's. */
static int
receive_until(struct message_pipe *pipe, struct message *out, int64_t end_ms,
    struct error *err)
{
	if (check_unbroken(pipe, err) == -1)
		return -1;
	for (;;) {
		if (message_reader_next(&pipe->reader, out, err) == -1) {
			pipe->is_broken = true;
			return -1;
		}
		if (out->type != MESSAGE_NONE)
			return 0;
		if (wait_for(pipe, POLLIN, end_ms, err) == -1)
			return -1;
		if (fill(pipe, err) == -1)
			return -1;
	}
}

int
message_receive(struct message_pipe *pipe, struct message *out,
    int64_t timeout_ms, struct arena *arena, struct error *err)
{
	struct message got;

	if (receive_until(pipe, &got, clock_monotonic_ms() + timeout_ms, err) ==
	    -1)
		return -1;
	got.payload = arena_copy(arena, got.payload);
	*out = got;
	return 0;
}

/* Send under the next id. */
static int
ask_until(struct message_pipe *pipe, enum message_type type,
    struct span payload, uint32_t *id, int64_t end_ms, struct error *err)
{
	struct message ask = { type, pipe->last_id + 1, payload };

	if (send_until(pipe, &ask, end_ms, err) == -1)
		return -1;
	*id = pipe->last_id = ask.id;
	return 0;
}

static int
answer_until(struct message_pipe *pipe, uint32_t id, struct message *reply,
    int64_t end_ms, struct arena *arena, struct error *err)
{
	struct message got;

	do {
		if (receive_until(pipe, &got, end_ms, err) == -1)
			return -1;
		/* Ids wrap around: "later" is half the circle ahead. */
		if (got.id - id - 1 < UINT32_MAX / 2) {
			pipe->is_broken = true;
			return error_set(err, E_PROC_MESSAGE,
			    "%s of the %s answers nothing",
			    message_name(got.type), role_name(pipe->peer));
		}
	} while (got.id != id);
	got.payload = arena_copy(arena, got.payload);
	*reply = got;
	return 0;
}

int
message_ask(struct message_pipe *pipe, enum message_type type,
    struct span payload, uint32_t *id, int64_t timeout_ms, struct error *err)
{
	return ask_until(pipe, type, payload, id,
	    clock_monotonic_ms() + timeout_ms, err);
}

int
message_answer(struct message_pipe *pipe, uint32_t id, struct message *reply,
    int64_t timeout_ms, struct arena *arena, struct error *err)
{
	return answer_until(pipe, id, reply, clock_monotonic_ms() + timeout_ms,
	    arena, err);
}

int
message_call(struct message_pipe *pipe, enum message_type type,
    struct span payload, struct message *reply, int64_t timeout_ms,
    struct arena *arena, struct error *err)
{
	int64_t end_ms = clock_monotonic_ms() + timeout_ms;
	uint32_t id;

	if (ask_until(pipe, type, payload, &id, end_ms, err) == -1)
		return -1;
	return answer_until(pipe, id, reply, end_ms, arena, err);
}
