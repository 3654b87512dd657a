#pragma once

/*
 * cases: the projection of cases: lists and counts that do not fold a
 * docket's records anew.
 *
 * It stands as of the newest closed heads at which docket_cases_settle() was
 * run, whose marks are in the store.
 */

#include "base/attr.h"
#include "base/instant.h"
#include "base/span.h"
#include "docket/fold.h"
#include "store/cases.h"

struct docket;
struct error;

/*
 * Bring the projection up to the newest heads, in a transaction of its own;
 * none is open.  Costs nothing if it is.
 *
 * Fails: as the store does; then the projection stays as it was.
 */
NODISCARD int docket_cases_settle(struct docket *docket, struct error *err);

/*
 * The cases with ${peer}, or all if that is empty, as they are at ${at}, the
 * last moved first; only the open ones if ${only_open}.  ${each} returning -1
 * stops.  The view has no entries and is good during the call only.
 */
NODISCARD int docket_cases(struct docket *docket, struct span peer,
    bool only_open, struct instant at,
    int (*each)(void *ctx, const struct case_view *view, struct error *err),
    void *ctx, struct error *err);

/* Of all open cases at ${at}: who owes what. */
NODISCARD int docket_cases_tally(struct docket *docket, struct instant at,
    struct cases_tally *out, struct error *err);
