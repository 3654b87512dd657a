#pragma once

/*
 * serve: the node, and each of its processes.
 */

/*
 * "demarche --role NAME ...", as proc/spawn.h starts them; ${argv} begins at
 * NAME.  Returns the exit status.
 *
 * Blocks: as long as the node runs.
 */
int serve_role(int argc, char *const argv[]);
