#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/tap.h"

static struct tap_test *first, **last = &first;
static bool failed;
static const char *skipped;

void
tap_register(struct tap_test *test)
{
	*last = test;
	last = &test->next;
}

void
tap_note(const char *fmt, ...)
{
	va_list ap;

	fputs("# ", stdout);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

void
tap_skip(const char *why)
{
	skipped = why;
}

bool
tap_check(bool passed, const char *file, int line, const char *what)
{
	if (!passed) {
		failed = true;
		tap_note("%s:%d: %s", file, line, what);
	}
	return passed;
}

bool
tap_int(long long got, long long want, const char *file, int line,
    const char *what)
{
	if (!tap_check(got == want, file, line, what))
		tap_note("  got %lld, want %lld", got, want);
	return got == want;
}

bool
tap_str(const char *got, const char *want, const char *file, int line,
    const char *what)
{
	bool same = strcmp(got, want) == 0;

	if (!tap_check(same, file, line, what))
		tap_note("  got \"%s\", want \"%s\"", got, want);
	return same;
}

static void
note_hex(const char *label, const unsigned char *p, size_t len)
{
	char hex[2 * 32 + 4] = "";
	size_t shown = len > 32 ? 32 : len;

	for (size_t i = 0; i < shown; i++)
		snprintf(hex + 2 * i, 3, "%02x", p[i]);
	tap_note("  %s %s%s (%zu bytes)", label, hex, len > shown ? "..." : "",
	    len);
}

bool
tap_mem(const void *got, size_t got_len, const void *want, size_t want_len,
    const char *file, int line, const char *what)
{
	bool same = got_len == want_len && memcmp(got, want, got_len) == 0;

	if (!tap_check(same, file, line, what)) {
		note_hex("got ", got, got_len);
		note_hex("want", want, want_len);
	}
	return same;
}

/* The test's line; a failure before skip() still counts. */
static void
print_result(int number, const char *name)
{
	printf("%sok %d - %s", failed ? "not " : "", number, name);
	if (skipped != NULL && !failed)
		printf(" # SKIP %s", skipped);
	putchar('\n');
}

int
main(int argc, char *argv[])
{
	const char *only = argc > 1 ? argv[1] : NULL;
	int ran = 0, bad = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (struct tap_test *t = first; t != NULL; t = t->next) {
		if (only != NULL && strcmp(only, t->name) != 0)
			continue;
		failed = false;
		skipped = NULL;
		t->run();
		print_result(++ran, t->name);
		bad += failed;
	}
	printf("1..%d\n", ran);
	return bad > 0 || ran == 0;
}
