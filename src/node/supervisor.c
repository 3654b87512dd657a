#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "node/supervisor.h"
#include "node/supervisor_parts.h"
#include "proc/channel.h"
#include "proc/clock.h"
#include "proc/notify.h"

/* Connections to the local API that wait to be accepted. */
#define SOCKET_BACKLOG 64

static void
arm(struct event *event, int64_t ms)
{
	struct timeval tv = { ms / 1000, (ms % 1000) * 1000 };

	if (event_add(event, &tv) == -1)
		mem_die("no timer");
}

static void
end(struct supervisor *s)
{
	s->state = SUPERVISOR_OVER;
	event_base_loopbreak(s->base);
}

/* Give up; what is running is stopped on the way out. */
static void
give_up(struct supervisor *s, const struct error *why)
{
	if (s->is_failed)
		return;
	s->is_failed = true;
	s->why = *why;
	supervisor_stop_all(s);
}

static void
start(struct supervisor *s)
{
	struct error err;

	s->state = SUPERVISOR_STARTING;
	s->started_ms = clock_monotonic_ms();
	s->blame = SUPERVISOR_BLAME_NONE;
	s->is_blamed = false;
	arm(s->timer, SUPERVISOR_START_MS);
	if (supervisor_start_all(s, &err) == 0)
		return;
	log_error("start", &err);
	if (!s->was_ready)
		give_up(s, &err);
	else
		supervisor_stop_all(s);
	supervisor_all_gone(s);
}

/* One line, once; the rest is for the log. */
static void
announce(struct supervisor *s)
{
	const struct supervisor_parts *parts = s->parts;
	struct span first = s->children[ROLE_KEEPER].ready;
	bool is_v6 = strchr(parts->host, ':') != NULL;
	char status[512];

	snprintf(status, sizeof(status),
	    "ready: %s on https://%s%s%s:%u (sandbox: %.*s)", parts->party,
	    is_v6 ? "[" : "", parts->host, is_v6 ? "]" : "", s->port,
	    (int)first.len, (const char *)first.ptr);
	if (s->was_ready) {
		log_line(LOG_LEVEL_NOTE, "all processes run again");
		return;
	}
	s->was_ready = true;
	printf("demarche: %s\n", status);
	fflush(stdout);
	notify_ready(status);
}

void
supervisor_all_ready(struct supervisor *s)
{
	s->state = SUPERVISOR_RUNNING;
	event_del(s->timer);
	announce(s);
}

/* The next pause is longer, unless they ran for a good while. */
static int64_t
pause_ms(struct supervisor *s)
{
	if (clock_monotonic_ms() - s->started_ms > SUPERVISOR_CALM_MS)
		s->pause_ms = 0;
	s->pause_ms =
	    s->pause_ms == 0 ? SUPERVISOR_PAUSE_MIN_MS : 2 * s->pause_ms;
	if (s->pause_ms > SUPERVISOR_PAUSE_MAX_MS)
		s->pause_ms = SUPERVISOR_PAUSE_MAX_MS;
	return s->pause_ms;
}

/* Who ended first, once: the rest of a node ends with each of its processes. */
static void
tell_cause(struct supervisor *s)
{
	if (s->is_blamed || s->is_ending || !s->was_ready ||
	    s->blame == SUPERVISOR_BLAME_NONE)
		return;
	s->is_blamed = true;
	log_line(LOG_LEVEL_ALARM, "%s; all are stopped and started again",
	    s->cause.detail);
}

void
supervisor_all_gone(struct supervisor *s)
{
	if (supervisor_running(s) > 0)
		return;
	tell_cause(s);
	if (!s->is_ending && !s->was_ready && s->blame != SUPERVISOR_BLAME_NONE)
		give_up(s, &s->cause);
	if (s->is_ending || s->is_failed) {
		end(s);
		return;
	}
	s->state = SUPERVISOR_PAUSING;
	arm(s->timer, pause_ms(s));
}

/* There is a new TLS key, which is read before the sandbox is entered. */
void
supervisor_start_anew(struct supervisor *s)
{
	if (s->is_ending || s->state != SUPERVISOR_RUNNING)
		return;
	log_line(LOG_LEVEL_NOTE, "all processes start again, with new keys");
	supervisor_stop_all(s);
}

/* What tells most is what is believed; of equals, the first that is seen. */
void
supervisor_lost(struct supervisor *s, enum supervisor_blame blame,
    const struct error *why)
{
	if (s->is_ending || blame <= s->blame)
		return;
	s->blame = blame;
	s->cause = *why;
}

/* One ended: those that are left stop, and all start anew. */
void
supervisor_reaped(struct supervisor *s)
{
	if (s->blame == SUPERVISOR_BLAME_NONE)
		return;
	if (s->blame == SUPERVISOR_BLAME_KILLED)
		tell_cause(s);
	if (s->state == SUPERVISOR_STARTING || s->state == SUPERVISOR_RUNNING)
		supervisor_stop_all(s);
}

void
supervisor_stopping(struct supervisor *s)
{
	s->state = SUPERVISOR_STOPPING;
	arm(s->timer, SUPERVISOR_STOP_MS);
}

