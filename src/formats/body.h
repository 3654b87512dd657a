#pragma once

/*
 * body: the document that says in words what a record is about (protocol
 * section 3): a subject, a text with translations, IODEF (RFC 7970) in its
 * JSON form (RFC 8727), and where each item of evidence comes from.
 *
 * Nothing here counts.  All of it was written by people, ours or theirs, and
 * none of it is safe as a path, a command or a page until it was escaped.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/span.h"
#include "formats/blob.h"

struct arena;
struct buf;
struct error;

#define BODY_VERSION 1
#define BODY_TYPE "application/json"
#define BODY_CONTENT_MAX (((size_t)1 << 20) - BLOB_SALT_BYTES) /* bytes */
#define BODY_SUBJECT_MAX ((size_t)1000)                        /* bytes */
#define BODY_TEXT_MAX ((size_t)512 << 10)                      /* bytes */
#define BODY_FIELD_MAX ((size_t)1000) /* bytes of any other text */
#define BODY_TRANSLATIONS_MAX 16
#define BODY_EVIDENCE_MAX 128

enum body_marked {
	BODY_MARKED_MACHINE,
	BODY_MARKED_HUMAN,
	BODY_MARKED_CERTIFIED,
	BODY_MARKED_COUNT
};

/* Stands beside the original, which prevails. */
struct body_translation {
	struct span language; /* BCP 47 */
	struct span text;
	enum body_marked marked;
};

struct body_evidence {
	struct hash sha256;       /* of the content without its salt */
	struct span name;         /* what the collector called it */
	uint64_t size;            /* bytes of the content */
	struct span type;         /* media type */
	struct span collected_by; /* a role or an organisation, no person */
	bool has_collected_at;
	struct instant collected_at;
	struct span collected_where, collected_with;
};

/* An empty span is an absent text. */
struct body {
	struct span subject, text;
	struct span language; /* of both; BCP 47 */
	const struct body_translation *translations;
	unsigned translations_n;
	struct span iodef; /* one JSON object; canonical when it was read */
	const struct body_evidence *evidence;
	unsigned evidence_n;
	struct span although; /* why it is sent in spite of a warning */
	bool has_faults;      /* read only: parts could not be understood */
};

const char *body_marked_name(enum body_marked marked); /* "machine" */

/* Fails: E_DRAFT. */
NODISCARD int body_marked_find(enum body_marked *out, struct span name,
    struct error *err);

/*
 * Write ${body} as canonical JSON.  An IODEF document has to be I-JSON with
 * "version" and a list "Incident"; its content is not looked at.
 *
 * Fails: E_DRAFT with the member's name for what cannot be written: no
 * subject, text that is not UTF-8, too much of something; E_TOO_LARGE.
 */
NODISCARD int body_write(struct buf *out, const struct body *body,
    struct error *err);

/*
 * Read what a peer sent, as far as it can be understood: a member of the
 * wrong type or beyond its limit is left out and has_faults set.
 *
 * Owns: ${out} is in ${arena}.
 * Fails: E_SYNTAX if ${content} is not an I-JSON object.
 */
NODISCARD int body_read(struct body **out, struct span content,
    struct arena *arena, struct error *err);
