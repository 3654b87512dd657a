#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "formats/card.h"
#include "node/peer_wire.h"
#include "node/registrar.h"
#include "tests/lab.h"
#include "tests/support/faultvfs.h"
#include "tests/support/nodebench.h"
#include "tests/support/storelab.h"
#include "tests/tap.h"

/* One message and its answer, past those of type ${skip}. */
static struct message
ask(struct bench_node *node, struct message_pipe *pipe, enum message_type type,
    uint32_t id, struct buf *payload, enum message_type skip)
{
	struct message message = { type, id, buf_span(payload) };
	struct error err;

	storelab_must(message_send(pipe, &message, BENCH_WAIT_MS, &err), &err,
	    message_name(type));
	buf_clear(payload);
	bench_run(node);
	do
		storelab_must(message_receive(pipe, &message, BENCH_WAIT_MS,
				  node->arena, &err),
		    &err, message_name(type));
	while (message.type == skip);
	return message;
}

static void
next_job(struct bench_node *from, const char *to, uint32_t id, struct job *job)
{
	struct message message;
	struct error err;
	struct buf buf;

	buf_init(&buf, PEER_WIRE_MAX);
	storelab_must(peer_name_write(&buf, span_text(to), &err), &err, to);
	message =
	    ask(from, &from->courier, MESSAGE_JOB_NEXT, id, &buf, MESSAGE_WAKE);
	storelab_must(peer_job_parse(job, message.payload, from->arena, &err),
	    &err, "job");
}

/* As gate and courier would carry it. */
static void
serve(struct bench_node *from, struct bench_node *to, uint32_t id,
    const struct job *job, struct serve_reply *reply)
{
	struct serve_request request = { .method = job->method,
		.path = span_text(job->path),
		.offset = job->offset,
		.has_offset = job->has_offset,
		.is_complete = job->is_complete,
		.body = job->body };
	struct message message;
	struct card *card;
	struct error err;
	struct buf buf;

	storelab_must(card_open(&card, from->card, from->arena, &err), &err,
	    "card");
	request.peer = card->party;
	buf_init(&buf, PEER_WIRE_MAX);
	storelab_must(peer_request_write(&buf, &request, &err), &err,
	    "request");
	message =
	    ask(to, &to->gate, MESSAGE_PEER_REQUEST, id, &buf, MESSAGE_PINS);
	storelab_must(peer_reply_parse(reply, message.payload, to->arena, &err),
	    &err, "reply");
}

static void
job_done(struct bench_node *from, const char *to, uint32_t id,
    const struct serve_reply *reply)
{
	struct job_answer answer = { .status = reply->status,
		.type = span_text(reply->type == NULL ? "" : reply->type),
		.body = reply->body,
		.missing = reply->missing,
		.has_offset = reply->has_offset,
		.offset = reply->offset,
		.is_complete = reply->is_complete };
	struct message message = { MESSAGE_JOB_DONE, id, { NULL, 0 } };
	struct error err;
	struct buf buf;

	buf_init(&buf, PEER_WIRE_MAX);
	storelab_must(peer_answer_write(&buf, span_text(to), &answer, &err),
	    &err, "answer");
	message.payload = buf_span(&buf);
	storelab_must(message_send(&from->courier, &message, BENCH_WAIT_MS,
			  &err),
	    &err, "done");
	bench_run(from);
	buf_clear(&buf);
}

/* Do what the courier of ${from} has to do, at most 50 requests; how many. */
static int
carry(struct bench_node *from, struct bench_node *to, const char *to_name)
{
	static uint32_t id = 100;
	int n = 0;

	for (; n < 50; n++) {
		struct serve_reply reply;
		struct job job;

		next_job(from, to_name, ++id, &job);
		if (job.kind == JOB_NONE)
			break;
		serve(from, to, id, &job, &reply);
		job_done(from, to_name, id, &reply);
	}
	return n;
}

#define NORTH "cert.north.example"
#define SOUTH "cert.south.example"

struct two {
	struct bench_node *north, *south;
};

static void
carry_all(struct two *two)
{
	while (carry(two->north, two->south, SOUTH) +
		carry(two->south, two->north, NORTH) >
	    0)
		continue;
}

static bool
has_asked(struct bench_node *node)
{
	struct span out;

	return bench_call(node, "status", span_text("{}"), &out) == 0 &&
	    memmem(out.ptr, out.len, "\"checked\":true", 14) != NULL;
}

/* Both are peers, and have asked each other what they hold. */
static bool
open_two(struct two *two)
{
	faultvfs_register();
	faultvfs_reset(1);
	two->north = bench_open(NORTH);
	two->south = bench_open(SOUTH);
	if (!check(bench_add_peer(two->north, two->south) == 0) ||
	    !check(bench_add_peer(two->south, two->north) == 0))
		return false;
	/* The first that sends is told to wait until it was asked itself. */
	for (int i = 0; i < 10; i++) {
		carry_all(two);
		bench_pass(two->north, 2);
		bench_pass(two->south, 2);
		carry_all(two);
		if (has_asked(two->north) && has_asked(two->south))
			return true;
	}
	return false;
}

static void
close_two(struct two *two)
{
	bench_close(two->north);
	bench_close(two->south);
}

static struct span
lodge(struct bench_node *node, struct span content)
{
	struct span out;

	if (bench_lodge(node, content, &out) == -1)
		return span_of(NULL, 0);
	return bench_text(node, out, "leaf");
}

static bool
is_taken(struct bench_node *node, struct span leaf)
{
	struct span out;

	return bench_call(node, "wait",
		   bench_json(node, "leaf", leaf, "for", span_text("taken")),
		   &out) == 0 &&
	    memmem(out.ptr, out.len, "\"done\":true", 11) != NULL;
}

