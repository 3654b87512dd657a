#pragma once

/*
 * log: lines for the operator, on standard error.
 *
 * One line a call, "demarche[keeper]: text", with the level that journald
 * reads (sd-daemon(3)) in front when standard error is not a terminal.  No
 * secret, and nothing that a peer sent but what was checked, goes in.
 */

#include "base/attr.h"

struct error;

enum log_level {
	LOG_LEVEL_ALARM = 1, /* someone has to look */
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_NOTE = 5,
	LOG_LEVEL_DETAIL = 7, /* only if log_set_detail() */
};

/* Name this process in every line; ${name} lives as long as the process. */
void log_set_name(const char *name);
void log_set_detail(int on);

/* Say nothing at all: for simulations, which go wrong on purpose. */
void log_set_quiet(int on);

void log_line(enum log_level level, const char *fmt, ...) PRINTF(2, 3);

/* "WHAT: text of the error (detail)" */
void log_error(const char *what, const struct error *err);
