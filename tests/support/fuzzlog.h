#pragma once

/*
 * fuzzlog: a log of a few hundred entries whose every entry, root and proof
 * is known, for fuzzers; and the pen of its writer.
 */

#include "base/hash.h"
#include "base/span.h"
#include "ledger/checkpoint.h"
#include "ledger/mirror.h"
#include "ledger/note.h"
#include "ledger/tree.h"

struct arena;
struct buf;

#define FUZZLOG_SIZE ((uint64_t)600)

/* Its origin is SAMPLES_SOUTH, its key the log key of IDENTITY_SOUTH. */
struct note_key fuzzlog_key(void);

/* Entry ${index}, a few bytes.  Owns: this module. */
struct span fuzzlog_entry(uint64_t index);

struct mirror_source fuzzlog_source(void);

/* The head that it had at ${size}. */
struct checkpoint fuzzlog_head(uint64_t size);

/*
 * Put in ${out} the note ${bytes} with its text signed anew, whatever it is,
 * by the log's key, before the lines that it has.  Nothing is added if there
 * is no empty line in it.
 */
void fuzzlog_sign_again(struct buf *out, struct span bytes);
