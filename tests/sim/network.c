#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "docket/deliver.h"
#include "docket/docket.h"
#include "docket/serve.h"
#include "formats/card.h"
#include "store/store.h"
#include "tests/sim/network.h"
#include "tests/sim/world.h"

/* A courier gives up on an answer after this. */
#define PATIENCE_S 20

static struct flight *
take_place(struct world *world)
{
	for (size_t i = 0; i < WORLD_FLIGHTS_MAX; i++) {
		struct flight *flight = &world->flights[i];

		if (flight->is_used)
			continue;
		*flight =
		    (struct flight){ .is_used = true, .arena = arena_new() };
		flight->at = instant_add(world->now,
		    period_of((int64_t)rng_below(&world->rng, 4)));
		return flight;
	}
	return NULL;
}

static void
land(struct flight *flight)
{
	arena_free(flight->arena);
	*flight = (struct flight){ .is_used = false };
}

void
network_clear(struct world *world)
{
	for (size_t i = 0; i < WORLD_FLIGHTS_MAX; i++)
		if (world->flights[i].is_used)
			land(&world->flights[i]);
}

static struct job
copy_job(const struct job *job, struct arena *arena)
{
	struct job copy = *job;

	copy.peer = arena_copy(arena, job->peer);
	copy.endpoint = arena_copy(arena, job->endpoint);
	copy.path = arena_text(arena, span_text(job->path));
	copy.body = arena_copy(arena, job->body);
	return copy;
}

static bool
is_lost(struct world *world)
{
	return world->is_parted ||
	    rng_chance(&world->rng, world->hardship.loss);
}

static void
send_request(struct world *world, unsigned from, const struct job *job)
{
	unsigned copies =
	    1 + rng_chance(&world->rng, world->hardship.duplication);

	world->is_waiting[from] = true;
	world->waiting_since[from] = world->now;
	world->serial[from]++;
	while (copies-- > 0) {
		struct flight *flight;

		if (is_lost(world) || (flight = take_place(world)) == NULL)
			continue;
		flight->from = from;
		flight->to = 1 - from;
		flight->serial = world->serial[from];
		flight->job = copy_job(job, flight->arena);
	}
}

void
network_ask(struct world *world, unsigned from)
{
	struct node *node = &world->nodes[from];
	struct arena *arena = arena_new();
	struct error err;
	struct job job;

	if (node->is_up && !world->is_waiting[from]) {
		struct span peer = span_text(world->nodes[1 - from].party);

		if (docket_job_next(node->docket, peer, node_now(node), &job,
			arena, &err) == -1)
			node_failed(node, &err);
		else if (job.kind != JOB_NONE)
			send_request(world, from, &job);
	}
	arena_free(arena);
}

/* The gate's and registrar's part: one request, one transaction. */
static int
serve(struct node *node, const struct flight *flight, struct serve_reply *reply,
    struct arena *arena, struct error *err)
{
	struct serve_request request = {
		.peer = span_text(node->world->nodes[flight->from].party),
		.method = flight->job.method,
		.path = span_text(flight->job.path),
		.offset = flight->job.offset,
		.has_offset = flight->job.has_offset,
		.is_complete = flight->job.is_complete,
		.body = flight->job.body,
	};

	if (store_begin(node->store, err) == -1 ||
	    docket_serve(node->docket, &request, node_now(node), reply, arena,
		err) == -1 ||
	    node_commit(node, err) == -1)
		return -1;
	return docket_serve_finish(node->docket, reply, arena, err);
}

static struct job_answer
answer_of(const struct serve_reply *reply, struct arena *arena)
{
	struct job_answer answer = {
		.status = reply->status,
		.body = arena_copy(arena, reply->body),
		.missing = arena_copy(arena, reply->missing),
		.has_offset = reply->has_offset,
		.offset = reply->offset,
		.is_complete = reply->is_complete,
	};

	if (reply->type != NULL)
		answer.type = arena_copy(arena, span_text(reply->type));
	return answer;
}

static void
arrive_request(struct world *world, const struct flight *flight)
{
	struct node *node = &world->nodes[flight->to];
	struct arena *arena = arena_new();
	struct serve_reply reply;
	struct flight *back;
	struct error err;

	if (!node->is_up)
		goto out;
	if (serve(node, flight, &reply, arena, &err) == -1) {
		node_failed(node, &err);
		goto out;
	}
	world->served++;
	if (is_lost(world) || (back = take_place(world)) == NULL)
		goto out;
	back->is_answer = true;
	back->serial = flight->serial;
	back->from = flight->from;
	back->to = flight->to;
	back->job = copy_job(&flight->job, back->arena);
	back->answer = answer_of(&reply, back->arena);
out:
	arena_free(arena);
}

static int
take_answer(struct node *node, const struct job *job,
    const struct job_answer *answer, struct arena *arena, struct error *err)
{
	if (store_begin(node->store, err) == -1 ||
	    docket_job_done(node->docket, job, answer, node_now(node), arena,
		err) == -1)
		return -1;
	return node_commit(node, err);
}

static void
arrive_answer(struct world *world, const struct flight *flight)
{
	struct node *node = &world->nodes[flight->from];
	struct arena *arena = arena_new();
	struct error err;

	/* A second answer, or one to a past life, finds nobody waiting. */
	if (node->is_up && world->is_waiting[flight->from] &&
	    world->serial[flight->from] == flight->serial) {
		world->is_waiting[flight->from] = false;
		if (take_answer(node, &flight->job, &flight->answer, arena,
			&err) == -1)
			node_failed(node, &err);
	}
	arena_free(arena);
}

void
network_move(struct world *world)
{
	for (size_t i = 0; i < WORLD_FLIGHTS_MAX; i++) {
		struct flight flight = world->flights[i];

		if (!flight.is_used || instant_is_before(world->now, flight.at))
			continue;
		world->flights[i] = (struct flight){ .is_used = false };
		if (flight.is_answer)
			arrive_answer(world, &flight);
		else
			arrive_request(world, &flight);
		land(&flight);
	}
}

/* The courier's own limit on time. */
void
network_give_up(struct world *world)
{
	for (unsigned i = 0; i < 2; i++) {
		struct node *node = &world->nodes[i];
		struct job job = { .kind = JOB_PING, .path = "/card" };
		struct job_answer answer = { .failure = E_HTTP_TIMEOUT };
		struct arena *arena;
		struct error err;

		if (!world->is_waiting[i] || !node->is_up ||
		    world->now.s - world->waiting_since[i].s < PATIENCE_S)
			continue;
		world->is_waiting[i] = false;
		arena = arena_new();
		job.peer = span_text(world->nodes[1 - i].party);
		if (take_answer(node, &job, &answer, arena, &err) == -1)
			node_failed(node, &err);
		arena_free(arena);
	}
}

bool
network_is_quiet(const struct world *world)
{
	for (size_t i = 0; i < WORLD_FLIGHTS_MAX; i++)
		if (world->flights[i].is_used)
			return false;
	return !world->is_waiting[0] && !world->is_waiting[1];
}
