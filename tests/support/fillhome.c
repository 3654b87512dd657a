#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/mem.h"
#include "docket/cases.h"
#include "docket/deliver.h"
#include "docket/docket.h"
#include "docket/lodge.h"
#include "docket/serve.h"
#include "formats/card.h"
#include "keeper/keeper.h"
#include "keeper/local.h"
#include "ledger/tree.h"
#include "node/home.h"
#include "node/keeper_files.h"
#include "proc/clock.h"
#include "proc/file.h"
#include "seal/digest.h"
#include "seal/random.h"
#include "store/blob.h"
#include "store/log.h"
#include "store/store.h"
#include "tests/support/benchnode.h"
#include "tests/support/fillhome.h"

/* Records in one turn; and the cases that stay without an answer. */
#define TURN 1024
#define UNANSWERED 64

struct filled {
	const char *party;
	struct node_home home;
	struct clock clock;
	struct keeper_files files;
	struct keeper_ops ops;
	struct keeper *keeper;
	struct keeper_local local;
	struct signer signer;
	struct random random;
	struct store *store;
	struct blob_dir blobs;
	struct docket *docket;
	struct span card;
	const struct filled *peer;
};

static void
must(int rc, const struct error *err, const char *what)
{
	if (rc == 0)
		return;
	fprintf(stderr, "%s: %s (%s)\n", what, error_text(err->code),
	    err->detail);
	exit(1);
}

static struct instant
now_of(void *ctx)
{
	struct filled *f = ctx;

	return clock_now(&f->clock);
}

void
fill_home(const char *dir, const char *name, const char *party,
    const char *endpoint)
{
	struct arena *arena = arena_new();
	struct node_init init = { .party = party,
		.country = "XN",
		.endpoints = &endpoint,
		.endpoints_n = 1 };
	struct clock clock;
	struct error err;

	must(clock_open(&clock, NULL, &err), &err, "clock");
	init.now = clock_now(&clock);
	init.path = arena_printf(arena, "%s/%s", dir, name);
	must(node_init(&init, &err), &err, "init");
	clock_close(&clock);
	arena_free(arena);
}

static void
open_home(struct filled *f, const char *dir, const char *name,
    const char *party, struct arena *arena)
{
	struct docket_parts parts = { .blobs = &f->blobs,
		.signer = &f->signer,
		.random = &f->random };
	struct error err;

	fill_home(dir, name, party,
	    arena_printf(arena, "https://127.0.0.1:%u", bench_free_port()));
	f->party = party;
	node_home_of(&f->home, arena_printf(arena, "%s/%s", dir, name), arena);
	must(file_read(f->home.card, CARD_FILE_MAX, arena, &f->card, &err),
	    &err, "card");
	must(clock_open(&f->clock, NULL, &err), &err, "clock");
	must(keeper_files_open(&f->files, f->home.path, f->home.journal, &err),
	    &err, "keeper");
	f->ops = keeper_files_ops(&f->files);
	must(keeper_open(&f->keeper, &f->ops, party, &err), &err, "keeper");
	f->local = (struct keeper_local){ f->keeper, now_of, f };
	f->signer = keeper_signer(&f->local);
	random_system(&f->random);
	must(store_open(&f->store, f->home.database, NULL, STORE_USE, &err),
	    &err, "store");
	must(blob_dir_open(&f->blobs, f->home.documents, &err), &err, "blobs");
	parts.store = f->store;
	must(docket_open(&f->docket, &parts, &err), &err, "docket");
}

static void
close_home(struct filled *f)
{
	struct error err;

	must(docket_cases_settle(f->docket, &err), &err, "cases");
	must(store_checkpoint(f->store, &err), &err, "checkpoint");
	docket_close(f->docket);
	store_close(f->store);
	blob_dir_close(&f->blobs);
	keeper_free(f->keeper);
	keeper_files_close(&f->files);
	clock_close(&f->clock);
}

static void
begin(struct filled *f)
{
	struct error err;

	must(store_begin(f->store, &err), &err, "begin");
}

static void
end(struct filled *f)
{
	struct error err;

	must(store_commit(f->store, &err), &err, "commit");
	must(docket_settle(f->docket, now_of(f), &err), &err, "settle");
	must(docket_cases_settle(f->docket, &err), &err, "cases");
}

static void
authorise(struct filled *f, struct span content)
{
	struct hash digest = digest_of(content);
	struct error err;

	must(keeper_authorise(f->keeper, &digest, now_of(f), &err), &err,
	    "authorise");
}

static void
introduce(struct filled *f)
{
	struct arena *arena = arena_new();
	const struct card *peer = docket_self(f->peer->docket);
	struct instant now = now_of(f);
	struct span content;
	struct error err;

	must(docket_prepare_opening(f->docket, f->peer->card, now, &content,
		 arena, &err),
	    &err, "opening");
	must(keeper_pin_peer(f->keeper, span_text(f->peer->party), peer->log,
		 &peer->fingerprint, now, &err),
	    &err, "pin");
	authorise(f, content);
	begin(f);
	must(docket_lodge_opening(f->docket, f->peer->card, content, now, &err),
	    &err, "opening");
	end(f);
	arena_free(arena);
}

static struct fact *
fact_of(struct record *record, enum member member)
{
	return &record->facts[member - kind_first_member(record->kind)];
}

static void
set_word(struct record *record, enum member member, const enum word *word)
{
	*fact_of(record, member) =
	    (struct fact){ .is_given = true, .n = 1, .words = word };
}

