#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "docket/docket.h"
#include "node/peer_wire.h"
#include "node/registrar_parts.h"
#include "proc/clock.h"

/* Jobs can be as large as what they send, so their number is bounded. */
static struct given_job *
new_job(uint32_t id)
{
	struct arena *arena = arena_new();
	struct given_job *given = arena_alloc(arena, sizeof(*given));

	given->id = id;
	given->arena = arena;
	return given;
}

void
registrar_free_job(struct given_job *given)
{
	if (given != NULL)
		arena_free(given->arena);
}

struct given_job *
registrar_take_job(struct registrar *r, uint32_t id)
{
	for (struct given_job **at = &r->jobs; *at != NULL; at = &(*at)->next) {
		struct given_job *given = *at;

		if (given->id != id)
			continue;
		*at = given->next;
		r->jobs_n--;
		return given;
	}
	return NULL;
}

void
registrar_drop_jobs(struct registrar *r)
{
	while (r->jobs != NULL)
		registrar_free_job(registrar_take_job(r, r->jobs->id));
}

/* One at a time for each peer: what was given out before is void. */
static void
drop_job_of(struct registrar *r, struct span peer)
{
	for (struct given_job *g = r->jobs; g != NULL; g = g->next) {
		if (span_is_equal(g->job.peer, peer)) {
			registrar_free_job(registrar_take_job(r, g->id));
			return;
		}
	}
}

/* Nothing for the moment. */
static void
rest(struct registrar *r, struct job *job, struct span peer)
{
	*job = (struct job){ .kind = JOB_NONE, .peer = peer };
	job->until = instant_add(r->now, period_of(REGISTRAR_REST_S));
}

/* A scripted clock may stand still; a pause then ends by the machine's. */
static void
hurry(struct registrar *r, struct span peer)
{
	int64_t now_ms = clock_monotonic_ms();

	if (r->parts.clock->fd == -1 ||
	    now_ms - r->hurried_ms < REGISTRAR_HURRY_MS)
		return;
	r->hurried_ms = now_ms;
	docket_job_hurry(r->docket, peer);
}

static void
find_job(struct registrar *r, struct given_job *given, struct span peer)
{
	struct error err;

	if (instant_is_before(r->now, r->rest_until) ||
	    r->jobs_n >= REGISTRAR_JOBS_MAX) {
		rest(r, &given->job, peer);
		return;
	}
	hurry(r, peer);
	if (docket_job_next(r->docket, peer, r->now, &given->job, given->arena,
		&err) == 0) {
		given->job.peer = peer;
		return;
	}
	if (err.code != E_PEER_UNKNOWN)
		log_error("a job for the courier", &err);
	rest(r, &given->job, peer);
}

void
registrar_give_job(struct registrar *r, struct asked *asked)
{
	struct given_job *given = new_job(asked->id);
	struct span peer = arena_copy(given->arena, asked->peer);
	struct error err;
	struct buf buf;

	drop_job_of(r, peer);
	find_job(r, given, peer);
	buf_init(&buf, PEER_WIRE_MAX);
	if (peer_job_write(&buf, &given->job, &err) == -1)
		log_error("a job for the courier", &err);
	else
		registrar_send(r, ROLE_COURIER, MESSAGE_JOB, asked->id,
		    buf_span(&buf));
	buf_clear(&buf);
	if (given->job.kind == JOB_NONE) {
		registrar_free_job(given);
		return;
	}
	given->next = r->jobs;
	r->jobs = given;
	r->jobs_n++;
}
