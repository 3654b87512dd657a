#pragma once

/*
 * twonodes: up to three nodes in memory with their real dockets, stores and
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
#include "domain/count.h"
#include "domain/record.h"
#include "keeper/keeper.h"
#include "keeper/local.h"
#include "keeper/signer.h"
#include "store/blob.h"
#include "store/entry.h"
#include "store/head.h"
#include "store/log.h"

/* 2026-11-22T10:00:00Z, when the nodes are made. */
#define TWO_BEGIN_S 1795341600

enum two_name { TWO_NORTH, TWO_SOUTH, TWO_EAST, TWO_COUNT };

#define TWO_FILES_MAX 16

struct checkpoint;
struct ed25519_key;
struct faultblobs;
struct seal_key;
struct two;

struct two_file {
	char name[48];
	struct buf bytes;
};

struct two_node {
	struct two *two;
	const char *party, *country;
	char path[32]; /* of the database, in the fault file system */
	int64_t skew_s;
	bool is_restored;      /* how the docket is opened */
	bool is_withholding;   /* lodges no receipts and no refusals */
	const char *log_seed;  /* 32 bytes; NULL: a key of its own */
	const char *endpoints; /* how many; NULL is "1" */
	struct store *store;
	struct faultblobs *disk; /* of documents */
	struct blob_dir blobs;
	struct buf journal;
	struct two_file files[TWO_FILES_MAX];
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

/*
 * What an operator lodges: a record of ${kind} with members that make sense,
 * in the case ${about} unless that is NULL.  Returns its leaf hash.
 */
struct hash two_lodge(struct two_node *node, const struct two_node *peer,
    enum kind kind, const struct hash *about);
struct hash two_lodge_record(struct two_node *node, const struct two_node *peer,
    struct record *record);

/* ${n} of them in one turn. */
void two_lodge_many(struct two_node *node, const struct two_node *peer,
    enum kind kind, unsigned n);

/* One that may fail; then nothing has happened. */
int two_try(struct two_node *node, const struct two_node *peer,
    struct record *record, struct hash *leaf, struct error *err);

/* A record with the members that its kind needs. */
struct record two_record(struct two *two, enum kind kind,
    const struct hash *about);
struct fact *two_fact(struct record *record, enum member member);
void two_word(struct two *two, struct record *record, enum member member,
    enum word word);

/* Put ${size} bytes as a document of ${node} and name it in ${record}. */
struct span two_document(struct two_node *node, const struct two_node *peer,
    struct record *record, enum word role, size_t size);

/* Its keys. */
struct seal_key *two_seal_key(struct two_node *node);
struct ed25519_key *two_log_key(struct two_node *node);

/* The content of ${record} as ${node} would write it now, and any content
 * under the node's seal. */
struct span two_content(struct two_node *node, const struct two_node *peer,
    struct record *record);
struct span two_written(struct two *two, const struct record *record);
struct span two_seal(struct two_node *node, struct span content);

/* Put ${der} in the log of ${node} as it is, sign and be ready to send. */
struct hash two_put(struct two_node *node, const struct two_node *peer,
    struct span der);

/* A head signed by the log key of ${node}, whatever the keeper thinks. */
struct span two_head(struct two_node *node, struct span origin, uint64_t size,
    const struct hash *root);

/* The mirror line of ${node} at ${at} on the text of ${note}. */
struct span two_line(struct two_node *node, struct span note,
    struct instant at);

/* The root of a log at ${size}. */
struct hash two_root(struct two_node *node, const struct log_row *log,
    uint64_t size);

/* The body of an add-checkpoint from ${old} to what ${note} says. */
struct span two_checkpoint(struct two_node *writer, const struct log_row *log,
    uint64_t old, uint64_t size, struct span note);

/*
 * The statement over [from, to) of the nodes NORTH and SOUTH at ${as_of} from
 * the same heads: checks that the JSON is the same on both.
 */
bool two_statement(struct two *two, struct instant from, struct instant to,
    struct instant as_of, struct statement *out);

/* Both hold both logs to the byte and judge them alike, and a rebuild finds
 * no difference. */
bool two_agree(struct two *two, struct two_node *a, struct two_node *b);
