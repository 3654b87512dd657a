#pragma once

/*
 * project: how the projection of cases is made; for docket/ alone.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"
#include "docket/epochs.h"

struct case_record;
struct docket;
struct error;
struct heads;

/*
 * When ${record}, whose side, epoch and index are set, and who has ${seen} so
 * much of the other writer's, counts below the
 * marks, whatever the instant.  Raises ${need} to the heads that show it.
 */
NODISCARD int cases_times(struct docket *docket, const struct epochs *epochs,
    struct case_record *record, struct extent seen, uint64_t need[2],
    struct error *err);

/* How far the projection of cases is. */
enum cases_reach {
	CASES_BELOW, /* something below the heads is not in it */
	CASES_AT,
	CASES_ABOVE, /* the heads and more */
};
NODISCARD int cases_reach(struct docket *docket, const struct epochs *epochs,
    const struct heads *heads, enum cases_reach *out, struct error *err);

/* The projection of ${peer} up to its marks, from nothing.  Within. */
NODISCARD int cases_rebuild(struct docket *docket, struct span peer,
    struct error *err);
