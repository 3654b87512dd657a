#pragma once

/*
 * store: the database of one node, and the only code that knows SQLite.
 *
 * One writer, one connection.  Everything but the functions here stands in
 * one header an aggregate: party.h, log.h, entry.h, tile.h, head.h, quote.h,
 * document.h, delivery.h, setting.h.  All take a struct store and run in the
 * transaction that is open; writing outside one is a bug.
 *
 * Durable: when store_commit() returns 0 the transaction survives a crash of
 * machine and process (WAL, synchronous=FULL), unless it was lazy.
 */

#include <stdbool.h>

#include "base/attr.h"

struct error;

struct store;

/* How the store is opened. */
enum store_mode {
	STORE_CREATE, /* make it; nothing may be there but an empty file */
	STORE_USE,    /* it must exist; older schemas are migrated */
	STORE_READ,   /* read only: verify, rebuild's comparison */
};

/*
 * Open the database file ${path}; ${vfs} names a SQLite VFS, NULL for the
 * system's.  The file is locked until it is closed, for readers too.
 *
 * Owns: the caller, until store_close(); NULL is harmless there.
 * Fails: E_STORE, E_STORE_SCHEMA, E_STORE_LOCKED, E_STORE_CORRUPT,
 * E_DISK_FULL.
 */
NODISCARD int store_open(struct store **out, const char *path, const char *vfs,
    enum store_mode mode, struct error *err);
void store_close(struct store *store);

/*
 * A commit that fails is rolled back; after a crash right then it may turn
 * out to have been done.
 *
 * Fails: E_STORE, E_DISK_FULL.
 */
NODISCARD int store_begin(struct store *store, struct error *err);
NODISCARD int store_commit(struct store *store, struct error *err);

/*
 * The same, but what is committed is durable only after the next
 * store_commit() of store_begin()'s, or store_sync(): a power cut before
 * loses it, and nothing that was committed earlier.
 */
NODISCARD int store_begin_lazy(struct store *store, struct error *err);

/* Make all durable that was committed.  No transaction is open. */
NODISCARD int store_sync(struct store *store, struct error *err);

/* Harmless when no transaction is open. */
void store_rollback(struct store *store);

bool store_is_writing(const struct store *store);

/*
 * Move the WAL into the database; off the commit path, when idle.  Without
 * it store_begin() does so when the WAL has grown too large.
 */
NODISCARD int store_checkpoint(struct store *store, struct error *err);

/*
 * Copy the whole database, consistently, to the new file ${path}; durable.
 *
 * Fails: E_STORE if there is such a file, E_DISK_FULL.
 */
NODISCARD int store_backup(struct store *store, const char *path,
    struct error *err);

/* SQLite's own integrity check.  Fails: E_STORE_CORRUPT. */
NODISCARD int store_check(struct store *store, struct error *err);

/* Delete all projections (what can be computed again from the entries). */
NODISCARD int store_clear_projections(struct store *store, struct error *err);

/*
 * SHA-256 over all projection rows in order, for the comparison of rebuild.
 * Writes 64 hex digits and the NUL to ${out}.
 */
NODISCARD int store_projection_digest(struct store *store, char out[65],
    struct error *err);
