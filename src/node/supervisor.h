#pragma once

/*
 * supervisor: starts the processes of a node, each connected with those it
 * talks to, and sees to it that either all of them run or none.
 *
 * It holds the lock of the home and the sockets that listen, and nothing
 * else.  When one of them ends, all are stopped and started again after a
 * pause: what each knew of the others is void then.
 */

#include <stdint.h>

#include "base/attr.h"
#include "node/roles.h"

struct error;

/* Milliseconds: until a process has to be ready, and to have stopped; the
 * first and longest pause before all are started again, and how long they
 * have to run for the pause to be short again. */
#define SUPERVISOR_START_MS 60000
#define SUPERVISOR_STOP_MS 8000
#define SUPERVISOR_PAUSE_MIN_MS 100
#define SUPERVISOR_PAUSE_MAX_MS 30000
#define SUPERVISOR_CALM_MS 60000

struct supervisor_parts {
	const struct role_options *options; /* for all of them */
	const char *party;                  /* for the line printed */
	const char *host;                   /* where peers connect */
	uint16_t port;
	/* gate_listen() of exchange/listen.h. */
	int (*listen)(const char *host, uint16_t port, int *fd,
	    struct error *err);
};

/*
 * Run the node until SIGTERM or SIGINT.  Prints one line on standard output
 * when it is ready, and tells systemd (proc/notify.h).
 *
 * Blocks: as long as the node runs.
 * Fails: E_STORE_LOCKED if a node runs on that home; E_NET, E_IO for the
 * sockets; E_PROC if a process ends before all were ready for the first time.
 */
NODISCARD int supervisor_run(const struct supervisor_parts *parts,
    struct error *err);
