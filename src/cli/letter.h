#pragma once

/*
 * letter: the commands that put a record of an operator's in our log:
 * request, acknowledge, decide and the others, all by the tables of domain/.
 *
 * What a person writes goes into a body document, what he attaches into
 * evidence documents; both are given to the node before the draft that names
 * them.  Evidence is read from its file a piece at a time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/hash.h"
#include "cli/cli.h"
#include "domain/record.h"
#include "formats/blob.h"

struct error;
struct json;

/* One of the documents is the body. */
#define LETTER_EVIDENCE_MAX (RECORD_DOCUMENTS_MAX - 1)

/* Seconds to wait for the peer unless told. */
#define LETTER_TIMEOUT_S 60

/* What an option gave for a coded member of the kind. */
struct letter_member {
	struct option_words words;
	struct option_instant instant;
	bool flag;
};

struct letter_evidence {
	const char *path;
	const char *type, *by, *where, *with;
	struct option_instant at;
};

struct letter_evidences {
	struct letter_evidence items[LETTER_EVIDENCE_MAX];
	size_t n;
};

struct letter_values {
	struct cli_common common;
	const char *to, *re;
	const char *subject, *text, *language, *iodef, *although;
	const char *wait;
	struct option_number timeout;
	struct option_words by, tlp, pap;
	struct letter_evidences evidence;
	bool is_exercise, is_preview;
	struct letter_member members[RECORD_FACTS_MAX];
};

/* The options of a kind: those of all letters, and its coded members'. */
size_t letter_rows(const struct command *command,
    struct option_row out[OPTIONS_MAX]);

/* A document of the letter, as the record names it. */
struct letter_document {
	enum word role;
	struct hash sha256;
	uint64_t size; /* of the blob */
	const char *type;
	uint8_t salt[BLOB_SALT_BYTES];
	int fd;            /* of evidence; or -1 */
	struct span blob;  /* of the body */
	struct hash plain; /* of the content without the salt */
};

struct letter_documents {
	struct letter_document items[RECORD_DOCUMENTS_MAX];
	size_t n;
	struct span body; /* its content; empty if there is none */
};

/*
 * Read and measure what the options name, and write the body.
 *
 * Owns: the caller, until letter_documents_close(), also after a failure;
 * bytes are in the run's arena.
 * Blocks: while the evidence is read once.
 * Fails: E_NOT_FOUND, E_IO, E_TOO_LARGE, E_DRAFT, E_USAGE.
 */
NODISCARD int letter_documents_open(struct letter_documents *out,
    const struct cli *cli, struct error *err);
void letter_documents_close(struct letter_documents *documents);

/*
 * Give them to the node, for ${peer}.
 *
 * Blocks: until it has all of them.
 * Fails: as client_put(); E_IO if a file was changed meanwhile.
 */
NODISCARD int letter_documents_send(struct cli *cli,
    const struct letter_documents *documents, struct span peer,
    struct error *err);

/* As the draft lists them.  Owns: the caller, until json_free(). */
struct json *letter_documents_json(const struct letter_documents *documents);
