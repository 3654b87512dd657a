#pragma once

/*
 * arena: everything parsed or built for one request, freed at once.
 */

#include <stddef.h>

#include "base/attr.h"
#include "base/span.h"

struct arena;

/* Owns: the caller, until arena_free(); NULL is harmless there. */
struct arena *arena_new(void);
void arena_free(struct arena *arena);

/* Free all that was allocated, keep the arena. */
void arena_reset(struct arena *arena);

/* ${size} zeroed bytes, aligned for any type.  Never NULL. */
void *arena_alloc(struct arena *arena, size_t size);

/* ${n} zeroed elements of ${size} bytes. */
void *arena_array(struct arena *arena, size_t n, size_t size);

struct span arena_copy(struct arena *arena, struct span bytes);

/* The bytes as NUL-terminated text; a NUL within cuts what readers see. */
char *arena_text(struct arena *arena, struct span bytes);

char *arena_printf(struct arena *arena, const char *fmt, ...) PRINTF(2, 3);
