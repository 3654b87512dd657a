#include <stdio.h>

#include "base/error.h"
#include "store/db.h"
#include "store/schema.h"

/*
 * Add rows at the end, never change one: databases out there have been
 * through them.  Tables with large rows keep their row ids; a hash is always
 * 32 bytes; partial indexes hold the few rows that are asked for.
 */
static const struct {
	int version; /* that the statement leads to */
	const char *sql;
} steps[] = {
	/* clang-format off */
	{ 1, "CREATE TABLE party ("
	    "name TEXT NOT NULL PRIMARY KEY, is_self INTEGER NOT NULL, "
	    "card BLOB NOT NULL, certificate BLOB NOT NULL, "
	    "fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32), "
	    "added_at INTEGER NOT NULL) STRICT" },
	{ 1, "CREATE UNIQUE INDEX party_self ON party (is_self) "
	    "WHERE is_self = 1" },

	/* key: SHA-256 of the origin */
	{ 1, "CREATE TABLE log ("
	    "id INTEGER PRIMARY KEY, origin TEXT NOT NULL UNIQUE, "
	    "key BLOB NOT NULL UNIQUE CHECK (length(key) = 32), "
	    "peer TEXT NOT NULL REFERENCES party (name), "
	    "is_own INTEGER NOT NULL, epoch INTEGER NOT NULL, "
	    "side INTEGER NOT NULL CHECK (side IN (0, 1)), "
	    "size INTEGER NOT NULL, head INTEGER NOT NULL, "
	    "mirrored INTEGER NOT NULL, receipted INTEGER NOT NULL, "
	    "anchored INTEGER NOT NULL, settled INTEGER NOT NULL, "
	    "is_forked INTEGER NOT NULL, "
	    "UNIQUE (peer, side, epoch)) STRICT" },

	{ 1, "CREATE TABLE entry ("
	    "log INTEGER NOT NULL REFERENCES log (id), "
	    "idx INTEGER NOT NULL CHECK (idx >= 0), "
	    "leaf BLOB NOT NULL CHECK (length(leaf) = 32), "
	    "der BLOB NOT NULL, PRIMARY KEY (log, idx)) STRICT" },
	{ 1, "CREATE INDEX entry_leaf ON entry (leaf, log, idx)" },

	/* What is known of an entry once it was judged; the rest is NULL. */
	{ 1, "CREATE TABLE record ("
	    "log INTEGER NOT NULL, idx INTEGER NOT NULL, "
	    "leaf BLOB NOT NULL, verdict INTEGER NOT NULL, "
	    "kind TEXT, case_hash BLOB, re BLOB, is_exercise INTEGER, "
	    "at INTEGER, anchor_size INTEGER, content BLOB, "
	    "PRIMARY KEY (log, idx), "
	    "FOREIGN KEY (log, idx) REFERENCES entry (log, idx), "
	    "CHECK ((verdict = 0) = (content IS NOT NULL))) STRICT" },
	{ 1, "CREATE INDEX record_leaf ON record (leaf, log, idx) "
	    "WHERE verdict = 0" },
	{ 1, "CREATE INDEX record_case ON record (case_hash, log, idx) "
	    "WHERE case_hash IS NOT NULL" },
	{ 1, "CREATE INDEX record_re ON record (re, log, idx) "
	    "WHERE re IS NOT NULL" },
	{ 1, "CREATE INDEX record_kind ON record (log, kind, idx) "
	    "WHERE kind IS NOT NULL" },
	{ 1, "CREATE INDEX record_opening ON record (log, idx) "
	    "WHERE case_hash = leaf" },

	{ 1, "CREATE TABLE tile ("
	    "log INTEGER NOT NULL REFERENCES log (id), "
	    "level INTEGER NOT NULL, idx INTEGER NOT NULL, "
	    "hashes BLOB NOT NULL, PRIMARY KEY (log, level, idx)) STRICT" },

	{ 1, "CREATE TABLE head ("
	    "id INTEGER PRIMARY KEY, "
	    "log INTEGER NOT NULL REFERENCES log (id), "
	    "size INTEGER NOT NULL, "
	    "root BLOB NOT NULL CHECK (length(root) = 32), "
	    "note BLOB NOT NULL, seen_at INTEGER NOT NULL, "
	    "UNIQUE (log, size, root)) STRICT" },
	{ 1, "CREATE TABLE line ("
	    "id INTEGER PRIMARY KEY, "
	    "log INTEGER NOT NULL REFERENCES log (id), "
	    "size INTEGER NOT NULL, "
	    "root BLOB NOT NULL CHECK (length(root) = 32), "
	    "name TEXT NOT NULL, time INTEGER NOT NULL, line BLOB NOT NULL, "
	    "UNIQUE (log, name, size, time, root, line)) STRICT" },

	/* latest, largest: the greatest time, and size of log, up to here */
	{ 1, "CREATE TABLE quote ("
	    "quoting_log INTEGER NOT NULL REFERENCES log (id), "
	    "quoting_index INTEGER NOT NULL, "
	    "log INTEGER NOT NULL REFERENCES log (id), "
	    "size INTEGER NOT NULL, time INTEGER NOT NULL, "
	    "latest INTEGER NOT NULL, largest INTEGER NOT NULL, "
	    "PRIMARY KEY (quoting_log, quoting_index, log, size, time)) "
	    "STRICT, WITHOUT ROWID" },
	{ 1, "CREATE INDEX quote_latest ON quote "
	    "(quoting_log, quoting_index, latest)" },
	{ 1, "CREATE INDEX quote_largest ON quote "
	    "(quoting_log, log, quoting_index, largest)" },

	{ 1, "CREATE TABLE document ("
	    "peer TEXT NOT NULL REFERENCES party (name), "
	    "sha256 BLOB NOT NULL CHECK (length(sha256) = 32), "
	    "is_ours INTEGER NOT NULL, size INTEGER NOT NULL, "
	    "held INTEGER NOT NULL, is_complete INTEGER NOT NULL, "
	    "is_taken INTEGER NOT NULL, is_named INTEGER NOT NULL, "
	    "is_first INTEGER NOT NULL, is_erased INTEGER NOT NULL, "
	    "since INTEGER NOT NULL, PRIMARY KEY (peer, sha256)) "
	    "STRICT, WITHOUT ROWID" },
	{ 1, "CREATE INDEX document_due ON document "
	    "(peer, is_first DESC, since, sha256) "
	    "WHERE is_ours = 1 AND is_taken = 0" },
	{ 1, "CREATE INDEX document_unnamed ON document (peer, held) "
	    "WHERE is_named = 0 AND is_ours = 0" },
	{ 1, "CREATE INDEX document_stale ON document (since) "
	    "WHERE is_named = 0" },

	/* is_missing: first, and neither complete nor erased here */
	{ 1, "CREATE TABLE document_name ("
	    "peer TEXT NOT NULL, sha256 BLOB NOT NULL, "
	    "log INTEGER NOT NULL REFERENCES log (id), "
	    "idx INTEGER NOT NULL, is_first INTEGER NOT NULL, "
	    "is_missing INTEGER NOT NULL, PRIMARY KEY (log, idx, sha256)) "
	    "STRICT, WITHOUT ROWID" },
	{ 1, "CREATE INDEX document_name_sha256 ON document_name "
	    "(peer, sha256)" },
	{ 1, "CREATE INDEX document_name_missing ON document_name "
	    "(log, idx, sha256) WHERE is_missing = 1" },

	{ 1, "CREATE TABLE delivery ("
	    "peer TEXT NOT NULL PRIMARY KEY, last_ok INTEGER NOT NULL, "
	    "next_try INTEGER NOT NULL, failures INTEGER NOT NULL, "
	    "last_error INTEGER NOT NULL, last_detail TEXT NOT NULL, "
	    "endpoint INTEGER NOT NULL) STRICT" },
	{ 1, "CREATE TABLE setting ("
	    "name TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL) STRICT" },

	{ 2, "ALTER TABLE log ADD COLUMN "
	    "wants_line INTEGER NOT NULL DEFAULT 0" },
	{ 2, "CREATE INDEX log_unsettled ON log (peer, side, epoch) WHERE "
	    "(is_own = 1 AND size > head) OR (is_own = 0 AND "
	    "(head > mirrored OR settled < mirrored OR wants_line = 1))" },
	/* Our cards, and the one that the docket with a party quotes. */
	{ 2, "CREATE TABLE card ("
	    "fingerprint BLOB NOT NULL PRIMARY KEY "
	    "CHECK (length(fingerprint) = 32), card BLOB NOT NULL) STRICT" },
	{ 2, "ALTER TABLE party ADD COLUMN own BLOB" },
	{ 2, "INSERT INTO card SELECT fingerprint, card FROM party "
	    "WHERE is_self = 1" },
	{ 2, "UPDATE party SET own = "
	    "(SELECT fingerprint FROM party WHERE is_self = 1)" },

	/* log, idx: the opening record; due_* and keep_*: NULL if none */
	{ 3, "CREATE TABLE casefile ("
	    "log INTEGER NOT NULL REFERENCES log (id), "
	    "idx INTEGER NOT NULL, moved INTEGER NOT NULL, "
	    "is_open INTEGER NOT NULL, is_undelivered INTEGER NOT NULL, "
	    "due_us INTEGER, due_them INTEGER, "
	    "keep_us INTEGER, keep_them INTEGER, "
	    "need_0 INTEGER NOT NULL, need_1 INTEGER NOT NULL, "
	    "anchor_size INTEGER NOT NULL, state BLOB NOT NULL, "
	    "PRIMARY KEY (log, idx)) STRICT, WITHOUT ROWID" },
	{ 3, "CREATE INDEX casefile_moved ON casefile "
	    "(moved DESC, log, idx)" },
	{ 3, "CREATE INDEX casefile_open ON casefile "
	    "(moved DESC, log, idx, is_undelivered, due_us, due_them, "
	    "keep_us, keep_them) WHERE is_open = 1" },
	{ 3, "CREATE TABLE casefile_mark ("
	    "log INTEGER NOT NULL PRIMARY KEY REFERENCES log (id), "
	    "size INTEGER NOT NULL) STRICT" },

	/* The lines that still decide when an entry counts: by rising size
	 * rising times.  side, idx: where the line is quoted. */
	{ 3, "CREATE TABLE cover ("
	    "log INTEGER NOT NULL REFERENCES log (id), "
	    "size INTEGER NOT NULL, time INTEGER NOT NULL, "
	    "side INTEGER NOT NULL, idx INTEGER NOT NULL, "
	    "PRIMARY KEY (log, size)) STRICT, WITHOUT ROWID" },

	/* With is_open in it the tally needs no row. */
	{ 4, "DROP INDEX casefile_open" },
	{ 4, "CREATE INDEX casefile_open ON casefile "
	    "(moved DESC, log, idx, is_open, is_undelivered, due_us, "
	    "due_them, keep_us, keep_them) WHERE is_open = 1" },
	/* several epochs of a log; closed: NULL while it is open */
	{ 4, "ALTER TABLE log ADD COLUMN anchored_epoch "
	    "INTEGER NOT NULL DEFAULT 0" },
	{ 4, "UPDATE log SET anchored_epoch = 1 WHERE EXISTS "
	    "(SELECT 1 FROM record WHERE log = log.id AND verdict = 0)" },
	{ 4, "ALTER TABLE log ADD COLUMN is_announced "
	    "INTEGER NOT NULL DEFAULT 0" },
	{ 4, "ALTER TABLE log ADD COLUMN closed INTEGER" },
	{ 4, "ALTER TABLE record ADD COLUMN anchor_epoch "
	    "INTEGER NOT NULL DEFAULT 1" },
	{ 4, "DROP INDEX log_unsettled" },
	{ 4, "CREATE INDEX log_unsettled ON log (peer, side, epoch) WHERE "
	    "(is_own = 1 AND size > head AND closed IS NULL) OR "
	    "(is_own = 0 AND settled < mirrored) OR "
	    "(is_own = 0 AND closed IS NULL AND "
	    "(head > mirrored OR wants_line = 1))" },
	/* Signed, and never shown to extend what was known. */
	{ 4, "ALTER TABLE head ADD COLUMN "
	    "is_unproven INTEGER NOT NULL DEFAULT 0" },
	{ 4, "CREATE INDEX head_unproven ON head (log, id) "
	    "WHERE is_unproven = 1" },
	/* The first entry of that log that says the document was erased. */
	{ 4, "ALTER TABLE document_name ADD COLUMN excused INTEGER" },
	{ 4, "CREATE INDEX quote_about ON quote (log, size, time)" },
	/* clang-format on */
};

