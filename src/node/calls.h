#pragma once

/*
 * calls: what the desk asks of the registrar for an operator, by name: one
 * table from name to function, JSON in, JSON out.  Not for others than the
 * registrar.
 */

#include <stdbool.h>

#include "base/attr.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/span.h"
#include "docket/fold.h"
#include "formats/json.h"

struct arena;
struct asked;
struct docket;
struct error;
struct log_row;
struct registrar;
struct store;

/* Cases or entries in one answer: unless told, and at most. */
#define CALLS_LIST_DEFAULT 1000
#define CALLS_LIST_MAX 10000

/* What a call does to the database. */
enum call_effect {
	CALL_READS,
	CALL_WRITES, /* within the batch's transaction */
	CALL_ALONE,  /* after it, with transactions of its own or none */
};

/* One call being answered. */
struct calling {
	struct registrar *r;
	struct asked *asked;
	struct docket *docket;
	struct store *store;
	struct instant now;
	struct arena *arena;
	struct json_reader in;
	struct span bytes;     /* behind the JSON */
	struct json *out;      /* an object to be filled in */
	struct span out_bytes; /* of the answer */
};

struct call_row {
	const char *name;
	enum call_effect effect;
	int (*act)(struct calling *c, struct error *err);
};

NODISCARD int calls_read(struct registrar *r, struct asked *asked,
    struct error *err);
NODISCARD int calls_do(struct registrar *r, struct asked *asked,
    struct error *err);
void calls_answer(struct registrar *r, struct asked *asked);

/* The table's functions, by file. */
int call_status(struct calling *c, struct error *err);
int call_peers(struct calling *c, struct error *err);
int call_cases(struct calling *c, struct error *err);
int call_show(struct calling *c, struct error *err);
int call_wait(struct calling *c, struct error *err);
int call_log(struct calling *c, struct error *err);
int call_heads(struct calling *c, struct error *err);
int call_statement(struct calling *c, struct error *err);
int call_bundle(struct calling *c, struct error *err);
int call_prepare(struct calling *c, struct error *err);
int call_lodge(struct calling *c, struct error *err);
int call_peer_prepare(struct calling *c, struct error *err);
int call_peer_lodge(struct calling *c, struct error *err);
int call_reopen_prepare(struct calling *c, struct error *err);
int call_reopen_lodge(struct calling *c, struct error *err);
int call_credential(struct calling *c, struct error *err);
int call_card_lodge(struct calling *c, struct error *err);
int call_erase(struct calling *c, struct error *err);
int call_document_put(struct calling *c, struct error *err);
int call_document_get(struct calling *c, struct error *err);
int call_backup(struct calling *c, struct error *err);
int call_rebuild(struct calling *c, struct error *err);

/*
 * The peer that member "peer" names; the only one if it is absent.
 *
 * Fails: E_USAGE, E_PEER_UNKNOWN.
 */
NODISCARD int calling_peer(struct calling *c, struct span *peer,
    struct error *err);

/*
 * Bring the projection of cases up to the newest heads.  A node that cannot
 * write shows what it has, and says "behind" in the answer.
 */
void calling_settle(struct calling *c);

/* The names of the parties, by side, in the docket with ${peer}; our side. */
NODISCARD int calling_sides(struct calling *c, struct span peer,
    struct span names[2], unsigned *ours, struct error *err);

/* An entry that a name, or the first digits of one, is of. */
struct found {
	struct hash leaf;
	struct span peer;
	struct entry_row *entry;
	const struct log_row *log;
};

/*
 * Fails: E_CASE_UNKNOWN, E_CASE_AMBIGUOUS, E_USAGE for under 4 digits; within
 * member "peer" if it is given.
 */
NODISCARD int calling_find(struct calling *c, struct span prefix,
    bool only_cases, struct found *out, struct error *err);

/* The docket's newest heads, and the case as of now. */
NODISCARD int calling_case(struct calling *c, const struct found *found,
    struct case_view *view, struct error *err);

/* The members that cases and show have in common. */
void calling_case_json(struct json *out, const struct case_view *view,
    const struct span names[2]);

void calling_moment(struct json *out, const char *name,
    const struct moment *moment);

/* "limit" or its default; "from" or 0. */
NODISCARD int calling_limit(struct calling *c, uint64_t *limit,
    struct error *err);
