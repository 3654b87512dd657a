#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/util.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/span.h"
#include "proc/channel.h"

/* Read ahead of the message being received, in bytes. */
#define READ_AHEAD ((size_t)256 << 10)

struct channel {
	struct bufferevent *bev;
	const struct channel_handler *handler;
	void *ctx;
	enum role self, peer;
	bool is_closed; /* the handler has been told */
	bool is_freed;  /* by a handler: its caller here frees */
	int depth;      /* handlers under way */
};

/* Before and after a handler is called: it may free the channel. */
static void
enter(struct channel *channel)
{
	channel->depth++;
}

static void
leave(struct channel *channel)
{
	if (--channel->depth == 0 && channel->is_freed)
		free(channel);
}

static void
close_with(struct channel *channel, const struct error *why)
{
	if (channel->is_closed)
		return;
	channel->is_closed = true;
	bufferevent_disable(channel->bev, EV_READ | EV_WRITE);
	enter(channel);
	channel->handler->closed(channel->ctx, channel, why);
	leave(channel);
}

/* Not called back again before ${size} bytes are there. */
static void
expect(struct channel *channel, size_t size)
{
	bufferevent_setwatermark(channel->bev, EV_READ, size,
	    size + READ_AHEAD);
}

/* Handle one message if it is there whole.  Returns whether it was. */
static bool
handle_one(struct channel *channel, struct error *err)
{
	struct evbuffer *in = bufferevent_get_input(channel->bev);
	uint8_t bytes[MESSAGE_HEAD_SIZE];
	struct message_head head;
	struct message message;
	size_t size;

	if (evbuffer_get_length(in) < MESSAGE_HEAD_SIZE) {
		expect(channel, MESSAGE_HEAD_SIZE);
		return false;
	}
	evbuffer_copyout(in, bytes, sizeof(bytes));
	if (message_head_parse(&head, bytes, channel->peer, channel->self,
		err) == -1)
		return false;
	size = MESSAGE_HEAD_SIZE + head.size;
	if (evbuffer_get_length(in) < size) {
		expect(channel, size);
		return false;
	}
	message = (struct message){ head.type, head.id,
		span_of(evbuffer_pullup(in, (ev_ssize_t)size), size) };
	if (message.payload.ptr == NULL)
		mem_die("out of memory");
	message.payload = span_skip(message.payload, MESSAGE_HEAD_SIZE);
	channel->handler->message(channel->ctx, channel, &message);
	if (!channel->is_freed)
		evbuffer_drain(in, size);
	return true;
}

static void
on_read(struct bufferevent *bev UNUSED, void *ctx)
{
	struct channel *channel = ctx;
	struct error err = { .code = E_NONE };

	enter(channel);
	while (!channel->is_freed && !channel->is_closed)
		if (!handle_one(channel, &err))
			break;
	if (!channel->is_freed && err.code != E_NONE)
		close_with(channel, &err);
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): enter() keeps it */
	leave(channel);
}

static void
on_write(struct bufferevent *bev UNUSED, void *ctx)
{
	struct channel *channel = ctx;

	if (channel->handler->drained == NULL || channel->is_closed)
		return;
	enter(channel);
	channel->handler->drained(channel->ctx, channel);
	leave(channel);
}

/* What it had begun to say is lost with it, and no fault of anyone here. */
static void
on_event(struct bufferevent *bev, short what, void *ctx)
{
	struct channel *channel = ctx;
	struct error err;
	size_t left = evbuffer_get_length(bufferevent_get_input(bev));

	if ((what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) == 0)
		return;
	error_set(&err, E_PROC_GONE, "the %s%s", role_name(channel->peer),
	    left > 0 ? ", in the middle of a message" : "");
	close_with(channel, &err);
}

int
channel_new(struct channel **out, struct event_base *base, int fd,
    enum role self, enum role peer, const struct channel_handler *handler,
    void *ctx, struct error *err)
{
	struct channel *channel;
	struct bufferevent *bev;

	if (evutil_make_socket_nonblocking(fd) == -1)
		return error_set(err, E_PROC, "the channel to the %s: %s",
		    role_name(peer), strerror(errno));
	bev = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (bev == NULL)
		return error_set(err, E_PROC, "the channel to the %s",
		    role_name(peer));
	channel = mem_new(sizeof(*channel));
	*channel = (struct channel){ .bev = bev,
		.handler = handler,
		.ctx = ctx,
		.self = self,
		.peer = peer };
	bufferevent_setcb(bev, on_read, on_write, on_event, channel);
	bufferevent_set_max_single_read(bev, READ_AHEAD);
	bufferevent_set_max_single_write(bev, READ_AHEAD);
	expect(channel, MESSAGE_HEAD_SIZE);
	bufferevent_enable(bev, EV_READ | EV_WRITE);
	*out = channel;
	return 0;
}

void
channel_free(struct channel *channel)
{
	if (channel == NULL || channel->is_freed)
		return;
	bufferevent_setcb(channel->bev, NULL, NULL, NULL, NULL);
	bufferevent_free(channel->bev);
	channel->bev = NULL;
	channel->is_freed = true;
	channel->is_closed = true;
	if (channel->depth == 0)
		free(channel);
}

int
channel_send(struct channel *channel, enum message_type type, uint32_t id,
    struct span payload, struct error *err)
{
	struct message_head head = { type, id, payload.len };
	uint8_t bytes[MESSAGE_HEAD_SIZE];
	struct evbuffer *to;

	if (channel->is_closed)
		return error_set(err, E_PROC_GONE, "the %s",
		    role_name(channel->peer));
	if (message_check(type, payload.len, channel->self, channel->peer,
		err) == -1)
		return -1;
	to = bufferevent_get_output(channel->bev);
	if (channel_pending(channel) + sizeof(bytes) + payload.len >
	    CHANNEL_PENDING_MAX)
		return error_set(err, E_BUSY, "the %s does not read",
		    role_name(channel->peer));
	message_head_write(bytes, &head);
	if (evbuffer_expand(to, sizeof(bytes) + payload.len) == -1 ||
	    evbuffer_add(to, bytes, sizeof(bytes)) == -1 ||
	    evbuffer_add(to, payload.ptr, payload.len) == -1)
		mem_die("out of memory");
	return 0;
}

size_t
channel_pending(const struct channel *channel)
{
	if (channel->is_closed)
		return 0;
	return evbuffer_get_length(bufferevent_get_output(channel->bev));
}

static void
on_word(void *ctx, struct channel *channel UNUSED,
    const struct message *message)
{
	if (message->type == MESSAGE_STOP)
		event_base_loopbreak(ctx);
}

static void
on_supervisor_gone(void *ctx, struct channel *channel UNUSED,
    const struct error *why UNUSED)
{
	event_base_loopbreak(ctx);
}

const struct channel_handler channel_until_stop = {
	.message = on_word,
	.closed = on_supervisor_gone,
};
