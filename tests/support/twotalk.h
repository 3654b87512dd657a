#pragma once

/*
 * twotalk: up to three nodes in memory with their real dockets, stores and
 * keepers, that exchange jobs until they have nothing to say; and the keys of
 * each, so that one of them can lie.
 *
 * No chance and no network: what is asked is answered at once.  The clock
 * stands until somebody moves it.  Failures here end the test program.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/span.h"
#include "docket/deliver.h"
#include "docket/docket.h"
#include "docket/serve.h"
#include "domain/kind.h"
#include "keeper/keeper.h"
#include "keeper/local.h"
#include "keeper/signer.h"
#include "store/blob.h"
#include "store/entry.h"
#include "store/head.h"
#include "store/log.h"
#include "tests/support/faultnode.h"

/* 2026-11-22T10:00:00Z, when the nodes are made. */
#define TWO_BEGIN_S 1795341600

enum two_name { TWO_NORTH, TWO_SOUTH, TWO_EAST, TWO_COUNT };

struct authority_seal;
struct faultblobs;
struct two;

struct two_node {
	struct two *two;
	const char *party, *country;
	char path[32]; /* of the database, in the fault file system */
	int64_t skew_s;
	bool is_restored;      /* how the docket is opened */
	bool is_withholding;   /* lodges no receipts and no refusals */
	const char *log_seed;  /* 32 bytes; NULL: a key of its own */
	const char *endpoints; /* how many; NULL is "1" */
	/* By an authority; NULL: a seal of its own, self-signed. */
	const struct authority_seal *issued;
	struct store *store;
	struct faultblobs *disk; /* of documents */
	struct blob_dir blobs;
	struct buf journal;
	struct faultnode_files files; /* of the keeper */
	struct keeper_ops ops;
	struct keeper *keeper;
	struct keeper_local local;
	struct signer signer;
	struct docket *docket;
	struct buf card; /* the file */
};

struct two {
	struct instant now;
	uint64_t chance; /* where random numbers come from */
	struct two_node nodes[TWO_COUNT];
	unsigned n;
	struct arena *arena; /* until two_close() */
	/* Called for each answer before it is taken, if not NULL. */
	void (*meddle)(struct two *two, struct two_node *asking,
	    const struct job *job, struct job_answer *answer);
	unsigned jobs; /* done so far */
};

/*
 * Make the first ${n} nodes, each the peer of NORTH.  two_begin() makes them
 * strangers, and two_introduce() two of them peers.
 *
 * Owns: the caller, until two_close().
 */
void two_open(struct two *two, unsigned n);
void two_begin(struct two *two, unsigned n);
void two_introduce(struct two_node *a, struct two_node *b);
void two_introduce_one(struct two_node *node, struct two_node *peer);
void two_close(struct two *two);

/* A node's own clock. */
struct instant two_now(const struct two_node *node);
void two_later(struct two *two, int64_t seconds);

/* End the program, with ${err}, unless ${rc} is 0. */
void two_must(int rc, const struct error *err, const char *what);

/* The process ends and starts again; without power unsynced bytes go. */
void two_restart(struct two_node *node, bool is_power_cut);
void two_stop(struct two_node *node);
void two_start(struct two_node *node);

/* One turn of a node: begin before, commit and settle after. */
void two_turn_begin(struct two_node *node);
void two_turn_end(struct two_node *node);

/* What ${node} is asked by ${from}, in a turn of its own. */
void two_serve(struct two_node *node, const struct two_node *from,
    const struct serve_request *request, struct serve_reply *reply,
    struct arena *arena);

/* POST ${body} to ${path}; the reply is in the arena of ${two}. */
struct serve_reply two_post(struct two_node *node, const struct two_node *from,
    const char *path, struct span body);
struct serve_reply two_get(struct two_node *node, const struct two_node *from,
    const char *path);

/*
 * The next job of ${node} for ${peer}, asked and its answer taken.  Returns
 * its kind.
 */
enum job_kind two_step(struct two_node *node, struct two_node *peer);
enum job_kind two_job(struct two_node *node, const struct two_node *peer,
    struct job *job, struct arena *arena);
void two_done(struct two_node *node, const struct job *job,
    const struct job_answer *answer);

/* Ask each peer of ${node} how much of its log it holds, as after a start. */
void two_ask(struct two_node *node);

/* All nodes with their peers, until none has a job but to ask whether the
 * other is there.  False if that never comes. */
bool two_talk(struct two *two);

/* Take ${answer} of ${node} to ${job} of another as it stands. */
struct job_answer two_answer(struct two_node *node, const struct two_node *from,
    const struct job *job, struct arena *arena);

/* Logs and entries.  Owns: the arena of the two. */
struct log_row *two_log(struct two_node *node, const struct two_node *peer,
    bool is_own);
struct entry_row *two_entry(struct two_node *node, const struct two_node *peer,
    bool is_own, uint64_t index);

/* How many records of ${kind} are valid in that log; KIND_COUNT: set aside. */
unsigned two_count(struct two_node *node, const struct two_node *peer,
    bool is_own, enum kind kind);
struct delivery_state two_delivery(struct two_node *node,
    const struct two_node *peer);
