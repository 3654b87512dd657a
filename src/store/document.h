#pragma once

/*
 * document: which documents are held, for which docket, and which records
 * name them.  The bytes stand in files (store/blob.h); this is the index.
 *
 * A document exists for a peer only within the docket in which that peer
 * uploaded it or was sent it (protocol section 3).
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/span.h"

struct arena;
struct error;
struct store;

struct document_row {
	struct span peer; /* the docket */
	struct hash sha256;
	bool is_ours;     /* lodged here, for the peer to take */
	uint64_t size;    /* of the whole blob; 0 while unknown */
	uint64_t held;    /* bytes durable here */
	bool is_complete; /* held whole and the digest was checked */
	bool is_taken;    /* ours: the peer says that it holds it */
	bool is_named;    /* a valid record names it */
	bool is_first;
	bool is_erased;
	struct instant since;
};

NODISCARD int store_document_find(struct store *store, struct span peer,
    const struct hash *sha256, struct document_row **out, struct arena *arena,
    struct error *err);

/* Insert or replace the row of (peer, sha256). */
NODISCARD int store_document_put(struct store *store,
    const struct document_row *document, struct error *err);

/* Ours that ${peer} has not taken, the first ones before the others. */
NODISCARD int store_document_due(struct store *store, struct span peer,
    size_t max, struct document_row **out, size_t *n, struct arena *arena,
    struct error *err);

/* Bytes held from ${peer} that no valid record names. */
NODISCARD int store_document_unnamed(struct store *store, struct span peer,
    uint64_t *bytes, struct error *err);

/* Unnamed rows since before ${before}; to be dropped. */
NODISCARD int store_document_stale(struct store *store, struct instant before,
    struct document_row **out, size_t *n, struct arena *arena,
    struct error *err);
NODISCARD int store_document_drop(struct store *store, struct span peer,
    const struct hash *sha256, struct error *err);

/* Record that entry (log, index) names the document. */
NODISCARD int store_document_name(struct store *store, struct span peer,
    const struct hash *sha256, int64_t log, uint64_t index, bool is_first,
    struct error *err);

/* Entry (log, index), of our own log if ${is_ours}, names the document. */
struct document_name {
	struct hash sha256;
	int64_t log;
	uint64_t index;
	bool is_ours;
};

/* The first entry that names it, ours before theirs; NULL if none does. */
NODISCARD int store_document_naming(struct store *store, struct span peer,
    const struct hash *sha256, struct document_name **out, struct arena *arena,
    struct error *err);

/*
 * The next document after ${after}, in the order of digests, that is held
 * neither whole nor erased though a record names it that is ours, or that
 * may not be cosigned without; NULL if there is none.  What the writer of the
 * record has erased is not looked for.
 */
NODISCARD int store_document_lost(struct store *store, struct span peer,
    const struct hash *after, struct document_name **out, struct arena *arena,
    struct error *err);

/*
 * Entry (log, index) says that its writer erased the document: nobody can
 * send it any more.
 */
NODISCARD int store_document_excuse(struct store *store, struct span peer,
    const struct hash *sha256, int64_t log, uint64_t index, struct error *err);

/*
 * Documents marked first that valid entries of ${log} below ${size} name and
 * that are neither complete nor erased here, nor excused by an entry below
 * ${size}; at most ${max}.
 */
NODISCARD int store_document_missing(struct store *store, int64_t log,
    uint64_t size, size_t max, struct hash **out, size_t *n,
    struct arena *arena, struct error *err);
