/*
 * A peer that answers nonsense: it is remembered by its own code, asked again
 * with growing pauses and at its other addresses, and nothing is lost.
 */

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "docket/internal.h"
#include "domain/lines.h"
#include "formats/problem.h"
#include "ledger/mirror.h"
#include "ledger/witness.h"
#include "store/store.h"
#include "tests/support/twonodes.h"
#include "tests/tap.h"

#define ENDPOINTS 3

/* NORTH sends, SOUTH answers. */
struct scene {
	struct two two;
	struct two_node *north, *south;
	struct job job; /* that is to be answered badly */
};

static void
scene_open(struct scene *scene)
{
	scene->two = (struct two){ .n = 0 };
	scene->two.nodes[TWO_SOUTH].endpoints = "3";
	two_begin(&scene->two, 2);
	scene->north = &scene->two.nodes[TWO_NORTH];
	scene->south = &scene->two.nodes[TWO_SOUTH];
	two_introduce(scene->north, scene->south);
}

/* Give NORTH something to say, and go on until it is about to do ${kind}. */
static void
scene_reach(struct scene *scene, enum job_kind kind)
{
	struct record record;
	bool is_large = kind == JOB_OFFSET || kind == JOB_PATCH;

	if (kind == JOB_HEAD)
		two_restart(scene->north, false);
	else
		check(two_talk(&scene->two));
	if (kind == JOB_PING)
		two_later(&scene->two, DELIVER_PING_S);
	if (kind != JOB_HEAD && kind != JOB_PING) {
		record = two_record(&scene->two, KIND_REPORT, NULL);
		two_document(scene->north, scene->south, &record,
		    WORD_DOCUMENT_EVIDENCE,
		    is_large ? ((size_t)1 << 20) + 1 : 100);
		two_lodge_record(scene->north, scene->south, &record);
	}
	for (unsigned i = 0; i < 50; i++) {
		if (two_job(scene->north, scene->south, &scene->job,
			scene->two.arena) == kind)
			return;
		two_step(scene->north, scene->south);
	}
	abort();
}

static struct span
text(const char *text)
{
	return span_text(text);
}

/* The head that the job is about. */
static struct span
head_note(struct scene *scene)
{
	struct log_row *log = two_log(scene->north, scene->south, true);
	struct head_row *head;
	struct error err;

	two_must(store_head_get(scene->north->store, log->id, log->head, &head,
		     scene->two.arena, &err),
	    &err, "head");
	return head->note;
}

static struct span
line_of_another_key(struct scene *scene)
{
	return two_line(scene->north, head_note(scene), scene->two.now);
}

static struct span
line_on_another_head(struct scene *scene)
{
	struct log_row *log = two_log(scene->north, scene->south, true);
	struct hash root = { { 1 } };

	return two_line(scene->south,
	    two_head(scene->north, log->origin, log->head, &root),
	    scene->two.now);
}

static struct span
line_on_a_smaller_head(struct scene *scene)
{
	struct log_row *log = two_log(scene->north, scene->south, true);
	struct hash root = two_root(scene->north, log, 1);

	return two_line(scene->south,
	    two_head(scene->north, log->origin, 1, &root), scene->two.now);
}

static struct span
line_from_the_future(struct scene *scene)
{
	return two_line(scene->south, head_note(scene),
	    instant_add(scene->two.now, period_of(LINES_AHEAD_S + 1)));
}

static struct span
half_a_line(struct scene *scene)
{
	struct span line =
	    two_line(scene->south, head_note(scene), scene->two.now);

	return span_of(line.ptr, line.len / 2);
}

/* Signed by SOUTH instead of NORTH, as NORTH's log. */
static struct span
head_of_another_key(struct scene *scene)
{
	struct log_row *log = two_log(scene->north, scene->south, true);
	struct hash root = { { 1 } };

	return two_head(scene->south, log->origin, 1000, &root);
}

