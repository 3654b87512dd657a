#pragma once

/*
 * notify: tell the service manager (systemd, sd_notify(3) protocol) how the
 * node is.
 */

#include "base/attr.h"

struct error;

/* Bytes of a state and its NUL. */
#define NOTIFY_STATE_MAX ((size_t)4096)

/*
 * Send lines of assignments such as "READY=1\nSTATUS=..." to $NOTIFY_SOCKET.
 * Success, without effect, if there is none.
 *
 * Fails: E_PROC.
 */
NODISCARD int notify_send(const char *state, struct error *err);

/* READY=1 with a status line; a failure is only logged. */
void notify_ready(const char *status);

/* STOPPING=1; a failure is only logged. */
void notify_stopping(void);
