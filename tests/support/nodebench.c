#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "docket/docket.h"
#include "formats/card.h"
#include "formats/json.h"
#include "keeper/keeper.h"
#include "keeper/local.h"
#include "node/call_wire.h"
#include "node/home.h"
#include "node/keeper_files.h"
#include "node/peer_wire.h"
#include "node/registrar.h"
#include "proc/clock.h"
#include "proc/file.h"
#include "proc/message.h"
#include "proc/spawn.h"
#include "seal/digest.h"
#include "seal/random.h"
#include "store/store.h"
#include "tests/lab.h"
#include "tests/support/faultblobs.h"
#include "tests/support/faultvfs.h"
#include "tests/support/nodebench.h"
#include "tests/support/storelab.h"
#include "tests/tap.h"

static struct instant
bench_now(void *ctx)
{
	struct bench_node *node = ctx;

	return clock_now(&node->clock);
}

void
bench_pass(struct bench_node *node, int64_t s)
{
	struct instant at = instant_add(clock_now(&node->clock), period_of(s));
	char text[INSTANT_TEXT_MAX];

	instant_write(at, text);
	lab_write(node->clock_path,
	    span_text(arena_printf(node->arena, "%s\n", text)));
}

static int
bench_end(struct message_pipe *pipe, enum role self)
{
	struct error err;
	int pair[2];

	storelab_must(spawn_pair(pair, &err), &err, "spawn_pair");
	message_pipe_init(pipe, pair[0], self, ROLE_REGISTRAR);
	return pair[1];
}

static void
bench_make_home(struct bench_node *node, const char *party)
{
	const char *endpoints[] = { "https://127.0.0.1:4590" };
	struct node_init init = { .party = party,
		.country = "XN",
		.endpoints = endpoints,
		.endpoints_n = 1,
		.now = clock_now(&node->clock) };
	struct error err;

	init.path = arena_printf(node->arena, "%s/home", lab_directory());
	storelab_must(node_init(&init, &err), &err, "node_init");
	node_home_of(&node->home, init.path, node->arena);
	storelab_must(file_read(node->home.card, CARD_FILE_MAX, node->arena,
			  &node->card, &err),
	    &err, "card");
}

void
bench_start(struct bench_node *node)
{
	struct registrar_parts parts = {
		.home = &node->home,
		.store = node->store,
		.blobs = &node->dir,
		.signer = &node->signer,
		.random = &node->random,
		.clock = &node->clock,
	};
	struct error err;

	parts.supervisor = bench_end(&node->supervisor, ROLE_SUPERVISOR);
	parts.gate = bench_end(&node->gate, ROLE_GATE);
	parts.courier = bench_end(&node->courier, ROLE_COURIER);
	parts.desk = bench_end(&node->desk, ROLE_DESK);
	node->base = event_base_new();
	event_base_priority_init(node->base, 3);
	storelab_must(registrar_new(&node->registrar, node->base, &parts, &err),
	    &err, "registrar_new");
}

struct bench_node *
bench_open(const char *party)
{
	struct bench_node *node = arena_alloc(lab_arena(), sizeof(*node));
	struct error err;

	node->arena = lab_arena();
	node->clock_path = arena_printf(node->arena, "%s/now", lab_directory());
	lab_write(node->clock_path, span_text("2026-11-22T10:00:00Z\n"));
	storelab_must(clock_open(&node->clock, node->clock_path, &err), &err,
	    "clock");
	bench_make_home(node, party);
	storelab_must(keeper_files_open(&node->files, node->home.path,
			  node->home.journal, &err),
	    &err, "keeper_files");
	node->ops = keeper_files_ops(&node->files);
	storelab_must(keeper_open(&node->keeper, &node->ops, party, &err), &err,
	    "keeper");
	node->local = (struct keeper_local){ node->keeper, bench_now, node };
	node->signer = keeper_signer(&node->local);
	random_system(&node->random);
	faultvfs_register();
	storelab_must(store_open(&node->store, party, FAULTVFS_NAME,
			  STORE_CREATE, &err),
	    &err, "store");
	storelab_must(store_begin(node->store, &err), &err, "begin");
	storelab_must(docket_create(node->store, node->card,
			  clock_now(&node->clock), &err),
	    &err, "docket_create");
	storelab_must(store_commit(node->store, &err), &err, "commit");
	node->blobs = faultblobs_new(1);
	node->dir = faultblobs_dir(node->blobs);
	bench_start(node);
	return node;
}

void
bench_stop(struct bench_node *node)
{
	registrar_free(node->registrar);
	event_base_free(node->base);
	message_pipe_clear(&node->supervisor);
	message_pipe_clear(&node->gate);
	message_pipe_clear(&node->courier);
	message_pipe_clear(&node->desk);
}

void
bench_close(struct bench_node *node)
{
	bench_stop(node);
	store_close(node->store);
	faultblobs_free(node->blobs);
	keeper_free(node->keeper);
	keeper_files_close(&node->files);
	clock_close(&node->clock);
}

