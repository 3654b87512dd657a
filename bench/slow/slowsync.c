/*
 * Preloaded into the nodes of a benchmark: a disk without a safe cache.
 * Every sync takes SLOW_MS longer.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define SLOW_MS 5

static int
slowly(const char *name, int fd)
{
	struct timespec rest = { 0, SLOW_MS * 1000000L };
	int (*sync_of)(int fd);

	*(void **)&sync_of = dlsym(RTLD_NEXT, name);
	if (sync_of == NULL)
		abort();
	while (nanosleep(&rest, &rest) == -1 && errno == EINTR)
		continue;
	return sync_of(fd);
}

int
fsync(int fd)
{
	return slowly("fsync", fd);
}

int
fdatasync(int fd)
{
	return slowly("fdatasync", fd);
}
