#pragma once

/*
 * record: one entry's content as a struct (protocol section 2).
 *
 * Only the data and its rules; formats/record_json.h reads and writes it.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/span.h"
#include "domain/kind.h"

struct error;

#define RECORD_VERSION 1
#define RECORD_DOCUMENTS_MAX 128
#define RECORD_DEPTH_MAX 16
#define RECORD_LOG_MAX ((size_t)255)  /* bytes of an origin */
#define RECORD_TYPE_MAX ((size_t)127) /* bytes of a media type */
#define FACT_WORDS_MAX 16
#define FACT_HASHES_MAX 128
#define FACT_TEXT_MAX ((size_t)12 << 10) /* bytes */
#define RECORD_FACTS_MAX 8

/* A body or evidence document that is not larger than this goes first. */
#define DOCUMENT_FIRST_MAX ((uint64_t)8 << 20) /* bytes */
#define DOCUMENT_BODY_MAX ((uint64_t)1 << 20)  /* bytes */

struct fact {
	bool is_given;
	bool flag;                 /* FLAG */
	unsigned n;                /* WORD, HASH: 1; WORDS, HASHES: how many */
	const enum word *words;    /* WORD, WORDS */
	const struct hash *hashes; /* HASH, HASHES */
	struct instant instant;    /* INSTANT */
	struct span text;          /* TEXT */
};

/* A document that travels beside the record (protocol section 3). */
struct document {
	enum word role; /* of VOCABULARY_DOCUMENT */
	struct hash sha256;
	uint64_t size;    /* bytes of the blob, its salt included */
	struct span type; /* media type */
	bool is_first;    /* held before the record counts as taken */
};

/* The newest head of the other log that the author had seen. */
struct anchor {
	struct span log; /* empty in an opening that knows no other log yet */
	uint64_t size;
	struct hash root;
};

struct record {
	enum kind kind;
	struct span log; /* origin of the log it belongs to */
	bool has_case, has_re, is_exercise;
	struct hash case_hash; /* leaf hash of the case's opening record */
	struct hash re;        /* leaf hash of the record answered */
	struct instant at;
	enum word by; /* of VOCABULARY_ROLE */
	struct anchor anchor;
	bool has_tlp, has_pap;
	enum word tlp, pap;
	const struct document *documents;
	unsigned documents_n;
	struct fact facts[RECORD_FACTS_MAX]; /* by member, from the first */
};

/* The fact of ${record} for ${member}, which is one of its kind's. */
const struct fact *record_fact(const struct record *record, enum member member);

/* The first word of that fact; it is given. */
enum word record_word(const struct record *record, enum member member);

/*
 * What must hold of a record by itself: case and re as its kind says, the
 * members its kind needs and those that need each other (a denial has a
 * reason, pending has a date), the list of documents (at most one body, a
 * body is first and within DOCUMENT_BODY_MAX, each digest once), by is
 * "node" exactly if the kind is lodged by the node.
 *
 * Fails: E_RECORD_MEMBER, E_RECORD_DOCUMENTS.
 */
NODISCARD int record_check(const struct record *record, struct error *err);

/* It opens a case (its own leaf hash names it). */
bool record_opens_case(const struct record *record);
