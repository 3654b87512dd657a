#pragma once

/*
 * setting: named values of the node that are not about a docket.
 */

#include "base/attr.h"
#include "base/span.h"

struct arena;
struct error;
struct store;

/* *out has length 0 if it was never set. */
NODISCARD int store_setting_get(struct store *store, const char *name,
    struct span *out, struct arena *arena, struct error *err);
NODISCARD int store_setting_put(struct store *store, const char *name,
    struct span value, struct error *err);
