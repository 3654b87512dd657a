#pragma once

/*
 * draft: a letter as the operator gives it to the local API, before the node
 * fills in what is not his to decide.
 *
 * A draft is a record's JSON (protocol section 2) without v, log, at and
 * anchor.  "exercise" and "by" have defaults.  "case" and "re" may be the
 * first digits of a name: the registrar finds the whole, the desk sees that
 * what comes back begins so.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/instant.h"
#include "base/span.h"
#include "domain/record.h"

struct arena;
struct error;
struct json_reader;

/* Hex digits of a short name, at least. */
#define DRAFT_PREFIX_MIN ((size_t)4)

/* What the node adds; all of it is in the content that is signed. */
struct draft_frame {
	struct span log;
	struct instant at;
	struct anchor anchor;
	bool is_exercise;           /* all of this node's records are */
	const struct hash *case_of; /* whole names, or NULL */
	const struct hash *re;
};

/* The short or whole names in a draft; empty if there are none. */
struct draft_names {
	struct span case_of, re;
};

/*
 * Fails: E_DRAFT if those are not lower-case hex, DRAFT_PREFIX_MIN digits at
 * least.
 */
NODISCARD int draft_names(struct draft_names *out,
    const struct json_reader *draft, struct error *err);

/*
 * The record that ${draft} makes within ${frame}.
 *
 * Owns: ${out} is in ${arena}.
 * Fails: E_DRAFT, with the member's name in the detail.
 */
NODISCARD int draft_read(struct record **out, const struct json_reader *draft,
    const struct draft_frame *frame, struct arena *arena, struct error *err);

/* The exact bytes that would be signed: canonical, as record_write() does. */
NODISCARD int draft_content(struct span *out, const struct record *record,
    struct arena *arena, struct error *err);
