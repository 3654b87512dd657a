#pragma once

/*
 * lab: what tests of many modules share.
 *
 * Failures here end the test program: a test without its material cannot say
 * anything.
 */

#include <stdbool.h>

#include "base/attr.h"
#include "base/span.h"

struct arena;

/* The largest file that lab_file() and lab_shared() read, in bytes. */
#define LAB_FILE_MAX ((size_t)64 << 20)

/* A fresh arena.  Owns: lab, which frees it when the program ends. */
struct arena *lab_arena(void);

/*
 * The path below the shared vectors and data: $DEMARCHE_SHARED, or ../shared
 * of the working directory, then "/" and ${path}.
 *
 * Owns: the text is in ${arena}.
 */
const char *lab_shared_path(struct arena *arena, const char *path);

/* True if that file or directory is there: else skip() the test. */
bool lab_has_shared(const char *path);

/* The bytes of the file ${path}.  Owns: ${arena}. */
struct span lab_file(struct arena *arena, const char *path);

/* The bytes of the shared file ${path}.  Owns: ${arena}. */
struct span lab_shared(struct arena *arena, const char *path);

/* A new empty directory.  Owns: lab, which removes it at the end. */
const char *lab_directory(void);

/* Write ${bytes} to the file ${path}, in place of what it held. */
void lab_write(const char *path, struct span bytes);
