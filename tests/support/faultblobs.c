#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "tests/support/faultblobs.h"
#include "tests/support/faultvfs_file.h"

#define BLOB_MAX ((size_t)4 << 30)

struct image {
	bool is_there;
	struct buf bytes;
};

enum { WHOLE, PART, FORMS };

struct blob {
	struct blob *next;
	struct hash name;
	struct image now[FORMS], saved[FORMS];
};

struct faultblobs {
	struct blob *first;
	uint64_t state;
	unsigned after; /* 0: none fails */
	enum error_code code;
	bool is_for_ever;
};

struct faultblobs *
faultblobs_new(uint64_t seed)
{
	struct faultblobs *blobs = mem_new(sizeof(*blobs));

	blobs->state = seed;
	return blobs;
}

void
faultblobs_free(struct faultblobs *blobs)
{
	struct blob *next;

	if (blobs == NULL)
		return;
	for (struct blob *b = blobs->first; b != NULL; b = next) {
		next = b->next;
		for (int form = 0; form < FORMS; form++) {
			buf_clear(&b->now[form].bytes);
			buf_clear(&b->saved[form].bytes);
		}
		free(b);
	}
	free(blobs);
}

static struct blob *
find(struct faultblobs *blobs, const struct hash *name)
{
	struct blob **at = &blobs->first;

	while (*at != NULL && !hash_is_equal(&(*at)->name, name))
		at = &(*at)->next;
	if (*at == NULL) {
		*at = mem_new(sizeof(**at));
		(*at)->name = *name;
		for (int form = 0; form < FORMS; form++) {
			buf_init(&(*at)->now[form].bytes, BLOB_MAX);
			buf_init(&(*at)->saved[form].bytes, BLOB_MAX);
		}
	}
	return *at;
}

static void
copy(struct image *to, const struct image *from)
{
	to->is_there = from->is_there;
	to->bytes.len = 0;
	buf_add(&to->bytes, buf_span(&from->bytes));
}

static void
save(struct blob *blob)
{
	for (int form = 0; form < FORMS; form++)
		copy(&blob->saved[form], &blob->now[form]);
}

static int
maybe_fail(struct faultblobs *blobs, struct error *err)
{
	if (blobs->after == 0)
		return 0;
	if (blobs->after > 1) {
		blobs->after--;
		return 0;
	}
	if (!blobs->is_for_ever)
		blobs->after = 0;
	return error_set(err, blobs->code, "as told");
}

static void
write_at(struct image *image, uint64_t offset, struct span bytes)
{
	size_t old = image->bytes.len;

	image->is_there = true;
	if (bytes.len == 0)
		return;
	image->bytes.len = offset;
	buf_add(&image->bytes, bytes);
	if (image->bytes.len < old)
		image->bytes.len = old;
}

static int
blobs_write(void *ctx, const struct hash *name, uint64_t offset,
    struct span bytes, struct error *err)
{
	struct faultblobs *blobs = ctx;
	struct blob *blob = find(blobs, name);
	struct image *part = &blob->now[PART];

	if (offset > part->bytes.len)
		return error_set(err, E_DOCUMENT_OFFSET, "a hole");
	if (maybe_fail(blobs, err) == -1) {
		bytes.len = fault_random(&blobs->state, bytes.len + 1);
		write_at(part, offset, bytes);
		return -1;
	}
	write_at(part, offset, bytes);
	save(blob);
	return 0;
}

static int
blobs_read(void *ctx, const struct hash *name, bool is_part, uint64_t offset,
    size_t len, struct span *out, struct arena *arena, struct error *err)
{
	struct faultblobs *blobs = ctx;
	const struct image *image = &find(blobs, name)->now[is_part];
	struct span bytes;

	if (maybe_fail(blobs, err) == -1)
		return -1;
	if (!image->is_there)
		return error_set(err, E_DOCUMENT_UNKNOWN, "no such blob");
	bytes = span_skip(buf_span(&image->bytes), offset);
	if (bytes.len > len)
		bytes.len = len;
	*out = arena_copy(arena, bytes);
	return 0;
}

static int
blobs_finish(void *ctx, const struct hash *name, struct error *err)
{
	struct faultblobs *blobs = ctx;
	struct blob *blob = find(blobs, name);
	bool is_failing = maybe_fail(blobs, err) == -1;

	if (!blob->now[PART].is_there && !blob->now[WHOLE].is_there)
		return error_set(err, E_DOCUMENT_UNKNOWN, "no such blob");
	if (is_failing && fault_random(&blobs->state, 2) == 0)
		return -1;
	if (blob->now[PART].is_there) {
		copy(&blob->now[WHOLE], &blob->now[PART]);
		blob->now[PART].is_there = false;
		blob->now[PART].bytes.len = 0;
	}
	if (is_failing)
		return -1;
	save(blob);
	return 0;
}

static int
blobs_drop(void *ctx, const struct hash *name, struct error *err)
{
	struct faultblobs *blobs = ctx;
	struct blob *blob = find(blobs, name);
	bool is_failing = maybe_fail(blobs, err) == -1;

	for (int form = 0; form < FORMS; form++) {
		blob->now[form].is_there = false;
		blob->now[form].bytes.len = 0;
		if (is_failing)
			return -1;
	}
	save(blob);
	return 0;
}

static int
blobs_size(void *ctx, const struct hash *name, bool is_part, uint64_t *out,
    struct error *err)
{
	struct faultblobs *blobs = ctx;

	if (maybe_fail(blobs, err) == -1)
		return -1;
	*out = find(blobs, name)->now[is_part].bytes.len;
	return 0;
}

struct blob_dir
faultblobs_dir(struct faultblobs *blobs)
{
	return (struct blob_dir){
		.write = blobs_write,
		.read = blobs_read,
		.finish = blobs_finish,
		.drop = blobs_drop,
		.size = blobs_size,
		.ctx = blobs,
	};
}

void
faultblobs_crash(struct faultblobs *blobs, uint64_t seed)
{
	for (struct blob *b = blobs->first; b != NULL; b = b->next) {
		/* Both names together: to rename is one step. */
		if (fault_random(&seed, 2) == 0)
			save(b);
		for (int form = 0; form < FORMS; form++)
			copy(&b->now[form], &b->saved[form]);
	}
}

void
faultblobs_fail(struct faultblobs *blobs, unsigned after, enum error_code code,
    bool is_for_ever)
{
	blobs->after = after;
	blobs->code = code;
	blobs->is_for_ever = is_for_ever;
}

size_t
faultblobs_count(const struct faultblobs *blobs)
{
	size_t n = 0;

	for (const struct blob *b = blobs->first; b != NULL; b = b->next)
		n += (size_t)b->now[WHOLE].is_there +
		    (size_t)b->now[PART].is_there;
	return n;
}