/* Each is another: the same letter twice in a second is one. */
static void
fill_request(struct record *record, struct instant now)
{
	static const enum word purpose = WORD_PURPOSE_MITIGATION,
			       action = WORD_ACTION_BLOCK_HOST,
			       topic = WORD_TOPIC_DDOS,
			       urgency = WORD_URGENCY_ROUTINE;
	static int64_t n;

	set_word(record, MEMBER_REQUEST_PURPOSE, &purpose);
	set_word(record, MEMBER_REQUEST_ACTIONS, &action);
	set_word(record, MEMBER_REQUEST_TOPIC, &topic);
	set_word(record, MEMBER_REQUEST_URGENCY, &urgency);
	*fact_of(record, MEMBER_REQUEST_DUE) = (struct fact){ .is_given = true,
		.n = 1,
		.instant = instant_add(now, period_of(86400 + n++)) };
}

static void
fill_result(struct record *record)
{
	static const enum word outcome = WORD_OUTCOME_SATISFIED;

	set_word(record, MEMBER_RESULT_OUTCOME, &outcome);
	*fact_of(record, MEMBER_RESULT_FINAL) =
	    (struct fact){ .is_given = true, .n = 1, .flag = true };
}

static struct hash
lodge(struct filled *f, enum kind kind, const struct hash *about,
    struct arena *arena)
{
	struct draft draft = { .peer = span_text(f->peer->party),
		.record = { .kind = kind, .by = WORD_ROLE_DUTY_OFFICER } };
	struct instant now = now_of(f);
	struct span content;
	struct hash leaf;
	struct error err;

	if (kind == KIND_REQUEST)
		fill_request(&draft.record, now);
	if (kind == KIND_RESULT)
		fill_result(&draft.record);
	if (about != NULL) {
		draft.record.has_case = true;
		draft.record.case_hash = *about;
	}
	arena_reset(arena);
	must(docket_prepare(f->docket, &draft, now, &content, arena, &err),
	    &err, "prepare");
	authorise(f, content);
	must(docket_lodge(f->docket, content, now, &leaf, &err), &err, "lodge");
	return leaf;
}

static struct job_answer
ask(struct filled *f, const struct filled *from, const struct job *job,
    struct arena *arena)
{
	struct serve_request request = { .peer = span_text(from->party),
		.method = job->method,
		.path = span_text(job->path),
		.body = job->body };
	struct serve_reply reply;
	struct error err;

	begin(f);
	must(docket_serve(f->docket, &request, now_of(f), &reply, arena, &err),
	    &err, "serve");
	end(f);
	must(docket_serve_finish(f->docket, &reply, arena, &err), &err,
	    "serve");
	return (struct job_answer){ .status = reply.status,
		.type = span_text(reply.type == NULL ? "" : reply.type),
		.body = reply.body };
}

/* False if there was nothing to be sent. */
static bool
send_one(struct filled *f, struct filled *to)
{
	struct arena *arena = arena_new();
	struct job_answer answer;
	struct error err;
	struct job job;
	bool is_sent;

	must(docket_job_next(f->docket, span_text(to->party), now_of(f), &job,
		 arena, &err),
	    &err, "job");
	is_sent = job.kind != JOB_NONE && job.kind != JOB_PING;
	if (is_sent) {
		answer = ask(to, f, &job, arena);
		begin(f);
		must(docket_job_done(f->docket, &job, &answer, now_of(f), arena,
			 &err),
		    &err, "answer");
		end(f);
	}
	arena_free(arena);
	return is_sent;
}

static void
talk(struct filled *a, struct filled *b)
{
	bool is_moving = true;

	while (is_moving) {
		is_moving = send_one(a, b);
		is_moving = send_one(b, a) || is_moving;
	}
}

static uint64_t
entries_of(const struct filled *f)
{
	struct arena *arena = arena_new();
	struct log_row *logs;
	struct error err;
	uint64_t sum = 0;
	size_t n;

	must(store_log_all(f->store, &logs, &n, arena, &err), &err, "logs");
	for (size_t i = 0; i < n; i++)
		sum += logs[i].size;
	arena_free(arena);
	return sum;
}

static void
fill_turn(struct filled *north, struct filled *south)
{
	struct hash *cases = mem_resize(NULL, TURN, sizeof(*cases));
	struct arena *arena = arena_new();

	begin(north);
	for (unsigned i = 0; i < TURN; i++)
		cases[i] = lodge(north, KIND_REQUEST, NULL, arena);
	end(north);
	talk(north, south);
	begin(south);
	for (unsigned i = 0; i < TURN; i++)
		if (i % UNANSWERED != 0)
			lodge(south, KIND_ACKNOWLEDGEMENT, &cases[i], arena);
	for (unsigned i = 0; i < TURN; i++)
		if (i % UNANSWERED != 0)
			lodge(south, KIND_RESULT, &cases[i], arena);
	end(south);
	talk(north, south);
	arena_free(arena);
	free(cases);
}

void
fill_homes(const char *dir, uint64_t records)
{
	struct filled north = { .party = NULL }, south = { .party = NULL };
	struct arena *arena = arena_new();

	open_home(&north, dir, "north", "cert.north.example", arena);
	open_home(&south, dir, "south", "cert.south.example", arena);
	north.peer = &south;
	south.peer = &north;
	introduce(&north);
	introduce(&south);
	talk(&north, &south);
	while (entries_of(&north) < records)
		fill_turn(&north, &south);
	close_home(&north);
	close_home(&south);
	arena_free(arena);
}
