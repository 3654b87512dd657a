#pragma once

/*
 * supervisor_parts: what the files of the supervisor share.  Not for others.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/error.h"
#include "base/span.h"
#include "node/supervisor.h"
#include "proc/lock.h"
#include "proc/role.h"

struct arena;
struct channel;
struct event;
struct event_base;

enum supervisor_state {
	SUPERVISOR_STARTING, /* until all are ready */
	SUPERVISOR_RUNNING,
	SUPERVISOR_STOPPING, /* until all are gone */
	SUPERVISOR_PAUSING,  /* before the next start */
	SUPERVISOR_OVER,
};

/* How much the end of a process tells of why all have to start anew. */
enum supervisor_blame {
	SUPERVISOR_BLAME_NONE,   /* it was told to end */
	SUPERVISOR_BLAME_BEREFT, /* another was gone */
	SUPERVISOR_BLAME_OWN,    /* it broke */
	SUPERVISOR_BLAME_KILLED, /* by a signal, so without being asked */
};

struct child {
	struct supervisor *supervisor;
	enum role role;
	pid_t pid; /* 0: does not run */
	struct channel *channel;
	bool is_ready;
	bool is_told;      /* to stop */
	bool is_killed;    /* by us */
	struct span ready; /* what it said of its sandbox */
};

struct supervisor {
	const struct supervisor_parts *parts;
	struct event_base *base;
	struct event *timer, *on_term, *on_int, *on_child;
	struct lock lock;
	bool has_lock;
	int peers_fd, socket_fd;
	uint16_t port;
	enum supervisor_state state;
	struct child children[ROLE_COUNT];
	int64_t started_ms, pause_ms;
	enum supervisor_blame blame; /* of what ended them, once one has */
	struct error cause;          /* the same in words */
	bool is_blamed;              /* and it is on the log */
	bool was_ready;              /* all of them, once */
	bool is_ending;              /* told to end */
	bool is_failed;
	struct error why; /* if is_failed */
	struct arena *arena;
};

/* supervisor_children.c */
NODISCARD int supervisor_start_all(struct supervisor *s, struct error *err);
void supervisor_stop_all(struct supervisor *s);
void supervisor_kill_all(struct supervisor *s);
void supervisor_reap(struct supervisor *s);
unsigned supervisor_running(const struct supervisor *s);
void supervisor_forget_all(struct supervisor *s);

/* supervisor.c: what happened to them */
void supervisor_all_ready(struct supervisor *s);
void supervisor_all_gone(struct supervisor *s);
void supervisor_stopping(struct supervisor *s);
void supervisor_start_anew(struct supervisor *s);
void supervisor_lost(struct supervisor *s, enum supervisor_blame blame,
    const struct error *why);
void supervisor_reaped(struct supervisor *s);