static struct span
head_of_another_log(struct scene *scene)
{
	struct log_row *log = two_log(scene->south, scene->north, true);
	struct hash root = { { 1 } };

	return two_head(scene->south, log->origin, 1, &root);
}

#define HUGE "9223372036854775807"
#define LINES "text/plain; charset=utf-8"

static const struct nonsense {
	const char *name;
	enum job_kind kind;
	int status;
	const char *type;
	const char *body;
	struct span (*make)(struct scene *scene);
	enum error_code want;
} table[] = {
	/* clang-format off */
	{ "head: 500", JOB_HEAD, 500, PROBLEM_MEDIA_TYPE, "{}", NULL, E_HTTP },
	{ "head: 204", JOB_HEAD, 204, NULL, "", NULL, E_HTTP },
	{ "head: empty", JOB_HEAD, 200, LINES, "", NULL, E_NOTE_SYNTAX },
	{ "head: HTML", JOB_HEAD, 200, "text/html", "<html>\n", NULL,
	    E_NOTE_SYNTAX },
	{ "head: other key", JOB_HEAD, 200, LINES, NULL, head_of_another_key,
	    E_NOTE_UNSIGNED },
	{ "head: other log", JOB_HEAD, 200, LINES, NULL, head_of_another_log,
	    E_CHECKPOINT_ORIGIN },
	{ "documents: 200 of what", JOB_DOCUMENTS, 404, NULL, "", NULL,
	    E_HTTP },
	{ "documents: 413", JOB_DOCUMENTS, 413, PROBLEM_MEDIA_TYPE,
	    "not JSON", NULL, E_HTTP },
	{ "documents: redirect", JOB_DOCUMENTS, 301, NULL, "", NULL, E_HTTP },
	{ "offset: none", JOB_OFFSET, 204, NULL, "", NULL, E_HTTP },
	{ "offset: 403", JOB_OFFSET, 403, NULL, "", NULL, E_HTTP },
	{ "patch: 409", JOB_PATCH, 409, NULL, "", NULL, E_HTTP },
	{ "patch: 500", JOB_PATCH, 500, NULL, "", NULL, E_HTTP },
	{ "checkpoint: 201", JOB_CHECKPOINT, 201, NULL, "", NULL, E_HTTP },
	{ "checkpoint: 403", JOB_CHECKPOINT, 403, NULL, "", NULL, E_HTTP },
	{ "checkpoint: 409 without type", JOB_CHECKPOINT, 409, NULL, "3\n",
	    NULL, E_HTTP },
	{ "checkpoint: 409 other type", JOB_CHECKPOINT, 409, "text/plain",
	    "3\n", NULL, E_HTTP },
	{ "checkpoint: 409 no size", JOB_CHECKPOINT, 409, WITNESS_SIZE_TYPE,
	    "three\n", NULL, E_SYNTAX },
	{ "checkpoint: 409 cut", JOB_CHECKPOINT, 409, WITNESS_SIZE_TYPE, "3",
	    NULL, E_SYNTAX },
	{ "checkpoint: 409 huge", JOB_CHECKPOINT, 409, WITNESS_SIZE_TYPE,
	    HUGE "\n", NULL, E_TAIL_LOST },
	{ "entries: 500", JOB_ENTRIES, 500, NULL, "", NULL, E_HTTP },
	{ "entries: 422", JOB_ENTRIES, 422, NULL, "", NULL, E_HTTP },
	{ "entries: 202 no type", JOB_ENTRIES, 202, NULL, "3\n3\n\n", NULL,
	    E_HTTP },
	{ "entries: 202 cut", JOB_ENTRIES, 202, MIRROR_INFO_TYPE, "3\n3", NULL,
	    E_SYNTAX },
	{ "entries: 202 not sizes", JOB_ENTRIES, 202, MIRROR_INFO_TYPE,
	    "a\nb\n\n", NULL, E_SYNTAX },
	{ "entries: 409 huge", JOB_ENTRIES, 409, MIRROR_INFO_TYPE,
	    HUGE "\n" HUGE "\n\n", NULL, E_TAIL_LOST },
	{ "entries: 409 next huge", JOB_ENTRIES, 409, MIRROR_INFO_TYPE,
	    "1\n" HUGE "\n\n", NULL, E_TAIL_LOST },
	{ "entries: no line", JOB_ENTRIES, 200, LINES, "", NULL,
	    E_NOTE_SYNTAX },
	{ "entries: no line but text", JOB_ENTRIES, 200, LINES, "thanks\n",
	    NULL, E_NOTE_SYNTAX },
	{ "entries: half a line", JOB_ENTRIES, 200, LINES, NULL, half_a_line,
	    E_NOTE_SYNTAX },
	{ "entries: other key", JOB_ENTRIES, 200, LINES, NULL,
	    line_of_another_key, E_NOTE_UNSIGNED },
	{ "entries: other head", JOB_ENTRIES, 200, LINES, NULL,
	    line_on_another_head, E_NOTE_SIGNATURE },
	{ "entries: smaller head", JOB_ENTRIES, 200, LINES, NULL,
	    line_on_a_smaller_head, E_NOTE_SIGNATURE },
	{ "entries: future", JOB_ENTRIES, 200, LINES, NULL,
	    line_from_the_future, E_HTTP },
	{ "ping: 500", JOB_PING, 500, NULL, "", NULL, E_HTTP },
	{ "ping: 404", JOB_PING, 404, NULL, "", NULL, E_HTTP },
	/* clang-format on */
};

