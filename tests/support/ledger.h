#pragma once

/*
 * ledger: what the tests of the ledger share: vectors in JSON, their TEST
 * keys, and a log in memory that stores nodes as a real one does.
 */

#include <jansson.h>

#include "ledger/note.h"
#include "ledger/tree.h"

struct arena;
struct ed25519_key;

/* A log of up to a given number of entries, all its nodes kept. */
struct ledger_log {
	struct tree tree;
	struct span *entries;
	struct hash *nodes[TREE_LEVELS]; /* by level and index */
	size_t max;
};

/* Read the shared file.  Owns: the caller, until json_decref(). */
json_t *ledger_json(const char *path);

/* The text of a member, which has to be there. */
struct span ledger_text(const json_t *object, const char *member);
uint64_t ledger_number(const json_t *object, const char *member);

/* A hash in base64; false if it is not 32 bytes long. */
bool ledger_hash(struct hash *out, const json_t *text);

/* An array of them, or null; false if there are too many or one is wrong. */
bool ledger_proof(struct proof *out, const json_t *array);

/* The key of worked/keys.json that is called ${name}.  Owns: ${arena}. */
struct note_key ledger_key(struct arena *arena, const char *name);

/* Its private half.  Owns: the caller, until ed25519_key_free(). */
struct ed25519_key *ledger_secret(const char *name);

/* A log of ${max} entries at most, empty.  Owns: ${arena}. */
struct ledger_log *ledger_log_new(struct arena *arena, size_t max);
void ledger_log_append(struct ledger_log *log, struct span entry);
struct tree_reader ledger_log_reader(struct ledger_log *log);

/* The root that it had at ${size}. */
struct hash ledger_log_root(struct ledger_log *log, uint64_t size);

/* An entry of 8 bytes or so that says ${n}.  Owns: ${arena}. */
struct span ledger_entry(struct arena *arena, uint64_t n);

/* Random numbers that are the same in every run. */
uint64_t ledger_random(uint64_t *state, uint64_t below);
