#pragma once

/*
 * bundle: the files of a proof that is handed to somebody, in memory
 * (protocol section 6).
 *
 * A bundle is a set of named files: no order, no times, no owners.  As a
 * directory or a tar file it is read and written by proc/bundle_file.h; what
 * must be in it, and what it then shows, is proof/verify.h's.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"

struct arena;
struct error;

/* Files of one bundle; one file, and all of them together, in bytes */
#define BUNDLE_FILES_MAX ((size_t)4096)
#define BUNDLE_FILE_MAX ((size_t)64 << 20)
#define BUNDLE_SIZE_MAX ((uint64_t)256 << 20)

/* A name, in bytes: what a ustar header holds */
#define BUNDLE_NAME_MAX ((size_t)100)

struct bundle_file {
	struct span name;
	struct span bytes;
};

struct bundle {
	struct arena *arena;
	struct bundle_file *files; /* in the byte order of their names */
	size_t n, cap;
	uint64_t size; /* bytes of all files */
};

/*
 * An empty bundle.
 *
 * Owns: names and the list are in ${arena}; the bytes of the files are
 * borrowed from who adds them.
 */
void bundle_init(struct bundle *bundle, struct arena *arena);

/*
 * A name is [A-Za-z0-9._-]+, with at most one "/" inside, and no part of it
 * begins with "." or "-".
 *
 * Fails: E_BUNDLE.
 */
NODISCARD int bundle_name_check(struct span name, struct error *err);

/*
 * May a file of that name and of ${len} bytes be added?  For readers, before
 * they make room for it.
 *
 * Fails: E_BUNDLE: a bad name, one that is there already, or a limit.
 */
NODISCARD int bundle_room_check(const struct bundle *bundle, struct span name,
    uint64_t len, struct error *err);

/* Fails: as bundle_room_check(). */
NODISCARD int bundle_add(struct bundle *bundle, struct span name,
    struct span bytes, struct error *err);

/* NULL if there is none. */
const struct bundle_file *bundle_find(const struct bundle *bundle,
    struct span name);
