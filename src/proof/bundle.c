#include "proof/bundle.h"

#include <string.h>

#include "base/arena.h"
#include "base/error.h"

void
bundle_init(struct bundle *bundle, struct arena *arena)
{
	*bundle = (struct bundle){ .arena = arena };
}

static bool
is_name_byte(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	    (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

int
bundle_name_check(struct span name, struct error *err)
{
	unsigned slashes = 0;
	bool is_start = true;

	if (name.len == 0 || name.len > BUNDLE_NAME_MAX)
		return error_set(err, E_BUNDLE, "a name of %zu bytes",
		    name.len);
	for (size_t i = 0; i < name.len; i++) {
		uint8_t c = name.ptr[i];

		if (c == '/' && !is_start && slashes == 0) {
			slashes++;
			is_start = true;
			continue;
		}
		if (!is_name_byte(c) || (is_start && (c == '.' || c == '-')))
			return error_set(err, E_BUNDLE,
			    "a name with byte %02x at %zu", c, i);
		is_start = false;
	}
	if (is_start)
		return error_set(err, E_BUNDLE, "a name that ends in /");
	return 0;
}

static int
compare_names(struct span a, struct span b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int order = memcmp(a.ptr, b.ptr, n);

	if (order != 0)
		return order;
	return a.len == b.len ? 0 : (a.len < b.len ? -1 : 1);
}

/* Where ${name} is or would be. */
static size_t
place_of(const struct bundle *bundle, struct span name, bool *is_there)
{
	size_t low = 0, high = bundle->n;

	*is_there = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare_names(bundle->files[middle].name, name);

		if (order == 0) {
			*is_there = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int
bundle_room_check(const struct bundle *bundle, struct span name, uint64_t len,
    struct error *err)
{
	bool is_there;

	if (bundle_name_check(name, err) == -1)
		return -1;
	place_of(bundle, name, &is_there);
	if (is_there)
		return error_set(err, E_BUNDLE, "%.*s is there twice",
		    (int)name.len, (const char *)name.ptr);
	if (bundle->n == BUNDLE_FILES_MAX)
		return error_set(err, E_BUNDLE, "more than %zu files",
		    BUNDLE_FILES_MAX);
	if (len > BUNDLE_FILE_MAX || len > BUNDLE_SIZE_MAX - bundle->size)
		return error_set(err, E_BUNDLE, "%.*s is too large",
		    (int)name.len, (const char *)name.ptr);
	return 0;
}

static void
make_room(struct bundle *bundle)
{
	size_t cap = bundle->cap == 0 ? 64 : 2 * bundle->cap;
	struct bundle_file *files;

	if (bundle->n < bundle->cap)
		return;
	files = arena_array(bundle->arena, cap, sizeof(*files));
	if (bundle->n > 0)
		memcpy(files, bundle->files, bundle->n * sizeof(*files));
	bundle->files = files;
	bundle->cap = cap;
}

int
bundle_add(struct bundle *bundle, struct span name, struct span bytes,
    struct error *err)
{
	struct bundle_file *at;
	bool is_there;
	size_t place;

	if (bundle_room_check(bundle, name, bytes.len, err) == -1)
		return -1;
	make_room(bundle);
	place = place_of(bundle, name, &is_there);
	at = &bundle->files[place];
	memmove(at + 1, at, (bundle->n - place) * sizeof(*at));
	at->name = arena_copy(bundle->arena, name);
	at->bytes = bytes;
	bundle->n++;
	bundle->size += bytes.len;
	return 0;
}

const struct bundle_file *
bundle_find(const struct bundle *bundle, struct span name)
{
	bool is_there;
	size_t place;

	place = place_of(bundle, name, &is_there);
	return is_there ? &bundle->files[place] : NULL;
}
