#include <event2/event.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/mem.h"
#include "docket/docket.h"
#include "keeper/signer.h"
#include "node/home.h"
#include "node/registrar_parts.h"
#include "proc/channel.h"
#include "proc/clock.h"

/* Priorities of the loop: messages come before the turn that does them. */
#define PRIORITY_TURN 2
#define PRIORITIES 3

void
registrar_fail(struct registrar *r, const struct error *why)
{
	if (!r->is_failed) {
		r->is_failed = true;
		r->why = *why;
	}
	event_base_loopbreak(r->base);
}

static void
arm(struct event *event, int64_t ms)
{
	struct timeval tv = { ms / 1000, (ms % 1000) * 1000 };

	if (event_add(event, &tv) == -1)
		mem_die("no timer");
}

static void
stop(struct registrar *r)
{
	if (r->batch_n > 0)
		registrar_turn(r);
	r->is_stopped = true;
	event_base_loopbreak(r->base);
}

static void
on_supervisor(struct registrar *r, const struct message *message)
{
	if (message->type == MESSAGE_STOP)
		stop(r);
	if (message->type == MESSAGE_CONFIGURE)
		r->sandbox = arena_copy(r->kept, message->payload);
}

/* Keep it for the turn, which comes when nothing more is there to be read. */
static void
on_message(void *ctx, struct channel *channel, const struct message *message)
{
	struct registrar *r = ctx;
	struct asked *asked;

	if (channel == r->channels[ROLE_SUPERVISOR]) {
		on_supervisor(r, message);
		return;
	}
	if (r->batch_n == 0)
		r->begun_ms = clock_monotonic_ms();
	r->has_arrived = true;
	asked = &r->batch[r->batch_n++];
	*asked = (struct asked){ .type = message->type,
		.id = message->id,
		.payload = arena_copy(r->arena, message->payload) };
	if (registrar_read(r, asked, &asked->err) == -1)
		asked->has_failed = true;
	r->batch_bytes += message->payload.len;
	if (r->batch_n == REGISTRAR_BATCH_MAX ||
	    r->batch_bytes >= REGISTRAR_BATCH_BYTES_MAX)
		registrar_turn(r);
	else
		event_active(r->turn, EV_TIMEOUT, 0);
	arm(r->idle, REGISTRAR_IDLE_MS);
}

/* The supervisor starts all anew when one is gone. */
static void
on_closed(void *ctx, struct channel *channel UNUSED, const struct error *why)
{
	registrar_fail(ctx, why);
}

static const struct channel_handler handler = { on_message, on_closed, NULL };

static void
on_turn(evutil_socket_t fd UNUSED, short what UNUSED, void *ctx)
{
	struct registrar *r = ctx;

	if (registrar_gathers(r)) {
		registrar_answer_readers(r);
		arm(r->turn, REGISTRAR_QUIET_MS);
		return;
	}
	if (r->batch_n > 0)
		registrar_turn(r);
	else if (r->is_owing)
		registrar_settle_rest(r);
	/* The answers go out and what has come in goes first. */
	if (r->is_owing)
		arm(r->turn, 0);
}

static void
on_idle(evutil_socket_t fd UNUSED, short what UNUSED, void *ctx)
{
	registrar_tidy(ctx);
}

static void
on_settle(evutil_socket_t fd UNUSED, short what UNUSED, void *ctx)
{
	struct registrar *r = ctx;
	struct error err;

	r->now = clock_now(r->parts.clock);
	if (registrar_settle(r, &err) == -1 && !r->is_alarmed) {
		r->is_alarmed = true;
		log_error("what was stored cannot be signed", &err);
	}
	if (r->batch_n == 0)
		registrar_settle_rest(r);
	registrar_tidy(r);
	arm(r->settle, REGISTRAR_SETTLE_S * 1000);
}

static void
on_anew(evutil_socket_t fd UNUSED, short what UNUSED, void *ctx)
{
	registrar_send(ctx, ROLE_SUPERVISOR, MESSAGE_START_ANEW, 0,
	    span_of(NULL, 0));
}

