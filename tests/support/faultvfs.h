#pragma once

/*
 * faultvfs: a file system for SQLite, in memory, that fails when told.
 *
 * It registers as the VFS "fault".  Each file has what is durable and, in
 * order, what was written since: a power cut keeps or loses each sector of
 * each such write by itself.  A file exists for good from its first sync, a
 * removal from the sync of its folder or of the file that takes its name.
 * All that is random follows from seeds.
 *
 * One process, one thread.  Files of several nodes live side by side: a
 * ${prefix} picks those whose name begins so; "" picks all.
 */

#include <stdbool.h>
#include <stdint.h>

#define FAULTVFS_NAME "fault"

/* The unit in which a write is torn, in bytes. */
#define FAULTVFS_SECTOR 512

enum faultvfs_operation {
	FAULTVFS_READ,
	FAULTVFS_WRITE, /* truncations too */
	FAULTVFS_SYNC,
	FAULTVFS_OPEN,
	FAULTVFS_DELETE,
	FAULTVFS_OPERATIONS
};

/* Make the VFS known to SQLite; again is harmless. */
void faultvfs_register(void);

/*
 * Forget all files, failures and counts, and seed what follows.  No store
 * may be open.
 */
void faultvfs_reset(uint64_t seed);

/*
 * The machine loses power: of what was not synced, any part is lost.  The
 * open files are dead: all I/O on them fails, until their database is opened
 * anew.  Close the store that had them first, or at once after.
 */
void faultvfs_crash(const char *prefix, uint64_t seed);

/* The process is killed: the same, but nothing is lost. */
void faultvfs_kill(const char *prefix);

/*
 * Kill the process at the ${after}th following write, truncation, sync or
 * removal (1 is the next): that one is not finished, and nothing after it is
 * done.  Then close the store, and faultvfs_crash() if the machine went too.
 */
void faultvfs_cut(const char *prefix, unsigned after);

/* True if that has happened; false again after faultvfs_cut() or a reset. */
bool faultvfs_is_cut(void);

/*
 * Let the ${after}th following operation of that sort fail (1 is the next),
 * and all later ones if ${is_for_ever}; 0 lets none fail.  A write that fails
 * may have been done in part; a sync that fails leaves some of the writes
 * durable and others lost for good, although they can still be read.
 */
void faultvfs_fail(const char *prefix, enum faultvfs_operation operation,
    unsigned after, bool is_for_ever);

/*
 * All files together hold at most ${bytes}; what would grow beyond is
 * refused as a full disk refuses it.  UINT64_MAX is no limit.
 */
void faultvfs_set_room(uint64_t bytes);

/* Operations of that sort since the reset, failed ones included. */
uint64_t faultvfs_count(enum faultvfs_operation operation);

/* Bytes in all files. */
uint64_t faultvfs_used(void);

/* Flip the bits of one byte, for good.  False if there is none. */
bool faultvfs_spoil(const char *name, uint64_t offset);
