#pragma once

/*
 * openssl: run the openssl command, the second opinion on what we seal.
 */

#include <stdbool.h>

struct arena;

/* True if there is such a command: else skip() the test. */
bool openssl_is_here(void);

/*
 * Run "openssl" with the arguments ${argv}, up to a NULL.  What it prints, on
 * both outputs, is put in ${said}, NUL-terminated.  Returns its exit status,
 * or -1 if it did not exit by itself.
 *
 * Owns: ${said} is in ${arena}.
 */
int openssl_run(char **said, struct arena *arena, const char *const argv[]);
