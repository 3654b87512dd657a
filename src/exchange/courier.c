#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/mem.h"
#include "exchange/courier.h"
#include "exchange/courier_parts.h"
#include "node/peer_wire.h"
#include "proc/channel.h"
#include "proc/clock.h"

/* Milliseconds: no less between two questions about an idle peer; until the
 * next when the registrar does not read. */
#define PAUSE_MS 100
#define BUSY_MS 1000

const struct courier_limits courier_limits_default = {
	.connect_ms = COURIER_CONNECT_MS,
	.request_ms = COURIER_REQUEST_MS,
	.silence_ms = COURIER_SILENCE_MS,
};

/* Whom we deliver to.  Asleep, or a question or a transfer is under way. */
struct client {
	struct courier *courier;
	char *name;
	struct event *timer;
	struct arena *arena; /* of the job */
	struct job job;
	struct transfer transfer;
	uint32_t id;   /* of the question or the job */
	bool is_asked; /* a JOB_NEXT is before the registrar */
	bool is_busy;  /* a transfer is under way */
	bool is_woken; /* meanwhile */
	struct client *next;
};

struct courier {
	const struct courier_parts *parts;
	struct event_base *base;
	struct channel *supervisor, *registrar;
	struct transfers *transfers;
	struct client *clients;
	unsigned clients_n;
	uint32_t last_id;
	bool is_failed;
	struct error why; /* if is_failed */
};

static void
fail(struct courier *courier, const struct error *why)
{
	courier->is_failed = true;
	courier->why = *why;
	event_base_loopbreak(courier->base);
}

static void
sleep_for(struct client *client, int64_t ms)
{
	struct timeval after = { ms / 1000, (ms % 1000) * 1000 };

	if (event_add(client->timer, &after) == -1)
		mem_die("no timer");
}

static int
tell(struct courier *courier, enum message_type type, uint32_t id,
    const struct buf *payload, struct error *err)
{
	return channel_send(courier->registrar, type, id, buf_span(payload),
	    err);
}

static void
ask(struct client *client)
{
	struct courier *courier = client->courier;
	struct buf payload;
	struct error err;

	buf_init(&payload, PEER_WIRE_MAX);
	event_del(client->timer);
	client->id = ++courier->last_id;
	client->is_woken = false;
	if (peer_name_write(&payload, span_text(client->name), &err) == 0 &&
	    tell(courier, MESSAGE_JOB_NEXT, client->id, &payload, &err) == 0)
		client->is_asked = true;
	else
		sleep_for(client, BUSY_MS);
	buf_clear(&payload);
}

static void
on_timer(evutil_socket_t fd UNUSED, short what UNUSED, void *ctx)
{
	ask(ctx);
}

/* The answer lasts until the next job; then ask for that. */
static void
report(struct client *client, const struct job_answer *answer)
{
	struct courier *courier = client->courier;
	struct buf payload;
	struct error err;

	buf_init(&payload, PEER_WIRE_MAX);
	client->is_busy = false;
	if (peer_answer_write(&payload, span_text(client->name), answer,
		&err) == -1 ||
	    tell(courier, MESSAGE_JOB_DONE, client->id, &payload, &err) == -1)
		log_error("what a peer answered is lost", &err);
	buf_clear(&payload);
	buf_clear(&client->transfer.body);
	arena_reset(client->arena);
	ask(client);
}

static void
on_done(void *ctx)
{
	struct client *client = ctx;

	report(client, &client->transfer.answer);
}

static struct client *
client_new(struct courier *courier, struct span name)
{
	struct client *client = mem_new(sizeof(*client));

	client->courier = courier;
	client->name = mem_new(name.len + 1);
	memcpy(client->name, name.ptr, name.len);
	client->arena = arena_new();
	client->timer = event_new(courier->base, -1, 0, on_timer, client);
	if (client->timer == NULL)
		mem_die("no timer");
	transfer_init(&client->transfer, on_done, client);
	client->next = courier->clients;
	courier->clients = client;
	courier->clients_n++;
	return client;
}

static void
client_free(struct client *client)
{
	transfer_clear(&client->transfer, client->courier->transfers);
	event_free(client->timer);
	arena_free(client->arena);
	free(client->name);
	free(client);
}

static struct client *
client_find(struct courier *courier, struct span name)
{
	struct client *client = courier->clients;

	while (client != NULL && !span_is_text(name, client->name))
		client = client->next;
	return client;
}

