#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/log.h"
#include "docket/docket.h"
#include "formats/card.h"
#include "formats/problem.h"
#include "node/calls.h"
#include "node/peer_wire.h"
#include "node/registrar_parts.h"
#include "proc/channel.h"

void
registrar_send(struct registrar *r, enum role to, enum message_type type,
    uint32_t id, struct span payload)
{
	struct error err;

	if (r->channels[to] == NULL)
		return;
	if (channel_send(r->channels[to], type, id, payload, &err) == -1)
		log_error("an answer was dropped", &err);
}

/* A peer of whom no key is known cannot connect. */
static int
find_pins(struct registrar *r, const struct card **cards, size_t n,
    struct peer_pins *out, size_t *out_n, struct error *err)
{
	*out_n = 0;
	for (size_t i = 0; i < n; i++) {
		struct peer_pins *pins = &out[*out_n];

		pins->peer = cards[i]->party;
		if (docket_pins(r->docket, pins->peer, pins->pins,
			&pins->pins_n, err) == -1)
			return -1;
		*out_n += pins->pins_n > 0;
	}
	return 0;
}

void
registrar_send_pins(struct registrar *r)
{
	size_t n = docket_peers(r->docket, NULL, 0);
	struct arena *arena = arena_new();
	const struct card **cards = arena_array(arena, n, sizeof(*cards));
	struct peer_pins *pins = arena_array(arena, n, sizeof(*pins));
	struct hash own;
	struct error err;
	struct buf buf;
	size_t pins_n;

	docket_peers(r->docket, cards, n);
	buf_init(&buf, PEER_WIRE_MAX);
	if (find_pins(r, cards, n, pins, &pins_n, &err) == -1 ||
	    docket_pin_shown(r->docket, &own, &err) == -1 ||
	    peer_pins_write(&buf, &own, pins, pins_n, &err) == -1)
		registrar_fail(r, &err);
	else
		registrar_send(r, ROLE_GATE, MESSAGE_PINS, 0, buf_span(&buf));
	buf_clear(&buf);
	arena_free(arena);
}

void
registrar_wake_all(struct registrar *r)
{
	size_t n = docket_peers(r->docket, NULL, 0);
	struct arena *arena = arena_new();
	const struct card **cards = arena_array(arena, n, sizeof(*cards));

	docket_peers(r->docket, cards, n);
	for (size_t i = 0; i < n; i++)
		registrar_wake(r, cards[i]->party);
	arena_free(arena);
}

void
registrar_wake(struct registrar *r, struct span peer)
{
	struct error err;
	struct buf buf;

	buf_init(&buf, PEER_WIRE_MAX);
	if (peer_name_write(&buf, peer, &err) == 0)
		registrar_send(r, ROLE_COURIER, MESSAGE_WAKE, 0,
		    buf_span(&buf));
	buf_clear(&buf);
}

static int
read_request(struct registrar *r, struct asked *asked, struct error *err)
{
	(void)r;
	if (peer_request_parse(&asked->request, asked->payload, err) == -1)
		return -1;
	asked->is_writer = asked->request.method == SERVE_POST ||
	    asked->request.method == SERVE_PATCH;
	return 0;
}

/*
 * What came in may be owed a receipt, which is then to be delivered; and a
 * peer that we are not ready for is there, so it can be asked what it holds.
 */
static int
do_request(struct registrar *r, struct asked *asked, struct error *err)
{
	if (docket_serve(r->docket, &asked->request, r->now, &asked->reply,
		r->arena, err) == -1)
		return -1;
	if (asked->is_writer &&
	    (asked->reply.code == E_NONE || asked->reply.code == E_BUSY))
		asked->wake = asked->request.peer;
	return 0;
}

static void
problem_reply(struct registrar *r, struct serve_reply *reply,
    const struct error *why)
{
	struct buf buf;

	*reply = (struct serve_reply){ .status = error_http(why->code),
		.type = PROBLEM_MEDIA_TYPE,
		.code = why->code };
	buf_init(&buf, PROBLEM_MAX);
	problem_write(&buf, why, false);
	reply->body = arena_copy(r->arena, buf_span(&buf));
	buf_clear(&buf);
}