static struct job_answer
answer_of(struct scene *scene, const struct nonsense *row)
{
	struct job_answer answer = { .status = row->status };

	if (row->type != NULL)
		answer.type = text(row->type);
	answer.body = row->make != NULL ? row->make(scene) : text(row->body);
	return answer;
}

/* In the end SOUTH has all, once. */
static void
check_good_end(struct scene *scene)
{
	struct delivery_state state;

	scene->two.meddle = NULL;
	two_later(&scene->two, DELIVER_RETRY_MAX_S + 1);
	check(two_talk(&scene->two));
	state = two_delivery(scene->north, scene->south);
	check_int((int)state.failures, 0);
	check(state.is_checked && state.mirrored == state.size);
	check(state.documents == 0);
	check(!two_log(scene->south, scene->north, false)->is_forked);
	check(two_agree(&scene->two, scene->north, scene->south));
}

TEST(each_nonsense_is_remembered_by_its_code_and_a_good_answer_heals)
{
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct delivery_state state;
		struct job_answer answer;
		struct scene scene;
		uint64_t mirrored;
		struct job job;

		tap_note("%s", table[i].name);
		scene_open(&scene);
		scene_reach(&scene, table[i].kind);
		mirrored = two_log(scene.north, scene.south, true)->mirrored;
		answer = answer_of(&scene, &table[i]);
		two_done(scene.north, &scene.job, &answer);
		state = two_delivery(scene.north, scene.south);
		check_int((int)state.failures, 1);
		check_str(error_name(state.last_error),
		    error_name(table[i].want));
		check(state.mirrored == mirrored);
		check(
		    state.next_try.s == scene.two.now.s + DELIVER_RETRY_MIN_S);
		/* Nothing before then; then at another address. */
		check_int(two_job(scene.north, scene.south, &job,
			      scene.two.arena),
		    JOB_NONE);
		check(job.until.s == state.next_try.s);
		two_later(&scene.two, DELIVER_RETRY_MIN_S);
		check(two_job(scene.north, scene.south, &job,
			  scene.two.arena) != JOB_NONE);
		check(!span_is_equal(job.endpoint, scene.job.endpoint));
		check_good_end(&scene);
		two_close(&scene.two);
	}
}