static void
on_timer(evutil_socket_t fd UNUSED, short what UNUSED, void *ctx)
{
	struct supervisor *s = ctx;
	struct error err;

	switch (s->state) {
	case SUPERVISOR_STARTING:
		error_set(&err, E_PROC_TIMEOUT, "not all were ready in time");
		supervisor_lost(s, SUPERVISOR_BLAME_OWN, &err);
		supervisor_reaped(s);
		break;
	case SUPERVISOR_STOPPING:
		supervisor_kill_all(s);
		arm(s->timer, SUPERVISOR_STOP_MS);
		break;
	case SUPERVISOR_PAUSING:
		start(s);
		break;
	case SUPERVISOR_RUNNING:
	case SUPERVISOR_OVER:
		break;
	}
}

static void
on_end(evutil_socket_t fd UNUSED, short what UNUSED, void *ctx)
{
	struct supervisor *s = ctx;

	if (s->is_ending)
		return;
	s->is_ending = true;
	notify_stopping();
	supervisor_stop_all(s);
	supervisor_all_gone(s);
}

static void
on_child(evutil_socket_t fd UNUSED, short what UNUSED, void *ctx)
{
	supervisor_reap(ctx);
}

/*
 * The local API: whoever can open it is the operator, so nobody else may.
 * What a killed node left behind gives way; we hold the lock.
 */
static int
bind_socket(const char *path, int *out, struct error *err)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	mode_t mask;
	int fd, rc;

	if (strlen(path) >= sizeof(at.sun_path))
		return error_set(err, E_USAGE,
		    "the path of the home is too long for a socket: at most "
		    "%zu bytes with /node.socket",
		    sizeof(at.sun_path) - 1);
	memcpy(at.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return error_set(err, E_IO, "socket: %s", strerror(errno));
	unlink(path);
	mask = umask(0177);
	rc = bind(fd, (struct sockaddr *)&at, sizeof(at));
	umask(mask);
	if (rc == -1 || listen(fd, SOCKET_BACKLOG) == -1) {
		error_set(err, E_IO, "%s: %s", path, strerror(errno));
		close(fd);
		return -1;
	}
	*out = fd;
	return 0;
}

/* The port that was bound, where any was asked for. */
static uint16_t
port_of(int fd, uint16_t asked)
{
	struct sockaddr_storage at;
	socklen_t len = sizeof(at);

	memset(&at, 0, sizeof(at));
	if (asked != 0 || getsockname(fd, (struct sockaddr *)&at, &len) == -1)
		return asked;
	if (at.ss_family == AF_INET6)
		return ntohs(((struct sockaddr_in6 *)&at)->sin6_port);
	return ntohs(((struct sockaddr_in *)&at)->sin_port);
}

static int
bind_all(struct supervisor *s, struct error *err)
{
	const struct supervisor_parts *parts = s->parts;

	if (lock_open(&s->lock, parts->options->home.path, err) == -1)
		return -1;
	s->has_lock = true;
	if (parts->listen(parts->host, parts->port, &s->peers_fd, err) == -1)
		return -1;
	s->port = port_of(s->peers_fd, parts->port);
	return bind_socket(parts->options->home.socket, &s->socket_fd, err);
}

static struct event *
event_of(struct supervisor *s, int signal, event_callback_fn call)
{
	struct event *event = signal == 0 ?
	    event_new(s->base, -1, 0, call, s) :
	    evsignal_new(s->base, signal, call, s);

	if (event == NULL || (signal != 0 && event_add(event, NULL) == -1))
		mem_die("no event");
	return event;
}

static void
clear(struct supervisor *s)
{
	struct event *const events[] = { s->timer, s->on_term, s->on_int,
		s->on_child };

	supervisor_forget_all(s);
	for (size_t i = 0; i < COUNT_OF(events); i++)
		if (events[i] != NULL)
			event_free(events[i]);
	if (s->base != NULL)
		event_base_free(s->base);
	if (s->peers_fd != -1)
		close(s->peers_fd);
	if (s->socket_fd != -1) {
		close(s->socket_fd);
		unlink(s->parts->options->home.socket);
	}
	if (s->has_lock)
		lock_close(&s->lock);
	arena_free(s->arena);
}

int
supervisor_run(const struct supervisor_parts *parts, struct error *err)
{
	struct supervisor s = { .parts = parts,
		.peers_fd = -1,
		.socket_fd = -1,
		.arena = arena_new() };
	int rc = -1;

	signal(SIGPIPE, SIG_IGN);
	if (role_options_check(parts->options, err) == -1 ||
	    bind_all(&s, err) == -1)
		goto out;
	if ((s.base = event_base_new()) == NULL)
		mem_die("no event loop");
	s.timer = event_of(&s, 0, on_timer);
	s.on_term = event_of(&s, SIGTERM, on_end);
	s.on_int = event_of(&s, SIGINT, on_end);
	s.on_child = event_of(&s, SIGCHLD, on_child);
	start(&s);
	while (s.state != SUPERVISOR_OVER)
		event_base_loop(s.base, EVLOOP_ONCE);
	if (s.is_failed) {
		*err = s.why;
		goto out;
	}
	rc = 0;
out:
	clear(&s);
	return rc;
}
