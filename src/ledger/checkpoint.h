#pragma once

/*
 * checkpoint: the signed head of a log (C2SP tlog-checkpoint v1.0.0).
 *
 * Its text is three lines: origin, size, root.  There are no extension lines
 * here, neither written nor taken.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/hash.h"
#include "base/span.h"

struct arena;
struct buf;
struct ed25519_key;
struct error;
struct note;
struct note_key;

/* The text of a checkpoint, without signatures, in bytes */
#define CHECKPOINT_TEXT_MAX ((size_t)512)

struct checkpoint {
	struct span origin;
	uint64_t size;
	struct hash root;
};

/*
 * Read the text of a checkpoint, signatures cut off.
 *
 * Owns: ${out} borrows ${text}.
 * Fails: E_CHECKPOINT_SYNTAX, E_CHECKPOINT_EXTENSION.
 */
NODISCARD int checkpoint_parse(struct checkpoint *out, struct span text,
    struct arena *arena, struct error *err);
void checkpoint_write(struct buf *out, const struct checkpoint *head);

/*
 * The origin that the note ${bytes} claims, to find the key to check it with.
 * Nothing is verified.
 *
 * Owns: ${out} borrows ${bytes}.
 * Fails: E_CHECKPOINT_SYNTAX.
 */
NODISCARD int checkpoint_claimed_origin(struct span *out, struct span bytes,
    struct error *err);

/*
 * Write the checkpoint as a note with the line of its log's key, named as the
 * origin is.  Whether it may be signed is the keeper's to judge.
 *
 * Fails: E_SEAL_CRYPTO.
 */
NODISCARD int checkpoint_sign(struct buf *out, const struct checkpoint *head,
    const struct ed25519_key *key, struct error *err);

/*
 * Read the note ${bytes}, verify all its lines whose key is ${log} or among
 * the ${n} ${others}, and read the checkpoint in it.
 *
 * Owns: ${out} and ${note} borrow ${bytes}, ${log}, ${others} and ${arena}.
 * Fails: E_NOTE_SYNTAX, E_TOO_LARGE, E_CHECKPOINT_SYNTAX and
 * E_CHECKPOINT_EXTENSION; E_CHECKPOINT_ORIGIN if the origin is not the name of
 * ${log}; E_NOTE_SIGNATURE; E_NOTE_UNSIGNED if ${log} has not signed.
 */
NODISCARD int checkpoint_open(struct checkpoint *out, struct note *note,
    struct span bytes, const struct note_key *log,
    const struct note_key *others, size_t n, struct arena *arena,
    struct error *err);

/* Sizes in decimal without leading zeros, up to TREE_SIZE_MAX. */
NODISCARD int checkpoint_size_parse(uint64_t *out, struct span text,
    struct error *err); /* Fails: E_SYNTAX. */

/* A hash in base64.  Fails: E_SYNTAX if it is not 32 bytes. */
NODISCARD int checkpoint_hash_parse(struct hash *out, struct span text,
    struct arena *arena, struct error *err);
