#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/log.h"
#include "node/supervisor_parts.h"
#include "proc/channel.h"
#include "proc/spawn.h"

/* Bytes of all sandboxes' lines. */
#define CONFIGURE_MAX ((size_t)8 << 10)

/* In the order in which they are started. */
static const enum role started[] = { ROLE_KEEPER, ROLE_REGISTRAR, ROLE_GATE,
	ROLE_COURIER, ROLE_DESK };

/* Who talks to whom. */
static const struct {
	enum role a, b;
} links[] = {
	{ ROLE_KEEPER, ROLE_REGISTRAR },
	{ ROLE_KEEPER, ROLE_DESK },
	{ ROLE_REGISTRAR, ROLE_GATE },
	{ ROLE_REGISTRAR, ROLE_COURIER },
	{ ROLE_REGISTRAR, ROLE_DESK },
	{ ROLE_SUPERVISOR, ROLE_KEEPER },
	{ ROLE_SUPERVISOR, ROLE_REGISTRAR },
	{ ROLE_SUPERVISOR, ROLE_GATE },
	{ ROLE_SUPERVISOR, ROLE_COURIER },
	{ ROLE_SUPERVISOR, ROLE_DESK },
};

/* ends[a][b]: a's end of its connection with b */
struct ends {
	int fds[ROLE_COUNT][ROLE_COUNT];
};

static void
close_ends(struct ends *ends)
{
	for (int a = 0; a < ROLE_COUNT; a++) {
		for (int b = 0; b < ROLE_COUNT; b++) {
			if (ends->fds[a][b] != -1)
				close(ends->fds[a][b]);
			ends->fds[a][b] = -1;
		}
	}
}

static int
open_ends(struct ends *ends, struct error *err)
{
	for (int a = 0; a < ROLE_COUNT; a++)
		for (int b = 0; b < ROLE_COUNT; b++)
			ends->fds[a][b] = -1;
	for (size_t i = 0; i < COUNT_OF(links); i++) {
		int pair[2];

		if (spawn_pair(pair, err) == -1)
			return -1;
		ends->fds[links[i].a][links[i].b] = pair[0];
		ends->fds[links[i].b][links[i].a] = pair[1];
	}
	return 0;
}

/* All sandboxes in one place, for "status". */
static void
configure(struct supervisor *s)
{
	struct error err;
	struct buf buf;

	buf_init(&buf, CONFIGURE_MAX);
	for (size_t i = 0; i < COUNT_OF(started); i++) {
		const struct child *child = &s->children[started[i]];

		buf_printf(&buf, "%s: %.*s\n", role_name(child->role),
		    (int)child->ready.len, (const char *)child->ready.ptr);
	}
	if (s->children[ROLE_REGISTRAR].channel != NULL &&
	    channel_send(s->children[ROLE_REGISTRAR].channel, MESSAGE_CONFIGURE,
		0, buf_span(&buf), &err) == -1)
		log_error("configure", &err);
	buf_clear(&buf);
}

static void
on_message(void *ctx, struct channel *channel UNUSED,
    const struct message *message)
{
	struct child *child = ctx;
	struct supervisor *s = child->supervisor;

	if (message->type == MESSAGE_START_ANEW) {
		supervisor_start_anew(s);
		return;
	}
	if (message->type != MESSAGE_READY || child->is_ready)
		return;
	child->is_ready = true;
	child->ready = arena_copy(s->arena, message->payload);
	for (size_t i = 0; i < COUNT_OF(started); i++)
		if (!s->children[started[i]].is_ready)
			return;
	if (s->state != SUPERVISOR_STARTING)
		return;
	configure(s);
	supervisor_all_ready(s);
}

/* How it ended is told by SIGCHLD, which follows. */
static void
on_closed(void *ctx, struct channel *channel, const struct error *why UNUSED)
{
	struct child *child = ctx;

	channel_free(channel);
	child->channel = NULL;
}

static const struct channel_handler handler = { on_message, on_closed, NULL };

static int
start_child(struct supervisor *s, enum role role, struct ends *ends,
    struct error *err)
{
	const char *args[ROLE_ARGUMENTS_MAX];
	struct child *child = &s->children[role];
	struct spawn what;