/* Milliseconds until the registrar is to be asked again. */
static int64_t
idle_ms(struct courier *courier, struct instant until)
{
	struct clock *clock = courier->parts->clock;
	int64_t max =
	    clock->fd == -1 ? COURIER_SLEEP_MS : COURIER_SLEEP_SCRIPTED_MS;
	int64_t s = instant_since(clock_now(clock), until).s;

	if (s >= max / 1000)
		return max;
	return s <= 0 ? PAUSE_MS : s * 1000;
}

/* Make the request that the registrar asks for, or wait. */
static void
take_job(struct client *client, struct span payload)
{
	struct courier *courier = client->courier;
	struct job_answer failed = { .failure = E_NONE };
	struct error err;

	client->is_asked = false;
	payload = arena_copy(client->arena, payload);
	if (peer_job_parse(&client->job, payload, client->arena, &err) == -1) {
		fail(courier, &err);
		return;
	}
	if (client->job.kind == JOB_NONE) {
		arena_reset(client->arena);
		if (client->is_woken)
			ask(client);
		else
			sleep_for(client, idle_ms(courier, client->job.until));
		return;
	}
	client->is_busy = true;
	if (transfer_start(&client->transfer, courier->transfers, &client->job,
		&err) == 0)
		return;
	failed.failure = err.code;
	failed.detail = span_text(err.detail);
	report(client, &failed);
}

static void
take_wake(struct courier *courier, struct span payload)
{
	struct client *client;
	struct span name;
	struct error err;

	if (peer_name_parse(&name, payload, &err) == -1) {
		fail(courier, &err);
		return;
	}
	client = client_find(courier, name);
	if (client == NULL) {
		if (courier->clients_n == COURIER_PEERS_MAX) {
			log_line(LOG_LEVEL_WARNING, "too many peers");
			return;
		}
		client = client_new(courier, name);
	}
	client->is_woken = true;
	if (!client->is_asked && !client->is_busy)
		ask(client);
}

static void
on_registrar(void *ctx, struct channel *channel UNUSED,
    const struct message *message)
{
	struct courier *courier = ctx;
	struct client *client;

	if (message->type == MESSAGE_WAKE)
		take_wake(courier, message->payload);
	if (message->type != MESSAGE_JOB)
		return;
	client = courier->clients;
	while (
	    client != NULL && (!client->is_asked || client->id != message->id))
		client = client->next;
	if (client != NULL)
		take_job(client, message->payload);
}

static void
on_registrar_closed(void *ctx, struct channel *channel UNUSED,
    const struct error *why)
{
	fail(ctx, why);
}

static const struct channel_handler registrar_handler = {
	.message = on_registrar,
	.closed = on_registrar_closed,
};

/* What is not handed over is closed by courier_process(). */
static int
courier_open(struct courier *courier, int *supervisor, int *registrar,
    struct error *err)
{
	if (channel_new(&courier->supervisor, courier->base, *supervisor,
		ROLE_COURIER, ROLE_SUPERVISOR, &channel_until_stop,
		courier->base, err) == -1)
		return -1;
	*supervisor = -1;
	if (channel_new(&courier->registrar, courier->base, *registrar,
		ROLE_COURIER, ROLE_REGISTRAR, &registrar_handler, courier,
		err) == -1)
		return -1;
	*registrar = -1;
	if (transfers_new(&courier->transfers, courier->base, courier->parts,
		err) == -1)
		return -1;
	return channel_send(courier->supervisor, MESSAGE_READY, 0,
	    courier->parts->ready, err);
}

static void
courier_close(struct courier *courier)
{
	struct client *next;

	for (struct client *c = courier->clients; c != NULL; c = next) {
		next = c->next;
		client_free(c);
	}
	transfers_free(courier->transfers);
	channel_free(courier->registrar);
	channel_free(courier->supervisor);
	event_base_loop(courier->base, EVLOOP_NONBLOCK);
	event_base_free(courier->base);
}

int
courier_process(const struct courier_parts *parts, struct error *err)
{
	struct courier courier = { .parts = parts };
	int supervisor = parts->supervisor, registrar = parts->registrar;
	int rc = -1;

	if ((courier.base = event_base_new()) == NULL)
		mem_die("no event loop");
	if (courier_open(&courier, &supervisor, &registrar, err) == -1)
		goto out;
	event_base_dispatch(courier.base);
	if (courier.is_failed) {
		*err = courier.why;
		goto out;
	}
	rc = 0;
out:
	courier_close(&courier);
	if (supervisor != -1)
		close(supervisor);
	if (registrar != -1)
		close(registrar);
	return rc;
}
