#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/mem.h"
#include "store/db.h"

static bool
is_out_of_memory(int rc)
{
	return (rc & 0xff) == SQLITE_NOMEM || rc == SQLITE_IOERR_NOMEM;
}

static enum error_code
code_of(struct store *store, int rc)
{
	int number = sqlite3_system_errno(store->db);

	switch (rc & 0xff) {
	case SQLITE_FULL:
		return E_DISK_FULL;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return E_STORE_LOCKED;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return E_STORE_CORRUPT;
	case SQLITE_IOERR:
		if (rc == SQLITE_IOERR_CORRUPTFS || rc == SQLITE_IOERR_DATA)
			return E_STORE_CORRUPT;
		return number == ENOSPC || number == EDQUOT ? E_DISK_FULL :
							      E_STORE;
	case SQLITE_ERROR:
	case SQLITE_CONSTRAINT:
	case SQLITE_MISMATCH:
	case SQLITE_MISUSE:
	case SQLITE_RANGE:
	case SQLITE_TOOBIG:
		return E_INTERNAL;
	default:
		return E_STORE;
	}
}

int
db_error(struct store *store, int rc, struct error *err)
{
	if (is_out_of_memory(rc))
		mem_die("out of memory in SQLite");
	/* Statements fail with SQLITE_ABORT only if we say so: see step. */
	if (rc == SQLITE_ABORT)
		return error_set(err, E_STORE,
		    "an earlier failure ended the transaction");
	return error_set(err, code_of(store, rc), "SQLite: %s (%d, errno %d)",
	    sqlite3_errmsg(store->db), rc, sqlite3_system_errno(store->db));
}