	*child = (struct child){ .supervisor = s, .role = role };
	spawn_init(&what, role);
	role_options_write(s->parts->options, args);
	what.args = args;
	for (int other = 0; other < ROLE_COUNT; other++)
		what.fds[other] = ends->fds[role][other];
	if (role == ROLE_GATE)
		what.fds[SPAWN_PEERS] = s->peers_fd;
	if (role == ROLE_DESK)
		what.fds[SPAWN_SOCKET] = s->socket_fd;
	if (spawn_child(&what, &child->pid, err) == -1) {
		child->pid = 0;
		return -1;
	}
	if (channel_new(&child->channel, s->base,
		ends->fds[ROLE_SUPERVISOR][role], ROLE_SUPERVISOR, role,
		&handler, child, err) == -1)
		return -1;
	ends->fds[ROLE_SUPERVISOR][role] = -1;
	return 0;
}

int
supervisor_start_all(struct supervisor *s, struct error *err)
{
	struct ends ends;
	int rc = -1;

	arena_reset(s->arena);
	if (open_ends(&ends, err) == -1)
		goto out;
	for (size_t i = 0; i < COUNT_OF(started); i++)
		if (start_child(s, started[i], &ends, err) == -1)
			goto out;
	rc = 0;
out:
	close_ends(&ends);
	return rc;
}

unsigned
supervisor_running(const struct supervisor *s)
{
	unsigned n = 0;

	for (int i = 0; i < ROLE_COUNT; i++)
		n += s->children[i].pid != 0;
	return n;
}

static void
tell_stop(struct child *child)
{
	struct error err;

	if (child->channel == NULL)
		return;
	child->is_told = true;
	if (channel_send(child->channel, MESSAGE_STOP, 0, span_of(NULL, 0),
		&err) == -1)
		log_error("stop", &err);
}

/*
 * The registrar first, so that it ends what it has begun; the keeper once
 * that is done.
 */
void
supervisor_stop_all(struct supervisor *s)
{
	static const enum role order[] = { ROLE_REGISTRAR, ROLE_DESK, ROLE_GATE,
		ROLE_COURIER };

	supervisor_stopping(s);
	for (size_t i = 0; i < COUNT_OF(order); i++)
		tell_stop(&s->children[order[i]]);
	if (s->children[ROLE_REGISTRAR].pid == 0)
		tell_stop(&s->children[ROLE_KEEPER]);
}

void
supervisor_kill_all(struct supervisor *s)
{
	for (int i = 0; i < ROLE_COUNT; i++) {
		if (s->children[i].pid == 0)
			continue;
		log_line(LOG_LEVEL_WARNING, "the %s does not stop: killed",
		    role_name(s->children[i].role));
		s->children[i].is_killed = true;
		kill(s->children[i].pid, SIGKILL);
	}
}

/* Those that are killed take others with them, which say so. */
static enum supervisor_blame
blame_of(const struct child *child, int status)
{
	if (child->is_killed)
		return SUPERVISOR_BLAME_NONE;
	if (!WIFEXITED(status))
		return SUPERVISOR_BLAME_KILLED;
	if (WEXITSTATUS(status) == ROLE_EXIT_BEREFT)
		return SUPERVISOR_BLAME_BEREFT;
	if (WEXITSTATUS(status) == ROLE_EXIT_TOLD && child->is_told)
		return SUPERVISOR_BLAME_NONE;
	return SUPERVISOR_BLAME_OWN;
}

static void
ended(struct supervisor *s, struct child *child, int status)
{
	char how[SPAWN_END_TEXT_MAX];
	struct error why;

	error_set(&why, E_PROC, "the %s ended first, %s",
	    role_name(child->role), spawn_end_write(status, how));
	child->pid = 0;
	channel_free(child->channel);
	child->channel = NULL;
	supervisor_lost(s, blame_of(child, status), &why);
}

/*
 * Who is dead is not told in the order in which they died: all that are is
 * looked at first.
 */
void
supervisor_reap(struct supervisor *s)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (int i = 0; i < ROLE_COUNT; i++)
			if (s->children[i].pid == pid)
				ended(s, &s->children[i], status);
	supervisor_reaped(s);
	if (s->children[ROLE_REGISTRAR].pid == 0 &&
	    !s->children[ROLE_KEEPER].is_told &&
	    s->state == SUPERVISOR_STOPPING)
		tell_stop(&s->children[ROLE_KEEPER]);
	if (s->state == SUPERVISOR_STOPPING)
		supervisor_all_gone(s);
}

void
supervisor_forget_all(struct supervisor *s)
{
	for (int i = 0; i < ROLE_COUNT; i++) {
		channel_free(s->children[i].channel);
		s->children[i].channel = NULL;
		if (s->children[i].pid != 0)
			kill(s->children[i].pid, SIGKILL);
	}
}
