#pragma once

/*
 * storelab: stores for tests, in the file system of faultvfs.
 *
 * Failures here end the test program.
 */

#include <stdint.h>

#include "base/error.h"
#include "base/hash.h"
#include "store/entry.h"
#include "store/log.h"
#include "store/store.h"
#include "tests/tap.h"

/* check_int() of unsigned numbers. */
#define check_size(got, want) \
	tap_int((long long)(got), (long long)(want), __FILE__, __LINE__, #got)

#define STORELAB_PEER "cert.south.example"
#define STORELAB_OTHER "cert.west.example"

struct storelab {
	struct store *store;
	struct log_row own, theirs; /* the docket with STORELAB_PEER */
	struct log_row other;       /* our log to STORELAB_OTHER */
};

/* End the program, with ${err}, unless ${rc} is 0. */
void storelab_must(int rc, const struct error *err, const char *what);

/* The three parties and logs, in a transaction of its own. */
void storelab_fill(struct storelab *lab);

/* A new store "lab" under seed 1, filled.  Owns: until storelab_close(). */
void storelab_open(struct storelab *lab);
void storelab_close(struct storelab *lab);

/* A hash that says ${number}. */
struct hash storelab_hash(uint64_t number);

/* A valid request that opens its case, and an entry that is not valid. */
struct entry_row storelab_request(int64_t log, uint64_t index);
struct entry_row storelab_invalid(int64_t log, uint64_t index);

/* Add it in the transaction that is open. */
void storelab_add(struct storelab *lab, const struct entry_row *entry);
