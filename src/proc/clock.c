#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/span.h"
#include "proc/clock.h"

/* Read the script's line into ${out}. */
static int
read_script(int fd, struct instant *out, struct error *err)
{
	char text[64];
	struct span line;
	ssize_t n;

	do
		n = pread(fd, text, sizeof(text), 0);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return error_set(err, E_IO, "scripted clock: %s",
		    strerror(errno));
	line = span_of(text, (size_t)n);
	line.len = span_find(line, '\n');
	return instant_parse(out, line, err);
}

int
clock_open(struct clock *clock, const char *path, struct error *err)
{
	struct clock c = { .fd = -1 };

	if (path != NULL) {
		c.fd = open(path, O_RDONLY | O_CLOEXEC);
		if (c.fd == -1)
			return error_set(err, E_IO, "%s: %s", path,
			    strerror(errno));
		if (read_script(c.fd, &c.last, err) == -1) {
			close(c.fd);
			return -1;
		}
	}
	*clock = c;
	return 0;
}

void
clock_close(struct clock *clock)
{
	if (clock->fd != -1)
		close(clock->fd);
	clock->fd = -1;
}

struct instant
clock_now(struct clock *clock)
{
	struct timespec now;
	struct instant script;
	struct error ignored;

	if (clock->fd == -1) {
		clock_gettime(CLOCK_REALTIME, &now);
		return instant_of(now.tv_sec);
	}
	if (read_script(clock->fd, &script, &ignored) == 0)
		clock->last = script;
	return clock->last;
}

int64_t
clock_monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