static void
answer_request(struct registrar *r, struct asked *asked)
{
	struct error err;
	struct buf buf;

	if (!asked->has_failed &&
	    docket_serve_finish(r->docket, &asked->reply, r->arena,
		&asked->err) == -1)
		asked->has_failed = true;
	/* A peer is told that it is our fault, not which. */
	if (asked->has_failed) {
		log_error("a peer's request", &asked->err);
		error_set(&err, E_BUSY, "%s", "a failure of ours");
		problem_reply(r, &asked->reply, &err);
	}
	buf_init(&buf, PEER_WIRE_MAX);
	if (peer_reply_write(&buf, &asked->reply, &err) == -1)
		log_error("a peer's request", &err);
	else
		registrar_send(r, ROLE_GATE, MESSAGE_PEER_REPLY, asked->id,
		    buf_span(&buf));
	buf_clear(&buf);
}

static int
read_next(struct registrar *r, struct asked *asked, struct error *err)
{
	(void)r;
	return peer_name_parse(&asked->peer, asked->payload, err);
}

static int
read_done(struct registrar *r, struct asked *asked, struct error *err)
{
	if (peer_answer_parse(&asked->peer, &asked->answer, asked->payload,
		err) == -1)
		return -1;
	asked->given = registrar_take_job(r, asked->id);
	if (asked->given != NULL &&
	    !span_is_equal(asked->given->job.peer, asked->peer))
		return error_set(err, E_PROC_MESSAGE,
		    "the courier answers for another peer");
	asked->is_writer = asked->given != NULL;
	return 0;
}

static int
do_done(struct registrar *r, struct asked *asked, struct error *err)
{
	/* Given out before a failure of ours: asked for again. */
	if (asked->given == NULL)
		return 0;
	return docket_job_done(r->docket, &asked->given->job, &asked->answer,
	    r->now, r->arena, err);
}

static void
answer_done(struct registrar *r, struct asked *asked)
{
	(void)r;
	if (asked->has_failed)
		log_error("what a peer answered", &asked->err);
	registrar_free_job(asked->given);
	asked->given = NULL;
}

static int
do_nothing(struct registrar *r, struct asked *asked, struct error *err)
{
	(void)r;
	(void)asked;
	(void)err;
	return 0;
}

/* What each message is about. */
static const struct handling {
	enum message_type type;
	int (
	    *read)(struct registrar *r, struct asked *asked, struct error *err);
	int (*act)(struct registrar *r, struct asked *asked, struct error *err);
	void (*answer)(struct registrar *r, struct asked *asked);
} handlings[] = {
	/* clang-format off */
	{ MESSAGE_PEER_REQUEST, read_request, do_request, answer_request },
	{ MESSAGE_JOB_NEXT, read_next, do_nothing, registrar_give_job },
	{ MESSAGE_JOB_DONE, read_done, do_done, answer_done },
	{ MESSAGE_CALL, calls_read, calls_do, calls_answer },
	/* clang-format on */
};

static const struct handling *
handling_of(enum message_type type)
{
	for (size_t i = 0; i < COUNT_OF(handlings); i++)
		if (handlings[i].type == type)
			return &handlings[i];
	return NULL;
}

int
registrar_read(struct registrar *r, struct asked *asked, struct error *err)
{
	const struct handling *handling = handling_of(asked->type);

	if (handling == NULL)
		return error_set(err, E_PROC_MESSAGE, "%s to the registrar",
		    message_name(asked->type));
	return handling->read(r, asked, err);
}

int
registrar_do(struct registrar *r, struct asked *asked, struct error *err)
{
	return handling_of(asked->type)->act(r, asked, err);
}

void
registrar_answer(struct registrar *r, struct asked *asked)
{
	const struct handling *handling = handling_of(asked->type);

	if (handling != NULL)
		handling->answer(r, asked);
}
