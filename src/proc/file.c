#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "proc/file.h"

static int
io_error(struct error *err, const char *path)
{
	enum error_code code = E_IO;

	if (errno == ENOENT)
		code = E_NOT_FOUND;
	else if (errno == ENOSPC || errno == EDQUOT)
		code = E_DISK_FULL;
	return error_set(err, code, "%s: %s", path, strerror(errno));
}

/* Up to ${max} bytes of ${fd}; ${len} is how many there were. */
static int
read_all(int fd, uint8_t *bytes, size_t max, size_t *len)
{
	ssize_t n;

	for (*len = 0; *len < max; *len += (size_t)n) {
		n = read(fd, bytes + *len, max - *len);
		if (n == -1 && errno == EINTR)
			n = 0;
		else if (n == -1)
			return -1;
		else if (n == 0)
			break;
	}
	return 0;
}

/* The file's size by stat(2), at most ${max}. */
static int
find_size(int fd, const char *path, size_t max, size_t *size, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return io_error(err, path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, E_IO, "%s: not a file", path);
	if ((uintmax_t)st.st_size > max)
		return error_set(err, E_TOO_LARGE, "%s: %jd bytes, at most %zu",
		    path, (intmax_t)st.st_size, max);
	*size = (size_t)st.st_size;
	return 0;
}

int
file_read(const char *path, size_t max, struct arena *arena, struct span *out,
    struct error *err)
{
	uint8_t *bytes;
	size_t size = 0, len;
	int fd, rc = -1;

	/* Non-blocking, so that a FIFO does not hold us up. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd == -1)
		return io_error(err, path);
	if (find_size(fd, path, max, &size, err) == -1)
		goto out;
	bytes = arena_alloc(arena, size + 1);
	if (read_all(fd, bytes, size + 1, &len) == -1) {
		io_error(err, path);
		goto out;
	}
	if (len > size) {
		error_set(err, E_IO, "%s: grew while it was read", path);
		goto out;
	}
	*out = span_of(bytes, len);
	rc = 0;
out:
	close(fd);
	return rc;
}

/* Everything, with the mode asked for whatever the umask, on the disk. */
static int
write_synced(int fd, struct span bytes, mode_t mode)
{
	while (bytes.len > 0) {
		ssize_t n = write(fd, bytes.ptr, bytes.len);

		if (n == -1 && errno != EINTR)
			return -1;
		if (n > 0)
			bytes = span_skip(bytes, (size_t)n);
	}
	if (fchmod(fd, mode) == -1)
		return -1;
	return fsync(fd);
}

static int
sync_above(const char *path)
{
	char above[PATH_MAX];
	const char *slash = strrchr(path, '/');
	size_t len = slash == NULL ? 0 : (size_t)(slash - path);
	int fd, rc;

	if (slash == NULL)
		snprintf(above, sizeof(above), ".");
	else
		snprintf(above, sizeof(above), "%.*s", len == 0 ? 1 : (int)len,
		    path);
	fd = open(above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	rc = fsync(fd);
	close(fd);
	return rc;
}

int
file_sync_above(const char *path, struct error *err)
{
	return sync_above(path) == -1 ? io_error(err, path) : 0;
}

int
file_write_durable(const char *path, struct span bytes, mode_t mode,
    struct error *err)
{
	char fresh[PATH_MAX];
	int fd, n, rc = -1;

	n = snprintf(fresh, sizeof(fresh), "%s.new-XXXXXX", path);
	if (n < 0 || (size_t)n >= sizeof(fresh))
		return error_set(err, E_IO, "the path is too long");
	fd = mkostemp(fresh, O_CLOEXEC);
	if (fd == -1)
		return io_error(err, path);
	if (write_synced(fd, bytes, mode) == -1 || rename(fresh, path) == -1) {
		io_error(err, path);
		unlink(fresh);
		goto out;
	}
	if (sync_above(path) == -1) {
		io_error(err, path);
		goto out;
	}
	rc = 0;
out:
	close(fd);
	return rc;
}
