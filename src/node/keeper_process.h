#pragma once

/*
 * keeper_process: the process that holds the keys.
 *
 * It answers the registrar and the desk, one message after the other, and
 * ends at the supervisor's word or when one of them is gone.
 */

#include <stdbool.h>

#include "base/attr.h"

struct error;
struct spawn_inherited;

struct keeper_options {
	const char *home;
	const char *journal; /* NULL: HOME/keeper.journal */
	const char *party;
	const char *clock; /* a scripted clock, see proc/clock.h; or NULL */
	bool is_clock_confirmed; /* an operator says that the clock is right */
	bool is_sandbox_required;
};

/*
 * Run until told to stop, with the descriptors of ${inherited}, which it
 * takes.  The supervisor is sent READY.
 *
 * Blocks: as long as the node runs.
 * Fails: E_PROC_GONE when another process is gone; as keeper_files_open(),
 * keeper_open(), clock_open() and sandbox_enter() do.
 */
NODISCARD int keeper_process(struct spawn_inherited *inherited,
    const struct keeper_options *options, struct error *err);
