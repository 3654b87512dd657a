#pragma once

/*
 * mem: allocation that does not fail.
 *
 * Out of memory ends the process: transactions make that safe, and the
 * supervisor starts it again.  Every size from outside is compared with a
 * named limit before it comes here.
 */

#include <stddef.h>

#include "base/attr.h"

/* ${size} zeroed bytes.  Owns: the caller, until free(3). */
void *mem_new(size_t size);

/* Like realloc(3) of ${n} elements of ${size}; fresh bytes are not zeroed. */
void *mem_resize(void *ptr, size_t n, size_t size);

/* A copy of the text.  Owns: the caller, until free(3). */
char *mem_text(const char *text);

/* Say why and abort: an invariant of ours is broken. */
NORETURN void mem_die(const char *why);
