#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "store/db.h"
#include "store/entry.h"

/* A kind is stored by its name: the enum may be renumbered. */
static enum kind
get_kind(struct query *q, struct arena *arena)
{
	struct error ignored;
	enum kind kind = KIND_COUNT;

	if (kind_find(&kind, query_get_bytes(q, arena), &ignored) == -1)
		q->is_bad = true;
	return kind;
}

static struct hash
get_optional(struct query *q, bool *has)
{
	*has = !query_get_null(q);
	return *has ? query_get_hash(q) : (struct hash){ .bytes = { 0 } };
}

static enum error_code
get_verdict(struct query *q)
{
	int64_t number;
	enum error_code code;

	if (query_get_null(q))
		return E_RECORD_UNJUDGED;
	number = query_get_int(q);
	if (number < 0 || number > INT32_MAX)
		q->is_bad = true;
	code = error_of_number((int)number);
	if ((int64_t)code != number)
		q->is_bad = true;
	return code;
}

static void
load_entry(struct query *q, void *row, struct arena *arena)
{
	struct entry_row *entry = row;

	entry->log = query_get_int(q);
	entry->index = query_get_size(q);
	entry->leaf = query_get_hash(q);
	entry->der = query_get_bytes(q, arena);
	entry->verdict = get_verdict(q);
	entry->kind = KIND_COUNT;
	if (entry->verdict != E_NONE)
		return;
	entry->kind = get_kind(q, arena);
	entry->case_hash = get_optional(q, &entry->has_case);
	entry->re = get_optional(q, &entry->has_re);
	entry->is_exercise = query_get_bool(q);
	entry->at = query_get_instant(q);
	entry->anchor_epoch = query_get_unsigned(q);
	entry->anchor_size = query_get_size(q);
	entry->content = query_get_bytes(q, arena);
}

static void
put_judged(struct query *q, const struct entry_row *entry)
{
	assert(entry->kind < KIND_COUNT);
	query_put_text(q, span_text(kind_row(entry->kind)->name));
	if (entry->has_case)
		query_put_hash(q, &entry->case_hash);
	else
		query_put_null(q);
	if (entry->has_re)
		query_put_hash(q, &entry->re);
	else
		query_put_null(q);
	query_put_int(q, entry->is_exercise);
	query_put_instant(q, entry->at);
	query_put_int(q, entry->anchor_epoch);
	query_put_size(q, entry->anchor_size);
	query_put_bytes(q, entry->content);
}

int
store_entry_judge(struct store *store, const struct entry_row *entry,
    struct error *err)
{
	struct query q;

	assert(entry->verdict != E_RECORD_UNJUDGED);
	query_start(&q, store, QUERY_ENTRY_JUDGE);
	query_put_int(&q, entry->log);
	query_put_size(&q, entry->index);
	query_put_hash(&q, &entry->leaf);
	query_put_int(&q, entry->verdict);
	if (entry->verdict == E_NONE)
		put_judged(&q, entry);
	return query_run(&q, NULL, err);
}

int
store_entry_add(struct store *store, const struct entry_row *entry,
    struct error *err)
{
	struct query q;
	int changed;

	query_start(&q, store, QUERY_ENTRY_ADD);
	query_put_int(&q, entry->log);
	query_put_size(&q, entry->index);
	query_put_hash(&q, &entry->leaf);
	query_put_bytes(&q, entry->der);
	if (query_run(&q, &changed, err) == -1)
		return -1;
	if (changed != 1)
		return error_set(err, E_INTERNAL,
		    "entry %llu would leave a gap",
		    (unsigned long long)entry->index);
	return store_entry_judge(store, entry, err);
}

static int
one(struct query *q, struct entry_row **out, struct arena *arena,
    struct error *err)
{
	void *row;

	if (query_one(q, load_entry, sizeof(**out), &row, arena, err) == -1)
		return -1;
	*out = row;
	return 0;
}

static int
all(struct query *q, struct entry_row **out, size_t *n, struct arena *arena,
    struct error *err)
{
	void *rows;

	if (query_all(q, load_entry, sizeof(**out), &rows, n, arena, err) == -1)
		return -1;
	*out = rows;
	return 0;
}

int
store_entry_get(struct store *store, int64_t log, uint64_t index,
    struct entry_row **out, struct arena *arena, struct error *err)
{
	struct query q;

	query_start(&q, store, QUERY_ENTRY_GET);
	query_put_int(&q, log);
	query_put_size(&q, index);
	return one(&q, out, arena, err);
}

int
store_entry_find(struct store *store, struct span peer, const struct hash *leaf,
    struct entry_row **out, struct arena *arena, struct error *err)
{
	struct query q;

