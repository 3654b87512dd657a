#pragma once

/*
 * clock: what time it is.  Nothing below proc asks.
 *
 * Exercises and tests run on a scripted clock: a file of one line, an RFC 3339
 * instant, written in place by whoever leads the exercise.
 */

#include <stdint.h>

#include "base/attr.h"
#include "base/instant.h"

struct error;

struct clock {
	int fd;              /* of the scripted clock; -1: the system's */
	struct instant last; /* the last good reading of the script */
};

/*
 * The clock scripted in ${path}, or the system's if it is NULL.  The file is
 * held open: open before the sandbox is entered, and write it in place.
 *
 * Owns: the caller, until clock_close().
 * Fails: E_IO; E_TIME_SYNTAX if the file does not begin with an instant.
 */
NODISCARD int clock_open(struct clock *clock, const char *path,
    struct error *err);
void clock_close(struct clock *clock);

/* Now.  A scripted clock that cannot be read stands still. */
struct instant clock_now(struct clock *clock);

/*
 * For timeouts: never set back, from an unknown start.
 *
 * Units: milliseconds.
 */
int64_t clock_monotonic_ms(void);
