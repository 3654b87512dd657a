#pragma once

/*
 * keeper_files: the keeper's keys and journal as files.
 *
 * Keys are in HOME/keys, mode 0600, without passphrase: whoever can read them
 * is the party.  The journal is HOME/keeper.journal or elsewhere, best on
 * another disk; neither belongs into the database's backup.
 */

#include "base/attr.h"
#include "keeper/ops.h"
#include "proc/home.h"
#include "proc/lock.h"

struct error;

struct keeper_files {
	char keys[HOME_PATH_MAX];    /* directory */
	char journal[HOME_PATH_MAX]; /* file */
	struct lock lock;            /* one keeper at a time */
	int fd;                      /* of the journal, to append; or -1 */
};

/*
 * Take the keeper's place in ${home}, making HOME/keys if there is none;
 * ${journal} is another path of the journal, or NULL.
 *
 * Owns: the caller, until keeper_files_close().
 * Fails: E_STORE_LOCKED if a keeper runs there; E_USAGE for a long path; E_IO.
 */
NODISCARD int keeper_files_open(struct keeper_files *files, const char *home,
    const char *journal, struct error *err);
void keeper_files_close(struct keeper_files *files);

/*
 * Owns: ${files} outlives the ops.
 * Blocks: each until the disk has it.
 * Fails: each with E_IO, E_DISK_FULL; key_read with E_NOT_FOUND.
 */
struct keeper_ops keeper_files_ops(struct keeper_files *files);
