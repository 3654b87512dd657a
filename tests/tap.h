#pragma once

/*
 * The whole test harness: one TAP line a test, read by prove(1).
 *
 * TEST(name) { ... } defines and registers a test; a file may hold many, and
 * tap.c has main().  check_*() note a failure and go on; require() gives the
 * test up.  skip() ends a test that cannot run here and says why, visibly.
 * Run one test with "./test_seal some_name".
 */

#include <stdbool.h>
#include <stddef.h>

struct tap_test {
	const char *name;
	void (*run)(void);
	struct tap_test *next;
};

void tap_register(struct tap_test *test);
bool tap_check(bool passed, const char *file, int line, const char *what);
bool tap_int(long long got, long long want, const char *file, int line,
    const char *what);
bool tap_str(const char *got, const char *want, const char *file, int line,
    const char *what);
bool tap_mem(const void *got, size_t got_len, const void *want, size_t want_len,
    const char *file, int line, const char *what);
void tap_skip(const char *why);
void tap_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#define TEST(test)                                                     \
	static void test(void);                                        \
	__attribute__((constructor)) static void register_##test(void) \
	{                                                              \
		static struct tap_test self = { #test, test, NULL };   \
		tap_register(&self);                                   \
	}                                                              \
	static void test(void)

#define check(e) tap_check((e), __FILE__, __LINE__, #e)
#define check_int(got, want) tap_int((got), (want), __FILE__, __LINE__, #got)
#define check_str(got, want) tap_str((got), (want), __FILE__, __LINE__, #got)
#define check_mem(got, got_len, want, want_len) \
	tap_mem((got), (got_len), (want), (want_len), __FILE__, __LINE__, #got)
#define require(e)              \
	do {                    \
		if (!check(e))  \
			return; \
	} while (0)
#define skip(why)              \
	do {                   \
		tap_skip(why); \
		return;        \
	} while (0)
