#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/mem.h"
#include "store/blob.h"

/* "<64 digits>.part" and its NUL */
#define NAME_MAX_BYTES (HASH_TEXT_MAX + 5)

struct folder {
	int fd;
};

/* The only names there are: made from a hash, never from what a peer says. */
static void
write_name(char out[NAME_MAX_BYTES], const struct hash *name, bool is_part)
{
	char hex[HASH_TEXT_MAX];

	snprintf(out, NAME_MAX_BYTES, "%s%s", hash_write(name, hex),
	    is_part ? ".part" : "");
}

static int
fail(struct error *err, const char *what, const char *name)
{
	int number = errno;
	enum error_code code = E_IO;

	if (number == ENOSPC || number == EDQUOT || number == EFBIG)
		code = E_DISK_FULL;
	return error_set(err, code, "%s %s: %s", what, name, strerror(number));
}

/* Make the names in the folder durable. */
static int
sync_folder(const struct folder *folder, struct error *err)
{
	return fsync(folder->fd) == 0 ? 0 : fail(err, "sync", "the folder");
}

/* *fd is -1 if there is no such file; anything but a file is refused. */
static int
open_blob(const struct folder *folder, const char *name, int flags, int *fd,
    uint64_t *size, struct error *err)
{
	struct stat st;

	*fd = openat(folder->fd, name,
	    flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (*fd == -1 && errno == ENOENT)
		return 0;
	if (*fd == -1)
		return fail(err, "open", name);
	if (fstat(*fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		errno = S_ISREG(st.st_mode) ? errno : EINVAL;
		fail(err, "open", name);
		close(*fd);
		return -1;
	}
	*size = (uint64_t)st.st_size;
	return 0;
}

static int
make_part(const struct folder *folder, const char *name, int *fd,
    struct error *err)
{
	*fd = openat(folder->fd, name,
	    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (*fd == -1)
		return fail(err, "create", name);
	if (sync_folder(folder, err) == -1) {
		close(*fd);
		return -1;
	}
	return 0;
}

static int
write_all(int fd, uint64_t offset, struct span bytes, const char *name,
    struct error *err)
{
	while (bytes.len > 0) {
		ssize_t n = pwrite(fd, bytes.ptr, bytes.len, (off_t)offset);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return fail(err, "write", name);
		bytes = span_skip(bytes, (size_t)n);
		offset += (uint64_t)n;
	}
	return fsync(fd) == 0 ? 0 : fail(err, "sync", name);
}

static int
blob_write(void *ctx, const struct hash *hash, uint64_t offset,
    struct span bytes, struct error *err)
{
	const struct folder *folder = ctx;
	char name[NAME_MAX_BYTES];
	uint64_t size = 0;
	int fd = -1, rc = -1;

	write_name(name, hash, true);
	if (open_blob(folder, name, O_RDWR, &fd, &size, err) == -1)
		return -1;
	if (fd == -1 && make_part(folder, name, &fd, err) == -1)
		return -1;
	if (offset > size) {
		error_set(err, E_DOCUMENT_OFFSET, "at %llu, %llu bytes held",
		    (unsigned long long)offset, (unsigned long long)size);
		goto out;
	}
	if (write_all(fd, offset, bytes, name, err) == -1) {
		/*
		 * What a failed sync left is not known: keep what is below,
		 * so that the size tells no more than is durable.
		 */
		if (ftruncate(fd, (off_t)offset) == -1)
			(void)unlinkat(folder->fd, name, 0);
		goto out;
	}
	rc = 0;
out:
	close(fd);
	return rc;
}

static int
blob_read(void *ctx, const struct hash *hash, bool is_part, uint64_t offset,
    size_t len, struct span *out, struct arena *arena, struct error *err)
{
	char name[NAME_MAX_BYTES];
	uint8_t *bytes;
	uint64_t size;
	size_t done = 0;
	int fd, rc = -1;

	write_name(name, hash, is_part);
	if (open_blob(ctx, name, O_RDONLY, &fd, &size, err) == -1)
		return -1;
	if (fd == -1)
		return error_set(err, E_DOCUMENT_UNKNOWN, "no file %s", name);
	if (offset > size)
		offset = size;
	if (len > size - offset)
		len = (size_t)(size - offset);
	bytes = arena_alloc(arena, len);
	while (done < len) {
		ssize_t n =
		    pread(fd, bytes + done, len - done, (off_t)(offset + done));

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			fail(err, "read", name);
			goto out;
		}
		if (n == 0)
			break;
		done += (size_t)n;
	}
	*out = span_of(bytes, done);
	rc = 0;
out:
	close(fd);
	return rc;
}

static int
blob_finish(void *ctx, const struct hash *hash, struct error *err)
{
	const struct folder *folder = ctx;
	char part[NAME_MAX_BYTES], whole[NAME_MAX_BYTES];
	struct stat st;

	write_name(part, hash, true);
	write_name(whole, hash, false);
	if (renameat(folder->fd, part, folder->fd, whole) == -1) {
		if (errno != ENOENT)
			return fail(err, "rename", part);
		if (fstatat(folder->fd, whole, &st, AT_SYMLINK_NOFOLLOW) == -1)
			return error_set(err, E_DOCUMENT_UNKNOWN, "no file %s",
			    part);
	}
	return sync_folder(folder, err);
}

static int
blob_drop(void *ctx, const struct hash *hash, struct error *err)
{
	const struct folder *folder = ctx;

	for (int is_part = 0; is_part <= 1; is_part++) {
		char name[NAME_MAX_BYTES];

		write_name(name, hash, is_part);
		if (unlinkat(folder->fd, name, 0) == -1 && errno != ENOENT)
			return fail(err, "remove", name);
	}
	return sync_folder(folder, err);
}

static int
blob_size(void *ctx, const struct hash *hash, bool is_part, uint64_t *out,
    struct error *err)
{
	char name[NAME_MAX_BYTES];
	uint64_t size = 0;
	int fd;

	write_name(name, hash, is_part);
	if (open_blob(ctx, name, O_RDONLY, &fd, &size, err) == -1)
		return -1;
	if (fd != -1)
		close(fd);
	*out = fd == -1 ? 0 : size;
	return 0;
}

int
blob_dir_open(struct blob_dir *out, const char *path, struct error *err)
{
	struct folder *folder;
	int fd;

	if (mkdir(path, 0700) == -1 && errno != EEXIST)
		return fail(err, "make", path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return fail(err, "open", path);
	folder = mem_new(sizeof(*folder));
	folder->fd = fd;
	*out = (struct blob_dir){
		.write = blob_write,
		.read = blob_read,
		.finish = blob_finish,
		.drop = blob_drop,
		.size = blob_size,
		.ctx = folder,
	};
	return 0;
}

void
blob_dir_close(struct blob_dir *dir)
{
	struct folder *folder = dir->ctx;

	if (folder != NULL) {
		close(folder->fd);
		free(folder);
	}
	*dir = (struct blob_dir){ .ctx = NULL };
}
