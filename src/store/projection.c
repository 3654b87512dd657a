#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "seal/digest.h"
#include "store/db.h"

int
store_clear_projections(struct store *store, struct error *err)
{
	static const enum query_id clear[] = { QUERY_CLEAR_RECORD,
		QUERY_CLEAR_QUOTE, QUERY_CLEAR_NAME, QUERY_CLEAR_CASE,
		QUERY_CLEAR_COVER, QUERY_CLEAR_LOG };

	for (size_t i = 0; i < COUNT_OF(clear); i++) {
		struct query q;

		query_start(&q, store, clear[i]);
		if (query_run(&q, NULL, err) == -1)
			return -1;
	}
	return 0;
}

/* A type letter, then 8 bytes of value, or of length and the bytes. */
static void
add_column(struct digest *digest, sqlite3_stmt *stmt, int column)
{
	struct span bytes = span_of(NULL, 0);
	struct buf head;

	buf_init(&head, 9);
	switch (sqlite3_column_type(stmt, column)) {
	case SQLITE_NULL:
		buf_u8(&head, 'n');
		break;
	case SQLITE_INTEGER:
		buf_u8(&head, 'i');
		buf_u64(&head, (uint64_t)sqlite3_column_int64(stmt, column));
		break;
	default:
		bytes.ptr = sqlite3_column_blob(stmt, column);
		bytes.len = (size_t)sqlite3_column_bytes(stmt, column);
		buf_u8(&head, 'b');
		buf_u64(&head, bytes.len);
		break;
	}
	digest_add(digest, buf_span(&head));
	digest_add(digest, bytes);
	buf_clear(&head);
}

static int
add_rows(struct digest *digest, struct store *store, enum query_id id,
    struct error *err)
{
	struct query q;
	bool has_row = false;
	int rc;

	query_start(&q, store, id);
	while ((rc = query_step(&q, &has_row, err)) == 0 && has_row)
		for (int i = 0; i < sqlite3_column_count(q.stmt); i++)
			add_column(digest, q.stmt, i);
	query_end(&q);
	/* Between the tables, so that no row changes place unseen. */
	digest_add(digest, span_text("."));
	return rc;
}

int
store_projection_digest(struct store *store, char out[65], struct error *err)
{
	static const enum query_id tables[] = { QUERY_DIGEST_LOG,
		QUERY_DIGEST_RECORD, QUERY_DIGEST_QUOTE, QUERY_DIGEST_NAME,
		QUERY_DIGEST_CASE, QUERY_DIGEST_COVER };
	struct digest *digest = digest_new();
	struct hash hash;
	int rc = -1;

	for (size_t i = 0; i < COUNT_OF(tables); i++)
		if (add_rows(digest, store, tables[i], err) == -1)
			goto out;
	digest_end(digest, &hash);
	hash_write(&hash, out);
	rc = 0;
out:
	digest_free(digest);
	return rc;
}
