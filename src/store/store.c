#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/mem.h"
#include "store/db.h"
#include "store/schema.h"
#include "store/tile_edge.h"

/*
 * The lock on the file is taken for good, so that a second opener finds it
 * and the index of the WAL needs no shared memory.  SQLite never checkpoints
 * by itself: store_checkpoint() does.  Freed pages are overwritten: what was
 * deleted is gone.
 */
static const char *const settings[] = {
	"PRAGMA locking_mode = EXCLUSIVE",
	"PRAGMA journal_mode = WAL",
	"PRAGMA synchronous = FULL",
	"PRAGMA foreign_keys = ON",
	"PRAGMA trusted_schema = OFF",
	"PRAGMA temp_store = MEMORY",
	"PRAGMA secure_delete = ON",
	"PRAGMA cell_size_check = ON",
	"PRAGMA cache_size = -65536",
	"PRAGMA journal_size_limit = 67108864",
};

/* Takes the place of SQLite's own, which would checkpoint here. */
static int
count_wal(void *ctx, sqlite3 *db UNUSED, const char *name UNUSED, int pages)
{
	struct store *store = ctx;

	store->wal_pages = pages;
	return SQLITE_OK;
}

static int
configure(struct store *store, struct error *err)
{
	static const struct {
		int option, value;
	} options[] = {
		{ SQLITE_DBCONFIG_DEFENSIVE, 1 },
		{ SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
		{ SQLITE_DBCONFIG_ENABLE_FKEY, 1 },
		{ SQLITE_DBCONFIG_ENABLE_TRIGGER, 0 },
		{ SQLITE_DBCONFIG_ENABLE_VIEW, 0 },
		{ SQLITE_DBCONFIG_DQS_DML, 0 },
		{ SQLITE_DBCONFIG_DQS_DDL, 0 },
	};

	sqlite3_extended_result_codes(store->db, 1);
	sqlite3_busy_timeout(store->db, 0);
	sqlite3_limit(store->db, SQLITE_LIMIT_ATTACHED, 0);
	for (size_t i = 0; i < COUNT_OF(options); i++) {
		int rc = sqlite3_db_config(store->db, options[i].option,
		    options[i].value, NULL);

		if (rc != SQLITE_OK)
			return db_error(store, rc, err);
	}
	for (size_t i = 0; i < COUNT_OF(settings); i++)
		if (db_execute(store, settings[i], err) == -1)
			return -1;
	sqlite3_wal_hook(store->db, count_wal, store);
	return 0;
}

/*
 * Make the file before SQLite does: readable by us alone, no symbolic link
 * followed.  An empty one may have been left by a crash and is taken, if
 * ${flags} does not say O_EXCL.
 */
static int
make_file(const char *path, int flags, struct error *err)
{
	int fd =
	    open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | flags, 0600);

	if (fd == -1)
		return error_set(err, errno == ENOSPC ? E_DISK_FULL : E_STORE,
		    "%s: %s", path, strerror(errno));
	close(fd);
	return 0;
}

static int
open_file(struct store *store, const char *path, const char *vfs,
    enum store_mode mode, struct error *err)
{
	int flags =
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	int rc;

	if (mode == STORE_CREATE && vfs != NULL)
		flags |= SQLITE_OPEN_CREATE;
	if (mode == STORE_CREATE && vfs == NULL &&
	    make_file(path, 0, err) == -1)
		return -1;
	rc = sqlite3_open_v2(path, &store->db, flags, vfs);
	if (store->db == NULL)
		mem_die("out of memory in SQLite");
	return rc == SQLITE_OK ? 0 : db_error(store, rc, err);
}

/* The file of the WAL; NULL if there is none yet. */
static sqlite3_file *
wal_file(struct store *store)
{
	sqlite3_file *wal = NULL;

	sqlite3_file_control(store->db, "main", SQLITE_FCNTL_JOURNAL_POINTER,
	    &wal);
	return wal == NULL || wal->pMethods == NULL ? NULL : wal;
}

/*
 * After a sync that failed, in this process or an earlier one, what can still
 * be read of the WAL may be lost for good.  SQLite recovers from what it
 * reads, and would move it into the database: then a power cut leaves a
 * database that is ahead of its WAL in some pages.  So write all of the WAL
 * once more, the same bytes, and sync it.  The lock is ours by now.
 */
