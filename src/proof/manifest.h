#pragma once

/*
 * manifest: the table of contents of a bundle, as manifest.json.
 *
 * Canonical JSON:
 *
 *   {"claims":[{"claim":"taken","record":"<leaf>","side":0,
 *      "time":"<instant>"}, ...],
 *    "files":[{"n":17,"name":"cert.north.example-17.p7m",
 *      "sha256":"<hex>","side":0,"use":"record"}, ...],
 *    "parties":[{"origin":"...","party":"..."}, two, by name],
 *    "version":1}
 *
 * A file's name follows from its use, side and number; both are there, and
 * have to agree.  Files stand in the order of their names.  Side is the log
 * that the record stands in, 0 or 1.  The other members of claims:
 *
 *   taken        record, time: of the mirror line
 *   record       record
 *   reacted      record, reaction: in the other log
 *   no-reaction  record, from and size: the range of the other log; until
 *   not-earlier  record, receipt: in the other log; size: of the head that it
 *                quotes; time: of its line
 *   fork         size: of the first of two heads
 */

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/span.h"
#include "proof/claim.h"

struct arena;
struct buf;
struct bundle;
struct error;

#define MANIFEST_VERSION 1
#define MANIFEST_NAME "manifest.json"
#define MANIFEST_SUMS_NAME "SHA256SUMS"
#define MANIFEST_HOWTO_NAME "HOWTO.txt"

/* manifest.json, and the list of claims */
#define MANIFEST_SIZE_MAX ((size_t)2 << 20)
#define MANIFEST_CLAIMS_MAX ((size_t)1024)

/* What a file of a bundle is; n is its number, if the use has one. */
enum proof_use {
	USE_HOWTO,
	USE_CARD,
	USE_ANCHORS,
	USE_SEAL,     /* n: from that entry on */
	USE_RECORD,   /* n: index */
	USE_PROOF,    /* n: index */
	USE_HEAD,     /* n: size */
	USE_FRONTIER, /* n: size */
	USE_FORK,     /* n: 1 or 2 */
	USE_DOCUMENT, /* by its digest */
	USE_CRL,      /* n: from 1 */
	USE_FORK_PREFIX,
	USE_FORK_PATH, /* n: 1 or 2 */
	USE_COUNT
};

struct proof_file_row {
	enum proof_use use;
	unsigned side; /* of the party or log that it is of; else 0 */
	uint64_t n;
	struct hash sha256; /* of the file's bytes */
};

struct proof_claim_row {
	enum proof_claim claim;
	struct hash record;  /* its leaf hash */
	struct hash other;   /* of the reaction, of the receipt */
	struct instant time; /* taken, not-earlier; no-reaction: until */
	uint64_t from, size;
	unsigned side;
};

struct proof_party_row {
	struct span party, origin;
};

struct manifest {
	struct proof_party_row parties[2];
	struct proof_claim_row *claims;
	size_t claims_n;
	struct proof_file_row *files;
	size_t files_n;
};

/* The name that the file has to have.  NUL-terminated, in ${arena}. */
const char *manifest_file_name(const struct manifest *manifest,
    const struct proof_file_row *row, struct arena *arena);

/*
 * Read ${bytes}, and see that they are what manifest_write() makes of it.
 *
 * Owns: ${out} is in ${arena}.
 * Fails: E_BUNDLE.
 */
NODISCARD int manifest_read(struct manifest *out, struct span bytes,
    struct arena *arena, struct error *err);

/* The rows of files are in the order of their names. */
void manifest_write(struct buf *out, const struct manifest *manifest,
    struct arena *arena);

/* SHA256SUMS over all files of ${bundle} but itself. */
void manifest_sums_write(struct buf *out, const struct bundle *bundle);

/*
 * Read and check manifest and sums of ${bundle}: all its files but these two
 * are listed, and have those digests.
 *
 * Fails: E_BUNDLE.
 */
NODISCARD int manifest_open(struct manifest *out, const struct bundle *bundle,
    struct arena *arena, struct error *err);