TEST(pauses_grow_to_a_minute_and_every_address_is_tried)
{
	static const int64_t pauses[] = { 1, 2, 4, 8, 16, 32, 60, 60, 60 };
	bool is_tried[ENDPOINTS] = { false };
	struct job_answer answer = { .failure = E_NET,
		.detail = text("no route") };
	struct delivery_state state;
	struct scene scene;

	scene_open(&scene);
	scene_reach(&scene, JOB_CHECKPOINT);
	for (size_t i = 0; i < COUNT_OF(pauses); i++) {
		check_int(two_job(scene.north, scene.south, &scene.job,
			      scene.two.arena),
		    JOB_CHECKPOINT);
		is_tried[scene.job.endpoint.ptr[scene.job.endpoint.len - 1] -
		    '0'] = true;
		two_done(scene.north, &scene.job, &answer);
		state = two_delivery(scene.north, scene.south);
		check_int((int)state.failures, (int)i + 1);
		check_int(state.last_error, E_NET);
		check_int(state.next_try.s - scene.two.now.s, pauses[i]);
		two_later(&scene.two, pauses[i] - 1);
		check_int(two_job(scene.north, scene.south, &scene.job,
			      scene.two.arena),
		    JOB_NONE);
		two_later(&scene.two, 1);
	}
	for (unsigned i = 0; i < ENDPOINTS; i++)
		check(is_tried[i]);
	check_good_end(&scene);
	two_close(&scene.two);
}

TEST(a_clock_that_was_set_back_does_not_silence_us)
{
	struct job_answer answer = { .failure = E_NET };
	struct scene scene;

	scene_open(&scene);
	two_later(&scene.two, 50);
	scene_reach(&scene, JOB_CHECKPOINT);
	for (unsigned i = 0; i < 8; i++) {
		two_done(scene.north, &scene.job, &answer);
	}
	scene.north->skew_s = -40;
	check_int(two_job(scene.north, scene.south, &scene.job,
		      scene.two.arena),
	    JOB_CHECKPOINT);
	scene.north->skew_s = 0;
	check_good_end(&scene);
	two_close(&scene.two);
}

TEST(a_line_of_the_past_is_one)
{
	struct job_answer answer = { .status = 200 };
	struct scene scene;
	uint64_t size;

	scene_open(&scene);
	scene_reach(&scene, JOB_ENTRIES);
	size = two_log(scene.north, scene.south, true)->size;
	answer.body = two_line(scene.south, head_note(&scene),
	    instant_of(TWO_BEGIN_S - 1000000));
	two_done(scene.north, &scene.job, &answer);
	check_int((int)two_delivery(scene.north, scene.south).failures, 0);
	check(two_log(scene.north, scene.south, true)->mirrored == size);
	two_close(&scene.two);
}

/* Says that it misses what it has, what it was never to have, and nonsense. */
TEST(what_a_peer_says_it_misses_is_sent_again_if_it_is_ours_to_send)
{
	struct job_answer answer = { .status = 202,
		.type = text(MIRROR_INFO_TYPE) };
	struct two_node *north, *south;
	struct scene scene;
	char hex[HASH_TEXT_MAX];
	struct document document;
	struct record record;

	scene_open(&scene);
	north = scene.north;
	south = scene.south;
	check(two_talk(&scene.two));
	record = two_record(&scene.two, KIND_REPORT, NULL);
	two_document(north, south, &record, WORD_DOCUMENT_EVIDENCE, 100);
	document = record.documents[0];
	two_lodge_record(north, south, &record);
	while (
	    two_job(north, south, &scene.job, scene.two.arena) != JOB_ENTRIES)
		two_step(north, south);
	answer.body = text(arena_printf(scene.two.arena, "%llu\n%llu\n\n",
	    (unsigned long long)two_log(north, south, true)->head,
	    (unsigned long long)two_log(north, south, true)->head));
	answer.missing = text(arena_printf(scene.two.arena, "%s,%064d",
	    hash_write(&document.sha256, hex), 7));
	check(two_delivery(north, south).documents == 0);
	two_done(north, &scene.job, &answer);
	check_int((int)two_delivery(north, south).failures, 0);
	check(two_delivery(north, south).documents == 1);
	check_int(two_step(north, south), JOB_DOCUMENTS);
	answer.missing = text("all of it");
	check_int(two_job(north, south, &scene.job, scene.two.arena),
	    JOB_ENTRIES);
	two_done(north, &scene.job, &answer);
	check_int(two_delivery(north, south).last_error, E_SYNTAX);
	check_good_end(&scene);
	two_close(&scene.two);
}