static int
write_wal_again(struct store *store, struct error *err)
{
	static uint8_t bytes[64 << 10];
	sqlite3_file *wal = wal_file(store);
	sqlite3_int64 size = 0;
	int rc;

	if (wal == NULL)
		return 0;
	rc = wal->pMethods->xFileSize(wal, &size);
	for (sqlite3_int64 at = 0; rc == SQLITE_OK && at < size;) {
		int n = (int)sizeof(bytes);

		if (size - at < n)
			n = (int)(size - at);
		rc = wal->pMethods->xRead(wal, bytes, n, at);
		if (rc == SQLITE_OK)
			rc = wal->pMethods->xWrite(wal, bytes, n, at);
		at += n;
	}
	if (rc == SQLITE_OK && size > 0)
		rc = wal->pMethods->xSync(wal, SQLITE_SYNC_NORMAL);
	return rc == SQLITE_OK ? 0 : db_error(store, rc, err);
}

int
store_sync(struct store *store, struct error *err)
{
	sqlite3_file *wal = wal_file(store);
	int rc = SQLITE_OK;

	assert(!store->is_writing);
	if (store->is_doubtful) {
		if (write_wal_again(store, err) == -1)
			return -1;
	} else if (store->is_unsynced && wal != NULL)
		rc = wal->pMethods->xSync(wal, SQLITE_SYNC_NORMAL);
	store->is_doubtful = rc != SQLITE_OK;
	store->is_unsynced = rc != SQLITE_OK;
	return rc == SQLITE_OK ? 0 : db_error(store, rc, err);
}

int
store_open(struct store **out, const char *path, const char *vfs,
    enum store_mode mode, struct error *err)
{
	struct store *store = mem_new(sizeof(*store));
	int rc = -1;

	if (open_file(store, path, vfs, mode, err) == -1 ||
	    configure(store, err) == -1 ||
	    (mode != STORE_READ && write_wal_again(store, err) == -1) ||
	    schema_settle(store, mode, err) == -1)
		goto out;
	if (mode != STORE_READ && store_checkpoint(store, err) == -1)
		goto out;
	if (mode == STORE_READ &&
	    db_execute(store, "PRAGMA query_only = ON", err) == -1)
		goto out;
	store->is_read_only = mode == STORE_READ;
	*out = store;
	store = NULL;
	rc = 0;
out:
	store_close(store);
	return rc;
}

void
store_close(struct store *store)
{
	int rc;

	if (store == NULL)
		return;
	if (store->db != NULL)
		store_rollback(store);
	for (size_t i = 0; i < QUERY_COUNT; i++)
		sqlite3_finalize(store->statements[i]);
	rc = sqlite3_close(store->db);
	assert(rc == SQLITE_OK); /* else a statement was not ended */
	free(store);
}

static int
run(struct store *store, enum query_id id, struct error *err)
{
	struct query q;

	query_start(&q, store, id);
	return query_run(&q, NULL, err);
}

static int
begin(struct store *store, bool is_lazy, struct error *err)
{
	assert(!store->is_writing);
	if (store->is_read_only)
		return error_set(err, E_INTERNAL, "opened for reading");
	if (store->is_doubtful && store_sync(store, err) == -1)
		return -1;
	if (store->wal_pages > STORE_WAL_PAGES_MAX &&
	    store_checkpoint(store, err) == -1)
		return -1;
	if (store->is_lazy != is_lazy &&
	    db_execute(store,
		is_lazy ? "PRAGMA synchronous = NORMAL" :
			  "PRAGMA synchronous = FULL",
		err) == -1)
		return -1;
	store->is_lazy = is_lazy;
	store->changes = sqlite3_total_changes(store->db);
	if (run(store, QUERY_BEGIN, err) == -1)
		return -1;
	store->is_writing = true;
	return 0;
}

int
store_begin(struct store *store, struct error *err)
{
	return begin(store, false, err);
}

int
store_begin_lazy(struct store *store, struct error *err)
{
	return begin(store, true, err);
}

/* A commit that wrote nothing has synced nothing either. */
static void
note_commit(struct store *store)
{
	bool has_written = sqlite3_total_changes(store->db) != store->changes;

	if (store->is_lazy)
		store->is_unsynced = store->is_unsynced || has_written;
	else if (has_written)
		store->is_unsynced = false;
}

