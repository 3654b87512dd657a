#pragma once

/*
 * faultnode: what every node of a test stands on: a keeper whose files are in
 * memory, a card and a database on the disk that forgets (faultvfs.h).
 *
 * Fails: ends the program, for then the test itself is broken.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/instant.h"
#include "base/random.h"
#include "base/span.h"
#include "keeper/ops.h"

#define FAULTNODE_FILES_MAX 48

struct card;
struct keeper;

/* The keeper's journal, each append of which is durable, and its keys. */
struct faultnode_files {
	struct buf *journal;
	const char *log_seed; /* 32 bytes; NULL: a log key of its own */
	struct {
		char name[48];
		struct buf bytes;
	} keys[FAULTNODE_FILES_MAX];
};

/* End the program, with ${err}, unless ${rc} is 0. */
void faultnode_must(int rc, const struct error *err, const char *what);

/* Owns: the caller, until faultnode_files_clear(). */
void faultnode_files_init(struct faultnode_files *files, struct buf *journal);
void faultnode_files_clear(struct faultnode_files *files);
struct keeper_ops faultnode_ops(struct faultnode_files *files,
    struct random random);

/* Go on with another journal. */
void faultnode_set_journal(struct faultnode_files *files, struct span bytes);

/*
 * The card file of what ${card} says and of the keys of ${keeper}.
 *
 * Owns: the caller, ${out}.
 */
void faultnode_card(struct buf *out, struct card *card, struct keeper *keeper,
    struct instant at);

/* The database of a docket at ${path}. */
void faultnode_store(const char *path, struct span card, struct instant at);
