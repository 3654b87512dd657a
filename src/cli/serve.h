#pragma once

/*
 * serve: the node, and each of its processes.
 */

#include "base/attr.h"

struct arena;
struct error;
struct node_home;
struct tls_pair;

/*
 * "demarche --role NAME ...", as proc/spawn.h starts them; ${argv} begins at
 * NAME.  Returns the exit status.
 *
 * Blocks: as long as the node runs.
 */
int serve_role(int argc, char *const argv[]);

/*
 * TLS key ${number} of a home.
 *
 * Owns: ${out} is in ${arena}.
 * Fails: E_KEY, E_NOT_FOUND, E_IO.
 */
NODISCARD int cli_tls_read(const struct node_home *home, unsigned number,
    struct tls_pair *out, struct arena *arena, struct error *err);
