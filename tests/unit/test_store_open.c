#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/arena.h"
#include "base/error.h"
#include "store/db.h"
#include "store/head.h"
#include "store/schema.h"
#include "store/setting.h"
#include "tests/lab.h"
#include "tests/support/faultvfs.h"
#include "tests/support/storelab.h"

static struct storelab lab;

static struct store *
fresh(void)
{
	storelab_close(&lab);
	storelab_open(&lab);
	return lab.store;
}

static void
put_setting(struct store *store, const char *value)
{
	struct error err;

	storelab_must(store_begin(store, &err), &err, "begin");
	storelab_must(store_setting_put(store, "k", span_text(value), &err),
	    &err, "put");
	storelab_must(store_commit(store, &err), &err, "commit");
}

static bool
has_setting(struct store *store, const char *value)
{
	struct span got;
	struct error err;

	storelab_must(store_setting_get(store, "k", &got, lab_arena(), &err),
	    &err, "get");
	return span_is_text(got, value);
}

static const char *
path_in(const char *directory, const char *name)
{
	return arena_printf(lab_arena(), "%s/%s", directory, name);
}

TEST(what_is_committed_is_there_when_the_store_is_opened_again)
{
	const char *path = path_in(lab_directory(), "db");
	struct store *store;
	struct stat st;
	struct error err;

	require(store_open(&store, path, NULL, STORE_CREATE, &err) == 0);
	put_setting(store, "one");
	check(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
	check(access(path_in(path, "../db-shm"), F_OK) == -1);
	store_close(store);
	require(store_open(&store, path, NULL, STORE_USE, &err) == 0);
	check(has_setting(store, "one"));
	check(store_check(store, &err) == 0);
	store_close(store);
	require(store_open(&store, path, NULL, STORE_READ, &err) == 0);
	check(has_setting(store, "one"));
	check(store_begin(store, &err) == -1);
	store_close(store);
}

TEST(a_second_opener_finds_the_store_locked)
{
	const char *path = path_in(lab_directory(), "db");
	struct store *store, *second;
	struct error err;

	require(store_open(&store, path, NULL, STORE_CREATE, &err) == 0);
	static const enum store_mode modes[] = { STORE_CREATE, STORE_USE,
		STORE_READ };
	for (size_t i = 0; i < COUNT_OF(modes); i++) {
		check(store_open(&second, path, NULL, modes[i], &err) == -1);
		check_int(err.code, E_STORE_LOCKED);
	}
	store_close(store);

	(void)fresh();
	check(store_open(&second, "lab", FAULTVFS_NAME, STORE_USE, &err) == -1);
	check_int(err.code, E_STORE_LOCKED);
	put_setting(lab.store, "still writing");
}

TEST(a_store_is_made_once_and_used_only_if_it_is_there)
{
	struct store *store;
	struct error err;

	(void)fresh();
	storelab_close(&lab);
	check(
	    store_open(&store, "lab", FAULTVFS_NAME, STORE_CREATE, &err) == -1);
	check_int(err.code, E_STORE);
	check(store_open(&store, "none", FAULTVFS_NAME, STORE_USE, &err) == -1);
	check_int(err.code, E_STORE);
	check(
	    store_open(&store, "/nowhere/db", NULL, STORE_CREATE, &err) == -1);
	check_int(err.code, E_STORE);
}

/* Run SQL on the closed store "lab". */
static void
tamper(const char *sql)
{
	sqlite3 *db;

	storelab_close(&lab);
	if (!check(sqlite3_open_v2("lab", &db, SQLITE_OPEN_READWRITE,
		       FAULTVFS_NAME) == SQLITE_OK))
		return;
	sqlite3_exec(db, "PRAGMA locking_mode = EXCLUSIVE", NULL, NULL, NULL);
	check_int(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

TEST(databases_of_other_versions_and_programs_are_refused)
{
	char newer[64];
	const char *changes[] = { newer, "PRAGMA application_id = 7",
		"PRAGMA user_version = 0" };
	struct error err;

	snprintf(newer, sizeof(newer), "PRAGMA user_version = %d",
	    schema_version() + 1);
	for (size_t i = 0; i < COUNT_OF(changes); i++) {
		(void)fresh();
		tamper(changes[i]);
		check(store_open(&lab.store, "lab", FAULTVFS_NAME, STORE_USE,
			  &err) == -1);
		check_int(err.code, E_STORE_SCHEMA);
	}
}

/* What the steps to version 4 did, undone. */
static const char to_version_3[] =
    "DROP INDEX quote_about; DROP INDEX head_unproven; "
    "DROP INDEX log_unsettled; DROP INDEX casefile_open; "
    "ALTER TABLE document_name DROP COLUMN excused; "
    "ALTER TABLE head DROP COLUMN is_unproven; "
    "ALTER TABLE record DROP COLUMN anchor_epoch; "
    "ALTER TABLE log DROP COLUMN closed; "
    "ALTER TABLE log DROP COLUMN is_announced; "
    "ALTER TABLE log DROP COLUMN anchored_epoch; "
    "CREATE INDEX log_unsettled ON log (peer, side, epoch) WHERE "
    "(is_own = 1 AND size > head) OR (is_own = 0 AND "
    "(head > mirrored OR settled < mirrored OR wants_line = 1)); "
    "CREATE INDEX casefile_open ON casefile "
    "(moved DESC, log, idx, is_undelivered, due_us, due_them, "
    "keep_us, keep_them) WHERE is_open = 1; "
    "PRAGMA user_version = 3";

TEST(a_database_of_version_3_is_migrated_and_its_heads_are_proven)
{
	struct store *store = fresh();
	struct head_row *got,
	    head = { .log = lab.theirs.id,
		    .size = 3,
		    .root = storelab_hash(1),
		    .note = span_text("note") };
	struct error err;

	require(store_begin(store, &err) == 0 &&
	    store_head_add(store, &head, &err) == 0 &&
	    store_commit(store, &err) == 0);
	tamper(to_version_3);
	check(store_open(&lab.store, "lab", FAULTVFS_NAME, STORE_READ, &err) ==
	    -1);
	check_int(err.code, E_STORE_SCHEMA);
	require(
	    store_open(&lab.store, "lab", FAULTVFS_NAME, STORE_USE, &err) == 0);
	require(store_head_get(lab.store, head.log, 3, &got, lab_arena(),
		    &err) == 0);
	check(got != NULL && !got->is_unproven);
	storelab_close(&lab);
}

TEST(what_is_no_database_is_called_corrupt)
{
	const char *path = path_in(lab_directory(), "db");
	struct store *store;
	struct error err;

	lab_write(path,
	    span_text("this is not a database, and long enough to "
		      "be looked at by anyone who wants to know it\n"));
	check(store_open(&store, path, NULL, STORE_USE, &err) == -1);
	check_int(err.code, E_STORE_CORRUPT);
}

TEST(a_spoiled_page_is_found_by_the_check)
{
	struct store *store = fresh();
	struct error err;
	int found = 0;

	require(store_checkpoint(store, &err) == 0);
	storelab_close(&lab);
	/* One byte in the last bytes of each page, where rows begin. */
	for (uint64_t page = 2; faultvfs_spoil("lab", page * 4096 - 5); page++)
		found++;
	check(found > 10);
	if (store_open(&lab.store, "lab", FAULTVFS_NAME, STORE_USE, &err) == 0)
		check(store_check(lab.store, &err) == -1);
	check_int(err.code, E_STORE_CORRUPT);
}

TEST(a_backup_holds_what_was_committed_and_can_be_used)
{
	struct store *store = fresh(), *copy;
	struct error err;

	put_setting(store, "kept");
	require(store_backup(store, "backup", &err) == 0);
	put_setting(store, "later");
	check(store_backup(store, "backup", &err) == -1);
	check_int(err.code, E_STORE);
	require(
	    store_open(&copy, "backup", FAULTVFS_NAME, STORE_USE, &err) == 0);
	check(store_check(copy, &err) == 0);
	check(has_setting(copy, "kept"));
	store_close(copy);
	check(has_setting(store, "later"));
}

TEST(a_backup_survives_a_power_cut)
{
	struct store *store = fresh(), *copy;
	struct error err;

	put_setting(store, "kept");
	require(store_backup(store, "backup", &err) == 0);
	faultvfs_crash("backup", 3);
	require(
	    store_open(&copy, "backup", FAULTVFS_NAME, STORE_READ, &err) == 0);
	check(store_check(copy, &err) == 0);
	check(has_setting(copy, "kept"));
	store_close(copy);
}

TEST(a_backup_that_fails_leaves_nothing)
{
	struct store *store = fresh(), *copy;
	const char *path = path_in(lab_directory(), "db");
	struct error err;

	faultvfs_fail("backup", FAULTVFS_WRITE, 5, true);
	check(store_backup(store, "backup", &err) == -1);
	check(
	    store_open(&copy, "backup", FAULTVFS_NAME, STORE_USE, &err) == -1);
	faultvfs_fail("", FAULTVFS_WRITE, 0, false);
	check(store_backup(store, "backup", &err) == 0);

	require(store_open(&copy, path, NULL, STORE_CREATE, &err) == 0);
	check(store_backup(copy, path, &err) == -1);
	check(store_backup(copy, path_in(path, "../copy"), &err) == -1);
	store_close(copy);
}

TEST(the_wal_is_moved_only_when_asked_and_before_it_grows_too_large)
{
	struct store *store = fresh();
	struct error err;
	uint64_t before;

	require(store_checkpoint(store, &err) == 0);
	before = faultvfs_count(FAULTVFS_SYNC);
	for (int i = 0; i < 100; i++)
		put_setting(store, i % 2 == 0 ? "even" : "odd");
	/* One a commit, and one for the WAL's new beginning. */
	check(faultvfs_count(FAULTVFS_SYNC) - before <= 102);
	check(store->wal_pages >= 100);
	store->wal_pages = STORE_WAL_PAGES_MAX + 1;
	put_setting(store, "after");
	check(store->wal_pages < 10);
}

TEST(a_transaction_can_be_given_up)
{
	struct store *store = fresh();
	struct error err;

	put_setting(store, "before");
	store_rollback(store);
	check(!store_is_writing(store));
	require(store_begin(store, &err) == 0);
	check(store_is_writing(store));
	require(store_setting_put(store, "k", span_text("x"), &err) == 0);
	check(has_setting(store, "x"));
	store_rollback(store);
	check(!store_is_writing(store));
	check(has_setting(store, "before"));
}

/* True if ${sql} reads a whole large table, or sorts although it may not. */
static bool
is_walking(struct store *store, const char *sql, bool may_sort)
{
	static const char *const large[] = { "SCAN e", "SCAN r", "SCAN q",
		"SCAN d", "SCAN entry", "SCAN record", "SCAN quote",
		"SCAN document", "SCAN tile", "SCAN head", "SCAN line" };
	struct arena *arena = lab_arena();
	sqlite3_stmt *stmt;
	bool is_bad = false;

	if (!check(sqlite3_prepare_v2(store->db,
		       arena_printf(arena, "EXPLAIN QUERY PLAN %s", sql), -1,
		       &stmt, NULL) == SQLITE_OK))
		return true;
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		const char *line = (const char *)sqlite3_column_text(stmt, 3);

		bool is_found =
		    !may_sort && strstr(line, "B-TREE FOR ORDER BY") != NULL;

		for (size_t i = 0; i < COUNT_OF(large); i++)
			is_found |=
			    strncmp(line, large[i], strlen(large[i])) == 0;
		if (is_found)
			tap_note("%s: %s", sql, line);
		is_bad |= is_found;
	}
	sqlite3_finalize(stmt);
	return is_bad;
}

/* Those that sort the few rows of one peer or size, or all they return. */
static bool
is_sorting_well(enum query_id id)
{
	return id == QUERY_LOG_OF || id == QUERY_HEAD_ALL ||
	    id == QUERY_HEAD_GET || id == QUERY_HEAD_FORKED ||
	    id == QUERY_QUOTE_ALL || id == QUERY_DOCUMENT_NAMING;
}

TEST(no_query_walks_or_sorts_a_large_table)
{
	struct store *store = fresh();

	for (enum query_id id = QUERY_PARTY_ADD; id < QUERY_CLEAR_RECORD; id++)
		check(!is_walking(store, query_text(id), is_sorting_well(id)));
	storelab_close(&lab);
}
