#include <event2/event.h>
#include <event2/listener.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "desk/desk_parts.h"
#include "formats/card.h"
#include "proc/channel.h"

static void
desk_end(struct desk *desk, const struct error *why)
{
	if (why == NULL)
		desk->is_stopped = true;
	else if (!desk->is_failed) {
		desk->is_failed = true;
		desk->why = *why;
	}
	event_base_loopbreak(desk->base);
}

static struct visit *
find_waiting(struct desk *desk, uint32_t id)
{
	struct visit *v;

	TAILQ_FOREACH (v, &desk->visits, link)
		if (v->id == id && v->next != NULL)
			return v;
	return NULL;
}

/* The registrar's answer to one of our calls. */
static void
on_answer(struct desk *desk, const struct message *message)
{
	struct call_reply reply;
	struct error err;
	struct visit *v = find_waiting(desk, message->id);

	if (v == NULL)
		return;
	/* A registrar that talks nonsense fails its caller, not the desk. */
	if (call_reply_parse(&reply, message->payload, &err) == -1) {
		log_error("the registrar's answer", &err);
		v->next(v, &reply, &err);
		return;
	}
	if (reply.code != E_NONE) {
		error_set(&err, reply.code, "%.*s", (int)reply.detail.len,
		    (const char *)reply.detail.ptr);
		v->next(v, &reply, &err);
		return;
	}
	v->next(v, &reply, NULL);
}

static void
on_message(void *ctx, struct channel *channel, const struct message *message)
{
	struct desk *desk = ctx;

	if (channel == desk->supervisor && message->type == MESSAGE_STOP)
		desk_end(desk, NULL);
	if (channel == desk->registrar && message->type == MESSAGE_CALL_REPLY)
		on_answer(desk, message);
}

static void
on_closed(void *ctx, struct channel *channel UNUSED, const struct error *why)
{
	desk_end(ctx, why);
}

static const struct channel_handler handler = { on_message, on_closed, NULL };

static void
on_accept(struct evconnlistener *listener UNUSED, evutil_socket_t fd,
    struct sockaddr *from UNUSED, int from_len UNUSED, void *ctx)
{
	desk_caller_new(ctx, fd);
}

static int
open_socket(struct desk *desk, struct error *err)
{
	desk->listener = evconnlistener_new(desk->base, on_accept, desk,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0,
	    desk->parts->socket);
	if (desk->listener == NULL)
		return error_set(err, E_PROC, "the local socket");
	return 0;
}

int
desk_take_card(struct desk *desk, struct span file, struct error *err)
{
	struct span kept = arena_copy(desk->arena, file);

	if (card_open(&desk->self, kept, desk->arena, err) == -1)
		return -1;
	desk->card = kept;
	return 0;
}

static int
open_desk(struct desk *desk, struct error *err)
{
	const struct desk_parts *parts = desk->parts;

	if (channel_new(&desk->supervisor, desk->base, parts->supervisor,
		ROLE_DESK, ROLE_SUPERVISOR, &handler, desk, err) == -1 ||
	    channel_new(&desk->registrar, desk->base, parts->registrar,
		ROLE_DESK, ROLE_REGISTRAR, &handler, desk, err) == -1 ||
	    desk_take_card(desk, parts->card, err) == -1 ||
	    open_socket(desk, err) == -1)
		return -1;
	return channel_send(desk->supervisor, MESSAGE_READY, 0, parts->ready,
	    err);
}

int
desk_process(const struct desk_parts *parts, struct error *err)
{
	struct desk desk = { .parts = parts, .arena = arena_new() };
	struct visit *v;
	int rc = -1;

	TAILQ_INIT(&desk.callers);
	TAILQ_INIT(&desk.visits);
	if ((desk.base = event_base_new()) == NULL)
		mem_die("no event loop");
	if (open_desk(&desk, err) == -1)
		goto out;
	while (!desk.is_stopped && !desk.is_failed)
		event_base_loop(desk.base, EVLOOP_ONCE);
	if (desk.is_failed) {
		*err = desk.why;
		goto out;
	}
	rc = 0;
out:
	while ((v = TAILQ_FIRST(&desk.visits)) != NULL)
		visit_free(v);
	desk_callers_free(&desk);
	if (desk.listener != NULL)
		evconnlistener_free(desk.listener);
	channel_free(desk.supervisor);
	channel_free(desk.registrar);
	event_base_loop(desk.base, EVLOOP_NONBLOCK);
	event_base_free(desk.base);
	arena_free(desk.arena);
	return rc;
}
