#pragma once

/*
 * instant: points in time and lengths of time.  UTC, whole seconds.
 *
 * No function here asks a clock: now is always a parameter.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"

struct error;

struct instant {
	int64_t s; /* since 1970-01-01T00:00:00Z, without leap seconds */
};

struct period {
	int64_t s; /* seconds */
};

/* "2026-11-22T10:00:00Z" and its NUL */
#define INSTANT_TEXT_MAX ((size_t)21)

/* 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z: what RFC 3339 can write */
#define INSTANT_S_MIN (-62135596800)
#define INSTANT_S_MAX 253402300799

struct instant instant_of(int64_t s);
struct period period_of(int64_t s);

/*
 * Read a full RFC 3339 date-time of whole seconds in UTC ("Z" only), the one
 * form that records carry: 2026-11-22T10:00:00Z.
 *
 * Fails: E_TIME_SYNTAX, also for a date that does not exist.
 */
NODISCARD int instant_parse(struct instant *out, struct span text,
    struct error *err);

/* Write ${at} so; ${at} is within INSTANT_S_MIN and _MAX.  Returns ${out}. */
const char *instant_write(struct instant at, char out[INSTANT_TEXT_MAX]);

bool instant_is_before(struct instant a, struct instant b);
struct instant instant_least(struct instant a, struct instant b);
struct instant instant_greatest(struct instant a, struct instant b);

/* ${at} + ${by}, held within INSTANT_S_MIN and _MAX. */
struct instant instant_add(struct instant at, struct period by);

/* From ${from} to ${to}; negative if ${to} is before. */
struct period instant_since(struct instant from, struct instant to);
