#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "proc/home.h"
#include "proc/lock.h"

/* The holder's process id as text, or "unknown". */
static void
read_holder(int fd, char out[16])
{
	ssize_t n = pread(fd, out, 15, 0);
	size_t len = n > 0 ? (size_t)n : 0;

	out[len] = '\0';
	out[strspn(out, "0123456789")] = '\0';
	if (out[0] == '\0')
		snprintf(out, 16, "unknown");
}

static int
write_holder(int fd)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

	if (ftruncate(fd, 0) == -1)
		return -1;
	return pwrite(fd, text, (size_t)len, 0) == len ? 0 : -1;
}

static int
take(int fd, const char *path, struct error *err)
{
	char holder[16];

	if (flock(fd, LOCK_EX | LOCK_NB) == -1) {
		if (errno != EWOULDBLOCK)
			return error_set(err, E_IO, "%s: %s", path,
			    strerror(errno));
		read_holder(fd, holder);
		return error_set(err, E_STORE_LOCKED, "%s: process %s", path,
		    holder);
	}
	if (write_holder(fd) == -1)
		return error_set(err, E_IO, "%s: %s", path, strerror(errno));
	return 0;
}

int
lock_open(struct lock *out, const char *home, struct error *err)
{
	char path[HOME_PATH_MAX];
	int fd;

	if ((size_t)snprintf(path, sizeof(path), "%s/lock", home) >=
	    sizeof(path))
		return error_set(err, E_USAGE, "the path of the home is long");
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1)
		return error_set(err, E_IO, "%s: %s", path, strerror(errno));
	if (take(fd, path, err) == -1) {
		close(fd);
		return -1;
	}
	out->fd = fd;
	return 0;
}

void
lock_close(struct lock *lock)
{
	if (lock->fd != -1)
		close(lock->fd);
	lock->fd = -1;
}