int
store_commit(struct store *store, struct error *err)
{
	assert(store->is_writing);
	if (sqlite3_get_autocommit(store->db))
		db_error(store, SQLITE_ABORT, err);
	else if (run(store, QUERY_COMMIT, err) == 0) {
		store->is_writing = false;
		note_commit(store);
		return 0;
	}
	/* Was it the sync?  Then earlier lazy ones may be gone as well. */
	store->is_doubtful = store->is_doubtful || store->is_unsynced;
	store_rollback(store);
	return -1;
}

void
store_rollback(struct store *store)
{
	struct error ignored;

	/* SQLite may have rolled back by itself after a failure. */
	if (!sqlite3_get_autocommit(store->db))
		(void)run(store, QUERY_ROLLBACK, &ignored);
	tile_edges_drop(store);
	store->is_writing = false;
}

bool
store_is_writing(const struct store *store)
{
	return store->is_writing;
}

int
store_checkpoint(struct store *store, struct error *err)
{
	int all = 0, moved = 0, rc;

	assert(!store->is_writing);
	if (store->is_doubtful && store_sync(store, err) == -1)
		return -1;
	rc = sqlite3_wal_checkpoint_v2(store->db, NULL,
	    SQLITE_CHECKPOINT_PASSIVE, &all, &moved);
	if (rc != SQLITE_OK) {
		store->is_doubtful = store->is_unsynced;
		return db_error(store, rc, err);
	}
	store->wal_pages = all - moved;
	return 0;
}

/* Copy all pages; SQLite syncs what it writes. */
static int
copy_pages(struct store *to, struct store *from, struct error *err)
{
	sqlite3_backup *copy =
	    sqlite3_backup_init(to->db, "main", from->db, "main");
	int rc;

	if (copy == NULL)
		return db_error(to, sqlite3_extended_errcode(to->db), err);
	(void)sqlite3_backup_step(copy, -1);
	rc = sqlite3_backup_finish(copy);
	return rc == SQLITE_OK ? 0 : db_error(to, rc, err);
}

/* True in ${out} if there is such a file in the file system of ${store}. */
static int
look_for(struct store *store, sqlite3_vfs *vfs, const char *path, int *out,
    struct error *err)
{
	int rc = vfs->xAccess(vfs, path, SQLITE_ACCESS_EXISTS, out);

	return rc == SQLITE_OK ? 0 : db_error(store, rc, err);
}

int
store_backup(struct store *store, const char *path, struct error *err)
{
	struct store copy = { .db = NULL };
	sqlite3_vfs *vfs = NULL;
	bool is_system;
	int is_there, rc = -1;

	assert(!store->is_writing);
	sqlite3_file_control(store->db, "main", SQLITE_FCNTL_VFS_POINTER, &vfs);
	is_system = vfs == sqlite3_vfs_find(NULL);
	if (look_for(store, vfs, path, &is_there, err) == -1)
		return -1;
	if (is_there)
		return error_set(err, E_STORE, "%s: exists", path);
	if (is_system && make_file(path, O_EXCL, err) == -1)
		return -1;
	if (open_file(&copy, path, is_system ? NULL : vfs->zName, STORE_CREATE,
		err) == -1 ||
	    copy_pages(&copy, store, err) == -1)
		goto out;
	rc = 0;
out:
	sqlite3_close(copy.db);
	if (rc == -1)
		(void)vfs->xDelete(vfs, path, 1);
	return rc;
}

/* "ok", alone, is what the check says of a sound database. */
static void
load_complaint(struct query *q, void *row, struct arena *arena)
{
	*(struct span *)row = query_get_bytes(q, arena);
}

static int
check_with(struct store *store, enum query_id id, struct arena *arena,
    struct error *err)
{
	struct query q;
	struct span *said;
	void *row;

	query_start(&q, store, id);
	if (query_one(&q, load_complaint, sizeof(*said), &row, arena, err) ==
	    -1)
		return -1;
	said = row;
	if (said == NULL || span_is_text(*said, "ok"))
		return 0;
	return error_set(err, E_STORE_CORRUPT, "%.*s", (int)said->len,
	    (const char *)said->ptr);
}

int
store_check(struct store *store, struct error *err)
{
	struct arena *arena = arena_new();
	int rc = -1;

	if (check_with(store, QUERY_CHECK, arena, err) == -1 ||
	    check_with(store, QUERY_CHECK_KEYS, arena, err) == -1)
		goto out;
	rc = 0;
out:
	arena_free(arena);
	return rc;
}