int
db_execute(struct store *store, const char *sql, struct error *err)
{
	int rc = sqlite3_exec(store->db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : db_error(store, rc, err);
}

int
db_integer(struct store *store, const char *sql, int64_t *out,
    struct error *err)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(store->db, sql, -1, &stmt, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		*out = sqlite3_column_int64(stmt, 0);
	else
		db_error(store, rc, err);
	sqlite3_finalize(stmt);
	return rc == SQLITE_ROW ? 0 : -1;
}

const char *
query_text(enum query_id id)
{
	static const char *const texts[] = {
#define QUERY(name, sql) sql,
#include "store/queries.def"
#undef QUERY
	};

	return texts[id];
}

/* Writing outside a transaction is a bug; in one that is lost, a failure. */
static void
check_writing(struct query *q)
{
	if (q->id == QUERY_BEGIN || sqlite3_stmt_readonly(q->stmt))
		return;
	assert(q->store->is_writing);
	if (sqlite3_get_autocommit(q->store->db))
		q->rc = SQLITE_ABORT;
}

void
query_start(struct query *q, struct store *store, enum query_id id)
{
	sqlite3_stmt **held = &store->statements[id];

	*q = (struct query){ .store = store, .id = id };
	q->is_cached = !store->is_in_use[id];
	if (!q->is_cached)
		held = &q->stmt;
	if (*held == NULL)
		q->rc = sqlite3_prepare_v3(store->db, query_text(id), -1,
		    q->is_cached ? SQLITE_PREPARE_PERSISTENT : 0, held, NULL);
	if (q->rc != SQLITE_OK)
		return;
	q->stmt = *held;
	if (q->is_cached)
		store->is_in_use[id] = true;
	check_writing(q);
}

static void
remember(struct query *q, int rc)
{
	if (q->rc == SQLITE_OK)
		q->rc = rc;
}

void
query_put_int(struct query *q, int64_t value)
{
	if (q->rc == SQLITE_OK)
		remember(q, sqlite3_bind_int64(q->stmt, ++q->next, value));
}

void
query_put_size(struct query *q, uint64_t value)
{
	assert(value <= INT64_MAX);
	query_put_int(q, (int64_t)value);
}

void
query_put_instant(struct query *q, struct instant at)
{
	query_put_int(q, at.s);
}

/* SQLite makes NULL of a NULL pointer, also where the length is 0. */
static const char *
pointer_of(struct span bytes)
{
	return bytes.len == 0 ? "" : (const char *)bytes.ptr;
}

void
query_put_text(struct query *q, struct span text)
{
	if (q->rc == SQLITE_OK)
		remember(q,
		    sqlite3_bind_text64(q->stmt, ++q->next, pointer_of(text),
			text.len, SQLITE_STATIC, SQLITE_UTF8));
}

void
query_put_bytes(struct query *q, struct span bytes)
{
	if (q->rc == SQLITE_OK)
		remember(q,
		    sqlite3_bind_blob64(q->stmt, ++q->next, pointer_of(bytes),
			bytes.len, SQLITE_STATIC));
}

void
query_put_hash(struct query *q, const struct hash *hash)
{
	query_put_bytes(q, hash_span(hash));
}

void
query_put_null(struct query *q)
{
	if (q->rc == SQLITE_OK)
		remember(q, sqlite3_bind_null(q->stmt, ++q->next));
}

int
query_step(struct query *q, bool *has_row, struct error *err)
{
	int rc = q->rc == SQLITE_OK ? sqlite3_step(q->stmt) : q->rc;

	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return db_error(q->store, rc, err);
	*has_row = rc == SQLITE_ROW;
	q->next = 0;
	return 0;
}

void
query_end(struct query *q)
{
	if (q->stmt == NULL)
		return;
	if (q->is_cached) {
		sqlite3_reset(q->stmt);
		sqlite3_clear_bindings(q->stmt);
		q->store->is_in_use[q->id] = false;
	} else {
		sqlite3_finalize(q->stmt);
	}
	q->stmt = NULL;
}

static int
next_column(struct query *q, int type)
{
	if (sqlite3_column_type(q->stmt, q->next) != type)
		q->is_bad = true;
	return q->next++;
}

int64_t
query_get_int(struct query *q)
{
	return sqlite3_column_int64(q->stmt, next_column(q, SQLITE_INTEGER));
}

/* An integer within [0, max]; anything else is 0 and bad. */
static uint64_t
get_within(struct query *q, uint64_t max)
{
	int64_t value = query_get_int(q);

	if (value < 0 || (uint64_t)value > max) {
		q->is_bad = true;
		return 0;
	}
	return (uint64_t)value;
}

uint64_t
query_get_size(struct query *q)
{
	return get_within(q, INT64_MAX);
}

unsigned
query_get_unsigned(struct query *q)
{
	return (unsigned)get_within(q, UINT32_MAX);
}

bool
query_get_bool(struct query *q)
{
	return get_within(q, 1) == 1;
}

struct instant
query_get_instant(struct query *q)
{
	return instant_of(query_get_int(q));
}

struct span
query_borrow_bytes(struct query *q)
{
	int column = q->next++;
	const void *ptr = sqlite3_column_blob(q->stmt, column);
	int len = sqlite3_column_bytes(q->stmt, column);

	if (ptr == NULL && is_out_of_memory(sqlite3_errcode(q->store->db)))
		mem_die("out of memory in SQLite");
	return span_of(ptr, (size_t)len);
}

struct span
query_get_bytes(struct query *q, struct arena *arena)
{
	return arena_copy(arena, query_borrow_bytes(q));
}

struct hash
query_get_hash(struct query *q)
{
	struct span bytes = query_borrow_bytes(q);
	struct hash hash = { .bytes = { 0 } };

	if (bytes.len == HASH_BYTES)
		memcpy(hash.bytes, bytes.ptr, HASH_BYTES);
	else
		q->is_bad = true;
	return hash;
}

bool
query_get_null(struct query *q)
{
	if (sqlite3_column_type(q->stmt, q->next) != SQLITE_NULL)
		return false;
	q->next++;
	return true;
}

int
query_check(const struct query *q, struct error *err)
{
	if (q->is_bad)
		return error_set(err, E_STORE_CORRUPT, "strange row from %s",
		    query_text(q->id));
	return 0;
}

int
query_run(struct query *q, int *changed, struct error *err)
{
	bool has_row = true;
	int rc = 0;

	while (rc == 0 && has_row)
		rc = query_step(q, &has_row, err);
	if (rc == 0 && changed != NULL)
		*changed = sqlite3_changes(q->store->db);
	query_end(q);
	return rc;
}

int
query_one(struct query *q, query_load *load, size_t size, void **out,
    struct arena *arena, struct error *err)
{
	bool has_row = false;
	int rc = query_step(q, &has_row, err);

	if (rc == 0)
		*out = NULL;
	if (rc == 0 && has_row) {
		void *row = arena_alloc(arena, size);

		load(q, row, arena);
		rc = query_check(q, err);
		if (rc == 0)
			*out = row;
	}
	query_end(q);
	return rc;
}

int
query_all(struct query *q, query_load *load, size_t size, void **out, size_t *n,
    struct arena *arena, struct error *err)
{
	uint8_t *rows = NULL;
	size_t len = 0, cap = 0;
	bool has_row = false;
	int rc;

	while ((rc = query_step(q, &has_row, err)) == 0 && has_row) {
		if (len == cap) {
			uint8_t *old = rows;

			cap = cap == 0 ? 4 : cap * 2;
			rows = arena_array(arena, cap, size);
			if (len > 0)
				memcpy(rows, old, len * size);
		}
		load(q, rows + len++ * size, arena);
		if ((rc = query_check(q, err)) == -1)
			break;
	}
	if (rc == 0) {
		*out = rows;
		*n = len;
	}
	query_end(q);
	return rc;
}