	query_start(&q, store, QUERY_ENTRY_FIND_VALID);
	query_put_text(&q, peer);
	query_put_hash(&q, leaf);
	if (one(&q, out, arena, err) == -1)
		return -1;
	if (*out != NULL)
		return 0;
	query_start(&q, store, QUERY_ENTRY_FIND_ANY);
	query_put_text(&q, peer);
	query_put_hash(&q, leaf);
	return one(&q, out, arena, err);
}

/* The least and the greatest hash that begin with ${prefix}. */
static int
bounds_of(struct hash *least, struct hash *greatest, struct span prefix,
    struct error *err)
{
	char digits[HASH_TEXT_MAX];

	if (prefix.len >= sizeof(digits))
		return error_set(err, E_SYNTAX, "%zu digits", prefix.len);
	memset(digits, '0', sizeof(digits));
	if (prefix.len > 0)
		memcpy(digits, prefix.ptr, prefix.len);
	if (hash_parse(least, span_of(digits, sizeof(digits) - 1), err) == -1)
		return -1;
	memset(digits + prefix.len, 'f', sizeof(digits) - prefix.len);
	return hash_parse(greatest, span_of(digits, sizeof(digits) - 1), err);
}

int
store_entry_search(struct store *store, struct span prefix, bool only_cases,
    size_t max, struct entry_row **out, size_t *n, struct arena *arena,
    struct error *err)
{
	struct hash least, greatest;
	struct query q;

	if (bounds_of(&least, &greatest, prefix, err) == -1)
		return -1;
	query_start(&q, store,
	    only_cases ? QUERY_ENTRY_SEARCH_CASES : QUERY_ENTRY_SEARCH);
	query_put_hash(&q, &least);
	query_put_hash(&q, &greatest);
	query_put_size(&q, max);
	return all(&q, out, n, arena, err);
}

/* Give each row to ${each}, in an arena that lasts for the call. */
static int
walk(struct query *q,
    int (*each)(void *ctx, const struct entry_row *entry, struct error *err),
    void *ctx, struct error *err)
{
	struct arena *arena = arena_new();
	bool has_row = false;
	int rc;

	while ((rc = query_step(q, &has_row, err)) == 0 && has_row) {
		struct entry_row entry = { .log = 0 };

		arena_reset(arena);
		load_entry(q, &entry, arena);
		if ((rc = query_check(q, err)) == -1 ||
		    (rc = each(ctx, &entry, err)) != 0)
			break;
	}
	query_end(q);
	arena_free(arena);
	return rc == 0 ? 0 : -1;
}

int
store_entry_range(struct store *store, int64_t log, uint64_t from, uint64_t to,
    int (*each)(void *ctx, const struct entry_row *entry, struct error *err),
    void *ctx, struct error *err)
{
	struct query q;

	query_start(&q, store, QUERY_ENTRY_RANGE);
	query_put_int(&q, log);
	query_put_size(&q, from);
	query_put_size(&q, to);
	return walk(&q, each, ctx, err);
}

int
store_entry_kind(struct store *store, int64_t log, enum kind kind,
    int (*each)(void *ctx, const struct entry_row *entry, struct error *err),
    void *ctx, struct error *err)
{
	struct query q;

	query_start(&q, store, QUERY_ENTRY_KIND);
	query_put_int(&q, log);
	query_put_text(&q, span_text(kind_row(kind)->name));
	return walk(&q, each, ctx, err);
}

int
store_entry_case(struct store *store, struct span peer,
    const struct hash *case_hash, struct entry_row **out, size_t *n,
    struct arena *arena, struct error *err)
{
	struct query q;

	query_start(&q, store, QUERY_ENTRY_CASE);
	query_put_text(&q, peer);
	query_put_hash(&q, case_hash);
	return all(&q, out, n, arena, err);
}

int
store_entry_answers(struct store *store, struct span peer,
    const struct hash *re, struct entry_row **out, size_t *n,
    struct arena *arena, struct error *err)
{
	struct query q;

	query_start(&q, store, QUERY_ENTRY_ANSWERS);
	query_put_text(&q, peer);
	query_put_hash(&q, re);
	return all(&q, out, n, arena, err);
}

int
store_entry_cases(struct store *store, struct span peer, enum kind kind,
    int (*each)(void *ctx, const struct entry_row *opening, struct error *err),
    void *ctx, struct error *err)
{
	struct query q;

	if (kind == KIND_COUNT) {
		query_start(&q, store, QUERY_ENTRY_CASES);
		query_put_text(&q, peer);
	} else {
		query_start(&q, store, QUERY_ENTRY_CASES_KIND);
		query_put_text(&q, peer);
		query_put_text(&q, span_text(kind_row(kind)->name));
	}
	return walk(&q, each, ctx, err);
}
