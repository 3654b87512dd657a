#pragma once

/*
 * nodebench: a registrar in this process: its store on the file system that
 * fails, its keeper called directly, its clock scripted, and the other ends
 * of its channels in the test's hands.
 */

#include <stdint.h>

#include "base/error.h"
#include "base/random.h"
#include "base/span.h"
#include "keeper/local.h"
#include "keeper/ops.h"
#include "keeper/signer.h"
#include "node/call_wire.h"
#include "node/home.h"
#include "node/keeper_files.h"
#include "proc/clock.h"
#include "proc/message.h"
#include "store/blob.h"

struct arena;
struct event_base;
struct faultblobs;
struct keeper;
struct registrar;
struct store;

#define BENCH_WAIT_MS 2000

struct bench_node {
	struct arena *arena;
	struct node_home home;
	struct keeper_files files;
	struct keeper_ops ops;
	struct keeper *keeper;
	struct keeper_local local;
	struct signer signer;
	struct store *store;
	struct faultblobs *blobs;
	struct blob_dir dir;
	struct random random;
	struct clock clock;
	const char *clock_path;
	struct event_base *base;
	struct registrar *registrar;
	struct message_pipe supervisor, gate, courier, desk;
	struct span card;
	struct error err; /* of the last call */
};

#define BENCH_DRAFT                                            \
	"{\"draft\":{\"kind\":\"request\",\"documents\":[],"   \
	"\"request\":{\"purpose\":\"mitigation\",\"actions\":" \
	"[\"preserve\"],\"topic\":\"ddos\",\"urgency\":\"%s\"}}}"

/* Time passes, as it is scripted. */
void bench_pass(struct bench_node *node, int64_t s);

/* The registrar anew over what is stored. */
void bench_start(struct bench_node *node);

struct bench_node *bench_open(const char *party);

void bench_stop(struct bench_node *node);

void bench_close(struct bench_node *node);

/* Let the registrar do all that is there to be done. */
void bench_run(struct bench_node *node);

/* Send a call, without waiting. */
void bench_send(struct bench_node *node, uint32_t id, const char *name,
    struct span json, struct span bytes);

/* The next answer to the desk. */
int bench_receive(struct bench_node *node, uint32_t *id,
    struct call_reply *reply);

int bench_call(struct bench_node *node, const char *name, struct span json,
    struct span *out);

/* The content of a request of that urgency; lodge one. */
int bench_prepare(struct bench_node *node, const char *urgency,
    struct span *content);
int bench_lodge(struct bench_node *node, struct span content, struct span *out);

/* The text ${name} of an answer. */
struct span bench_text(struct bench_node *node, struct span json,
    const char *name);

/* {"NAME": text} */
struct span bench_json(struct bench_node *node, const char *name,
    struct span text, const char *name2, struct span text2);

void bench_authorise(struct bench_node *node, struct span content);

/* Add ${peer} as an operator would. */
int bench_add_peer(struct bench_node *node, const struct bench_node *peer);

/* The content of a letter, authorised. */
struct span bench_letter(struct bench_node *node, const char *urgency);