/* A moment later, so that the operator has his answer. */
void
registrar_start_anew(struct registrar *r)
{
	arm(r->anew, REGISTRAR_ANEW_MS);
}

static int
open_channels(struct registrar *r, struct error *err)
{
	const struct {
		enum role role;
		int fd;
	} ends[] = {
		{ ROLE_SUPERVISOR, r->parts.supervisor },
		{ ROLE_GATE, r->parts.gate },
		{ ROLE_COURIER, r->parts.courier },
		{ ROLE_DESK, r->parts.desk },
	};

	for (size_t i = 0; i < COUNT_OF(ends); i++)
		if (ends[i].fd != -1 &&
		    channel_new(&r->channels[ends[i].role], r->base, ends[i].fd,
			ROLE_REGISTRAR, ends[i].role, &handler, r, err) == -1)
			return -1;
	return 0;
}

static struct event *
event_of(struct registrar *r, event_callback_fn call, int priority)
{
	struct event *event = event_new(r->base, -1, 0, call, r);

	if (event == NULL || event_priority_set(event, priority) == -1)
		mem_die("no event");
	return event;
}

struct docket_parts
registrar_docket_parts(const struct registrar *r)
{
	return (struct docket_parts){
		.store = r->parts.store,
		.blobs = r->parts.blobs,
		.signer = &r->signer,
		.random = r->parts.random,
		.is_restored = r->is_restored,
	};
}

int
registrar_new(struct registrar **out, struct event_base *base,
    const struct registrar_parts *parts, struct error *err)
{
	struct registrar *r = mem_new(sizeof(*r));
	struct docket_parts docket;

	*r = (struct registrar){ .parts = *parts, .base = base };
	registrar_signer_init(r);
	r->arena = arena_new();
	r->kept = arena_new();
	r->batch = mem_resize(NULL, REGISTRAR_BATCH_MAX, sizeof(*r->batch));
	r->now = r->swept = clock_now(parts->clock);
	r->is_restored = node_home_is_restored(parts->home);
	r->turn = event_of(r, on_turn, PRIORITY_TURN);
	r->idle = event_of(r, on_idle, PRIORITY_TURN);
	r->settle = event_of(r, on_settle, PRIORITY_TURN);
	r->anew = event_of(r, on_anew, PRIORITY_TURN);
	docket = registrar_docket_parts(r);
	if (docket_open(&r->docket, &docket, err) == -1 ||
	    open_channels(r, err) == -1) {
		registrar_free(r);
		return -1;
	}
	registrar_send_pins(r);
	registrar_wake_all(r);
	registrar_send(r, ROLE_SUPERVISOR, MESSAGE_READY, 0, parts->ready);
	arm(r->settle, 0);
	*out = r;
	return 0;
}

void
registrar_free(struct registrar *r)
{
	if (r == NULL)
		return;
	registrar_drop_jobs(r);
	for (size_t i = 0; i < COUNT_OF(r->channels); i++)
		channel_free(r->channels[i]);
	event_free(r->turn);
	event_free(r->idle);
	event_free(r->settle);
	event_free(r->anew);
	docket_close(r->docket);
	arena_free(r->arena);
	arena_free(r->kept);
	free(r->batch);
	free(r);
}

int
registrar_end(const struct registrar *r, struct error *err)
{
	if (!r->is_failed)
		return 0;
	*err = r->why;
	return -1;
}

int
registrar_process(const struct registrar_parts *parts, struct error *err)
{
	struct event_base *base = event_base_new();
	struct registrar *r = NULL;
	int rc = -1;

	if (base == NULL || event_base_priority_init(base, PRIORITIES) == -1)
		mem_die("no event loop");
	if (registrar_new(&r, base, parts, err) == -1)
		goto out;
	while (!r->is_stopped && !r->is_failed)
		event_base_loop(base, EVLOOP_ONCE);
	rc = registrar_end(r, err);
out:
	registrar_free(r);
	event_base_free(base);
	return rc;
}
