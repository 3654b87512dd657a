#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"

#define ARENA_BLOCK_BYTES ((size_t)16 << 10)

struct block {
	struct block *next;
	size_t used, size;
	alignas(max_align_t) uint8_t bytes[];
};

struct arena {
	struct block *first;
};

struct arena *
arena_new(void)
{
	return mem_new(sizeof(struct arena));
}

void
arena_reset(struct arena *arena)
{
	struct block *next;

	for (struct block *b = arena->first; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	arena->first = NULL;
}

void
arena_free(struct arena *arena)
{
	if (arena == NULL)
		return;
	arena_reset(arena);
	free(arena);
}

/* A block of its own for what is large, so that the current one stays. */
static struct block *
block_new(struct arena *arena, size_t size)
{
	size_t room = size > ARENA_BLOCK_BYTES ? size : ARENA_BLOCK_BYTES;
	struct block *b = mem_new(sizeof(*b) + room);

	b->size = room;
	if (size > ARENA_BLOCK_BYTES && arena->first != NULL) {
		b->next = arena->first->next;
		arena->first->next = b;
	} else {
		b->next = arena->first;
		arena->first = b;
	}
	return b;
}

void *
arena_alloc(struct arena *arena, size_t size)
{
	const size_t align = alignof(max_align_t);
	struct block *b = arena->first;
	void *ptr;

	if (size > SIZE_MAX / 2)
		mem_die("size overflow");
	size = (size + align - 1) / align * align;
	if (b == NULL || b->size - b->used < size)
		b = block_new(arena, size);
	ptr = b->bytes + b->used;
	b->used += size;
	return ptr;
}

void *
arena_array(struct arena *arena, size_t n, size_t size)
{
	if (size > 0 && n > SIZE_MAX / size)
		mem_die("size overflow");
	return arena_alloc(arena, n * size);
}

struct span
arena_copy(struct arena *arena, struct span bytes)
{
	void *to;

	if (bytes.len == 0)
		return span_of(NULL, 0);
	to = arena_alloc(arena, bytes.len);
	memcpy(to, bytes.ptr, bytes.len);
	return span_of(to, bytes.len);
}

char *
arena_text(struct arena *arena, struct span bytes)
{
	char *to = arena_alloc(arena, bytes.len + 1);

	if (bytes.len > 0)
		memcpy(to, bytes.ptr, bytes.len);
	return to;
}

char *
arena_printf(struct arena *arena, const char *fmt, ...)
{
	va_list ap;
	char *to;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0)
		mem_die("bad format");
	to = arena_alloc(arena, (size_t)len + 1);
	va_start(ap, fmt);
	vsnprintf(to, (size_t)len + 1, fmt, ap);
	va_end(ap);
	return to;
}