void
bench_run(struct bench_node *node)
{
	/* On a slow machine it waits for others to ask, more than once. */
	for (int round = 0; round < 4; round++) {
		if (round > 0)
			usleep(1000 * (REGISTRAR_QUIET_MS + 1));
		for (int i = 0; i < 8; i++)
			event_base_loop(node->base, EVLOOP_NONBLOCK);
	}
}

void
bench_send(struct bench_node *node, uint32_t id, const char *name,
    struct span json, struct span bytes)
{
	struct call call = { span_text(name), json, bytes };
	struct message message = { MESSAGE_CALL, id, { NULL, 0 } };
	struct error err;
	struct buf buf;

	buf_init(&buf, CALL_WIRE_MAX);
	storelab_must(call_write(&buf, &call, &err), &err, "call");
	message.payload = buf_span(&buf);
	storelab_must(message_send(&node->desk, &message, BENCH_WAIT_MS, &err),
	    &err, "send");
	buf_clear(&buf);
}

int
bench_receive(struct bench_node *node, uint32_t *id, struct call_reply *reply)
{
	struct message message;

	if (message_receive(&node->desk, &message, BENCH_WAIT_MS, node->arena,
		&node->err) == -1 ||
	    call_reply_parse(reply, message.payload, &node->err) == -1)
		return -1;
	*id = message.id;
	if (reply->code == E_NONE)
		return 0;
	return error_set(&node->err, reply->code, "%.*s",
	    (int)reply->detail.len, (const char *)reply->detail.ptr);
}

int
bench_call(struct bench_node *node, const char *name, struct span json,
    struct span *out)
{
	struct call_reply reply;
	uint32_t id;
	int rc;

	bench_send(node, 1, name, json, span_of(NULL, 0));
	bench_run(node);
	rc = bench_receive(node, &id, &reply);
	*out = reply.json;
	return rc;
}

int
bench_lodge(struct bench_node *node, struct span content, struct span *out)
{
	struct call_reply reply;
	uint32_t id;
	int rc;

	bench_send(node, 1, "lodge", span_text("{}"), content);
	bench_run(node);
	rc = bench_receive(node, &id, &reply);
	*out = reply.json;
	return rc;
}

int
bench_prepare(struct bench_node *node, const char *urgency,
    struct span *content)
{
	struct call_reply reply;
	uint32_t id;
	int rc;

	bench_send(node, 1, "prepare",
	    span_text(arena_printf(node->arena, BENCH_DRAFT, urgency)),
	    span_of(NULL, 0));
	bench_run(node);
	rc = bench_receive(node, &id, &reply);
	*content = reply.bytes;
	return rc;
}

struct span
bench_text(struct bench_node *node, struct span json, const char *name)
{
	struct json *read = NULL;
	struct json_reader in;
	struct span out;
	struct error err;

	storelab_must(json_read(&read, json, CALL_JSON_MAX, E_SYNTAX, &err),
	    &err, "json");
	storelab_must(json_reader_of(&in, read, "", E_SYNTAX, &err), &err,
	    "object");
	storelab_must(json_get_text(&out, &in, name, JSON_REQUIRED, 1 << 20,
			  &err),
	    &err, name);
	out = arena_copy(node->arena, out);
	json_free(read);
	return out;
}

struct span
bench_json(struct bench_node *node, const char *name, struct span text,
    const char *name2, struct span text2)
{
	struct json *json = json_object_new();
	struct span out;
	struct buf buf;

	json_set_text(json, name, text);
	if (name2 != NULL)
		json_set_text(json, name2, text2);
	buf_init(&buf, CALL_JSON_MAX);
	json_write(&buf, json);
	out = arena_copy(node->arena, buf_span(&buf));
	buf_clear(&buf);
	json_free(json);
	return out;
}

void
bench_authorise(struct bench_node *node, struct span content)
{
	struct hash digest = digest_of(content);
	struct error err;

	storelab_must(keeper_authorise(node->keeper, &digest,
			  clock_now(&node->clock), &err),
	    &err, "authorise");
}

int
bench_add_peer(struct bench_node *node, const struct bench_node *peer)
{
	struct card *card;
	struct span out, content;
	struct error err;

	storelab_must(card_open(&card, peer->card, node->arena, &err), &err,
	    "card");
	storelab_must(keeper_pin_peer(node->keeper, card->party, card->log,
			  &card->fingerprint, clock_now(&node->clock), &err),
	    &err, "pin");
	if (bench_call(node, "peer-prepare",
		bench_json(node, "card", peer->card, NULL, peer->card),
		&out) == -1)
		return -1;
	content = bench_text(node, out, "content");
	bench_authorise(node, content);
	return bench_call(node, "peer-lodge",
	    bench_json(node, "card", peer->card, "content", content), &out);
}

struct span
bench_letter(struct bench_node *node, const char *urgency)
{
	struct span content;

	if (bench_prepare(node, urgency, &content) == -1) {
		tap_note("prepare: %s", node->err.detail);
		return span_of(NULL, 0);
	}
	bench_authorise(node, content);
	return content;
}
