#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/instant.h"

struct instant
instant_of(int64_t s)
{
	return (struct instant){ s };
}

struct period
period_of(int64_t s)
{
	return (struct period){ s };
}

const char *
instant_write(struct instant at, char out[INSTANT_TEXT_MAX])
{
	time_t s = (time_t)at.s;
	struct tm tm;

	if (at.s < INSTANT_S_MIN || at.s > INSTANT_S_MAX ||
	    gmtime_r(&s, &tm) == NULL)
		s = 0, gmtime_r(&s, &tm);
	/* strftime's %Y does not pad the years before 1000. */
	snprintf(out, INSTANT_TEXT_MAX, "%04u-%02u-%02uT%02u:%02u:%02uZ",
	    (unsigned)(tm.tm_year + 1900) % 10000, (unsigned)tm.tm_mon % 12 + 1,
	    (unsigned)tm.tm_mday % 32, (unsigned)tm.tm_hour % 24,
	    (unsigned)tm.tm_min % 60, (unsigned)tm.tm_sec % 60);
	return out;
}

/*
 * strptime(3) takes more than one form and normalises 30 February: what does
 * not come back as the same text was not the one form.
 */
int
instant_parse(struct instant *out, struct span text, struct error *err)
{
	char copy[INSTANT_TEXT_MAX], again[INSTANT_TEXT_MAX];
	struct tm tm = { 0 };
	const char *end;
	struct instant at;

	if (text.len != sizeof(copy) - 1)
		return error_set(err, E_TIME_SYNTAX, "%zu bytes", text.len);
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	end = strptime(copy, "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (end == NULL || *end != '\0')
		return error_set(err, E_TIME_SYNTAX,
		    "not of the form "
		    "YYYY-MM-DDThh:mm:ssZ");
	at.s = (int64_t)timegm(&tm);
	if (strcmp(instant_write(at, again), copy) != 0)
		return error_set(err, E_TIME_SYNTAX, "no such time");
	*out = at;
	return 0;
}

bool
instant_is_before(struct instant a, struct instant b)
{
	return a.s < b.s;
}

struct instant
instant_least(struct instant a, struct instant b)
{
	return a.s < b.s ? a : b;
}

struct instant
instant_greatest(struct instant a, struct instant b)
{
	return a.s > b.s ? a : b;
}

struct instant
instant_add(struct instant at, struct period by)
{
	if (by.s > 0 && at.s > INSTANT_S_MAX - by.s)
		return instant_of(INSTANT_S_MAX);
	if (by.s < 0 && at.s < INSTANT_S_MIN - by.s)
		return instant_of(INSTANT_S_MIN);
	return instant_of(at.s + by.s);
}

struct period
instant_since(struct instant from, struct instant to)
{
	return period_of(to.s - from.s);
}
