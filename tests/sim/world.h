#pragma once

/*
 * world: two nodes, an adversarial network between them, and virtual time.
 */

#include <stdbool.h>

#include "base/instant.h"
#include "docket/deliver.h"
#include "docket/serve.h"
#include "tests/sim/node.h"
#include "tests/sim/rng.h"

#define WORLD_FLIGHTS_MAX 16
#define WORLD_CASES_MAX 256

/* How hard a run is; all percentages. */
struct hardship {
	unsigned loss, duplication, partition, crash, power_cut, disk, clock;
	unsigned set_back;
	bool has_cheat;  /* south is not honest */
	unsigned keys;   /* changes of keys */
	unsigned reopen; /* logs closed and gone on with */
};

/* A request or an answer on its way; its arena holds all of it. */
struct flight {
	bool is_used, is_answer;
	uint64_t serial;   /* of the job: a connection of a past life is cut */
	unsigned from, to; /* nodes, of the request */
	struct instant at; /* when it arrives */
	struct job job;
	struct job_answer answer;
	struct arena *arena;
};

/* What south, a cheat, tried to leave behind although north had signed. */
struct world_below {
	unsigned epoch;
	uint64_t size; /* 0: it did not */
};

struct world {
	uint64_t seed;
	struct rng rng;
	struct instant now;
	struct hardship hardship;
	struct node nodes[2];
	struct flight flights[WORLD_FLIGHTS_MAX];
	bool is_waiting[2]; /* the courier of that node has a job out */
	struct instant waiting_since[2];
	uint64_t serial[2];
	struct hash cases[WORLD_CASES_MAX]; /* opened so far */
	unsigned openers[WORLD_CASES_MAX];
	size_t cases_n;
	bool is_withholding; /* south lodges no receipts */
	bool is_honest;      /* nobody cheats: all records are valid */
	bool leaves_out;     /* south will begin below what north has signed */
	struct world_below below;
	bool is_parted;
	bool is_void;     /* what the story is about did not come about */
	bool is_broken;   /* an invariant did not hold */
	unsigned renewed; /* keys, by both */
	uint64_t served, lodged, cheated, crashes, setbacks;
};

void world_init(struct world *world, uint64_t seed,
    const struct hardship *hardship);
void world_clear(struct world *world);

/* One random event. */
void world_step(struct world *world);

/* No more hardship: run until both nodes have nothing to say. */
void world_heal(struct world *world);

/* What must hold in the end; says on stderr what does not. */
bool world_check(struct world *world);

/* projection.c: node ${i}'s cases are what their records say. */
bool world_check_projection(struct world *world, unsigned i);

/* letters.c: an operator of ${node} lodges something that makes sense. */
void world_lodge(struct world *world, struct node *node);

/* letters.c: and closes its log where it can, to begin the next. */
void world_reopen(struct world *world, struct node *node);

/*
 * setback.c: ${node} is put back to its last snapshot, if its peer is there
 * and holds all that it was shown; otherwise nothing happens.
 */
void world_set_back(struct world *world, struct node *node);
/* keys.c: an operator of ${node} renews a key or declares it compromised. */
void world_renew(struct world *world, struct node *node);

/* cheat.c: south puts something in its log that no honest node would. */
void world_cheat(struct world *world);

/* cheat.c: once, south begins a log that quotes less than north has signed. */
void world_begin_below(struct world *world);