int
schema_version(void)
{
	return steps[COUNT_OF(steps) - 1].version;
}

/* Run the statements of ${version} and note that they were run. */
static int
run_steps(struct store *store, int version, struct error *err)
{
	char pragma[64];

	for (size_t i = 0; i < COUNT_OF(steps); i++)
		if (steps[i].version == version &&
		    db_execute(store, steps[i].sql, err) == -1)
			return -1;
	snprintf(pragma, sizeof(pragma), "PRAGMA user_version = %d", version);
	return db_execute(store, pragma, err);
}

static int
migrate(struct store *store, int from, struct error *err)
{
	for (int version = from + 1; version <= schema_version(); version++) {
		if (store_begin(store, err) == -1)
			return -1;
		if (run_steps(store, version, err) == -1) {
			store_rollback(store);
			return -1;
		}
		if (store_commit(store, err) == -1)
			return -1;
	}
	return 0;
}

static int
check_empty(struct store *store, int version, struct error *err)
{
	int64_t tables;

	if (db_integer(store, "SELECT count(*) FROM sqlite_schema", &tables,
		err) == -1)
		return -1;
	if (version != 0 || tables != 0)
		return error_set(err, E_STORE, "there is a database already");
	return 0;
}

int
schema_settle(struct store *store, enum store_mode mode, struct error *err)
{
	int64_t id, version;
	char pragma[64];

	if (db_integer(store, "PRAGMA application_id", &id, err) == -1 ||
	    db_integer(store, "PRAGMA user_version", &version, err) == -1)
		return -1;
	if (mode == STORE_CREATE) {
		if (check_empty(store, (int)version, err) == -1)
			return -1;
		snprintf(pragma, sizeof(pragma), "PRAGMA application_id = %d",
		    SCHEMA_APPLICATION_ID);
		if (db_execute(store, pragma, err) == -1)
			return -1;
		return migrate(store, 0, err);
	}
	if (id != SCHEMA_APPLICATION_ID || version == 0)
		return error_set(err, E_STORE_SCHEMA,
		    "not a database of this program");
	if (version > schema_version())
		return error_set(err, E_STORE_SCHEMA,
		    "version %d, this program knows up to %d", (int)version,
		    schema_version());
	if (version < schema_version() && mode == STORE_READ)
		return error_set(err, E_STORE_SCHEMA,
		    "version %d has to be migrated to %d first", (int)version,
		    schema_version());
	return migrate(store, (int)version, err);
}
