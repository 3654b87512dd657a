#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tests/support/faultvfs.h"
#include "tests/support/faultvfs_file.h"

#define FILE_SIZE_MAX ((size_t)4 << 30)

static struct fault_file *files;

/* splitmix64 */
uint64_t
fault_random(uint64_t *state, uint64_t n)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (z ^ (z >> 31)) % n;
}

struct fault_file *
fault_file_first(void)
{
	return files;
}

struct fault_file *
fault_file_find(const char *name, bool make)
{
	struct fault_file **at = &files;

	while (*at != NULL && strcmp((*at)->name, name) != 0)
		at = &(*at)->next;
	if (*at == NULL && make) {
		struct fault_file *file = mem_new(sizeof(*file));

		file->name = mem_text(name);
		file->last = &file->changes;
		buf_init(&file->now, FILE_SIZE_MAX);
		buf_init(&file->saved, FILE_SIZE_MAX);
		*at = file;
	}
	return *at;
}

static void
forget_changes(struct fault_file *file)
{
	struct fault_change *next;

	for (struct fault_change *c = file->changes; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	file->changes = NULL;
	file->last = &file->changes;
}

void
fault_file_reset(void)
{
	struct fault_file *next;

	for (struct fault_file *file = files; file != NULL; file = next) {
		next = file->next;
		forget_changes(file);
		buf_clear(&file->now);
		buf_clear(&file->saved);
		free(file->name);
		free(file);
	}
	files = NULL;
}

/* Grow with zeros, as a hole reads, or shrink. */
static void
set_size(struct buf *image, uint64_t size)
{
	static const uint8_t zeros[4096];

	while (image->len < size) {
		uint64_t n = size - image->len;

		buf_add(image,
		    span_of(zeros, n < sizeof(zeros) ? n : sizeof(zeros)));
	}
	image->len = size;
}

static void
put(struct buf *image, uint64_t offset, const uint8_t *bytes, size_t len)
{
	if (len == 0)
		return;
	if (image->len < offset + len)
		set_size(image, offset + len);
	memcpy(image->ptr + offset, bytes, len);
}

static struct fault_change *
remember(struct fault_file *file, uint64_t offset, size_t len)
{
	struct fault_change *c = mem_new(sizeof(*c) + len);

	c->offset = offset;
	c->len = len;
	*file->last = c;
	file->last = &c->next;
	return c;
}

void
fault_file_write(struct fault_file *file, uint64_t offset, const void *bytes,
    size_t len)
{
	if (len == 0)
		return;
	put(&file->now, offset, bytes, len);
	memcpy(remember(file, offset, len)->bytes, bytes, len);
}

void
fault_file_truncate(struct fault_file *file, uint64_t size)
{
	set_size(&file->now, size);
	remember(file, size, 0)->is_truncation = true;
}

/* All of a change, or with ${state} each sector by a throw. */
static void
save_change(struct fault_file *file, const struct fault_change *c,
    uint64_t *state)
{
	size_t done = 0;

	if (c->is_truncation && (state == NULL || fault_random(state, 2) == 0))
		set_size(&file->saved, c->offset);
	while (done < c->len) {
		uint64_t at = c->offset + done;
		size_t n = FAULTVFS_SECTOR - at % FAULTVFS_SECTOR;

		if (n > c->len - done)
			n = c->len - done;
		if (state == NULL || fault_random(state, 2) == 0)
			put(&file->saved, at, c->bytes + done, n);
		done += n;
	}
}

static void
save(struct fault_file *file, uint64_t *state)
{
	for (const struct fault_change *c = file->changes; c != NULL;
	     c = c->next)
		save_change(file, c, state);
	forget_changes(file);
}

void
fault_file_sync(struct fault_file *file)
{
	save(file, NULL);
	file->was_there = true;
}

void
fault_file_sync_some(struct fault_file *file, uint64_t *state)
{
	save(file, state);
}

void
fault_file_crash(struct fault_file *file, uint64_t *state)
{
	save(file, state);
	if (file->is_there != file->was_there)
		file->is_there = fault_random(state, 2) == 0;
	file->was_there = file->is_there;
	if (!file->is_there)
		set_size(&file->saved, 0);
	set_size(&file->now, 0);
	put(&file->now, 0, file->saved.ptr, file->saved.len);
}
