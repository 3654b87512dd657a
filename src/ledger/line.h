#pragma once

/*
 * line: the text formats of this module, a line at a time.
 */

#include <stdbool.h>

#include "base/span.h"

/*
 * Take the first line from ${rest}, without its LF.  False, and nothing is
 * taken, if there is no LF.
 */
bool line_next(struct span *line, struct span *rest);

/* Cut ${prefix} off ${line}; false, and nothing is cut, if it is not there. */
bool line_skip(struct span *line, const char *prefix);