/* An offset that is beyond the end, or whole although it is not. */
TEST(a_false_offset_costs_time_and_nothing_else)
{
	static const uint64_t offsets[] = { UINT64_MAX, ((uint64_t)1 << 20) + 2,
		((uint64_t)1 << 20) + 1, 1 };

	for (size_t i = 0; i < COUNT_OF(offsets); i++) {
		struct job_answer answer = { .status = 204,
			.has_offset = true,
			.offset = offsets[i] };
		struct scene scene;

		tap_note("offset %zu", i);
		scene_open(&scene);
		scene_reach(&scene, JOB_OFFSET);
		two_done(scene.north, &scene.job, &answer);
		for (unsigned k = 0; k < 8; k++) {
			two_later(&scene.two, DELIVER_RETRY_MAX_S + 1);
			two_step(scene.north, scene.south);
		}
		check_good_end(&scene);
		two_close(&scene.two);
	}
}

/* It says that it holds a document: it will miss it when it counts. */
TEST(a_document_that_is_only_said_to_be_held_is_sent_after_all)
{
	struct job_answer answer = { .status = 204 };
	struct scene scene;

	scene_open(&scene);
	scene_reach(&scene, JOB_DOCUMENTS);
	two_done(scene.north, &scene.job, &answer);
	check(two_delivery(scene.north, scene.south).documents == 0);
	check_good_end(&scene);
	two_close(&scene.two);
}

/* Nothing but nonsense, at random, and then the truth. */
static void
babble(struct two *two, struct two_node *asking, const struct job *job,
    struct job_answer *answer)
{
	static const int statuses[] = { 200, 202, 204, 400, 404, 409, 422, 500,
		999, -1 };
	static const char *const types[] = { WITNESS_SIZE_TYPE,
		MIRROR_INFO_TYPE, "text/plain", "", PROBLEM_MEDIA_TYPE };
	static const char *const bodies[] = { "", "\n", "0\n", "1\n1\n\n",
		HUGE "\n", "0\n0\n\n", "\xff\xfe", "{\"type\":1}" };
	uint8_t dice[4];

	if (asking != &two->nodes[TWO_NORTH] || job->kind == JOB_PING)
		return;
	asking->ops.random.fill(asking->ops.random.ctx, dice, sizeof(dice));
	if (dice[0] % 4 == 0)
		return;
	answer->status = statuses[dice[1] % COUNT_OF(statuses)];
	answer->type = span_text(types[dice[2] % COUNT_OF(types)]);
	answer->body = span_text(bodies[dice[3] % COUNT_OF(bodies)]);
	answer->has_offset = dice[0] % 3 == 0;
	answer->offset = dice[3];
	answer->is_complete = dice[0] % 5 == 0;
}

TEST(whatever_is_babbled_in_between_the_truth_arrives_in_the_end)
{
	struct scene scene;

	scene_open(&scene);
	scene.two.meddle = babble;
	for (unsigned i = 0; i < 300; i++) {
		if (i % 25 == 0) {
			struct record record =
			    two_record(&scene.two, KIND_REPORT, NULL);

			two_document(scene.north, scene.south, &record,
			    WORD_DOCUMENT_EVIDENCE, 100);
			two_lodge_record(scene.north, scene.south, &record);
		}
		two_later(&scene.two, 20);
		two_step(scene.north, scene.south);
		two_step(scene.south, scene.north);
	}
	check_good_end(&scene);
	check_int((int)two_count(scene.south, scene.north, false, KIND_REPORT),
	    12);
	two_close(&scene.two);
}
