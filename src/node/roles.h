#pragma once

/*
 * roles: how a process of the node begins: its options, what it opens before
 * it is shut in, and its work.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/span.h"
#include "node/home.h"
#include "proc/role.h"

struct arena;
struct error;
struct sandbox_path;
struct spawn_inherited;

/* What all processes of a node are told. */
struct role_options {
	struct node_home home;
	const char *clock;       /* a scripted clock; NULL: the system's */
	bool is_clock_confirmed; /* an operator says that the clock is right */
	bool is_sandbox_required;
};

/* How a process exits: told to stop; broken; and since another was gone, which
 * is to blame then. */
enum role_exit {
	ROLE_EXIT_TOLD = 0,
	ROLE_EXIT_BROKEN = 1,
	ROLE_EXIT_BEREFT = 3
};

/* Pointers to arguments, the NULL at the end included. */
#define ROLE_ARGUMENTS_MAX 8

/* As arguments behind "--role NAME".  Owns: borrowed from ${options}. */
void role_options_write(const struct role_options *options,
    const char *out[ROLE_ARGUMENTS_MAX]);

/*
 * Read them again.
 *
 * Owns: ${out} borrows ${args} and ${arena}.
 * Fails: E_USAGE.
 */
NODISCARD int role_options_read(struct role_options *out,
    const char *const *args, size_t n, struct arena *arena, struct error *err);

/*
 * There is a home, and a scripted clock only in one for exercises.
 *
 * Fails: E_USAGE.
 */
NODISCARD int role_options_check(const struct role_options *options,
    struct error *err);

/*
 * Enter the sandbox of ${role} with the ${n} ${paths}; ${ready} says what it
 * is.
 *
 * Owns: ${ready} is in ${arena}.
 * Fails: E_SANDBOX.
 */
NODISCARD int role_enter_sandbox(enum role role,
    const struct role_options *options, const struct sandbox_path *paths,
    size_t n, struct span *ready, struct arena *arena, struct error *err);

/* Say on the log why a process ends, if there is something to say. */
enum role_exit role_end(const struct error *why);

/*
 * The work of a process, until the supervisor says STOP.
 *
 * Blocks: as long as the node runs.
 * Fails: as what they open and do.
 */
NODISCARD int role_keeper(struct spawn_inherited *inherited,
    const struct role_options *options, struct error *err);
NODISCARD int role_registrar(struct spawn_inherited *inherited,
    const struct role_options *options, struct error *err);
