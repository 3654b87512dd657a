#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "base/attr.h"
#include "tests/support/faultvfs.h"
#include "tests/support/faultvfs_file.h"

#define PREFIX_MAX ((size_t)64)
#define PATH_MAX_BYTES 512

/* 2026-01-01T00:00:00Z as a Julian day in milliseconds */
#define JULIAN_MS INT64_C(212633942400000)

/* With these SQLite's VFS for Unix syncs the folder too. */
#define FOLDER_SYNCED \
	(SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL)

struct handle {
	sqlite3_file base;
	struct fault_file *file;
	unsigned life;
	int level; /* of locks */
	bool is_deleted_on_close;
	bool is_folder_due; /* to be synced with it, at the first sync */
};

static struct {
	char prefix[PREFIX_MAX];
	unsigned after; /* 0: none fails */
	bool is_for_ever;
} plans[FAULTVFS_OPERATIONS];

static struct {
	char prefix[PREFIX_MAX];
	unsigned after; /* 0: none */
	bool is_done;
} cut;

static uint64_t counts[FAULTVFS_OPERATIONS];
static uint64_t room = UINT64_MAX;
static uint64_t state;

static bool
has_prefix(const char *name, const char *prefix)
{
	return strncmp(name, prefix, strlen(prefix)) == 0;
}

static void
set_prefix(char out[PREFIX_MAX], const char *prefix)
{
	size_t len = strlen(prefix);

	if (len >= PREFIX_MAX)
		abort();
	memcpy(out, prefix, len + 1);
}

/* True if the process ends here. */
static bool
is_cut(const char *name)
{
	if (cut.after == 0 || !has_prefix(name, cut.prefix) || --cut.after > 0)
		return false;
	cut.is_done = true;
	faultvfs_kill(cut.prefix);
	return true;
}

/* Count the operation; true if it is to fail. */
static bool
is_to_fail(const char *name, enum faultvfs_operation operation)
{
	counts[operation]++;
	if (plans[operation].after == 0 ||
	    !has_prefix(name, plans[operation].prefix))
		return false;
	if (plans[operation].after > 1) {
		plans[operation].after--;
		return false;
	}
	if (!plans[operation].is_for_ever)
		plans[operation].after = 0;
	return true;
}

static struct handle *
handle_of(sqlite3_file *base)
{
	return (struct handle *)(void *)base;
}

static bool
is_dead(const struct handle *h)
{
	return h->life != h->file->life;
}

static int
file_unlock(sqlite3_file *base, int level)
{
	struct handle *h = handle_of(base);
	struct fault_file *file = h->file;

	if (is_dead(h) || h->level <= level)
		return SQLITE_OK;
	if (file->writer == h) {
		file->writer = NULL;
		file->level = SQLITE_LOCK_NONE;
	}
	if (level == SQLITE_LOCK_NONE)
		file->shared--;
	h->level = level;
	return SQLITE_OK;
}

static int
file_lock(sqlite3_file *base, int level)
{
	struct handle *h = handle_of(base);
	struct fault_file *file = h->file;

	if (is_dead(h))
		return SQLITE_IOERR_LOCK;
	if (h->level >= level)
		return SQLITE_OK;
	if (file->writer != NULL && file->writer != h &&
	    (level > SQLITE_LOCK_SHARED || file->level > SQLITE_LOCK_RESERVED))
		return SQLITE_BUSY;
	if (h->level == SQLITE_LOCK_NONE)
		file->shared++;
	h->level = level;
	if (level == SQLITE_LOCK_SHARED)
		return SQLITE_OK;
	file->writer = h;
	if (level == SQLITE_LOCK_EXCLUSIVE && file->shared > 1) {
		h->level = file->level = SQLITE_LOCK_PENDING;
		return SQLITE_BUSY;
	}
	file->level = level;
	return SQLITE_OK;
}

static int
file_check_reserved(sqlite3_file *base, int *out)
{
	const struct handle *h = handle_of(base);

	if (is_dead(h))
		return SQLITE_IOERR_CHECKRESERVEDLOCK;
	*out = h->file->writer != NULL;
	return SQLITE_OK;
}

static void
remove_file(struct fault_file *file)
{
	fault_file_truncate(file, 0);
	file->is_there = false;
}

static int
file_close(sqlite3_file *base)
{
	struct handle *h = handle_of(base);

	file_unlock(base, SQLITE_LOCK_NONE);
	if (h->is_deleted_on_close && !is_dead(h))
		remove_file(h->file);
	return SQLITE_OK;
}

static int
file_read(sqlite3_file *base, void *to, int len, sqlite3_int64 offset)
{
	const struct handle *h = handle_of(base);
	const struct buf *now = &h->file->now;
	size_t want = (size_t)len, at = (size_t)offset, n = 0;

	if (is_dead(h) || is_to_fail(h->file->name, FAULTVFS_READ))
		return SQLITE_IOERR_READ;
	if (at < now->len)
		n = now->len - at < want ? now->len - at : want;
	if (n > 0)
		memcpy(to, now->ptr + at, n);
	if (n == want)
		return SQLITE_OK;
	memset((char *)to + n, 0, want - n);
	return SQLITE_IOERR_SHORT_READ;
}

