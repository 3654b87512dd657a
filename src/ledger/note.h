#pragma once

/*
 * note: signed notes and the keys that verify them (C2SP signed-note v1.0.0).
 *
 * A note is a text, an empty line and signature lines.  Read strictly: UTF-8,
 * no control character but LF, the LAST empty line divides, base64 in its one
 * form.  A line of a known key has to verify, each of them if there are
 * several; a line of an unknown key is ignored.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/instant.h"
#include "base/span.h"

struct arena;
struct buf;
struct error;

/* A whole note, a key name, a signature after its key ID; in bytes */
#define NOTE_SIZE_MAX ((size_t)32 << 10)
#define NOTE_NAME_MAX ((size_t)255)
#define NOTE_SIGNATURE_MAX ((size_t)6 << 10)

/* Signature lines of one note */
#define NOTE_LINES_MAX ((size_t)32)

/* The text of a verifier key, in bytes */
#define NOTE_VKEY_MAX ((size_t)512)

#define NOTE_KEY_ID_BYTES ((size_t)4)
#define NOTE_PUBLIC_BYTES ((size_t)32)

enum note_key_type {
	NOTE_KEY_LOG = 0x01,      /* Ed25519 over the text */
	NOTE_KEY_COSIGNER = 0x04, /* Ed25519 over cosignature/v1, with a time */
};

/* A key that is known: a log's, a mirror's or a witness's. */
struct note_key {
	enum note_key_type type;
	struct span name;
	uint8_t id[4];
	uint8_t public_key[32];
};

struct note_line {
	struct span name;
	uint8_t id[4];
	struct span signature;      /* after the key ID */
	struct span text;           /* the whole line with its LF */
	const struct note_key *key; /* that verified it; NULL: unknown */
	struct instant at;          /* of a NOTE_KEY_COSIGNER line */
};

struct note {
	struct span text; /* the signed text with its final LF */
	size_t n;
	struct note_line lines[NOTE_LINES_MAX];
};

/*
 * The key of ${type} named ${name}, with its ID.
 *
 * Owns: ${out} borrows ${name}.
 */
struct note_key note_key_of(enum note_key_type type, struct span name,
    const uint8_t public_key[NOTE_PUBLIC_BYTES]);

/*
 * Read a verifier key, "name+hex8+base64(type || public key)".
 *
 * Owns: ${out} is in ${arena}.
 * Fails: E_VKEY_SYNTAX, also for a wrong ID and for an algorithm that is
 * neither of the two above.
 */
NODISCARD int note_key_parse(struct note_key *out, struct span vkey,
    struct arena *arena, struct error *err);
void note_key_write(struct buf *out, const struct note_key *key);

bool note_key_is_equal(const struct note_key *a, const struct note_key *b);

/* Fails: E_NOTE_SYNTAX: empty, too long, or with a space, '+' or control. */
NODISCARD int note_name_check(struct span name, struct error *err);

/*
 * Read a note; no signature is verified, so no line has a key.
 *
 * Owns: ${out} borrows ${bytes} and has its signatures in ${arena}.
 * Fails: E_NOTE_SYNTAX, E_TOO_LARGE.
 */
NODISCARD int note_parse(struct note *out, struct span bytes,
    struct arena *arena, struct error *err);

/*
 * Verify every line of ${note} whose name and ID are among ${keys}, and mark
 * it with its key and time.
 *
 * Owns: the lines borrow ${keys}.
 * Fails: E_NOTE_SIGNATURE if one does not verify, E_NOTE_UNSIGNED if there is
 * no such line at all.
 */
NODISCARD int note_check(struct note *note, const struct note_key *keys,
    size_t n, struct error *err);

/* note_parse() and note_check(). */
NODISCARD int note_open(struct note *out, struct span bytes,
    const struct note_key *keys, size_t n, struct arena *arena,
    struct error *err);

/*
 * The same for a text that is here and signature lines that came alone: what
 * a witness or a mirror answers.
 */
NODISCARD int note_open_lines(struct note *out, struct span text,
    struct span lines, const struct note_key *keys, size_t n,
    struct arena *arena, struct error *err);

/* The first line that ${key} verified, or NULL. */
const struct note_line *note_line_of(const struct note *note,
    const struct note_key *key);

/* One signature line of ${key}. */
void note_write_line(struct buf *out, const struct note_key *key,
    struct span signature);

/*
 * Write the text of ${note} and, of its lines, only those that one of the
 * ${n} ${keys} verified, each once.  What came from outside is stored and
 * passed on in this form alone: a forged line with a name of ours in it goes
 * no further.
 */
void note_write_subset(struct buf *out, const struct note *note,
    const struct note_key *keys, size_t n);
