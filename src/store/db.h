#pragma once

/*
 * db: the connection to SQLite, and statements.  Private to store/.
 *
 * Each statement stands in queries.def and is prepared once a connection.
 * To run one: query_start(), query_put_*() for each parameter in order, then
 * query_run(), query_one() or query_all(), which also end it, or
 * query_step() and query_end().  What goes wrong on the way is remembered
 * and told by the step.
 */

#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

#include "base/attr.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/span.h"
#include "store/store.h"

struct arena;
struct error;
struct tile_edge;

/* Above this a transaction begins with a checkpoint of the WAL, in pages. */
#define STORE_WAL_PAGES_MAX 16384

enum query_id {
#define QUERY(name, sql) QUERY_##name,
#include "store/queries.def"
#undef QUERY
	QUERY_COUNT
};

struct store {
	sqlite3 *db;
	sqlite3_stmt *statements[QUERY_COUNT]; /* prepared at first use */
	bool is_in_use[QUERY_COUNT];
	bool is_writing;
	bool is_read_only;
	int changes;             /* of rows, when the transaction began */
	bool is_lazy;            /* commits do not sync */
	bool is_unsynced;        /* a lazy one was done */
	bool is_doubtful;        /* a sync failed: the WAL may not be there */
	int wal_pages;           /* not moved into the database yet */
	struct tile_edge *edges; /* tile.c's cache; dropped on rollback */
};

/* A statement being run. */
struct query {
	struct store *store;
	enum query_id id;
	sqlite3_stmt *stmt;
	bool is_cached; /* stmt stays with the store */
	int next;       /* the parameter or column before the next */
	int rc;         /* of SQLite: what went wrong before the step */
	bool is_bad;    /* a column held what we never write */
};

/* What SQLite's result ${rc} means for us.  Out of memory does not return. */
int db_error(struct store *store, int rc, struct error *err);

/* One statement without parameters and rows, outside queries.def. */
NODISCARD int db_execute(struct store *store, const char *sql,
    struct error *err);

/* The same with one row of one integer. */
NODISCARD int db_integer(struct store *store, const char *sql, int64_t *out,
    struct error *err);

/* What ${id} is in SQL. */
const char *query_text(enum query_id id);

/* A statement that is in use already is prepared a second time. */
void query_start(struct query *q, struct store *store, enum query_id id);

/* Owns: bytes put are borrowed until the query ends. */
void query_put_int(struct query *q, int64_t value);
void query_put_size(struct query *q, uint64_t value);
void query_put_instant(struct query *q, struct instant at);
void query_put_text(struct query *q, struct span text);
void query_put_bytes(struct query *q, struct span bytes);
void query_put_hash(struct query *q, const struct hash *hash);
void query_put_null(struct query *q);

/* Go to the next row. */
NODISCARD int query_step(struct query *q, bool *has_row, struct error *err);
void query_end(struct query *q);

/* Columns of the row, in order.  Owns: copies are in ${arena}. */
int64_t query_get_int(struct query *q);
uint64_t query_get_size(struct query *q);
unsigned query_get_unsigned(struct query *q);
bool query_get_bool(struct query *q);
struct instant query_get_instant(struct query *q);
struct span query_get_bytes(struct query *q, struct arena *arena);
struct hash query_get_hash(struct query *q);

/* Text or bytes, good until the next step. */
struct span query_borrow_bytes(struct query *q);

/* True if the next column is NULL; then it was read. */
bool query_get_null(struct query *q);

/* Fails: E_STORE_CORRUPT if a column read held what we never write. */
NODISCARD int query_check(const struct query *q, struct error *err);

/* Reads the columns of a row into ${row}. */
typedef void query_load(struct query *q, void *row, struct arena *arena);

/* Run to the end; ${changed}, if not NULL, is the number of rows changed. */
NODISCARD int query_run(struct query *q, int *changed, struct error *err);

/* The first row, of ${size} bytes in ${arena}, or NULL. */
NODISCARD int query_one(struct query *q, query_load *load, size_t size,
    void **out, struct arena *arena, struct error *err);

/* All rows, an array of ${n} times ${size} bytes in ${arena}. */
NODISCARD int query_all(struct query *q, query_load *load, size_t size,
    void **out, size_t *n, struct arena *arena, struct error *err);
