#pragma once

/*
 * node: one party of the simulation: the real docket, store and keeper, on a
 * disk that forgets.
 */

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/instant.h"
#include "docket/docket.h"
#include "keeper/keeper.h"
#include "keeper/local.h"
#include "keeper/signer.h"
#include "store/blob.h"
#include "tests/sim/rng.h"
#include "tests/support/faultnode.h"

#define NODE_KEPT_MAX 4096

/* What an operator was told is lodged: it must never be lost. */
struct node_kept {
	struct hash leaf;
	bool is_case; /* it opened one */
};

struct faultblobs;
struct world;

struct node {
	struct world *world;
	const char *party, *country;
	char path[32]; /* of the database, in the fault file system */
	int64_t skew_s;
	bool is_up;
	struct store *store;
	struct faultblobs *disk; /* of documents */
	struct blob_dir blobs;
	struct buf journal; /* of the keeper: each append is durable */
	struct faultnode_files files; /* of the keeper */
	struct keeper_ops ops;
	struct keeper *keeper;
	struct keeper_local local;
	struct signer signer;
	struct docket *docket;
	struct buf card; /* the file */
	char saved[32];  /* the database of a snapshot; "" if there is none */
	unsigned saves;
	struct buf saved_journal; /* of the keeper, then */
	struct node_kept *kept;
	size_t kept_n;
};

/* Make keys, card and database. */
void node_create(struct node *node, struct world *world, const char *party,
    const char *country);
void node_clear(struct node *node);

/* Its own clock. */
struct instant node_now(const struct node *node);

/* Open store, keeper and docket after a crash; dies if it cannot. */
void node_start(struct node *node);

/* Close all; what was not durable is lost if ${is_power_cut}. */
void node_crash(struct node *node, bool is_power_cut);

/* A snapshot of all that the node keeps, database and keeper together. */
void node_save(struct node *node);

/* Go on from it, and from nothing later; nobody says so. */
void node_set_back(struct node *node);

/* Become peers, both ways. */
void node_introduce(struct node *a, struct node *b);

/*
 * After a failure: true if the node cannot go on and was crashed.  Other
 * failures are the operator's, the transaction is rolled back.
 */
bool node_failed(struct node *node, const struct error *err);

/* Commit what ${node} did and settle; -1 and rolled back if it could not. */
int node_commit(struct node *node, struct error *err);
