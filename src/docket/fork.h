#pragma once

/*
 * fork: of two heads of one log that cannot both be true both are kept as
 * evidence, and nothing more is taken of that log.
 */

#include "base/attr.h"

struct arena;
struct docket;
struct error;
struct head_row;
struct log_row;

/*
 * Is ${head}, just shown and signed by its log, one of two?  Within.
 *
 * Fails: E_CHECKPOINT_FORK, when both are stored and the log is marked.
 */
NODISCARD int fork_find(struct docket *docket, struct log_row *log,
    const struct head_row *head, struct arena *arena, struct error *err);

/*
 * Keep a signed head that was not shown to extend what is known, as unproven;
 * a log has at most STORE_UNPROVEN_MAX.  Within.
 */
NODISCARD int fork_keep_unproven(struct docket *docket,
    const struct log_row *log, const struct head_row *head, struct error *err);

/*
 * Compare those with the entries that have come since.  Within.
 *
 * Fails: E_CHECKPOINT_FORK, as fork_find().
 */
NODISCARD int fork_check_unproven(struct docket *docket, struct log_row *log,
    struct arena *arena, struct error *err);
