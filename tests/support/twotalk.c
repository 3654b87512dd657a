#include <string.h>

#include "base/arena.h"
#include "docket/internal.h"
#include "formats/card.h"
#include "store/store.h"
#include "tests/support/twonodes.h"

/* Turns after which nodes that still talk never stop. */
#define TALK_TURNS_MAX 2000

/* As if all that is owed had been lodged. */
static void
withhold(struct two_node *node)
{
	struct arena *arena = arena_new();
	struct log_row *logs;
	struct error err;
	size_t n;

	two_must(store_log_all(node->store, &logs, &n, arena, &err), &err,
	    "logs");
	for (size_t i = 0; i < n; i++) {
		if (logs[i].is_own)
			continue;
		logs[i].settled = logs[i].size;
		two_must(store_log_update(node->store, &logs[i], &err), &err,
		    "log");
	}
	arena_free(arena);
}

void
two_turn_begin(struct two_node *node)
{
	struct error err;

	two_must(store_begin(node->store, &err), &err, "begin");
}

void
two_turn_end(struct two_node *node)
{
	struct error err;

	if (node->is_withholding)
		withhold(node);
	two_must(store_commit(node->store, &err), &err, "commit");
	two_must(docket_settle(node->docket, two_now(node), &err), &err,
	    "settle");
}

void
two_serve(struct two_node *node, const struct two_node *from,
    const struct serve_request *request, struct serve_reply *reply,
    struct arena *arena)
{
	struct serve_request asked = *request;
	struct error err;

	asked.peer = span_text(from->party);
	two_turn_begin(node);
	two_must(docket_serve(node->docket, &asked, two_now(node), reply, arena,
		     &err),
	    &err, "serve");
	two_turn_end(node);
	two_must(docket_serve_finish(node->docket, reply, arena, &err), &err,
	    "serve");
}

struct serve_reply
two_post(struct two_node *node, const struct two_node *from, const char *path,
    struct span body)
{
	struct serve_request request = { .method = SERVE_POST,
		.path = span_text(path),
		.body = body };
	struct serve_reply reply;

	two_serve(node, from, &request, &reply, node->two->arena);
	return reply;
}

struct serve_reply
two_get(struct two_node *node, const struct two_node *from, const char *path)
{
	struct serve_request request = { .method = SERVE_GET,
		.path = span_text(path) };
	struct serve_reply reply;

	two_serve(node, from, &request, &reply, node->two->arena);
	return reply;
}

struct job_answer
two_answer(struct two_node *node, const struct two_node *from,
    const struct job *job, struct arena *arena)
{
	struct serve_request request = {
		.method = job->method,
		.path = span_text(job->path),
		.offset = job->offset,
		.has_offset = job->has_offset,
		.is_complete = job->is_complete,
		.body = job->body,
	};
	struct serve_reply reply;
	struct job_answer answer;

	two_serve(node, from, &request, &reply, arena);
	answer = (struct job_answer){
		.status = reply.status,
		.body = reply.body,
		.missing = reply.missing,
		.has_offset = reply.has_offset,
		.offset = reply.offset,
		.is_complete = reply.is_complete,
	};
	if (reply.type != NULL)
		answer.type = span_text(reply.type);
	return answer;
}

enum job_kind
two_job(struct two_node *node, const struct two_node *peer, struct job *job,
    struct arena *arena)
{
	struct error err;

	two_must(docket_job_next(node->docket, span_text(peer->party),
		     two_now(node), job, arena, &err),
	    &err, "next job");
	return job->kind;
}

void
two_done(struct two_node *node, const struct job *job,
    const struct job_answer *answer)
{
	struct arena *arena = arena_new();
	struct error err;

	two_turn_begin(node);
	two_must(docket_job_done(node->docket, job, answer, two_now(node),
		     arena, &err),
	    &err, "answer");
	two_turn_end(node);
	arena_free(arena);
}

enum job_kind
two_step(struct two_node *node, struct two_node *peer)
{
	struct arena *arena = arena_new();
	struct two *two = node->two;
	struct job_answer answer;
	struct job job;
	enum job_kind kind = two_job(node, peer, &job, arena);

	if (kind != JOB_NONE) {
		answer = two_answer(peer, node, &job, arena);
		if (two->meddle != NULL)
			two->meddle(two, node, &job, &answer);
		two_done(node, &job, &answer);
		two->jobs++;
	}
	arena_free(arena);
	return kind;
}

/* Are they peers, and is ${peer} there to be asked? */
static bool
can_ask(const struct two_node *node, const struct two_node *peer)
{
	return peer != node && peer->docket != NULL &&
	    docket_peer(node->docket, span_text(peer->party)) != NULL &&
	    docket_peer(peer->docket, span_text(node->party)) != NULL;
}

void
two_ask(struct two_node *node)
{
	struct two *two = node->two;

	for (unsigned i = 0; i < two->n; i++) {
		struct arena *arena = arena_new();
		struct job job;

		if (can_ask(node, &two->nodes[i]) &&
		    two_job(node, &two->nodes[i], &job, arena) == JOB_HEAD)
			two_step(node, &two->nodes[i]);
		arena_free(arena);
	}
}

bool
two_talk(struct two *two)
{
	for (unsigned turn = 0; turn < TALK_TURNS_MAX; turn++) {
		bool is_quiet = true;

		for (unsigned i = 0; i < two->n; i++) {
			for (unsigned k = 0; k < two->n; k++) {
				struct two_node *a = &two->nodes[i];
				struct two_node *b = &two->nodes[k];
				enum job_kind kind;

				if (docket_peer(a->docket,
					span_text(b->party)) == NULL)
					continue;
				kind = two_step(a, b);
				if (kind != JOB_NONE && kind != JOB_PING)
					is_quiet = false;
			}
		}
		if (is_quiet)
			return true;
	}
	return false;
}

struct log_row *
two_log(struct two_node *node, const struct two_node *peer, bool is_own)
{
	struct log_row *log;
	struct error err;

	two_must(store_log_of(node->store, span_text(peer->party), is_own, &log,
		     node->two->arena, &err),
	    &err, "log");
	return log;
}

struct entry_row *
two_entry(struct two_node *node, const struct two_node *peer, bool is_own,
    uint64_t index)
{
	struct log_row *log = two_log(node, peer, is_own);
	struct entry_row *entry;
	struct error err;

	two_must(store_entry_get(node->store, log->id, index, &entry,
		     node->two->arena, &err),
	    &err, "entry");
	return entry;
}

unsigned
two_count(struct two_node *node, const struct two_node *peer, bool is_own,
    enum kind kind)
{
	uint64_t size = two_log(node, peer, is_own)->size;
	unsigned n = 0;

	for (uint64_t i = 0; i < size; i++)
		n += two_entry(node, peer, is_own, i)->kind == kind;
	return n;
}

struct delivery_state
two_delivery(struct two_node *node, const struct two_node *peer)
{
	struct delivery_state state;
	struct error err;

	two_must(docket_delivery(node->docket, span_text(peer->party), &state,
		     node->two->arena, &err),
	    &err, "delivery");
	return state;
}