TEST(a_letter_lodged_in_one_node_is_taken_by_the_other)
{
	struct two two;
	struct span leaf, out;

	require(open_two(&two));
	leaf = lodge(two.north, bench_letter(two.north, "urgent"));
	require(leaf.len == 64);
	check(!is_taken(two.north, leaf));
	carry_all(&two);
	check(is_taken(two.north, leaf));
	check(bench_call(two.south, "show",
		  bench_json(two.south, "case", leaf, NULL, leaf), &out) == 0);
	check(memmem(out.ptr, out.len, "\"urgency\":\"urgent\"", 18) != NULL);
	check(bench_call(two.south, "rebuild", span_text("{}"), &out) == 0);
	check(memmem(out.ptr, out.len, "\"same\":true", 11) != NULL);
	close_two(&two);
}

TEST(what_nobody_authorised_is_not_lodged)
{
	struct two two;
	struct span out, content;

	require(open_two(&two));
	require(bench_prepare(two.north, "routine", &content) == 0);
	check(bench_lodge(two.north, content, &out) == -1);
	check_int(two.north->err.code, E_KEEPER_AUTHORISATION);
	close_two(&two);
}

TEST(one_bad_call_in_a_batch_does_not_harm_the_others)
{
	static const char *const urgencies[] = { "routine", "urgent",
		"emergency" };
	struct bench_node *node;
	struct span contents[3];
	struct two two;
	int good = 0;

	require(open_two(&two));
	node = two.north;
	for (size_t i = 0; i < 3; i++)
		contents[i] = bench_letter(node, urgencies[i]);
	for (uint32_t i = 0; i < 3; i++)
		bench_send(node, 10 + i, "lodge", span_text("{}"),
		    i == 1 ? span_text("{}") : contents[i]);
	bench_run(node);
	for (int i = 0; i < 3; i++) {
		struct call_reply reply;
		uint32_t id;
		int rc = bench_receive(node, &id, &reply);

		check((rc == -1) == (id == 11));
		good += rc == 0;
	}
	check_int(good, 2);
	close_two(&two);
}

TEST(a_full_disk_refuses_what_comes_and_keeps_what_was_acknowledged)
{
	struct bench_node *node;
	struct span first, out;
	struct two two;

	require(open_two(&two));
	node = two.north;
	first = lodge(node, bench_letter(node, "urgent"));
	require(first.len == 64);
	faultvfs_set_room(faultvfs_used());
	check_size(lodge(node, bench_letter(node, "routine")).len, 0);
	check_int(node->err.code, E_DISK_FULL);
	check(bench_call(node, "status", span_text("{}"), &out) == 0);
	check(memmem(out.ptr, out.len, "\"failing\":true", 14) != NULL);
	faultvfs_set_room(UINT64_MAX);
	check_size(lodge(node, bench_letter(node, "routine")).len, 64);
	bench_pass(node, REGISTRAR_REST_S + 1);
	carry_all(&two);
	check(is_taken(node, first));
	close_two(&two);
}

TEST(a_peer_whose_addition_was_rolled_back_can_be_added_again)
{
	struct two two;
	struct span out;

	faultvfs_register();
	faultvfs_reset(1);
	two.north = bench_open(NORTH);
	two.south = bench_open(SOUTH);
	faultvfs_fail(NORTH, FAULTVFS_WRITE, 1, true);
	check(bench_add_peer(two.north, two.south) == -1);
	faultvfs_fail(NORTH, FAULTVFS_WRITE, 0, false);
	check(bench_call(two.north, "peers", span_text("{}"), &out) == 0);
	check(memmem(out.ptr, out.len, SOUTH, strlen(SOUTH)) == NULL);
	check(bench_add_peer(two.north, two.south) == 0);
	close_two(&two);
}

TEST(a_restored_node_signs_nothing_before_its_peers_were_heard)
{
	struct bench_node *node;
	struct two two;
	struct span leaf;

	require(open_two(&two));
	node = two.north;
	bench_stop(node);
	lab_write(node->home.restored, span_text("yes\n"));
	bench_start(node);
	bench_run(node);
	check_size(bench_letter(node, "urgent").len, 0);
	check_int(node->err.code, E_BUSY);
	carry_all(&two);
	bench_run(node);
	check(access(node->home.restored, F_OK) == -1);
	leaf = lodge(node, bench_letter(node, "urgent"));
	check_size(leaf.len, 64);
	carry_all(&two);
	check(is_taken(node, leaf));
	close_two(&two);
}

TEST(an_unknown_call_and_nonsense_are_refused)
{
	struct bench_node *node;
	struct span out;
	struct two two;

	require(open_two(&two));
	node = two.north;
	check(bench_call(node, "nothing", span_text("{}"), &out) == -1);
	check_int(node->err.code, E_ROUTE);
	check(bench_call(node, "cases", span_text("[1"), &out) == -1);
	check_int(node->err.code, E_USAGE);
	check(bench_call(node, "show", span_text("{\"case\":\"12\"}"), &out) ==
	    -1);
	check_int(node->err.code, E_USAGE);
	check(bench_call(node, "show", span_text("{\"case\":\"abcd\"}"),
		  &out) == -1);
	check_int(node->err.code, E_CASE_UNKNOWN);
	check(bench_call(node, "statement",
		  span_text("{\"from\":\"2026-01-01T00:00:00Z\",\"to\":"
			    "\"2025-01-01T00:00:00Z\"}"),
		  &out) == -1);
	check_int(node->err.code, E_USAGE);
	close_two(&two);
}
