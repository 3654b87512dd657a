#include <err.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/mem.h"
#include "tests/lab.h"

/* What is to be given back when the program ends. */
static struct held {
	struct arena *arena;
	char *directory;
	struct held *next;
} * held;

static pid_t owner;

static int
remove_one(const char *path, const struct stat *st UNUSED, int kind UNUSED,
    struct FTW *ftw UNUSED)
{
	if (remove(path) == -1)
		warn("%s", path);
	return 0;
}

/* Children of a test that exit leave the directories to their parent. */
static void
give_back(void)
{
	struct held *next;

	for (struct held *h = held; h != NULL; h = next) {
		next = h->next;
		arena_free(h->arena);
		if (h->directory != NULL && getpid() == owner)
			nftw(h->directory, remove_one, 16,
			    FTW_DEPTH | FTW_PHYS);
		free(h->directory);
		free(h);
	}
	held = NULL;
}

static struct held *
hold(void)
{
	struct held *h = mem_new(sizeof(*h));

	if (owner == 0) {
		owner = getpid();
		atexit(give_back);
	}
	h->next = held;
	held = h;
	return h;
}

struct arena *
lab_arena(void)
{
	struct held *h = hold();

	h->arena = arena_new();
	return h->arena;
}

const char *
lab_shared_path(struct arena *arena, const char *path)
{
	const char *top = getenv("DEMARCHE_SHARED");

	if (top == NULL || *top == '\0')
		top = "../shared";
	return arena_printf(arena, "%s/%s", top, path);
}

bool
lab_has_shared(const char *path)
{
	struct arena *arena = arena_new();
	bool is_there = access(lab_shared_path(arena, path), R_OK) == 0;

	arena_free(arena);
	return is_there;
}

struct span
lab_file(struct arena *arena, const char *path)
{
	FILE *f = fopen(path, "rbe");
	uint8_t *bytes;
	long size;

	if (f == NULL || fseek(f, 0, SEEK_END) == -1 || (size = ftell(f)) == -1)
		err(1, "%s", path);
	if ((size_t)size > LAB_FILE_MAX)
		errx(1, "%s: %ld bytes", path, size);
	rewind(f);
	bytes = arena_alloc(arena, (size_t)size + 1);
	if (fread(bytes, 1, (size_t)size, f) != (size_t)size)
		err(1, "%s", path);
	fclose(f);
	return span_of(bytes, (size_t)size);
}

struct span
lab_shared(struct arena *arena, const char *path)
{
	return lab_file(arena, lab_shared_path(arena, path));
}

const char *
lab_directory(void)
{
	struct held *h = hold();
	char *path = mem_text("/tmp/demarche-test-XXXXXX");

	if (mkdtemp(path) == NULL)
		err(1, "%s", path);
	h->directory = path;
	return path;
}

void
lab_write(const char *path, struct span bytes)
{
	FILE *f = fopen(path, "wbe");

	if (f == NULL || fwrite(bytes.ptr, 1, bytes.len, f) != bytes.len ||
	    fclose(f) != 0)
		err(1, "%s", path);
}
