#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "cli/copy.h"

#define CHUNK ((size_t)1 << 20)

static int
io_error(const char *path, struct error *err)
{
	enum error_code code = E_IO;

	if (errno == ENOENT)
		code = E_NOT_FOUND;
	else if (errno == ENOSPC || errno == EDQUOT)
		code = E_DISK_FULL;
	return error_set(err, code, "%s: %s", path, strerror(errno));
}

/* All of ${in} to ${out}, within the kernel. */
static int
copy_bytes(int in, int out)
{
	ssize_t n;

	while ((n = copy_file_range(in, NULL, out, NULL, CHUNK, 0)) > 0)
		;
	if (n == -1 && errno != EXDEV && errno != ENOSYS && errno != EINVAL &&
	    errno != EOPNOTSUPP)
		return -1;
	if (n == 0)
		return 0;
	/* Not on that file system. */
	for (;;) {
		char bytes[16384];

		if ((n = read(in, bytes, sizeof(bytes))) <= 0)
			return (int)n;
		for (ssize_t done = 0, w; done < n; done += w)
			if ((w = write(out, bytes + done,
				 (size_t)(n - done))) == -1)
				return -1;
	}
}

int
copy_file(const char *from, const char *to, struct error *err)
{
	int in = -1, out = -1, rc = -1;

	in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (in == -1) {
		io_error(from, err);
		goto out;
	}
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (out == -1 || copy_bytes(in, out) == -1 || fsync(out) == -1) {
		io_error(to, err);
		goto out;
	}
	rc = 0;
out:
	if (in != -1)
		close(in);
	if (out != -1)
		close(out);
	return rc;
}

static int
copy_one(const FTSENT *entry, const char *to, struct error *err)
{
	struct error why;

	switch (entry->fts_info) {
	case FTS_D:
		if (mkdir(to, 0700) == -1)
			return io_error(to, err);
		return 0;
	case FTS_F:
		if (copy_file(entry->fts_accpath, to, &why) == 0 ||
		    why.code == E_NOT_FOUND)
			return 0;
		*err = why;
		return -1;
	case FTS_DNR:
	case FTS_ERR:
		errno = entry->fts_errno;
		return io_error(entry->fts_path, err);
	default:
		return 0;
	}
}

int
copy_tree(const char *from, const char *to, struct arena *arena,
    struct error *err)
{
	char *const roots[] = { arena_printf(arena, "%s", from), NULL };
	size_t len = strlen(from);
	FTSENT *entry;
	FTS *walk;
	int rc = 0;

	walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	if (walk == NULL)
		return io_error(from, err);
	while (rc == 0 && (entry = fts_read(walk)) != NULL)
		rc = copy_one(entry,
		    arena_printf(arena, "%s%s", to, entry->fts_path + len),
		    err);
	fts_close(walk);
	return rc;
}

void
copy_remove(const char *path)
{
	char *const roots[] = { (char *)(uintptr_t)path, NULL };
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	FTSENT *entry;

	while (walk != NULL && (entry = fts_read(walk)) != NULL)
		if (entry->fts_info != FTS_D)
			remove(entry->fts_accpath);
	if (walk != NULL)
		fts_close(walk);
}
