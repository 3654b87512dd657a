#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "keeper/journal.h"
#include "node/keeper_files.h"
#include "proc/file.h"
#include "seal/random.h"

#define KEY_FILE_MAX ((size_t)64 << 10) /* bytes */

static int
journal_error(struct error *err, const struct keeper_files *files)
{
	bool is_full = errno == ENOSPC || errno == EDQUOT;

	return error_set(err, is_full ? E_DISK_FULL : E_IO, "%.150s: %s",
	    files->journal, strerror(errno));
}

static void
close_journal(struct keeper_files *files)
{
	if (files->fd != -1)
		close(files->fd);
	files->fd = -1;
}

static int
files_load(void *ctx, struct buf *out, struct error *err)
{
	struct keeper_files *files = ctx;
	struct arena *arena = arena_new();
	struct span bytes = { NULL, 0 };
	struct error why;
	int rc = -1;

	if (file_read(files->journal, JOURNAL_SIZE_MAX, arena, &bytes, &why) ==
		-1 &&
	    why.code != E_NOT_FOUND) {
		*err = why;
		goto out;
	}
	buf_add(out, bytes);
	rc = 0;
out:
	arena_free(arena);
	return rc;
}

static int
write_all(int fd, struct span bytes)
{
	while (bytes.len > 0) {
		ssize_t n = write(fd, bytes.ptr, bytes.len);

		if (n == -1 && errno != EINTR)
			return -1;
		if (n > 0)
			bytes = span_skip(bytes, (size_t)n);
	}
	return fdatasync(fd);
}

static int
files_append(void *ctx, struct span bytes, struct error *err)
{
	struct keeper_files *files = ctx;

	if (files->fd == -1)
		files->fd = open(files->journal,
		    O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
	if (files->fd == -1)
		return journal_error(err, files);
	if (write_all(files->fd, bytes) == -1) {
		journal_error(err, files);
		close_journal(files);
		return -1;
	}
	return 0;
}

static int
files_replace(void *ctx, struct span bytes, struct error *err)
{
	struct keeper_files *files = ctx;

	close_journal(files);
	return file_write_durable(files->journal, bytes, 0600, err);
}

static int
key_path(char out[HOME_PATH_MAX], const struct keeper_files *files,
    const char *name, struct error *err)
{
	if ((size_t)snprintf(out, HOME_PATH_MAX, "%s/%s", files->keys, name) >=
	    HOME_PATH_MAX)
		return error_set(err, E_USAGE, "the path of the keys is long");
	return 0;
}

static int
files_key_read(void *ctx, const char *name, struct buf *out, struct error *err)
{
	struct arena *arena = arena_new();
	struct span bytes = { NULL, 0 };
	char path[HOME_PATH_MAX];
	int rc = -1;

	if (key_path(path, ctx, name, err) == -1 ||
	    file_read(path, KEY_FILE_MAX, arena, &bytes, err) == -1)
		goto out;
	buf_add(out, bytes);
	rc = 0;
out:
	secret_wipe((void *)(uintptr_t)bytes.ptr, bytes.len);
	arena_free(arena);
	return rc;
}

static int
files_key_write(void *ctx, const char *name, struct span bytes,
    struct error *err)
{
	char path[HOME_PATH_MAX];

	if (key_path(path, ctx, name, err) == -1)
		return -1;
	return file_write_durable(path, bytes, 0600, err);
}

int
keeper_files_open(struct keeper_files *files, const char *home,
    const char *journal, struct error *err)
{
	int keys, path;

	files->fd = files->lock.fd = -1;
	keys = snprintf(files->keys, HOME_PATH_MAX, "%s/keys", home);
	if (journal != NULL)
		path = snprintf(files->journal, HOME_PATH_MAX, "%s", journal);
	else
		path = snprintf(files->journal, HOME_PATH_MAX,
		    "%s/keeper.journal", home);
	if ((size_t)keys >= HOME_PATH_MAX || (size_t)path >= HOME_PATH_MAX)
		return error_set(err, E_USAGE, "the path of the home is long");
	if (home_make(files->keys, err) == -1)
		return -1;
	return lock_open(&files->lock, files->keys, err);
}

void
keeper_files_close(struct keeper_files *files)
{
	close_journal(files);
	lock_close(&files->lock);
}

struct keeper_ops
keeper_files_ops(struct keeper_files *files)
{
	struct keeper_ops ops = { files_load, files_append, files_replace,
		files_key_read, files_key_write, files, { NULL, NULL }, 0 };

	random_system(&ops.random);
	return ops;
}