static bool
is_full(const struct fault_file *file, uint64_t size)
{
	uint64_t used = faultvfs_used();

	return size > file->now.len &&
	    (used > room || size - file->now.len > room - used);
}

static int
file_write(sqlite3_file *base, const void *bytes, int len, sqlite3_int64 offset)
{
	const struct handle *h = handle_of(base);
	uint64_t at = (uint64_t)offset;
	size_t n = (size_t)len;

	if (is_dead(h))
		return SQLITE_IOERR_WRITE;
	if (is_cut(h->file->name)) {
		fault_file_write(h->file, at, bytes, n);
		return SQLITE_IOERR_WRITE;
	}
	if (is_to_fail(h->file->name, FAULTVFS_WRITE)) {
		fault_file_write(h->file, at, bytes, fault_random(&state, n));
		return SQLITE_IOERR_WRITE;
	}
	if (is_full(h->file, at + n))
		return SQLITE_FULL;
	fault_file_write(h->file, at, bytes, n);
	return SQLITE_OK;
}

static int
file_truncate(sqlite3_file *base, sqlite3_int64 size)
{
	const struct handle *h = handle_of(base);

	if (is_dead(h) || is_cut(h->file->name) ||
	    is_to_fail(h->file->name, FAULTVFS_WRITE))
		return SQLITE_IOERR_TRUNCATE;
	if (is_full(h->file, (uint64_t)size))
		return SQLITE_FULL;
	fault_file_truncate(h->file, (uint64_t)size);
	return SQLITE_OK;
}

/* Files come and go for good: all names beside that of ${file}. */
static void
sync_folder(const struct fault_file *file)
{
	const char *slash = strrchr(file->name, '/');
	size_t len = slash == NULL ? 0 : (size_t)(slash - file->name) + 1;

	for (struct fault_file *f = fault_file_first(); f != NULL; f = f->next)
		if (strncmp(f->name, file->name, len) == 0 &&
		    strchr(f->name + len, '/') == NULL)
			f->was_there = f->is_there;
}

static int
file_sync(sqlite3_file *base, int flags UNUSED)
{
	struct handle *h = handle_of(base);

	if (is_dead(h) || is_cut(h->file->name))
		return SQLITE_IOERR_FSYNC;
	if (is_to_fail(h->file->name, FAULTVFS_SYNC)) {
		fault_file_sync_some(h->file, &state);
		return SQLITE_IOERR_FSYNC;
	}
	fault_file_sync(h->file);
	if (h->is_folder_due)
		sync_folder(h->file);
	h->is_folder_due = false;
	return SQLITE_OK;
}

static int
file_size(sqlite3_file *base, sqlite3_int64 *out)
{
	const struct handle *h = handle_of(base);

	if (is_dead(h))
		return SQLITE_IOERR_FSTAT;
	*out = (sqlite3_int64)h->file->now.len;
	return SQLITE_OK;
}

static int
file_control(sqlite3_file *base UNUSED, int operation UNUSED, void *arg UNUSED)
{
	return SQLITE_NOTFOUND;
}

static int
file_sector_size(sqlite3_file *base UNUSED)
{
	return FAULTVFS_SECTOR;
}

