#pragma once

/*
 * shelf: a log with all that is claimed of it, as a directory of text files.
 *
 * Other people's programs and ours each write one and check the other's:
 *
 *	keys		"log " or "mirror " and a verifier key
 *	leaves		one entry a line, in hex
 *	roots		size, root
 *	inclusion	index, size, the hashes of the proof
 *	consistency	old size, size, the hashes of the proof
 *	heads		sizes; the note is in checkpoint.SIZE
 *	proofs		index, size; the file is proof.INDEX.SIZE.tlog-proof
 *
 * Words are divided by a space; hashes are in base64.  Ours has in addition
 *
 *	records		index, signing time in seconds; the CMS is in
 *			record.INDEX.p7m, what was sealed in content.INDEX
 *	seal.pem	the certificate that sealed them, and anchors.pem
 *
 * A failure here ends the program with a message.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/span.h"
#include "ledger/note.h"
#include "tests/support/ledger.h"

struct arena;
struct checkpoint;

/* Entries of a log on a shelf */
#define SHELF_ENTRIES_MAX ((size_t)400)

/* A file of it, in bytes */
#define SHELF_FILE_MAX ((size_t)64 << 20)

struct shelf {
	struct arena *arena;
	const char *dir;
	struct note_key log, mirror;
	struct ledger_log *entries;
};

/* The keys and entries that are in the directory ${dir}. */
struct shelf shelf_read(const char *dir);

const char *shelf_path(const struct shelf *shelf, const char *fmt, ...)
    PRINTF(2, 3);
struct span shelf_file(const struct shelf *shelf, const char *name);

/* Write ${buf} to the file ${name}, and clear it. */
void shelf_write(const struct shelf *shelf, const char *name, struct buf *buf);

/* Take the next word off ${line}; it ends the program if there is none. */
struct span shelf_word(struct span *line);
uint64_t shelf_number(struct span *line);

/* The rest of ${line}, a proof. */
struct proof shelf_proof(struct span line, struct arena *arena);

/* The head at ${size}, of which there are as many entries. */
struct checkpoint shelf_head(const struct shelf *shelf, uint64_t size);

/* The commands: each takes its arguments and returns an exit status. */
int export_write(char *argv[]);
int export_check(char *argv[]);
int export_vkey(char *argv[]);
int export_request(char *argv[]);
int export_cosigned(char *argv[]);
int export_known(char *argv[]);
