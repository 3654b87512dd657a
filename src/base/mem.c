#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void
mem_die(const char *why)
{
	fprintf(stderr, "demarche: %s\n", why);
	abort();
}

void *
mem_new(size_t size)
{
	void *ptr = calloc(1, size > 0 ? size : 1);

	if (ptr == NULL)
		mem_die("out of memory");
	return ptr;
}

void *
mem_resize(void *ptr, size_t n, size_t size)
{
	void *fresh;

	if (size > 0 && n > SIZE_MAX / size)
		mem_die("size overflow");
	fresh = realloc(ptr, n * size > 0 ? n * size : 1);
	if (fresh == NULL)
		mem_die("out of memory");
	return fresh;
}

char *
mem_text(const char *text)
{
	size_t size = strlen(text) + 1;

	return memcpy(mem_new(size), text, size);
}