/* What SQLite believes of a disk under Unix, and a torn sector keeps. */
static int
file_characteristics(sqlite3_file *base UNUSED)
{
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

/* Version 1: no shared memory. */
static const sqlite3_io_methods methods = {
	.iVersion = 1,
	.xClose = file_close,
	.xRead = file_read,
	.xWrite = file_write,
	.xTruncate = file_truncate,
	.xSync = file_sync,
	.xFileSize = file_size,
	.xLock = file_lock,
	.xUnlock = file_unlock,
	.xCheckReservedLock = file_check_reserved,
	.xFileControl = file_control,
	.xSectorSize = file_sector_size,
	.xDeviceCharacteristics = file_characteristics,
};

/* A new process opens the database: its files may be used again. */
static void
revive(const char *name)
{
	for (struct fault_file *f = fault_file_first(); f != NULL; f = f->next)
		if (has_prefix(f->name, name))
			f->is_dead = false;
}

static int
vfs_open(sqlite3_vfs *vfs UNUSED, const char *name, sqlite3_file *base,
    int flags, int *out_flags)
{
	struct handle *h = handle_of(base);
	struct fault_file *file;

	base->pMethods = NULL;
	if (name == NULL || is_to_fail(name, FAULTVFS_OPEN))
		return SQLITE_CANTOPEN;
	file = fault_file_find(name, (flags & SQLITE_OPEN_CREATE) != 0);
	if (file != NULL && (flags & SQLITE_OPEN_MAIN_DB) != 0)
		revive(name);
	if (file == NULL || file->is_dead ||
	    (!file->is_there && (flags & SQLITE_OPEN_CREATE) == 0))
		return SQLITE_CANTOPEN;
	file->is_there = true;
	*h = (struct handle){ .base.pMethods = &methods,
		.file = file,
		.life = file->life,
		.is_deleted_on_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0,
		.is_folder_due = (flags & FOLDER_SYNCED) != 0 };
	if (out_flags != NULL)
		*out_flags = flags;
	return SQLITE_OK;
}

static int
vfs_delete(sqlite3_vfs *vfs UNUSED, const char *name, int is_synced)
{
	struct fault_file *file = fault_file_find(name, false);

	if (file == NULL || !file->is_there)
		return SQLITE_IOERR_DELETE_NOENT;
	if (file->is_dead || is_cut(name) || is_to_fail(name, FAULTVFS_DELETE))
		return SQLITE_IOERR_DELETE;
	remove_file(file);
	if (is_synced) {
		fault_file_sync(file);
		sync_folder(file);
	}
	return SQLITE_OK;
}

static int
vfs_access(sqlite3_vfs *vfs UNUSED, const char *name, int flags UNUSED,
    int *out)
{
	const struct fault_file *file = fault_file_find(name, false);

	if (file != NULL && file->is_dead)
		return SQLITE_IOERR_ACCESS;
	*out = file != NULL && file->is_there;
	return SQLITE_OK;
}

static int
vfs_full_path(sqlite3_vfs *vfs UNUSED, const char *name, int len, char *out)
{
	size_t n = strlen(name) + 1;

	if (n > (size_t)len)
		return SQLITE_CANTOPEN;
	memcpy(out, name, n);
	return SQLITE_OK;
}

static int
vfs_randomness(sqlite3_vfs *vfs UNUSED, int len, char *out)
{
	for (int i = 0; i < len; i++)
		out[i] = (char)fault_random(&state, 256);
	return len;
}

static int
vfs_sleep(sqlite3_vfs *vfs UNUSED, int us)
{
	return us;
}

static int
vfs_time(sqlite3_vfs *vfs UNUSED, double *out)
{
	*out = (double)JULIAN_MS / 86400000.0;
	return SQLITE_OK;
}

static int
vfs_last_error(sqlite3_vfs *vfs UNUSED, int len UNUSED, char *out UNUSED)
{
	return 0;
}

void
faultvfs_register(void)
{
	static sqlite3_vfs vfs = {
		.iVersion = 1,
		.szOsFile = sizeof(struct handle),
		.mxPathname = PATH_MAX_BYTES,
		.zName = FAULTVFS_NAME,
		.xOpen = vfs_open,
		.xDelete = vfs_delete,
		.xAccess = vfs_access,
		.xFullPathname = vfs_full_path,
		.xRandomness = vfs_randomness,
		.xSleep = vfs_sleep,
		.xCurrentTime = vfs_time,
		.xGetLastError = vfs_last_error,
	};

	if (sqlite3_vfs_register(&vfs, 0) != SQLITE_OK)
		abort();
}

void
faultvfs_reset(uint64_t seed)
{
	fault_file_reset();
	memset(plans, 0, sizeof(plans));
	memset(counts, 0, sizeof(counts));
	memset(&cut, 0, sizeof(cut));
	room = UINT64_MAX;
	state = seed;
	/* SQLite's own numbers, the salts of WALs, follow from it too. */
	sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED,
	    (int)(seed % 0x7fffffff) + 1, NULL);
}

static void
end_life(struct fault_file *file)
{
	file->life++;
	file->is_dead = true;
	file->shared = 0;
	file->writer = NULL;
	file->level = SQLITE_LOCK_NONE;
}

void
faultvfs_crash(const char *prefix, uint64_t seed)
{
	for (struct fault_file *f = fault_file_first(); f != NULL; f = f->next)
		if (has_prefix(f->name, prefix)) {
			fault_file_crash(f, &seed);
			end_life(f);
		}
}

void
faultvfs_kill(const char *prefix)
{
	for (struct fault_file *f = fault_file_first(); f != NULL; f = f->next)
		if (has_prefix(f->name, prefix))
			end_life(f);
}

void
faultvfs_fail(const char *prefix, enum faultvfs_operation operation,
    unsigned after, bool is_for_ever)
{
	set_prefix(plans[operation].prefix, prefix);
	plans[operation].after = after;
	plans[operation].is_for_ever = is_for_ever;
}

void
faultvfs_cut(const char *prefix, unsigned after)
{
	set_prefix(cut.prefix, prefix);
	cut.after = after;
	cut.is_done = false;
}

bool
faultvfs_is_cut(void)
{
	return cut.is_done;
}

void
faultvfs_set_room(uint64_t bytes)
{
	room = bytes;
}

uint64_t
faultvfs_count(enum faultvfs_operation operation)
{
	return counts[operation];
}

uint64_t
faultvfs_used(void)
{
	uint64_t used = 0;

	for (struct fault_file *f = fault_file_first(); f != NULL; f = f->next)
		used += f->now.len;
	return used;
}

bool
faultvfs_spoil(const char *name, uint64_t offset)
{
	struct fault_file *file = fault_file_find(name, false);
	uint8_t byte;

	if (file == NULL || offset >= file->now.len)
		return false;
	byte = (uint8_t)~file->now.ptr[offset];
	fault_file_write(file, offset, &byte, 1);
	fault_file_sync(file);
	return true;
}
