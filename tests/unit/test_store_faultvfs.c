#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "tests/support/faultvfs.h"
#include "tests/support/storelab.h"

/* What the tests of the store rest on: that this disk does lose things. */

static sqlite3_vfs *
fresh(void)
{
	faultvfs_register();
	faultvfs_reset(1);
	return sqlite3_vfs_find(FAULTVFS_NAME);
}

static sqlite3_file *
open_file(sqlite3_vfs *vfs, const char *name)
{
	sqlite3_file *file = calloc(1, (size_t)vfs->szOsFile);

	if (file == NULL ||
	    vfs->xOpen(vfs, name, file,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
		    SQLITE_OPEN_MAIN_DB,
		NULL) != SQLITE_OK)
		abort();
	return file;
}

static void
close_file(sqlite3_file *file)
{
	file->pMethods->xClose(file);
	free(file);
}

static bool
is_there(sqlite3_vfs *vfs, const char *name)
{
	int there = 0;

	close_file(open_file(vfs, "other"));
	vfs->xAccess(vfs, name, SQLITE_ACCESS_EXISTS, &there);
	return there != 0;
}

TEST(what_was_synced_survives_and_of_the_rest_each_sector_may_be_lost)
{
	static uint8_t ones[8 * FAULTVFS_SECTOR], twos[sizeof(ones)];
	bool was_kept = false, was_lost = false, was_torn = false;

	memset(ones, 1, sizeof(ones));
	memset(twos, 2, sizeof(twos));
	for (uint64_t seed = 0; seed < 500; seed++) {
		sqlite3_vfs *vfs = fresh();
		sqlite3_file *f = open_file(vfs, "db");
		uint8_t got[sizeof(ones)];
		int kept = 0;

		f->pMethods->xWrite(f, ones, sizeof(ones), 0);
		f->pMethods->xSync(f, SQLITE_SYNC_NORMAL);
		f->pMethods->xWrite(f, twos, sizeof(twos), 0);
		faultvfs_crash("db", seed);
		check(f->pMethods->xRead(f, got, sizeof(got), 0) ==
		    SQLITE_IOERR_READ);
		close_file(f);
		f = open_file(vfs, "db");
		check_int(f->pMethods->xRead(f, got, sizeof(got), 0), 0);
		for (size_t i = 0; i < sizeof(got); i += FAULTVFS_SECTOR) {
			check(memcmp(got + i, got[i] == 1 ? ones : twos,
				  FAULTVFS_SECTOR) == 0);
			kept += got[i] == 2;
		}
		was_lost |= kept == 0;
		was_kept |= kept == 8;
		was_torn |= kept > 0 && kept < 8;
		close_file(f);
	}
	check(was_kept && was_lost && was_torn);
}

TEST(a_file_never_synced_may_vanish_and_a_removal_be_undone)
{
	int vanished = 0, back = 0;

	for (uint64_t seed = 0; seed < 20; seed++) {
		sqlite3_vfs *vfs = fresh();
		sqlite3_file *f;

		close_file(open_file(vfs, "new"));
		f = open_file(vfs, "old");
		f->pMethods->xSync(f, SQLITE_SYNC_NORMAL);
		close_file(f);
		check(vfs->xDelete(vfs, "old", 0) == SQLITE_OK);
		check(!is_there(vfs, "old"));
		faultvfs_crash("", seed);
		close_file(open_file(vfs, ""));
		vanished += !is_there(vfs, "new");
		back += is_there(vfs, "old");
	}
	check(vanished > 0 && vanished < 20);
	check(back > 0 && back < 20);
}

TEST(a_crash_touches_only_the_files_of_its_prefix)
{
	sqlite3_vfs *vfs = fresh();
	sqlite3_file *north = open_file(vfs, "north/db");
	sqlite3_file *south = open_file(vfs, "south/db");
	char byte = 'x';

	south->pMethods->xWrite(south, &byte, 1, 0);
	faultvfs_crash("north/", 1);
	check(north->pMethods->xSync(north, 0) != SQLITE_OK);
	byte = 0;
	check(south->pMethods->xRead(south, &byte, 1, 0) == SQLITE_OK);
	check_int(byte, 'x');
	close_file(north);
	close_file(south);
}

TEST(failures_come_when_told_and_are_counted)
{
	sqlite3_vfs *vfs = fresh();
	sqlite3_file *f = open_file(vfs, "db");
	static const int once[] = { 0, SQLITE_IOERR_FSYNC, 0, 0 };
	static const int ever[] = { 0, SQLITE_IOERR_FSYNC, SQLITE_IOERR_FSYNC };

	faultvfs_fail("db", FAULTVFS_SYNC, 2, false);
	for (size_t i = 0; i < COUNT_OF(once); i++)
		check_int(f->pMethods->xSync(f, 0), once[i]);
	faultvfs_fail("db", FAULTVFS_SYNC, 2, true);
	for (size_t i = 0; i < COUNT_OF(ever); i++)
		check_int(f->pMethods->xSync(f, 0), ever[i]);
	check_size(faultvfs_count(FAULTVFS_SYNC), 7);
	faultvfs_fail("other", FAULTVFS_SYNC, 1, true);
	check_int(f->pMethods->xSync(f, 0), SQLITE_OK);
	close_file(f);
}

TEST(a_full_disk_refuses_growth_only)
{
	sqlite3_vfs *vfs = fresh();
	sqlite3_file *f = open_file(vfs, "db");
	char bytes[100] = "";

	faultvfs_set_room(100);
	check_int(f->pMethods->xWrite(f, bytes, 100, 0), SQLITE_OK);
	check_int(f->pMethods->xWrite(f, bytes, 100, 0), SQLITE_OK);
	check_int(f->pMethods->xWrite(f, bytes, 100, 1), SQLITE_FULL);
	check_size(faultvfs_used(), 100);
	close_file(f);
}

TEST(one_holds_the_exclusive_lock)
{
	sqlite3_vfs *vfs = fresh();
	sqlite3_file *a = open_file(vfs, "db"), *b = open_file(vfs, "db");

	check_int(a->pMethods->xLock(a, SQLITE_LOCK_SHARED), SQLITE_OK);
	check_int(b->pMethods->xLock(b, SQLITE_LOCK_SHARED), SQLITE_OK);
	check_int(a->pMethods->xLock(a, SQLITE_LOCK_RESERVED), SQLITE_OK);
	check_int(b->pMethods->xLock(b, SQLITE_LOCK_RESERVED), SQLITE_BUSY);
	check_int(a->pMethods->xLock(a, SQLITE_LOCK_EXCLUSIVE), SQLITE_BUSY);
	check_int(b->pMethods->xUnlock(b, SQLITE_LOCK_NONE), SQLITE_OK);
	check_int(b->pMethods->xLock(b, SQLITE_LOCK_SHARED), SQLITE_BUSY);
	check_int(a->pMethods->xLock(a, SQLITE_LOCK_EXCLUSIVE), SQLITE_OK);
	close_file(a);
	check_int(b->pMethods->xLock(b, SQLITE_LOCK_EXCLUSIVE), SQLITE_OK);
	close_file(b);
}
